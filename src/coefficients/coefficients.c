/*
 * A stand-in until the model is there: the coefficients by zstd.
 */
#include "coefficients/coefficients.h"

#include "bytes/zstd.h"

#include <stdlib.h>

static size_t plane_bytes(const struct jpeg_component *component) {
    return (size_t)component->columns * component->rows * sizeof *component->block;
}

enum bswz_status coefficients_encode(int level, const struct jpeg_planes *planes, struct worker_pool *pool,
                                     struct byte_buffer *out, struct bswz_error *error) {
    (void)pool;
    enum bswz_status status = BSWZ_OK;
    for (unsigned c = 0; c < planes->count && status == BSWZ_OK; c++) {
        struct byte_buffer packed = {0};
        bool fits = false;
        status = bytes_pack((const uint8_t *)planes->component[c].block, plane_bytes(&planes->component[c]), level,
                            SIZE_MAX, &packed, &fits, error);
        uint32_t size = (uint32_t)packed.size;
        if (status == BSWZ_OK) {
            status = byte_buffer_append(out, &size, sizeof size, error);
        }
        if (status == BSWZ_OK) {
            status = byte_buffer_append(out, packed.data, packed.size, error);
        }
        free(packed.data);
    }
    return status;
}

enum bswz_status coefficients_decode(struct jpeg_planes *planes, struct worker_pool *pool, const uint8_t *bytes,
                                     size_t size, struct bswz_error *error) {
    (void)pool;
    enum bswz_status status = BSWZ_OK;
    for (unsigned c = 0; c < planes->count && status == BSWZ_OK; c++) {
        uint32_t packed = 0;
        for (unsigned i = 0; i < 4 && size >= 4; i++) {
            packed |= (uint32_t)bytes[i] << (8 * i);
        }
        if (size < 4 || size - 4 < packed) {
            return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coefficients are cut off");
        }
        status = bytes_unpack(bytes + 4, packed, (uint8_t *)planes->component[c].block,
                              plane_bytes(&planes->component[c]), error);
        bytes += 4 + packed;
        size -= 4 + packed;
    }
    return status;
}
