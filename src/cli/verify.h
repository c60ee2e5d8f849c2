/* SPDX-License-Identifier: MIT */
/*
 * --verify: restore what is being compressed, while it is being compressed.
 *
 *     source ─► library ─► result ─┬─► where it goes
 *        │                         ├─► pipe ─► restoring thread ─► hash of what comes back
 *        └─► hash                  └─► pipe ─► listing thread ─► what is promised
 *
 * The stream must restore without an error, which compares every frame with the hash that it carries. If all of it
 * promises the same bytes, the result is also compared with the source.
 */
#ifndef BSWZ_CLI_VERIFY_H
#define BSWZ_CLI_VERIFY_H

#include "cli/arguments.h"

#include <pthread.h>
#include <stdbool.h>

struct verifier_end {
    int feed, outlet; /* of the pipe: the verifier's owner writes, the thread reads; -1: none */
    pthread_t thread;
    bool is_running;         /* used by the owner */
    enum bswz_status status; /* used by the thread until it is joined, like the rest */
    struct bswz_error error;
};

struct verifier {
    unsigned threads;
    uint64_t memory_limit;
    const struct bswz_model *model;
    struct verifier_end restoring, listing;
    void *source_hash;   /* used by the thread that reads the source */
    void *restored_hash; /* used by the restoring thread */
    bool promises_bytes; /* used by the listing thread: all parts come back as the same bytes */
};

/* Start. model may be NULL. Errors: MEMORY, THREAD; the verifier is then closed. */
enum bswz_status verify_begin(struct verifier *verifier, unsigned threads, const struct options *options,
                              const struct bswz_model *model, struct bswz_error *error);

/* These bytes were read from the source. */
void verify_source(struct verifier *verifier, const uint8_t *bytes, size_t size);

/* These bytes belong to the result. Waits for the verifier when it is slower. */
void verify_result(struct verifier *verifier, const uint8_t *bytes, size_t size);

/* The result is complete: check that it is right, and close the verifier. */
enum bswz_status verify_finish(struct verifier *verifier, struct bswz_error *error);

/* Something else failed. */
void verify_abandon(struct verifier *verifier);

#endif
