/* SPDX-License-Identifier: MIT */
/*
 * Slots: the colours that were seen in a context.
 *
 * Four slots share a line of the cache. Which line it is does not depend on the pixel to the left for the contexts that
 * are asked first, so it can be fetched while that pixel is coded.
 */
#ifndef BSWZ_DRAWN_SLOTS_H
#define BSWZ_DRAWN_SLOTS_H

#include "drawn/drawn_model.h"

static inline unsigned slot_count(const struct slot *slot, unsigned place) {
    return slot->counts >> 4 * place & 15;
}

static inline unsigned slot_total(const struct slot *slot) {
    return slot_count(slot, 0) + slot_count(slot, 1) + slot_count(slot, 2);
}

/* Classes of the count of a colour, and of those of the others. */
static inline unsigned count_class(unsigned count) {
    static const uint8_t classes[16] = {0, 0, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 7};
    return classes[count];
}

static inline unsigned others_class(unsigned others) {
    static const uint8_t classes[16] = {0, 1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5};
    return classes[others < 15 ? others : 15];
}

static inline struct slot *line_at(const struct model *model, uint32_t line) {
    return model->slots + SLOTS * (size_t)(line >> (34 - model->slot_bits));
}

static inline uint16_t check_of(uint32_t hash) {
    return (uint16_t)((uint16_t)hash != 0 ? hash : 1);
}

/* The slot of a context, or NULL. */
static inline struct slot *known_slot(const struct model *model, uint32_t line, uint32_t hash) {
    struct slot *slots = line_at(model, line);
    const uint16_t check = check_of(hash);
    unsigned equal = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        equal |= (unsigned)(slots[i].check == check) << i;
    }
    return equal != 0 ? slots + __builtin_ctz(equal) : NULL;
}

/* The slot of a context, or the slot that it takes over: the one that has seen least, which is emptied first. */
static inline struct slot *find_slot(const struct model *model, uint32_t line, uint32_t hash) {
    struct slot *known = known_slot(model, line, hash);
    if (known != NULL) {
        return known;
    }
    struct slot *slots = line_at(model, line);
    unsigned least = slot_total(slots) << 2;
    for (unsigned i = 1; i < SLOTS; i++) {
        const unsigned here = slot_total(slots + i) << 2 | i;
        least = here < least ? here : least;
    }
    struct slot *slot = slots + (least & 3);
    slot->check = check_of(hash);
    slot->counts = 0;
    return slot;
}

/* Note that the colour has been seen. */
static inline void slot_learn(struct slot *slot, uint32_t colour) {
    if (slot->colour[0] == colour && (slot->counts & 0xff0) == 0 && (slot->counts & 15) != 0) {
        const unsigned count = slot->counts & 15;
        slot->counts = (uint16_t)((count + (count < 15)) | 1 << 12);
        return;
    }
    unsigned counts[3] = {slot_count(slot, 0), slot_count(slot, 1), slot_count(slot, 2)};
    unsigned place = 0;
    while (place < 3 && counts[place] != 0 && slot->colour[place] != colour) {
        place++;
    }
    const bool is_new = place == 3 || counts[place] == 0;
    place = place == 3 ? 2 : place;
    for (unsigned i = 0; i < 3; i++) {
        if (i != place && counts[i] > 2) {
            counts[i] = counts[i] * 3 / 4;
        }
    }
    if (is_new) {
        slot->colour[place] = colour;
        counts[place] = 1;
    } else {
        counts[place] += counts[place] < 15;
        while (place > 0 && counts[place] >= counts[place - 1]) {
            const unsigned count = counts[place];
            counts[place] = counts[place - 1];
            counts[place - 1] = count;
            slot->colour[place] = slot->colour[place - 1];
            slot->colour[--place] = colour;
        }
    }
    slot->counts = (uint16_t)(counts[0] | counts[1] << 4 | counts[2] << 8 | (place + 1) << 12);
}

#endif
