/* SPDX-License-Identifier: MIT */
/*
 * Model files as they are in the library: compressed (models/pack.c), and unpacked when they are first used.
 */
#ifndef BSWZ_MODEL_PACKED_H
#define BSWZ_MODEL_PACKED_H

#include "base/buffer.h"

/* The hash of the whole file. */
uint64_t packed_hash(const uint8_t *packed);

/* The file itself, to be freed. */
enum bswz_status packed_open(const uint8_t *packed, const uint8_t *end, struct byte_buffer *file,
                             struct bswz_error *error);

#endif
