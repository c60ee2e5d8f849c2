/* SPDX-License-Identifier: MIT */
/*
 * JPEG files split into coefficients and a recipe, and rebuilt from arbitrary recipes, thumbnails and
 * coefficients.
 */
#include "fuzz.h"

#include "jpeg/file.h"
#include "jpeg/read.h"
#include "stream/thumbnails.h"

/* The input is a file. Splitting already checks that the file can be rebuilt, so this only checks that nothing is
 * lost afterwards. */
void fuzz_jpeg_file(const uint8_t *data, size_t size) {
    struct jpeg_planes planes;
    struct byte_buffer recipe = {0}, thumbnails = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    enum bswz_status status = jpeg_file_planes(data, size, &planes, &error);
    fuzz_demand_words(status, &error);
    if (status != BSWZ_OK || jpeg_memory_to_take_apart(&planes, size) > 2 * FUZZ_MEMORY_LIMIT) {
        return;
    }
    status = jpeg_file_take_apart(data, size, &planes, &recipe, &error);
    fuzz_demand_words(status, &error);
    if (status == BSWZ_OK) {
        uint8_t *blank = NULL;
        jpeg_planes_free(&planes);
        status = thumbnails_put(data, size, &thumbnails, &blank, &error);
        FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
        free(blank);
    }
    free(recipe.data);
    free(thumbnails.data);
}

/* Fill blocks with arbitrary valid coefficients. */
static void fill_blocks(struct jpeg_planes *planes, const uint8_t *data, size_t size) {
    size_t next = 0;
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        for (size_t i = 0; i < (size_t)component->rows * component->columns; i++) {
            for (unsigned f = 0; f < JPEG_BLOCK; f++) {
                const int value = size == 0 ? 0 : (int8_t)data[next++ % size];
                component->block[i][f] = (int16_t)(value > 100    ? JPEG_LARGEST
                                                   : value < -100 ? -JPEG_LARGEST
                                                                  : value / 20);
            }
        }
    }
}

static void write_files(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe, size_t file_size) {
    uint8_t *file = malloc(file_size), *again = malloc(file_size);
    struct bswz_error error = {.status = BSWZ_OK}, damage = {.status = BSWZ_OK};
    FUZZ_DEMAND(file != NULL && again != NULL, "no memory");
    const enum bswz_status status = jpeg_write(planes, recipe, NULL, file, file_size, &error);
    fuzz_demand_words(status, &error);
    const enum bswz_status damaged = jpeg_write_damaged(planes, recipe, NULL, again, file_size, &damage);
    fuzz_demand_words(damaged, &damage);
    if (status == BSWZ_OK) {
        FUZZ_DEMAND(damaged == BSWZ_OK && memcmp(file, again, file_size) == 0, "another file where nothing is damaged");
    }
    free(file);
    free(again);
}

/* The first two bytes: the size of the file; then a recipe, thumbnails, and the rest fills the blocks. */
void fuzz_recipe(const uint8_t *data, size_t size) {
    const unsigned high = fuzz_choice(&data, &size), low = fuzz_choice(&data, &size);
    const size_t file_size = 1 + (high << 8 | low);
    struct cursor cursor = {.bytes = data, .size = size}, start = cursor;
    struct jpeg_recipe recipe = {.headers = {0}};
    struct jpeg_planes planes;
    struct bswz_error error = {.status = BSWZ_OK};
    size_t wanted;
    if (!jpeg_recipe_skip(&cursor, file_size, &wanted)) {
        FUZZ_DEMAND(!cursor.is_short || wanted > size, "%zu bytes wanted, there are %zu", wanted, size);
        return;
    }
    const uint8_t *rest = data + cursor.at;
    const size_t left = size - cursor.at;
    enum bswz_status status = jpeg_recipe_take(&start, file_size, NULL, &recipe, &error);
    fuzz_demand_words(status, &error);
    if (status == BSWZ_OK) {
        struct bswz_error own = {.status = BSWZ_OK};
        fuzz_demand_words(thumbnails_restore(rest, left, &recipe.headers, &own), &own);
        status = jpeg_markers_planes(recipe.headers.data, recipe.headers.size, &planes, &error);
        status = status == BSWZ_OK ? jpeg_planes_check(&planes, file_size, &error) : status;
        fuzz_demand_words(status, &error);
    }
    if (status == BSWZ_OK && jpeg_planes_bytes(&planes) <= FUZZ_MEMORY_LIMIT &&
        jpeg_planes_allocate(&planes, &error) == BSWZ_OK) {
        fill_blocks(&planes, rest, left);
        write_files(&planes, &recipe, file_size);
        jpeg_planes_free(&planes);
    }
    jpeg_recipe_free(&recipe);
}
