/* SPDX-License-Identifier: MIT */
/*
 * The model for small records (record_code.h). The same code encodes, decodes and learns.
 */
#ifndef BSWZ_RECORD_MODEL_H
#define BSWZ_RECORD_MODEL_H

#include "container/record_code.h"
#include "mixing/decisions.h"

/* Code a record: the encoder reads it, the decoder appends to it. info: as in record_place; last: NULL, or what it refers
 * to. *fits: false if the model cannot hold it, or if what is decoded is not valid. Error: MEMORY. */
enum bswz_status record_model_code(const struct picture_info *info, const struct byte_buffer *last,
                                   struct record_models *models, struct decisions *decisions,
                                   struct byte_buffer *record, bool *fits, struct bswz_error *error);

#endif
