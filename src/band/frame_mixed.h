/* SPDX-License-Identifier: MIT */
/*
 * A band of which some blocks are drawn and the others coded by the model: is that worth a try, and the try.
 */
#ifndef BSWZ_FRAME_MIXED_H
#define BSWZ_FRAME_MIXED_H

#include "band/frame_candidate.h"

/* The band has been drawn: could the model be better, for a part of it at least? */
enum bswz_status frame_may_need_model(const struct encoding *encoding, bool *may, struct bswz_error *error);

/* Try a mixed picture, if each coding is better for a part of the band. */
enum bswz_status frame_try_mixed(struct encoding *encoding, struct bswz_error *error);

#endif
