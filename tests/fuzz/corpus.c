/* SPDX-License-Identifier: MIT */
/*
 * Writes the initial corpus for fuzzing: a folder for each target, with small files of every kind that the target
 * supports.
 *
 *     corpus FOLDER [STREAM]...
 *
 * The streams are added to the corpus; tests/golden has some. Everything else is drawn here, and always the same.
 */
#include "corpus.h"

#include "gif/data.h"
#include "deflate/deflate.h"
#include "jpeg/file.h"
#include "stream/thumbnails.h"
#include "every_input.h"

#include <sys/stat.h>

struct writer {
    const char *folder;
    unsigned files, streams; /* so far */
};

/* A file for a target: the bytes with which the target chooses, and the rest. */
static void write_seed(struct writer *writer, const char *target, const void *choices, size_t choices_size,
                       const struct byte_buffer *rest) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", writer->folder, target);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%04u", writer->folder, target, writer->files++);
    FILE *file = fopen(path, "wb");
    const bool is_written = file != NULL && fwrite(choices, 1, choices_size, file) == choices_size &&
                            fwrite(rest->data, 1, rest->size, file) == rest->size;
    if (file == NULL || fclose(file) != 0 || !is_written) {
        fprintf(stderr, "corpus: cannot write %s\n", path);
        exit(1);
    }
}

/* A stream goes to all targets that take streams, and is decompressed in one way or another. */
static void write_stream(struct writer *writer, const struct byte_buffer *stream) {
    static const uint8_t ways[][2] = {{0, 0}, {1, 1}, {0, 0}, {4, 0xe3}, {5, 2}}; /* as in streams.c */
    const uint8_t *way = ways[writer->streams++ % (sizeof ways / sizeof *ways)];
    write_seed(writer, "decompress", way, 2, stream);
    write_seed(writer, "rescue", way, 2, stream);
    write_seed(writer, "list", NULL, 0, stream);
    write_seed(writer, "count", NULL, 0, stream);
    write_seed(writer, "pixels", (const uint8_t[3]){0}, 3, stream);
}

/* An input, and the stream that results from it with these options. */
static void write_trip(struct writer *writer, const struct byte_buffer *input,
                       const struct bswz_compress_options *options, uint64_t band_pixels) {
    const bool is_raw = options->raw_width > 0, has_bands = band_pixels > 0 && band_pixels != NO_WORK;
    const uint8_t flags = (uint8_t)((options->exact ? 1 : 0) | (options->keep_pixels ? 2 : 0) |
                                    (options->no_origin ? 4 : 0) | (is_raw ? 8 : 0) | (has_bands ? 0x20 : 0));
    /* as in trip.c; the third is a shape, or the size of bands */
    const uint8_t choices[3] = {(uint8_t)(options->level - 1), flags,
                                (uint8_t)(is_raw      ? 42
                                          : has_bands ? band_pixels / 16
                                                      : 0)};
    struct byte_buffer stream = {0};
    struct bswz_error error;
    if (compress(input, options, band_pixels, &stream, &error) != BSWZ_OK) {
        fprintf(stderr, "corpus: %s\n", error.message);
        exit(1);
    }
    write_seed(writer, "trip", choices, sizeof choices, input);
    write_stream(writer, &stream);
    free(stream.data);
}

/* The recipe of a JPEG file, and bytes for its blocks. */
static void write_recipe(struct writer *writer, const struct byte_buffer *file) {
    struct jpeg_planes planes;
    struct byte_buffer recipe = {0}, thumbnails = {0};
    uint8_t *blank = NULL;
    if (jpeg_file_planes(file->data, file->size, &planes, NULL) == BSWZ_OK &&
        jpeg_file_take_apart(file->data, file->size, &planes, &recipe, NULL) == BSWZ_OK) {
        const uint8_t choices[2] = {(uint8_t)((file->size - 1) >> 8), (uint8_t)(file->size - 1)};
        jpeg_planes_free(&planes);
        if (thumbnails_put(file->data, file->size, &thumbnails, &blank, NULL) == BSWZ_OK && thumbnails.size > 0) {
            append(&recipe, thumbnails.data, thumbnails.size);
        }
        append(&recipe, "\0\1\2\0\xf0\0\0\0\x7f", 9);
        write_seed(writer, "recipe", choices, 2, &recipe);
        free(blank);
    }
    free(recipe.data);
    free(thumbnails.data);
}

/* The choices of images, with their bits and sizes in front. */
static void write_choices(struct writer *writer, const struct byte_buffer *file) {
    struct gif_walk walk;
    struct gif_image image;
    struct gif_habits habits = GIF_HABITS_FIRST;
    gif_walk_begin(&walk, file->data, file->size);
    while (gif_walk_next(&walk, &image) == GIF_IMAGE) {
        struct byte_buffer choices = {0};
        uint8_t pixels[4096];
        bool is_coded = false;
        size_t end;
        if ((size_t)image.width * image.height <= sizeof pixels &&
            gif_data_take_apart(file->data, file->size, &image, &habits, pixels, &choices, &end, &is_coded, NULL) ==
                BSWZ_OK &&
            is_coded) {
            const uint8_t shape[3] = {(uint8_t)(image.index_bits - 1), (uint8_t)(image.width - 1),
                                      (uint8_t)(image.height - 1)};
            write_seed(writer, "gif-data", shape, sizeof shape, &choices);
        }
        free(choices.data);
        gif_walk_data(&walk);
    }
}

static void add(void *context, const char *kind, const struct byte_buffer *file) {
    struct writer *writer = context;
    static const uint8_t mend[1] = {1};
    const bool is_png = strcmp(kind, "png") == 0;
    write_seed(writer, kind, mend, is_png ? 1 : 0, file);
    if (is_png) {
        write_seed(writer, "png-file", mend, 1, file);
        write_seed(writer, "page-png", mend, 1, file);
    }
    if (strcmp(kind, "jpeg") == 0) {
        write_seed(writer, "jpeg-file", NULL, 0, file);
        write_recipe(writer, file);
    }
    if (strcmp(kind, "deflate") == 0) {
        write_seed(writer, "page-inflate", mend, 1, file);
    }
    if (strcmp(kind, "gif-file") == 0) {
        write_choices(writer, file);
    }
    static const struct bswz_compress_options ways[] = {
        {.size = sizeof ways[0], .level = 1, .threads = 1},
        {.size = sizeof ways[0], .level = 4, .threads = 1, .exact = 1},
        {.size = sizeof ways[0], .level = 6, .threads = 1, .no_origin = 1},
        {.size = sizeof ways[0], .level = 9, .threads = 1, .keep_pixels = 1}};
    write_trip(writer, file, &ways[writer->streams % (sizeof ways / sizeof *ways)], 0);
}

/* Takes the inputs of every_input.h. */
static void take(void *context, const char *name, const struct byte_buffer *input,
                 const struct bswz_compress_options *options, uint64_t band_pixels) {
    write_trip(context, input, options, band_pixels);
    (void)name;
}

/* Archives of every dialect. */
static void write_archives(struct writer *writer) {
    struct byte_buffer archive = {0};
    for (enum tar_dialect dialect = TAR_V7; dialect <= TAR_GNU; dialect++) {
        tar_member(&archive, dialect, '0', "a", "twelve bytes", 12);
        tar_member(&archive, dialect, 'x', "b", "11 size=5\n9 path=\n", 19);
        tar_member(&archive, dialect, 'L', "c", "a long name", 12);
        tar_member(&archive, dialect, 'S', "d", "sparse", 6);
        put_zeros(&archive, 1024);
        write_seed(writer, "archive", NULL, 0, &archive);
        archive.size = 0;
    }
    for (unsigned newc = 0; newc < 2; newc++) {
        cpio_member(&archive, newc == 1, 0100644, "a", "twelve bytes", 12);
        cpio_member(&archive, newc == 1, 0, "TRAILER!!!", "", 0);
        write_seed(writer, "archive", NULL, 0, &archive);
        archive.size = 0;
    }
    free(archive.data);
}

/* A few unchanged models, and a few changes to one (models.c). */
static void write_models(struct writer *writer) {
    static const uint8_t changes[][13] = {
        {1}, {5, 0, 1, 0, 4, 0xff, 0x7f}, {6, 0, 8, 0, 14, 0xc8, 0, 0, 0, 9, 1, 3, 3}, {21, 1, 0, 0, 15, 0, 0x80}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const struct byte_buffer none = {0};
        write_seed(writer, "model", changes[i], sizeof changes[i], &none);
        write_seed(writer, "coefficients", changes[i], sizeof changes[i], &none);
    }
}

static void write_given(struct writer *writer, const char *path) {
    static uint8_t bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "corpus: cannot read %s\n", path);
        exit(1);
    }
    const struct byte_buffer stream = {bytes, fread(bytes, 1, sizeof bytes, file), sizeof bytes};
    fclose(file);
    write_stream(writer, &stream);
}

int main(int argc, char **argv) {
    struct writer writer = {.folder = argc > 1 ? argv[1] : "", .files = 0};
    const struct corpus corpus = {add, &writer};
    if (argc < 2) {
        fprintf(stderr, "usage: corpus FOLDER [STREAM]...\n");
        return 2;
    }
    mkdir(writer.folder, 0777);
    corpus_png(&corpus);
    corpus_jpeg(&corpus);
    corpus_webp(&corpus);
    corpus_gif(&corpus);
    corpus_plain(&corpus);
    every_input(&(struct inputs){take, &writer});
    write_archives(&writer);
    write_models(&writer);
    corpus_deflate(&corpus);
    corpus_page(&corpus);
    corpus_pages(&corpus);
    static const uint8_t shape[3] = {10, 6, 2}, deep_shape[3] = {10, 6, 2 + 4 + 8}, raw_trip[3] = {5, 8, 42};
    struct byte_buffer samples = {0};
    draw_noise(&samples, 11 * 7 * 3, 1);
    write_seed(&writer, "raw", shape, 3, &samples);
    write_seed(&writer, "trip", raw_trip, 3, &samples);
    draw_noise(&samples, 11 * 7 * 3, 1);
    write_seed(&writer, "raw", deep_shape, 3, &samples);
    free(samples.data);
    for (int i = 2; i < argc; i++) {
        write_given(&writer, argv[i]);
    }
    return 0;
}
