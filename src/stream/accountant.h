/* SPDX-License-Identifier: MIT */
/*
 * Decoding a stream only to find out where its bits go.
 *
 * The walk gives the frames one by one. Their payloads are counted; whatever remains of the stream in the end is
 * headers.
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
    struct coding_context coding;
    struct progress progress; /* not reported to anyone */
    uint64_t memory_limit;    /* for decoding a band */
    struct account account;
    struct cost_map *map;         /* NULL, or where the bits of the pixels of this picture are counted */
    uint64_t samples, bytes;      /* restored so far, of pictures and of other data */
    struct jpeg_restoration jpeg; /* if in a JPEG file */
    struct gif_restoration gif;   /* if in a GIF file */
    struct bswz_error file_failure;
    uint64_t file_bytes;       /* of the bands or parts of that file */
    struct bswz_error failure; /* of the first frame that could not be decoded */
};

void accountant_begin(struct accountant *accountant, const struct bswz_decompress_options *options,
                      uint64_t memory_limit);
void accountant_end(struct accountant *accountant);

/* The walk is at a frame: count its payload, and step over it. A frame that cannot be decoded is not an error. */
enum bswz_status accountant_frame(struct accountant *accountant, struct walk *walk, struct bswz_error *error);

/* The walk is at the beginning or end of a JPEG file. Its bands are frames; damage shows at the end. */
void accountant_jpeg(struct accountant *accountant, const struct walk *walk);
void accountant_jpeg_end(struct accountant *accountant, const struct walk *walk);
/* The same for a GIF file and its parts. */
void accountant_gif(struct accountant *accountant, const struct walk *walk);
void accountant_gif_end(struct accountant *accountant, const struct walk *walk);

/* The walk is at its end: the result, whose shares add up to everything that was read. */
void accountant_total(const struct accountant *accountant, const struct walk *walk, struct bswz_account *total);

#endif
