/* SPDX-License-Identifier: MIT */
/*
 * Sums along the edges of blocks, and what follows from them (edges.h).
 */
#include "coefficients/edges.h"

#include "base/allocate.h"
#include "coefficients/amplitude.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEFT,
    TOP,
    RIGHT,
    BOTTOM,
    REGRESSOR_MOST = 40 * EDGE_UNIT,
    LEARNING_BITS = 20,
    LEARNING = 131, /* 1/500 of 65536 */
    WEIGHT_MOST = 1 << 18,
    POWER_BITS = 7
};

/* 4096 times the weight of a frequency at the first edge; at the opposite one, odd ones have the other sign. */
static const int32_t weight_at[8] = {1448, 2162, 2446, 2754, 2896, 2711, 2122, 1168};

bool edges_open(struct edges *edges, size_t blocks) {
    *edges = (struct edges){.sum = bswz_allocate(blocks, sizeof *edges->sum)};
    for (unsigned role = 0; role < EDGE_ROLES; role++) {
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            edges->weight[role][f][0] = 1 << 16;
        }
    }
    return edges->sum != NULL;
}

void edges_close(struct edges *edges) {
    free(edges->sum);
}

void edges_begin(struct edges *edges, const struct jpeg_component *component) {
    const size_t blocks = (size_t)component->rows * component->columns;
    edges->component = component;
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        edges->step[f] = component->step[f];
        for (unsigned i = 0; i < 2; i++) {
            const uint64_t all = (uint64_t)component->step[f] * (uint32_t)weight_at[i == 0 ? f % 8 : f / 8];
            edges->reciprocal[i][f] = (uint32_t)(((uint64_t)EDGE_UNIT << 32) / all);
        }
    }
    memset(edges->sum, 0, blocks * sizeof *edges->sum);
    for (size_t i = 0; i < blocks; i++) {
        edges_add(edges, i, 0, component->block[i][0]);
    }
}

void edges_add(struct edges *edges, size_t number, unsigned frequency, int value) {
    int32_t(*sum)[8] = edges->sum[number];
    const unsigned u = frequency % 8, v = frequency / 8;
    const int32_t amplitude = amplitude_clamp(value * edges->step[frequency]);
    const int32_t across = amplitude * weight_at[u], down = amplitude * weight_at[v];
    sum[LEFT][v] += across;
    sum[RIGHT][v] += (u & 1) != 0 ? -across : across;
    sum[TOP][u] += down;
    sum[BOTTOM][u] += (v & 1) != 0 ? -down : down;
}

/* What is missing at an edge, as a coefficient. */
static int32_t missing(int32_t neighbour, int32_t own, uint32_t reciprocal, bool is_odd) {
    const int32_t value = (int32_t)(((int64_t)neighbour - own) * reciprocal >> 32);
    return is_odd ? -value : value;
}

static int32_t bounded(int32_t value, int32_t most) {
    return value < -most ? -most : value > most ? most : value;
}

void edges_look(const struct edges *edges, unsigned role, uint32_t row, uint32_t column, unsigned frequency,
                int32_t mean, int first, int second, struct edge_view *view) {
    const uint32_t columns = edges->component->columns, rows = edges->component->rows;
    const unsigned u = frequency % 8, v = frequency / 8;
    const uint32_t across = edges->reciprocal[0][frequency], down = edges->reciprocal[1][frequency];
    const int32_t(*own)[EDGES][8] = (const int32_t(*)[EDGES][8])edges->sum + (size_t)row * columns + column;
    view->of[LEFT] = column > 0 ? missing(own[-1][RIGHT][v], (*own)[LEFT][v], across, false) : 0;
    view->of[TOP] = row > 0 ? missing((*(own - columns))[BOTTOM][u], (*own)[TOP][u], down, false) : 0;
    view->of[RIGHT] = column + 1 < columns ? missing(own[1][LEFT][v], (*own)[RIGHT][v], across, (u & 1) != 0) : 0;
    view->of[BOTTOM] = row + 1 < rows ? missing((*(own + columns))[TOP][u], (*own)[BOTTOM][u], down, (v & 1) != 0) : 0;
    int64_t expected = 0;
    for (unsigned i = 0; i < EDGES; i++) {
        view->of[i] = bounded(view->of[i], 1 << 20);
        view->regressor[1 + i] = bounded(view->of[i], REGRESSOR_MOST);
    }
    view->regressor[0] = bounded(mean / 4, REGRESSOR_MOST);
    view->regressor[5] = bounded(first * EDGE_UNIT, REGRESSOR_MOST);
    view->regressor[6] = bounded(second * EDGE_UNIT, REGRESSOR_MOST);
    for (unsigned i = 0; i < EDGE_REGRESSORS; i++) {
        expected += (int64_t)edges->weight[role][frequency][i] * view->regressor[i];
    }
    view->expected = (int32_t)(expected >> 16);
}

void edges_learn(struct edges *edges, unsigned role, unsigned frequency, const struct edge_view *view, int value) {
    int32_t *weight = edges->weight[role][frequency];
    uint32_t *power = &edges->power[role][frequency], sum = 1;
    const int32_t error = bounded(value * EDGE_UNIT, REGRESSOR_MOST) - bounded(view->expected, 4 * REGRESSOR_MOST);
    for (unsigned i = 0; i < EDGE_REGRESSORS; i++) {
        sum += (uint32_t)(view->regressor[i] * view->regressor[i]);
    }
    *power = *power - (*power >> POWER_BITS) + sum; /* 2^POWER_BITS times the average */
    const int64_t rate = ((uint32_t)LEARNING << LEARNING_BITS) / ((*power >> POWER_BITS) + sum / 8 + 1);
    for (unsigned i = 0; i < EDGE_REGRESSORS; i++) {
        const int32_t step = (int32_t)((int64_t)error * view->regressor[i] * rate >> LEARNING_BITS);
        weight[i] = bounded(weight[i] + step, WEIGHT_MOST);
    }
}
