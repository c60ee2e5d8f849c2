/* SPDX-License-Identifier: MIT */
/*
 * What the page calls (web/worker.js): the library's functions with numbers and pointers for arguments.
 *
 * A struct job holds the result of the last call and its error. The page allocates the input with job_room, fills it,
 * calls one of the functions, and reads the result with the functions at the end.
 */
#include "bswz.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name), visibility("default"))) name
#define IMPORT(name) __attribute__((import_module("page"), import_name(#name)))

/* The page shows how many of the pixels are done, and gets the tiles of a map, row by row. */
IMPORT(progress) void page_progress(double done, double total);
IMPORT(tile) void page_tile(double bits, const char *coding, const char *origin);

struct job {
    uint8_t *input;
    size_t input_size;
    struct bswz_buffer output;
    struct bswz_pixels pixels;
    struct bswz_info info;
    unsigned maps;           /* how many have been reported */
    struct bswz_entry first; /* the first picture of the stream, or its first part */
    struct bswz_error error;
};

static void on_progress(void *context, uint64_t done, uint64_t total) {
    (void)context;
    page_progress((double)done, (double)total);
}

static struct bswz_memory input_of(const struct job *job) {
    return (struct bswz_memory){job->input, job->input_size};
}

static void forget(struct job *job) {
    bswz_free(job->output.bytes);
    bswz_free(job->pixels.samples);
    job->output = (struct bswz_buffer){0};
    job->pixels = (struct bswz_pixels){.size = sizeof job->pixels};
    job->error = (struct bswz_error){.status = BSWZ_OK};
}

struct job *EXPORT(job_create)(void) {
    return calloc(1, sizeof(struct job));
}

void EXPORT(job_free)(struct job *job) {
    forget(job);
    free(job->input);
    free(job);
}

/* Room for an input of this size; NULL: there is no memory. */
uint8_t *EXPORT(job_room)(struct job *job, size_t size) {
    forget(job);
    free(job->input);
    job->input = malloc(size != 0 ? size : 1);
    job->input_size = job->input != NULL ? size : 0;
    return job->input;
}

/* Is the input a stream, or the beginning of one? */
int EXPORT(job_is_stream)(const struct job *job) {
    return bswz_recognise(job->input, job->input_size);
}

/* ---- calls: 0, or a status ---- */

/* The input is a file. */
int EXPORT(job_compress)(struct job *job, int level) {
    struct bswz_memory memory = input_of(job);
    const struct bswz_compress_options options = {
        .size = sizeof options, .level = level, .threads = 1, .progress = on_progress};
    forget(job);
    return (int)bswz_compress(bswz_from_memory(&memory), bswz_to_buffer(&job->output), &options, &job->error);
}

/* The input is pixels of 8 bits; what is compressed comes back as a PNG file. */
int EXPORT(job_compress_pixels)(struct job *job, uint32_t width, uint32_t height, uint32_t channels, int level) {
    const struct bswz_compress_options options = {
        .size = sizeof options, .level = level, .threads = 1, .progress = on_progress};
    const struct bswz_pixels pixels = {.size = sizeof pixels,
                                       .width = width,
                                       .height = height,
                                       .channels = channels,
                                       .bits = 8,
                                       .samples = job->input};
    forget(job);
    if ((uint64_t)width * height * channels > job->input_size) {
        return BSWZ_ERROR_ARGUMENT;
    }
    return (int)bswz_compress_pixels(&pixels, bswz_to_buffer(&job->output), &options, &job->error);
}

/* The input is a stream, or its beginning; the result is what it was made from. */
int EXPORT(job_decompress)(struct job *job, int is_beginning) {
    struct bswz_memory memory = input_of(job);
    const struct bswz_decompress_options options = {
        .size = sizeof options, .threads = 1, .rescue = is_beginning, .progress = on_progress};
    forget(job);
    return (int)bswz_decompress(bswz_from_memory(&memory), bswz_to_buffer(&job->output), &options, &job->error);
}

/* The input is a stream, or its beginning; the result is its pixels, every 2^scale-th of every 2^scale-th row, as in the
 * source (bits 0) or in 8 bits. */
int EXPORT(job_pixels)(struct job *job, uint32_t channels, uint32_t bits, uint32_t scale, int is_beginning) {
    struct bswz_memory memory = input_of(job);
    const struct bswz_decompress_options options = {
        .size = sizeof options, .threads = 1, .scale = scale, .rescue = is_beginning, .progress = on_progress};
    forget(job);
    job->pixels.channels = channels;
    job->pixels.bits = bits;
    return (int)bswz_decompress_pixels(bswz_from_memory(&memory), &job->pixels, &options, &job->error);
}

static void on_entry(void *context, const struct bswz_entry *entry) {
    struct job *job = context;
    if (job->first.format == NULL || (entry->is_picture && !job->first.is_picture)) {
        job->first = *entry;
    }
}

/* The input is a stream, or its beginning: what is in it? */
int EXPORT(job_describe)(struct job *job) {
    struct bswz_memory memory = input_of(job);
    forget(job);
    job->first = (struct bswz_entry){0};
    bswz_list(bswz_from_memory(&memory), on_entry, job, NULL); /* the next call gives the same error */
    memory = input_of(job);
    job->info = (struct bswz_info){.size = sizeof job->info};
    return (int)bswz_get_info(bswz_from_memory(&memory), &job->info, &job->error);
}

/* Only the first picture is shown. */
static void on_map(void *context, const struct bswz_picture_map *map) {
    struct job *job = context;
    if (job->maps++ > 0) {
        return;
    }
    job->pixels.width = map->width;
    job->pixels.height = map->height;
    for (size_t i = 0; i < (size_t)map->columns * map->rows; i++) {
        page_tile(map->tiles[i].bits, map->tiles[i].coding, map->tiles[i].origin);
    }
}

/* The input is a stream; the result is a map of where the bits of its pictures are: RGB, at that scale. Calls page_tile,
 * and sets the width and height of the first picture. */
int EXPORT(job_map)(struct job *job, uint32_t scale) {
    struct bswz_memory memory = input_of(job);
    const struct bswz_decompress_options options = {
        .size = sizeof options, .threads = 1, .target = BSWZ_TO_RAW, .scale = scale};
    forget(job);
    job->maps = 0;
    return (int)bswz_map(bswz_from_memory(&memory), bswz_to_buffer(&job->output), &options, on_map, job, &job->error);
}

/* ---- results ---- */

const char *EXPORT(job_message)(const struct job *job) {
    return job->error.message;
}

const uint8_t *EXPORT(job_bytes)(const struct job *job) {
    return job->pixels.samples != NULL ? job->pixels.samples : job->output.bytes;
}

size_t EXPORT(job_size)(const struct job *job) {
    return job->pixels.samples != NULL ? job->pixels.stride * job->pixels.height : job->output.size;
}

/* A number about the pixels (0 to 4), or what has been described. */
double EXPORT(job_number)(const struct job *job, int which) {
    switch (which) {
    case 0: return job->pixels.width;
    case 1: return job->pixels.height;
    case 2: return job->pixels.channels;
    case 3: return job->pixels.bits;
    case 4: return job->pixels.maxval;
    case 5: return job->info.has_pixels;
    case 6: return job->info.width;
    case 7: return job->info.height;
    case 8: return job->info.channels;
    case 9: return job->info.depth;
    case 10: return (double)job->info.restored_size;
    case 11: return (double)job->info.pictures;
    case 12: return (double)job->info.others;
    default: return 0;
    }
}

/* A text about what has been described. */
const char *EXPORT(job_text)(const struct job *job, int which) {
    const char *text = which == 0   ? job->first.format
                       : which == 1 ? job->first.origin
                       : which == 2 ? job->first.promise
                       : which == 3 ? job->first.model_name
                                    : bswz_version();
    return text != NULL ? text : "";
}
