/* SPDX-License-Identifier: MIT */
/*
 * web/bytes.c, which has the names of src/bytes, under others, so that a program can hold both.
 */
#ifndef WEB_BYTES_H
#define WEB_BYTES_H

#define bytes_effort web_effort
#define bytes_pack web_pack
#define bytes_pack_after web_pack_after
#define recent_add web_recent_add
#define recent_free web_recent_free
#define bytes_pack_against web_pack_against
#define bytes_unpack web_unpack
#define bytes_unpack_against web_unpack_against
#define bytes_unpack_part web_unpack_part
#define bytes_encoder_create web_encoder_create
#define bytes_encoder_pack web_encoder_pack
#define bytes_encoder_expect web_encoder_expect
#define bytes_encoder_restart web_encoder_restart
#define bytes_encoder_free web_encoder_free
#define bytes_decoder_create web_decoder_create
#define bytes_decoder_unpack web_decoder_unpack
#define bytes_decoder_unpack_part web_decoder_unpack_part
#define bytes_decoder_compare web_decoder_compare
#define bytes_decoder_restart web_decoder_restart
#define bytes_decoder_free web_decoder_free
#include "../../web/bytes.c"

#endif
