/* SPDX-License-Identifier: MIT */
/*
 * Walking through the blocks of a GIF file (blocks.h).
 */
#include "gif/blocks.h"

#include <string.h>

enum { INTRODUCES_EXTENSION = 0x21, INTRODUCES_IMAGE = 0x2c, GRAPHIC_CONTROL = 0xf9 };
enum { SCREEN_SIZE = 13, DESCRIPTOR_SIZE = 10 };
enum { HAS_TABLE = 0x80, IS_INTERLACED = 0x40 };

static uint32_t load_16(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

bool gif_is_signature(const uint8_t *bytes) {
    return memcmp(bytes, "GIF87a", GIF_SIGNATURE) == 0 || memcmp(bytes, "GIF89a", GIF_SIGNATURE) == 0;
}

static size_t left(const struct gif_walk *walk) {
    return walk->size - walk->at;
}

/* Take the colour table that these flags announce. */
static bool take_table(struct gif_walk *walk, unsigned flags, bool is_bare, size_t *table, unsigned *colours) {
    const unsigned count = (flags & HAS_TABLE) != 0 ? 2u << (flags & 7) : 0;
    const size_t size = is_bare ? 0 : 3 * (size_t)count;
    if (left(walk) < size) {
        return false;
    }
    if (count > 0) {
        *table = walk->at;
        *colours = count;
        walk->at += size;
    }
    return true;
}

static void forget_control(struct gif_walk *walk) {
    walk->disposal = 0;
    walk->transparent = -1;
}

bool gif_walk_begin(struct gif_walk *walk, const uint8_t *bytes, size_t size) {
    *walk = (struct gif_walk){.bytes = bytes, .size = size};
    forget_control(walk);
    if (size < SCREEN_SIZE || !gif_is_signature(bytes)) {
        return false;
    }
    walk->width = load_16(bytes + 6);
    walk->height = load_16(bytes + 8);
    walk->at = SCREEN_SIZE;
    return take_table(walk, bytes[10], false, &walk->global_table, &walk->global_colours);
}

bool gif_walk_data(struct gif_walk *walk) {
    while (left(walk) > 0) {
        const size_t length = walk->bytes[walk->at++];
        if (length == 0) {
            return true;
        }
        if (left(walk) < length) {
            break;
        }
        walk->at += length;
    }
    walk->at = walk->size;
    return false;
}

static bool take_extension(struct gif_walk *walk) {
    const uint8_t *bytes = walk->bytes + walk->at;
    if (left(walk) < 2) {
        return false;
    }
    if (bytes[1] == GRAPHIC_CONTROL && left(walk) >= 8 && bytes[2] >= 4) {
        walk->disposal = bytes[3] >> 2 & 7;
        walk->transparent = (bytes[3] & 1) != 0 ? bytes[6] : -1;
    }
    walk->at += 2;
    return gif_walk_data(walk);
}

static bool take_descriptor(struct gif_walk *walk, struct gif_image *image) {
    const uint8_t *bytes = walk->bytes + walk->at;
    if (left(walk) < DESCRIPTOR_SIZE) {
        return false;
    }
    *image = (struct gif_image){.left = load_16(bytes + 1),
                                .top = load_16(bytes + 3),
                                .width = load_16(bytes + 5),
                                .height = load_16(bytes + 7),
                                .has_own_table = (bytes[9] & HAS_TABLE) != 0,
                                .is_interlaced = (bytes[9] & IS_INTERLACED) != 0,
                                .table = walk->global_table,
                                .colours = walk->global_colours,
                                .disposal = walk->disposal,
                                .transparent = walk->transparent};
    walk->at += DESCRIPTOR_SIZE;
    if (!take_table(walk, bytes[9], walk->is_bare, &image->table, &image->colours) || left(walk) < 1) {
        return false;
    }
    const unsigned bits = walk->bytes[walk->at++];
    image->index_bits = bits >= 1 && bits <= 8 && image->width > 0 && image->height > 0 ? bits : 0;
    image->data = walk->at;
    forget_control(walk);
    return true;
}

enum gif_step gif_walk_next(struct gif_walk *walk, struct gif_image *image) {
    while (left(walk) > 0) {
        const size_t start = walk->at;
        switch (walk->bytes[walk->at]) {
        case INTRODUCES_IMAGE:
            if (take_descriptor(walk, image)) {
                return GIF_IMAGE;
            }
            walk->at = start;
            return GIF_SHORT;
        case INTRODUCES_EXTENSION:
            if (!take_extension(walk)) {
                walk->at = start;
                return GIF_SHORT;
            }
            break;
        case GIF_TRAILER: walk->at++; return GIF_END;
        case 0: /* some writers end data twice */ walk->at++; break;
        default: return GIF_DAMAGED;
        }
    }
    return GIF_SHORT;
}
