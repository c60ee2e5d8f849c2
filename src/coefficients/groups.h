/* SPDX-License-Identifier: MIT */
/*
 * The groups in which the AC coefficients of a block are coded: the diagonals, in order of increasing frequency,
 * with the last ones combined.
 *
 * A group takes two rounds: its coefficients in the even blocks, those in which row plus column is even, then in the odd
 * ones. So half of the blocks have their four neighbours' coefficients of the same frequencies as context.
 */
#ifndef BSWZ_GROUPS_H
#define BSWZ_GROUPS_H

#include "coder/group.h"

enum { GROUP_COUNT = 11, AC_COUNT = 63, ROUND_COUNT = 2 * GROUP_COUNT };

static inline unsigned group_of(unsigned round) {
    return round / 2;
}

/* 0: the even blocks, 1: the odd ones. */
static inline unsigned half_of(unsigned round) {
    return round % 2;
}

struct coefficient_group {
    unsigned count;
    uint8_t frequency[GROUP_LARGEST]; /* 8 * vertical + horizontal */
};

static const struct coefficient_group coefficient_groups[GROUP_COUNT] = {
    {2, {1, 8}},
    {3, {2, 9, 16}},
    {4, {3, 10, 17, 24}},
    {5, {4, 11, 18, 25, 32}},
    {6, {5, 12, 19, 26, 33, 40}},
    {7, {6, 13, 20, 27, 34, 41, 48}},
    {8, {7, 14, 21, 28, 35, 42, 49, 56}},
    {7, {15, 22, 29, 36, 43, 50, 57}},
    {6, {23, 30, 37, 44, 51, 58}},
    {5, {31, 38, 45, 52, 59}},
    {10, {39, 46, 53, 60, 47, 54, 61, 55, 62, 63}},
};

#endif
