/*
 * Compressing: look at what comes, and cut the input into segments.
 *
 * What looks like a picture is tried as one; when it ends, what follows is looked
 * at again, so several pictures in a row, or a picture with something after it, become
 * several segments.  Archives are walked, and what is in them is looked at like that too.
 * The rest is bytes, up to the end of the input or of the archive's member, but for
 * the pictures that are found in it (compress_inside.c).
 *
 * What is promised depends on the whole: one picture and nothing else gives back its
 * pixels, in its own format; everything else gives back its bytes, and so codes the
 * pixels of only those pictures whose files can be rebuilt from them.
 *
 * Threads.  With one, everything happens here, in turn.  With more there are
 *
 *     a reader     decodes the next bands of a picture that has several (band.h)
 *     this thread  hands bands to the workers, writes their frames in order, and works
 *                  as one of them while it waits
 *     workers      code bands, several at a time (frame_lanes.h), and help each other with what a
 *                  band is made of: origins, corrections, nets (pool.h)
 *     a writer     runs the caller's writing function (output.h)
 *
 * Reader and writer are each tied to this thread by a bounded queue and by nothing
 * else: the input belongs to the reader while a picture is being read and to this
 * thread otherwise; the output's stage owns the pieces that it is handed.  What is
 * written depends on none of them.
 */
#include "stream/compress.h"

#include "stream/band.h"
#include "stream/memory.h"
#include "stream/options.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void compressor_notice(const struct compressor *compressor, const char *format, ...) {
    char line[512];
    va_list arguments;
    if (compressor->options->notice == NULL) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    compressor->options->notice(compressor->options->notice_context, line);
}

enum bswz_status compressor_check_memory(const struct compressor *compressor, uint64_t wanted, const char *parts,
                                         struct bswz_error *reason) {
    const uint64_t limit = compressor->options->memory_limit;
    if (limit != 0 && wanted > limit) {
        return bswz_fail(compressor->error, BSWZ_ERROR_LIMIT,
                         "the picture takes %" PRIu64 " MiB of memory, the limit is %" PRIu64 " MiB",
                         (wanted >> 20) + 1, limit >> 20);
    }
    if (wanted > DEFAULT_MEMORY_LIMIT) {
        bswz_fail(reason, BSWZ_ERROR_LIMIT, "its %s take %" PRIu64 " MiB of memory", parts, (wanted >> 20) + 1);
    }
    return BSWZ_OK;
}

uint64_t compressor_position(const struct compressor *compressor) {
    return compressor->depth > 0 ? compressor->paid : input_position(compressor->input);
}

enum bswz_status compress_part(struct compressor *compressor, bool *more) {
    const bool is_raw = compressor->options->raw_width > 0;
    const uint8_t *bytes;
    size_t available;
    enum bswz_status status = input_peek(compressor->input, PICTURE_LOOK, &bytes, &available, compressor->error);
    *more = status == BSWZ_OK && available > 0;
    if (!*more) {
        return status;
    }
    const enum picture_format format = is_raw ? PICTURE_RAW : picture_recognise(bytes, available);
    uint64_t as_bytes = ALL_BYTES;
    if (format != PICTURE_NONE) {
        status = compress_picture(compressor, format, &as_bytes);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    return is_raw ? compress_bytes(compressor, as_bytes) : compress_inside(compressor, as_bytes);
}

enum bswz_status compress_segments(struct compressor *compressor) {
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

/* How it went, after all the parts. */
static void tell_tally(const struct compressor *compressor) {
    char line[400];
    tally_describe(&compressor->tally, line, sizeof line);
    if (line[0] != 0) {
        compressor_notice(compressor, "pictures: %s", line);
    }
}

/* Beyond this size an input is one of unknown size. */
#define SMALL_INPUT ((size_t)1 << 20)

/* Find out how much there is, if it is little. */
static enum bswz_status measure_input(struct compressor *compressor) {
    const uint8_t *bytes;
    size_t available;
    const enum bswz_status status = input_peek(compressor->input, SMALL_INPUT, &bytes, &available, compressor->error);
    compressor->input_size = compressor->own_size = available < SMALL_INPUT ? available : SIZE_MAX;
    return status;
}

/* Magic to check. */
static enum bswz_status compress_stream(struct compressor *compressor) {
    static const uint8_t version[2] = {STREAM_VERSION, 0}, end = SEGMENT_END;
    struct output *output = compressor->output;
    struct bswz_error *error = compressor->error;
    struct byte_buffer check = {0};
    enum bswz_status status = output_write(output, stream_magic, sizeof stream_magic, error);
    status = status == BSWZ_OK ? output_write(output, version, sizeof version, error) : status;
    status = status == BSWZ_OK ? measure_input(compressor) : status;
    status = status == BSWZ_OK ? compress_segments(compressor) : status;
    status = status == BSWZ_OK ? compress_bytes_end(compressor, true) : status;
    status = status == BSWZ_OK ? output_write(output, &end, 1, error) : status;
    status = status == BSWZ_OK ? put_32(&check, (uint32_t)output_hash(output), error) : status;
    status = status == BSWZ_OK ? output_write(output, check.data, check.size, error) : status;
    free(check.data);
    return status;
}

enum bswz_status compress_in_bands(struct bswz_input input, struct bswz_output output,
                                   const struct bswz_compress_options *options, uint64_t band_pixels,
                                   struct bswz_error *error) {
    struct bswz_error own;
    struct bswz_compress_options taken;
    struct compressor compressor = {.options = &taken, .band_pixels = band_pixels, .error = error != NULL ? error : &own};
    *compressor.error = (struct bswz_error){.status = BSWZ_OK};
    enum bswz_status status = compress_options_take(options, &taken, compressor.error);
    if (status != BSWZ_OK) {
        return status;
    }
    progress_open(&compressor.progress, taken.progress, taken.progress_context);
    compressor.codec = (struct codec){.threads = taken.threads,
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
    codec_close(&compressor.codec);
    progress_close(&compressor.progress);
    output_close(compressor.output);
    input_close(compressor.input);
    bytes_encoder_free(compressor.bytes.encoder);
    bytes_decoder_free(compressor.bytes.decoder);
    free(compressor.bytes.block.data);
    free(compressor.bytes.packed.data);
    free(compressor.last_header.data);
    return status;
}

enum bswz_status bswz_compress(struct bswz_input input, struct bswz_output output,
                               const struct bswz_compress_options *options, struct bswz_error *error) {
    return compress_in_bands(input, output, options, BAND_PIXELS, error);
}
