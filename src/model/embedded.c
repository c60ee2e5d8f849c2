/*
 * The embedded models, loaded once at the first use.
 */
#include "model/model.h"

#include <pthread.h>

extern const uint8_t bswz_embedded_default[], bswz_embedded_default_end[];

/* Written under once, constant afterwards. */
static struct {
    pthread_once_t once;
    struct bswz_model *model;
    struct bswz_error error;
} embedded = {.once = PTHREAD_ONCE_INIT};

static void load(void) {
    bswz_model_load(bswz_embedded_default, (size_t)(bswz_embedded_default_end - bswz_embedded_default),
                    &embedded.model, &embedded.error);
}

static const struct bswz_model *embedded_model(struct bswz_error *error) {
    pthread_once(&embedded.once, load);
    if (embedded.model == NULL) {
        bswz_fail(error, embedded.error.status, "%s", embedded.error.message);
    }
    return embedded.model;
}

/* One model serves all levels so far. */
const struct bswz_model *model_for_level(int level, struct bswz_error *error) {
    (void)level;
    return embedded_model(error);
}

const struct bswz_model *model_by_hash(uint64_t hash, struct bswz_error *error) {
    const struct bswz_model *model = embedded_model(error);
    return model != NULL && bswz_model_hash(model) == hash ? model : NULL;
}
