/* SPDX-License-Identifier: MIT */
/*
 * Read uncompressed BMP: 24 and 32 bits per pixel, or a palette of 1, 4 or 8 bits. Everything but the rows goes
 * into the record (layout.h), so a file is restored exactly.
 *
 * Run lengths, 16 bits per pixel, and channels that are not bytes in one of the two usual orders are UNSUPPORTED.
 */
#include "image/bmp_header.h"
#include "image/format.h"
#include "image/layout.h"

static enum bswz_status broken(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "BMP: %s", what);
}

static enum bswz_status unsupported(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "BMP: %s", what);
}

/* The end of the info header, including the masks that may follow it. */
static uint64_t headers_end(const struct bmp_header *header) {
    const uint64_t end = 14 + (uint64_t)header->info_size;
    if (header->info_size != 40 || header->compression == BMP_PLAIN) {
        return end;
    }
    return end + (header->compression == BMP_ALPHA_FIELDS ? 16 : 12);
}

/* 32 bits per pixel: which byte is which? */
static enum bswz_status parse_masks(const struct bmp_header *header, const uint8_t *bytes, struct sample_layout *layout,
                                    bool *has_alpha, struct bswz_error *error) {
    *has_alpha = false;
    layout->reversed = true;
    if (header->compression == BMP_PLAIN) {
        return BSWZ_OK;
    }
    /* in any case after the 40 bytes of the oldest header */
    const uint32_t red = load_little_32(bytes + 54), green = load_little_32(bytes + 58),
                   blue = load_little_32(bytes + 62);
    const bool has_mask =
        header->info_size >= 56 || (header->info_size == 40 && header->compression == BMP_ALPHA_FIELDS);
    const uint32_t alpha = has_mask ? load_little_32(bytes + 66) : 0;
    *has_alpha = alpha != 0;
    layout->reversed = red == 0xff0000;
    if (green != 0xff00 || (alpha != 0 && alpha != 0xff000000) ||
        !((red == 0xff0000 && blue == 0xff) || (red == 0xff && blue == 0xff0000))) {
        return unsupported(error, "unsupported order of channels");
    }
    return BSWZ_OK;
}

static enum bswz_status parse_palette(const struct bmp_header *header, struct picture_info *info,
                                      struct sample_layout *layout, struct bswz_error *error) {
    const uint32_t most = 1u << header->bits;
    layout->bits = (uint8_t)header->bits;
    layout->palette = header->info_size == 12 ? PALETTE_BGR : PALETTE_BGRX;
    layout->colours = header->colours == 0 ? most : header->colours;
    layout->palette_at = (size_t)headers_end(header);
    info->channels = 1;
    info->indexed = true;
    info->maxval = (uint16_t)(most - 1);
    if (layout->colours > most || layout->palette_at + layout_palette_bytes(layout) > header->pixels_at) {
        return broken(error, "the palette is too long");
    }
    return BSWZ_OK;
}

/* bytes is the whole file, whose extent is valid. */
static enum bswz_status parse(const struct bmp_header *header, const struct byte_buffer *file,
                              struct picture_info *info, struct sample_layout *layout, bool *has_alpha,
                              struct bswz_error *error) {
    const bool is_plain = header->compression == BMP_PLAIN;
    const bool has_fields = header->compression == BMP_FIELDS || header->compression == BMP_ALPHA_FIELDS;
    info->width = header->width;
    info->height = header->height;
    info->depth = 8;
    info->maxval = 255;
    *layout = (struct sample_layout){.bits = 8, .bottom_up = header->bottom_up};
    *has_alpha = false;
    if (!is_plain && !(has_fields && header->bits == 32)) {
        return unsupported(error, has_fields || header->compression > BMP_FIELDS
                                      ? "unsupported pixel format"
                                      : "run-length encoding is not supported");
    }
    if (headers_end(header) > header->pixels_at) {
        return broken(error, "the pixels begin inside the header");
    }
    switch (header->bits) {
    case 24:
        info->channels = 3;
        layout->reversed = true;
        layout->padding = (uint8_t)(bmp_stride(header) - (uint64_t)header->width * 3);
        return BSWZ_OK;
    case 32: info->channels = 4; return parse_masks(header, file->data, layout, has_alpha, error);
    case 1:
    case 4:
    case 8:
        layout->padding = (uint8_t)(bmp_stride(header) - ((uint64_t)header->width * header->bits + 7) / 8);
        return parse_palette(header, info, layout, error);
    default: return unsupported(error, "16 bits per pixel");
    }
}

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    (void)raw;
    const struct byte_buffer *file;
    struct bmp_header header;
    struct sample_layout layout;
    bool has_alpha;
    enum bswz_status status = layout_read_file(reader, &file, error);
    if (status == BSWZ_OK && !bmp_header_take(file->data, file->size, &header)) {
        status = broken(error, "invalid header");
    }
    if (status == BSWZ_OK) {
        status = parse(&header, file, &reader->info, &layout, &has_alpha, error);
    }
    if (status == BSWZ_OK) {
        status = picture_check_info(&reader->info, &reader->row_bytes, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    const struct sample_run run = {header.pixels_at, header.height}; /* within the file, since its extent is valid */
    return layout_reader_start(reader, &layout, &run, 1, has_alpha, error);
}

const struct picture_reader_methods picture_bmp_reader = {open_reader, layout_reader_rows, NULL, layout_reader_close};
