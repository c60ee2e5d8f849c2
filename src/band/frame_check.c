/* SPDX-License-Identifier: MIT */
/*
 * Checking a frame before it is used, by running the decoder on the bytes of the encoder.
 *
 * A frame is decoded starting with its header, and the result is compared with the band. For large bands, the networks
 * of the finest levels and all networks for coefficients are not run: the encoder has already popped what it pushed
 * with them (coder/proof.h), and the decoder verifies that its stack is the one for which that was done. So the only
 * unchecked fact is that the networks would give the same result again. Everything else between payload and samples is
 * done exactly as a decoder does it.
 */
#include "band/frame.h"
#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

/* Failures that do not depend on the frame. */
static bool is_ours(enum bswz_status status) {
    return status == BSWZ_ERROR_MEMORY || status == BSWZ_ERROR_THREAD || status == BSWZ_ERROR_MACHINE;
}

static enum bswz_status decode(const struct coding_context *coding, const struct picture_header *picture,
                               const struct frame_header *header, const struct byte_buffer *payload,
                               struct frame_proofs *proofs, uint32_t rows, uint8_t *samples, struct bswz_error *error) {
    struct progress silent = {.report = NULL};
    struct coding_context quiet = *coding; /* with the existing workers */
    quiet.band = (struct band_progress){.progress = &silent};
    const struct frame_source source = {.picture = picture,
                                        .header = header,
                                        .payload = payload->data,
                                        .payload_size = payload->size,
                                        .rows = rows,
                                        .proofs = proofs};
    return frame_decode(&quiet, &source, samples, error);
}

enum bswz_status frame_comes_back(const struct coding_context *coding, const struct picture_info *info,
                                  const struct frame_header *header, const struct byte_buffer *payload,
                                  struct frame_proofs *proofs, const uint8_t *samples, uint32_t rows, uint64_t number,
                                  bool *comes_back, struct bswz_error *error) {
    const size_t size = picture_row_bytes(info) * rows;
    struct picture_header picture = {.info = *info, .band_rows = rows};
    struct frame_header written = *header, taken;
    struct byte_buffer bytes = {0};
    struct bswz_error own = {.status = BSWZ_OK};
    size_t used = 0;
    *comes_back = false;
    if (coding->model != NULL) {
        picture.model.hash = bswz_model_hash(coding->model);
        strncpy(picture.model.name, bswz_model_name(coding->model), sizeof picture.model.name - 1);
    }
    enum bswz_status status = frame_header_put(&written, true, number, samples, size, &bytes, &own);
    if (status == BSWZ_OK) {
        status = frame_header_take(bytes.data, bytes.size, true, number, size, &taken, &used, &own);
    }
    if (status == BSWZ_OK && (used != bytes.size || taken.payload_size != payload->size)) {
        status = BSWZ_ERROR_CORRUPT;
    }
    free(bytes.data);
    uint8_t *restored = status == BSWZ_OK ? bswz_allocate(size, 1) : NULL;
    if (status == BSWZ_OK && restored == NULL) {
        return bswz_no_memory(error);
    }
    if (status == BSWZ_OK) {
        status = decode(coding, &picture, &taken, payload, proofs, rows, restored, &own);
        *comes_back = status == BSWZ_OK && memcmp(restored, samples, size) == 0;
    }
    free(restored);
    return is_ours(status) ? bswz_fail(error, status, "%s", own.message) : BSWZ_OK;
}
