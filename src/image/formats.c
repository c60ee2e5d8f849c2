/* SPDX-License-Identifier: MIT */
/*
 * The table of picture formats (formats.h), and what is looked up in it.
 *
 * The order is that of recognition: DICOM is last, since its file may begin with 128 bytes of anything.
 */
#include "image/formats.h"

#include "image/bmp_header.h"
#include "image/format.h"
#include "image/pnm_header.h"
#include "image/record.h"

static const struct picture_format_row rows[] = {
    {.format = PICTURE_JPEG, /* pixels are read, but not written: the file is coded by its coefficients */
     .name = "JPEG",
     .begins = jpeg_begins,
     .extent = jpeg_extent,
     .inside = 0xff,
     .reader = &picture_jpeg_reader,
     .record = RECORD_CHUNKS,
     .implied_head = picture_record_implied,
     .scale_head = scale_record},
    {.format = PICTURE_PNG,
     .name = "PNG",
     .begins = png_begins,
     .extent = png_extent,
     .inside = 0x89,
     .reader = &picture_png_reader,
     .writer = &picture_png_writer,
     .indices_writer = &picture_indices_writer,
     .exact = PICTURE_PNG_FILE,
     .record = RECORD_CHUNKS,
     .implied_head = picture_record_implied,
     .scale_head = scale_record,
     .accepts = png_accepts,
     .held = png_held},
    {.format = PICTURE_PNG_FILE,
     .name = "PNG",
     .extent = png_extent,
     .reader = &picture_png_file_reader,
     .writer = &picture_png_file_writer,
     .indices_writer = &picture_indices_writer,
     .exact = PICTURE_PNG_FILE,
     .record = RECORD_CHUNKS,
     .scale_head = scale_record,
     .held = png_file_held},
    {.format = PICTURE_WEBP,
     .name = "WebP",
     .begins = webp_begins,
     .extent = webp_extent,
     .reader = &picture_webp_reader,
     .writer = &picture_webp_writer,
     .record = RECORD_CHUNKS,
     .implied_head = picture_record_implied,
     .scale_head = scale_record,
     .accepts = webp_accepts,
     .held = webp_held},
    /* coded by the indices of its images */
    {.format = PICTURE_GIF, .name = "GIF", .begins = gif_begins, .extent = gif_extent, .inside = 'G'},
    {.format = PICTURE_BMP,
     .name = "BMP",
     .begins = bmp_begins,
     .extent = bmp_extent,
     .reader = &picture_bmp_reader,
     .writer = &picture_layout_writer,
     .exact = PICTURE_BMP,
     .record = RECORD_LAYOUT,
     .scale_head = scale_layout,
     .held = bmp_held},
    {.format = PICTURE_TIFF,
     .name = "TIFF",
     .begins = tiff_begins,
     .extent = tiff_extent,
     .reader = &picture_tiff_reader,
     .writer = &picture_layout_writer,
     .exact = PICTURE_TIFF,
     .record = RECORD_LAYOUT,
     .scale_head = scale_layout},
    /* coded by its pages, as are FITS and DICOM */
    {.format = PICTURE_TEXT, .name = "PNM text", .begins = pnm_text_begins, .extent = whole_extent},
    {.format = PICTURE_PNM,
     .name = "PNM",
     .begins = pnm_begins,
     .reader = &picture_pnm_reader,
     .writer = &picture_pnm_writer,
     .exact = PICTURE_PNM,
     .implied_head = pnm_implied_head,
     .scale_head = scale_pnm,
     .accepts = pnm_accepts},
    {.format = PICTURE_PAM,
     .name = "PAM",
     .begins = pam_begins,
     .reader = &picture_pnm_reader,
     .writer = &picture_pnm_writer,
     .exact = PICTURE_PAM,
     .implied_head = pnm_implied_head,
     .scale_head = scale_pam,
     .accepts = accepts_all},
    {.format = PICTURE_RAW,
     .name = "raw",
     .reader = &picture_raw_reader,
     .writer = &picture_raw_writer,
     .exact = PICTURE_RAW,
     .accepts = accepts_all},
    {.format = PICTURE_FITS, .name = "FITS", .begins = fits_begins, .extent = whole_extent},
    {.format = PICTURE_DICOM, .name = "DICOM", .begins = dicom_begins, .extent = whole_extent},
    {.format = PICTURE_NONE, .name = ""}};

const struct picture_format_row *picture_format_rows(void) {
    return rows;
}

const struct picture_format_row *picture_format_row(enum picture_format format) {
    const struct picture_format_row *row = rows;
    while (row->format != format && row->format != PICTURE_NONE) {
        row++;
    }
    return row;
}

const char *picture_format_name(enum picture_format format) {
    return picture_format_row(format)->name;
}

bool picture_format_is_exact(enum picture_format format) {
    return picture_format_row(format)->exact == format;
}

enum bswz_status picture_implied_head(const struct picture_info *info, struct byte_buffer *head,
                                      struct bswz_error *error) {
    const struct picture_format_row *row = picture_format_row(info->format);
    return row->implied_head != NULL ? row->implied_head(info, head, error) : BSWZ_OK;
}

enum picture_format picture_recognise(const uint8_t *bytes, size_t size) {
    const struct picture_format_row *row = rows;
    while (row->format != PICTURE_NONE && (row->begins == NULL || !row->begins(bytes, size))) {
        row++;
    }
    return row->format;
}

size_t picture_extent(enum picture_format format, const uint8_t *bytes, size_t size, bool at_end) {
    const struct picture_format_row *row = picture_format_row(format);
    size_t extent = SIZE_MAX;
    if (size == 0) {
        extent = 0; /* bytes may be NULL */
    } else if (row->extent != NULL) {
        extent = row->extent(bytes, size, at_end);
    }
    return extent == 0 && at_end ? SIZE_MAX : extent;
}
