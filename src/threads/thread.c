/* SPDX-License-Identifier: MIT */
/*
 * Starting threads (thread.h).
 */
#include "threads/thread.h"

#include <stddef.h>

/* Calls take less than 256 KiB (tests/memory.bats), and no function more than 96 (the Makefile's -Wframe-larger-than);
 * builds with sanitizers take more. */
#define STACK_SIZE ((size_t)2 << 20)

bool thread_start(pthread_t *thread, void *(*run)(void *), void *context) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    const bool is_started = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
                            pthread_create(thread, &attributes, run, context) == 0;
    pthread_attr_destroy(&attributes);
    return is_started;
}
