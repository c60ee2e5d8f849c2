/* SPDX-License-Identifier: MIT */
/*
 * The screen and the numbers of its colours (canvas.h).
 */
#include "gif/canvas.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

/* A colour that occurs several times in a table has several numbers; after the first few, they depend on the index. */
enum { KEY_TWIN = 1 << 24, TWINS = 127 };
#define KEY_PLACE 0x80000000u
#define KEY_NONE 0xffffffffu

enum { DISPOSAL_BACKGROUND = 2, DISPOSAL_BEFORE = 3 };

struct colour {
    uint32_t key;     /* identifies the colour */
    uint32_t visible; /* the number of the colour as displayed */
    uint32_t table;   /* the last table that contains it */
};

struct rectangle {
    uint32_t left, top, width, height;
};

struct gif_canvas {
    uint32_t width, height;
    uint32_t *numbers; /* width * height */
    struct colour *colours;
    uint32_t count, room, tables;
    uint32_t *slots; /* an open hash table of numbers; 0: empty */
    uint32_t slot_bits;
    uint8_t *index_of;         /* for the numbers of the view */
    uint32_t *before, *pixels; /* of an image */
    /* what happens to the last image before the next one */
    unsigned disposal;
    struct rectangle last;
    uint32_t *saved; /* what was there, for DISPOSAL_BEFORE */
};

/* ---- numbers ---- */

static uint32_t *slot_of(const struct gif_canvas *canvas, uint32_t key) {
    uint32_t slot = key * 0x9e3779b1u >> (32 - canvas->slot_bits);
    while (canvas->slots[slot] != 0 && canvas->colours[canvas->slots[slot]].key != key) {
        slot = (slot + 1) & ((1u << canvas->slot_bits) - 1);
    }
    return &canvas->slots[slot];
}

/* Make room for the colours of one more table. */
static bool make_room(struct gif_canvas *canvas) {
    if (canvas->room - canvas->count >= GIF_TABLE_LARGEST) {
        return true;
    }
    const uint32_t room = canvas->room == 0 ? 1024 : 2 * canvas->room;
    struct colour *colours = bswz_grow(canvas->colours, canvas->count * sizeof *colours, room * sizeof *colours);
    canvas->colours = colours != NULL ? colours : canvas->colours;
    uint8_t *index_of = bswz_grow(canvas->index_of, canvas->count, room);
    canvas->index_of = index_of != NULL ? index_of : canvas->index_of;
    free(canvas->slots);
    canvas->slot_bits = 1;
    while (1u << canvas->slot_bits < 2 * room) {
        canvas->slot_bits++;
    }
    canvas->slots = bswz_allocate_zero((size_t)1 << canvas->slot_bits, sizeof *canvas->slots);
    if (colours == NULL || index_of == NULL || canvas->slots == NULL) {
        return false;
    }
    canvas->room = room;
    for (uint32_t i = 1; i < canvas->count; i++) {
        *slot_of(canvas, colours[i].key) = i;
    }
    return true;
}

static uint32_t number_of(struct gif_canvas *canvas, uint32_t key, uint32_t visible) {
    uint32_t *slot = slot_of(canvas, key);
    if (*slot == 0) {
        *slot = canvas->count;
        canvas->colours[canvas->count] = (struct colour){.key = key, .visible = visible == 0 ? canvas->count : visible};
        canvas->count++;
    }
    return *slot;
}

/* The number of an index, different from those of all indices before it. */
static uint32_t number_of_index(struct gif_canvas *canvas, const uint8_t *colour, unsigned index) {
    uint32_t key = KEY_PLACE | index, number = 0;
    if (colour != NULL) {
        const uint32_t rgb = (uint32_t)colour[0] << 16 | (uint32_t)colour[1] << 8 | colour[2];
        uint32_t visible = 0;
        for (unsigned twin = 0; twin < TWINS; twin++) {
            number = number_of(canvas, rgb + twin * KEY_TWIN, visible);
            visible = twin == 0 ? number : visible;
            if (canvas->colours[number].table != canvas->tables) {
                canvas->colours[number].table = canvas->tables;
                return number;
            }
        }
    }
    return number_of(canvas, key, 0);
}

/* ---- the screen ---- */

enum bswz_status gif_canvas_create(uint32_t width, uint32_t height, uint64_t largest, struct gif_canvas **created,
                                   struct bswz_error *error) {
    struct gif_canvas *canvas = *created = bswz_allocate_zero(1, sizeof *canvas);
    if (canvas == NULL) {
        return bswz_no_memory(error);
    }
    canvas->width = width;
    canvas->height = height;
    canvas->numbers = bswz_allocate_zero((size_t)width * height, sizeof *canvas->numbers);
    canvas->before = bswz_allocate((size_t)largest, sizeof *canvas->before);
    canvas->pixels = bswz_allocate((size_t)largest, sizeof *canvas->pixels);
    if (canvas->numbers == NULL || canvas->before == NULL || canvas->pixels == NULL || !make_room(canvas)) {
        return bswz_no_memory(error);
    }
    canvas->colours[0] = (struct colour){.key = KEY_NONE};
    canvas->count = 1;
    return BSWZ_OK;
}

void gif_canvas_free(struct gif_canvas *canvas) {
    if (canvas != NULL) {
        free(canvas->numbers);
        free(canvas->colours);
        free(canvas->slots);
        free(canvas->index_of);
        free(canvas->before);
        free(canvas->pixels);
        free(canvas->saved);
        free(canvas);
    }
}

/* The part of an image that is on the screen. */
static struct rectangle inside(const struct gif_canvas *canvas, const struct gif_image *image) {
    struct rectangle part = {.left = image->left, .top = image->top};
    if (image->left < canvas->width && image->top < canvas->height) {
        const uint32_t across = canvas->width - image->left, down = canvas->height - image->top;
        part.width = image->width < across ? image->width : across;
        part.height = image->height < down ? image->height : down;
    }
    return part;
}

static uint32_t *place(const struct gif_canvas *canvas, const struct rectangle *part, uint32_t row) {
    return canvas->numbers + (size_t)(part->top + row) * canvas->width + part->left;
}

static void dispose(struct gif_canvas *canvas) {
    const struct rectangle *last = &canvas->last;
    const size_t size = last->width * sizeof *canvas->numbers;
    for (uint32_t y = 0; y < last->height && canvas->disposal == DISPOSAL_BACKGROUND; y++) {
        memset(place(canvas, last, y), 0, size);
    }
    for (uint32_t y = 0; y < last->height && canvas->disposal == DISPOSAL_BEFORE; y++) {
        memcpy(place(canvas, last, y), canvas->saved + (size_t)y * last->width, size);
    }
    canvas->disposal = 0;
}

static bool save(struct gif_canvas *canvas) {
    const struct rectangle *last = &canvas->last;
    free(canvas->saved);
    canvas->saved = bswz_allocate((size_t)last->width * last->height, sizeof *canvas->saved);
    for (uint32_t y = 0; y < last->height && canvas->saved != NULL; y++) {
        memcpy(canvas->saved + (size_t)y * last->width, place(canvas, last, y), last->width * sizeof *canvas->saved);
    }
    return canvas->saved != NULL;
}

/* ---- images ---- */

enum bswz_status gif_canvas_view(struct gif_canvas *canvas, const uint8_t *bytes, const struct gif_image *image,
                                 struct gif_view *view, struct bswz_error *error) {
    const struct rectangle part = inside(canvas, image);
    if (!make_room(canvas)) {
        return bswz_no_memory(error);
    }
    dispose(canvas);
    canvas->tables++;
    view->colours = 1u << image->index_bits;
    for (unsigned i = 0; i < view->colours; i++) {
        const uint8_t *colour = i < image->colours ? bytes + image->table + 3 * i : NULL;
        view->palette[i] = (int)i == image->transparent ? 0 : number_of_index(canvas, colour, i);
        canvas->index_of[view->palette[i]] = (uint8_t)i;
    }
    memset(canvas->before, 0, (size_t)image->width * image->height * sizeof *canvas->before);
    for (uint32_t y = 0; y < part.height; y++) {
        memcpy(canvas->before + (size_t)y * image->width, place(canvas, &part, y), part.width * sizeof *canvas->before);
    }
    view->before = canvas->before;
    view->pixels = canvas->pixels;
    return BSWZ_OK;
}

void gif_view_from_indices(const struct gif_view *view, const struct gif_image *image, const uint8_t *indices) {
    const size_t pixels = (size_t)image->width * image->height;
    for (size_t i = 0; i < pixels; i++) {
        view->pixels[i] = view->palette[indices[i]];
    }
}

void gif_view_to_indices(struct gif_canvas *canvas, const struct gif_view *view, const struct gif_image *image,
                         uint8_t *indices) {
    const size_t pixels = (size_t)image->width * image->height;
    for (size_t i = 0; i < pixels; i++) {
        indices[i] = canvas->index_of[view->pixels[i]];
    }
}

enum bswz_status gif_canvas_draw(struct gif_canvas *canvas, const struct gif_view *view, const struct gif_image *image,
                                 struct bswz_error *error) {
    const struct rectangle part = canvas->last = inside(canvas, image);
    canvas->disposal = image->disposal;
    if (canvas->disposal == DISPOSAL_BEFORE && !save(canvas)) {
        canvas->disposal = 0;
        return bswz_no_memory(error);
    }
    for (uint32_t y = 0; y < part.height; y++) {
        const uint32_t *from = view->pixels + (size_t)y * image->width;
        uint32_t *to = place(canvas, &part, y);
        for (uint32_t x = 0; x < part.width; x++) {
            to[x] = from[x] == 0 ? to[x] : canvas->colours[from[x]].visible;
        }
    }
    return BSWZ_OK;
}
