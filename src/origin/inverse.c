/* SPDX-License-Identifier: MIT */
/*
 * RGB -> planes: exact preimages of a conversion, pixel by pixel.
 *
 * For a given value of plane 0, red alone determines plane 2 and blue alone determines plane 1: if the channel is
 * not clipped, there is one value or none (both tables increase by more than 1 per step); if it is, all values
 * from some point on are possible. Then green decides. So only plane 0 has to be searched. If nothing is clipped,
 * the preimage is unique if it exists, and three values around the rounded inverse are enough; otherwise the
 * search goes outwards from the neighbours' value.
 */
#include "origin/colour_conversion.h"

#define ONE ((int32_t)1 << CONVERSION_SHIFT)
#define HALF (ONE / 2)

/* Roughly where in the table target is. Not clamped; accurate to a step or two. */
static inline int scale_guess(const struct conversion_scale *scale, int32_t target) {
    return (int)(((int64_t)(target - scale->value[0]) * scale->inverse + ((int64_t)1 << 39)) >> 40);
}

/* The smallest index whose value is at least target; 256 if there is none. */
static int scale_first(const struct conversion_scale *scale, int32_t target) {
    int i = scale_guess(scale, target);
    i = i < 0 ? 0 : i > 256 ? 256 : i;
    while (i < 256 && scale->value[i] < target) {
        i++;
    }
    while (i > 0 && scale->value[i - 1] >= target) {
        i--;
    }
    return i;
}

/* Where the channel that scale adds to luma starts to be 255 and 1, whatever the rest. */
static void prepare_ends(const struct conversion_scale *luma, const struct conversion_scale *scale,
                         struct conversion_ends *ends) {
    for (int i = 0; i < 256; i++) {
        ends->reaches_255[i] = (int16_t)scale_first(scale, 255 * ONE - luma->value[i]);
        ends->reaches_1[i] = (int16_t)scale_first(scale, ONE - luma->value[i]);
    }
}

void conversion_prepare_inverse(struct conversion *conversion) {
    prepare_ends(&conversion->luma, &conversion->red, &conversion->red_ends);
    prepare_ends(&conversion->luma, &conversion->blue, &conversion->blue_ends);
}

static uint8_t clip(int value) {
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

bool conversion_exact(const struct conversion *conversion, const uint8_t rgb[3], uint8_t out[3]) {
    static const int8_t order[3] = {0, -1, 1};
    int rounded = (conversion->weight_red * rgb[0] + conversion->weight_green * rgb[1] +
                   conversion->weight_blue * rgb[2] + conversion->weight_offset) >>
                  16;
    for (int i = 0; i < 3; i++) {
        int plane_0 = rounded + order[i];
        if (plane_0 < 0 || plane_0 > 255) {
            continue;
        }
        int32_t luma = conversion->luma.value[plane_0];
        /* The value that puts the channel into [v, v + 1) is the nearest to its middle. */
        int plane_2 = scale_guess(&conversion->red, rgb[0] * ONE + HALF - luma);
        int plane_1 = scale_guess(&conversion->blue, rgb[2] * ONE + HALF - luma);
        uint8_t value_1 = clip(plane_1), value_2 = clip(plane_2);
        if (i == 0) { /* if nothing is exact, this is as near as any */
            out[0] = (uint8_t)plane_0;
            out[1] = value_1;
            out[2] = value_2;
        }
        int32_t red = (luma + conversion->red.value[value_2]) >> CONVERSION_SHIFT;
        int32_t blue = (luma + conversion->blue.value[value_1]) >> CONVERSION_SHIFT;
        int32_t green =
            (luma - conversion->green_1.value[value_1] - conversion->green_2.value[value_2]) >> CONVERSION_SHIFT;
        if (red == rgb[0] && green == rgb[1] && blue == rgb[2]) {
            out[0] = (uint8_t)plane_0;
            out[1] = value_1;
            out[2] = value_2;
            return true;
        }
    }
    if (rounded < 0 || rounded > 255) {
        out[0] = clip(rounded);
        out[1] = clip(scale_guess(&conversion->blue, rgb[2] * ONE + HALF - conversion->luma.value[out[0]]));
        out[2] = clip(scale_guess(&conversion->red, rgb[0] * ONE + HALF - conversion->luma.value[out[0]]));
    }
    return false;
}

/* The sums that a channel's value represents: *low <= sum < *high. Clipping makes the range one-sided; the other
 * bound is then beyond any sum of table entries. */
static void channel_sums(uint8_t value, int32_t *low, int32_t *high) {
    *low = value == 0 ? -1024 * ONE : value * ONE;
    *high = value == 255 ? 1024 * ONE : (value + 1) * ONE;
}

/* The values of a table that bring a channel from luma to value: *first ... *last, or false. The table increases
 * by more than 1 per step, so without clipping there is at most one; if there is none, both are the nearest, which
 * may be outside the table. */
static inline bool chroma_range(const struct conversion_scale *scale, const struct conversion_ends *ends, int plane_0,
                                int32_t luma, uint8_t value, int *first, int *last) {
    *first = value == 255 ? ends->reaches_255[plane_0] : 0;
    *last = value == 0 ? ends->reaches_1[plane_0] - 1 : 255;
    if (value != 0 && value != 255) {
        int only = scale_guess(scale, value * ONE + HALF - luma);
        *first = *last = only;
        return only >= 0 && only <= 255 && (luma + scale->value[only]) >> CONVERSION_SHIFT == value;
    }
    return *first <= *last;
}

static int clamp(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

static int distance_of(int a, int b) {
    return a < b ? b - a : a - b;
}

/* Like conversion_chroma, but only if chroma moves by less than `limit` in total; otherwise false. */
static bool chroma_within(const struct conversion *conversion, const uint8_t rgb[3], int plane_0, int limit,
                          uint8_t chroma[2]) {
    int32_t luma = conversion->luma.value[plane_0];
    int first_1, last_1, first_2, last_2;
    if (!chroma_range(&conversion->red, &conversion->red_ends, plane_0, luma, rgb[0], &first_2, &last_2) ||
        !chroma_range(&conversion->blue, &conversion->blue_ends, plane_0, luma, rgb[2], &first_1, &last_1)) {
        return false;
    }
    int value_1 = clamp(chroma[0], first_1, last_1), value_2 = clamp(chroma[1], first_2, last_2);
    /* Green can only require moving further away: moving back is out of range. */
    if (distance_of(value_1, chroma[0]) + distance_of(value_2, chroma[1]) >= limit) {
        return false;
    }
    int32_t low, high;
    channel_sums(rgb[1], &low, &high);
    /* The allowed sum of the green terms: more than below, up to most. */
    int32_t below = luma - high, most = luma - low;
    const struct conversion_scale *green_1 = &conversion->green_1, *green_2 = &conversion->green_2;
    /* First move plane 2, which has more influence on green, then plane 1 for the rest. */
    int32_t sum = green_1->value[value_1] + green_2->value[value_2];
    if (sum <= below) {
        value_2 = clamp(scale_first(green_2, below + 1 - green_1->value[value_1]), value_2, last_2);
        value_1 = clamp(scale_first(green_1, below + 1 - green_2->value[value_2]), value_1, last_1);
    } else if (sum > most) {
        value_2 = clamp(scale_first(green_2, most + 1 - green_1->value[value_1]) - 1, first_2, value_2);
        value_1 = clamp(scale_first(green_1, most + 1 - green_2->value[value_2]) - 1, first_1, value_1);
    }
    sum = green_1->value[value_1] + green_2->value[value_2];
    if (sum <= below || sum > most || distance_of(value_1, chroma[0]) + distance_of(value_2, chroma[1]) >= limit) {
        return false;
    }
    chroma[0] = (uint8_t)value_1;
    chroma[1] = (uint8_t)value_2;
    return true;
}

bool conversion_chroma(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_0, uint8_t chroma[2]) {
    return chroma_within(conversion, rgb, plane_0, INT32_MAX, chroma);
}

/* What each channel adds to luma, given the chroma. */
static void chroma_terms(const struct conversion *conversion, uint8_t plane_1, uint8_t plane_2, int32_t terms[3]) {
    terms[0] = conversion->red.value[plane_2];
    terms[1] = -conversion->green_1.value[plane_1] - conversion->green_2.value[plane_2];
    terms[2] = conversion->blue.value[plane_1];
}

/* The possible range of luma for this chroma: *low <= luma < *high, or false. */
static inline bool luma_bounds(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_1,
                               uint8_t plane_2, int32_t *low, int32_t *high) {
    int32_t terms[3];
    chroma_terms(conversion, plane_1, plane_2, terms);
    *low = INT32_MIN;
    *high = INT32_MAX;
    for (int channel = 0; channel < 3; channel++) {
        int32_t from, to;
        channel_sums(rgb[channel], &from, &to);
        *low = from - terms[channel] > *low ? from - terms[channel] : *low;
        *high = to - terms[channel] < *high ? to - terms[channel] : *high;
    }
    return *low < *high;
}

bool conversion_luma_range(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_1, uint8_t plane_2,
                           int *low, int *high) {
    int32_t lowest, highest;
    if (!luma_bounds(conversion, rgb, plane_1, plane_2, &lowest, &highest)) {
        return false;
    }
    *low = scale_first(&conversion->luma, lowest);
    *high = scale_first(&conversion->luma, highest) - 1;
    return *low <= *high;
}

bool conversion_has_luma(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_1, uint8_t plane_2) {
    int32_t lowest, highest;
    if (!luma_bounds(conversion, rgb, plane_1, plane_2, &lowest, &highest)) {
        return false;
    }
    const int first = scale_first(&conversion->luma, lowest);
    return first < 256 && conversion->luma.value[first] < highest;
}

/* Can this value of plane 0 be right? -1: according to the three channels it is too low; 1: too high. Then so are
 * all values below, or above it: the higher luma is, the less blue and red leave for chroma, and hence for the
 * green terms, and the more of these green needs. */
static int judge_luma(const struct conversion *conversion, const uint8_t rgb[3], int plane_0) {
    int32_t luma = conversion->luma.value[plane_0], low, high;
    int first_1, last_1, first_2, last_2;
    /* If no value is right, the nearest one is used instead, which is just as monotonic. */
    chroma_range(&conversion->red, &conversion->red_ends, plane_0, luma, rgb[0], &first_2, &last_2);
    chroma_range(&conversion->blue, &conversion->blue_ends, plane_0, luma, rgb[2], &first_1, &last_1);
    channel_sums(rgb[1], &low, &high);
    if (conversion->green_1.value[clip(last_1)] + conversion->green_2.value[clip(last_2)] <= luma - high) {
        return 1;
    }
    return conversion->green_1.value[clip(first_1)] + conversion->green_2.value[clip(first_2)] > luma - low ? -1 : 0;
}

/* Bounds for the possible values of plane 0; there are none if *first > *last. Not searched for if near is one of
 * them. */
static void luma_limits(const struct conversion *conversion, const uint8_t rgb[3], int near, int *first, int *last) {
    const int verdict = judge_luma(conversion, rgb, near);
    *first = 0;
    *last = 255;
    if (verdict == 0) {
        return;
    }
    /* The first that is not too low, then the first that is too high. */
    for (int end = 256; *first < end;) {
        const int middle = (*first + end) / 2;
        if (judge_luma(conversion, rgb, middle) < 0) {
            *first = middle + 1;
        } else {
            end = middle;
        }
    }
    int over = *first;
    for (int end = 256; over < end;) {
        const int middle = (over + end) / 2;
        if (judge_luma(conversion, rgb, middle) <= 0) {
            over = middle + 1;
        } else {
            end = middle;
        }
    }
    *last = over - 1;
}

bool conversion_nearest(const struct conversion *conversion, const uint8_t rgb[3], const uint8_t near[3],
                        uint8_t out[3]) {
    int best = INT32_MAX, low, high;
    /* Usually the neighbours' chroma is possible, and only luma has to change a little. */
    if (conversion_luma_range(conversion, rgb, near[1], near[2], &low, &high)) {
        out[0] = (uint8_t)clamp(near[0], low, high);
        out[1] = near[1];
        out[2] = near[2];
        best = distance_of(out[0], near[0]);
    }
    int first, last;
    luma_limits(conversion, rgb, near[0], &first, &last);
    int reach = near[0] < first ? first - near[0] : near[0] > last ? near[0] - last : 0;
    /* All others move chroma by at least one. */
    for (; reach < 256 && reach + 1 < best; reach++) {
        for (int side = 0; side < (reach ? 2 : 1); side++) {
            int plane_0 = side ? near[0] + reach : near[0] - reach;
            uint8_t chroma[2] = {near[1], near[2]};
            if (plane_0 < first || plane_0 > last || !chroma_within(conversion, rgb, plane_0, best - reach, chroma)) {
                continue;
            }
            best = reach + distance_of(chroma[0], near[1]) + distance_of(chroma[1], near[2]);
            out[0] = (uint8_t)plane_0;
            out[1] = chroma[0];
            out[2] = chroma[1];
        }
    }
    return best != INT32_MAX;
}

uint8_t conversion_luma_guess(const struct conversion *conversion, const uint8_t rgb[3], uint8_t plane_1,
                              uint8_t plane_2) {
    int32_t terms[3];
    int64_t sum = 0;
    chroma_terms(conversion, plane_1, plane_2, terms);
    for (int channel = 0; channel < 3; channel++) {
        sum += (int64_t)rgb[channel] * ONE + HALF - terms[channel];
    }
    return clip(scale_guess(&conversion->luma, (int32_t)(sum / 3)));
}
