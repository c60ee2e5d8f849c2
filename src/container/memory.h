/* SPDX-License-Identifier: MIT */
/*
 * The memory that coding pictures takes: estimates from a header alone, to be compared with limits before anything
 * is allocated. The first two are on the safe side for every kind of picture, since they can refuse one; the third
 * says how many bands may be processed at a time, and an error there does little harm.
 */
#ifndef BSWZ_CONTAINER_MEMORY_H
#define BSWZ_CONTAINER_MEMORY_H

#include "image/picture.h"

#include <stdbool.h>

/* What a header may ask for if no limit is given. */
#define DEFAULT_MEMORY_LIMIT ((uint64_t)2 << 30)

/* The bytes needed to decode bands with this number of rows. */
uint64_t memory_to_decode(const struct picture_info *info, uint32_t band_rows);

/* The bytes needed to compress a picture in such bands; read_ahead: bands are read while others are coded. */
uint64_t memory_to_encode(const struct picture_info *info, uint32_t band_rows, bool read_ahead);

/* Approximately the bytes for each additional band that is coded or decoded at the same time. */
uint64_t memory_of_band(const struct picture_info *info, uint32_t band_rows);

#endif
