/* SPDX-License-Identifier: MIT */
/*
 * The pictures that later ones of the stream may refer to: the last ones that are a single band, coded as a drawing or as
 * deep samples. The slices of a volume resemble each other, and so do screenshots, whether they are pages of a file or
 * files of an archive; and since archives have files in any order, several are kept.
 *
 * A list does not change, and belongs to everybody who holds it. Lists are held and dropped only in the thread that
 * compresses or decompresses; while a picture is being coded, other threads read the list.
 */
#ifndef BSWZ_PRIORS_H
#define BSWZ_PRIORS_H

#include "container/container.h"

#include <stddef.h>

struct priors;

/* Is there room for such a picture? */
bool priors_take(const struct picture_info *info);

/* The list with one more picture, and without the oldest ones if there are too many. Takes over the list (NULL: it is
 * empty) and the samples, also on failure. NULL: no memory. */
struct priors *priors_add(struct priors *priors, const struct picture_info *info, uint8_t *samples);

/* NULL is allowed in all of these. */
struct priors *priors_hold(struct priors *priors);
void priors_drop(struct priors *priors);
/* Of samples, in memory. */
size_t priors_bytes(const struct priors *priors);

/* Find the samples of those that a picture of this shape may refer to, if its first band has this number of rows: the
 * latest first. Returns their number. */
unsigned priors_find(const struct priors *priors, const struct picture_info *info, uint32_t rows,
                     const uint8_t *found[PRIORS_MOST]);

#endif
