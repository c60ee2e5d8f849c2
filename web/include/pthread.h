/* SPDX-License-Identifier: MIT */
/*
 * Threads where there are none: in WebAssembly without shared memory, the library runs with one thread, and the C
 * library has no pthread.h. Locks are always free, and no thread can be started (left_out.c). Nothing waits: the pool with one thread
 * has nothing to wait for (threads/pool.h).
 */
#ifndef BSWZ_WEB_PTHREAD_H
#define BSWZ_WEB_PTHREAD_H

#include <stddef.h>
#include <sys/types.h> /* the types */

#define PTHREAD_ONCE_INIT 0

static inline pthread_t pthread_self(void) {
    return 0;
}

static inline int pthread_equal(pthread_t one, pthread_t other) {
    return one == other;
}

static inline int pthread_join(pthread_t thread, void **result) {
    (void)thread;
    (void)result;
    return 0;
}

static inline int pthread_once(pthread_once_t *once, void (*run)(void)) {
    if (*once == 0) {
        *once = 1;
        run();
    }
    return 0;
}

#define pthread_mutex_init(mutex, attributes) ((void)(mutex), 0)
#define pthread_mutex_lock(mutex) ((void)(mutex), 0)
#define pthread_mutex_unlock(mutex) ((void)(mutex), 0)
#define pthread_mutex_destroy(mutex) ((void)(mutex), 0)
#define pthread_cond_init(condition, attributes) ((void)(condition), 0)
#define pthread_cond_signal(condition) ((void)(condition), 0)
#define pthread_cond_broadcast(condition) ((void)(condition), 0)
#define pthread_cond_destroy(condition) ((void)(condition), 0)
/* only another thread could end this */
#define pthread_cond_wait(condition, mutex) ((void)(condition), (void)(mutex), __builtin_trap())

#endif
