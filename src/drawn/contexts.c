/* SPDX-License-Identifier: MIT */
/*
 * Contexts of a pixel (contexts.h).
 */
#include "drawn/contexts.h"

const struct setting_contexts setting_contexts[DRAWN_SETTINGS] = {
    [DRAWN_LIGHT] = {5,
                     {C_BIG, C_8, C_4, C_WN, C_N, C_THERE, C_EXPECTED, C_AROUND, C_CHANGED},
                     {34, 28, 19, 16, 13, 43, 30, 48, 30}},
    [DRAWN_FULL] = {7,
                    {C_BIG, C_10, C_4, C_CROSS, C_ABOVE, C_W, C_N, C_THERE, C_EXPECTED, C_AROUND, C_CHANGED},
                    {34, 28, 19, 40, 43, 10, 13, 43, 30, 48, 30}},
    [DRAWN_MOST] = {16,
                    {C_HUGE, C_BIG,   C_ROWS, C_12, C_10, C_8, C_6,     C_ROW,      C_4,      C_CROSS,
                     C_WNE,  C_ABOVE, C_LEFT, C_WN, C_W,  C_N, C_THERE, C_EXPECTED, C_AROUND, C_CHANGED},
                    {36, 34, 33, 31, 28, 25, 22, 25, 19, 40, 37, 43, 25, 16, 10, 13, 43, 30, 48, 30}},
};

unsigned context_count(enum drawn_setting setting) {
    return setting_contexts[setting].count;
}

void hash_lines(const struct model *model, uint32_t x, struct lines *lines) {
    const struct window *window = &model->window;
    const uint32_t *row = window->pixels[0] + x, *above = window->pixels[1] + x, *above_2 = window->pixels[2] + x;
    const uint32_t left = hash_2(hash_2(row[-2], row[-3]), hash_2(row[-4], row[-5]));
    lines->big = hash_2(hash_2(window->sums[1][x], window->sums[2][x]), hash_2(window->sums[3][x], left));
    const uint32_t h3 = hash_2(above[0], hash_2(above[-1], above[1])), h5 = hash_2(h3, hash_2(row[-2], above_2[0]));
    lines->shorter = hash_2(h5, hash_2(above[2], above[-2]));
    if (model->setting != DRAWN_LIGHT) {
        lines->shorter = hash_2(lines->shorter, hash_2(above_2[1], above_2[-1]));
    }
}

void hash_longest(enum drawn_setting setting, const struct lines *lines, uint32_t w, uint32_t hashes[CONTEXTS]) {
    hashes[C_BIG] = hash_2(lines->big, w);
    hashes[short_context(setting)] = hash_2(lines->shorter, w);
}

void hash_contexts(enum drawn_setting setting, const struct window *window, uint32_t x, const uint32_t near[NEIGHBOURS],
                   uint32_t hashes[CONTEXTS]) {
    const uint32_t *row = window->pixels[0] + x;
    const uint32_t wn = hash_2(near[W], near[N]), h4 = hash_2(wn, hash_2(near[NW], near[NE]));
    hashes[C_4] = hash_2(h4, 4);
    hashes[C_N] = hash_2(near[N], 2);
    if (setting != DRAWN_FULL) {
        hashes[C_WN] = hash_2(wn, 3);
    }
    if (setting == DRAWN_LIGHT) {
        return;
    }
    hashes[C_W] = hash_2(near[W], 1);
    hashes[C_CROSS] = hash_2(hash_2(near[W], near[WW]), hash_2(near[N], near[NN]));
    hashes[C_ABOVE] = hash_2(hash_2(near[NW], near[N]), hash_2(near[NE], near[NN]));
    if (setting == DRAWN_FULL) {
        return;
    }
    const uint32_t h6 = hash_2(h4, hash_2(near[WW], near[NN]));
    hashes[C_6] = hash_2(h6, 6);
    hashes[C_8] = hash_2(hash_2(h6, hash_2(near[NEE], near[NWW])), 8);
    hashes[C_12] = hash_2(hash_2(hashes[C_10], hash_2(near[WWW], near[NNN])), 12);
    hashes[C_WNE] = hash_2(wn, near[NE]);
    hashes[C_ROW] = hash_2(hash_2(window->sums[1][x], near[W]), 11);
    hashes[C_ROWS] = hash_2(hash_2(hash_2(window->sums[1][x], window->sums[2][x]), near[W]), near[WW]);
    hashes[C_LEFT] = hash_2(hash_2(near[W], near[WW]), hash_2(near[WWW], near[NE]));
    hashes[C_HUGE] =
        hash_2(hash_2(hashes[C_BIG], window->sums[1][x + 4]), hash_2(window->sums[2][x + 4], hash_2(row[-6], row[-7])));
}

void hash_before(const struct repeated *before, const uint32_t near[NEIGHBOURS], uint32_t hashes[CONTEXTS]) {
    const uint32_t *there = before->near;
    const uint32_t around = hash_2(hash_2(there[W], there[N]), hash_2(there[NW], there[NE]));
    const uint32_t next = hash_2(before->east, before->south);
    const uint32_t here = hash_2(hash_2(near[W], near[N]), hash_2(near[NW], near[NE]));
    hashes[C_AROUND] = hash_2(hash_2(hash_2(around, next), before->there), here);
    hashes[C_CHANGED] = hash_2(hash_2(before->there, changed(before, near)), near[W]);
}

void hash_repeated(const struct repeated *repeated, const uint32_t near[NEIGHBOURS], uint32_t hashes[CONTEXTS]) {
    hashes[C_EXPECTED] = repeated->is_known ? hash_2(repeated->expected, 21) : 21;
    hashes[C_THERE] =
        repeated->is_known
            ? hash_2(hash_2(hash_2(repeated->there, repeated->east), hash_2(repeated->south, near[W])), near[N])
            : 22;
}
