/* SPDX-License-Identifier: MIT */
/*
 * Chroma that was interpolated from half resolution.
 *
 * The sample between A and B is (A + B + 1) >> 1; in the middle of A, B, C, D it is (A + B + C + D + 2) >> 2. If
 * all four are given for every position (A twice instead of a B that is beyond the edge or not needed), the second
 * formula is enough: (2A + 2B + 2) >> 2 is the first.
 *
 * Finding: where pixels are unclipped their chroma is known, and for one of the four phases of the half-resolution
 * grid almost all of them obey the formula.
 *
 * Fitting: a known sample whose own pixel is clipped can be chosen freely, and the eight pixels around it depend
 * on the choice. Candidates come from those of them that are certain, solved for the sample; from the sample's own
 * pixel; and from the samples around it. The candidate that leaves most of the nine pixels exact is chosen, or, of
 * equal ones, the one nearest to the surrounding samples. A few sweeps over the picture propagate certainty from
 * the borders of clipped areas inwards. Where that gets stuck, more sweeps follow that choose among equals at
 * random: they leave a quarter fewer exceptions.
 */
#include "origin/steps.h"
#include "threads/loop.h"

#include <limits.h>

#define ENOUGH_PERCENT 90
#define FEWEST_TESTS 64
#define SWEEPS 3           /* the most sweeps that prefer smooth chroma */
#define WANDERING_SWEEPS 6 /* then the most that do not */
#define LUMA_REACH 48      /* how far from its neighbours' luma a sample's own is searched for */

void origin_interpolate_half(uint8_t *plane, uint32_t width, uint32_t height) {
    size_t stride = width;
    for (uint32_t y = 0; y < height; y += 2) {
        uint8_t *row = plane + y * stride;
        for (uint32_t x = 1; x + 1 < width; x += 2) {
            row[x] = (uint8_t)((row[x - 1] + row[x + 1] + 1) >> 1);
        }
        if (width % 2 == 0) {
            row[width - 1] = row[width - 2];
        }
    }
    for (uint32_t y = 1; y < height; y += 2) {
        uint8_t *row = plane + y * stride;
        const uint8_t *above = row - stride, *below = y + 1 < height ? row + stride : above;
        for (uint32_t x = 0; x < width; x += 2) {
            row[x] = (uint8_t)((above[x] + below[x] + 1) >> 1);
        }
        /* From the four samples, not from the two values between them, which are rounded. */
        for (uint32_t x = 1; x < width; x += 2) {
            uint32_t right = x + 1 < width ? x + 1 : x - 1;
            row[x] = (uint8_t)((above[x - 1] + above[right] + below[x - 1] + below[right] + 2) >> 2);
        }
    }
}

/* ---- finding ---- */

struct tally {
    uint64_t tests, hits; /* below 2^31, like the number of pixels */
};

/* Does the pixel at i obey the formula in both chroma planes, with these four samples? Not counted unless all five
 * are certain. */
static void test_place(struct tally *tally, const uint8_t *const planes[3], const uint8_t *exact, size_t i, size_t a,
                       size_t b, size_t c, size_t d) {
    if (!(exact[i] & exact[a] & exact[b] & exact[c] & exact[d])) {
        return;
    }
    tally->tests++;
    for (int k = 1; k < 3; k++) {
        const uint8_t *plane = planes[k];
        if (plane[i] != (plane[a] + plane[b] + plane[c] + plane[d] + 2) >> 2) {
            return;
        }
    }
    tally->hits++;
}

/* Indexed by the parity of the known rows and columns. */
struct tallies {
    struct tally of[2][2];
};

struct finding {
    const uint8_t *const *planes;
    const uint8_t *exact;
    uint32_t width, height;
    struct worker_pool *pool;
    struct tallies sum; /* under the pool's lock, if there is a pool */
};

static void add_tallies(struct finding *finding, const struct tallies *tallies) {
    for (unsigned i = 0; i < 4; i++) {
        finding->sum.of[i / 2][i % 2].tests += tallies->of[i / 2][i % 2].tests;
        finding->sum.of[i / 2][i % 2].hits += tallies->of[i / 2][i % 2].hits;
    }
}

static void test_rows(void *context, size_t round, unsigned worker) {
    struct finding *finding = context;
    const uint8_t *const *planes = finding->planes, *exact = finding->exact;
    const uint32_t end = round_end(round, finding->height - 1);
    const size_t stride = finding->width;
    struct tallies tallies = {0};
    (void)worker;
    for (uint32_t y = round == 0 ? 1 : (uint32_t)(round * ROWS_AT_ONCE); y < end; y++) {
        for (uint32_t x = 1; x + 1 < finding->width; x++) {
            size_t i = y * stride + x, above = i - stride, below = i + stride;
            unsigned row = y & 1, column = x & 1;
            test_place(&tallies.of[row][!column], planes, exact, i, i - 1, i + 1, i - 1, i + 1);
            test_place(&tallies.of[!row][column], planes, exact, i, above, above, below, below);
            test_place(&tallies.of[!row][!column], planes, exact, i, above - 1, above + 1, below - 1, below + 1);
        }
    }
    if (finding->pool != NULL) {
        worker_pool_lock(finding->pool);
    }
    add_tallies(finding, &tallies);
    if (finding->pool != NULL) {
        worker_pool_unlock(finding->pool);
    }
}

bool half_chroma_find(const uint8_t *const planes[3], const uint8_t *exact, uint32_t width, uint32_t height,
                      bool *odd_columns, bool *odd_rows, struct worker_pool *pool) {
    struct finding finding = {planes, exact, width, height, pool, {{{{0, 0}}}}};
    loop_run(pool, row_rounds(height - 1), test_rows, &finding);
    struct tally best = {.tests = 1};
    for (unsigned row = 0; row < 2; row++) {
        for (unsigned column = 0; column < 2; column++) {
            const struct tally *tally = &finding.sum.of[row][column];
            bool can_flip = (row == 0 || height % 2 == 0) && (column == 0 || width % 2 == 0);
            if (!can_flip || tally->tests < FEWEST_TESTS || tally->hits * 100 < tally->tests * ENOUGH_PERCENT) {
                continue;
            }
            if (tally->hits * best.tests > best.hits * tally->tests) { /* compare the shares of hits as fractions */
                best = *tally;
                *odd_rows = row;
                *odd_columns = column;
            }
        }
    }
    return best.hits > 0;
}

/* ---- fitting ---- */

struct fit {
    const struct conversion *conversion;
    const uint8_t *rgb;
    const uint8_t *exact;
    uint8_t *const *planes; /* until the end, the fit owns chroma only at known positions */
    uint32_t width, height;
    uint32_t wandering; /* 0: among equals prefer what is near; otherwise the number of the sweep */
};

/* The four samples from which the pixel (x, y) is interpolated. */
static void taps_of(const struct fit *fit, uint32_t x, uint32_t y, size_t taps[4]) {
    uint32_t left = x & ~1u, above = y & ~1u;
    uint32_t right = (x & 1) && x + 1 < fit->width ? x + 1 : left;
    uint32_t below = (y & 1) && y + 1 < fit->height ? y + 1 : above;
    size_t stride = fit->width;
    taps[0] = above * stride + left;
    taps[1] = above * stride + right;
    taps[2] = below * stride + left;
    taps[3] = below * stride + right;
}

static uint8_t interpolated(const uint8_t *plane, const size_t taps[4]) {
    return (uint8_t)((plane[taps[0]] + plane[taps[1]] + plane[taps[2]] + plane[taps[3]] + 2) >> 2);
}

/* The pixels that depend on the sample at (x, y). */
struct window {
    uint32_t left, right, top, bottom; /* inclusive */
};

static struct window window_of(const struct fit *fit, uint32_t x, uint32_t y) {
    return (struct window){x ? x - 1 : 0, x + 1 < fit->width ? x + 1 : x, y ? y - 1 : 0,
                           y + 1 < fit->height ? y + 1 : y};
}

/* How many pixels around the sample at (x, y) have no luma that makes them exact, with the current chroma? Stops
 * counting beyond most. */
static int count_misses(const struct fit *fit, const struct window *window, int most) {
    int misses = 0;
    for (uint32_t y = window->top; y <= window->bottom; y++) {
        for (uint32_t x = window->left; x <= window->right && misses <= most; x++) {
            size_t taps[4];
            taps_of(fit, x, y, taps);
            misses += !conversion_has_luma(fit->conversion, fit->rgb + 3 * ((size_t)y * fit->width + x),
                                           interpolated(fit->planes[1], taps), interpolated(fit->planes[2], taps));
        }
    }
    return misses;
}

/* A sample being tried: the best chroma so far. */
struct trial {
    const struct fit *fit;
    struct window window;
    size_t place;
    uint8_t near[3];  /* mean of the samples around it, including plane 0 */
    uint8_t best[2];  /* planes 1 and 2 */
    int misses, cost; /* of best */
};

static int distance(int a, int b) {
    return a < b ? b - a : a - b;
}

/* Decides between candidates that leave equally many pixels exact. */
static int cost_of(const struct trial *trial, int plane_1, int plane_2) {
    if (trial->fit->wandering == 0) {
        return distance(plane_1, trial->near[1]) + distance(plane_2, trial->near[2]);
    }
    uint32_t mixed = (uint32_t)plane_1 * 2654435761u ^ (uint32_t)plane_2 * 2246822519u ^
                     (uint32_t)trial->place * 3266489917u ^ trial->fit->wandering * 668265263u;
    return (int)((mixed * 2654435769u) >> 24);
}

static void try_candidate(struct trial *trial, int plane_1, int plane_2) {
    if (plane_1 < 0 || plane_1 > 255 || plane_2 < 0 || plane_2 > 255) {
        return;
    }
    int cost = cost_of(trial, plane_1, plane_2);
    int most = cost < trial->cost ? trial->misses : trial->misses - 1;
    if (most < 0) {
        return;
    }
    uint8_t *const *planes = trial->fit->planes;
    planes[1][trial->place] = (uint8_t)plane_1;
    planes[2][trial->place] = (uint8_t)plane_2;
    int misses = count_misses(trial->fit, &trial->window, most);
    if (misses <= most) {
        trial->misses = misses;
        trial->cost = cost;
        trial->best[0] = (uint8_t)plane_1;
        trial->best[1] = (uint8_t)plane_2;
    }
}

/* The values of the sample at place that give the pixel at i, whose chroma in this plane is certain, its value:
 * *low ... *high. false: it does not depend on the sample. */
static bool solve_tap(const uint8_t *plane, size_t i, const size_t taps[4], size_t place, int *low, int *high) {
    int weight = 0, others = 0;
    for (int k = 0; k < 4; k++) {
        if (taps[k] == place) {
            weight++;
        } else {
            others += plane[taps[k]];
        }
    }
    if (weight == 0) {
        return false;
    }
    /* 4 X <= others + weight * value + 2 < 4 X + 4, bounds kept positive for the divisions */
    int least = 4 * plane[i] - 2 - others, most = least + 3;
    *low = (least + weight - 1 + 1024 * weight) / weight - 1024;
    *high = (most + 1024 * weight) / weight - 1024;
    return true;
}

/* Candidates from the surrounding pixels whose chroma is certain. */
static void try_neighbours(struct trial *trial) {
    const struct fit *fit = trial->fit;
    const struct window *window = &trial->window;
    for (uint32_t y = window->top; y <= window->bottom; y++) {
        for (uint32_t x = window->left; x <= window->right; x++) {
            size_t i = (size_t)y * fit->width + x, taps[4];
            int low_1, high_1, low_2, high_2;
            taps_of(fit, x, y, taps);
            if (i == trial->place || !fit->exact[i] ||
                !solve_tap(fit->planes[1], i, taps, trial->place, &low_1, &high_1) ||
                !solve_tap(fit->planes[2], i, taps, trial->place, &low_2, &high_2)) {
                continue;
            }
            for (int plane_1 = low_1; plane_1 <= high_1; plane_1++) {
                for (int plane_2 = low_2; plane_2 <= high_2; plane_2++) {
                    try_candidate(trial, plane_1, plane_2);
                }
            }
        }
    }
}

/* Candidates from the sample's own pixel: one for each luma that it can have. */
static void try_own_pixel(struct trial *trial) {
    const struct fit *fit = trial->fit;
    const uint8_t *rgb = fit->rgb + 3 * trial->place;
    if (!conversion_clipped(rgb)) {
        return;
    }
    int last_1 = -1, last_2 = -1;
    for (int reach = -LUMA_REACH; reach <= LUMA_REACH; reach++) {
        int plane_0 = trial->near[0] + reach;
        uint8_t found[2] = {trial->near[1], trial->near[2]};
        if (plane_0 < 0 || plane_0 > 255 || !conversion_chroma(fit->conversion, rgb, (uint8_t)plane_0, found) ||
            (found[0] == last_1 && found[1] == last_2)) {
            continue;
        }
        last_1 = found[0];
        last_2 = found[1];
        try_candidate(trial, last_1, last_2);
    }
}

/* The mean of the samples around (x, y). */
static void mean_around(const struct fit *fit, uint32_t x, uint32_t y, uint8_t mean[3]) {
    size_t stride = fit->width, place = y * stride + x, around[4];
    int count = 0;
    if (x >= 2) {
        around[count++] = place - 2;
    }
    if (y >= 2) {
        around[count++] = place - 2 * stride;
    }
    if (x + 2 < fit->width) {
        around[count++] = place + 2;
    }
    if (y + 2 < fit->height) {
        around[count++] = place + 2 * stride;
    }
    for (int k = 0; k < 3; k++) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            sum += fit->planes[k][around[i]];
        }
        mean[k] = (uint8_t)(count ? (sum + count / 2) / count : fit->planes[k][place]);
    }
}

/* Choose the sample at (x, y) again. Returns whether it has changed. */
static bool refit_sample(const struct fit *fit, uint32_t x, uint32_t y) {
    size_t place = (size_t)y * fit->width + x;
    struct trial trial = {.fit = fit, .window = window_of(fit, x, y), .place = place};
    uint8_t old_1 = fit->planes[1][place], old_2 = fit->planes[2][place];
    trial.best[0] = old_1;
    trial.best[1] = old_2;
    trial.misses = count_misses(fit, &trial.window, 9);
    if (trial.misses == 0) {
        return false;
    }
    mean_around(fit, x, y, trial.near);
    trial.cost = fit->wandering ? INT_MAX : cost_of(&trial, old_1, old_2);
    try_candidate(&trial, trial.near[1], trial.near[2]);
    try_neighbours(&trial);
    try_own_pixel(&trial);
    for (int i = 0; i < 9 && fit->wandering; i++) {
        if (i != 4) {
            try_candidate(&trial, old_1 + i / 3 - 1, old_2 + i % 3 - 1);
        }
    }
    fit->planes[1][place] = trial.best[0];
    fit->planes[2][place] = trial.best[1];
    return trial.best[0] != old_1 || trial.best[1] != old_2;
}

/* A pass over the known samples, in raster order or in reverse. */
struct sweep {
    const struct fit *fit;
    uint32_t columns, rows;
    bool backwards;
};

/* Refit the uncertain samples of a part of a row. Returns how many have changed. */
static size_t refit_samples(void *context, uint32_t row, uint32_t first, uint32_t end) {
    const struct sweep *sweep = context;
    const struct fit *fit = sweep->fit;
    const uint32_t y = 2 * (sweep->backwards ? sweep->rows - 1 - row : row);
    size_t changed = 0;
    for (uint32_t column = first; column < end; column++) {
        const uint32_t x = 2 * (sweep->backwards ? sweep->columns - 1 - column : column);
        changed += !fit->exact[(size_t)y * fit->width + x] && refit_sample(fit, x, y);
    }
    return changed;
}

/* A sample depends on the eight around it. */
static bool run_sweep(const struct fit *fit, bool backwards, struct worker_pool *pool) {
    struct sweep sweep = {fit, (fit->width + 1) / 2, (fit->height + 1) / 2, backwards};
    const struct wavefront pass = {sweep.columns, sweep.rows, refit_samples, &sweep};
    return wavefront_run(&pass, pool) > 0;
}

/* Luma for the final chroma: exact where possible, and then as close as possible to the pixels to the left and
 * above. */
static size_t fit_luma(void *context, uint32_t y, uint32_t first, uint32_t end) {
    const struct fit *fit = context;
    const size_t stride = fit->width;
    for (uint32_t x = first; x < end; x++) {
        size_t i = y * stride + x;
        uint8_t *luma = fit->planes[0] + i;
        uint8_t plane_1 = fit->planes[1][i], plane_2 = fit->planes[2][i];
        int low, high;
        if (!conversion_luma_range(fit->conversion, fit->rgb + 3 * i, plane_1, plane_2, &low, &high)) {
            *luma = conversion_luma_guess(fit->conversion, fit->rgb + 3 * i, plane_1, plane_2);
            continue;
        }
        int near = x && y ? (luma[-1] + *(luma - stride) + 1) / 2 : x ? luma[-1] : y ? *(luma - stride) : *luma;
        *luma = (uint8_t)(near < low ? low : near > high ? high : near);
    }
    return 0;
}

void half_chroma_fit(const struct conversion *conversion, const uint8_t *rgb, uint32_t width, uint32_t height,
                     uint8_t *const planes[3], const uint8_t *exact, struct worker_pool *pool) {
    struct fit fit = {conversion, rgb, exact, planes, width, height, 0};
    for (int i = 0; i < SWEEPS && run_sweep(&fit, i % 2, pool); i++) {
    }
    for (uint32_t i = 1; i <= WANDERING_SWEEPS; i++) {
        fit.wandering = i;
        run_sweep(&fit, i % 2, pool);
    }
    origin_interpolate_half(planes[1], width, height);
    origin_interpolate_half(planes[2], width, height);
    const struct wavefront luma = {width, height, fit_luma, &fit};
    wavefront_run(&luma, pool);
}
