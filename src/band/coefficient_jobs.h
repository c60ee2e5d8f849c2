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

struct coefficient_jobs;

/* Start coding the bands of planes, whose blocks are used until coefficient_jobs_close. give gets the payloads in the
 * caller's thread, while bands are pushed. */
enum bswz_status coefficient_jobs_encode(struct coding_context *coding, const struct jpeg_planes *planes,
                                         enum bswz_status (*give)(void *context, const struct byte_buffer *payload,
                                                                  struct bswz_error *error),
                                         void *context, struct coefficient_jobs **jobs, struct bswz_error *error);

/* How many rows of MCUs the first band has; 0: there is no other thread or band, so that nothing is gained by its being
 * pushed before the others are complete. */
uint32_t coefficient_jobs_first(const struct coding_context *coding, const struct jpeg_planes *planes);

/* Add the next band: its blocks do not change any more. A failure may be that of any previous band. */
enum bswz_status coefficient_jobs_push_band(struct coefficient_jobs *jobs, struct bswz_error *error);
/* Add all bands that are left, and wait until everything has been passed on. */
enum bswz_status coefficient_jobs_push_rest(struct coefficient_jobs *jobs, struct bswz_error *error);

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
