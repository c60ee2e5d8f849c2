/* SPDX-License-Identifier: MIT */
/*
 * What is compiled for wider vectors compared with the plain code: the inputs of networks, and the biases of a grid.
 */
#include "base/allocate.h"
#include "check.h"
#include "model/lattice.h"
#include "model/net.h"

#include <stdlib.h>
#include <string.h>

static uint8_t base[2][LATTICE_MAX_SETS][NET_TILE * NET_TILE][3];

/* A tile of a picture of noise. */
static void compare_inputs(unsigned planes, uint32_t width, uint32_t height, unsigned level,
                           const struct lattice_tile *tile, unsigned halo, struct net_scratch scratch[2],
                           uint64_t *seed) {
    const size_t size = (size_t)width * height;
    uint8_t *pixels = bswz_allocate(3 * size, 1);
    for (size_t i = 0; i < 3 * size; i++) {
        pixels[i] = (uint8_t)(noise(seed) >> 40);
    }
    uint8_t *const plane[3] = {pixels, pixels + size, pixels + 2 * size};
    const struct lattice lattice = lattice_at_level(plane, planes, width, height, level);
    const struct net net = {.halo = halo, .planes = tile->pass == PASS_ONE ? 10 : 16};
    const size_t positions = (size_t)(tile->rows + 2 * halo) * (tile->columns + 2 * halo);
    memset(base, 0, sizeof base);
    lattice_input(&lattice, &net, tile, &scratch[0], base[0]);
    lattice_input_plain(&lattice, &net, tile, &scratch[1], base[1]);
    CHECK(memcmp(scratch[0].input, scratch[1].input, positions * net.planes * sizeof(int16_t)) == 0 &&
              memcmp(base[0], base[1], sizeof base[0]) == 0,
          "%u planes of %u x %u, level %u, pass %u, halo %u", planes, width, height, level, tile->pass, halo);
    free(pixels);
}

static void compare_grids(unsigned width, struct net_grid grid, unsigned columns, uint64_t *seed) {
    struct net net = {.width = width};
    int32_t sums[2][40 * 96];
    net.first[1].shift = bswz_allocate(width, 1);
    net.grid[1] = bswz_allocate((size_t)64 * width, sizeof *net.grid[1]);
    for (unsigned o = 0; o < width; o++) {
        net.first[1].shift[o] = (uint8_t)(NET_GRID_UNIT_BITS + (noise(seed) >> 40) % 13);
    }
    for (size_t i = 0; i < (size_t)64 * width; i++) {
        net.grid[1][i] = (int16_t)(noise(seed) >> 40);
    }
    for (size_t i = 0; i < sizeof sums[0] / sizeof sums[0][0]; i++) {
        sums[0][i] = sums[1][i] = (int32_t)(noise(seed) >> 40) - (1 << 23);
    }
    net_add_grid(&net, 1, grid, 5, columns, sums[0]);
    net_add_grid_plain(&net, 1, grid, 5, columns, sums[1]);
    CHECK(memcmp(sums[0], sums[1], sizeof sums[0]) == 0, "grid: width %u, step %u, %u columns", width, grid.step,
          columns);
    free(net.first[1].shift);
    free(net.grid[1]);
}

int main(void) {
    struct net_scratch scratch[2];
    uint64_t seed = 11;
    CHECK(net_scratch_create(&scratch[0], NULL) == BSWZ_OK && net_scratch_create(&scratch[1], NULL) == BSWZ_OK,
          "scratch");
    for (unsigned pass = PASS_ONE; pass <= PASS_TWO; pass++) {
        for (unsigned level = 0; level < 3; level++) {
            for (unsigned halo = 1; halo <= 4; halo++) {
                compare_inputs(3, 301, 299, level, &(struct lattice_tile){0, 0, 32, 32, pass}, halo, scratch, &seed);
                compare_inputs(3, 301, 299, level, &(struct lattice_tile){10, 20, 17, 9, pass}, halo, scratch, &seed);
                compare_inputs(1, 64, 300, level, &(struct lattice_tile){0, 0, 5, 8 >> level, pass}, halo, scratch,
                               &seed);
            }
        }
        compare_inputs(3, 1, 7, 0, &(struct lattice_tile){0, 0, 1, 1, pass}, 2, scratch, &seed);
    }
    for (unsigned step = 0; step < 8; step += 2) {
        compare_grids(32, (struct net_grid){true, 3, 6, step}, 36, &seed);
        compare_grids(48, (struct net_grid){true, 0, 1, step}, 17, &seed);
        compare_grids(96, (struct net_grid){true, 7, 7, step}, 1, &seed);
    }
    net_scratch_free(&scratch[0]);
    net_scratch_free(&scratch[1]);
    return check_summary();
}
