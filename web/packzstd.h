/* SPDX-License-Identifier: MIT */
/*
 * Packing short runs of bytes as zstd frames: what needs no library, for headers, palettes, texts and profiles.
 */
#ifndef BSWZ_WEB_PACKZSTD_H
#define BSWZ_WEB_PACKZSTD_H

#include "base/buffer.h"

enum { PACKZSTD_MOST = 1 << 16 }; /* bytes of a run, and of what is known */

/* Append a frame that restores all[start ... size - 1] after the known bytes before them. */
enum bswz_status packzstd(const uint8_t *all, size_t start, size_t size, struct byte_buffer *out,
                          struct bswz_error *error);

#endif
