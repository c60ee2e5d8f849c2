/* SPDX-License-Identifier: MIT */
/*
 * Animated PNG files as PNG files of their frames.
 *
 * The chunks of each frame after the first become a PNG file of its own: with the header, palette and transparent
 * colours of the animation, the size of the frame, and IDAT chunks for the fdAT chunks. All others stay as they are, so
 * the sequence numbers follow from those of the fcTL chunks. No plan is needed (pages.h).
 */
#ifndef BSWZ_PAGES_ANIMATION_H
#define BSWZ_PAGES_ANIMATION_H

#include "pages/pages.h"

/* Append the PNG files to plain. UNSUPPORTED: no frame has pixels in fdAT chunks, or the file would not come
 * back. LIMIT: there is too much. */
enum bswz_status animation_take_apart(const uint8_t *file, size_t size, size_t most, struct byte_buffer *plain,
                                      struct pages_summary *summary, struct bswz_error *error);

/* Append the animation, up to `end` bytes in the buffer. FORMAT, LIMIT: plain is damaged. */
enum bswz_status animation_put_together(const uint8_t *plain, size_t size, size_t end, struct byte_buffer *file,
                                        struct bswz_error *error);

#endif
