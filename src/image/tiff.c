/* SPDX-License-Identifier: MIT */
/*
 * Read uncompressed TIFF: grey, RGB, with or without alpha, and palettes; 1 to 16 bits per sample, either byte
 * order, samples of a pixel together, strips in order. Everything but the rows goes into the record (layout.h), so
 * a file is restored exactly, whatever else is in it.
 *
 * Of several pages, the largest that can be read provides the rows; the others are among the other bytes. Tiles,
 * compression, separate planes, floating point, CMYK colours and BigTIFF are UNSUPPORTED.
 *
 * All positions come from the file: each is checked before it is used (tiff_directory.h).
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/layout.h"
#include "image/tiff_directory.h"

#include <stdlib.h>

/* No more pages than this are examined. */
#define PAGES_MAX 64

static enum bswz_status broken(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "TIFF: %s", what);
}

static enum bswz_status unsupported(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "TIFF: %s", what);
}

/* ---- pages ---- */

/* Channels and colours, by the photometric interpretation. */
static enum bswz_status parse_colours(const struct tiff *tiff, const struct tiff_page *page, struct picture_info *info,
                                      struct sample_layout *layout, bool *has_alpha, struct bswz_error *error) {
    const uint32_t samples = tiff_number(tiff, page, TAG_SAMPLES, 1);
    const uint32_t photometric = tiff_number(tiff, page, TAG_PHOTOMETRIC, UINT32_MAX);
    const struct field extra = tiff_field(tiff, page, TAG_EXTRA_SAMPLES), colours = tiff_field(tiff, page, TAG_COLOURS);
    const uint32_t plain = photometric == PHOTOMETRIC_RGB ? 3 : 1;
    if (photometric > PHOTOMETRIC_PALETTE || (samples != plain && samples != plain + 1) || extra.count > 1) {
        return unsupported(error, "these colours or channels are not supported");
    }
    const uint64_t kind = extra.count == 1 ? tiff_value(tiff, &extra, 0) : 0;
    *has_alpha = samples > plain && kind != 0;
    info->channels = (uint8_t)samples;
    layout->premultiplied = samples > plain && kind == EXTRA_PREMULTIPLIED;
    layout->inverted = photometric == PHOTOMETRIC_INVERTED;
    if (samples > plain && (layout->inverted || photometric == PHOTOMETRIC_PALETTE)) {
        return unsupported(error, "unsupported kind of alpha");
    }
    if (photometric == PHOTOMETRIC_PALETTE) {
        if (layout->bits > 8 || colours.size != 2 || colours.count != 3u << layout->bits) {
            return unsupported(error, "unsupported palette");
        }
        layout->palette = tiff->is_big ? PALETTE_BIG : PALETTE_LITTLE;
        layout->colours = 1u << layout->bits;
        layout->palette_at = colours.at;
        info->indexed = true;
    }
    return BSWZ_OK;
}

/* Describe the pixels of a page; *row_bytes is checked for plausibility. */
static enum bswz_status parse_page(const struct tiff *tiff, const struct tiff_page *page, struct picture_info *info,
                                   struct sample_layout *layout, bool *has_alpha, struct bswz_error *error) {
    const uint32_t samples = tiff_number(tiff, page, TAG_SAMPLES, 1), bits = tiff_number(tiff, page, TAG_BITS, 1);
    size_t row_bytes;
    *layout = (struct sample_layout){.bits = (uint8_t)bits};
    if (tiff_field(tiff, page, TAG_TILE_WIDTH).count != 0 || tiff_field(tiff, page, TAG_TILE_OFFSETS).count != 0) {
        return unsupported(error, "tiles are not supported");
    }
    if (tiff_number(tiff, page, TAG_COMPRESSION, 1) != 1) {
        return unsupported(error, "its pixels are compressed");
    }
    if (samples == 0 || samples > 4 || (samples > 1 && tiff_number(tiff, page, TAG_PLANES, 1) != 1)) {
        return unsupported(error, "these planes or channels are not supported");
    }
    if ((bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16) || (bits < 8 && samples > 1) ||
        !tiff_all_are(tiff, page, TAG_BITS, samples, bits, 1) ||
        !tiff_all_are(tiff, page, TAG_SAMPLE_FORMAT, samples, 1, 1) ||
        tiff_number(tiff, page, TAG_FILL_ORDER, 1) != 1) {
        return unsupported(error, "this kind of samples is not supported");
    }
    info->width = tiff_number(tiff, page, TAG_WIDTH, 0);
    info->height = tiff_number(tiff, page, TAG_HEIGHT, 0);
    info->depth = bits == 16 ? 16 : 8;
    info->maxval = (uint16_t)((1u << bits) - 1);
    info->indexed = false;
    layout->big_endian = bits == 16 && tiff->is_big;
    enum bswz_status status = parse_colours(tiff, page, info, layout, has_alpha, error);
    return status == BSWZ_OK ? picture_check_info(info, &row_bytes, error) : status;
}

/* The positions of the strips of a page; adjacent strips form one run. The caller frees *runs. */
static enum bswz_status find_runs(const struct tiff *tiff, const struct tiff_page *page,
                                  const struct picture_info *info, size_t stride, struct sample_run **runs,
                                  size_t *run_count, struct bswz_error *error) {
    const struct field offsets = tiff_field(tiff, page, TAG_STRIP_OFFSETS);
    const struct field sizes = tiff_field(tiff, page, TAG_STRIP_SIZES);
    uint32_t per_strip = tiff_number(tiff, page, TAG_ROWS_PER_STRIP, UINT32_MAX);
    per_strip = per_strip < info->height ? per_strip : info->height;
    if (per_strip == 0) {
        return broken(error, "the strips have no rows");
    }
    const uint32_t strips = (info->height - 1) / per_strip + 1;
    if (offsets.count != strips || (sizes.count != 0 && sizes.count != strips)) {
        return broken(error, "the number of strips is wrong");
    }
    *runs = bswz_allocate(strips, sizeof **runs);
    if (*runs == NULL) {
        return bswz_no_memory(error);
    }
    uint64_t end = 0; /* of the strips so far */
    uint32_t rows_left = info->height;
    for (uint32_t i = 0; i < strips; i++) {
        const uint32_t rows = rows_left < per_strip ? rows_left : per_strip;
        const uint64_t size = (uint64_t)rows * stride, at = tiff_value(tiff, &offsets, i);
        if (!tiff_is_within(tiff, at, size) || (sizes.count != 0 && tiff_value(tiff, &sizes, i) < size)) {
            return broken(error, "a strip is too short");
        }
        if (at < end) {
            return unsupported(error, "the strips are not in order");
        }
        if (*run_count > 0 && at == end) {
            (*runs)[*run_count - 1].rows += rows;
        } else {
            (*runs)[(*run_count)++] = (struct sample_run){(size_t)at, rows};
        }
        end = at + size;
        rows_left -= rows;
    }
    return BSWZ_OK;
}

/* The page with the most bytes of pixels among those that can be read; if there is none, the error for the first. */
static enum bswz_status choose_page(const struct tiff *tiff, struct tiff_page *chosen, struct bswz_error *error) {
    uint64_t most = 0;
    uint64_t at = tiff_first(tiff);
    enum bswz_status status = BSWZ_OK;
    for (int i = 0; i < PAGES_MAX && at != 0; i++) {
        struct tiff_page page;
        struct picture_info info = {.format = PICTURE_TIFF};
        struct sample_layout layout;
        bool has_alpha;
        if (!tiff_find_page(tiff, at, &page, &at)) {
            break;
        }
        const enum bswz_status result = parse_page(tiff, &page, &info, &layout, &has_alpha, i == 0 ? error : NULL);
        const uint64_t size = result == BSWZ_OK ? (uint64_t)layout_stride(&layout, &info) * info.height : 0;
        status = i == 0 ? result : status;
        if (size > most) {
            most = size;
            *chosen = page;
        }
    }
    if (most > 0) {
        return BSWZ_OK;
    }
    return status != BSWZ_OK ? status : broken(error, "there is no page");
}

static enum bswz_status open_file(struct picture_reader *reader, const struct tiff *tiff, struct bswz_error *error) {
    struct tiff_page page;
    struct sample_layout layout;
    struct sample_run *runs = NULL;
    size_t run_count = 0;
    bool has_alpha;
    struct bswz_error first = {.status = BSWZ_OK};
    enum bswz_status status = choose_page(tiff, &page, &first);
    if (status != BSWZ_OK) {
        return bswz_fail(error, status, "%s", first.message);
    }
    status = parse_page(tiff, &page, &reader->info, &layout, &has_alpha, error);
    if (status == BSWZ_OK) {
        status = find_runs(tiff, &page, &reader->info, layout_stride(&layout, &reader->info), &runs, &run_count, error);
    }
    if (status == BSWZ_OK) {
        status = layout_reader_start(reader, &layout, runs, run_count, has_alpha, error);
    }
    free(runs);
    return status;
}

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    (void)raw;
    const struct byte_buffer *file;
    const enum bswz_status status = layout_read_file(reader, &file, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (!tiff_is_file(file->data, file->size)) {
        return broken(error, "invalid header");
    }
    const struct tiff tiff = tiff_open(file->data, file->size);
    return open_file(reader, &tiff, error);
}

const struct picture_reader_methods picture_tiff_reader = {open_reader, layout_reader_rows, NULL, layout_reader_close};
