/* SPDX-License-Identifier: MIT */
/*
 * Colours as the coefficients of the JPEG that they were decoded from: the payload of FRAME_COEFFICIENTS, except for
 * the parts that other methods have, too (alpha, reductions).
 */
#ifndef BSWZ_COEFFICIENTS_PAYLOAD_H
#define BSWZ_COEFFICIENTS_PAYLOAD_H

#include "base/fields.h"
#include "coefficients/coefficients.h"
#include "pyramid/account.h"
#include "unjpeg/unjpeg.h"

/* Can a band of that size have such a payload? Small and narrow ones would mostly consist of samples beyond their
 * edges. */
bool coefficients_payload_holds(uint32_t width, uint32_t rows);

/* Append it. proof: as for coefficients_encode, for what is recovered. Errors: MEMORY, and those of the coder. */
enum bswz_status coefficients_payload_put(const struct recovered *recovered, int level, struct worker_pool *pool,
                                          struct coefficients_proof *proof, struct byte_buffer *out,
                                          struct bswz_error *error);

/* Decode it, untrusted, and set pixels: width * rows pixels of channels bytes, 1 or 3; grey has equal channels.
 * account: NULL, or where to count bits. proof: NULL, or a proof of what need not be decoded again. Memory: about 14
 * bytes per pixel in addition. CORRUPT, MODEL (of another version), MEMORY. */
enum bswz_status coefficients_payload_take(struct cursor *payload, uint32_t width, uint32_t rows, unsigned channels,
                                           struct worker_pool *pool, struct account *account,
                                           const struct coefficients_proof *proof, uint8_t *pixels,
                                           struct bswz_error *error);

#endif
