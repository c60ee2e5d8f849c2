/* SPDX-License-Identifier: MIT */
/*
 * Drawing plots (compare_plot.h). Each codec is a line between two points, how fast it compresses and how fast it
 * restores, at the height of its size. Names stand in a column of their own, so that none covers another.
 */
#include "cli/compare_plot.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 820, HEIGHT = 440, LEFT = 70, RIGHT = 600, TOP = 50, BOTTOM = 380, NAMES = 630, LINE = 18 };

struct axis {
    double from, to, step; /* step: of ticks; of a logarithmic axis, from and to are powers of ten */
};

static double across(const struct axis *axis, double speed) {
    return LEFT + (RIGHT - LEFT) * (log10(speed) - axis->from) / (axis->to - axis->from);
}

static double down(const struct axis *axis, double percent) {
    return BOTTOM - (BOTTOM - TOP) * (percent - axis->from) / (axis->to - axis->from);
}

/* The decades that hold all speeds. */
static struct axis speeds_of(const struct plot *plot) {
    double least = INFINITY, most = 0.0;
    for (int i = 0; i < plot->count; i++) {
        const double speeds[] = {plot->points[i].compress, plot->points[i].restore};
        for (int k = 0; k < 2; k++) {
            least = speeds[k] > 0.0 && speeds[k] < least ? speeds[k] : least;
            most = speeds[k] > most ? speeds[k] : most;
        }
    }
    if (most <= 0.0) {
        return (struct axis){0.0, 1.0, 1.0};
    }
    const double from = floor(log10(least)), to = ceil(log10(most));
    return (struct axis){from, to > from ? to : from + 1.0, 1.0};
}

/* About six round numbers around all sizes, none negative. */
static struct axis sizes_of(const struct plot *plot) {
    double least = INFINITY, most = -INFINITY;
    for (int i = 0; i < plot->count; i++) {
        least = fmin(least, plot->points[i].percent);
        most = fmax(most, plot->points[i].percent);
    }
    const double span = most - least > 0.01 ? most - least : 0.01, decade = pow(10.0, floor(log10(span / 5.0)));
    const double step = decade * (span / 5.0 <= 2.0 * decade ? 2.0 : span / 5.0 <= 5.0 * decade ? 5.0 : 10.0);
    const double from = floor((least - step / 4.0) / step) * step;
    return (struct axis){fmax(from, 0.0), ceil((most + step / 4.0) / step) * step, step};
}

/* Names of models are printable ASCII, but any of it. */
static void put_text(FILE *to, double x, double y, const char *style, const char *text) {
    fprintf(to, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style);
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&': fputs("&amp;", to); break;
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        default: putc(*text, to); break;
        }
    }
    fputs("</text>\n", to);
}

static void put_line(FILE *to, double x1, double y1, double x2, double y2, const char *colour) {
    fprintf(to, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, colour);
}

static void put_axes(FILE *to, const struct plot *plot, const struct axis *speeds, const struct axis *sizes) {
    char text[40];
    put_text(to, LEFT, TOP - 22, "font-weight=\"bold\"", plot->title);
    put_text(to, LEFT, TOP - 6, "fill=\"#666\"", "% of the raw size");
    put_text(to, (LEFT + RIGHT) / 2.0, BOTTOM + 40, "fill=\"#666\" text-anchor=\"middle\"",
             "megabytes of raw data per second (filled: compressing, hollow: restoring)");
    for (double power = speeds->from; power <= speeds->to; power++) {
        const double x = across(speeds, pow(10.0, power));
        snprintf(text, sizeof text, "%g", pow(10.0, power));
        put_line(to, x, TOP, x, BOTTOM, "#ddd");
        put_text(to, x, BOTTOM + 18, "text-anchor=\"middle\"", text);
    }
    const int ticks = (int)lround((sizes->to - sizes->from) / sizes->step);
    for (int i = 0; i <= ticks; i++) {
        const double percent = sizes->from + i * sizes->step, y = down(sizes, percent);
        snprintf(text, sizeof text, "%.*f", sizes->step < 0.1 ? 2 : sizes->step < 1.0 ? 1 : 0, percent);
        put_line(to, LEFT, y, RIGHT, y, "#ddd");
        put_text(to, LEFT - 8, y + 4, "text-anchor=\"end\"", text);
    }
}

static int by_size(const void *one, const void *other) {
    const struct plot_point *a = one, *b = other;
    return (a->percent < b->percent) - (a->percent > b->percent); /* the largest is the uppermost */
}

static void put_point(FILE *to, const struct plot_point *point, const struct axis *speeds, double y, double name_y) {
    const char *colour = point->is_ours ? "#1f5fa8" : "#c05a00";
    const double compress = point->compress > 0.0 ? across(speeds, point->compress) : -1.0;
    const double restore = point->restore > 0.0 ? across(speeds, point->restore) : -1.0;
    const double end = fmax(compress, restore);
    if (end > 0.0) {
        put_line(to, end + 5, y, RIGHT, y, "#bbb");
        put_line(to, RIGHT, y, NAMES - 6, name_y, "#bbb");
    }
    if (compress > 0.0 && restore > 0.0) {
        put_line(to, compress, y, restore, y, colour);
    }
    if (restore > 0.0) {
        fprintf(to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#fff\" stroke=\"%s\"/>\n", restore, y, colour);
    }
    if (compress > 0.0) {
        fprintf(to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"/>\n", compress, y, colour);
    }
    char style[40];
    snprintf(style, sizeof style, "fill=\"%s\"", colour);
    put_text(to, NAMES, name_y + 4, style, point->name);
}

static void put_plot(FILE *to, const struct plot *plot) {
    struct plot sorted = *plot;
    const struct axis speeds = speeds_of(plot), sizes = sizes_of(plot);
    qsort(sorted.points, (size_t)sorted.count, sizeof sorted.points[0], by_size);
    put_axes(to, plot, &speeds, &sizes);
    double name_y[ROWS_MAX], least = TOP;
    for (int i = 0; i < sorted.count; i++) {
        name_y[i] = fmax(down(&sizes, sorted.points[i].percent), least);
        least = name_y[i] + LINE;
    }
    double most = BOTTOM; /* those that came too low push the others up */
    for (int i = sorted.count; i-- > 0;) {
        name_y[i] = fmin(name_y[i], most);
        most = name_y[i] - LINE;
    }
    for (int i = 0; i < sorted.count; i++) {
        put_point(to, &sorted.points[i], &speeds, down(&sizes, sorted.points[i].percent), name_y[i]);
    }
}

void compare_plot_write(FILE *to, const struct plot *plots, int count) {
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
            "font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            WIDTH, HEIGHT * count);
    for (int i = 0; i < count; i++) {
        fprintf(to, "<g transform=\"translate(0 %d)\">\n", HEIGHT * i);
        put_plot(to, &plots[i]);
        fputs("</g>\n", to);
    }
    fputs("</svg>\n", to);
}
