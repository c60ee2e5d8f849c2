/* SPDX-License-Identifier: MIT */
/*
 * Hostile model files. One that is accepted must do what any model does: whatever it predicts, what was coded with
 * it comes back.
 */
#include "fuzz.h"

#include "coefficients/coefficients.h"
#include "toy_coefficients.h"

enum { SIDE = 12 };

/* Change a file according to the input, 6 bytes at a time: where, how many bytes (a power of two), and a pair of
 * bytes to fill them with. A model file is far too large for a fuzzer to explore directly. */
static void patch(struct byte_buffer *file, const uint8_t *data, size_t size) {
    for (; size >= 6; data += 6, size -= 6) {
        const size_t at = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % file->size;
        const size_t most = file->size - at, wanted = (size_t)1 << data[3] % 16, count = wanted < most ? wanted : most;
        for (size_t i = 0; i < count; i++) {
            file->data[at + i] = data[4 + i % 2];
        }
    }
    file->size -= size < file->size ? size : 0; /* the remainder truncates it */
}

static void code_with(const struct bswz_model *model, uint32_t channels, const uint8_t *samples, size_t size) {
    const struct bswz_compress_options options = {.size = sizeof options,
                                                  .level = 4,
                                                  .threads = 1,
                                                  .model = model,
                                                  .raw_width = SIDE,
                                                  .raw_height = SIDE,
                                                  .raw_channels = channels};
    const struct bswz_decompress_options back = {.size = sizeof back, .threads = 1, .model = model};
    struct fuzz_input input = {samples, size, 0, 0};
    struct byte_buffer stream = {0}, restored = {0};
    const struct byte_buffer whole = {(uint8_t *)(uintptr_t)samples, size, size};
    struct bswz_error error;
    enum bswz_status status = bswz_compress((struct bswz_input){fuzz_read, &input},
                                            (struct bswz_output){fuzz_write, &stream}, &options, &error);
    FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
    input = (struct fuzz_input){stream.data, stream.size, 0, 0};
    status = bswz_decompress((struct bswz_input){fuzz_read, &input}, (struct bswz_output){fuzz_write, &restored}, &back,
                             &error);
    FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
    FUZZ_DEMAND(fuzz_is_same(&whole, &restored), "other samples");
    free(stream.data);
    free(restored.data);
}

static void try_model(const uint8_t *data, size_t size) {
    struct bswz_model *model;
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status = bswz_model_load(data, size, &model, &error);
    fuzz_demand_words(status, &error);
    if (status != BSWZ_OK) {
        return;
    }
    FUZZ_DEMAND(strlen(bswz_model_name(model)) > 0 && strlen(bswz_model_name(model)) <= 31, "a model without a name");
    uint8_t samples[SIDE * SIDE * 3];
    for (size_t i = 0; i < sizeof samples; i++) { /* a slope, with something else in a corner */
        samples[i] = i % 36 < 9 && i < 100 ? data[i % size] : (uint8_t)(i / 36 * 9 + i % 36 / 3 * 5 + i % 3);
    }
    code_with(model, 3, samples, sizeof samples);
    code_with(model, 1, samples, SIDE * SIDE);
    bswz_model_free(model);
}

/* The first byte: 0, followed by a model file; or the shape of a toy model, followed by changes to it. */
void fuzz_model(const uint8_t *data, size_t size) {
    const unsigned shape = fuzz_choice(&data, &size);
    if (shape == 0) {
        try_model(data, size);
        return;
    }
    static struct byte_buffer models[3][2][3][4]; /* made on demand */
    struct byte_buffer *whole = &models[shape / 32 % 3][shape / 16 % 2][shape / 4 % 3][shape % 4], file = {0};
    if (whole->data == NULL) {
        *whole = toy_model_of(2 + shape / 32 % 3, shape % 4, shape / 4 % 3, 16, shape / 16 % 2, false);
    }
    FUZZ_DEMAND(byte_buffer_append(&file, whole->data, whole->size, NULL) == BSWZ_OK, "no memory");
    patch(&file, data, size);
    try_model(file.data, file.size);
    free(file.data);
}

/* Two MCUs by one, with the given subsampling. */
static void shape_planes(struct jpeg_planes *planes, unsigned count, unsigned sampling) {
    *planes = (struct jpeg_planes){.count = count, .width = 16 * sampling, .height = 8 * sampling};
    for (unsigned c = 0; c < count; c++) {
        struct jpeg_component *component = &planes->component[c];
        component->horizontal = component->vertical = c == 0 ? sampling : 1;
        component->columns = 2 * component->horizontal;
        component->rows = component->vertical;
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            component->step[f] = (uint16_t)(1 + f);
        }
    }
    FUZZ_DEMAND(jpeg_planes_allocate(planes, NULL) == BSWZ_OK, "no memory");
}

static void try_coefficients(const uint8_t *data, size_t size) {
    struct coefficient_model *model;
    struct bswz_error error = {.status = BSWZ_OK};
    enum bswz_status status = coefficient_model_load(data, size, true, &model, &error);
    fuzz_demand_words(status, &error);
    if (status != BSWZ_OK) {
        return;
    }
    struct jpeg_planes planes, back;
    struct worker_pool *pool;
    struct byte_buffer coded = {0};
    shape_planes(&planes, 3, 1 + data[size - 1] % 2);
    shape_planes(&back, 3, 1 + data[size - 1] % 2);
    for (unsigned c = 0; c < 3; c++) {
        struct jpeg_component *component = &planes.component[c];
        for (size_t i = 0; i < (size_t)component->rows * component->columns; i++) {
            for (unsigned f = 0; f < JPEG_BLOCK; f++) {
                const int value = (int8_t)data[(i * JPEG_BLOCK + f) % size];
                component->block[i][f] = (int16_t)(f == 0   ? value * JPEG_LARGEST / 128
                                                   : f < 10 ? value / 4
                                                            : value / 100);
            }
        }
    }
    FUZZ_DEMAND(worker_pool_create(1, &pool, &error) == BSWZ_OK, "%s", error.message);
    status = coefficients_encode_with(model, &planes, data[size - 1] / 2 % 2, pool, NULL, &coded, &error);
    FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
    status = coefficients_decode_with(model, &back, pool, coded.data, coded.size, false, &error);
    FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
    for (unsigned c = 0; c < 3; c++) {
        const struct jpeg_component *component = &planes.component[c];
        const size_t blocks = (size_t)component->rows * component->columns;
        FUZZ_DEMAND(memcmp(component->block, back.component[c].block, blocks * sizeof *component->block) == 0,
                    "other coefficients");
    }
    worker_pool_destroy(pool);
    jpeg_planes_free(&planes);
    jpeg_planes_free(&back);
    free(coded.data);
    coefficient_model_free(model);
}

/* Like fuzz_model, with a single shape. */
void fuzz_coefficients(const uint8_t *data, size_t size) {
    if (fuzz_choice(&data, &size) == 0) {
        try_coefficients(data, size);
        return;
    }
    static struct byte_buffer whole; /* made on demand */
    struct byte_buffer file = {0};
    if (whole.data == NULL) {
        whole = toy_coefficients(16, 16);
    }
    FUZZ_DEMAND(byte_buffer_append(&file, whole.data, whole.size, NULL) == BSWZ_OK, "no memory");
    patch(&file, data, size);
    try_coefficients(file.data, file.size);
    free(file.data);
}
