/* SPDX-License-Identifier: MIT */
/*
 * What edges say about coefficients (coefficients/edges.h): of a smooth picture, what the coefficients are; and nothing
 * overflows, whatever they are.
 */
#include "coefficients/edges.h"

#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 4 /* blocks */ };

static void set_shape(struct jpeg_component *component, unsigned step) {
    *component = (struct jpeg_component){.horizontal = 1, .vertical = 1, .columns = SIDE, .rows = SIDE};
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        component->step[f] = (uint16_t)step;
    }
    component->block = calloc((size_t)SIDE * SIDE, sizeof *component->block);
    CHECK(component->block != NULL, "memory");
}

static double pixel(unsigned x, unsigned y) {
    return 60 * sin(x * 0.21 + y * 0.05) + 40 * cos(y * 0.17 - x * 0.03);
}

/* The transform that the standard has. */
static void transform(unsigned row, unsigned column, int16_t *block) {
    for (unsigned v = 0; v < 8; v++) {
        for (unsigned u = 0; u < 8; u++) {
            double sum = 0;
            for (unsigned i = 0; i < 64; i++) {
                const unsigned x = i % 8, y = i / 8;
                sum += pixel(8 * column + x, 8 * row + y) * cos((2 * x + 1) * u * M_PI / 16) *
                       cos((2 * y + 1) * v * M_PI / 16);
            }
            block[8 * v + u] = (int16_t)lround(sum / 4 * (u > 0 ? 1 : M_SQRT1_2) * (v > 0 ? 1 : M_SQRT1_2));
        }
    }
}

/* All but one coefficient of a block are known: what does each edge say? */
static void check_smooth(void) {
    struct jpeg_component component;
    struct edges edges;
    set_shape(&component, 1);
    CHECK(edges_open(&edges, (size_t)SIDE * SIDE), "memory");
    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        transform(i / SIDE, i % SIDE, component.block[i]);
    }
    unsigned checked = 0;
    for (unsigned f = 1; f < JPEG_BLOCK; f++) {
        edges_begin(&edges, &component);
        for (unsigned i = 0; i < SIDE * SIDE; i++) {
            for (unsigned g = 1; g < JPEG_BLOCK; g++) {
                if (g != f || i != SIDE + 1) {
                    edges_add(&edges, i, g, component.block[i][g]);
                }
            }
        }
        struct edge_view view;
        edges_look(&edges, 0, 1, 1, f, 0, 0, 0, &view);
        for (unsigned e = 0; e < EDGES; e++) {
            const double error = view.of[e] / (double)EDGE_UNIT - component.block[SIDE + 1][f];
            CHECK(fabs(error) < 8, "coefficient %u is %d, edge %u says %.1f", f, component.block[SIDE + 1][f], e,
                  view.of[e] / (double)EDGE_UNIT);
            checked += abs(component.block[SIDE + 1][f]) > 16;
        }
        edges_look(&edges, 0, 0, 0, f, 0, 0, 0, &view);
        CHECK(view.of[0] == 0 && view.of[1] == 0, "no neighbours at the left and above");
        edges_look(&edges, 0, SIDE - 1, SIDE - 1, f, 0, 0, 0, &view);
        CHECK(view.of[2] == 0 && view.of[3] == 0, "none at the right and below");
    }
    CHECK(checked >= 2 * EDGES, "only %u large ones", checked);
    edges_close(&edges);
    free(component.block);
}

/* The largest coefficients and steps, of either sign. What is learned stays in its bounds. */
static void check_extremes(void) {
    static const unsigned steps[] = {1, 255, 65535};
    for (unsigned s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        struct jpeg_component component;
        struct edges edges;
        set_shape(&component, steps[s]);
        CHECK(edges_open(&edges, (size_t)SIDE * SIDE), "memory");
        for (unsigned i = 0; i < SIDE * SIDE; i++) {
            component.block[i][0] = i % 2 == 0 ? JPEG_LARGEST : -JPEG_LARGEST;
        }
        edges_begin(&edges, &component);
        for (unsigned i = 0; i < 63 * SIDE * SIDE; i++) {
            const unsigned block = i % (SIDE * SIDE), f = 1 + i / (SIDE * SIDE);
            const int value = (i / 2 + f) % 2 == 0 ? JPEG_LARGEST : -JPEG_LARGEST;
            struct edge_view view;
            edges_look(&edges, i % EDGE_ROLES, block / SIDE, block % SIDE, f, i % 3 == 0 ? 131072 : -131072, value,
                       -value, &view);
            CHECK(edge_class(view.expected) < 32 && edge_class(view.of[i % EDGES]) < 32, "a class");
            edges_learn(&edges, i % EDGE_ROLES, f, &view, value);
            edges_add(&edges, block, f, value);
            for (unsigned r = 0; r < EDGE_REGRESSORS; r++) {
                CHECK(abs(edges.weight[i % EDGE_ROLES][f][r]) <= 1 << 18, "a weight");
            }
        }
        edges_close(&edges);
        free(component.block);
    }
}

/* It learns what always holds: here, that the edges at the left are wrong, and the networks right. */
static void check_learning(void) {
    struct jpeg_component component;
    struct edges edges;
    set_shape(&component, 1);
    CHECK(edges_open(&edges, (size_t)SIDE * SIDE), "memory");
    edges_begin(&edges, &component);
    for (unsigned i = 0; i < 20000; i++) {
        const int value = (int)(i * 2654435761u >> 27) - 16;
        struct edge_view view = {.regressor = {8 * value, -16 * value}};
        int64_t expected = 0;
        for (unsigned r = 0; r < EDGE_REGRESSORS; r++) {
            expected += (int64_t)edges.weight[0][9][r] * view.regressor[r];
        }
        view.expected = (int32_t)(expected >> 16);
        if (i > 19000) {
            CHECK(abs(view.expected - 16 * value) < 8, "%d expected, %d seen", view.expected, 16 * value);
        }
        edges_learn(&edges, 0, 9, &view, value);
    }
    edges_close(&edges);
    free(component.block);
}

static void check_classes(void) {
    static const int from[] = {1, 4, 7, 12, 18, 32, 64, 128};
    for (int value = -300; value <= 300; value++) {
        unsigned class = value < 0 ? 16 : 0;
        for (unsigned i = 0; i < 8; i++) {
            class += abs(value) >= from[i];
        }
        CHECK(edge_class(value) == class, "%d", value);
    }
}

int main(void) {
    check_smooth();
    check_extremes();
    check_learning();
    check_classes();
    return check_summary();
}
