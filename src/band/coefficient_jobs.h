/* SPDX-License-Identifier: MIT */
/*
 * The bands of a JPEG file's coefficients, several at a time (band_jobs.h), to payloads and back.
 */
#ifndef BSWZ_COEFFICIENT_JOBS_H
#define BSWZ_COEFFICIENT_JOBS_H

#include "band/coding_context.h"
#include "base/buffer.h"
#include "image/cost_map.h"
#include "jpeg/planes.h"

#include <stdbool.h>

/* Code all bands of the planes. */
enum bswz_status coefficient_jobs_encode(struct coding_context *coding, const struct jpeg_planes *planes,
                                         enum bswz_status (*give)(void *context, const struct byte_buffer *payload,
                                                                  struct bswz_error *error),
                                         void *context, struct bswz_error *error);

struct coefficient_jobs;

/* Start decoding bands into the blocks of planes, which are all zero until then and are used until
 * coefficient_jobs_close. rescue: bands that are damaged, truncated or missing are not failures. map: NULL, or where
 * bits are counted. */
enum bswz_status coefficient_jobs_decode(struct coding_context *coding, const struct jpeg_planes *planes, bool rescue,
                                         struct cost_map *map, struct coefficient_jobs **jobs,
                                         struct bswz_error *error);

/* Add the payload of the next band, untrusted, which is not needed after this returns. is_cut: its end is missing.
 * position: its position in the input, for errors. CORRUPT: there are no more bands. A failure may be that of any
 * previous band. */
enum bswz_status coefficient_jobs_push(struct coefficient_jobs *jobs, const uint8_t *payload, size_t size, bool is_cut,
                                       uint64_t position, struct bswz_error *error);

/* Wait until everything is decoded. CORRUPT: bands are missing. *is_damaged: there was damage that rescue tolerated. */
enum bswz_status coefficient_jobs_finish(struct coefficient_jobs *jobs, bool *is_damaged, struct bswz_error *error);

/* NULL is allowed. */
void coefficient_jobs_close(struct coefficient_jobs *jobs);

#endif
