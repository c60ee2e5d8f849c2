/* SPDX-License-Identifier: MIT */
/*
 * The table of methods (methods.h).
 */
#include "container/methods.h"

const struct frame_method_row frame_method_rows[FRAME_METHODS] = {{.method = FRAME_PLANES,
                                                                   .may_be_reduced = true,
                                                                   .has_colours = true,
                                                                   .noun = "planes",
                                                                   .summary = "with the model"},
                                                                  {.method = FRAME_COEFFICIENTS,
                                                                   .may_be_reduced = true,
                                                                   .origin = "JPEG",
                                                                   .noun = "JPEG's coefficients",
                                                                   .phrase = "as JPEG's coefficients",
                                                                   .summary = "by coefficients"},
                                                                  {.method = FRAME_DRAWN,
                                                                   .may_be_reduced = true,
                                                                   .origin = "-",
                                                                   .noun = "a drawing",
                                                                   .phrase = "as a drawing",
                                                                   .summary = "as drawings"},
                                                                  {.method = FRAME_MIXED,
                                                                   .may_be_reduced = true,
                                                                   .has_colours = true,
                                                                   .origin = "mixed",
                                                                   .noun = "a mixed picture",
                                                                   .phrase = "drawn and with the model",
                                                                   .summary = "drawn and with the model"},
                                                                  {.method = FRAME_DEEP,
                                                                   .any_depth = true,
                                                                   .origin = "-",
                                                                   .noun = "samples one by one",
                                                                   .phrase = "sample by sample",
                                                                   .summary = "sample by sample"},
                                                                  {.method = FRAME_ZSTD,
                                                                   .in_bytes = true,
                                                                   .may_be_reduced = true,
                                                                   .any_depth = true,
                                                                   .origin = "-",
                                                                   .noun = "bytes",
                                                                   .phrase = "as bytes",
                                                                   .summary = "with zstd"},
                                                                  {.method = FRAME_STORED,
                                                                   .in_bytes = true,
                                                                   .any_depth = true,
                                                                   .origin = "-",
                                                                   .noun = "stored",
                                                                   .phrase = "stored",
                                                                   .summary = "stored"}};

const struct frame_method_row *frame_method_row(enum frame_method method) {
    for (size_t i = 0; i < FRAME_METHODS; i++) {
        if (frame_method_rows[i].method == method) {
            return &frame_method_rows[i];
        }
    }
    return NULL;
}
