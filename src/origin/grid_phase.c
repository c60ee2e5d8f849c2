/* SPDX-License-Identifier: MIT */
/*
 * The phase of the 8x8 grid that JPEG compression left in a picture.
 *
 * At the true phase, the cosine coefficients of a block are those of the JPEG file, apart from the rounding of the
 * pixels: multiples of the quantisers, most of them zero. One pixel off, they are arbitrary. So we take some
 * regions of 15 x 15 pixels, in each of which a block can start at 8 x 8 positions, and count for each position
 * the coefficients that are zero within the rounding error. The same regions serve all 64 phases, so the content
 * of the picture cancels when two phases are compared.
 *
 * Discontinuities at block boundaries would not do: above quality 90 there are none to be seen, while the zeros
 * work up to quality 98.
 *
 * A phase is accepted if it beats every other one by several standard errors; a wrong one does more harm than
 * none.
 */
#include "origin/origin.h"
#include "threads/loop.h"

#include <string.h>

#define REGION 15
#define MOST_REGIONS 1024
#define FEWEST_REGIONS 16
#define MOST_VISITS 8192
#define REGIONS_AT_ONCE 32 /* taken by a thread */
#define LEAST_RANGE 8      /* flatter regions have zeros at every phase */
/* The required lead over the next best phase, in zeros per block and in standard errors; both are doubled. */
#define TWICE_ENOUGH_ZEROS 1
#define TWICE_ENOUGH_ERRORS 7

/* The cosines: one dimension has BASIS_SHIFT fraction bits, of which MIDDLE_SHIFT are dropped before the second,
 * so that sums stay below 2^30. */
#define BASIS_SHIFT 12
#define MIDDLE_SHIFT 6
#define FINAL_SHIFT (2 * BASIS_SHIFT - MIDDLE_SHIFT)
/* 0.6: twice the standard deviation of the rounding error (1/12, orthonormal transform). */
#define ZERO_LIMIT ((1 << FINAL_SHIFT) * 3 / 5)

/* Rows: frequency; columns: the first four pixels. The other four are the mirror image, negated for odd frequencies. */
static const int16_t basis[8][4] = {{1448, 1448, 1448, 1448},   {2009, 1703, 1138, 400},    {1892, 784, -784, -1892},
                                    {1703, -400, -2009, -1138}, {1448, -1448, -1448, 1448}, {1138, -2009, 400, 1703},
                                    {784, -1892, 1892, -784},   {400, -1138, 1703, -2009}};

/* Eight transforms in parallel, one per lane: input k of lane i is in[k * in_step + i], output u of lane i is
 * out[u * out_step + i]. */
static void transform(const int32_t *in, size_t in_step, int32_t *restrict out, size_t out_step) {
    int32_t even[4][8], odd[4][8];
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < 8; i++) {
            int32_t a = in[k * in_step + i], b = in[(7 - k) * in_step + i];
            even[k][i] = a + b;
            odd[k][i] = a - b;
        }
    }
    for (size_t u = 0; u < 8; u++) {
        const int32_t(*half)[8] = u & 1 ? odd : even;
        for (size_t i = 0; i < 8; i++) {
            out[u * out_step + i] = half[0][i] * basis[u][0] + half[1][i] * basis[u][1] + half[2][i] * basis[u][2] +
                                    half[3][i] * basis[u][3];
        }
    }
}

/* zeros[8 * row + column]: how many of the 63 coefficients of the block that starts there are zero. region is the
 * upper left pixel of 15 x 15, with rows stride bytes apart. */
static void count_zeros(const uint8_t *region, size_t stride, uint8_t zeros[64]) {
    /* For each row, the transforms that start at columns 0 ... 7: [row][frequency][column] */
    int32_t rows[REGION][8][8];
    for (size_t y = 0; y < REGION; y++) {
        int32_t pixels[REGION];
        for (size_t x = 0; x < REGION; x++) {
            pixels[x] = region[y * stride + x];
        }
        transform(pixels, 1, rows[y][0], 8);
        for (size_t i = 0; i < 64; i++) {
            rows[y][i / 8][i % 8] = (rows[y][i / 8][i % 8] + (1 << (MIDDLE_SHIFT - 1))) >> MIDDLE_SHIFT;
        }
    }
    for (size_t y = 0; y < 8; y++) {
        int32_t found[8] = {0};
        for (size_t u = 0; u < 8; u++) {
            int32_t coefficients[8][8];
            transform(rows[y][u], 64, coefficients[0], 8);
            for (size_t v = u == 0; v < 8; v++) { /* without the mean */
                for (size_t i = 0; i < 8; i++) {
                    int32_t value = coefficients[v][i];
                    found[i] += (value < 0 ? -value : value) < ZERO_LIMIT;
                }
            }
        }
        for (size_t i = 0; i < 8; i++) {
            zeros[8 * y + i] = (uint8_t)found[i];
        }
    }
}

static bool is_flat(const uint8_t *region, size_t stride) {
    uint8_t least[REGION], most[REGION];
    memcpy(least, region, REGION);
    memcpy(most, region, REGION);
    for (size_t y = 1; y < REGION; y++) {
        for (size_t x = 0; x < REGION; x++) {
            const uint8_t value = region[y * stride + x];
            least[x] = value < least[x] ? value : least[x];
            most[x] = value > most[x] ? value : most[x];
        }
    }
    for (size_t x = 1; x < REGION; x++) {
        least[0] = least[x] < least[0] ? least[x] : least[0];
        most[0] = most[x] > most[0] ? most[x] : most[0];
    }
    return most[0] - least[0] < LEAST_RANGE;
}

/* Does phase `best` have more zeros than every other, beyond doubt?
 *
 * For n differences with sum s and sum of squares q, the mean is s / n, and the square of its standard error is (q
 * - s s / n) / (n - 1) / n. This is computed in integers, since a stream depends on the answer. */
static bool is_best(uint8_t (*zeros)[64], int64_t regions, int best) {
    int64_t sum[64] = {0}, squares[64] = {0}; /* of the differences: below 64 * 64 * MOST_REGIONS */
    for (int64_t i = 0; i < regions; i++) {
        for (int phase = 0; phase < 64; phase++) {
            const int64_t difference = zeros[i][best] - zeros[i][phase];
            sum[phase] += difference;
            squares[phase] += difference * difference;
        }
    }
    for (int phase = 0; phase < 64; phase++) {
        const int64_t s = sum[phase], spread = regions * squares[phase] - s * s; /* both below 2^32 */
        const bool leads = 2 * s >= TWICE_ENOUGH_ZEROS * regions;
        if (phase != best &&
            (!leads || 4 * s * s * (regions - 1) < TWICE_ENOUGH_ERRORS * TWICE_ENOUGH_ERRORS * spread)) {
            return false;
        }
    }
    return true;
}

/* The regions to look at, and the results. */
struct regions {
    const uint8_t *plane;
    size_t stride;
    int count;
    size_t place[MOST_REGIONS];      /* of the upper left pixels */
    uint8_t zeros[MOST_REGIONS][64]; /* each is written by the thread that has the region */
};

static void count_regions(void *context, size_t round, unsigned worker) {
    struct regions *regions = context;
    const int first = (int)round * REGIONS_AT_ONCE;
    (void)worker;
    for (int i = first; i < first + REGIONS_AT_ONCE && i < regions->count; i++) {
        count_zeros(regions->plane + regions->place[i], regions->stride, regions->zeros[i]);
    }
}

int origin_grid_phase(const uint8_t *plane, uint32_t width, uint32_t height, struct worker_pool *pool) {
    if (width < REGION || height < REGION) {
        return -1;
    }
    uint64_t columns = (width - REGION) / 8 + 1, rows = (height - REGION) / 8 + 1, places = columns * rows;
    struct regions regions = {.plane = plane, .stride = width};
    /* A prime step visits every position once if it does not divide their number, and spreads the first few over
     * the whole picture. */
    uint64_t step = places % 1000003 ? 1000003 : 1, place = 0;
    for (uint64_t visit = 0; visit < places && visit < MOST_VISITS && regions.count < MOST_REGIONS; visit++) {
        const size_t at = (size_t)(place / columns) * 8 * width + (size_t)(place % columns) * 8;
        if (!is_flat(plane + at, width)) {
            regions.place[regions.count++] = at;
        }
        place = (place + step) % places;
    }
    if (regions.count < FEWEST_REGIONS) {
        return -1;
    }
    loop_run(pool, ((size_t)regions.count + REGIONS_AT_ONCE - 1) / REGIONS_AT_ONCE, count_regions, &regions);
    uint32_t sums[64] = {0};
    for (int i = 0; i < regions.count; i++) {
        for (int phase = 0; phase < 64; phase++) {
            sums[phase] += regions.zeros[i][phase];
        }
    }
    int best = 0;
    for (int phase = 1; phase < 64; phase++) {
        best = sums[phase] > sums[best] ? phase : best;
    }
    return is_best(regions.zeros, regions.count, best) ? best : -1;
}
