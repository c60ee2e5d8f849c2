/* SPDX-License-Identifier: MIT */
/*
 * From palette indices to colours and back (indices.h).
 */
#include "image/indices.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES = PICTURE_ENTRIES_MAX, PLACES = 1024, RECORD_PREFIX = 4, RULE_BYTES = PICTURE_RULE_BYTES, OPAQUE = 255 };

void whole_picture_free(struct whole_picture *picture) {
    free(picture->head.data);
    free(picture->samples);
    *picture = (struct whole_picture){.samples = NULL};
}

bool indices_are_eligible(const struct picture_info *info) {
    return info->indexed && (info->format == PICTURE_PNG || info->format == PICTURE_PNG_FILE) &&
           (uint64_t)info->width * info->height <= INDICES_PIXELS_MAX;
}

static bool is_type(const struct picture_chunk *chunk, const char *type) {
    return memcmp(chunk->type, type, 4) == 0;
}

static bool find_rule(const struct byte_buffer *head, struct picture_chunk *rule) {
    return head->size >= RECORD_PREFIX &&
           picture_chunk_find(head->data + RECORD_PREFIX, head->size - RECORD_PREFIX, "INDX", rule);
}

bool indices_are_wanted(const struct picture_info *info, const struct byte_buffer *head) {
    struct picture_chunk rule;
    return (info->format == PICTURE_PNG || info->format == PICTURE_PNG_FILE) && find_rule(head, &rule);
}

/* ---- palettes ---- */

/* Colours are numbers: red in the lowest byte, alpha in the highest. */
struct colours {
    unsigned count;
    uint32_t entry[ENTRIES];
    uint32_t place_colour[PLACES]; /* an open hash table */
    uint16_t place[PLACES];        /* the number of the entry, + 1 */
};

static uint32_t load_colour(const uint8_t *bytes, unsigned channels) {
    const uint32_t alpha = channels == 4 ? bytes[3] : OPAQUE;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | alpha << 24;
}

static bool is_opaque(uint32_t colour) {
    return colour >> 24 == OPAQUE;
}

static unsigned place_of(const struct colours *colours, uint32_t colour) {
    unsigned place = colour * 0x9e3779b1u >> 22;
    while (colours->place[place] != 0 && colours->place_colour[place] != colour) {
        place = (place + 1) % PLACES;
    }
    return place;
}

/* False: there are too many. */
static bool add_colour(struct colours *colours, uint32_t colour) {
    const unsigned place = place_of(colours, colour);
    if (colours->place[place] != 0) {
        return true;
    }
    if (colours->count == ENTRIES) {
        return false;
    }
    colours->entry[colours->count++] = colour;
    colours->place_colour[place] = colour;
    colours->place[place] = (uint16_t)colours->count;
    return true;
}

/* Move the colours that are not opaque to the front. number: the new number of each. */
static void sort_colours(struct colours *colours, bool opaque_last, uint8_t number[ENTRIES]) {
    uint32_t sorted[ENTRIES];
    unsigned count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < colours->count; i++) {
            if ((opaque_last && is_opaque(colours->entry[i])) == (pass == 1)) {
                number[i] = (uint8_t)count;
                sorted[count++] = colours->entry[i];
            }
        }
    }
    memcpy(colours->entry, sorted, count * sizeof *sorted);
}

/* How many entries of tRNS the colours need. */
static unsigned transparent_entries(const struct colours *colours) {
    unsigned count = colours->count;
    while (count > 0 && is_opaque(colours->entry[count - 1])) {
        count--;
    }
    return count;
}

/* ---- records ---- */

static enum bswz_status put_palette(struct byte_buffer *out, const struct colours *colours,
                                    const struct picture_chunk *rule, struct bswz_error *error) {
    uint8_t palette[3 * ENTRIES];
    for (unsigned i = 0; i < colours->count; i++) {
        palette[3 * i] = (uint8_t)colours->entry[i];
        palette[3 * i + 1] = (uint8_t)(colours->entry[i] >> 8);
        palette[3 * i + 2] = (uint8_t)(colours->entry[i] >> 16);
    }
    memcpy(palette + (size_t)3 * colours->count, rule->data + RULE_BYTES, rule->length - RULE_BYTES);
    return picture_record_add(out, "PLTE", palette, 3 * (size_t)colours->count + rule->length - RULE_BYTES, error);
}

static enum bswz_status put_transparency(struct byte_buffer *out, const struct colours *colours,
                                         struct bswz_error *error) {
    uint8_t alpha[ENTRIES];
    const unsigned count = transparent_entries(colours);
    for (unsigned i = 0; i < count; i++) {
        alpha[i] = (uint8_t)(colours->entry[i] >> 24);
    }
    return picture_record_add(out, "tRNS", alpha, count, error);
}

/* The record of the picture with indices. */
static enum bswz_status restore_record(const struct byte_buffer *head, const struct colours *colours,
                                       const struct picture_chunk *rule, struct byte_buffer *out,
                                       struct bswz_error *error) {
    const uint8_t *rest = head->data + RECORD_PREFIX;
    size_t left = head->size - RECORD_PREFIX;
    struct picture_chunk chunk;
    enum bswz_status status = picture_record_begin(out, rule->data[0], 3, head->data[3] != 0, error);
    while (status == BSWZ_OK && picture_chunk_next(&rest, &left, &chunk)) {
        status = is_type(&chunk, "INDX") ? put_palette(out, colours, rule, error)
                 : is_type(&chunk, "tRNS") && chunk.length == 0
                     ? put_transparency(out, colours, error)
                     : picture_record_add(out, (const char *)chunk.type, chunk.data, chunk.length, error);
    }
    return status;
}

enum bswz_status indices_forget(const struct byte_buffer *head, struct byte_buffer *out, struct bswz_error *error) {
    static const char *const dropped[] = {"INDX", "tRNS", "bKGD", "hIST", "sBIT"};
    const uint8_t *rest = head->data + RECORD_PREFIX;
    size_t left = head->size - RECORD_PREFIX;
    struct picture_chunk chunk;
    enum bswz_status status = byte_buffer_append(out, head->data, RECORD_PREFIX, error);
    while (status == BSWZ_OK && picture_chunk_next(&rest, &left, &chunk)) {
        bool keep = true;
        for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
            keep = keep && !is_type(&chunk, dropped[i]);
        }
        if (keep) {
            status = picture_record_add(out, (const char *)chunk.type, chunk.data, chunk.length, error);
        }
    }
    return status;
}

/* ---- restoring ---- */

enum bswz_status indices_restore(const struct picture_info *info, const struct byte_buffer *head,
                                 const uint8_t *colours, struct whole_picture *indexed, struct bswz_error *error) {
    const size_t pixels = (size_t)info->width * info->height;
    struct colours table = {.count = 0};
    struct picture_chunk rule;
    uint8_t number[ENTRIES];
    *indexed = (struct whole_picture){.info = *info};
    bool fits = find_rule(head, &rule) && picture_rule_is_sound(&rule, head->data[2]);
    for (size_t i = 0; i < pixels && fits; i++) {
        fits = add_colour(&table, load_colour(colours + i * info->channels, info->channels));
    }
    if (!fits || table.count + (rule.length - RULE_BYTES) / 3 > 1u << rule.data[0]) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: there are more colours than the palette has");
    }
    sort_colours(&table, rule.data[1] != 0, number);
    indexed->info.channels = 1;
    indexed->info.indexed = true;
    indexed->info.maxval = (uint16_t)((1u << rule.data[0]) - 1);
    indexed->samples = bswz_allocate(pixels, 1);
    enum bswz_status status = indexed->samples == NULL ? bswz_no_memory(error) : BSWZ_OK;
    for (size_t i = 0; i < pixels && status == BSWZ_OK; i++) {
        const uint32_t colour = load_colour(colours + i * info->channels, info->channels);
        indexed->samples[i] = number[table.place[place_of(&table, colour)] - 1];
    }
    if (status == BSWZ_OK) {
        status = restore_record(head, &table, &rule, &indexed->head, error);
    }
    if (status != BSWZ_OK) {
        whole_picture_free(indexed);
    }
    return status;
}

/* ---- the way there ---- */

struct palette_chunks {
    struct picture_chunk palette, transparency;
    bool is_transparent;
    unsigned used; /* entries up to the last one that a pixel has */
};

/* The record of the coloured picture, by one of the rules. */
static enum bswz_status colour_record(const struct byte_buffer *head, const struct palette_chunks *chunks,
                                      uint8_t opaque_last, struct byte_buffer *out, struct bswz_error *error) {
    uint8_t rule[RULE_BYTES + 3 * ENTRIES] = {head->data[1], opaque_last};
    const size_t others = chunks->palette.length - (size_t)3 * chunks->used;
    const uint8_t *rest = head->data + RECORD_PREFIX;
    size_t left = head->size - RECORD_PREFIX;
    struct picture_chunk chunk;
    memcpy(rule + RULE_BYTES, chunks->palette.data + (size_t)3 * chunks->used, others);
    out->size = 0;
    enum bswz_status status = picture_record_begin(out, 8, chunks->is_transparent ? 6 : 2, head->data[3] != 0, error);
    while (status == BSWZ_OK && picture_chunk_next(&rest, &left, &chunk)) {
        status = is_type(&chunk, "PLTE") ? picture_record_add(out, "INDX", rule, RULE_BYTES + others, error)
                 : is_type(&chunk, "tRNS")
                     ? picture_record_add(out, "tRNS", NULL, 0, error)
                     : picture_record_add(out, (const char *)chunk.type, chunk.data, chunk.length, error);
    }
    return status;
}

/* Does the picture come back? */
static enum bswz_status comes_back(const struct whole_picture *coloured, const struct byte_buffer *head,
                                   const uint8_t *indices, bool *found, struct bswz_error *error) {
    struct whole_picture back;
    enum bswz_status status = indices_restore(&coloured->info, &coloured->head, coloured->samples, &back, NULL);
    *found = status == BSWZ_OK && back.head.size == head->size && memcmp(back.head.data, head->data, head->size) == 0 &&
             memcmp(back.samples, indices, (size_t)back.info.width * back.info.height) == 0;
    if (status == BSWZ_OK) {
        whole_picture_free(&back);
    }
    return status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error) : BSWZ_OK;
}

/* Look the colours up. False: an index has none, or only unused entries could be translucent. */
static bool look_up(struct whole_picture *coloured, struct palette_chunks *chunks, const uint8_t *indices) {
    const size_t pixels = (size_t)coloured->info.width * coloured->info.height;
    const unsigned entries = chunks->palette.length / 3, channels = coloured->info.channels;
    for (size_t i = 0; i < pixels; i++) {
        const unsigned index = indices[i];
        if (index >= entries) {
            return false;
        }
        memcpy(coloured->samples + i * channels, chunks->palette.data + (size_t)3 * index, 3);
        if (channels == 4) {
            coloured->samples[i * 4 + 3] =
                index < chunks->transparency.length ? chunks->transparency.data[index] : OPAQUE;
        }
        chunks->used = index >= chunks->used ? index + 1 : chunks->used;
    }
    return true;
}

enum bswz_status indices_to_colours(const struct picture_info *info, const struct byte_buffer *head,
                                    const uint8_t *indices, struct whole_picture *coloured, bool *found,
                                    struct bswz_error *error) {
    const size_t size = head->size - RECORD_PREFIX;
    struct palette_chunks chunks = {.used = 0};
    *found = false;
    *coloured = (struct whole_picture){.info = *info};
    if (!picture_chunk_find(head->data + RECORD_PREFIX, size, "PLTE", &chunks.palette)) {
        return BSWZ_OK;
    }
    chunks.is_transparent = picture_chunk_find(head->data + RECORD_PREFIX, size, "tRNS", &chunks.transparency);
    chunks.transparency.length = chunks.is_transparent ? chunks.transparency.length : 0;
    coloured->info.channels = chunks.is_transparent ? 4 : 3;
    coloured->info.indexed = false;
    coloured->info.maxval = 255;
    coloured->samples = bswz_allocate((size_t)info->width * info->height, coloured->info.channels);
    enum bswz_status status = coloured->samples == NULL ? bswz_no_memory(error) : BSWZ_OK;
    if (status == BSWZ_OK && look_up(coloured, &chunks, indices)) {
        for (uint8_t rule = 0; rule < 2 && status == BSWZ_OK && !*found; rule++) {
            status = colour_record(head, &chunks, rule, &coloured->head, error);
            if (status == BSWZ_OK) {
                status = comes_back(coloured, head, indices, found, error);
            }
        }
    }
    if (!*found) {
        whole_picture_free(coloured);
    }
    return status;
}
