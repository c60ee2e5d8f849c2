/* SPDX-License-Identifier: MIT */
/*
 * JPEG files from their segments (jpeg_restore.h).
 */
#include "stream/jpeg_restore.h"

#include "base/allocate.h"
#include "stream/thumbnails.h"

#include <stdlib.h>

enum bswz_status jpeg_restoration_begin(struct jpeg_restoration *restoration, struct coding_context *coding,
                                        const struct jpeg_header *header, bool rescue, struct cost_map *map,
                                        struct bswz_error *error) {
    *restoration = (struct jpeg_restoration){.header = header, .planes = header->planes};
    enum bswz_status status = jpeg_planes_allocate(&restoration->planes, error);
    restoration->is_begun = status == BSWZ_OK;
    return status == BSWZ_OK
               ? coefficient_jobs_decode(coding, &restoration->planes, rescue, map, &restoration->jobs, error)
               : status;
}

enum bswz_status jpeg_restoration_push(struct jpeg_restoration *restoration, const uint8_t *payload, size_t size,
                                       uint64_t position, struct bswz_error *error) {
    return coefficient_jobs_push(restoration->jobs, payload, size, position, error);
}

/* The headers with thumbnails in their places, and the scans between them. */
enum bswz_status jpeg_restore_file(const struct jpeg_header *header, const struct jpeg_planes *planes, bool is_damaged,
                                   uint8_t *file, struct bswz_error *error) {
    struct jpeg_recipe recipe = {.choices = header->recipe.choices}; /* borrowed */
    enum bswz_status status =
        byte_buffer_append(&recipe.headers, header->recipe.headers.data, header->recipe.headers.size, error);
    if (status == BSWZ_OK) {
        status = thumbnails_restore(header->thumbnails.data, header->thumbnails.size, &recipe.headers, error);
    }
    if (status == BSWZ_OK) {
        status = (is_damaged ? jpeg_write_damaged : jpeg_write)(planes, &recipe, file, header->file_size, error);
    }
    free(recipe.headers.data);
    return status;
}

enum bswz_status jpeg_restoration_finish(struct jpeg_restoration *restoration, uint8_t **file,
                                         struct bswz_error *error) {
    const struct jpeg_header *header = restoration->header;
    bool is_damaged;
    *file = NULL;
    enum bswz_status status = coefficient_jobs_finish(restoration->jobs, &is_damaged, error);
    if (status != BSWZ_OK) {
        return status;
    }
    *file = bswz_allocate(header->file_size, 1);
    if (*file == NULL) {
        return bswz_no_memory(error);
    }
    status = jpeg_restore_file(header, &restoration->planes, is_damaged, *file, error);
    if (status != BSWZ_OK) {
        free(*file);
        *file = NULL;
        return status;
    }
    return jpeg_header_check(header, *file, error);
}

void jpeg_restoration_close(struct jpeg_restoration *restoration) {
    if (restoration->is_begun) {
        coefficient_jobs_close(restoration->jobs);
        jpeg_planes_free(&restoration->planes);
    }
    *restoration = (struct jpeg_restoration){.is_begun = false};
}
