/* SPDX-License-Identifier: MIT */
/*
 * Writing the bytes of hostile files (hostile.c) to standard output, until the requested number is reached.
 */
#ifndef HOSTILE_PUT_H
#define HOSTILE_PUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t written, wanted;

static _Noreturn void fail(const char *words) {
    fprintf(stderr, "hostile: %s\n", words);
    exit(1);
}

static void put(const void *bytes, size_t size) {
    if (fwrite(bytes, 1, size, stdout) != size) {
        fail("cannot write");
    }
    written += size;
}

static void put_text(const char *text) {
    put(text, strlen(text));
}

static void put_byte(unsigned byte) {
    const uint8_t one = (uint8_t)byte;
    put(&one, 1);
}

static void put_big_16(unsigned value) {
    put_byte(value >> 8 & 255);
    put_byte(value & 255);
}

static void put_big_32(uint32_t value) {
    put_big_16(value >> 16);
    put_big_16(value & 0xffff);
}

static void put_little_16(unsigned value) {
    put_byte(value & 255);
    put_byte(value >> 8 & 255);
}

static void put_little_32(uint32_t value) {
    put_little_16(value & 0xffff);
    put_little_16(value >> 16);
}

static void put_zeros(size_t count) {
    static const uint8_t zeros[4096];
    for (; count > 0; count -= count < sizeof zeros ? count : sizeof zeros) {
        put(zeros, count < sizeof zeros ? count : sizeof zeros);
    }
}

static int is_short(void) {
    return written < wanted;
}

#endif
