/* SPDX-License-Identifier: MIT */
/*
 * The table of origins (origin.h).
 */
#include "origin/colour_conversion.h"

const struct origin_row *origin_row(enum origin_kind kind) {
    static const struct origin_row rows[ORIGIN_KINDS] = {
        [ORIGIN_RGB] = {.name = "RGB", .phrase = "origin RGB", .planes = 3},
        [ORIGIN_JFIF] = {.name = "JFIF",
                         .phrase = "origin JFIF",
                         .planes = 3,
                         .prepare = prepare_jfif,
                         .saves = 16,
                         .unknown = {128, 128, 128}},
        [ORIGIN_PHOTOYCC] = {.name = "PhotoYCC",
                             .phrase = "origin PhotoYCC",
                             .planes = 3,
                             .prepare = prepare_photoycc,
                             .saves = 24,
                             .has_half_chroma = true,
                             .unknown = {94, 156, 137}},
        [ORIGIN_GREY] = {.name = "grey", .phrase = "grey", .planes = 1, .unknown = {128}}};
    return &rows[(unsigned)kind < ORIGIN_KINDS ? kind : ORIGIN_RGB];
}
