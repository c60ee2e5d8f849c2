/* SPDX-License-Identifier: MIT */
/*
 * Guards libjpeg: whatever a file makes it do ends in a status and a message.
 *
 * libjpeg repairs what it can and only counts its warnings. Here every warning is a failure: a picture with damage in it
 * is not the one that was asked for, unless the guard is lenient. Errors return by longjmp: libjpeg is called only from functions that begin with
 *
 *     if (setjmp(guard->jump) != 0) {
 *         return guard->status;
 *     }
 */
#ifndef BSWZ_JPEG_GUARD_H
#define BSWZ_JPEG_GUARD_H

#include "base/error.h"
#include "jpeg/planes.h"

#include <stdbool.h>
#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>
#include <setjmp.h>

struct jpeg_guard {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    bool is_created;
    bool is_lenient;               /* constant after jpeg_guard_begin: warnings are only counted */
    uint64_t work, most_work;      /* like jpeg_planes.scan_work, so far */
    unsigned last_row;             /* the last row of MCUs that was counted */
    char warning[JMSG_LENGTH_MAX]; /* the text of the first one */
    struct bswz_error *error;      /* of the current call; set by the caller */
    enum bswz_status status;       /* set by the callbacks */
};

/* Before the first setjmp. *guard is zero, and must not move. */
void jpeg_guard_begin(struct jpeg_guard *guard, struct bswz_error *error);

/* After a setjmp: create the decoder for a file in memory. */
void jpeg_guard_create(struct jpeg_guard *guard, const uint8_t *bytes, size_t size);

/* FORMAT if libjpeg has warned. */
enum bswz_status jpeg_guard_check(struct jpeg_guard *guard);

void jpeg_guard_end(struct jpeg_guard *guard);

#endif
