/* SPDX-License-Identifier: MIT */
/*
 * Starting threads (cli/thread.h).
 */
#include "cli/thread.h"

#include <stddef.h>

#define STACK_SIZE ((size_t)8 << 20) /* as the main thread usually has it */

bool run_in_thread(pthread_t *thread, void *(*run)(void *), void *context) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    const bool is_started = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
                            pthread_create(thread, &attributes, run, context) == 0;
    pthread_attr_destroy(&attributes);
    return is_started;
}
