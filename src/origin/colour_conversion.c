/* SPDX-License-Identifier: MIT */
/*
 * The tables of a conversion, and the forward direction, which the decoder runs.
 *
 * Why sums of table entries are exact: JFIF's factors have 16 fraction bits, so 18 represent them exactly.
 * PhotoYCC's terms are multiples of 1/10000; a table entry is one of them rounded up to a multiple of 2^-18, so a
 * sum of up to three is too large by less than 3 * 2^-18 = 1/87381. The true sum is itself a multiple of 1/10000,
 * hence at least 1/10000 below the next integer, and its floor does not change. Shifts of negative numbers round
 * down, as everywhere in this program.
 */
#include "origin/colour_conversion.h"

#define ONE (1 << CONVERSION_SHIFT)

static int64_t floor_divide(int64_t number, int64_t divisor) {
    int64_t quotient = number / divisor;
    return quotient * divisor > number ? quotient - 1 : quotient;
}

/* number / 10000 with CONVERSION_SHIFT fraction bits, rounded down or up. */
static int32_t ten_thousandths_down(int64_t number) {
    return (int32_t)floor_divide(number * ONE, 10000);
}

static int32_t ten_thousandths_up(int64_t number) {
    return (int32_t)-floor_divide(-number * ONE, 10000);
}

void prepare_jfif(struct conversion *conversion) {
    for (int i = 0; i < 256; i++) {
        int chroma = i - 128;
        conversion->luma.value[i] = i * ONE;
        conversion->blue.value[i] = (116130 * chroma + 32768) * 4;
        conversion->red.value[i] = (91881 * chroma + 32768) * 4;
        conversion->green_1.value[i] = (22554 * chroma - 32768) * 4;
        conversion->green_2.value[i] = 46802 * chroma * 4;
    }
    conversion->weight_red = 19595;
    conversion->weight_green = 38470;
    conversion->weight_blue = 7471;
    conversion->weight_offset = 32768;
}

void prepare_photoycc(struct conversion *conversion) {
    for (int i = 0; i < 256; i++) {
        int chroma_1 = i - 156, chroma_2 = i - 137;
        conversion->luma.value[i] = ten_thousandths_up(13584 * i);
        conversion->blue.value[i] = ten_thousandths_up(22179 * chroma_1);
        conversion->red.value[i] = ten_thousandths_up(18215 * chroma_2);
        /* Green uses the integer parts of blue's and red's terms. */
        conversion->green_1.value[i] = ten_thousandths_down(1940 * floor_divide(22179 * chroma_1, 10000));
        conversion->green_2.value[i] = ten_thousandths_down(5090 * floor_divide(18215 * chroma_2, 10000));
    }
    /* G = L - 0.194 (B - L) - 0.509 (R - L), L = 1.3584 Y, solved for Y; the offset contains the halves that the
     * floors remove on average. */
    conversion->weight_red = 14420;
    conversion->weight_green = 28330;
    conversion->weight_blue = 5496;
    conversion->weight_offset = 46933;
}

static void finish_scale(struct conversion_scale *scale) {
    int64_t rise = (int64_t)scale->value[255] - scale->value[0];
    scale->inverse = ((int64_t)255 << 40) / rise;
}

void conversion_prepare(struct conversion *conversion, enum origin_kind kind) {
    origin_row(kind)->prepare(conversion);
    finish_scale(&conversion->luma);
    finish_scale(&conversion->blue);
    finish_scale(&conversion->red);
    finish_scale(&conversion->green_1);
    finish_scale(&conversion->green_2);
}

static uint8_t clip(int32_t value) {
    value = value < 0 ? 0 : value;
    return (uint8_t)(value > 255 ? 255 : value);
}

void conversion_forward(const struct conversion *conversion, const uint8_t *plane_0, const uint8_t *plane_1,
                        const uint8_t *plane_2, uint8_t *restrict rgb, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t luma = conversion->luma.value[plane_0[i]];
        int32_t red = luma + conversion->red.value[plane_2[i]];
        int32_t green = luma - conversion->green_1.value[plane_1[i]] - conversion->green_2.value[plane_2[i]];
        int32_t blue = luma + conversion->blue.value[plane_1[i]];
        rgb[3 * i] = clip(red >> CONVERSION_SHIFT);
        rgb[3 * i + 1] = clip(green >> CONVERSION_SHIFT);
        rgb[3 * i + 2] = clip(blue >> CONVERSION_SHIFT);
    }
}
