/* SPDX-License-Identifier: MIT */
/*
 * GIF files taken apart, and image data written from arbitrary choices.
 */
#include "fuzz.h"

#include "gif/canvas.h"
#include "gif/data.h"

/* The input is a file. Taking an image apart already checks that it comes back; anything else must end with a
 * status. */
void fuzz_gif_file(const uint8_t *data, size_t size) {
    struct gif_walk walk;
    struct gif_image image;
    struct gif_habits habits = GIF_HABITS_FIRST;
    struct byte_buffer choices = {0};
    struct gif_canvas *canvas = NULL;
    struct bswz_error error = {.status = BSWZ_OK};
    if (!gif_walk_begin(&walk, data, size) || (uint64_t)walk.width * walk.height > FUZZ_MEMORY_LIMIT ||
        gif_canvas_create(walk.width, walk.height, FUZZ_MEMORY_LIMIT, &canvas, &error) != BSWZ_OK) {
        return;
    }
    while (gif_walk_next(&walk, &image) == GIF_IMAGE) {
        const uint64_t pixels = (uint64_t)image.width * image.height;
        if (image.index_bits > 0 && pixels <= FUZZ_MEMORY_LIMIT) {
            uint8_t *indices = calloc(pixels, 1);
            size_t end;
            bool is_coded;
            FUZZ_DEMAND(indices != NULL, "no memory");
            fuzz_demand_words(
                gif_data_take_apart(data, size, &image, &habits, indices, &choices, &end, &is_coded, &error), &error);
            if (is_coded) {
                struct gif_view view;
                FUZZ_DEMAND(end >= image.data && end <= size, "it ends at %zu", end);
                fuzz_demand_words(gif_canvas_view(canvas, data, &image, &view, &error), &error);
                gif_view_from_indices(&view, &image, indices);
                fuzz_demand_words(gif_canvas_draw(canvas, &view, &image, &error), &error);
            }
            free(indices);
        }
        gif_walk_data(&walk);
        FUZZ_DEMAND(walk.at <= size, "%zu of %zu bytes", walk.at, size);
    }
    gif_canvas_free(canvas);
    free(choices.data);
}

/* The first three bytes: bits of an index, width, height; then choices, which also serve as indices. */
void fuzz_gif_data(const uint8_t *data, size_t size) {
    struct gif_image image = {.index_bits = 1 + fuzz_choice(&data, &size) % 8};
    image.width = 1 + fuzz_choice(&data, &size);
    image.height = 1 + fuzz_choice(&data, &size);
    const size_t pixels = (size_t)image.width * image.height;
    uint8_t *indices = malloc(pixels);
    FUZZ_DEMAND(indices != NULL, "no memory");
    for (size_t i = 0; i < pixels; i++) {
        indices[i] = size == 0 ? 0 : (uint8_t)(data[i % size] & ((1u << image.index_bits) - 1));
    }
    for (unsigned may_differ = 0; may_differ < 2; may_differ++) {
        struct cursor choices = {.bytes = data, .size = size};
        struct gif_habits habits = GIF_HABITS_FIRST;
        struct byte_buffer out = {0};
        struct bswz_error error = {.status = BSWZ_OK};
        if (!gif_data_is_kept(&choices)) {
            fuzz_demand_words(gif_data_write(&image, &habits, indices, may_differ, 60000, &choices, &out, &error),
                              &error);
        }
        FUZZ_DEMAND(choices.at <= size && out.size <= 200000, "%zu bytes", out.size);
        free(out.data);
    }
    free(indices);
}
