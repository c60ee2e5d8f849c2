/* SPDX-License-Identifier: MIT */
/*
 * The bits of blocks of coefficients, as bits of the blocks of a band (pyramid/account.h).
 */
#ifndef BSWZ_COEFFICIENT_BITS_H
#define BSWZ_COEFFICIENT_BITS_H

#include "jpeg/planes.h"
#include "pyramid/account.h"

/* planes were decoded with `spent`. The first pixel of width x height ones is at that offset in them; what lies beyond
 * counts for the nearest pixels. account->blocks is not NULL. */
void coefficient_bits_add(const struct jpeg_planes *planes, unsigned offset_x, unsigned offset_y,
                          struct account *account, uint32_t width, uint32_t height);

#endif
