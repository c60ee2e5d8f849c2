/* SPDX-License-Identifier: MIT */
/*
 * Draws something like a photograph: a sky with clouds, ridges that fade with distance, a lake that mirrors them,
 * and stones in the water, seen through a slightly soft lens by a camera's sensor: noisy, with one colour per
 * point.
 *
 *     photo WIDTH HEIGHT [SEED] > picture.ppm
 *
 * The demo and the tests need a picture that compresses like a photograph, and none may be shipped. Only
 * operations that IEEE 754 rounds exactly are used (no sin, no pow), so that every machine draws the same bytes.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct colour {
    double red, green, blue;
};

/* ---- noise ---- */

static uint32_t hash(uint32_t x, uint32_t y, uint32_t seed) {
    uint32_t value = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ seed * 0xc2b2ae3du;
    value = (value ^ value >> 15) * 0x2c1b3c6du;
    value = (value ^ value >> 12) * 0x297a2d39u;
    return value ^ value >> 15;
}

static double uniform(uint32_t x, uint32_t y, uint32_t seed) {
    return (double)hash(x, y, seed) / 4294967296.0;
}

static double smooth(double t) {
    return t * t * (3 - 2 * t);
}

static double mix(double from, double to, double t) {
    return from + (to - from) * t;
}

static double clamp(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

/* A smooth random field, one value per unit square, 0 ... 1. */
static double field(double x, double y, uint32_t seed) {
    double column = floor(x), row = floor(y);
    uint32_t i = (uint32_t)(int32_t)column, j = (uint32_t)(int32_t)row;
    double right = smooth(x - column), down = smooth(y - row);
    double above = mix(uniform(i, j, seed), uniform(i + 1, j, seed), right);
    double below = mix(uniform(i, j + 1, seed), uniform(i + 1, j + 1, seed), right);
    return mix(above, below, down);
}

/* Fields of ever finer scale and smaller weight, about 0 ... 1. */
static double fractal(double x, double y, int octaves, double gain, uint32_t seed) {
    double sum = 0, weight = 1, total = 0;
    for (int octave = 0; octave < octaves; octave++) {
        sum += weight * field(x, y, seed + (uint32_t)octave);
        total += weight;
        weight *= gain;
        x = 2.03 * x + 17;
        y = 2.03 * y + 31;
    }
    return sum / total;
}

/* ---- the scene: x and y in picture heights, y downwards ---- */

#define RIDGES 4
#define SHORE 0.70

static struct colour blend(struct colour from, struct colour to, double t) {
    return (struct colour){mix(from.red, to.red, t), mix(from.green, to.green, t), mix(from.blue, to.blue, t)};
}

static struct colour sky(double x, double y, uint32_t seed) {
    struct colour colour =
        blend((struct colour){0.24, 0.42, 0.72}, (struct colour){0.86, 0.78, 0.70}, smooth(clamp(y / 0.55, 0, 1)));
    double cloud = fractal(2.2 * x, 5 * y, 6, 0.55, seed + 100);
    cloud = smooth(clamp((cloud - 0.48) * 4, 0, 1));
    double light = 0.75 + 0.25 * fractal(2.2 * x + 0.05, 5 * y - 0.1, 4, 0.5, seed + 100);
    return blend(colour, (struct colour){light, 0.98 * light, 0.97 * light}, 0.85 * cloud);
}

static double ridge_height(double x, int ridge, uint32_t seed) {
    double rough = fractal(x * (1.3 + 0.9 * ridge), 3.7 * ridge, 8, 0.5, seed + 200 + 10 * (uint32_t)ridge);
    return 0.30 + 0.085 * ridge + 0.34 * (0.5 - rough);
}

static struct colour land(double x, double y, uint32_t seed) {
    for (int ridge = RIDGES - 1; ridge >= 0; ridge--) {
        double depth = y - ridge_height(x, ridge, seed);
        if (depth < 0) {
            continue;
        }
        double near = (ridge + 1.0) / RIDGES;
        uint32_t own = seed + 300 + 20 * (uint32_t)ridge;
        double grain = fractal(x * 60 * near, y * 90 * near, 5, 0.7, own);
        double slope = fractal(x * 7, y * 7, 4, 0.5, own + 7) - fractal(x * 7 + 0.12, y * 7 + 0.06, 4, 0.5, own + 7);
        double wood = smooth(clamp((fractal(x * 5, y * 9, 4, 0.5, own + 11) - 0.42) * 7, 0, 1));
        struct colour rock = {0.42, 0.38, 0.34}, trees = {0.12, 0.20, 0.09};
        struct colour colour = blend(rock, trees, wood);
        double light = clamp(0.55 + 2.2 * slope + 0.9 * (grain - 0.5) * near, 0.08, 1.4);
        colour = (struct colour){colour.red * light, colour.green * light, colour.blue * light};
        return blend((struct colour){0.62, 0.66, 0.74}, colour, 0.15 + 0.85 * near * near);
    }
    return sky(x, y, seed);
}

/* A stone is a rough disc in its cell of a grid, if the cell has one; nearer rows have more and larger ones. */
static int stone(double x, double y, uint32_t seed, struct colour *colour) {
    double row = floor((y - 0.79) / 0.036);
    if (row < 0) {
        return 0;
    }
    uint32_t j = (uint32_t)row;
    double across = x / (0.05 + 0.012 * row) + 0.5 * uniform(j, 0, seed + 506);
    double column = floor(across);
    uint32_t i = (uint32_t)(int32_t)column;
    if (uniform(i, j, seed + 500) > 0.25 + 0.13 * row) {
        return 0;
    }
    double right = across - column - 0.5, down = (y - 0.79) / 0.036 - row - 0.5;
    double radius = 0.28 + 0.14 * uniform(i, j, seed + 501);
    double distance = (right * right + down * down) / (radius * radius);
    if (distance > 1 + 0.6 * (fractal(x * 40, y * 60, 3, 0.5, seed + 502) - 0.5)) {
        return 0;
    }
    double shade = 0.25 + 0.45 * uniform(i, j, seed + 503);
    double light = shade * (0.95 - 0.45 * down / radius - 0.2 * right / radius) *
                   (0.6 + 0.8 * fractal(x * 130, y * 130, 4, 0.75, seed + 504));
    double warm = 0.9 + 0.2 * uniform(i, j, seed + 505);
    *colour = (struct colour){light * warm, light, light * (1.9 - warm)};
    return 1;
}

static struct colour scene(double x, double y, uint32_t seed) {
    if (y < SHORE) {
        return land(x, y, seed);
    }
    struct colour colour;
    if (stone(x, y, seed, &colour)) {
        return colour;
    }
    double below = y - SHORE; /* ripples grow towards us and mirror the land */
    double ripple = fractal(x * 9 / (0.3 + below), 40 * below / (0.25 + below), 4, 0.6, seed + 400) - 0.5;
    colour = land(x + 0.02 * ripple, SHORE - 0.85 * below + 0.12 * ripple * (0.2 + below), seed);
    return blend(colour, (struct colour){0.10, 0.16, 0.19}, clamp(0.25 + 1.2 * below + 0.5 * ripple, 0, 1));
}

/* ---- the camera: each point of the sensor sees one colour, the rest is interpolated ---- */

#define SAMPLES 3 /* squared: rays per point, from an area slightly larger than it */

/* The colour that a point of the sensor sees: green in a chequered pattern, red and blue in between. */
static int filter_at(uint32_t column, uint32_t row) {
    return (column + row) % 2 == 0 ? 1 : row % 2 == 0 ? 0 : 2;
}

/* The light at a point, with noise that grows with it. */
static double sense(uint32_t column, uint32_t row, uint32_t height, uint32_t seed) {
    struct colour sum = {0, 0, 0};
    for (int j = 0; j < SAMPLES; j++) {
        for (int i = 0; i < SAMPLES; i++) {
            double x = (column + 0.5 + 1.3 * ((i + 0.5) / SAMPLES - 0.5)) / height;
            double y = (row + 0.5 + 1.3 * ((j + 0.5) / SAMPLES - 0.5)) / height;
            struct colour ray = scene(x, y, seed);
            sum = (struct colour){sum.red + ray.red, sum.green + ray.green, sum.blue + ray.blue};
        }
    }
    const double seen[3] = {sum.red, sum.green, sum.blue};
    double light = seen[filter_at(column, row)] / (SAMPLES * SAMPLES);
    double noise = -2; /* the sum of four uniform numbers is almost Gaussian, with variance 1/3 */
    for (uint32_t i = 0; i < 4; i++) {
        noise += uniform(column, row, seed + 600 + i);
    }
    return light + noise * (0.003 + 0.012 * sqrt(clamp(light, 0, 1)));
}

/* One colour at a point: the mean of the nearest points that see it. */
static double interpolate(const double *sensor, uint32_t width, uint32_t height, uint32_t column, uint32_t row,
                          int colour) {
    if (filter_at(column, row) == colour) {
        return sensor[(size_t)row * width + column];
    }
    double sum = 0, count = 0;
    for (int j = -1; j <= 1; j++) {
        for (int i = -1; i <= 1; i++) {
            int64_t x = (int64_t)column + i, y = (int64_t)row + j;
            if (x >= 0 && y >= 0 && x < width && y < height && filter_at((uint32_t)x, (uint32_t)y) == colour) {
                sum += sensor[y * width + x];
                count++;
            }
        }
    }
    return count > 0 ? sum / count : sensor[(size_t)row * width + column];
}

static uint8_t develop(double light) {
    double tone = sqrt(clamp(light, 0, 1)) * 0.75 + clamp(light, 0, 1) * 0.25;
    return (uint8_t)(250 * tone + 0.5);
}

int main(int argc, char **argv) {
    unsigned long columns = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long rows = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    uint32_t seed = 1000 * (argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1);
    if (columns < 1 || rows < 1 || columns > 20000 || rows > 20000) {
        fputs("usage: photo WIDTH HEIGHT [SEED] > picture.ppm\n", stderr);
        return 1;
    }
    uint32_t width = (uint32_t)columns, height = (uint32_t)rows;
    double *sensor = malloc((size_t)width * height * sizeof *sensor);
    if (sensor == NULL) {
        fputs("photo: no memory\n", stderr);
        return 1;
    }
    for (uint32_t row = 0; row < height; row++) {
        for (uint32_t column = 0; column < width; column++) {
            sensor[(size_t)row * width + column] = sense(column, row, height, seed);
        }
    }
    printf("P6\n%u %u\n255\n", width, height);
    for (uint32_t row = 0; row < height; row++) {
        for (uint32_t column = 0; column < width; column++) {
            for (int colour = 0; colour < 3; colour++) {
                putchar(develop(interpolate(sensor, width, height, column, row, colour)));
            }
        }
    }
    free(sensor);
    return fflush(stdout) != 0;
}
