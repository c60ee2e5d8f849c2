/* SPDX-License-Identifier: MIT */
/*
 * Lists of pictures that later ones may refer to (priors.h).
 */
#include "band/priors.h"

#include "base/allocate.h"

#include <stdlib.h>

struct prior {
    unsigned holders; /* lists */
    uint32_t width, height;
    uint8_t channels, depth;
    bool is_indexed;
    size_t size;
    uint8_t *samples;
};

struct priors {
    unsigned holders;
    unsigned count;
    struct prior *pictures[PRIORS_MOST]; /* the latest first */
};

static void drop_one(struct prior *prior) {
    if (--prior->holders == 0) {
        free(prior->samples);
        free(prior);
    }
}

bool priors_take(const struct picture_info *info) {
    return picture_row_bytes(info) * info->height <= PRIORS_BYTES;
}

struct priors *priors_add(struct priors *priors, const struct picture_info *info, uint8_t *samples) {
    struct prior *latest = bswz_allocate(1, sizeof *latest);
    struct priors *list = bswz_allocate_zero(1, sizeof *list);
    if (latest == NULL || list == NULL) {
        free(latest);
        free(list);
        free(samples);
        priors_drop(priors);
        return NULL;
    }
    *latest = (struct prior){.holders = 1,
                             .width = info->width,
                             .height = info->height,
                             .channels = info->channels,
                             .depth = info->depth,
                             .is_indexed = info->indexed,
                             .size = picture_row_bytes(info) * info->height,
                             .samples = samples};
    *list = (struct priors){.holders = 1, .count = 1, .pictures = {latest}};
    size_t size = latest->size;
    for (unsigned i = 0; priors != NULL && i < priors->count && list->count < PRIORS_MOST; i++) {
        struct prior *prior = priors->pictures[i];
        size += prior->size;
        if (size > PRIORS_BYTES) {
            break;
        }
        prior->holders++;
        list->pictures[list->count++] = prior;
    }
    priors_drop(priors);
    return list;
}

struct priors *priors_hold(struct priors *priors) {
    if (priors != NULL) {
        priors->holders++;
    }
    return priors;
}

size_t priors_bytes(const struct priors *priors) {
    size_t size = 0;
    for (unsigned i = 0; priors != NULL && i < priors->count; i++) {
        size += priors->pictures[i]->size;
    }
    return size;
}

void priors_drop(struct priors *priors) {
    if (priors != NULL && --priors->holders == 0) {
        for (unsigned i = 0; i < priors->count; i++) {
            drop_one(priors->pictures[i]);
        }
        free(priors);
    }
}

unsigned priors_find(const struct priors *priors, const struct picture_info *info, uint32_t rows,
                     const uint8_t *found[PRIORS_MOST]) {
    unsigned count = 0;
    for (unsigned i = 0; priors != NULL && i < priors->count && rows == info->height; i++) {
        const struct prior *prior = priors->pictures[i];
        if (prior->width == info->width && prior->height == info->height && prior->channels == info->channels &&
            prior->depth == info->depth && prior->is_indexed == info->indexed) {
            found[count++] = prior->samples;
        }
    }
    return count;
}
