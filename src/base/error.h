/* SPDX-License-Identifier: MIT */
/*
 * Errors: one enum (bswz.h), and one place that fills in the message.
 *
 * Every function that can fail returns enum bswz_status and takes a struct bswz_error to explain the failure. The
 * first explanation wins, so an outer function can add one if the inner function gave none.
 */
#ifndef BSWZ_ERROR_H
#define BSWZ_ERROR_H

#include "bswz.h"

/* Clear *error (which may be NULL): callers of the library need not have initialised it. */
void bswz_forget(struct bswz_error *error);

/* Store status and a printf-style message in *error (which may be NULL) unless
 * it already holds an error, and return status, so that callers can write
 * `return bswz_fail(error, BSWZ_ERROR_FORMAT, "...")`. */
enum bswz_status bswz_fail(struct bswz_error *error, enum bswz_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with the position in the input where it happened. */
enum bswz_status bswz_fail_at(struct bswz_error *error, enum bswz_status status, uint64_t offset, const char *format,
                              ...) __attribute__((format(printf, 4, 5)));

/* BSWZ_ERROR_MEMORY, with the one message for it. */
enum bswz_status bswz_no_memory(struct bswz_error *error);

/* BSWZ_ERROR_LIMIT, with the one message for it: what takes more bytes of memory than the limit. offset: in the input */
enum bswz_status bswz_over_limit(struct bswz_error *error, uint64_t offset, const char *what, uint64_t wanted,
                                 uint64_t limit);

/* The failure has been dealt with: clear *error (which may be NULL) and return BSWZ_OK. */
enum bswz_status bswz_forgive(struct bswz_error *error);

#endif
