/*
 * libjpeg kept in hand: what a file can make it do ends in a status and words.
 *
 * libjpeg mends what it can and only counts its warnings; here every warning is a failure, since a
 * damaged file is better kept as its bytes.  Errors come back by longjmp: whoever calls
 * libjpeg does so in a function of its own that begins with
 *
 *     if (setjmp(guard->jump) != 0) {
 *         return guard->status;
 *     }
 */
#ifndef BSWZ_JPEG_GUARD_H
#define BSWZ_JPEG_GUARD_H

#include "error.h"
#include "jpeg/planes.h"

#include <stdbool.h>
#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>
#include <setjmp.h>

/* Scans of a file. No encoder comes near; a hostile file of many costs decoding time
 * without end. */
#define JPEG_SCANS_MAX 500

struct jpeg_guard {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    bool is_created;
    uint64_t work, most_work; /* as jpeg_planes.scan_work, so far */
    unsigned last_row;        /* of MCUs that was counted */
    char warning[JMSG_LENGTH_MAX]; /* the first one's words */
    struct bswz_error *error;      /* of the current call: the caller's to set */
    enum bswz_status status;       /* what the callbacks left */
};

/* Before the first setjmp. *guard is zero, and stays where it is. */
void jpeg_guard_begin(struct jpeg_guard *guard, struct bswz_error *error);

/* After a setjmp: make the decoder, over a file in memory. */
void jpeg_guard_create(struct jpeg_guard *guard, const uint8_t *bytes, size_t size);

/* FORMAT where libjpeg has warned. */
enum bswz_status jpeg_guard_check(struct jpeg_guard *guard);

void jpeg_guard_end(struct jpeg_guard *guard);

#endif
