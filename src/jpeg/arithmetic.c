/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic coding (arithmetic.h).
 */
#include "jpeg/arithmetic.h"

#include <stdlib.h>
#include <string.h>

/* ---- decisions ---- */

/* The states of table D.3: the size of the less probable part, and the state after each outcome. */
struct estimate {
    uint16_t less;
    uint8_t after_less, after_more;
    bool swaps; /* after the less probable outcome, which of them is */
};

enum { EVEN_STATE = 113, OUTCOME = 0x80 /* in a state: the outcome that is more probable */ };

static const struct estimate estimates[EVEN_STATE + 1] = {
    {0x5a1d, 1, 1, true},      {0x2586, 14, 2, false},    {0x1114, 16, 3, false},
    {0x080b, 18, 4, false},    {0x03d8, 20, 5, false},    {0x01da, 23, 6, false},
    {0x00e5, 25, 7, false},    {0x006f, 28, 8, false},    {0x0036, 30, 9, false},
    {0x001a, 33, 10, false},   {0x000d, 35, 11, false},   {0x0006, 9, 12, false},
    {0x0003, 10, 13, false},   {0x0001, 12, 13, false},   {0x5a7f, 15, 15, true},
    {0x3f25, 36, 16, false},   {0x2cf2, 38, 17, false},   {0x207c, 39, 18, false},
    {0x17b9, 40, 19, false},   {0x1182, 42, 20, false},   {0x0cef, 43, 21, false},
    {0x09a1, 45, 22, false},   {0x072f, 46, 23, false},   {0x055c, 48, 24, false},
    {0x0406, 49, 25, false},   {0x0303, 51, 26, false},   {0x0240, 52, 27, false},
    {0x01b1, 54, 28, false},   {0x0144, 56, 29, false},   {0x00f5, 57, 30, false},
    {0x00b7, 59, 31, false},   {0x008a, 60, 32, false},   {0x0068, 62, 33, false},
    {0x004e, 63, 34, false},   {0x003b, 32, 35, false},   {0x002c, 33, 9, false},
    {0x5ae1, 37, 37, true},    {0x484c, 64, 38, false},   {0x3a0d, 65, 39, false},
    {0x2ef1, 67, 40, false},   {0x261f, 68, 41, false},   {0x1f33, 69, 42, false},
    {0x19a8, 70, 43, false},   {0x1518, 72, 44, false},   {0x1177, 73, 45, false},
    {0x0e74, 74, 46, false},   {0x0bfb, 75, 47, false},   {0x09f8, 77, 48, false},
    {0x0861, 78, 49, false},   {0x0706, 79, 50, false},   {0x05cd, 48, 51, false},
    {0x04de, 50, 52, false},   {0x040f, 50, 53, false},   {0x0363, 51, 54, false},
    {0x02d4, 52, 55, false},   {0x025c, 53, 56, false},   {0x01f8, 54, 57, false},
    {0x01a4, 55, 58, false},   {0x0160, 56, 59, false},   {0x0125, 57, 60, false},
    {0x00f6, 58, 61, false},   {0x00cb, 59, 62, false},   {0x00ab, 61, 63, false},
    {0x008f, 61, 32, false},   {0x5b12, 65, 65, true},    {0x4d04, 80, 66, false},
    {0x412c, 81, 67, false},   {0x37d8, 82, 68, false},   {0x2fe8, 83, 69, false},
    {0x293c, 84, 70, false},   {0x2379, 86, 71, false},   {0x1edf, 87, 72, false},
    {0x1aa9, 87, 73, false},   {0x174e, 72, 74, false},   {0x1424, 72, 75, false},
    {0x119c, 74, 76, false},   {0x0f6b, 74, 77, false},   {0x0d51, 75, 78, false},
    {0x0bb6, 77, 79, false},   {0x0a40, 77, 48, false},   {0x5832, 80, 81, true},
    {0x4d1c, 88, 82, false},   {0x438e, 89, 83, false},   {0x3bdd, 90, 84, false},
    {0x34ee, 91, 85, false},   {0x2eae, 92, 86, false},   {0x299a, 93, 87, false},
    {0x2516, 86, 71, false},   {0x5570, 88, 89, true},    {0x4ca9, 95, 90, false},
    {0x44d9, 96, 91, false},   {0x3e22, 97, 92, false},   {0x3824, 99, 93, false},
    {0x32b4, 99, 94, false},   {0x2e17, 93, 86, false},   {0x56a8, 95, 96, true},
    {0x4f46, 101, 97, false},  {0x47e5, 102, 98, false},  {0x41cf, 103, 99, false},
    {0x3c3d, 104, 100, false}, {0x375e, 99, 93, false},   {0x5231, 105, 102, false},
    {0x4c0f, 106, 103, false}, {0x4639, 107, 104, false}, {0x415e, 103, 99, false},
    {0x5627, 105, 106, true},  {0x50e7, 108, 107, false}, {0x4b85, 109, 103, false},
    {0x5597, 110, 109, false}, {0x504f, 111, 107, false}, {0x5a10, 110, 111, true},
    {0x5522, 112, 109, false}, {0x59eb, 112, 111, true},  {0x5a1d, EVEN_STATE, EVEN_STATE, false}};

enum { POINT = 19 /* the bits of the code register below a byte that is complete */ };

/* The bits above the point are a byte, and perhaps a carry into those before it. */
static void write_byte(struct jpeg_arithmetic *coder) {
    const uint64_t top = coder->code >> POINT;
    const uint8_t byte = (uint8_t)top;
    if (top > 0xff) { /* a byte takes at most one carry, so this is linear */
        size_t i = coder->bytes.size;
        while (i > 0 && ++coder->bytes.data[--i] == 0) {
        }
    }
    const enum bswz_status status =
        coder->bytes.size < coder->most ? byte_buffer_append(&coder->bytes, &byte, 1, NULL) : BSWZ_ERROR_FORMAT;
    if (status != BSWZ_OK && coder->status == BSWZ_OK) {
        coder->status = status;
    }
    coder->code &= ((uint64_t)1 << POINT) - 1;
}

/* The next byte, or zero after the last. */
static uint32_t read_byte(struct jpeg_arithmetic *coder) {
    if (coder->at == coder->in_size) {
        return 0;
    }
    const uint8_t byte = coder->in[coder->at++];
    coder->at += byte == 0xff && coder->at < coder->in_size; /* a zero */
    return byte;
}

/* Double the interval until it is large enough. */
static void renormalise(struct jpeg_arithmetic *coder) {
    do {
        if (coder->in != NULL && coder->to_byte == 0) {
            coder->code += (uint64_t)read_byte(coder) << 8;
            coder->to_byte = 8;
        }
        coder->interval <<= 1;
        coder->code <<= 1;
        if (--coder->to_byte == 0 && coder->in == NULL) {
            write_byte(coder);
            coder->to_byte = 8;
        }
    } while (coder->interval < 0x8000);
    if (coder->in != NULL) {
        coder->code &= UINT32_MAX;
    }
}

/* Code a decision, or read it: returns the outcome. */
static bool decide(struct jpeg_arithmetic *coder, uint8_t *state, bool outcome) {
    const struct estimate *estimate = &estimates[*state & ~OUTCOME];
    const bool more = (*state & OUTCOME) != 0; /* the more probable outcome */
    const uint32_t less = estimate->less;
    coder->interval -= less;
    /* The upper part has the size `less`; where the lower one is smaller, the outcomes are exchanged. */
    const bool is_exchanged = coder->interval < less;
    bool is_upper = (outcome != more) != is_exchanged;
    if (coder->in != NULL) {
        is_upper = coder->code >> 16 >= coder->interval;
        outcome = more != (is_upper != is_exchanged);
    } else if (is_upper) {
        coder->code += coder->interval;
    }
    if (is_upper) {
        coder->code -= coder->in != NULL ? (uint64_t)coder->interval << 16 : 0;
        coder->interval = less;
    } else if (coder->interval >= 0x8000) {
        return outcome;
    }
    if (outcome == more) {
        *state = estimate->after_more | (more ? OUTCOME : 0);
    } else {
        *state = estimate->after_less | (more != estimate->swaps ? OUTCOME : 0);
    }
    renormalise(coder);
    return outcome;
}

static void fail(struct jpeg_arithmetic *coder) {
    if (coder->status == BSWZ_OK) {
        coder->status = BSWZ_ERROR_FORMAT;
    }
}

void jpeg_arithmetic_begin(struct jpeg_arithmetic *coder) {
    memset(coder->dc, 0, sizeof coder->dc);
    memset(coder->ac, 0, sizeof coder->ac);
    memset(coder->before, 0, sizeof coder->before);
    memset(coder->context, 0, sizeof coder->context);
    coder->even = EVEN_STATE;
    coder->bytes.size = 0;
    coder->interval = 0x10000;
    coder->code = 0;
    coder->to_byte = 11;
    if (coder->in != NULL) {
        coder->code = (uint64_t)read_byte(coder) << 24;
        coder->code |= (uint64_t)read_byte(coder) << 16;
        coder->to_byte = 0;
    }
}

enum bswz_status jpeg_arithmetic_end(struct jpeg_arithmetic *coder) {
    /* of all numbers in the interval, that which ends with the most zeros */
    const uint64_t top = (coder->code + coder->interval - 1) & ~(uint64_t)0xffff;
    coder->code = (top < coder->code ? top + 0x8000 : top) << coder->to_byte;
    for (unsigned i = 0; i < 2; i++) {
        write_byte(coder);
        coder->code <<= 8;
    }
    while (coder->bytes.size > 0 && coder->bytes.data[coder->bytes.size - 1] == 0) {
        coder->bytes.size--;
    }
    return coder->status;
}

void jpeg_arithmetic_free(struct jpeg_arithmetic *coder) {
    free(coder->bytes.data);
}

/* ---- numbers ---- */

enum {
    SIZE_BITS = 14, /* from the decisions about a size to those about its bits */
    SIZES_MAX = 15,
    DC_SIZES = 20,
    AC_SIZES_LOW = 189,
    AC_SIZES_HIGH = 217
};

/* The number of bits after the first of a magnitude - 1, whose first decision has been made: it is not 0. */
static unsigned code_size(struct jpeg_arithmetic *coder, uint8_t **state, unsigned size, unsigned wanted) {
    while (decide(coder, *state, size < wanted)) {
        if (++size == SIZES_MAX) {
            fail(coder);
            break;
        }
        (*state)++;
    }
    return size;
}

/* The bits of a number below its first. */
static unsigned code_bits(struct jpeg_arithmetic *coder, uint8_t *state, unsigned size, unsigned number) {
    unsigned value = 1u << size;
    while (size-- > 0) {
        value |= (unsigned)decide(coder, state, (number >> size & 1) != 0) << size;
    }
    return value;
}

static unsigned last_bit(unsigned number) {
    return number == 0 ? 0 : 31 - (unsigned)__builtin_clz(number);
}

static int code_difference(struct jpeg_arithmetic *coder, const struct jpeg_scan *scan, unsigned part, int difference) {
    const unsigned table = scan->part[part].dc;
    uint8_t *bins = coder->dc[table], *state = bins + coder->context[part];
    if (!decide(coder, state, difference != 0)) {
        coder->context[part] = 0;
        return 0;
    }
    const bool is_negative = decide(coder, state + 1, difference < 0);
    const unsigned rest = (unsigned)abs(difference) - 1;
    unsigned value = 0, size = 0;
    uint8_t context = is_negative ? 8 : 4;
    state += is_negative ? 3 : 2;
    if (decide(coder, state, rest > 0)) {
        state = bins + DC_SIZES;
        size = code_size(coder, &state, 0, last_bit(rest));
        value = code_bits(coder, state + SIZE_BITS, size, rest);
    }
    const unsigned magnitude = value == 0 ? 0 : 1u << size;
    if (magnitude < 1u << scan->conditioning.dc_lower[table] >> 1) {
        context = 0;
    } else if (magnitude > 1u << scan->conditioning.dc_upper[table] >> 1) {
        context += 8;
    }
    coder->context[part] = context;
    return is_negative ? -(int)value - 1 : (int)value + 1;
}

/* A value that is not zero, of the coefficient k. */
static int code_value(struct jpeg_arithmetic *coder, const struct jpeg_scan *scan, unsigned part, unsigned k,
                      uint8_t *state, int value) {
    const unsigned table = scan->part[part].ac;
    const bool is_negative = decide(coder, &coder->even, value < 0);
    const unsigned wanted = value == 0 ? 0 : (unsigned)abs(value) - 1;
    unsigned rest = 0;
    if (decide(coder, state, wanted > 0)) {
        unsigned size = 0;
        if (decide(coder, state, wanted > 1)) {
            state = coder->ac[table] + (k <= scan->conditioning.ac_kink[table] ? AC_SIZES_LOW : AC_SIZES_HIGH);
            size = code_size(coder, &state, 1, last_bit(wanted));
        }
        rest = code_bits(coder, state + SIZE_BITS, size, wanted);
    }
    return is_negative ? -(int)rest - 1 : (int)rest + 1;
}

/* ---- blocks ---- */

static int checked(struct jpeg_arithmetic *coder, int value) {
    if (value > JPEG_LARGEST || value < -JPEG_LARGEST) {
        fail(coder);
        return 0;
    }
    return value;
}

static void code_dc(struct jpeg_arithmetic *coder, const struct jpeg_scan *scan, unsigned part, int16_t *value) {
    const int before = coder->before[part], shown = *value >> scan->low;
    const int difference = code_difference(coder, scan, part, shown - before);
    if (coder->in != NULL) {
        coder->before[part] = checked(coder, before + difference);
        *value = (int16_t)checked(coder, coder->before[part] * (1 << scan->low));
    } else {
        coder->before[part] = shown;
    }
}

/* What a first scan shows of a value. */
static int shown_of(int value, unsigned low) {
    return value < 0 ? -(-value >> low) : value >> low;
}

static void code_ac_first(struct jpeg_arithmetic *coder, const struct jpeg_scan *scan, unsigned part,
                          int16_t block[JPEG_BLOCK]) {
    const unsigned table = scan->part[part].ac, first = scan->first > 0 ? scan->first : 1;
    unsigned end = scan->last + 1; /* after the last value */
    while (end > first && shown_of(block[jpeg_zigzag[end - 1]], scan->low) == 0) {
        end--;
    }
    for (unsigned k = first; k <= scan->last; k++) {
        uint8_t *state = coder->ac[table] + 3 * (k - 1);
        if (decide(coder, state, k == end)) {
            return;
        }
        while (!decide(coder, state + 1, shown_of(block[jpeg_zigzag[k]], scan->low) != 0)) {
            state += 3;
            if (++k > scan->last) {
                fail(coder);
                return;
            }
        }
        int16_t *at = &block[jpeg_zigzag[k]];
        const int value = code_value(coder, scan, part, k, state + 2, shown_of(*at, scan->low));
        if (coder->in != NULL) {
            *at = (int16_t)checked(coder, value * (1 << scan->low));
        }
    }
}

static void code_ac_refinement(struct jpeg_arithmetic *coder, const struct jpeg_scan *scan, int16_t block[JPEG_BLOCK]) {
    const unsigned table = scan->part[0].ac;
    const int bit = 1 << scan->low;
    unsigned end = scan->last + 1, before = scan->last + 1; /* after the last value, and the last of earlier scans */
    while (end > scan->first && abs(block[jpeg_zigzag[end - 1]]) >> scan->low == 0) {
        end--;
    }
    while (before > scan->first && abs(block[jpeg_zigzag[before - 1]]) >> scan->high == 0) {
        before--;
    }
    for (unsigned k = scan->first; k <= scan->last; k++) {
        uint8_t *state = coder->ac[table] + 3 * (k - 1);
        if (k >= before && decide(coder, state, k == end)) {
            return;
        }
        for (;; state += 3) {
            int16_t *at = &block[jpeg_zigzag[k]];
            const int size = abs(*at) >> scan->low;
            if (size > 1) {
                const bool is_set = decide(coder, state + 2, (size & 1) != 0);
                if (coder->in != NULL && is_set) {
                    *at = (int16_t)checked(coder, *at < 0 ? *at - bit : *at + bit);
                }
                break;
            }
            if (decide(coder, state + 1, size != 0)) {
                const bool is_negative = decide(coder, &coder->even, *at < 0);
                if (coder->in != NULL) {
                    *at = (int16_t)checked(coder, is_negative ? -bit : bit);
                }
                break;
            }
            if (++k > scan->last) {
                fail(coder);
                return;
            }
        }
    }
}

void jpeg_arithmetic_block(struct jpeg_arithmetic *coder, const struct jpeg_scan *scan, unsigned part,
                           int16_t block[JPEG_BLOCK]) {
    if (!scan->is_progressive) {
        code_dc(coder, scan, part, &block[0]);
        code_ac_first(coder, scan, part, block);
    } else if (scan->first > 0) {
        if (scan->high == 0) {
            code_ac_first(coder, scan, part, block);
        } else {
            code_ac_refinement(coder, scan, block);
        }
    } else if (scan->high == 0) {
        code_dc(coder, scan, part, &block[0]);
    } else if (decide(coder, &coder->even, (block[0] >> scan->low & 1) != 0) && coder->in != NULL) {
        block[0] = (int16_t)checked(coder, block[0] | 1 << scan->low);
    }
}
