/* SPDX-License-Identifier: MIT */
/*
 * Blocks cut by the edge of the picture (cut_block.h).
 *
 * Each of the eight problems is a search for the nearest point of a lattice: least squares of what is known
 * relative to its noise, and of the distances from what is expected relative to their spread, as a triangular
 * system; then the integers one by one, nearest first, as long as they can still win.
 *
 * Source: Schnorr and Euchner, "Lattice basis reduction: improved practical algorithms and solving subset sum
 * problems", 1994.
 */
#include "unjpeg/cut_block.h"

#include "base/exact_float.h" /* + - * /, square roots, and floor, which is exact; sums in the order of the loops */
#include "unjpeg/transform.h"

#include <math.h>
#include <string.h>

#define SIDE 8
#define LINE_SCALE 2.8284271f /* ratio of a basis sample to one of the constant line: the square root of 8 */
#define NOISE 0.30f           /* of the coefficient of a line, from rounding to samples */
#define MOST_STEPS 3000       /* of a search */

/* The upper triangle, and the least-squares solution without the restriction to integers. */
struct triangle {
    float entry[SIDE][SIDE], middle[SIDE];
};

bool cut_block_is_one(const bool known[JPEG_BLOCK], bool *by_columns) {
    unsigned rows = 0, columns = 0, all = 0;
    for (unsigned i = 0; i < SIDE; i++) {
        unsigned across = 0, down = 0;
        for (unsigned j = 0; j < SIDE; j++) {
            across += known[SIDE * i + j];
            down += known[SIDE * j + i];
        }
        rows += across == SIDE;
        columns += down == SIDE;
        all += across;
    }
    *by_columns = rows == 0;
    return (rows > 0 && rows < SIDE && all == SIDE * rows) || (columns > 0 && columns < SIDE && all == SIDE * columns);
}

/* Cholesky decomposition of the normal equations, and their solution. */
static void solve_squares(float matrix[SIDE][SIDE], const float right[SIDE], struct triangle *triangle) {
    float half[SIDE];
    for (int i = 0; i < SIDE; i++) {
        for (int j = i; j < SIDE; j++) {
            float sum = matrix[i][j];
            for (int k = 0; k < i; k++) {
                sum -= triangle->entry[k][i] * triangle->entry[k][j];
            }
            triangle->entry[i][j] = i == j ? sqrtf(sum > 1e-6f ? sum : 1e-6f) : sum / triangle->entry[i][i];
        }
    }
    for (int i = 0; i < SIDE; i++) {
        float sum = right[i];
        for (int k = 0; k < i; k++) {
            sum -= triangle->entry[k][i] * half[k];
        }
        half[i] = sum / triangle->entry[i][i];
    }
    for (int i = SIDE - 1; i >= 0; i--) {
        float sum = half[i];
        for (int k = i + 1; k < SIDE; k++) {
            sum -= triangle->entry[i][k] * triangle->middle[k];
        }
        triangle->middle[i] = sum / triangle->entry[i][i];
    }
}

static float nearest_integer(float value) {
    return floorf(value + 0.5f);
}

/* The state of the search: the integers from place on are chosen. */
struct descent {
    float chosen[SIDE], centre[SIDE], cost[SIDE + 1];
    int tries[SIDE]; /* for each, how many integers around its centre have been tried */
};

static void begin_place(const struct triangle *triangle, struct descent *descent, int place) {
    float sum = 0.0f;
    for (int k = place + 1; k < SIDE; k++) {
        sum += triangle->entry[place][k] * (descent->chosen[k] - triangle->middle[k]);
    }
    descent->centre[place] = triangle->middle[place] - sum / triangle->entry[place][place];
    descent->tries[place] = 0;
}

/* The next integer around the centre: the nearest first, then alternating between both sides. */
static float next_integer(struct descent *descent, int place) {
    const float centre = descent->centre[place], nearest = nearest_integer(centre);
    const int turn = descent->tries[place]++, away = (turn + 1) / 2;
    const bool up_first = centre >= nearest;
    return nearest + (float)((turn % 2 == 1) == up_first ? away : -away);
}

/* The integers nearest to the middle in the metric of the triangle. */
static void find_integers(const struct triangle *triangle, float best[SIDE]) {
    struct descent descent;
    float least = INFINITY;
    int place = SIDE - 1;
    descent.cost[SIDE] = 0.0f;
    begin_place(triangle, &descent, place);
    for (int step = 0; step < MOST_STEPS && place < SIDE; step++) {
        const float integer = next_integer(&descent, place);
        const float off = triangle->entry[place][place] * (integer - descent.centre[place]);
        const float cost = descent.cost[place + 1] + off * off;
        if (cost >= least) {
            place++; /* those further from the centre cost more */
            continue;
        }
        descent.chosen[place] = integer;
        descent.cost[place] = cost;
        if (place > 0) {
            begin_place(triangle, &descent, --place);
        } else {
            least = cost;
            memcpy(best, descent.chosen, sizeof descent.chosen);
        }
    }
}

/* How far a coefficient may be from its expected value, in steps. With a larger spread more blocks come out exact,
 * but with coefficients that cost more than exceptions. */
static float spread(enum cut_block_trust trust, int frequency, float size) {
    static const float least[CUT_BLOCK_TRUSTS] = {0.5f, 0.5f, 0.7f}, content[CUT_BLOCK_TRUSTS] = {0.0f, 8.0f, 40.0f};
    return least[trust] + content[trust] / (size * (float)((1 + frequency) * (1 + frequency)));
}

void cut_block_guess(const struct block_steps *steps, const float value[JPEG_BLOCK], const bool known[JPEG_BLOCK],
                     bool by_columns, enum cut_block_trust trust, float coefficients[JPEG_BLOCK]) {
    const unsigned along = by_columns ? SIDE : 1, across = by_columns ? 1 : SIDE; /* strides */
    float expected[JPEG_BLOCK];
    transform_forward(value, expected);
    for (unsigned u = 0; u < SIDE; u++) {
        float matrix[SIDE][SIDE] = {{0}}, right[SIDE] = {0}, integers[SIDE] = {0};
        struct triangle triangle;
        for (unsigned line = 0; line < SIDE; line++) {
            if (!known[across * line]) {
                continue;
            }
            float sum = 0.0f; /* the frequency u of this line */
            for (unsigned i = 0; i < SIDE; i++) {
                sum += value[across * line + along * i] * (steps->basis[u][i] * LINE_SCALE);
            }
            float part[SIDE]; /* for a step of each of its coefficients */
            for (unsigned v = 0; v < SIDE; v++) {
                part[v] = steps->size[across * v + along * u] * (steps->basis[v][line] * LINE_SCALE) * (1.0f / NOISE);
            }
            for (unsigned v = 0; v < SIDE; v++) {
                right[v] += part[v] * (sum * (1.0f / NOISE));
                for (unsigned w = 0; w < SIDE; w++) {
                    matrix[v][w] += part[v] * part[w];
                }
            }
        }
        for (unsigned v = 0; v < SIDE; v++) {
            const unsigned at = across * v + along * u;
            const float width = spread(trust, (int)v, steps->size[at]), weight = 1.0f / (width * width);
            matrix[v][v] += weight;
            right[v] += weight * (expected[at] * steps->inverse[at]);
        }
        solve_squares(matrix, right, &triangle);
        find_integers(&triangle, integers);
        for (unsigned v = 0; v < SIDE; v++) {
            coefficients[across * v + along * u] = integers[v] * steps->size[across * v + along * u];
        }
    }
}
