/* SPDX-License-Identifier: MIT */
/*
 * JPEG files from their segments (jpeg_restore.h).
 */
#include "stream/jpeg_restore.h"

#include "base/allocate.h"
#include "coefficients/coefficient_model.h"
#include "stream/thumbnails.h"

#include <stdlib.h>

/* The headers with thumbnails in their places. */
static enum bswz_status restore_headers(const struct jpeg_header *header, struct byte_buffer *headers,
                                        struct bswz_error *error) {
    const enum bswz_status status =
        byte_buffer_append(headers, header->recipe.headers.data, header->recipe.headers.size, error);
    return status == BSWZ_OK ? thumbnails_restore(header->thumbnails.data, header->thumbnails.size, headers, error)
                             : status;
}

/* The scans between them. */
static enum bswz_status write_file(const struct jpeg_header *header, const struct byte_buffer *headers,
                                   const struct jpeg_planes *planes, struct worker_pool *pool, bool is_damaged,
                                   uint8_t *file, struct bswz_error *error) {
    const struct jpeg_recipe recipe = {.headers = *headers, .choices = header->recipe.choices}; /* borrowed */
    return (is_damaged ? jpeg_write_damaged : jpeg_write)(planes, &recipe, pool, file, header->file_size, error);
}

enum bswz_status jpeg_restore_file(const struct jpeg_header *header, const struct jpeg_planes *planes, uint8_t *file,
                                   struct bswz_error *error) {
    struct byte_buffer headers = {0};
    enum bswz_status status = restore_headers(header, &headers, error);
    if (status == BSWZ_OK) {
        status = write_file(header, &headers, planes, NULL, false, file, error);
    }
    free(headers.data);
    return status;
}

static void run_headers(void *context) {
    struct jpeg_restoration *restoration = context;
    restoration->headers_status =
        restore_headers(restoration->header, &restoration->headers, &restoration->headers_failure);
}

static void load_model(void *context) {
    const struct coefficient_model *model;
    (void)context;
    coefficient_model_embedded(false, &model, NULL);
}

enum bswz_status jpeg_restoration_begin(struct jpeg_restoration *restoration, struct coding_context *coding,
                                        const struct jpeg_header *header, bool rescue, struct cost_map *map,
                                        struct bswz_error *error) {
    *restoration = (struct jpeg_restoration){.header = header, .planes = header->planes};
    struct worker_pool *pool;
    enum bswz_status status = coding_pool(coding, (uint64_t)header->planes.width * header->planes.height, &pool, error);
    if (status == BSWZ_OK) {
        status = jpeg_planes_allocate_shared(&restoration->planes, pool, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    /* before the bands, which can be shared to the very end: a thumbnail may take as long as a tenth of them */
    errand_begin(&restoration->loading, pool, load_model, restoration);
    errand_begin(&restoration->errand, pool, run_headers, restoration);
    restoration->is_begun = true;
    return coefficient_jobs_decode(coding, &restoration->planes, rescue, map, &restoration->jobs, error);
}

enum bswz_status jpeg_restoration_push(struct jpeg_restoration *restoration, const uint8_t *payload, size_t size,
                                       bool is_cut, uint64_t position, struct bswz_error *error) {
    return coefficient_jobs_push(restoration->jobs, payload, size, is_cut, position, error);
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
    errand_finish(&restoration->errand);
    restoration->has_headers = true;
    status = restoration->headers_status == BSWZ_OK
                 ? write_file(header, &restoration->headers, &restoration->planes, restoration->errand.pool, is_damaged,
                              *file, error)
                 : bswz_fail(error, restoration->headers_status, "%s", restoration->headers_failure.message);
    if (status != BSWZ_OK) {
        free(*file);
        *file = NULL;
        return status;
    }
    return jpeg_header_check(header, *file, error);
}

void jpeg_restoration_close(struct jpeg_restoration *restoration) {
    if (restoration->is_begun) {
        errand_cancel(&restoration->loading);
        if (!restoration->has_headers) {
            errand_cancel(&restoration->errand);
        }
        free(restoration->headers.data);
        coefficient_jobs_close(restoration->jobs);
        jpeg_planes_free(&restoration->planes);
    }
    *restoration = (struct jpeg_restoration){.is_begun = false};
}
