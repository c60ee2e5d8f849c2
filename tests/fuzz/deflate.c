/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary deflate streams and recipes.
 */
#include "fuzz.h"

#include "deflate/deflate.h"

/* The input is a stream: if it can be inflated, it comes back, with the guesses of its description and without. */
void fuzz_deflate(const uint8_t *data, size_t size) {
    struct byte_buffer plain = {0}, recipe = {0};
    struct guesses guesses = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    size_t used;
    enum bswz_status status = deflate_inflate(data, size, 1 << 16, &plain, &used, &error);
    fuzz_demand_words(status, &error);
    if (status == BSWZ_OK) {
        status = deflate_describe(data, used, plain.data, plain.size, SIZE_MAX / 2, &recipe, &guesses, &error);
        FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
        status = deflate_prove(data, used, plain.data, plain.size, recipe.data, recipe.size, NULL, &error);
        FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
        status = deflate_prove(data, used, plain.data, plain.size, recipe.data, recipe.size, &guesses, &error);
        FUZZ_DEMAND(status == BSWZ_OK && guesses.is_complete, "with guesses: %s", error.message);
    }
    free(plain.data);
    free(recipe.data);
    guesses_free(&guesses);
}

/* The first byte: the number of plain bytes, in sixteenths of the input; then these bytes, then a recipe. */
void fuzz_deflate_recipe(const uint8_t *data, size_t size) {
    const unsigned share = fuzz_choice(&data, &size) % 17;
    const size_t plain_size = size * share / 16, most = 1 << 16;
    struct byte_buffer stream = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status =
        deflate_rebuild(data, plain_size, data + plain_size, size - plain_size, most, &stream, &error);
    fuzz_demand_words(status, &error);
    FUZZ_DEMAND(stream.size <= most && (status == BSWZ_OK || stream.size == 0), "%zu bytes", stream.size);
    free(stream.data);
}
