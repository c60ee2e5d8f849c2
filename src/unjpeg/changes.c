/* SPDX-License-Identifier: MIT */
/*
 * The most promising changes (changes.h).
 */
#include "unjpeg/changes.h"

#include "base/exact_float.h" /* + - * and comparisons; of equally promising changes, the first coefficient's comes first */
#include "base/widths.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LANES 8
#define TRIED_AT_LEAST 6
#define ONE_FOUND_IN 5
#define ONE_TRIED_IN 12
#define LEAST_PROMISE (-1e30f)

/* How promising each change is; negative for coefficients that are not changed. */
static ALWAYS_INLINE void find_promises(const struct change_weights *weights, const struct block_steps *steps,
                                        const float slope[restrict JPEG_BLOCK],
                                        const float coefficients[restrict JPEG_BLOCK],
                                        const int16_t block[restrict JPEG_BLOCK], float promise[restrict JPEG_BLOCK]) {
    for (int i = 0; i < JPEG_BLOCK; i++) { /* vectorised: no calls, and no branches */
        const float size = steps->size[i], move = slope[i] > 0 ? -size : size;
        const float off = (float)block[i] * size - coefficients[i];
        const float found =
            2.0f * size * (slope[i] > 0 ? slope[i] : -slope[i]) - weights->distance_weight * move * (2.0f * off + move);
        promise[i] = size > weights->largest_step ? LEAST_PROMISE : found;
    }
}

/* At least `most` promises are no smaller than this: those that are the largest of their lanes, in as many lanes. */
static ALWAYS_INLINE float find_least(const float promise[restrict JPEG_BLOCK], unsigned most) {
    float largest[LANES], least = LEAST_PROMISE;
    for (int lane = 0; lane < LANES; lane++) {
        largest[lane] = promise[lane];
    }
    for (int i = LANES; i < JPEG_BLOCK; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            const float other = promise[i + lane];
            largest[lane] = other > largest[lane] ? other : largest[lane];
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        unsigned as_large = 0;
        for (int other = 0; other < LANES; other++) {
            as_large += largest[other] >= largest[lane];
        }
        least = as_large >= most && largest[lane] > least ? largest[lane] : least;
    }
    return least;
}

/* Bit i: promise i is no smaller. */
static ALWAYS_INLINE uint64_t find_large(const float promise[JPEG_BLOCK], float least) {
    uint64_t large = 0;
#ifdef __SSE2__
    for (int i = 0; i < JPEG_BLOCK; i += 4) {
        large |= (uint64_t)(unsigned)_mm_movemask_ps(_mm_cmpge_ps(_mm_loadu_ps(promise + i), _mm_set1_ps(least))) << i;
    }
#else
    for (int i = 0; i < JPEG_BLOCK; i++) {
        large |= (uint64_t)(promise[i] >= least) << i;
    }
#endif
    return large;
}

static ALWAYS_INLINE unsigned changes_find_body(const struct change_weights *weights, const struct block_steps *steps,
                                                const float slope[JPEG_BLOCK], const float coefficients[JPEG_BLOCK],
                                                const int16_t block[JPEG_BLOCK], struct change *changes) {
    float promise[JPEG_BLOCK];
    unsigned count = 0;
    find_promises(weights, steps, slope, coefficients, block, promise);
    const float least = find_least(promise, weights->most);
    for (uint64_t large = find_large(promise, least); large != 0; large &= large - 1) {
        const int i = __builtin_ctzll(large);
        if (promise[i] == LEAST_PROMISE || (count == weights->most && promise[i] <= changes[count - 1].promise)) {
            continue;
        }
        unsigned place = count < weights->most ? count++ : count - 1;
        for (; place > 0 && changes[place - 1].promise < promise[i]; place--) {
            changes[place] = changes[place - 1];
        }
        changes[place] = (struct change){promise[i], i, slope[i] > 0 ? -1 : 1};
    }
    return count;
}

FOR_WIDTHS(, unsigned, changes_find,
           (const struct change_weights *weights, const struct block_steps *steps, const float slope[JPEG_BLOCK],
            const float coefficients[JPEG_BLOCK], const int16_t block[JPEG_BLOCK], struct change *changes),
           (weights, steps, slope, coefficients, block, changes))

bool effort_pays(struct effort *effort) {
    return effort->tried < TRIED_AT_LEAST || effort->found * ONE_FOUND_IN >= effort->tried ||
           ++effort->skipped % ONE_TRIED_IN == 0;
}
