/* SPDX-License-Identifier: MIT */
/*
 * Finding repeats: every pixel whose surroundings are not flat votes for the distance to the last pixel with the same
 * differences around it.
 */
#include "drawn/repeat.h"

#include "base/allocate.h"
#include "mixing/probability.h"

#include <stdlib.h>
#include <string.h>

enum {
    LAST_BITS = 18, /* of the table of last positions */
    VOTE_BITS = 14,
    REACH = 6,     /* differences of a row in a key */
    PIECE = 64,    /* pixels at a time */
    NEAR_ROWS = 3, /* distances within the reach of contexts get no votes */
    NEAR_PIXELS = 12,
    WORTH_VOTES = 400,
    WORTH_PART = 100 /* one in 100 of the pixels that are not flat must vote for a distance */
};

struct vote {
    struct repeat at;
    uint32_t count;
};

struct search {
    const uint8_t *samples;
    unsigned stride;
    uint32_t width, height;
    uint32_t *last; /* position + 1 of the last pixel with a key */
    struct vote *votes;
    uint32_t asked; /* pixels that are not flat */
};

static bool leads_inside(const struct repeat *at, uint32_t x, uint32_t y, uint32_t width) {
    const int64_t there = (int64_t)x + at->dx;
    return y >= at->dy && there >= 0 && there < width;
}

/* Without branches: which distance a vote counts cannot be foreseen. */
static void vote(struct search *search, uint32_t dy, int32_t dx) {
    struct vote *vote = search->votes + (hash_2((uint32_t)dx, dy) >> (32 - VOTE_BITS));
    const bool is_same = ((vote->at.dx ^ dx) | (int32_t)(vote->at.dy ^ dy)) == 0, is_for = is_same | (vote->count == 0);
    vote->at.dx = is_for ? dx : vote->at.dx;
    vote->at.dy = is_for ? dy : vote->at.dy;
    vote->count += is_for ? 1 : UINT32_MAX;
}

static uint32_t difference(const uint8_t *samples, unsigned stride) {
    return (uint32_t)(uint8_t)(samples[0] - samples[-(ptrdiff_t)stride]);
}

/* A pixel whose surroundings are not flat, and where the last one with the same is noted. */
struct asked {
    uint32_t *last, x;
};

static void look_at(struct search *search, uint32_t *last, uint32_t x, uint32_t y, const struct repeats *known) {
    const uint32_t position = *last;
    *last = y * search->width + x + 1;
    if (position == 0 || (known->count > 0 && leads_inside(&known->at[0], x, y, search->width))) {
        return;
    }
    const uint32_t dy = y - (position - 1) / search->width;
    const int32_t dx = (int32_t)((position - 1) % search->width) - (int32_t)x;
    if ((dy > NEAR_ROWS || abs(dx) > NEAR_PIXELS) && dy <= REPEAT_FARTHEST) {
        vote(search, dy, dx);
    }
}

/* Some pixels at a time, so that the table's lines are there when they are needed. */
static void look_at_row(struct search *search, uint32_t y, const struct repeats *known) {
    const unsigned stride = search->stride;
    const uint8_t *row = search->samples + (size_t)y * search->width * stride;
    const uint8_t *above = row - (size_t)search->width * stride;
    if (memcmp(row, above, (size_t)search->width * stride - (stride - 1)) == 0) {
        return; /* and other rows would show the same */
    }
    uint64_t here = 0, there = 0; /* the last differences */
    const uint64_t mask = ((uint64_t)1 << 8 * REACH) - 1;
    for (uint32_t first = 1; first < search->width; first += PIECE) {
        struct asked asked[PIECE];
        const uint32_t end = search->width - first < PIECE ? search->width : first + PIECE;
        unsigned count = 0;
        for (uint32_t x = first; x < end; x++) {
            here = (here << 8 | difference(row + (size_t)x * stride, stride)) & mask;
            there = (there << 8 | difference(above + (size_t)x * stride, stride)) & mask;
            const uint32_t key = hash_2(hash_2((uint32_t)here, (uint32_t)(here >> 32)),
                                        hash_2((uint32_t)there, (uint32_t)(there >> 32)));
            uint32_t *last = search->last + (key >> (32 - LAST_BITS));
            __builtin_prefetch(last, 1);
            asked[count] = (struct asked){last, x};
            count += x >= REACH && (here | there) != 0;
        }
        search->asked += count;
        for (unsigned i = 0; i < count; i++) {
            look_at(search, asked[i].last, asked[i].x, y, known);
        }
    }
}

static void look(struct search *search, struct repeats *repeats) {
    for (uint32_t i = 0; i < 1u << LAST_BITS; i++) {
        search->last[i] = 0;
    }
    for (uint32_t i = 0; i < 1u << VOTE_BITS; i++) {
        search->votes[i] = (struct vote){{0, 0}, 0};
    }
    search->asked = 0;
    for (uint32_t y = 1; y < search->height; y++) {
        look_at_row(search, y, repeats);
    }
    const struct vote *best = search->votes;
    for (uint32_t i = 1; i < 1u << VOTE_BITS; i++) {
        best = search->votes[i].count > best->count ? search->votes + i : best;
    }
    if (best->count >= WORTH_VOTES && best->count >= search->asked / WORTH_PART) {
        repeats->at[repeats->count++] = best->at;
    }
}

enum bswz_status repeats_find(struct repeats *repeats, const uint8_t *samples, unsigned stride, uint32_t width,
                              uint32_t height, struct bswz_error *error) {
    repeats->count = 0;
    if (width < REPEAT_SMALLEST || height < REPEAT_SMALLEST || (uint64_t)width * height >= UINT32_MAX) {
        return BSWZ_OK;
    }
    struct search search = {.samples = samples, .stride = stride, .width = width, .height = height};
    search.last = bswz_allocate((size_t)1 << LAST_BITS, sizeof *search.last);
    search.votes = bswz_allocate((size_t)1 << VOTE_BITS, sizeof *search.votes);
    enum bswz_status status = BSWZ_OK;
    if (search.last == NULL || search.votes == NULL) {
        status = bswz_no_memory(error);
    } else {
        look(&search, repeats);
        if (repeats->count > 0) {
            look(&search, repeats);
        }
    }
    free(search.last);
    free(search.votes);
    return status;
}

void repeats_code(struct repeats *repeats, struct decisions *decisions, uint32_t width, uint32_t height) {
    if (width < REPEAT_SMALLEST || height < REPEAT_SMALLEST) {
        repeats->count = 0;
        return;
    }
    repeats->count = decide_number(decisions, repeats->count, 2);
    decisions->is_damaged |= repeats->count > REPEATS;
    for (unsigned i = 0; i < repeats->count && i < REPEATS; i++) {
        struct repeat *at = &repeats->at[i];
        at->dy = decide_number(decisions, at->dy, 12);
        const uint32_t distance = decide_number(decisions, (uint32_t)abs(at->dx), 24);
        at->dx = decide_number(decisions, at->dx < 0, 1) ? -(int32_t)distance : (int32_t)distance;
        const bool is_before = at->dy > 0 || at->dx <= -2;
        decisions->is_damaged |= !is_before || at->dy > REPEAT_FARTHEST || at->dy >= height || distance >= width;
    }
}
