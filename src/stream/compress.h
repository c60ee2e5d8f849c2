/* SPDX-License-Identifier: MIT */
/*
 * The parts of a compressing call: one state, and one file for each kind of segment.
 */
#ifndef BSWZ_COMPRESS_H
#define BSWZ_COMPRESS_H

#include "archive/archive.h"
#include "band/coding_context.h"
#include "band/work_budget.h"
#include "bytes/recent.h"
#include "bytes/stream.h"
#include "container/container.h"
#include "container/deflate_header.h"
#include "container/input.h"
#include "container/output.h"
#include "deflate/deflate.h"
#include "stream/pdf_rows.h"
#include "stream/tally.h"

#define ALL_BYTES UINT64_MAX

/* The least that a picture must save: more than it costs to close and reopen a bytes segment around it, so that a
 * mixture of tiny pictures and bytes never grows. */
#define LEAST_SAVING 20

/* Beyond this size an input is one of unknown size. */
#define SMALL_INPUT ((size_t)4 << 20)

/* The bytes segment that is being written, if there is one. Adjacent parts of the input that are stored as bytes share
 * it, so a thousand tiny broken pictures do not cost a thousand headers. */
struct bytes_segment {
    struct byte_buffer block;      /* not yet written; room for BYTES_FRAME_MAX once it is used */
    struct byte_buffer packed;     /* the block, while it is being written */
    struct bytes_encoder *encoder; /* shared by all segments; NULL until needed */
    struct bytes_decoder *decoder; /* checks the output of the encoder; NULL: no checks */
    size_t kept;                   /* of the block: in deflate streams, which zstd cannot make smaller */
    bool is_begun;                 /* the segment's kind has been written */
    uint64_t frames;               /* written */
    uint64_t size;                 /* taken, written or not */
    uint64_t start;                /* output_position where it began; meaningful when is_begun */
};

struct compressor {
    const struct bswz_compress_options *options;
    struct input *input;
    struct output *output;
    struct coding_context coding;
    struct progress progress;
    uint64_t band_pixels;
    size_t input_size; /* including the content of deflate streams; SIZE_MAX: not known yet, and too much to wait for */
    size_t own_size, held_size; /* if input_size is known: its part without deflate streams, and their content so far */
    struct bytes_segment bytes;
    bool is_inside; /* in something that comes back byte for byte: a member of an archive, or data that is not a
                     * picture */
    enum bswz_status (*segments)(struct compressor *compressor); /* constant: compress all of the input, in segments;
                                                                  * also called for the content of deflate streams */
    unsigned depth; /* the number of nested deflate streams whose content the input is */
    uint64_t paid;  /* if depth > 0: where in the caller's input the outermost of them ends */
    struct work work;
    struct tally tally;
    struct recent recent;         /* the end of what deflate streams contained */
    struct deflate_writer writer; /* of the last deflate stream */
    size_t first_picture;         /* what the first picture segment took that was written since this was set to 0 */
    struct pdf_rows rows;         /* what the deflate stream that is being coded holds, if a PDF document says so */
    unsigned failures, waits;     /* of deflate streams whose segments took too much; how many more are judged alone */
    struct byte_buffer last_header;    /* of the last picture in the stream; empty: none */
    struct byte_buffer last_head;      /* its head record; empty: none that may be referred to */
    struct record_models models;       /* for records */
    struct byte_buffer last_jpeg;      /* the headers of the last JPEG file in the stream; the same */
    bool last_names_model;             /* it names a model, that of this call */
    char member[2 * ARCHIVE_NAME_MAX]; /* for notices: what is being coded, and in what; each name ends with ": " */
    struct bswz_error *error;
};

/* Report to the caller, as printf does. */
void compressor_tell(const struct compressor *compressor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same about the member of an archive that is being coded, whose name comes first. */
void compressor_notice(const struct compressor *compressor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A member with this name begins. Returns what compressor_leave takes when it has ended. */
size_t compressor_enter(struct compressor *compressor, const char *name, size_t size);
void compressor_leave(struct compressor *compressor, size_t before);

/* Take count bytes of the input (ALL_BYTES: up to its end) into a bytes segment. */
enum bswz_status compress_bytes(struct compressor *compressor, uint64_t count);
/* The same, but with segments of their own for deflate streams in the bytes, and for JPEG, PNG and GIF files that do
 * not begin at the first byte. */
enum bswz_status compress_inside(struct compressor *compressor, uint64_t count);
/* Write what has been taken so far; the segment stays open. */
enum bswz_status compress_bytes_flush(struct compressor *compressor);
/* End the bytes segment that is open, if any. is_last: no other will follow. */
enum bswz_status compress_bytes_end(struct compressor *compressor, bool is_last);

/* May a file be coded whose `parts` ("images") take `wanted` bytes of memory? LIMIT: they exceed the limit that the
 * caller has set. If a decoder would refuse to restore the file by default, *reason is set, and the file must be kept
 * as bytes. */
enum bswz_status compressor_check_memory(const struct compressor *compressor, uint64_t wanted, const char *parts,
                                         struct bswz_error *reason);

/* The position in the caller's input, by which work is paid for. */
uint64_t compressor_position(const struct compressor *compressor);

/* At a place that wrapped.h found: code the deflate stream there, or return how many bytes to keep, and add the work
 * spent on that to *debt. limit: bytes up to where the stream must end. */
enum bswz_status compress_deflate(struct compressor *compressor, uint64_t limit, uint64_t *as_bytes, uint64_t *debt);

/* What a segment may take: less than size, or up to credit more if the output does not come as far as position. If
 * rest is not 0: also less than that and the first picture in it. */
struct held_limit {
    size_t size, credit;
    uint64_t position;
    size_t rest;
};

/* End the bytes segment that is open, if any, and compress the content of a segment with this header. If that takes too
 * much, *size is 0, nothing is written, and the bytes segment is as it was. The input stands at what the header
 * describes. */
enum bswz_status compress_held_if_smaller(struct compressor *compressor, const struct deflate_header *header,
                                          const struct byte_buffer *plain, const struct held_limit *limit,
                                          size_t *size);

/* Compress what comes next: a picture, or bytes up to the end of the input. *more: false if there is nothing. */
enum bswz_status compress_part(struct compressor *compressor, bool *more);

/* The input is at this archive: take it up to its end, or to the first place that is not valid. */
enum bswz_status compress_archive(struct compressor *compressor, struct archive *archive);

/* What comes next looks like a picture of this format: code it, or return how many of the next bytes must be kept as
 * bytes. */
enum bswz_status compress_picture(struct compressor *compressor, enum picture_format format, uint64_t *as_bytes);

/* Look at the whole file that comes next. *size is SIZE_MAX if it has no end, or more than limit bytes; *looked is the
 * number of bytes that were examined. */
enum bswz_status compress_peek_file(struct compressor *compressor, enum picture_format format, size_t limit,
                                    const uint8_t **bytes, size_t *size, size_t *looked);

/* Code a whole JPEG file by its coefficients. It is size bytes in the window of the input, not consumed. If it cannot
 * be coded, or would not get smaller, *is_coded is false, and *reason may say why. */
enum bswz_status compress_coefficients(struct compressor *compressor, const uint8_t *file, size_t size, bool *is_coded,
                                       struct bswz_error *reason);

/* The same for a whole GIF file, by the indices of its images. */
enum bswz_status compress_gif(struct compressor *compressor, const uint8_t *file, size_t size, bool *is_coded,
                              struct bswz_error *reason);

/* The same for a whole file whose format has pages, by the pictures in it. */
enum bswz_status compress_pages(struct compressor *compressor, enum picture_format format, const uint8_t *file,
                                size_t size, bool *is_coded, struct bswz_error *reason);

/* The same for the rest of the input, if it is the rows of a picture in a PDF document. What is coded is consumed. */
enum bswz_status compress_rows(struct compressor *compressor, const struct pdf_rows *rows, bool *is_coded);

/* The input is at the data of a fax in a PDF document: code it, or return how many bytes to keep, and add the work spent
 * on that to *debt. limit: bytes up to where it must end; most: how many may be looked at. */
enum bswz_status compress_fax(struct compressor *compressor, const struct pdf_fax *fax, uint64_t limit, size_t most,
                              uint64_t *as_bytes, uint64_t *debt);

/* bswz_compress with bands of about band_pixels pixels, where so much work has been spent already (work_budget.h). */
enum bswz_status compress_in_bands(struct bswz_input input, struct bswz_output output,
                                   const struct bswz_compress_options *options, uint64_t band_pixels, uint64_t spent,
                                   struct bswz_error *error);

#endif
