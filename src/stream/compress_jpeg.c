/* SPDX-License-Identifier: MIT */
/*
 * JPEG segments: the coefficients of a file and its recipe, if they are smaller than the file and give it back.
 *
 * The file is taken apart and rebuilt as a trial before any of it is coded (jpeg/file.h), and once more with thumbnails
 * if it has any. Coefficients are popped again while they are pushed (coefficients/coefficients.h). The segment is
 * collected in memory, since it may still be dropped.
 */
#include "stream/compress.h"

#include "base/allocate.h"
#include "container/memory.h"
#include "jpeg/file.h"
#include "jpeg/read.h"
#include "stream/jpeg_restore.h"
#include "stream/thumbnails.h"
#include "threads/errand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct jpeg_segment {
    struct byte_buffer header, bands; /* the first bands may be coded before the header is known */
    uint64_t limit;                   /* the segment is dropped if it gets longer */
    bool is_too_long;
};

static size_t size_of(const struct jpeg_segment *segment) {
    return segment->header.size + segment->bands.size;
}

static enum bswz_status add_band(void *context, const struct byte_buffer *payload, struct bswz_error *error) {
    struct jpeg_segment *segment = context;
    if (segment->is_too_long || payload->size == 0) {
        segment->is_too_long = true;
        return BSWZ_OK;
    }
    enum bswz_status status = put_varint(&segment->bands, payload->size, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&segment->bands, payload->data, payload->size, error);
    }
    segment->is_too_long = size_of(segment) > segment->limit;
    return status;
}

static uint64_t jpeg_pixels(const struct jpeg_planes *planes) {
    return (uint64_t)planes->width * planes->height;
}

/* A file taken apart. */
struct parts {
    struct jpeg_planes planes;
    struct byte_buffer recipe, thumbnails;
    struct jpeg_segment segment;
    struct coefficient_jobs *jobs; /* NULL, or the bands of the segment: the first may be under way */
};

/* Do the planes have the same shape? */
static bool same_shape(const struct jpeg_planes *a, const struct jpeg_planes *b) {
    bool same =
        a->width == b->width && a->height == b->height && a->count == b->count && a->is_separate == b->is_separate;
    for (unsigned c = 0; same && c < a->count; c++) {
        const struct jpeg_component *one = &a->component[c], *other = &b->component[c];
        same = one->horizontal == other->horizontal && one->vertical == other->vertical && one->rows == other->rows &&
               one->columns == other->columns && memcmp(one->step, other->step, sizeof one->step) == 0;
    }
    return same;
}

/* Does the header have the recipe that has been tried? */
static bool has_recipe(struct cursor header, const struct byte_buffer *recipe) {
    const uint8_t *bytes;
    uint64_t size;
    return take_varint(&header, JPEG_FILE_MAX, &size) && take_bytes(&header, recipe->size, &bytes) &&
           memcmp(bytes, recipe->data, recipe->size) == 0;
}

/* Rebuild the file once more, with its thumbnails. CORRUPT: the result differs. */
static enum bswz_status check_file(const struct jpeg_header *header, const uint8_t *file,
                                   const struct jpeg_planes *planes, struct bswz_error *error) {
    uint8_t *restored = bswz_allocate(header->file_size, 1);
    enum bswz_status status =
        restored == NULL ? bswz_no_memory(error) : jpeg_restore_file(header, planes, restored, error);
    if (status == BSWZ_OK && memcmp(restored, file, header->file_size) != 0) {
        status = BSWZ_ERROR_CORRUPT;
    }
    free(restored);
    return status;
}

/* Does the written header give the file back? CORRUPT: no. */
static enum bswz_status check_header(const uint8_t *file, size_t size, const struct parts *parts,
                                     const struct byte_buffer *last, struct bswz_error *error) {
    const struct byte_buffer *written = &parts->segment.header;
    const struct cursor cursor = {.bytes = written->data + 1, .size = written->size - 1};
    struct jpeg_header header;
    size_t used;
    enum bswz_status status = jpeg_header_take(cursor.bytes, cursor.size, last, &header, &used, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (used != cursor.size || header.file_size != size || !same_shape(&header.planes, &parts->planes) ||
        !has_recipe(cursor, &parts->recipe)) {
        status = BSWZ_ERROR_CORRUPT;
    }
    if (status == BSWZ_OK) {
        status = jpeg_header_check(&header, file, error);
    }
    if (status == BSWZ_OK && header.thumbnails.size > 0) {
        status = check_file(&header, file, &parts->planes, error);
    }
    jpeg_header_free(&header);
    return status;
}

/* The check of a header that has been written, while what follows is coded. */
struct check {
    const uint8_t *file;
    size_t size;
    const struct parts *parts;
    const struct byte_buffer *last;
    enum bswz_status status;
    struct bswz_error failure;
};

static void run_check(void *context) {
    struct check *check = context;
    check->status = check_header(check->file, check->size, check->parts, check->last, &check->failure);
}

/* Code the bands, and check the header meanwhile. */
static enum bswz_status code_checked(struct compressor *compressor, const uint8_t *file, size_t size,
                                     struct parts *parts) {
    struct bswz_error *error = compressor->error;
    struct check check = {.file = file, .size = size, .parts = parts, .last = &compressor->last_jpeg};
    struct worker_pool *pool;
    struct errand errand;
    enum bswz_status status = coding_pool(&compressor->coding, jpeg_pixels(&parts->planes), &pool, error);
    if (status == BSWZ_OK) {
        errand_begin(&errand, pool, run_check, &check);
        status = coefficient_jobs_push_rest(parts->jobs, error);
        errand_finish(&errand);
        if (status == BSWZ_OK && check.status != BSWZ_OK) {
            status = bswz_fail(error, check.status, "%s", check.failure.message);
        }
    }
    return status;
}

static enum bswz_status begin_bands(struct compressor *compressor, struct parts *parts, struct bswz_error *error) {
    return parts->jobs != NULL ? BSWZ_OK
                               : coefficient_jobs_encode(&compressor->coding, &parts->planes, add_band, &parts->segment,
                                                         &parts->jobs, error);
}

static enum bswz_status make_segment(struct compressor *compressor, const uint8_t *file, size_t size,
                                     struct parts *parts) {
    struct bswz_error *error = compressor->error;
    struct jpeg_segment *segment = &parts->segment;
    enum bswz_status status = put_8(&segment->header, SEGMENT_JPEG, error);
    if (status == BSWZ_OK) {
        status = jpeg_header_put(file, size, &parts->recipe, &parts->thumbnails, &segment->header, error);
    }
    segment->is_too_long |= size_of(segment) > segment->limit;
    if (status == BSWZ_OK && !segment->is_too_long) {
        status = begin_bands(compressor, parts, error);
        if (status == BSWZ_OK) {
            status = compressor->coding.verify ? code_checked(compressor, file, size, parts)
                                               : coefficient_jobs_push_rest(parts->jobs, error);
        }
    }
    return status == BSWZ_OK ? put_8(&segment->bands, 0, error) : status;
}

/* "1x2": how a component is sampled. */
static void describe_sampling(const struct jpeg_planes *planes, char text[40]) {
    size_t length = 0;
    snprintf(text, 40, "grey");
    for (unsigned c = 0; c < planes->count && planes->count > 1; c++) {
        length += (size_t)snprintf(text + length, 40 - length, "%s%ux%u", c > 0 ? "," : "",
                                   planes->component[c].horizontal, planes->component[c].vertical);
    }
}

static enum bswz_status write_segment(struct compressor *compressor, size_t size, const struct jpeg_planes *planes,
                                      const struct jpeg_segment *segment) {
    char what[64], sampling[40];
    enum bswz_status status = compress_bytes_end(compressor, false);
    if (status == BSWZ_OK) {
        status = output_write(compressor->output, segment->header.data, segment->header.size, compressor->error);
    }
    if (status == BSWZ_OK) {
        status = output_write(compressor->output, segment->bands.data, segment->bands.size, compressor->error);
    }
    jpeg_describe(planes, what);
    describe_sampling(planes, sampling);
    tally_coded(&compressor->tally, PICTURE_JPEG, FRAME_COEFFICIENTS);
    compressor_notice(compressor, "%s %s, by its coefficients: %zu -> %zu bytes", what, sampling, size,
                      size_of(segment));
    return status;
}

/* Called before anything is allocated. */
static enum bswz_status check_memory(const struct compressor *compressor, const struct jpeg_planes *planes, size_t size,
                                     struct bswz_error *reason) {
    /* including a copy with blanked thumbnails */
    return compressor_check_memory(compressor, jpeg_memory_to_take_apart(planes, size) + size, "coefficients", reason);
}

/* Failures that do not depend on what is coded. */
static bool is_fatal(enum bswz_status status) {
    return status == BSWZ_ERROR_MEMORY || status == BSWZ_ERROR_THREAD || status == BSWZ_ERROR_MACHINE;
}

/* The next recipe may refer to the headers of this one. */
static enum bswz_status remember_headers(struct compressor *compressor, size_t size, const struct byte_buffer *packed) {
    struct cursor cursor = {.bytes = packed->data, .size = packed->size};
    struct jpeg_recipe recipe = {.headers = {0}};
    enum bswz_status status = jpeg_recipe_take(&cursor, size, &compressor->last_jpeg, &recipe, compressor->error);
    compressor->last_jpeg.size = 0;
    if (status == BSWZ_OK && recipe.headers.size <= JPEG_LAST_MAX) {
        status =
            byte_buffer_append(&compressor->last_jpeg, recipe.headers.data, recipe.headers.size, compressor->error);
    }
    jpeg_recipe_free(&recipe);
    return status;
}

/* Code complete planes. */
static enum bswz_status code_planes(struct compressor *compressor, const uint8_t *file, size_t size,
                                    struct parts *parts, bool *is_coded, struct bswz_error *reason) {
    struct jpeg_segment *segment = &parts->segment;
    enum bswz_status status = make_segment(compressor, file, size, parts);
    if (status != BSWZ_OK && !is_fatal(status)) {
        bswz_fail(reason, BSWZ_ERROR_CORRUPT, "its coefficients do not come back");
        segment->is_too_long = true;
        status = bswz_forgive(compressor->error);
    }
    *is_coded = status == BSWZ_OK && !segment->is_too_long && size_of(segment) <= segment->limit;
    if (*is_coded) {
        status = write_segment(compressor, size, &parts->planes, segment);
    }
    if (*is_coded && status == BSWZ_OK) {
        status = remember_headers(compressor, size, &parts->recipe);
    }
    return status;
}

/* The search for thumbnails, while the file is read. */
struct thumbnails {
    const uint8_t *file;
    size_t size;
    struct byte_buffer out;
    uint8_t *blank;
    enum bswz_status status;
    struct bswz_error failure;
};

static void find_thumbnails(void *context) {
    struct thumbnails *found = context;
    found->status = thumbnails_put(found->file, found->size, &found->out, &found->blank, &found->failure);
}

/* The recipe has zeros where thumbnails were. */
static enum bswz_status find_recipe(struct thumbnails *found, const struct jpeg_gaps *gaps, struct worker_pool *pool,
                                    struct parts *parts, struct bswz_error *reason) {
    if (found->status != BSWZ_OK) {
        return bswz_fail(reason, found->status, "%s", found->failure.message);
    }
    parts->thumbnails = found->out;
    found->out = (struct byte_buffer){.data = NULL};
    return jpeg_file_recipe(found->blank != NULL ? found->blank : found->file, found->size, &parts->planes, gaps, pool,
                            &parts->recipe, reason);
}

/* The first band, which is begun while the others are still read. */
struct first_band {
    struct compressor *compressor;
    struct parts *parts;
    enum bswz_status status;
    struct bswz_error failure;
};

static void begin_first(void *context) {
    struct first_band *first = context;
    first->status = begin_bands(first->compressor, first->parts, &first->failure);
    if (first->status == BSWZ_OK) {
        first->status = coefficient_jobs_push_band(first->parts->jobs, &first->failure);
    }
}

/* Read the coefficients. */
static enum bswz_status read_file(struct compressor *compressor, const uint8_t *file, size_t size, struct parts *parts,
                                  struct worker_pool *pool, struct jpeg_gaps *gaps, struct bswz_error *reason) {
    struct first_band first = {.compressor = compressor, .parts = parts};
    const struct jpeg_watch watch = {coefficient_jobs_first(&compressor->coding, &parts->planes), begin_first, &first};
    const enum bswz_status status =
        jpeg_file_read(file, size, &parts->planes, watch.mcu_rows > 0 ? &watch : NULL, pool, gaps, reason);
    if (status == BSWZ_OK && first.status != BSWZ_OK) {
        free(gaps->gap);
        return bswz_fail(reason, first.status, "%s", first.failure.message);
    }
    return status;
}

static enum bswz_status take_apart(struct compressor *compressor, const uint8_t *file, size_t size, struct parts *parts,
                                   struct bswz_error *reason) {
    struct thumbnails found = {.file = file, .size = size};
    struct worker_pool *pool;
    struct errand errand;
    struct jpeg_gaps gaps;
    enum bswz_status status = coding_pool(&compressor->coding, jpeg_pixels(&parts->planes), &pool, reason);
    if (status != BSWZ_OK) {
        return status;
    }
    errand_begin(&errand, pool, find_thumbnails, &found);
    status = read_file(compressor, file, size, parts, pool, &gaps, reason);
    if (status != BSWZ_OK) {
        errand_cancel(&errand);
    } else {
        errand_finish(&errand);
        status = find_recipe(&found, &gaps, pool, parts, reason);
        free(gaps.gap);
    }
    free(found.out.data);
    free(found.blank);
    return status;
}

static void free_parts(struct parts *parts) {
    coefficient_jobs_close(parts->jobs);
    jpeg_planes_free(&parts->planes);
    free(parts->recipe.data);
    free(parts->thumbnails.data);
    free(parts->segment.header.data);
    free(parts->segment.bands.data);
}

enum bswz_status compress_coefficients(struct compressor *compressor, const uint8_t *file, size_t size, bool *is_coded,
                                       struct bswz_error *reason) {
    struct parts parts = {.segment = {.limit = size > LEAST_SAVING ? size - LEAST_SAVING : 0}};
    *is_coded = false;
    if (size > JPEG_FILE_MAX || jpeg_file_planes(file, size, &parts.planes, reason) != BSWZ_OK) {
        return BSWZ_OK;
    }
    enum bswz_status status = check_memory(compressor, &parts.planes, size, reason);
    if (status != BSWZ_OK || reason->status != BSWZ_OK) {
        return status;
    }
    if (!work_take(&compressor->work, compressor_position(compressor) + (compressor->depth > 0 ? 0 : size),
                   WORK_JPEG +
                       WORK_BLOCK * (jpeg_planes_bytes(&parts.planes) / sizeof *parts.planes.component->block))) {
        bswz_fail(reason, BSWZ_ERROR_LIMIT, "it takes too much time for its size");
        return BSWZ_OK;
    }
    const enum bswz_status taken = take_apart(compressor, file, size, &parts, reason);
    if (taken == BSWZ_OK) {
        status = jpeg_recipe_refer(&parts.recipe, size, &compressor->last_jpeg, compressor->error);
        if (status == BSWZ_OK) {
            status = code_planes(compressor, file, size, &parts, is_coded, reason);
        }
        if (status == BSWZ_OK && !*is_coded) {
            bswz_fail(reason, BSWZ_ERROR_LIMIT, "its coefficients are not smaller");
        }
    } else if (is_fatal(taken)) {
        status = bswz_fail(compressor->error, taken, "%s", reason->message);
    } /* else: its bytes are kept */
    free_parts(&parts);
    return status;
}
