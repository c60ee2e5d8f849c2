/* SPDX-License-Identifier: MIT */
/*
 * Bytes segments: data that is not a picture, or is smaller unchanged.
 *
 * Bytes are collected in blocks, each of which is one frame, and all blocks of a stream go through one zstd context, so
 * that the header of a tar member between two pictures costs only what is new in it. Blocks that do not shrink go
 * through it as well, since they may be repeated later; they grow by three bytes per 128 KiB. Only two kinds of blocks
 * are stored, because nothing can refer to them: a few bytes that zstd could not make smaller anyway, and a block that
 * does not shrink and is the only one of its stream.
 */
#include "stream/compress.h"

#include "bytes/zstd.h"

#include <inttypes.h>
#include <stdlib.h>

/* Shorter blocks are not worth trying. */
#define LEAST_PACKED 16

/* Failures that do not depend on what was packed. */
static bool is_ours(enum bswz_status status) {
    return status == BSWZ_ERROR_MEMORY || status == BSWZ_ERROR_LIMIT;
}

/* Before the packed block is written, it is unpacked by a decoder that has seen all previous blocks. If the result
 * differs, the block is stored and zstd starts over. */
static enum bswz_status check_block(struct compressor *compressor, bool *fits) {
    struct bytes_segment *segment = &compressor->bytes;
    struct bswz_error own = {.status = BSWZ_OK};
    enum bswz_status status = BSWZ_OK;
    if (segment->decoder == NULL) {
        status = bytes_decoder_create(UINT64_MAX, &segment->decoder, &own);
    }
    if (status == BSWZ_OK) {
        status = bytes_decoder_compare(segment->decoder, segment->packed.data, segment->packed.size,
                                       segment->block.data, segment->block.size, &own);
    }
    if (status == BSWZ_OK) {
        return BSWZ_OK;
    }
    if (is_ours(status)) {
        return bswz_fail(compressor->error, status, "%s", own.message);
    }
    bytes_decoder_restart(segment->decoder);
    if (segment->encoder != NULL) {
        bytes_encoder_restart(segment->encoder);
    }
    *fits = false;
    compressor_tell(compressor, "bytes: the output of zstd does not decompress correctly, and is not used");
    return BSWZ_OK;
}

/* Pack the block with zstd. *fits: it became small enough. */
static enum bswz_status pack_block(struct compressor *compressor, bool is_last, bool *fits) {
    struct bytes_segment *segment = &compressor->bytes;
    struct bswz_error *error = compressor->error;
    const struct byte_buffer *block = &segment->block;
    const int level = compressor->coding.level;
    enum bswz_status status = BSWZ_OK;
    *fits = false;
    segment->packed.size = 0;
    if (block->size < LEAST_PACKED) {
        return BSWZ_OK;
    }
    if (is_last && segment->encoder == NULL) { /* it is the only block */
        return bytes_pack(block->data, block->size, level, block->size, &segment->packed, fits, error);
    }
    if (segment->encoder == NULL) {
        status = bytes_encoder_create(level, compressor->input_size, &segment->encoder, error);
    }
    return status != BSWZ_OK
               ? status
               : bytes_encoder_pack(segment->encoder, block->data, block->size, &segment->packed, fits, error);
}

/* Write the block as a frame. is_last: in the stream. */
static enum bswz_status write_block(struct compressor *compressor, bool is_last) {
    struct bytes_segment *segment = &compressor->bytes;
    struct bswz_error *error = compressor->error;
    struct byte_buffer frame = {0};
    struct frame_header header = {.method = FRAME_STORED};
    const struct byte_buffer *block = &segment->block;
    bool fits;
    enum bswz_status status = pack_block(compressor, is_last, &fits);
    if (status == BSWZ_OK && fits && compressor->coding.verify) {
        status = check_block(compressor, &fits);
    }
    if (status == BSWZ_OK && fits) {
        header.method = FRAME_ZSTD;
        header.payload_size = segment->packed.size;
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
        const struct byte_buffer *payload = fits ? &segment->packed : block;
        status = output_write(compressor->output, payload->data, payload->size, error);
    }
    segment->frames++;
    segment->block.size = segment->kept = 0;
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
            status = write_block(compressor, false);
        }
    }
    return status;
}

enum bswz_status compress_bytes_flush(struct compressor *compressor) {
    return compressor->bytes.block.size > 0 ? write_block(compressor, false) : BSWZ_OK;
}

enum bswz_status compress_bytes_end(struct compressor *compressor, bool is_last) {
    static const uint8_t end = FRAME_END;
    struct bytes_segment *segment = &compressor->bytes;
    enum bswz_status status = segment->block.size > 0 ? write_block(compressor, is_last) : BSWZ_OK;
    if (status != BSWZ_OK || !segment->is_begun) {
        return status;
    }
    status = output_write(compressor->output, &end, 1, compressor->error);
    if (status == BSWZ_OK) {
        compressor_tell(compressor, "bytes: %" PRIu64 " -> %" PRIu64 " bytes", segment->size,
                        output_position(compressor->output) - segment->start);
    }
    tally_bytes(&compressor->tally);
    *segment = (struct bytes_segment){
        .block = segment->block, .packed = segment->packed, .encoder = segment->encoder, .decoder = segment->decoder};
    return status;
}
