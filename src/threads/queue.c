/* SPDX-License-Identifier: MIT */
/*
 * The bounded queue (queue.h): a ring of pointers, a mutex, two conditions. A queue carries bands and megabytes, a
 * few times per second, so the simplest correct implementation is the right one.
 */
#include "threads/queue.h"

#include "base/allocate.h"

#include <pthread.h>
#include <stdlib.h>

struct queue {
    pthread_mutex_t lock;    /* protects everything below except capacity */
    pthread_cond_t has_room; /* signalled when count falls or abandoned is set */
    pthread_cond_t has_item; /* signalled when count rises, or on closed or abandoned */
    size_t capacity;         /* constant */
    size_t first, count;     /* items are at (first ... first + count - 1) modulo capacity */
    bool closed, abandoned;
    void *items[];
};

enum bswz_status queue_create(size_t capacity, struct queue **queue, struct bswz_error *error) {
    struct queue *made = bswz_allocate_zero(1, sizeof *made + capacity * sizeof made->items[0]);
    *queue = made;
    if (made == NULL) {
        return bswz_no_memory(error);
    }
    made->capacity = capacity;
    /* glibc's and musl's default objects need no resources, so these cannot fail */
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->has_room, NULL);
    pthread_cond_init(&made->has_item, NULL);
    return BSWZ_OK;
}

void queue_destroy(struct queue *queue) {
    if (queue != NULL) {
        pthread_cond_destroy(&queue->has_item);
        pthread_cond_destroy(&queue->has_room);
        pthread_mutex_destroy(&queue->lock);
        free(queue);
    }
}

/* The oldest item; there is one, and the lock is held. */
static void *take_first(struct queue *queue) {
    void *item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    return item;
}

bool queue_push(struct queue *queue, void *item) {
    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->capacity && !queue->abandoned) {
        pthread_cond_wait(&queue->has_room, &queue->lock);
    }
    const bool wanted = !queue->abandoned;
    if (wanted) {
        queue->items[(queue->first + queue->count) % queue->capacity] = item;
        queue->count++;
        pthread_cond_signal(&queue->has_item);
    }
    pthread_mutex_unlock(&queue->lock);
    return wanted;
}

bool queue_pop(struct queue *queue, void **item) {
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed && !queue->abandoned) {
        pthread_cond_wait(&queue->has_item, &queue->lock);
    }
    const bool there = queue->count > 0 && !queue->abandoned;
    if (there) {
        *item = take_first(queue);
        pthread_cond_signal(&queue->has_room);
    }
    pthread_mutex_unlock(&queue->lock);
    return there;
}

void queue_close(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->has_item);
    pthread_mutex_unlock(&queue->lock);
}

void queue_abandon(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->abandoned = true;
    pthread_cond_broadcast(&queue->has_item);
    pthread_cond_broadcast(&queue->has_room);
    pthread_mutex_unlock(&queue->lock);
}

void *queue_left(struct queue *queue) {
    pthread_mutex_lock(&queue->lock);
    void *item = queue->count > 0 ? take_first(queue) : NULL;
    pthread_mutex_unlock(&queue->lock);
    return item;
}
