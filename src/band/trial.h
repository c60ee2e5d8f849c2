/* SPDX-License-Identifier: MIT */
/*
 * Trials: some rows of a band tell whether a slow coding may be worth it for all of them.
 */
#ifndef BSWZ_TRIAL_H
#define BSWZ_TRIAL_H

#include "band/frame_candidate.h"

/* Is the band noise of few values? Sets encoding->is_noise. */
enum bswz_status trial_noise(struct encoding *encoding, struct bswz_error *error);

/* Is the model tried first, since the band is more likely to be a photograph than a drawing? Sets encoding->is_photo,
 * too: that of a photograph in which nothing repeats. */
enum bswz_status trial_photographed(struct encoding *encoding, bool *is_photo, struct bswz_error *error);

/* Planes are going to be coded, and trial_drawn will be asked: offer its work to other threads, if it is likely to be
 * needed. It is ended by trial_drawn, or by trial_leave. */
void trial_offer(struct encoding *encoding);
void trial_leave(struct encoding *encoding);
/* Planes have been coded, with this cost, and are going to be checked: offer the strips if a sample that another thread
 * has tried asks for them. Otherwise this thread would draw them alone, and for the last band of a picture, nobody has
 * anything else to do. */
void trial_offer_strips(struct encoding *encoding, size_t cost);

/* May a photograph be smaller as a drawing than what was found so far? Or a part of it: then the drawing is needed
 * whatever its size is. */
enum bswz_status trial_drawn(struct encoding *encoding, bool *may, bool *in_part, struct bswz_error *error);

/* Is the coder for deep samples worth a try on this kind of picture, at this level? */
bool may_be_deep(const struct encoding *encoding);

/* May samples one by one be smaller than what was found so far? */
enum bswz_status trial_deep(const struct encoding *encoding, bool *may, struct bswz_error *error);

#endif
