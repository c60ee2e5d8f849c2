/*
 * Bytes segments: what is no picture, or is smaller as it came.
 *
 * Bytes are gathered into blocks, each one frame: zstd, or stored where zstd gains
 * nothing, so a block never grows by more than its header.
 */
#include "stream/compress.h"

#include "bytes/zstd.h"

#include <inttypes.h>
#include <stdlib.h>

/* Write the block as a frame. */
static enum bswz_status write_block(struct compressor *compressor) {
    struct bytes_segment *segment = &compressor->bytes;
    struct bswz_error *error = compressor->error;
    struct byte_buffer packed = {0}, frame = {0};
    struct frame_header header = {.method = FRAME_STORED};
    const struct byte_buffer *block = &segment->block;
    bool fits;
    enum bswz_status status =
        bytes_pack(block->data, block->size, compressor->codec.level, block->size, &packed, &fits, error);
    if (status == BSWZ_OK && fits) {
        header.method = FRAME_ZSTD;
        header.payload_size = packed.size;
    }
    if (status == BSWZ_OK && !segment->is_begun) {
        segment->start = output_position(compressor->output);
        segment->is_begun = true;
        status = put_8(&frame, SEGMENT_BYTES, error);
    }
    if (status == BSWZ_OK) {
        status = frame_header_put(&header, false, segment->frames, block->data, block->size, &frame, error);
    }
    if (status == BSWZ_OK) {
        status = output_write(compressor->output, frame.data, frame.size, error);
    }
    if (status == BSWZ_OK) {
        const struct byte_buffer *payload = fits ? &packed : block;
        status = output_write(compressor->output, payload->data, payload->size, error);
    }
    segment->frames++;
    segment->block.size = 0;
    free(packed.data);
    free(frame.data);
    return status;
}

enum bswz_status compress_bytes(struct compressor *compressor, uint64_t count) {
    struct byte_buffer *block = &compressor->bytes.block;
    enum bswz_status status = BSWZ_OK;
    while (count > 0 && status == BSWZ_OK) {
        const uint8_t *bytes;
        size_t available;
        status = input_peek(compressor->input, 1, &bytes, &available, compressor->error);
        if (status != BSWZ_OK || available == 0) {
            break;
        }
        const size_t room = BYTES_FRAME_MAX - block->size;
        size_t step = available < room ? available : room;
        step = step < count ? step : (size_t)count;
        status = byte_buffer_append(block, bytes, step, compressor->error);
        if (status != BSWZ_OK) {
            break;
        }
        input_consume(compressor->input, step);
        compressor->bytes.size += step;
        count -= step;
        if (block->size == BYTES_FRAME_MAX) {
            status = write_block(compressor);
        }
    }
    return status;
}

enum bswz_status compress_bytes_end(struct compressor *compressor) {
    static const uint8_t end = FRAME_END;
    struct bytes_segment *segment = &compressor->bytes;
    enum bswz_status status = segment->block.size > 0 ? write_block(compressor) : BSWZ_OK;
    if (status != BSWZ_OK || !segment->is_begun) {
        return status;
    }
    status = output_write(compressor->output, &end, 1, compressor->error);
    if (status == BSWZ_OK) {
        compressor_notice(compressor, "bytes: %" PRIu64 " -> %" PRIu64 " bytes", segment->size,
                          output_position(compressor->output) - segment->start);
    }
    const struct byte_buffer block = segment->block;
    *segment = (struct bytes_segment){.block = block};
    return status;
}
