/* SPDX-License-Identifier: MIT */
/*
 * Picture segments: read a picture band by band, code it, and decide whether the
 * result is worth keeping.
 *
 * There are two ways to read. A PNG, JPEG, WebP, BMP or TIFF file is held completely in memory: its end must be found
 * first, and its own bytes are the alternative. PNM, PAM and raw samples are streamed; the mark of the input keeps the
 * bytes of everything that has not been coded yet.
 *
 * For a file that is the whole input, the stream promises the pixels. For any other file it promises the bytes, so the
 * file is coded in a format whose writer restores these, or kept as bytes; the same holds for a PNG file with a chunk
 * that may depend on the exact bytes.
 *
 * Nothing is lost, whatever the input contains. If a file is broken, or its segment would not be smaller than the file,
 * the segment is dropped and the file kept as bytes. If a streamed picture is truncated, or contains values that its
 * header forbids, the complete bands stay, the segment is closed as short, and the input returns to the mark: the rest
 * is bytes, and together they restore the input.
 *
 * A segment is collected in memory as long as it may be dropped, so memory is bounded by the file (or by the coded
 * pixels, if the caller wants those of a lossy file at any size). After the first band of a streamed picture, nothing
 * is dropped any more (each band is stored at worst), and frames are written as they are made.
 *
 * The pixels of JPEG and lossy WebP files are coded only on request: decoding adds rounding noise that no coder can
 * distinguish from content, and where the pixels are smaller anyway, the gain does not justify giving up the promise of
 * the same bytes (doc/decisions.md has the figures). JPEG files are coded by their coefficients instead
 * (compress_jpeg.c), which keeps that promise; lossy WebP is kept.
 */
#include "stream/segment.h"

#include "band/band.h"
#include "band/frame_jobs.h"
#include "base/allocate.h"
#include "container/memory.h"
#include "container/methods.h"
#include "pages/pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No segment is smaller, so smaller files are not tried. */
#define LEAST_SEGMENT 15

/* The approximate length of the name of a model that has not been loaded yet. */
#define USUAL_NAME 7

/* Larger files are kept as bytes. */
#define FILE_MAX ((size_t)1 << 30)
/* Pictures with longer rows, too, since a band has at least one row. */
#define WIDTH_MAX ((uint32_t)1 << 24)

/* Why the file is kept. */
static void set_words(struct segment *segment, const char *words) {
    snprintf(segment->words, sizeof segment->words, "%s", words);
}

/* ---- coding ---- */

/* Has enough been read of the input to pay for this? The reader may be ahead, so rows count when they are pushed. */
static uint64_t paid_position(const struct segment *segment) {
    const struct compressor *compressor = segment->compressor;
    if (compressor->depth > 0) {
        return compressor->paid;
    }
    return segment->is_streamed ? segment->picture_start + segment->rows * picture_row_bytes(&segment->header.info)
                                : input_position(compressor->input) + segment->file_size;
}

static const struct bswz_error too_large = {.status = BSWZ_ERROR_LIMIT, .message = "its rows or records are too long"};
static const struct bswz_error too_slow = {.status = BSWZ_ERROR_LIMIT,
                                           .message = "it takes too much time for its size"};

/* Has the caller chosen a model of their own? */
static bool prefers_model(const struct compressor *compressor) {
    const struct bswz_model *model = compressor->options->model;
    return model != NULL && model_by_hash(bswz_model_hash(model), NULL) == NULL;
}

static enum bswz_status push_band(struct segment *segment, const struct band *band, struct frame_jobs *jobs) {
    struct compressor *compressor = segment->compressor;
    const struct work_wanted wanted = {.searches = !compressor->options->no_origin,
                                       .prefers_model = prefers_model(compressor)};
    segment->rows += band->rows;
    const struct picture_info *info = &segment->header.info;
    const uint64_t rows_left =
        segment->is_streamed ? 0 : info->height - segment->rows; /* streamed ones pay themselves */
    enum effort effort =
        work_take_band(&compressor->work, paid_position(segment), info, band->samples, band->rows, rows_left, &wanted);
    if (effort == EFFORT_NONE && !segment->is_streamed) {
        const enum bswz_status status = frame_jobs_finish(jobs, compressor->error);
        return status == BSWZ_OK && !segment->is_dropped ? segment_give_up(segment, BSWZ_ERROR_LIMIT, &too_slow)
                                                         : status;
    }
    /* samples that are streamed are no less than bytes, and pay for themselves */
    effort = effort == EFFORT_NONE ? EFFORT_DRAWN : effort;
    return frame_jobs_push_band(jobs, band, effort, compressor->error);
}

/* Push all bands into the jobs, and end the segment. */
static enum bswz_status push_bands(struct segment *segment, struct band_source *source, struct frame_jobs *jobs) {
    struct bswz_error *error = segment->compressor->error;
    for (;;) {
        struct bswz_error failure = {.status = BSWZ_OK};
        struct band band;
        const struct byte_buffer *tail;
        const enum bswz_status read = band_source_next(source, &band, &tail, &failure);
        const bool is_end = read != BSWZ_OK || band.samples == NULL;
        enum bswz_status status = is_end ? frame_jobs_finish(jobs, error) : push_band(segment, &band, jobs);
        if (status != BSWZ_OK || segment->is_dropped) {
            return status;
        }
        if (read != BSWZ_OK) {
            return segment_give_up(segment, read, &failure);
        }
        if (is_end) {
            if (tail->size > RECORD_MAX) { /* so it is a file, which is not written before its end */
                return segment_give_up(segment, BSWZ_ERROR_LIMIT, &too_large);
            }
            return segment_add_end(segment, tail->size > 0 ? FRAME_END_RECORD : FRAME_END, tail);
        }
    }
}

/* From this level on, the default model is tried as well: the best model was trained only on photographs. */
#define TRYING_LEVEL 8

/* Code all bands. On BSWZ_OK the segment is written, or dropped. */
static enum bswz_status code_bands(struct segment *segment, struct band_source *source, uint64_t spare) {
    struct compressor *compressor = segment->compressor;
    const struct picture_info *info = &segment->header.info;
    const struct bswz_model *model = compressor->coding.model = compressor->options->model;
    struct frame_options options = {.search_origin = !compressor->options->no_origin,
                                    .prefer_model = prefers_model(compressor),
                                    .try_default = model == NULL && compressor->coding.level >= TRYING_LEVEL};
    struct frame_jobs *jobs;
    if (segment_is_single(segment) && !compressor->last_names_model) {
        options.model_cost = 9 + (model == NULL ? USUAL_NAME : strlen(bswz_model_name(model)));
    }
    enum bswz_status status =
        frame_jobs_encode(&compressor->coding, &options, info,
                          frame_jobs_count(compressor->options->threads, true, info, segment->header.band_rows, spare),
                          segment_add_frame, segment, &jobs, compressor->error);
    if (status == BSWZ_OK) {
        status = push_bands(segment, source, jobs);
        free(segment->prior);
        segment->prior = frame_jobs_take_prior(jobs);
        frame_jobs_close(jobs);
    }
    return status;
}

/* How much of the caller's memory a picture may use. */
struct room {
    bool read_ahead; /* bands may be read while others are coded */
    uint64_t spare;  /* bytes for coding more than one band at a time */
};

/* LIMIT: not even a single band fits. */
static enum bswz_status find_room(const struct segment *segment, struct room *room) {
    const struct compressor *compressor = segment->compressor;
    const struct picture_header *header = &segment->header;
    const uint64_t limit = compressor->options->memory_limit;
    const uint64_t single = memory_to_encode(&header->info, header->band_rows, false);
    const uint64_t ahead = memory_to_encode(&header->info, header->band_rows, true) - single;
    const uint64_t least = segment->file_size + single + priors_bytes(compressor->coding.priors);
    *room = (struct room){.read_ahead = compressor->options->threads > 1, .spare = UINT64_MAX};
    if (limit == 0) {
        return BSWZ_OK;
    }
    if (least > limit) {
        return bswz_over_limit(compressor->error, 0, "the picture", least, limit);
    }
    room->read_ahead &= least + ahead <= limit;
    room->spare = limit - least - (room->read_ahead ? ahead : 0);
    return BSWZ_OK;
}

/* Streamed pictures of more bytes than this always pay for themselves. */
#define SMALL_STREAMED ((WORK_PICTURE + WORK_DRAWN) / 200)

/* Skip a streamed picture of few bytes. */
static enum bswz_status skip_picture(struct segment *segment) {
    struct bswz_error failure = {.status = BSWZ_OK};
    uint8_t samples[SMALL_STREAMED];
    const struct byte_buffer *tail;
    enum bswz_status status = picture_reader_rows(segment->reader, samples, segment->header.info.height, &failure);
    if (status == BSWZ_OK) {
        status = picture_reader_finish(segment->reader, &tail, &failure);
    }
    segment->is_dropped = true;
    return status == BSWZ_OK ? BSWZ_OK : segment_give_up(segment, status, &failure);
}

/* Can it not be worth a segment, or not be paid for? */
static bool is_tiny(const struct segment *segment) {
    const struct compressor *compressor = segment->compressor;
    const uint64_t header = input_position(compressor->input) - segment->picture_start;
    const struct picture_info *info = &segment->header.info;
    const uint64_t samples = (uint64_t)picture_row_bytes(info) * info->height;
    return segment->is_streamed &&
           (header + samples <= LEAST_SAVING + LEAST_SEGMENT ||
            (samples <= SMALL_STREAMED &&
             !work_has(&compressor->work, compressor_position(compressor), WORK_PICTURE + WORK_DRAWN)));
}

/* Code a picture that has been opened. */
static enum bswz_status code_picture(struct segment *segment) {
    struct compressor *compressor = segment->compressor;
    struct picture_header *header = &segment->header;
    const struct byte_buffer *head = picture_reader_head(segment->reader);
    struct band_source *source;
    header->info = *picture_reader_info(segment->reader);
    header->head = *head; /* owned by the reader; never freed here */
    header->band_rows = band_rows_for(header->info.width, header->info.height, compressor->band_pixels);
    if (header->info.width > WIDTH_MAX || head->size > RECORD_MAX) {
        return segment_give_up(segment, BSWZ_ERROR_LIMIT, &too_large);
    }
    if (is_tiny(segment)) {
        return skip_picture(segment);
    }
    const uint64_t samples = (uint64_t)header->info.width * header->info.height * header->info.channels;
    if (!segment->is_streamed &&
        !work_has(&compressor->work, paid_position(segment), WORK_PICTURE + samples * WORK_SAMPLE)) {
        return segment_give_up(segment, BSWZ_ERROR_LIMIT, &too_slow);
    }
    compressor->work.spent += WORK_PICTURE;
    if (header->info.lossy && !compressor->options->keep_pixels) {
        set_words(segment, "it is lossy, so its pixels would take more");
        segment->is_dropped = true;
        return BSWZ_OK;
    }
    struct room room;
    enum bswz_status status = find_room(segment, &room);
    if (status == BSWZ_OK) {
        status = band_source_open(segment->reader, segment->is_streamed ? compressor->input : NULL, header->band_rows,
                                  room.read_ahead, &source, compressor->error);
    }
    if (status == BSWZ_OK) {
        status = code_bands(segment, source, room.spare);
        band_source_close(source);
    }
    return status;
}

/* ---- notices ---- */

static const char *channels_name(const struct picture_info *info) {
    static const char *const names[] = {"", "grey", "grey with alpha", "RGB", "RGBA"};
    return info->indexed ? "palette" : names[info->channels];
}

static void tell_coded(const struct segment *segment) {
    const struct picture_info *info = &segment->header.info;
    const char *model = segment->header.model.name;
    const struct frame_header *first = &segment->first_frame;
    const char *phrase = frame_method_row(first->method)->phrase; /* NULL: the origin says more, if there is a choice */
    phrase = phrase == NULL && info->channels >= 3 ? origin_row(first->origin)->phrase : phrase;
    tally_coded(&segment->compressor->tally, info->format, first->method);
    compressor_notice(segment->compressor,
                      "%s %" PRIu32 "x%" PRIu32 " %s%s%s%s%s%s: %" PRIu64 " -> %" PRIu64 " bytes%s%s",
                      picture_format_name(info->format), info->width, info->height, channels_name(info),
                      info->depth == 16 ? " of 16 bits" : "", phrase != NULL ? ", " : "", phrase != NULL ? phrase : "",
                      model[0] != 0 ? ", model " : "", model, (uint64_t)picture_row_bytes(info) * info->height,
                      segment->size, segment->is_short ? ", cut short: " : "", segment->words);
}

/* Without the name that a reader may have put in front: the notice begins with it. */
static const char *words_after(const char *words, const char *name) {
    const size_t length = strlen(name);
    return strncmp(words, name, length) == 0 && strncmp(words + length, ": ", 2) == 0 ? words + length + 2 : words;
}

static void tell_kept(const struct segment *segment, enum picture_format format) {
    const char *name = picture_format_name(format);
    tally_kept(&segment->compressor->tally, format);
    if (segment->words[0] != 0) {
        compressor_notice(segment->compressor, "%s kept as bytes: %s", name, words_after(segment->words, name));
    } else if (segment->file_size == SIZE_MAX) {
        compressor_notice(segment->compressor, "%s kept unchanged", name);
    } else if (segment->file_size > 0) {
        const bool attempted = segment->frames > 0;
        compressor_notice(segment->compressor, "%s kept unchanged (%" PRIu64 " bytes)%s", name, segment->file_size,
                          attempted ? ": its pixels would take more" : "");
    } /* a few streamed samples: not worth a notice */
}

/* ---- opening ---- */

static enum bswz_status peek(struct compressor *compressor, enum picture_format format, bool may_be_damaged,
                             size_t limit, const uint8_t **bytes, size_t *size, size_t *looked) {
    size_t wanted = 65536;
    for (;;) {
        enum bswz_status status = input_peek(compressor->input, wanted, bytes, looked, compressor->error);
        if (status != BSWZ_OK) {
            return status;
        }
        *size = may_be_damaged ? jpeg_damaged_extent(*bytes, *looked, *looked < wanted)
                               : picture_extent(format, *bytes, *looked, *looked < wanted);
        if (*size != 0) {
            *size = *size > limit ? SIZE_MAX : *size;
            return BSWZ_OK;
        }
        if (*looked >= limit) {
            *size = SIZE_MAX;
            return BSWZ_OK;
        }
        wanted = 2 * *looked;
    }
}

enum bswz_status compress_peek_file(struct compressor *compressor, enum picture_format format, size_t limit,
                                    const uint8_t **bytes, size_t *size, size_t *looked) {
    return peek(compressor, format, false, limit, bytes, size, looked);
}

/* Open and code; failures of the picture end as dropped segments. */
static enum bswz_status run(struct segment *segment, enum picture_format format, struct byte_source source) {
    const struct bswz_compress_options *options = segment->compressor->options;
    const struct raw_geometry raw = {options->raw_width, options->raw_height, (uint8_t)options->raw_channels,
                                     options->raw_bits == 16 ? 2 : 1, options->raw_big_endian != 0};
    struct bswz_error failure = {.status = BSWZ_OK};
    enum bswz_status status = picture_reader_open(format, source, &raw, &segment->reader, &failure);
    if (status == BSWZ_OK) {
        status = picture_reader_find_colours(segment->reader, &failure);
        if (status == BSWZ_OK) {
            status = code_picture(segment);
            picture_reader_close(segment->reader);
            return status;
        }
        picture_reader_close(segment->reader);
    }
    return segment_give_up(segment, status, &failure);
}

/* Is the file of this size at the input's position all of the input? */
static enum bswz_status file_is_whole(struct compressor *compressor, size_t size, const uint8_t **bytes,
                                      bool *is_whole) {
    size_t available;
    const enum bswz_status status = input_peek(compressor->input, size + 1, bytes, &available, compressor->error);
    *is_whole = input_position(compressor->input) == 0 && available == size && !compressor->is_inside;
    return status;
}

/* The format as which a file is coded; NONE: its bytes are kept. */
static enum picture_format format_to_code(const struct compressor *compressor, enum picture_format format,
                                          bool is_whole) {
    const bool keep_pixels = compressor->options->keep_pixels;
    const bool pixels_will_do = !compressor->options->exact && !compressor->is_inside && (is_whole || keep_pixels);
    const struct picture_format_row *row = picture_format_row(format);
    if (row->reader == NULL || row->exact == format) {
        return row->exact;
    }
    return pixels_will_do && (format != PICTURE_JPEG || keep_pixels) ? format : row->exact;
}

/* Files of the formats that are read have one picture and little else, such as a palette, or are better read by their
 * pages. */
#define OTHERS_PART 8
#define OTHERS_FREE 4096

static bool is_one_picture(enum picture_format format, const uint8_t *file, size_t size) {
    struct picture_memory memory = {file, size};
    struct picture_reader *reader;
    if (picture_format_row(format)->reader == NULL ||
        picture_reader_open(format, picture_memory_source(&memory), NULL, &reader, NULL) != BSWZ_OK) {
        return false;
    }
    const bool is_one = picture_reader_head(reader)->size <= OTHERS_FREE + size / OTHERS_PART;
    picture_reader_close(reader);
    return is_one;
}

/* A file by its pages; if that is not to be, it may still be coded in another way. */
static enum bswz_status code_pages(struct segment *segment, enum picture_format format, const uint8_t *file,
                                   size_t size, bool *is_written, struct bswz_error *reason) {
    const enum bswz_status status = compress_pages(segment->compressor, format, file, size, is_written, reason);
    if (format_to_code(segment->compressor, format, false) == PICTURE_NONE) {
        memcpy(segment->words, reason->message, sizeof segment->words);
    }
    return status;
}

/* Formats with a segment of their own kind. */
static const struct whole_coder {
    enum picture_format format;
    enum bswz_status (*code)(struct compressor *compressor, const uint8_t *file, size_t size, bool *is_written,
                             struct bswz_error *reason);
} whole_coders[] = {{PICTURE_JPEG, compress_coefficients}, {PICTURE_GIF, compress_gif}};

/* NULL: none. */
static const struct whole_coder *whole_coder_of(enum picture_format format) {
    for (size_t i = 0; i < sizeof whole_coders / sizeof whole_coders[0]; i++) {
        if (whole_coders[i].format == format) {
            return &whole_coders[i];
        }
    }
    return NULL;
}

/* A file in a segment of its own kind, or dropped. */
static enum bswz_status code_whole(struct segment *segment, const struct whole_coder *coder, const uint8_t *file,
                                   size_t size, bool *is_written) {
    struct bswz_error reason = {.status = BSWZ_OK};
    const enum bswz_status status = coder->code(segment->compressor, file, size, is_written, &reason);
    memcpy(segment->words, reason.message, sizeof segment->words);
    segment->is_dropped = !*is_written;
    return status;
}

/* Pictures are examined 65536 pixels at a time, unless the caller has little memory. */
#define EXAMINED_PIXELS 65536
#define EXAMINED_ROW ((size_t)4 << 20)

/* Is the work for opening and drawing the picture covered? Otherwise it would be given up in the middle, with most of
 * the work done. Large pictures are read to find out; what cannot be read is left to others. */
static bool examine(const struct segment *segment, struct picture_reader *reader, uint64_t opening) {
    const struct work *work = &segment->compressor->work;
    const struct picture_info *info = picture_reader_info(reader);
    const uint64_t left = work_left(work, paid_position(segment));
    uint64_t least = WORK_PICTURE + opening;
    if (picture_row_bytes(info) > EXAMINED_ROW || info->lossy || segment->compressor->options->memory_limit != 0 ||
        least + work_most(info) <= left) {
        return true;
    }
    const uint32_t rows_each = EXAMINED_PIXELS / info->width + 2;
    uint8_t *samples = bswz_allocate(picture_row_bytes(info), rows_each);
    bool may_do = true;
    for (uint32_t y = 0; samples != NULL && may_do && y < info->height; y += rows_each) {
        const uint32_t rows = info->height - y < rows_each ? info->height - y : rows_each;
        if (picture_reader_rows(reader, samples, rows, NULL) != BSWZ_OK) {
            break;
        }
        least += work_least(info, samples, rows);
        may_do = least <= left;
    }
    free(samples);
    return may_do;
}

static bool may_pay(const struct segment *segment, enum picture_format coded, const uint8_t *file, size_t size,
                    uint64_t opening) {
    struct picture_memory memory = {file, size};
    struct picture_reader *reader;
    const enum picture_format read = coded == PICTURE_PNG_FILE ? PICTURE_PNG : coded;
    if (picture_reader_open(read, picture_memory_source(&memory), NULL, &reader, NULL) != BSWZ_OK) {
        return true;
    }
    const bool may = examine(segment, reader, opening);
    picture_reader_close(reader);
    return may;
}

/* Code a file in memory through the reader of its format. */
static enum bswz_status code_file(struct segment *segment, enum picture_format coded, const uint8_t *file,
                                  size_t size) {
    struct compressor *compressor = segment->compressor;
    struct picture_memory memory = {file, size};
    /* opening such a file means decoding and packing it */
    const uint64_t opening =
        coded == PICTURE_PNG_FILE ? WORK_PICTURE + WORK_DESCRIBED * png_claimed_bytes(file, size) : 0;
    if (!work_has(&compressor->work, paid_position(segment), opening) ||
        !may_pay(segment, coded, file, size, opening)) {
        return segment_give_up(segment, BSWZ_ERROR_LIMIT, &too_slow);
    }
    work_take(&compressor->work, paid_position(segment), opening);
    enum bswz_status status = run(segment, coded, picture_memory_source(&memory));
    if (status != BSWZ_OK || coded != PICTURE_PNG || segment->reason != BSWZ_ERROR_UNSUPPORTED) {
        return status;
    }
    /* a chunk such as a signature depends on the exact bytes: it stays valid only if all bytes stay */
    segment->is_dropped = false;
    segment->reason = BSWZ_OK;
    segment->words[0] = 0;
    return code_file(segment, PICTURE_PNG_FILE, file, size);
}

static enum bswz_status compress_file(struct segment *segment, enum picture_format format, uint64_t *as_bytes) {
    struct compressor *compressor = segment->compressor;
    const struct whole_coder *coder = whole_coder_of(format);
    const uint8_t *bytes;
    size_t size = SIZE_MAX, looked;
    bool is_whole = false, is_written = false;
    struct bswz_error of_pages = {.status = BSWZ_OK};
    enum bswz_status status = BSWZ_OK;
    const bool was_searched = !compressor->is_inside || coder != NULL || pages_are_in(format) ||
                              format_to_code(compressor, format, false) != PICTURE_NONE;
    if (was_searched) {
        status = compress_peek_file(compressor, format, FILE_MAX, &bytes, &size, &looked);
    } /* else: the rest of the member is kept, wherever the file ends */
    if (status == BSWZ_OK && size == SIZE_MAX && format == PICTURE_JPEG) {
        status = peek(compressor, format, true, FILE_MAX, &bytes, &size, &looked);
    }
    if (status == BSWZ_OK && size != SIZE_MAX) {
        status = file_is_whole(compressor, size, &bytes, &is_whole);
    }
    *as_bytes = 0;
    if (status != BSWZ_OK) {
        return status;
    }
    segment->file_size = size;
    if (size == SIZE_MAX) {
        set_words(segment,
                  was_searched ? "it is cut off, or too large" : "only its pixels could be coded, not its bytes");
        tell_kept(segment, format);
        *as_bytes = ALL_BYTES;
        return BSWZ_OK;
    }
    const enum picture_format coded = format_to_code(compressor, format, is_whole);
    if (pages_are_in(format) && !is_one_picture(format, bytes, size)) {
        status = code_pages(segment, format, bytes, size, &is_written, &of_pages);
    }
    if (status == BSWZ_OK && coded == PICTURE_PNG_FILE && pages_are_in_png(bytes, size)) {
        struct bswz_error ignored = {.status = BSWZ_OK}; /* then it is a picture */
        status = compress_pages(compressor, format, bytes, size, &is_written, &ignored);
    }
    if (status != BSWZ_OK || is_written) {
        /* by its pages */
    } else if (coded == PICTURE_NONE && coder != NULL) {
        status = code_whole(segment, coder, bytes, size, &is_written);
    } else if (coded == PICTURE_NONE) {
        if (segment->words[0] == 0) {
            set_words(segment, "only its pixels could be coded, not its bytes");
        }
        segment->is_dropped = true;
    } else {
        status = code_file(segment, coded, bytes, size);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    if (segment->is_dropped) {
        *as_bytes = size;
        if (segment->reason == BSWZ_ERROR_UNSUPPORTED && of_pages.message[0] != 0) {
            memcpy(segment->words, of_pages.message,
                   sizeof segment->words); /* why its pages were not coded says more */
        }
        tell_kept(segment, format);
        return BSWZ_OK;
    }
    input_consume(compressor->input, size);
    if (!is_written) {
        tell_coded(segment);
    }
    return BSWZ_OK;
}

static enum bswz_status compress_streamed(struct segment *segment, enum picture_format format, uint64_t *as_bytes) {
    const struct bswz_compress_options *options = segment->compressor->options;
    struct input *input = segment->compressor->input;
    if (format == PICTURE_RAW &&
        (uint64_t)options->raw_width * options->raw_height * options->raw_channels < LEAST_SAVING + LEAST_SEGMENT) {
        *as_bytes = ALL_BYTES;
        return BSWZ_OK;
    }
    *as_bytes = 0;
    segment->is_streamed = true;
    segment->picture_start = input_position(input);
    input_mark(input);
    enum bswz_status status = run(segment, format, input_source(input));
    if (status != BSWZ_OK) {
        return status;
    }
    if (segment->is_written) {
        tell_coded(segment);
    } else {
        tell_kept(segment, format);
    }
    if (segment->is_written && !segment->is_short) {
        input_lift_mark(input);
        return BSWZ_OK;
    }
    const uint64_t end = input_position(input);
    input_rewind(input);
    /* a picture that was read to its end becomes bytes; after an unreadable one, anything may follow */
    *as_bytes = segment->words[0] != 0 || end == input_position(input) ? ALL_BYTES : end - input_position(input);
    return BSWZ_OK;
}

enum bswz_status compress_picture(struct compressor *compressor, enum picture_format format, uint64_t *as_bytes) {
    struct segment segment = {.compressor = compressor};
    enum bswz_status status = picture_format_row(format)->extent != NULL
                                  ? compress_file(&segment, format, as_bytes)
                                  : compress_streamed(&segment, format, as_bytes);
    if (segment.is_written && status == BSWZ_OK) {
        compressor->first_picture = compressor->first_picture == 0 ? (size_t)segment.size : compressor->first_picture;
        status = coding_add_prior(&compressor->coding, &segment.header.info, segment.prior, compressor->error);
    } else {
        free(segment.prior);
    }
    free(segment.buffer.data);
    free(segment.encoded.data);
    return status;
}
