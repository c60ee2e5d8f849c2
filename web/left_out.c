/* SPDX-License-Identifier: MIT */
/*
 * What the library for browsers leaves out: the parts that need libraries which are not there, libjpeg, libwebp,
 * libpng's writer and zstd. A browser reads and writes pictures itself.
 *
 * JPEG files are coded by their coefficients all the same, which needs no libjpeg. Without zstd, the records of a
 * picture, such as its text, are stored as they are. Any other data is refused.
 */
#include "bytes/stream.h"
#include "bytes/zstd.h"
#include "image/format.h"
#include "threads/cores.h"

static enum bswz_status left_out(const char *what, struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "the program in the browser does not have %s", what);
}

/* ---- pictures ---- */

static enum bswz_status refuse_reading(struct picture_reader *reader, const struct raw_geometry *raw,
                                       struct bswz_error *error) {
    (void)reader;
    (void)raw;
    return left_out("a reader of this format", error);
}

static void close_nothing_read(struct picture_reader *reader) {
    (void)reader;
}

static enum bswz_status refuse_writing(struct picture_writer *writer, const struct byte_buffer *head,
                                       struct bswz_error *error) {
    (void)writer;
    (void)head;
    return left_out("a writer of this format", error);
}

static void close_nothing_written(struct picture_writer *writer) {
    (void)writer;
}

const struct picture_reader_methods picture_jpeg_reader = {refuse_reading, NULL, NULL, close_nothing_read};
const struct picture_reader_methods picture_webp_reader = {refuse_reading, NULL, NULL, close_nothing_read};
const struct picture_writer_methods picture_png_writer = {refuse_writing, NULL, NULL, close_nothing_written};
const struct picture_writer_methods picture_webp_writer = {refuse_writing, NULL, NULL, close_nothing_written};

uint64_t png_held(const struct picture_info *info, const struct byte_buffer *head) {
    (void)info;
    (void)head;
    return 0;
}

uint64_t webp_held(const struct picture_info *info, const struct byte_buffer *head) {
    return png_held(info, head);
}

/* ---- threads ---- */

unsigned cores_available(void) {
    return 1;
}

/* ---- zstd ---- */

int bytes_effort(int level, size_t size) {
    (void)size;
    return level;
}

enum bswz_status bytes_pack(const uint8_t *bytes, size_t size, int level, size_t limit, struct byte_buffer *packed,
                            bool *fits, struct bswz_error *error) {
    return bytes_pack_after(NULL, 0, bytes, size, level, limit, packed, fits, error);
}

enum bswz_status bytes_pack_after(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                  int effort, size_t limit, struct byte_buffer *packed, bool *fits,
                                  struct bswz_error *error) {
    (void)known;
    (void)known_size;
    (void)bytes;
    (void)size;
    (void)effort;
    (void)limit;
    (void)packed;
    (void)error;
    *fits = false;
    return BSWZ_OK;
}

enum bswz_status bytes_pack_against(const uint8_t *known, size_t known_size, const uint8_t *bytes, size_t size,
                                    size_t limit, struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    return bytes_pack_after(known, known_size, bytes, size, 0, limit, packed, fits, error);
}

enum bswz_status bytes_unpack(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size,
                              struct bswz_error *error) {
    return bytes_unpack_against(NULL, 0, packed, packed_size, bytes, size, error);
}

enum bswz_status bytes_unpack_against(const uint8_t *known, size_t known_size, const uint8_t *packed,
                                      size_t packed_size, uint8_t *bytes, size_t size, struct bswz_error *error) {
    (void)known;
    (void)known_size;
    (void)packed;
    (void)packed_size;
    (void)bytes;
    (void)size;
    return left_out("zstd, which this stream needs", error);
}

enum bswz_status bytes_unpack_part(const uint8_t *packed, size_t packed_size, uint8_t *bytes, size_t size, size_t *got,
                                   struct bswz_error *error) {
    *got = 0;
    return bytes_unpack(packed, packed_size, bytes, size, error);
}

enum bswz_status bytes_encoder_create(int level, size_t most, struct bytes_encoder **encoder,
                                      struct bswz_error *error) {
    (void)level;
    (void)most;
    *encoder = NULL;
    return left_out("zstd, which is for anything that is not a picture", error);
}

enum bswz_status bytes_encoder_pack(struct bytes_encoder *encoder, const uint8_t *bytes, size_t size,
                                    struct byte_buffer *packed, bool *fits, struct bswz_error *error) {
    (void)encoder;
    return bytes_pack(bytes, size, 0, 0, packed, fits, error);
}

void bytes_encoder_restart(struct bytes_encoder *encoder) {
    (void)encoder;
}

void bytes_encoder_free(struct bytes_encoder *encoder) {
    (void)encoder;
}

enum bswz_status bytes_decoder_create(uint64_t memory_limit, struct bytes_decoder **decoder, struct bswz_error *error) {
    (void)memory_limit;
    *decoder = NULL;
    return left_out("zstd, which this stream needs", error);
}

enum bswz_status bytes_decoder_unpack(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                      uint8_t *bytes, size_t size, struct bswz_error *error) {
    (void)decoder;
    return bytes_unpack(packed, packed_size, bytes, size, error);
}

enum bswz_status bytes_decoder_unpack_part(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                           uint8_t *bytes, size_t size, size_t *got, struct bswz_error *error) {
    (void)decoder;
    return bytes_unpack_part(packed, packed_size, bytes, size, got, error);
}

enum bswz_status bytes_decoder_compare(struct bytes_decoder *decoder, const uint8_t *packed, size_t packed_size,
                                       const uint8_t *bytes, size_t size, struct bswz_error *error) {
    (void)decoder;
    (void)bytes;
    return bytes_unpack(packed, packed_size, NULL, size, error);
}

void bytes_decoder_restart(struct bytes_decoder *decoder) {
    (void)decoder;
}

void bytes_decoder_free(struct bytes_decoder *decoder) {
    (void)decoder;
}
