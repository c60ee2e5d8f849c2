/* SPDX-License-Identifier: MIT */
/*
 * The tables of --compare as a picture: size against speed, in SVG.
 */
#ifndef BSWZ_CLI_COMPARE_PLOT_H
#define BSWZ_CLI_COMPARE_PLOT_H

#include "cli/compare_rows.h"

#include <stdio.h>

struct plot_point {
    const char *name;
    bool is_ours;
    double percent;           /* of the raw size */
    double compress, restore; /* megabytes of raw data per second; negative: not known */
};

/* One for each table. */
struct plot {
    char title[64];
    struct plot_point points[ROWS_MAX];
    int count;
};

/* Write them below each other. Errors show up in the stream. */
void compare_plot_write(FILE *to, const struct plot *plots, int count);

#endif
