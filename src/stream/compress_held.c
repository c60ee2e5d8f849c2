/* SPDX-License-Identifier: MIT */
/*
 * What a deflate stream or a file of pictures holds, as an input of its own between the segment's header and its end;
 * or, on trial, into memory first.
 */
#include "stream/compress.h"

#include <stdlib.h>
#include <string.h>

static enum bswz_status write_header(struct compressor *compressor, const struct deflate_header *header) {
    struct byte_buffer bytes = {0};
    struct deflate_header taken = {.size = 0};
    struct bswz_error *error = compressor->error;
    size_t used;
    enum bswz_status status = put_8(&bytes, header->is_pages ? SEGMENT_PAGES : SEGMENT_DEFLATE, error);
    if (status == BSWZ_OK) {
        status = deflate_header_put(header, &bytes, error);
    }
    if (status == BSWZ_OK && compressor->coding.verify) {
        status = deflate_header_take(bytes.data + 1, bytes.size - 1, header->is_pages, &taken, &used, error);
        if (status == BSWZ_OK &&
            (used != bytes.size - 1 || taken.hash != header->hash || taken.recipe.size != header->recipe.size ||
             memcmp(taken.recipe.data, header->recipe.data, taken.recipe.size) != 0)) {
            status = bswz_fail(error, BSWZ_ERROR_MACHINE, "the header of a %s does not come back",
                               header->is_pages ? "file of pictures" : "deflate stream");
        }
        deflate_header_free(&taken);
    }
    if (status == BSWZ_OK) {
        status = output_write(compressor->output, bytes.data, bytes.size, error);
    }
    free(bytes.data);
    return status;
}

/* Where an input is small, zstd is told how much will come at most: where there is one stream there may be more. */
#define STREAMS_HOLD 16

static void expect_more(struct compressor *compressor, size_t more) {
    if (compressor->input_size == SIZE_MAX) {
        return;
    }
    const size_t own = compressor->own_size, needed = own + (compressor->held_size += more);
    if (compressor->bytes.encoder == NULL) {
        compressor->input_size = needed > STREAMS_HOLD * own ? needed : STREAMS_HOLD * own;
    } else if (needed > compressor->input_size) {
        bytes_encoder_restart(compressor->bytes.encoder); /* which forgets what it was told */
        compressor->input_size = SIZE_MAX;
    }
}

/* What the stream holds, as an input of its own. */
static enum bswz_status write_held(struct compressor *compressor, const struct byte_buffer *plain, uint64_t end) {
    struct input *outer = compressor->input;
    const bool was_inside = compressor->is_inside;
    const uint64_t outer_paid = compressor->paid;
    struct bswz_memory memory = {plain->data, plain->size};
    enum bswz_status status = input_open(bswz_from_memory(&memory), false, &compressor->input, compressor->error);
    if (status == BSWZ_OK) {
        compressor->is_inside = true;
        compressor->paid = compressor->depth == 0 ? end : outer_paid;
        compressor->depth++;
        status = compressor->segments(compressor);
        compressor->depth--;
        input_close(compressor->input);
    }
    compressor->input = outer;
    compressor->is_inside = was_inside;
    compressor->paid = outer_paid;
    return status;
}

static enum bswz_status compress_held(struct compressor *compressor, const struct deflate_header *header,
                                      const struct byte_buffer *plain) {
    static const uint8_t end = SEGMENT_END;
    expect_more(compressor, plain->size);
    enum bswz_status status = write_header(compressor, header);
    if (status == BSWZ_OK) {
        status = write_held(compressor, plain, input_position(compressor->input) + header->size);
    }
    if (status == BSWZ_OK) {
        status = compress_bytes_end(compressor, false);
    }
    return status == BSWZ_OK ? output_write(compressor->output, &end, 1, compressor->error) : status;
}

/* ---- on trial ---- */

static int write_memory(void *context, const uint8_t *bytes, size_t size) {
    struct byte_buffer *memory = context;
    return byte_buffer_append(memory, bytes, size, NULL) == BSWZ_OK ? 0 : -1;
}

/* The segment, in memory. */
static enum bswz_status make_segment(struct compressor *compressor, const struct deflate_header *header,
                                     const struct byte_buffer *plain, struct byte_buffer *memory) {
    struct output *outer = compressor->output;
    struct output *own;
    enum bswz_status status = output_open((struct bswz_output){write_memory, memory}, false, &own, compressor->error);
    if (status == BSWZ_OK) {
        compressor->output = own;
        status = compress_held(compressor, header, plain);
        if (status == BSWZ_OK) {
            status = output_finish(own, compressor->error);
        }
        output_close(own);
        compressor->output = outer;
    }
    return status == BSWZ_ERROR_WRITE ? bswz_no_memory(compressor->error) : status;
}

/* Nobody will see the segment: what comes next must not refer to it. */
static void forget_segment(struct compressor *compressor, const struct tally *before, struct priors *priors) {
    priors_drop(compressor->coding.priors);
    compressor->coding.priors = priors;
    if (compressor->bytes.encoder != NULL) {
        bytes_encoder_restart(compressor->bytes.encoder);
    }
    compressor->last_header.size = 0;
    compressor->last_names_model = false;
    compressor->tally = *before;
}

enum bswz_status compress_held_if_smaller(struct compressor *compressor, const struct deflate_header *header,
                                          const struct byte_buffer *plain, size_t limit, size_t *size) {
    const struct tally before = compressor->tally;
    struct priors *priors = priors_hold(compressor->coding.priors);
    struct byte_buffer memory = {0};
    *size = 0;
    enum bswz_status status = make_segment(compressor, header, plain, &memory);
    if (status == BSWZ_OK && memory.size < limit) {
        *size = memory.size;
        status = output_write(compressor->output, memory.data, memory.size, compressor->error);
    } else if (status == BSWZ_OK) {
        forget_segment(compressor, &before, priors);
        priors = NULL;
    }
    priors_drop(priors);
    free(memory.data);
    return status;
}
