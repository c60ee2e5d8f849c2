/* SPDX-License-Identifier: MIT */
/*
 * Hostile JPEG files (hostile.c): parts that are put together in ways that no encoder would.
 */
#ifndef HOSTILE_JPEG_H
#define HOSTILE_JPEG_H

#include "hostile_put.h"

static void put_segment(unsigned marker, const void *body, size_t size) {
    put_byte(0xff);
    put_byte(marker);
    put_big_16((unsigned)size + 2);
    put(body, size);
}

static void put_steps(void) {
    uint8_t body[65];
    memset(body, 1, sizeof body);
    body[0] = 0;
    put_segment(0xdb, body, sizeof body);
}

/* Grey. */
static void put_frame(unsigned marker, unsigned width, unsigned height) {
    const uint8_t body[] = {8, height >> 8 & 255, height & 255, width >> 8 & 255, width & 255, 1, 1, 0x11, 0};
    put_segment(marker, body, sizeof body);
}

/* A code of one bit for "no difference", and one for the end of a block; or fifteen of four bits for runs of
 * blocks that end. */
static void put_codes(int runs) {
    uint8_t dc[18] = {0, 1}, ac[33] = {0x10};
    put_segment(0xc4, dc, sizeof dc);
    ac[runs ? 4 : 1] = runs ? 15 : 1;
    for (unsigned i = 0; i < 15; i++) {
        ac[17 + i] = (uint8_t)(i << 4);
    }
    put_segment(0xc4, ac, runs ? 32 : 18);
}

static void put_scan(unsigned first, unsigned last, unsigned high, unsigned low) {
    const uint8_t body[] = {1, 1, 0, (uint8_t)first, (uint8_t)last, (uint8_t)(high << 4 | low)};
    put_segment(0xda, body, sizeof body);
}

/* Bits, padded with ones at the end; no byte of them may be 0xff. */
static unsigned held, held_bits;

static void put_bits(unsigned value, unsigned count) {
    while (count-- > 0) {
        held = held << 1 | (value >> count & 1);
        if (++held_bits == 8) {
            put_byte(held & 255);
            if ((held & 255) == 255) {
                put_byte(0);
            }
            held_bits = 0;
        }
    }
}

static void end_bits(void) {
    while (held_bits > 0) {
        put_bits(1, 1);
    }
}

/* A number of blocks that end at once. */
static void put_runs(unsigned blocks) {
    while (blocks > 0) {
        const unsigned run = blocks < 0x7fff ? blocks : 0x7fff;
        const unsigned class = 31 - (unsigned)__builtin_clz(run);
        put_bits(class, 4);
        put_bits(run - (1u << class), class);
        blocks -= run;
    }
    end_bits();
}

static void put_jpeg(unsigned width, unsigned height) {
    const unsigned blocks = (width + 7) / 8 * ((height + 7) / 8);
    put_text("\377\330");
    put_steps();
    put_frame(0xc0, width, height);
    put_codes(0);
    put_scan(0, 63, 0, 0);
    for (unsigned i = 0; i < blocks; i++) {
        put_bits(0, 2);
    }
    end_bits();
    put_text("\377\331");
}

static void make_jpeg(void) {
    while (is_short()) {
        put_jpeg(8, 8);
    }
}

static void make_jpeg_inside(void) {
    put_text("x");
    make_jpeg();
}

/* As many blocks as possible, four per byte. */
static void make_jpeg_flat(void) {
    put_jpeg(16000, (unsigned)(wanted * 4 * 64 / 16000) / 8 * 8);
}

/* No encoder makes more scans, and most of them say that there is nothing. */
static void put_scans(unsigned first, unsigned last) {
    const unsigned blocks_wide = 500, blocks_high = (unsigned)(wanted * 4 / blocks_wide);
    put_text("\377\330");
    put_steps();
    put_frame(0xc2, 8 * blocks_wide, 8 * blocks_high);
    put_codes(1);
    put_scan(0, 0, 0, 0);
    for (unsigned i = 0; i < blocks_wide * blocks_high; i++) {
        put_bits(0, 1);
    }
    end_bits();
    for (unsigned scan = 0; scan < 490; scan++) {
        put_scan(first, last, 0, 0);
        put_runs(blocks_wide * blocks_high);
    }
    put_text("\377\331");
}

static void make_jpeg_scans(void) {
    put_scans(1, 63);
}

static void make_jpeg_narrow_scans(void) {
    put_scans(1, 1);
}

static void make_jpeg_huge(void) {
    put_text("\377\330");
    put_steps();
    put_frame(0xc2, 65500, 65500);
    put_codes(1);
    put_scan(0, 0, 0, 0);
    while (is_short()) {
        put_byte(0);
    }
    put_text("\377\331");
}

/* Beginnings nested in each other's segments; has_end: the last has an end, and so all of them have. */
static void put_beginnings(int has_end) {
    put_text("x\377\330");
    while (is_short()) {
        put("\377\340\0\4\377\330", 6);
    }
    if (has_end) {
        put_text("\377\331");
    }
}

static void make_jpeg_beginnings(void) {
    put_beginnings(0);
}

static void make_jpeg_endings(void) {
    put_beginnings(1);
}

/* Segments full of small files. */
static void make_jpeg_thumbnails(void) {
    put_text("\377\330");
    while (is_short()) {
        put_byte(0xff);
        put_byte(0xe1);
        put_big_16(2 + 400 * 157);
        for (unsigned i = 0; i < 400; i++) {
            const size_t before = written;
            put_jpeg(8 + 8 * (i % 2), 8);
            put_zeros(157 - (written - before));
        }
    }
    put_steps();
    put_frame(0xc0, 8, 8);
    put_codes(0);
    put_scan(0, 63, 0, 0);
    put_text("\77\377\331");
}

#endif
