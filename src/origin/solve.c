/* SPDX-License-Identifier: MIT */
/*
 * From a whole picture to planes, and the sample that decides whether to try.
 *
 * There are two passes. The first takes every pixel to be unclipped, which gives almost all of them their only
 * preimage. The second visits the clipped ones. They have many preimages, any of which is exact, so the one
 * nearest to the mean of the neighbours is taken. Those to the left and above have been chosen by then; those to
 * the right and below count if the first pass was certain of them.
 */
#include "origin/steps.h"

#include "threads/loop.h"

#include <string.h>

#define SAMPLES 4096
#define SEEN_SLOTS 16384
#define FEWEST_COLOURS 16
/* In a picture that does not come from the conversion, 20 to 50 % of the colours have exact preimages; in one that
 * does, almost all have. Anything in between has been edited in places, or comes from a decoder that sometimes
 * rounds differently: it is worth inverting, and the cost of the exceptions then decides. */
#define ENOUGH_PERCENT 85

/* Colours that have been counted: drawings repeat a few, which prove little. */
struct seen {
    uint32_t slot[SEEN_SLOTS]; /* colour + 1, or 0: free */
};

static bool is_new(struct seen *seen, const uint8_t rgb[3]) {
    uint32_t colour = ((uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]) + 1;
    uint32_t place = (colour * 2654435769u) >> 18;
    while (seen->slot[place] != 0) {
        if (seen->slot[place] == colour) {
            return false;
        }
        place = (place + 1) % SEEN_SLOTS;
    }
    seen->slot[place] = colour;
    return true;
}

/* Grey proves nothing: it is exact in JFIF, whatever it comes from. */
static bool is_informative(const uint8_t rgb[3]) {
    return !conversion_clipped(rgb) && (rgb[0] != rgb[1] || rgb[1] != rgb[2]);
}

bool solve_sample(const struct conversion *conversion, const uint8_t *rgb, size_t pixels) {
    struct seen seen;
    memset(&seen, 0, sizeof seen);
    size_t colours = 0, hits = 0;
    /* An odd step visits all columns, whatever the width; then everything. */
    size_t sparse = (pixels / (2 * SAMPLES)) | 1;
    for (int round = 0; round < (sparse > 1 ? 2 : 1); round++) {
        size_t step = round == 0 ? sparse : 1;
        for (size_t i = 0; i < pixels && colours < SAMPLES; i += step) {
            const uint8_t *pixel = rgb + 3 * i;
            if (is_informative(pixel) && is_new(&seen, pixel)) {
                uint8_t preimage[3];
                colours++;
                hits += conversion_exact(conversion, pixel, preimage);
            }
        }
        if (colours >= SAMPLES / 16) {
            break;
        }
    }
    return colours >= FEWEST_COLOURS && hits * 100 >= colours * ENOUGH_PERCENT;
}

struct mean {
    uint32_t sum[3], count;
};

static void mean_add(struct mean *mean, uint8_t *const planes[3], size_t i) {
    for (int k = 0; k < 3; k++) {
        mean->sum[k] += planes[k][i];
    }
    mean->count++;
}

/* A clipped pixel at (x, y), which is position i. Planes hold the rounded inverse. */
static bool solve_clipped(const struct conversion *conversion, const uint8_t rgb[3], uint32_t width, uint32_t height,
                          uint32_t x, uint32_t y, uint8_t *const planes[3], const uint8_t *exact) {
    size_t i = (size_t)y * width + x;
    struct mean mean = {{0}, 0};
    if (x > 0) {
        mean_add(&mean, planes, i - 1);
    }
    if (y > 0) {
        mean_add(&mean, planes, i - width);
    }
    if (x + 1 < width && exact[i + 1]) {
        mean_add(&mean, planes, i + 1);
    }
    if (y + 1 < height && exact[i + width]) {
        mean_add(&mean, planes, i + width);
    }
    uint8_t near[3], found[3];
    for (int k = 0; k < 3; k++) {
        near[k] = (uint8_t)(mean.count ? (mean.sum[k] + mean.count / 2) / mean.count : planes[k][i]);
    }
    if (!conversion_nearest(conversion, rgb, near, found)) {
        return false;
    }
    for (int k = 0; k < 3; k++) {
        planes[k][i] = found[k];
    }
    return true;
}

/* What the two passes over a picture share. */
struct solving {
    const struct conversion *conversion;
    const uint8_t *rgb;
    uint32_t width, height;
    uint8_t *const *planes; /* each position is written by the thread that has it */
    uint8_t *exact;         /* written by the first pass; read by the second */
};

static void solve_rows(void *context, size_t round, unsigned worker) {
    const struct solving *solving = context;
    const size_t start = round * ROWS_AT_ONCE * solving->width;
    const size_t end = (size_t)round_end(round, solving->height) * solving->width;
    (void)worker;
    for (size_t i = start; i < end; i++) {
        const uint8_t *rgb = solving->rgb + 3 * i;
        uint8_t found[3];
        bool hit = conversion_exact(solving->conversion, rgb, found);
        solving->exact[i] = hit && !conversion_clipped(rgb);
        for (int k = 0; k < 3; k++) {
            solving->planes[k][i] = found[k];
        }
    }
}

/* The clipped pixels of a part of a row; returns how many have no preimage. */
static size_t solve_clipped_pixels(void *context, uint32_t y, uint32_t first, uint32_t end) {
    const struct solving *solving = context;
    size_t failed = 0;
    for (uint32_t x = first; x < end; x++) {
        const size_t i = (size_t)y * solving->width + x;
        const uint8_t *rgb = solving->rgb + 3 * i;
        failed += !solving->exact[i] && conversion_clipped(rgb) &&
                  !solve_clipped(solving->conversion, rgb, solving->width, solving->height, x, y, solving->planes,
                                 solving->exact);
    }
    return failed;
}

bool solve_planes(const struct conversion *conversion, const uint8_t *rgb, uint32_t width, uint32_t height,
                  uint8_t *const planes[3], uint8_t *exact, struct worker_pool *pool) {
    struct solving solving = {conversion, rgb, width, height, planes, exact};
    loop_run(pool, row_rounds(height), solve_rows, &solving);
    const struct wavefront clipped = {width, height, solve_clipped_pixels, &solving};
    return wavefront_run(&clipped, pool) <= (size_t)width * height / 20 + 64;
}
