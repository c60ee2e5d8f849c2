/* SPDX-License-Identifier: MIT */
/*
 * Colours of maps (map_colours.h).
 *
 * Oklch is a space in which equal steps look equal (B. Ottosson, "A perceptual color space for image processing",
 * 2020). Lightness is the cube root of the bits per pixel, so that a quiet sky and a noisy lawn can be read in one map.
 */
#include "stream/map_colours.h"

#include "origin/origin.h"

#include <math.h>

_Static_assert((int)ORIGIN_KINDS == (int)COST_COEFFICIENTS, "each origin has a kind of its own");

#define PI 3.14159265358979323846
#define MOST_BITS 32.0 /* per pixel: more are no lighter */

const struct map_row *map_row(enum cost_kind kind) {
    static const struct map_row rows[COST_KINDS + 1] = {
        [COST_PLANES + ORIGIN_RGB] = {"pyramid", "RGB", "blue", 262.0, 0.17},
        [COST_PLANES + ORIGIN_JFIF] = {"pyramid", "JFIF", "cyan", 205.0, 0.12},
        [COST_PLANES + ORIGIN_PHOTOYCC] = {"pyramid", "PhotoYCC", "violet", 308.0, 0.17},
        [COST_PLANES + ORIGIN_GREY] = {"pyramid", "grey", "grey", 0.0, 0.0},
        [COST_COEFFICIENTS] = {"coefficients", "-", "red", 20.0, 0.17},
        [COST_DRAWN] = {"drawing", "-", "orange", 65.0, 0.15},
        [COST_DEEP] = {"deep", "-", "green", 145.0, 0.17},
        [COST_BYTES] = {"bytes", "-", "yellow", 105.0, 0.15},
        [COST_KINDS] = {"-", "-", "black", 0.0, 0.0}};
    return &rows[kind];
}

/* Linear light of sRGB; outside 0 ... 1, there is no such colour. */
static void from_oklab(double lightness, double a, double b, double linear[3]) {
    const double l = lightness + 0.3963377774 * a + 0.2158037573 * b;
    const double m = lightness - 0.1055613458 * a - 0.0638541728 * b;
    const double s = lightness - 0.0894841775 * a - 1.2914855480 * b;
    const double l3 = l * l * l, m3 = m * m * m, s3 = s * s * s;
    linear[0] = 4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3;
    linear[1] = -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3;
    linear[2] = -0.0041960863 * l3 - 0.7034186147 * m3 + 1.7076147010 * s3;
}

static int is_possible(const double linear[3]) {
    const double least = -0.0001, most = 1.0001;
    return linear[0] >= least && linear[1] >= least && linear[2] >= least && linear[0] <= most && linear[1] <= most &&
           linear[2] <= most;
}

static uint8_t to_sample(double linear) {
    const double light = linear < 0.0 ? 0.0 : linear > 1.0 ? 1.0 : linear;
    const double sample = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1.0 / 2.4) - 0.055;
    return (uint8_t)(255.0 * sample + 0.5);
}

void map_colour(enum cost_kind kind, double bits_per_pixel, uint8_t rgb[3]) {
    const struct map_row *row = map_row(kind);
    const double bits = bits_per_pixel < 0.0 ? 0.0 : bits_per_pixel > MOST_BITS ? MOST_BITS : bits_per_pixel;
    const double lightness = 0.18 + 0.78 * cbrt(bits / MOST_BITS);
    double linear[3] = {0.0}, chroma = kind == COST_KINDS ? 0.0 : row->chroma;
    if (kind != COST_KINDS) {
        do { /* very dark and very light colours cannot be as colourful */
            const double angle = row->hue * PI / 180.0;
            from_oklab(lightness, chroma * cos(angle), chroma * sin(angle), linear);
            chroma = chroma * 0.95 - 0.0001;
        } while (!is_possible(linear) && chroma > 0.0);
    }
    for (unsigned c = 0; c < 3; c++) {
        rgb[c] = to_sample(linear[c]);
    }
}
