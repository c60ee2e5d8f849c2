/* SPDX-License-Identifier: MIT */
/*
 * A conversion planes -> RGB and its inverses, shared by the files of this directory.
 *
 * Both known conversions (JFIF, PhotoYCC) have the same form:
 *
 *     R = floor(luma[p0] + red[p2])
 *     G = floor(luma[p0] - green_1[p1] - green_2[p2])
 *     B = floor(luma[p0] + blue[p1])           each then clipped to 0 ... 255
 *
 * The tables hold fixed-point numbers of CONVERSION_SHIFT fraction bits that are exact for every sum (colour_conversion.c
 * explains why). So there is one forward routine and one inverse, whatever the conversion.
 */
#ifndef BSWZ_ORIGIN_CONVERSION_H
#define BSWZ_ORIGIN_CONVERSION_H

#include "origin/origin.h"

#include <stdbool.h>
#include <stdint.h>

#define CONVERSION_SHIFT 18

/* An increasing, almost linear table, and what finds a position in it quickly. */
struct conversion_scale {
    int32_t value[256];
    int64_t inverse; /* 2^40 / (increase per step) */
};

/* Indexed by plane 0: the first value of a chroma plane at which a channel is 255, or more than 0; 256: none.
 * These are the values that a clipped channel may come from. */
struct conversion_ends {
    int16_t reaches_255[256], reaches_1[256];
};

struct conversion {
    struct conversion_scale luma;                                 /* indexed by plane 0 */
    struct conversion_scale blue, green_1;                        /* indexed by plane 1 */
    struct conversion_scale red, green_2;                         /* indexed by plane 2 */
    int32_t weight_red, weight_green, weight_blue, weight_offset; /* RGB -> plane 0, 16 fraction bits */
    struct conversion_ends red_ends, blue_ends;                   /* only for the inverses */
};

/* The first half of conversion_prepare (origins.c): the tables without their inverses, and the weights. */
void prepare_jfif(struct conversion *conversion);
void prepare_photoycc(struct conversion *conversion);

/* Fill in the tables of an origin with a conversion. */
void conversion_prepare(struct conversion *conversion, enum origin_kind kind);

/* Also fill in what conversion_nearest and conversion_chroma need. */
void conversion_prepare_inverse(struct conversion *conversion);

/* Forward: convert count pixels of three planes to interleaved RGB (3 * count bytes). */
void conversion_forward(const struct conversion *conversion, const uint8_t *plane_0, const uint8_t *plane_1,
                        const uint8_t *plane_2, uint8_t *rgb, size_t count);

/* Is a channel of the pixel at the end of its range, where clipping may hide a larger value? */
static inline bool conversion_clipped(const uint8_t rgb[3]) {
    return (uint8_t)(rgb[0] + 1) < 2 || (uint8_t)(rgb[1] + 1) < 2 || (uint8_t)(rgb[2] + 1) < 2;
}

/* The preimage of an unclipped pixel: true and the values of the three planes in out, or false and the nearest
 * values there. A pixel with clipped channels may have preimages that this does not find. */
bool conversion_exact(const struct conversion *conversion, const uint8_t rgb[3], uint8_t out[3]);

/* Of all preimages of a pixel, the one nearest to near (planes 0, 1, 2; by the sum of the distances). false, with
 * out unchanged, if there is none. */
bool conversion_nearest(const struct conversion *conversion, const uint8_t rgb[3], const uint8_t near[3],
                        uint8_t out[3]);

/* Chroma (planes 1 and 2) that gives the pixel exactly together with the given plane 0, near the previous value of
 * chroma; false, with chroma unchanged, if there is none. */
bool conversion_chroma(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_0, uint8_t chroma[2]);

/* The values of plane 0 that give the pixel exactly together with the given chroma: *low ... *high, or false if
 * there are none. */
bool conversion_luma_range(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_1, uint8_t plane_2,
                           int *low, int *high);

/* Are there any? */
bool conversion_has_luma(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_1, uint8_t plane_2);

/* The value of plane 0 that comes close to the pixel together with the given chroma. */
uint8_t conversion_luma_guess(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_1,
                              uint8_t plane_2);

#endif
