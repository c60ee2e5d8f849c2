/* SPDX-License-Identifier: MIT */
/*
 * The conversions of origins compared with their definitions, and their inverses with a plain search.
 */
#include "check.h"
#include "test_origin_draw.h"

#include "origin/steps.h"

#include <string.h>

static void test_conversions(void) {
    for (enum origin_kind kind = ORIGIN_JFIF; kind <= ORIGIN_PHOTOYCC; kind++) {
        struct conversion conversion;
        size_t wrong = 0, lost = 0, far = 0;
        conversion_prepare(&conversion, kind);
        conversion_prepare_inverse(&conversion);
        for (int p0 = 0; p0 < 256; p0++) {
            for (int p2 = 0; p2 < 256; p2++) {
                for (int p1 = (p0 + p2) % 7; p1 < 256; p1 += 7) {
                    uint8_t planes[3] = {(uint8_t)p0, (uint8_t)p1, (uint8_t)p2}, wanted[3], got[3], back[3], again[3];
                    reference_forward(kind, p0, p1, p2, wanted);
                    conversion_forward(&conversion, planes, planes + 1, planes + 2, got, 1);
                    wrong += memcmp(wanted, got, 3) != 0;
                    if (!conversion_clipped(got)) {
                        lost += !conversion_exact(&conversion, got, back) || memcmp(planes, back, 3) != 0;
                    } else if ((p1 + p2) % 5 == 0) {
                        /* starting nearby, the nearest preimage is near and is one */
                        uint8_t near[3] = {clip(p0 + 2), clip(p1 - 1), clip(p2 + 1)};
                        bool found = conversion_nearest(&conversion, got, near, back);
                        if (found) {
                            reference_forward(kind, back[0], back[1], back[2], again);
                        }
                        lost += !found || memcmp(got, again, 3) != 0;
                        far += found && abs(back[0] - near[0]) + abs(back[1] - near[1]) + abs(back[2] - near[2]) > 6;
                    }
                }
            }
        }
        CHECK(wrong == 0, "kind %d: %zu wrong", kind, wrong);
        CHECK(lost == 0, "kind %d: %zu lost", kind, lost);
        CHECK(far == 0, "kind %d: %zu far", kind, far);
    }
}

/* conversion_nearest in the simplest way: every value of plane 0, from near outwards. */
static bool reference_nearest(const struct conversion *conversion, const uint8_t rgb[3], const uint8_t near[3],
                              uint8_t out[3]) {
    int best = INT32_MAX, low, high;
    if (conversion_luma_range(conversion, rgb, near[1], near[2], &low, &high)) {
        out[0] = (uint8_t)(near[0] < low ? low : near[0] > high ? high : near[0]);
        out[1] = near[1];
        out[2] = near[2];
        best = abs(out[0] - near[0]);
    }
    for (int reach = 0; reach < 256; reach++) {
        for (int side = -1; side <= (reach ? 1 : -1); side += 2) {
            int plane_0 = near[0] + side * reach;
            uint8_t chroma[2] = {near[1], near[2]};
            if (plane_0 < 0 || plane_0 > 255 || !conversion_chroma(conversion, rgb, (uint8_t)plane_0, chroma)) {
                continue;
            }
            int moved = reach + abs(chroma[0] - near[1]) + abs(chroma[1] - near[2]);
            if (moved < best) {
                best = moved;
                out[0] = (uint8_t)plane_0;
                out[1] = chroma[0];
                out[2] = chroma[1];
            }
        }
    }
    return best != INT32_MAX;
}

/* Clipped colours of all kinds, whether they have a preimage or not, from near and far. */
static void test_nearest(void) {
    for (enum origin_kind kind = ORIGIN_JFIF; kind <= ORIGIN_PHOTOYCC; kind++) {
        struct conversion conversion;
        size_t different = 0, found = 0;
        uint64_t seed = 7 + (uint64_t)kind;
        conversion_prepare(&conversion, kind);
        conversion_prepare_inverse(&conversion);
        for (int i = 0; i < 40000; i++) {
            uint8_t rgb[3], near[3], wanted[3] = {0}, got[3] = {0};
            for (int k = 0; k < 3; k++) {
                rgb[k] = (uint8_t)(noise(&seed) >> 56);
                near[k] = (uint8_t)(noise(&seed) >> 56);
            }
            if (i % 2) { /* one that has a preimage, starting not too far away */
                conversion_forward(&conversion, near, near + 1, near + 2, rgb, 1);
                for (int k = 0; k < 3; k++) {
                    near[k] = clip(near[k] + (int)(noise(&seed) >> 59) - 16);
                }
            }
            for (int k = 0; k < 3; k++) {
                const unsigned what = (unsigned)(noise(&seed) >> 62);
                rgb[k] = i % 4 == 2 && what < 2 ? (uint8_t)(255 * what) : rgb[k];
            }
            const bool is_found = reference_nearest(&conversion, rgb, near, wanted);
            different += conversion_nearest(&conversion, rgb, near, got) != is_found || memcmp(wanted, got, 3) != 0;
            found += is_found;
        }
        CHECK(different == 0, "kind %d: %zu different", kind, different);
        CHECK(found > 20000 && found < 39000, "kind %d: %zu found", kind, found);
    }
}

int main(void) {
    test_conversions();
    test_nearest();
    return check_summary();
}
