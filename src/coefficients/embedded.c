/*
 * The embedded models of coefficients, each loaded once at its first use.
 */
#include "coefficients/model.h"

#include <pthread.h>
#include <stddef.h>
#include <xxhash.h>

extern const uint8_t bswz_embedded_jpeg[], bswz_embedded_jpeg_end[];

/* Written under once, constant afterwards. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct coefficient_model *embedded;
static struct bswz_error failure;

static size_t file_size(void) {
    return (size_t)(bswz_embedded_jpeg_end - bswz_embedded_jpeg);
}

static void load(void) {
    coefficient_model_load(bswz_embedded_jpeg, file_size(), &embedded, &failure);
}

const struct coefficient_model *coefficient_model_for_level(int level, struct bswz_error *error) {
    (void)level;
    pthread_once(&once, load);
    if (embedded == NULL) {
        bswz_fail(error, failure.status, "%s", failure.message);
    }
    return embedded;
}

const struct coefficient_model *coefficient_model_by_hash(uint32_t hash, struct bswz_error *error) {
    if ((uint32_t)XXH3_64bits(bswz_embedded_jpeg, file_size()) != hash) {
        bswz_fail(error, BSWZ_ERROR_MODEL, "coefficients are coded with a model that this program does not have");
        return NULL;
    }
    return coefficient_model_for_level(1, error);
}
