/* SPDX-License-Identifier: MIT */
/*
 * Compressing: recognise what comes, and divide the input into segments.
 *
 * What looks like a picture is tried as one; where it ends, the input is examined again, so several pictures in a row,
 * or a picture with other data after it, become several segments. Archives are walked, and their members are examined
 * in the same way. The rest, up to the end of the input or of the archive member, is bytes, except for the pictures
 * found in it (compress_inside.c).
 *
 * The promise depends on the whole input: a single picture gives back its pixels, in its own format; anything else
 * gives back its bytes, so pictures in it are coded as pictures only if their files can be rebuilt exactly.
 *
 * Threads. With one thread, everything happens here, step by step. With more there are
 *
 *     a reader     decodes the next bands of a picture that has several (band.h)
 *     this thread  hands bands to the workers, writes their frames in order, and works
 *                  as one of them while it waits
 *     workers      code bands, several at a time (frame_jobs.h), and help each other with what a
 *                  band is made of: origins, corrections, networks (pool.h)
 *     a writer     runs the caller's writing function (output.h)
 *
 * Reader and writer are each connected to this thread only by a bounded queue. The input belongs to the reader while a
 * picture is being read, and to this thread otherwise; the stage of the output owns the pieces that it is given. The
 * output does not depend on threads.
 */
#include "stream/compress.h"

#include "band/band.h"
#include "stream/options.h"

#include <stdlib.h>

/* All of the input, in segments. */
static enum bswz_status compress_segments(struct compressor *compressor) {
    const bool is_raw = compressor->options->raw_width > 0;
    enum bswz_status status;
    bool more = true;
    do {
        const uint8_t *bytes;
        size_t available;
        struct archive archive;
        status = input_peek(compressor->input, ARCHIVE_LOOK, &bytes, &available, compressor->error);
        if (status == BSWZ_OK) {
            status = !is_raw && archive_begins(&archive, bytes, available) ? compress_archive(compressor, &archive)
                                                                           : compress_part(compressor, &more);
        }
    } while (status == BSWZ_OK && more);
    return status;
}

/* Report the result, after all parts. */
static void tell_tally(const struct compressor *compressor) {
    char line[400];
    tally_describe(&compressor->tally, line, sizeof line);
    if (line[0] != 0) {
        compressor_tell(compressor, "pictures: %s", line);
    }
}

/* Find the size of the input, if it is small. */
static enum bswz_status measure_input(struct compressor *compressor) {
    const uint8_t *bytes;
    size_t available;
    const enum bswz_status status = input_peek(compressor->input, SMALL_INPUT, &bytes, &available, compressor->error);
    compressor->input_size = compressor->own_size = available < SMALL_INPUT ? available : SIZE_MAX;
    return status;
}

/* Everything from the magic to the check. */
static enum bswz_status compress_stream(struct compressor *compressor) {
    static const uint8_t version[2] = {STREAM_VERSION, 0}, end = SEGMENT_END;
    struct output *output = compressor->output;
    struct bswz_error *error = compressor->error;
    struct byte_buffer check = {0};
    enum bswz_status status = output_write(output, stream_magic, sizeof stream_magic, error);
    if (status == BSWZ_OK) {
        status = output_write(output, version, sizeof version, error);
    }
    if (status == BSWZ_OK) {
        status = measure_input(compressor);
    }
    if (status == BSWZ_OK) {
        status = compress_segments(compressor);
    }
    if (status == BSWZ_OK) {
        status = compress_bytes_end(compressor, true);
    }
    if (status == BSWZ_OK) {
        status = output_write(output, &end, 1, error);
    }
    if (status == BSWZ_OK) {
        status = put_32(&check, (uint32_t)output_hash(output), error);
    }
    if (status == BSWZ_OK) {
        status = output_write(output, check.data, check.size, error);
    }
    free(check.data);
    return status;
}

enum bswz_status compress_in_bands(struct bswz_input input, struct bswz_output output,
                                   const struct bswz_compress_options *options, uint64_t band_pixels, uint64_t spent,
                                   struct bswz_error *error) {
    struct bswz_error own;
    struct bswz_compress_options taken;
    struct compressor compressor = {.options = &taken,
                                    .band_pixels = band_pixels,
                                    .segments = compress_segments,
                                    .work = {.spent = spent},
                                    .error = error != NULL ? error : &own};
    *compressor.error = (struct bswz_error){.status = BSWZ_OK};
    enum bswz_status status = compress_options_take(options, &taken, compressor.error);
    if (status != BSWZ_OK) {
        return status;
    }
    progress_open(&compressor.progress, taken.progress, taken.progress_context);
    compressor.coding = (struct coding_context){.threads = taken.threads,
                                                .level = taken.level,
                                                .verify = !taken.no_verify,
                                                .model = taken.model,
                                                .progress = &compressor.progress};
    status = input_open(input, false, &compressor.input, compressor.error);
    if (status == BSWZ_OK) {
        status = output_open(output, taken.threads > 1, &compressor.output, compressor.error);
    }
    if (status == BSWZ_OK) {
        status = compress_stream(&compressor);
    }
    if (status == BSWZ_OK) {
        status = output_finish(compressor.output, compressor.error);
    }
    if (status == BSWZ_OK) {
        tell_tally(&compressor);
    }
    coding_close(&compressor.coding);
    progress_close(&compressor.progress);
    output_close(compressor.output);
    input_close(compressor.input);
    bytes_encoder_free(compressor.bytes.encoder);
    bytes_decoder_free(compressor.bytes.decoder);
    free(compressor.bytes.block.data);
    free(compressor.bytes.packed.data);
    recent_free(&compressor.recent);
    free(compressor.last_header.data);
    free(compressor.last_head.data);
    free(compressor.last_jpeg.data);
    record_models_free(&compressor.models);
    return status;
}

enum bswz_status bswz_compress(struct bswz_input input, struct bswz_output output,
                               const struct bswz_compress_options *options, struct bswz_error *error) {
    return compress_in_bands(input, output, options, BAND_PIXELS, 0, error);
}
