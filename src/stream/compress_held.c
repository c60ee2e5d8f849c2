/* SPDX-License-Identifier: MIT */
/*
 * What a deflate stream or a file of pictures holds, as an input of its own between the segment's header and its end;
 * or, on trial, into memory first.
 */
#include "bytes/zstd.h"
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

/* Where an input is small, zstd is told how much will come at most: where there is one stream there may be more. The
 * content of few streams is larger than BYTES_MEDIUM, beyond which there would be less effort for all of them. */
#define STREAMS_HOLD 16

static void expect_more(struct compressor *compressor, size_t more) {
    if (compressor->input_size == SIZE_MAX) {
        return;
    }
    const size_t needed = compressor->own_size + (compressor->held_size += more);
    const size_t many = STREAMS_HOLD * compressor->own_size, usual = many < BYTES_MEDIUM ? many : BYTES_MEDIUM;
    if (compressor->bytes.encoder == NULL) {
        compressor->input_size = needed > usual ? needed : usual;
    } else if (needed > compressor->input_size) {
        compressor->input_size = needed > usual ? SIZE_MAX : usual;
        bytes_encoder_expect(compressor->bytes.encoder, compressor->input_size);
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

/* What a trial makes. */
struct trial {
    struct byte_buffer memory;  /* the bytes before the segment, and the segment */
    size_t start;               /* where the segment begins in it */
    struct byte_buffer notices; /* lines, each with its zero */
};

/* What it may have to give back. */
struct before {
    struct tally tally;
    struct priors *priors;
    struct bytes_segment bytes;
    size_t input_size, held_size;
};

static struct before remember(const struct compressor *compressor) {
    return (struct before){.tally = compressor->tally,
                           .priors = priors_hold(compressor->coding.priors),
                           .bytes = compressor->bytes,
                           .input_size = compressor->input_size,
                           .held_size = compressor->held_size};
}

/* A notice that is lost for want of memory is followed by an error. */
static void keep_notice(void *context, const char *line) {
    byte_buffer_append(context, line, strlen(line) + 1, NULL);
}

static void tell(const struct compressor *compressor, const struct byte_buffer *notices) {
    for (size_t at = 0; at < notices->size; at += strlen((const char *)notices->data + at) + 1) {
        compressor_tell(compressor, "%s", (const char *)notices->data + at);
    }
}

/* End the bytes segment and write the other, both into memory. The block of bytes that waits stays as it is: what comes
 * takes another. */
static enum bswz_status write_both(struct compressor *compressor, const struct deflate_header *header,
                                   const struct byte_buffer *plain, struct trial *trial) {
    enum bswz_status status = compress_bytes_end(compressor, false);
    compressor->bytes.block = (struct byte_buffer){0};
    trial->start = (size_t)output_position(compressor->output);
    if (status == BSWZ_OK) {
        status = compress_held(compressor, header, plain);
    }
    return status == BSWZ_OK ? output_finish(compressor->output, compressor->error) : status;
}

static enum bswz_status make_segment(struct compressor *compressor, const struct deflate_header *header,
                                     const struct byte_buffer *plain, struct output *output, struct trial *trial) {
    struct output *const outer = compressor->output;
    const struct bswz_compress_options *const told = compressor->options;
    struct bswz_compress_options kept = *told;
    if (told->notice != NULL) {
        kept.notice = keep_notice;
        kept.notice_context = &trial->notices;
    }
    compressor->output = output;
    compressor->options = &kept;
    compressor->bytes.start -= output_position(outer); /* modulo 2^64, like the difference that it is for */
    const enum bswz_status status = write_both(compressor, header, plain, trial);
    compressor->output = outer;
    compressor->options = told;
    return status == BSWZ_ERROR_WRITE ? bswz_no_memory(compressor->error) : status;
}

/* Nobody will see what was made: the bytes wait again, and nothing may refer to it. */
static void take_back(struct compressor *compressor, const struct before *before) {
    struct bytes_segment *bytes = &compressor->bytes;
    const struct bytes_segment after = *bytes;
    priors_drop(compressor->coding.priors);
    compressor->coding.priors = before->priors;
    compressor->tally = before->tally;
    compressor->last_header.size = 0;
    compressor->last_head.size = 0;
    compressor->last_jpeg.size = 0;
    compressor->last_names_model = false;
    free(after.block.data);
    *bytes = before->bytes;
    bytes->packed = after.packed;
    bytes->decoder = after.decoder;
    compressor->held_size = before->held_size;
    if (bytes->encoder != NULL) {
        bytes_encoder_restart(bytes->encoder);
        return;
    }
    bytes_encoder_free(after.encoder);
    compressor->input_size = before->input_size;
    if (bytes->decoder != NULL) {
        bytes_decoder_restart(bytes->decoder);
    }
}

static bool is_small(const struct compressor *compressor, const struct held_limit *limit, uint64_t position,
                     size_t size) {
    if (limit->rest != 0 && (compressor->first_picture == 0 || size >= compressor->first_picture + limit->rest)) {
        return false;
    }
    return size < limit->size || (size < limit->size + limit->credit && position < limit->position);
}

/* Bytes that wait are packed once more after each trial that fails, so they must not be many. A frame of this size
 * costs hardly more than a part of another. */
#define WAITING_MOST ((size_t)64 << 10)

static enum bswz_status drop(struct compressor *compressor, const struct before *before) {
    const size_t waiting = before->bytes.block.size;
    take_back(compressor, before);
    compressor->work.spent += WORK_PACKED * (uint64_t)waiting;
    return waiting >= WAITING_MOST ? compress_bytes_flush(compressor) : BSWZ_OK;
}

static enum bswz_status keep(struct compressor *compressor, const struct before *before, const struct trial *trial) {
    tell(compressor, &trial->notices);
    priors_drop(before->priors);
    free(before->bytes.block.data);
    return output_write(compressor->output, trial->memory.data, trial->memory.size, compressor->error);
}

enum bswz_status compress_held_if_smaller(struct compressor *compressor, const struct deflate_header *header,
                                          const struct byte_buffer *plain, const struct held_limit *limit,
                                          size_t *size) {
    struct trial trial = {.start = 0};
    struct output *output;
    *size = 0;
    enum bswz_status status =
        output_open((struct bswz_output){write_memory, &trial.memory}, false, &output, compressor->error);
    if (status != BSWZ_OK) {
        return status;
    }
    const struct before before = remember(compressor);
    status = make_segment(compressor, header, plain, output, &trial);
    output_close(output);
    const size_t made = trial.memory.size - trial.start;
    if (status != BSWZ_OK) {
        take_back(compressor, &before);
    } else if (is_small(compressor, limit, output_position(compressor->output) + trial.memory.size, made)) {
        *size = made;
        status = keep(compressor, &before, &trial);
    } else {
        status = drop(compressor, &before);
    }
    free(trial.memory.data);
    free(trial.notices.data);
    return status;
}
