/*
 * Decoding a stream for nothing but to know what its bits are spent on.
 *
 * The walk shows the frames one by one.  What is counted of a frame is its payload; headers are
 * all that remains of the stream in the end.
 */
#ifndef BSWZ_ACCOUNTANT_H
#define BSWZ_ACCOUNTANT_H

#include "band/frame.h"
#include "container/walk.h"
#include "pyramid/account.h"
#include "stream/gif_restore.h"
#include "stream/jpeg_restore.h"

_Static_assert(SHARES == BSWZ_SHARES, "the public interface has a place for each share");

struct accountant {
    struct codec codec;
    struct progress progress; /* of nobody */
    uint64_t memory_limit;    /* for decoding a band */
    struct account account;
    uint64_t samples, bytes;  /* restored so far: of pictures, and of what is none */
    struct jpeg_restoration jpeg; /* in one: */
    struct gif_restoration gif;   /* or in one of these: */
    struct bswz_error file_failure;
    uint64_t file_bytes;       /* of its bands or parts */
    struct bswz_error failure; /* of the first frame that could not be looked into */
};

void accountant_begin(struct accountant *accountant, const struct bswz_decompress_options *options,
                      uint64_t memory_limit);
void accountant_end(struct accountant *accountant);

/* The walk is at a frame: count its payload, and step over it. A frame that cannot be decoded is no error. */
enum bswz_status accountant_frame(struct accountant *accountant, struct walk *walk, struct bswz_error *error);

/* The walk has come to a JPEG file, or to the end of one. Its bands are frames; damage shows at the end. */
void accountant_jpeg(struct accountant *accountant, const struct walk *walk);
void accountant_jpeg_end(struct accountant *accountant, const struct walk *walk);
/* The same for a GIF file and its parts. */
void accountant_gif(struct accountant *accountant, const struct walk *walk);
void accountant_gif_end(struct accountant *accountant, const struct walk *walk);

/* The walk is at its end: the result, whose shares add up to all that was read. */
void accountant_total(const struct accountant *accountant, const struct walk *walk, struct bswz_account *total);

#endif
