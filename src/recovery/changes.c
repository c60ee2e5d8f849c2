/*
 * Changes that promise most (changes.h).
 */
#include "recovery/changes.h"

#define TRIED_AT_LEAST 6
#define ONE_FOUND_IN 5
#define ONE_TRIED_IN 12

unsigned changes_find(const struct change_weights *weights, const struct block_steps *steps,
                      const float slope[JPEG_BLOCK], const float coefficients[JPEG_BLOCK],
                      const int16_t block[JPEG_BLOCK], struct change *changes) {
    unsigned count = 0;
    for (int i = 0; i < JPEG_BLOCK; i++) {
        if (steps->size[i] > weights->largest_step) {
            continue;
        }
        const int16_t by = slope[i] > 0 ? -1 : 1;
        const float promise = 2.0f * steps->size[i] * (slope[i] > 0 ? slope[i] : -slope[i]) -
                              change_distance(weights, steps, coefficients, block, i, by);
        unsigned place = count < weights->most ? count++ : weights->most;
        for (; place > 0 && changes[place - 1].promise < promise; place--) {
            if (place < weights->most) {
                changes[place] = changes[place - 1];
            }
        }
        if (place < weights->most) {
            changes[place] = (struct change){promise, i, by};
        }
    }
    return count;
}

bool effort_pays(struct effort *effort) {
    return effort->tried < TRIED_AT_LEAST || effort->found * ONE_FOUND_IN >= effort->tried ||
           ++effort->skipped % ONE_TRIED_IN == 0;
}
