/* SPDX-License-Identifier: MIT */
/*
 * How well are coefficients found from the pixels of decoded JPEG files?
 *
 *     unjpeg [--shift X,Y] FILE.jpg ...
 *
 * Each file is decoded to RGB or grey, cropped to multiples of 32 columns and rows (--shift: after removing that
 * many at the left and at the top), and recovered. Prints a line for each picture, then sums by kind:
 *
 *     blocks    of 8 x 8 pixels that come out exactly
 *     pixels    that do not, and become exceptions
 *     bpd       the size of the exceptions: bits per sub-pixel
 *     steps     table entries that differ from those of the file, among those used by a coefficient
 *     same      percentage of coefficients that equal those of the file; nonzero: their number, relative to the file
 *     s/Mpx     CPU
 */
#include "jpeg/planes.h"
#include "origin/exceptions_code.h"
#include "origin/origin.h"
#include "unjpeg/render.h"
#include "unjpeg/unjpeg.h"

#include <stdio.h>
/* which needs the header above */
#include <jpeglib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum kind { KIND_444, KIND_420, KIND_OTHER, KIND_GREY, KINDS };
static const char *const kind_names[KINDS] = {"4:4:4", "4:2:0", "4:2:2", "grey"};

struct picture {
    enum kind kind;
    uint32_t width, height;
    unsigned channels;
    uint8_t *pixels;
    struct jpeg_planes planes; /* those of the file */
};

struct sums {
    unsigned pictures, found, wrong_steps;
    double blocks, exact, pixels, wrong, bits, samples, same, coefficients, nonzero, nonzero_file, seconds;
};

static struct bswz_error error;

static void fail(const char *name, const char *what) {
    fprintf(stderr, "unjpeg: %s: %s\n", name, what);
    exit(1);
}

/* ---- files ---- */

static uint8_t *read_file(const char *name, size_t *size) {
    FILE *file = fopen(name, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fail(name, "cannot be read");
    }
    *size = (size_t)ftell(file);
    uint8_t *bytes = malloc(*size);
    rewind(file);
    if (bytes == NULL || fread(bytes, 1, *size, file) != *size) {
        fail(name, "cannot be read");
    }
    fclose(file);
    return bytes;
}

static void read_planes(struct jpeg_decompress_struct *decoder, struct jpeg_planes *planes) {
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(decoder);
    *planes = (struct jpeg_planes){
        .count = (unsigned)decoder->num_components, .width = decoder->image_width, .height = decoder->image_height};
    for (unsigned c = 0; c < planes->count; c++) {
        const jpeg_component_info *info = &decoder->comp_info[c];
        planes->component[c].horizontal = planes->count == 1 ? 1 : (unsigned)info->h_samp_factor;
        planes->component[c].vertical = planes->count == 1 ? 1 : (unsigned)info->v_samp_factor;
        for (int i = 0; i < JPEG_BLOCK; i++) {
            planes->component[c].step[i] = info->quant_table->quantval[i];
        }
    }
    render_shape(planes);
    if (jpeg_planes_allocate(planes, &error) != BSWZ_OK) {
        fail("memory", error.message);
    }
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        for (uint32_t row = 0; row < component->rows; row++) {
            JBLOCKARRAY blocks = decoder->mem->access_virt_barray((j_common_ptr)decoder, arrays[c], row, 1, FALSE);
            memcpy(component->block[(size_t)row * component->columns], blocks[0],
                   component->columns * sizeof *component->block);
        }
    }
}

static bool read_picture(const char *name, uint32_t shift_x, uint32_t shift_y, struct picture *picture) {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    size_t size;
    uint8_t *file = read_file(name, &size);
    decoder.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, file, size);
    jpeg_read_header(&decoder, TRUE);
    picture->channels = (unsigned)decoder.num_components;
    if ((picture->channels != 1 && picture->channels != 3) || decoder.image_width < 32 + shift_x ||
        decoder.image_height < 32 + shift_y) {
        return false;
    }
    decoder.out_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&decoder);
    picture->width = (decoder.output_width - shift_x) / 32 * 32;
    picture->height = (decoder.output_height - shift_y) / 32 * 32;
    picture->pixels = malloc((size_t)picture->width * picture->height * picture->channels);
    uint8_t *row = malloc((size_t)decoder.output_width * picture->channels);
    for (uint32_t y = 0; y < decoder.output_height; y++) {
        JSAMPROW rows[1] = {row};
        jpeg_read_scanlines(&decoder, rows, 1);
        if (y >= shift_y && y - shift_y < picture->height) {
            memcpy(picture->pixels + (size_t)(y - shift_y) * picture->width * picture->channels,
                   row + (size_t)shift_x * picture->channels, (size_t)picture->width * picture->channels);
        }
    }
    free(row);
    jpeg_finish_decompress(&decoder);
    jpeg_mem_src(&decoder, file, size);
    jpeg_read_header(&decoder, TRUE);
    read_planes(&decoder, &picture->planes);
    jpeg_destroy_decompress(&decoder);
    free(file);
    const struct jpeg_component *first = &picture->planes.component[0];
    picture->kind = picture->channels == 1                           ? KIND_GREY
                    : first->horizontal == 1 && first->vertical == 1 ? KIND_444
                    : first->horizontal == 2 && first->vertical == 2 ? KIND_420
                                                                     : KIND_OTHER;
    return true;
}

/* ---- figures ---- */

static void compare_planes(const struct picture *picture, const struct recovered *recovered, bool in_place,
                           struct sums *sums) {
    for (unsigned c = 0; c < picture->planes.count; c++) {
        const struct jpeg_component *file = &picture->planes.component[c], *found = &recovered->planes.component[c];
        for (int f = 0; f < JPEG_BLOCK; f++) {
            bool is_used = false;
            for (size_t b = 0; b < (size_t)file->columns * file->rows && !is_used; b++) {
                is_used = file->block[b][f] != 0;
            }
            sums->wrong_steps += is_used && file->step[f] != found->step[f];
        }
        if (!in_place || file->horizontal != found->horizontal || file->vertical != found->vertical) {
            continue;
        }
        for (uint32_t y = 0; y < found->rows && y < file->rows; y++) {
            for (uint32_t x = 0; x < found->columns && x < file->columns; x++) {
                const int16_t *a = file->block[(size_t)y * file->columns + x];
                const int16_t *b = found->block[(size_t)y * found->columns + x];
                for (int f = 0; f < JPEG_BLOCK; f++) {
                    sums->same += a[f] == b[f];
                    sums->nonzero += b[f] != 0;
                    sums->nonzero_file += a[f] != 0;
                }
                sums->coefficients += JPEG_BLOCK;
            }
        }
    }
}

/* Blocks of 8 x 8 pixels that are exact. */
static double exact_blocks(const struct picture *picture, const struct recovered *recovered) {
    uint8_t *rendered = malloc((size_t)picture->width * picture->height * picture->channels);
    const size_t row_bytes = (size_t)picture->width * picture->channels;
    size_t exact = 0;
    if (render_pixels(&recovered->planes, recovered->offset_x, recovered->offset_y, NULL, rendered, &error) !=
        BSWZ_OK) {
        fail("memory", error.message);
    }
    for (uint32_t y = 0; y < picture->height; y += 8) {
        for (size_t x = 0; x < row_bytes; x += (size_t)8 * picture->channels) {
            bool is_exact = true;
            for (uint32_t i = 0; i < 8; i++) {
                const size_t at = (y + i) * row_bytes + x;
                is_exact &= memcmp(rendered + at, picture->pixels + at, (size_t)8 * picture->channels) == 0;
            }
            exact += is_exact;
        }
    }
    free(rendered);
    return (double)exact;
}

static void add(struct sums *to, const struct sums *from) {
    to->pictures += from->pictures;
    to->found += from->found;
    to->wrong_steps += from->wrong_steps;
    to->blocks += from->blocks;
    to->exact += from->exact;
    to->pixels += from->pixels;
    to->wrong += from->wrong;
    to->bits += from->bits;
    to->samples += from->samples;
    to->same += from->same;
    to->coefficients += from->coefficients;
    to->nonzero += from->nonzero;
    to->nonzero_file += from->nonzero_file;
    to->seconds += from->seconds;
}

static void print(const char *name, const char *kind, const struct sums *sums) {
    printf("%-24s %-6s %3u/%-3u %8.3f%% %8.4f%% %8.5f %5u %8.3f%% %8.4f %7.3f\n", name, kind, sums->found,
           sums->pictures, 100 * sums->exact / sums->blocks, 100 * sums->wrong / sums->pixels,
           sums->bits / sums->samples, sums->wrong_steps, 100 * sums->same / (sums->coefficients + 1e-9),
           sums->nonzero / (sums->nonzero_file + 1e-9), sums->seconds / sums->pixels * 1e6);
}

static void recover(const struct picture *picture, bool in_place, struct sums *sums) {
    struct origin_planes origin = {0};
    struct recovered recovered;
    bool found = false;
    *sums = (struct sums){.pictures = 1};
    if (picture->channels == 3 &&
        origin_find(picture->pixels, picture->width, picture->height, true, NULL, &origin, &error) != BSWZ_OK) {
        fail("origin", error.message);
    }
    const clock_t start = clock();
    if ((picture->channels == 1 || origin.kind == ORIGIN_JFIF) &&
        unjpeg_find(picture->pixels, picture->width, picture->height, picture->channels,
                    picture->channels == 3 ? &origin : NULL, NULL, &recovered, &found, &error) != BSWZ_OK) {
        fail("recovery", error.message);
    }
    sums->seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    sums->pixels = (double)picture->width * picture->height;
    sums->samples = sums->pixels * picture->channels;
    sums->blocks = sums->pixels / 64;
    if (found) {
        struct byte_buffer packed = {0};
        sums->found = 1;
        sums->exact = exact_blocks(picture, &recovered);
        sums->wrong = (double)recovered.wrong;
        const struct exceptions_place place = {
            .width = picture->width, .height = picture->height, .channels = picture->channels};
        if (recovered.wrong > 0 && exceptions_put(&recovered.exceptions, &place, &packed, &error) != BSWZ_OK) {
            fail("memory", error.message);
        }
        sums->bits = 8.0 * (double)packed.size;
        compare_planes(picture, &recovered, in_place, sums);
        free(packed.data);
        unjpeg_free(&recovered);
    }
    origin_planes_free(&origin);
}

int main(int count, char **names) {
    struct sums kinds[KINDS] = {0}, all = {0};
    unsigned shift_x = 0, shift_y = 0;
    int first = 1;
    if (count > 2 && strcmp(names[1], "--shift") == 0) {
        if (sscanf(names[2], "%u,%u", &shift_x, &shift_y) != 2) {
            fail(names[2], "no shift");
        }
        first = 3;
    }
    printf("%-24s %-6s %7s %9s %9s %8s %5s %9s %8s %7s\n", "picture", "kind", "found", "blocks", "pixels", "bpd",
           "steps", "same", "nonzero", "s/Mpx");
    for (int i = first; i < count; i++) {
        struct picture picture;
        struct sums sums;
        const char *slash = strrchr(names[i], '/');
        if (!read_picture(names[i], shift_x, shift_y, &picture)) {
            continue;
        }
        recover(&picture, shift_x == 0 && shift_y == 0, &sums);
        print(slash != NULL ? slash + 1 : names[i], kind_names[picture.kind], &sums);
        add(&kinds[picture.kind], &sums);
        add(&all, &sums);
        jpeg_planes_free(&picture.planes);
        free(picture.pixels);
    }
    for (int kind = 0; kind < KINDS; kind++) {
        if (kinds[kind].pictures > 0) {
            print("all", kind_names[kind], &kinds[kind]);
        }
    }
    print("all", "all", &all);
    return 0;
}
