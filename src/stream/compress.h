/*
 * The parts of a compressing call: one state, one file for each kind of segment.
 */
#ifndef BSWZ_COMPRESS_H
#define BSWZ_COMPRESS_H

#include "archive/archive.h"
#include "bytes/stream.h"
#include "stream/codec.h"
#include "stream/container.h"
#include "stream/deflate_header.h"
#include "stream/input.h"
#include "stream/output.h"
#include "stream/tally.h"
#include "stream/work.h"

#define ALL_BYTES UINT64_MAX

/* What a picture must save: more than it costs to close and reopen a bytes segment
 * around it, so that no mixture of tiny pictures and bytes grows. */
#define LEAST_SAVING 20

/* The bytes segment that is being written, if there is one. Parts of the input
 * that follow each other as bytes share it: a thousand tiny broken pictures cost
 * no thousand headers. */
struct bytes_segment {
    struct byte_buffer block;      /* not yet written; room for BYTES_FRAME_MAX once it is used */
    struct byte_buffer packed;     /* the block, while it is being written */
    struct bytes_encoder *encoder; /* of all segments; NULL until it is needed */
    struct bytes_decoder *decoder; /* that runs next to it, to check what it makes; NULL: no checks */
    bool is_begun;                 /* the segment's kind has been written */
    uint64_t frames;          /* written */
    uint64_t size;            /* taken in, whether written or not */
    uint64_t start;           /* output_position where it began; meaningful when is_begun */
};

struct compressor {
    const struct bswz_compress_options *options;
    struct input *input;
    struct output *output;
    struct codec codec;
    struct progress progress;
    uint64_t band_pixels;
    size_t input_size; /* with what deflate streams hold; SIZE_MAX: too much to wait for */
    size_t own_size, held_size; /* if it is known: without them, and what they have held so far */
    struct bytes_segment bytes;
    bool is_inside; /* of something that comes back byte for byte: a member of an archive, or data that is not a picture */
    unsigned depth; /* deflate streams whose content the input is */
    uint64_t paid;  /* then: where in the caller's input the outermost of them ends */
    struct work work;
    struct tally tally;
    struct byte_buffer last_header; /* of the last picture in the stream; empty: none */
    bool last_names_model;          /* it names a model: this call's */
    struct bswz_error *error;
};

/* Tell the caller, printf-style. */
void compressor_notice(const struct compressor *compressor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Take count bytes of the input (ALL_BYTES: up to its end) into a bytes segment. */
enum bswz_status compress_bytes(struct compressor *compressor, uint64_t count);
/* The same, but deflate streams in them, and JPEG and PNG files that do not begin with the first byte, get segments of their own. */
enum bswz_status compress_inside(struct compressor *compressor, uint64_t count);
/* End the bytes segment that is open, if any. is_last: no other will follow. */
enum bswz_status compress_bytes_end(struct compressor *compressor, bool is_last);

/* May a file be coded whose `parts` ("images") take `wanted` bytes of memory? LIMIT if the caller has set a limit that they
 * exceed; *reason is set, and the file is to be kept as bytes, if a decoder would not restore it without being told to. */
enum bswz_status compressor_check_memory(const struct compressor *compressor, uint64_t wanted, const char *parts,
                                         struct bswz_error *reason);

/* Where in the caller's input we are: what work is paid for by. */
uint64_t compressor_position(const struct compressor *compressor);

/* At a place that wrapped.h found: code the deflate stream there, or tell how many bytes to keep. limit: bytes up to where it must end. Else *debt grows by what it
 * took to know. */
enum bswz_status compress_deflate(struct compressor *compressor, uint64_t limit, uint64_t *as_bytes, uint64_t *debt);

/* A segment of that header, with what is held in it. The header's size is what the input stands at. */
enum bswz_status compress_held(struct compressor *compressor, const struct deflate_header *header,
                               const struct byte_buffer *plain);
/* The same, unless it takes `limit` bytes or more: *size is 0 then, and nothing has happened. No bytes segment is open. */
enum bswz_status compress_held_if_smaller(struct compressor *compressor, const struct deflate_header *header,
                                          const struct byte_buffer *plain, size_t limit, size_t *size);

/* All of the input, in segments. */
enum bswz_status compress_segments(struct compressor *compressor);

/* What the input stands at: a picture, or bytes up to the input's end. *more is false
 * where there is nothing. */
enum bswz_status compress_part(struct compressor *compressor, bool *more);

/* The input stands at this archive: take it up to where it does not go on. */
enum bswz_status compress_archive(struct compressor *compressor, struct archive *archive);

/* The input goes on with what looks like a picture of this format: code it, or
 * tell how many of the bytes that the input stands at then are to be kept as
 * bytes. */
enum bswz_status compress_picture(struct compressor *compressor, enum picture_format format, uint64_t *as_bytes);

/* Look at all of the file that the input stands at. *size is SIZE_MAX when it has no end, or takes more than limit
 * bytes; *looked is how many bytes it took to know. */
enum bswz_status compress_peek_file(struct compressor *compressor, enum picture_format format, size_t limit,
                                    const uint8_t **bytes, size_t *size, size_t *looked);

/* Code a whole JPEG file, which is size bytes of the input's window and not consumed, by its coefficients. If that cannot be
 * done, or makes it no smaller, *is_coded is false, and *reason says why where there is more to say. */
enum bswz_status compress_coefficients(struct compressor *compressor, const uint8_t *file, size_t size, bool *is_coded,
                               struct bswz_error *reason);

/* The same for a whole GIF file, by its images' indices. */
enum bswz_status compress_gif(struct compressor *compressor, const uint8_t *file, size_t size, bool *is_coded,
                              struct bswz_error *reason);

/* The same for a whole file whose format has pages, by the pictures in it. */
enum bswz_status compress_pages(struct compressor *compressor, enum picture_format format, const uint8_t *file,
                                size_t size, bool *is_coded, struct bswz_error *reason);

/* bswz_compress with bands of about band_pixels pixels. */
enum bswz_status compress_in_bands(struct bswz_input input, struct bswz_output output,
                                   const struct bswz_compress_options *options, uint64_t band_pixels,
                                   struct bswz_error *error);

#endif
