/* SPDX-License-Identifier: MIT */
/*
 * Verifying (verify.h).
 *
 * System pipes serve as queues: they are bounded, have an end, and can feed two threads that read at their own speed.
 * A thread reads its pipe to the end even when it has seen enough, so that writing never fails and never blocks
 * forever.
 */
#include "cli/verify.h"

#include "cli/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

static size_t read_feed(void *context, uint8_t *bytes, size_t size) {
    const struct verifier_end *end = context;
    ssize_t got;
    do {
        got = read(end->outlet, bytes, size);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? SIZE_MAX : (size_t)got;
}

static void drain(struct verifier_end *end) {
    uint8_t bytes[1 << 14];
    size_t got;
    do {
        got = read_feed(end, bytes, sizeof bytes);
    } while (got > 0 && got != SIZE_MAX);
}

/* ---- the threads ---- */

static int hash_restored(void *context, const uint8_t *bytes, size_t size) {
    struct verifier *verifier = context;
    XXH3_128bits_update(verifier->restored_hash, bytes, size);
    return 0;
}

static void *restore(void *context) {
    struct verifier *verifier = context;
    struct verifier_end *end = &verifier->restoring;
    const struct bswz_decompress_options wanted = {.size = sizeof wanted,
                                                   .threads = verifier->threads,
                                                   .model = verifier->model,
                                                   .memory_limit = verifier->memory_limit};
    end->status = bswz_decompress((struct bswz_input){read_feed, end}, (struct bswz_output){hash_restored, verifier},
                                  &wanted, &end->error);
    drain(end);
    return NULL;
}

static void note_promise(void *context, const struct bswz_entry *entry) {
    struct verifier *verifier = context;
    verifier->promises_bytes &= strcmp(entry->promise, "bytes") == 0;
}

static void *list(void *context) {
    struct verifier *verifier = context;
    struct verifier_end *end = &verifier->listing;
    end->status = bswz_list((struct bswz_input){read_feed, end}, note_promise, verifier, &end->error);
    drain(end);
    return NULL;
}

/* ---- beginning and end ---- */

static bool start(struct verifier *verifier, struct verifier_end *end, void *(*run)(void *)) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    end->outlet = ends[0];
    end->feed = ends[1];
    end->is_running = run_in_thread(&end->thread, run, verifier);
    return end->is_running;
}

/* Let a thread finish. */
static void stop(struct verifier_end *end) {
    if (end->feed >= 0) {
        close(end->feed);
    }
    if (end->is_running) {
        pthread_join(end->thread, NULL);
    }
    if (end->outlet >= 0) {
        close(end->outlet);
    }
    end->feed = end->outlet = -1;
    end->is_running = false;
}

static void close_verifier(struct verifier *verifier) {
    stop(&verifier->restoring);
    stop(&verifier->listing);
    XXH3_freeState(verifier->source_hash);
    XXH3_freeState(verifier->restored_hash);
}

static enum bswz_status fail(struct bswz_error *error, enum bswz_status status, const char *why, const char *more) {
    *error = (struct bswz_error){.status = status};
    snprintf(error->message, sizeof error->message, "%s%s%.160s", why, *more != '\0' ? ": " : "", more);
    return status;
}

enum bswz_status verify_begin(struct verifier *verifier, unsigned threads, const struct options *options,
                              const struct bswz_model *model, struct bswz_error *error) {
    *verifier = (struct verifier){.threads = threads,
                                  .memory_limit = options->memory_limit,
                                  .model = model,
                                  .restoring = {.feed = -1, .outlet = -1},
                                  .listing = {.feed = -1, .outlet = -1},
                                  .source_hash = XXH3_createState(),
                                  .restored_hash = XXH3_createState(),
                                  .promises_bytes = true};
    if (verifier->source_hash == NULL || verifier->restored_hash == NULL) {
        close_verifier(verifier);
        return fail(error, BSWZ_ERROR_MEMORY, "out of memory", "");
    }
    XXH3_128bits_reset(verifier->source_hash);
    XXH3_128bits_reset(verifier->restored_hash);
    if (!start(verifier, &verifier->restoring, restore) || !start(verifier, &verifier->listing, list)) {
        close_verifier(verifier);
        return fail(error, BSWZ_ERROR_THREAD, "the result cannot be verified: cannot create a pipe or a thread", "");
    }
    return BSWZ_OK;
}

void verify_source(struct verifier *verifier, const uint8_t *bytes, size_t size) {
    XXH3_128bits_update(verifier->source_hash, bytes, size);
}

/* A failed write becomes visible later: the stream ends too early. */
static void feed(const struct verifier_end *end, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        const ssize_t written = write(end->feed, bytes, size);
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (errno != EINTR) {
            return;
        }
    }
}

void verify_result(struct verifier *verifier, const uint8_t *bytes, size_t size) {
    feed(&verifier->restoring, bytes, size);
    feed(&verifier->listing, bytes, size);
}

enum bswz_status verify_finish(struct verifier *verifier, struct bswz_error *error) {
    stop(&verifier->restoring);
    stop(&verifier->listing);
    const XXH128_hash_t source = XXH3_128bits_digest(verifier->source_hash);
    const XXH128_hash_t restored = XXH3_128bits_digest(verifier->restored_hash);
    const struct verifier_end *failed =
        verifier->restoring.status != BSWZ_OK ? &verifier->restoring : &verifier->listing;
    enum bswz_status status = BSWZ_OK;
    if (failed->status != BSWZ_OK) {
        status = fail(error, failed->status, "the result could not be restored", failed->error.message);
    } else if (verifier->promises_bytes && !XXH128_isEqual(source, restored)) {
        status = fail(error, BSWZ_ERROR_CORRUPT, "the result does not restore to the original bytes", "");
    }
    close_verifier(verifier);
    return status;
}

void verify_abandon(struct verifier *verifier) {
    close_verifier(verifier);
}
