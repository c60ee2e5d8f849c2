/* SPDX-License-Identifier: MIT */
/*
 * Maps of bits: what is added is in the right tiles, and nothing of it is lost.
 */
#include "check.h"
#include "image/cost_map.h"

#include <math.h>
#include <stdlib.h>

static double at(const struct cost_map *map, uint32_t column, uint32_t row) {
    enum cost_kind kind;
    return cost_of_tile(map, column, row, &kind);
}

static double sum_of(const struct cost_map *map) {
    double sum = 0.0;
    for (uint32_t row = 0; row < map->rows; row++) {
        for (uint32_t column = 0; column < map->columns; column++) {
            sum += at(map, column, row);
        }
    }
    return sum;
}

static bool is_near(double one, double other) {
    return fabs(one - other) < 1e-5;
}

static void test_places(void) {
    struct cost_map map;
    CHECK(cost_map_open(&map, 100, 70) && map.columns == 4 && map.rows == 3, "tiles");
    struct cost_place place = {.map = &map, .left = 40, .top = 32, .width = 60, .height = 38};
    cost_add(&place, 0, 0, 1, 1, COST_DEEP, 5.0);
    CHECK(is_near(at(&map, 1, 1), 5.0), "one pixel");
    cost_add(&place, 20, 0, 8, 4, COST_DEEP, 8.0); /* columns 60 ... 67 */
    CHECK(is_near(at(&map, 1, 1), 9.0) && is_near(at(&map, 2, 1), 4.0), "two tiles");
    place.flip_x = place.flip_y = true; /* the last pixel of the part is the first of the picture's */
    cost_add(&place, 59, 37, 1, 1, COST_DEEP, 1.0);
    CHECK(is_near(at(&map, 1, 1), 10.0), "mirrored");
    cost_add(&place, 0, 0, 1, 1, COST_DEEP, 2.0); /* 99, 69 */
    CHECK(is_near(at(&map, 3, 2), 2.0), "mirrored");
    place = (struct cost_place){.map = &map, .left = -12, .top = -3};
    cost_add(&place, 0, 0, 8, 8, COST_COEFFICIENTS, 3.0); /* left of the picture */
    CHECK(is_near(at(&map, 0, 0), 3.0), "outside");
    cost_add(&place, 112, 80, 16, 16, COST_COEFFICIENTS, 4.0);
    CHECK(is_near(at(&map, 3, 2), 6.0), "outside");
    CHECK(is_near(sum_of(&map), 5.0 + 8.0 + 1.0 + 2.0 + 3.0 + 4.0), "%f bits", sum_of(&map));
    cost_map_close(&map);
}

static void test_kinds(void) {
    struct cost_map map;
    enum cost_kind kind;
    CHECK(cost_map_open(&map, 32, 32), "memory");
    const struct cost_place place = {.map = &map};
    cost_of_tile(&map, 0, 0, &kind);
    CHECK(kind == COST_KINDS, "nothing");
    cost_add(&place, 0, 0, 1, 1, COST_DRAWN, 0.0);
    cost_of_tile(&map, 0, 0, &kind);
    CHECK(kind == COST_DRAWN, "for nothing");
    cost_add(&place, 0, 0, 1, 1, COST_DEEP, 0.5);
    cost_add(&place, 9, 9, 1, 1, COST_BYTES, 0.3);
    cost_add(&place, 9, 9, 1, 1, COST_BYTES, 0.3);
    CHECK(is_near(cost_of_tile(&map, 0, 0, &kind), 1.1) && kind == COST_BYTES, "the most");
    cost_map_close(&map);
}

/* Rectangles anywhere: the sum is what was added, to the last unit. */
static void test_sums(void) {
    struct cost_map map;
    int64_t units = 0;
    CHECK(cost_map_open(&map, 1000, 777), "memory");
    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        const struct cost_place place = {.map = &map,
                                         .left = rand() % 900 - 50,
                                         .top = rand() % 700 - 50,
                                         .flip_x = rand() % 2,
                                         .width = 100,
                                         .height = 100};
        const int64_t here = rand() % 1000000 + 1;
        cost_add(&place, rand() % 100, rand() % 100, (uint64_t)rand() % 300 + 1, (uint64_t)rand() % 300 + 1,
                 (enum cost_kind)(rand() % COST_KINDS), (double)here / COST_UNIT);
        units += here;
    }
    CHECK(llround(sum_of(&map) * COST_UNIT) == units, "%f of %f bits", sum_of(&map), (double)units / COST_UNIT);
    cost_map_close(&map);
}

int main(void) {
    test_places();
    test_kinds();
    test_sums();
    return check_summary();
}
