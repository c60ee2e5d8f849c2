/* SPDX-License-Identifier: MIT */
/*
 * Pushing noted decisions, and the ends of chunks (decisions.h explains).
 */
#include "mixing/decisions.h"

#include "base/allocate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void decisions_begin_encoding(struct decisions *decisions, struct byte_buffer *out, size_t limit, double *bits) {
    *decisions =
        (struct decisions){.out = out, .start = out->size, .limit = limit, .bits = bits, .range = (uint64_t)1 << 63};
}

static void read_state(struct decisions *d) {
    d->state = 0;
    for (unsigned i = 0; i < DECISION_STATE_BYTES && d->at < d->size; i++) {
        d->state |= (uint64_t)d->bytes[d->at++] << 8 * i;
    }
    d->count = 0;
}

void decisions_begin_decoding(struct decisions *decisions, const uint8_t *bytes, size_t size) {
    *decisions = (struct decisions){.is_decoding = true, .bytes = bytes, .size = size};
    read_state(decisions);
}

void decisions_next_chunk(struct decisions *d) {
    d->is_damaged |= d->state != DECISION_LOWEST;
    d->is_dry |= d->at == d->size;
    read_state(d);
}

bool decisions_grow(struct decisions *d) {
    if (d->failed || d->is_over) {
        return false;
    }
    if (d->count == DECISION_CHUNK) {
        decisions_push_chunk(d, false);
        return !d->failed && !d->is_over;
    }
    const size_t capacity = d->capacity ? 4 * d->capacity : 4096;
    uint32_t *noted = bswz_grow(d->noted, d->count * sizeof *noted, capacity * sizeof *noted);
    if (noted == NULL) {
        d->failed = true;
        return false;
    }
    d->noted = noted;
    d->capacity = capacity;
    return true;
}

double decision_cost(unsigned bit, uint32_t one) {
    return DECISION_BITS - log2(bit ? one : DECISION_ONE - one);
}

static void count_bits(struct decisions *d) {
    for (size_t i = 0; i < d->count; i++) {
        const uint32_t noted = d->noted[i], one = (noted & 0xffff) + 1;
        d->bits[noted >> 17] += decision_cost(noted >> 16 & 1, one);
    }
}

uint32_t decisions_measure(struct decisions *d) {
    uint32_t bits = 0;
    for (; d->measured < d->count; d->measured++) {
        const uint32_t noted = d->noted[d->measured], one = (noted & 0xffff) + 1;
        d->range = (d->range >> DECISION_BITS) * (noted >> 16 & 1 ? one : DECISION_ONE - one);
        const unsigned lost = (unsigned)__builtin_clzll(d->range);
        d->range <<= lost;
        bits += lost;
    }
    return bits;
}

double decisions_taken(const struct decisions *d) {
    return 8.0 * (double)d->at - log2(d->state > 0 ? (double)d->state : 1.0);
}

void decisions_place(struct decisions *d, uint32_t x, uint32_t width, enum cost_kind kind) {
    const double before = d->placed;
    d->placed = decisions_taken(d);
    cost_add(d->place, x, d->row, width, 1, kind, d->placed - before);
}

void decisions_pass(struct decisions *d) {
    d->placed = decisions_taken(d);
}

/* Does the chunk that is at the end of the payload come back? */
static bool comes_back(const struct decisions *d, size_t start, bool is_last) {
    struct decisions popped;
    decisions_begin_decoding(&popped, d->out->data + start, d->out->size - start);
    bool is_right = true;
    for (size_t i = 0; i < d->count; i++) {
        is_right &= decide(&popped, 0, (d->noted[i] & 0xffff) + 1) == (d->noted[i] >> 16 & 1);
    }
    return is_right && popped.at == popped.size && popped.state == (is_last ? 0 : DECISION_LOWEST) &&
           (is_last || !popped.is_dry);
}

void decisions_push_chunk(struct decisions *d, bool is_last) {
    if (d->failed || d->is_over) {
        return;
    }
    if (d->bits != NULL) {
        count_bits(d);
    }
    /* one word per decision is enough: a decision takes at most 16 bits */
    uint8_t *words = bswz_allocate(d->count, 2);
    if (words == NULL) {
        d->failed = true;
        return;
    }
    const size_t end = 2 * d->count;
    size_t at = end; /* counts down from the end: what is pushed last is read first */
    uint64_t state = is_last ? 0 : DECISION_LOWEST;
    for (size_t i = d->count; i-- > 0;) {
        const uint32_t noted = d->noted[i], one = (noted & 0xffff) + 1;
        const bool is_one = noted >> 16 & 1;
        const uint64_t frequency = is_one ? one : DECISION_ONE - one;
        if (state >= frequency << 32) {
            words[--at] = (uint8_t)(state >> 8);
            words[--at] = (uint8_t)state;
            state >>= 16;
        }
        state = (state / frequency << DECISION_BITS) + state % frequency + (is_one ? 0 : one);
    }
    uint8_t first[DECISION_STATE_BYTES];
    size_t first_size = DECISION_STATE_BYTES;
    for (unsigned i = 0; i < DECISION_STATE_BYTES; i++) {
        first[i] = (uint8_t)(state >> 8 * i);
    }
    while (is_last && at == end && first_size > 0 && first[first_size - 1] == 0) {
        first_size--;
    }
    enum bswz_status status = byte_buffer_append(d->out, first, first_size, NULL);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(d->out, words + at, end - at, NULL);
    }
    free(words);
    d->failed = status != BSWZ_OK;
    d->is_damaged |= d->are_proven && !d->failed && !comes_back(d, d->out->size - first_size - (end - at), is_last);
    d->is_over = d->out->size - d->start > d->limit;
    d->count = d->measured = 0;
}

bool decisions_end(struct decisions *d) {
    if (!d->is_decoding) {
        decisions_push_chunk(d, true);
        free(d->noted);
        d->noted = NULL;
        return !d->failed;
    }
    return !d->is_damaged && d->state == 0 && d->at == d->size;
}
