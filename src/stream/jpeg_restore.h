/* SPDX-License-Identifier: MIT */
/*
 * From the segment of a JPEG file back to the file: bands come one by one, and the file is complete at the end.
 */
#ifndef BSWZ_JPEG_RESTORE_H
#define BSWZ_JPEG_RESTORE_H

#include "band/coefficient_jobs.h"
#include "container/jpeg_header.h"
#include "threads/errand.h"

/* The file, header->file_size bytes, from its header and all its coefficients. */
enum bswz_status jpeg_restore_file(const struct jpeg_header *header, const struct jpeg_planes *planes, uint8_t *file,
                                   struct bswz_error *error);

/* Initially {0}; not moved between begin and close. */
struct jpeg_restoration {
    const struct jpeg_header *header; /* the caller's, until jpeg_restoration_close */
    struct jpeg_planes planes;
    struct coefficient_jobs *jobs;
    bool is_begun;
    struct errand loading; /* the model */
    struct errand errand;  /* the headers, until they are needed */
    bool has_headers;
    struct byte_buffer headers;
    enum bswz_status headers_status;
    struct bswz_error headers_failure;
};

/* rescue: bands may be damaged, truncated or missing. map: NULL, or where the bits of pixels are counted. */
enum bswz_status jpeg_restoration_begin(struct jpeg_restoration *restoration, struct coding_context *coding,
                                        const struct jpeg_header *header, bool rescue, struct cost_map *map,
                                        struct bswz_error *error);

/* As coefficient_jobs_push. */
enum bswz_status jpeg_restoration_push(struct jpeg_restoration *restoration, const uint8_t *payload, size_t size,
                                       bool is_cut, uint64_t position, struct bswz_error *error);

/* All bands have come. *file is the file, header->file_size bytes, to be freed by the caller. CORRUPT: it is not
 * the one that was compressed; *file is then NULL unless it could be written nevertheless, which a rescue can do
 * even from damaged bands. */
enum bswz_status jpeg_restoration_finish(struct jpeg_restoration *restoration, uint8_t **file,
                                         struct bswz_error *error);

/* At any time, even if it was not begun; it may then begin again. */
void jpeg_restoration_close(struct jpeg_restoration *restoration);

#endif
