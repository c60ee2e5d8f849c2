/* SPDX-License-Identifier: MIT */
/*
 * What the networks of a lattice level see, for a comparison with the trainer (tests/compare_lattice.py).
 *
 *     lattice_input SIZE HALO < planes > inputs
 *
 * The input is three square planes in a row, with sides of 2 (SIZE + 2 HALO + 2) pixels. For each pass it writes,
 * as they are in memory, the inputs of the block of SIZE x SIZE cells in the middle and the interpolations of its pixels.
 */
#include "model/lattice.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t base[LATTICE_MAX_SETS][NET_TILE * NET_TILE][3];

int main(int argc, char **argv) {
    const unsigned size = argc == 3 ? (unsigned)atoi(argv[1]) : 0, halo = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
    if (size < 1 || size > NET_TILE || halo < 1 || halo > NET_MAX_DEPTH + 1) {
        fprintf(stderr, "usage: lattice_input SIZE HALO\n");
        return 1;
    }
    const uint32_t side = 2 * (size + 2 * halo + 2), wide = size + 2 * halo;
    uint8_t *pixels = malloc((size_t)3 * side * side);
    struct net_scratch scratch;
    if (pixels == NULL || net_scratch_create(&scratch, NULL) != BSWZ_OK ||
        fread(pixels, side, (size_t)3 * side, stdin) != (size_t)3 * side) {
        fprintf(stderr, "lattice_input: no planes\n");
        return 1;
    }
    uint8_t *const planes[3] = {pixels, pixels + (size_t)side * side, pixels + (size_t)2 * side * side};
    const struct lattice lattice = lattice_at_level(planes, 3, side, side, 0);
    for (unsigned pass = PASS_ONE; pass <= PASS_TWO; pass++) {
        const struct net net = {.halo = halo, .planes = pass == PASS_ONE ? 10 : 16}; /* the last one is zero */
        const struct lattice_tile tile = {
            .row = halo + 1, .column = halo + 1, .rows = size, .columns = size, .pass = pass};
        lattice_input(&lattice, &net, &tile, &scratch, base);
        for (size_t i = 0; i < (size_t)wide * wide; i++) {
            const int16_t *inputs = scratch.input + i * net.planes;
            if (inputs[net.planes - 1] != 0) {
                fprintf(stderr, "lattice_input: the last plane is not zero\n");
                return 1;
            }
            fwrite(inputs, sizeof *inputs, net.planes - 1, stdout);
        }
        for (unsigned set = 0; set <= pass; set++) {
            fwrite(base[set], sizeof base[set][0], (size_t)size * size, stdout);
        }
    }
    net_scratch_free(&scratch);
    free(pixels);
    return ferror(stdout) != 0;
}
