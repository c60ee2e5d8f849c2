/* SPDX-License-Identifier: MIT */
/*
 * Records of pictures: packed ones that are hostile, and any bytes that are packed. The first byte of the input chooses the
 * picture, and whether there is a last record.
 */
#include "fuzz.h"

#include "container/record_code.h"
#include "image/record.h"

#define RECORD_LIMIT ((size_t)1 << 20)

static const struct picture_info infos[] = {
    {.width = 4, .height = 3, .channels = 4, .depth = 8, .maxval = 255, .format = PICTURE_PNG},
    {.width = 4, .height = 3, .channels = 1, .depth = 8, .maxval = 15, .indexed = true, .format = PICTURE_PNG},
    {.width = 4, .height = 3, .channels = 3, .depth = 8, .maxval = 255, .format = PICTURE_PNM}};
#define INFOS (sizeof infos / sizeof *infos)

static const uint8_t samples[4 * 3 * 4] = {1, 2, 3, 255, 1, 2, 3, 255, 0, 0, 0, 0, 9, 9, 9, 7};

static const struct picture_info *choose(const uint8_t **data, size_t *size, struct byte_buffer *last) {
    const unsigned choice = fuzz_choice(data, size);
    if ((choice & 0x80) != 0) {
        picture_record_begin(last, 8, 6, false, NULL);
        picture_record_add(last, "sBIT", "\10\10\10\10", 4, NULL);
        picture_record_add(last, "tEXt", "Software\0something", 18, NULL);
        picture_record_add(last, "iCCP", samples, sizeof samples, NULL);
    }
    return choice % (INFOS + 1) < INFOS ? &infos[choice % (INFOS + 1)] : NULL;
}

static enum bswz_status write_bytes(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    return byte_buffer_append(context, bytes, size, error);
}

/* A PNG file with this record, if it is one of a PNG file. */
static void write_file(const struct picture_info *info, const struct byte_buffer *record) {
    struct byte_buffer file = {0};
    struct picture_writer *writer;
    struct bswz_error error = {.status = BSWZ_OK};
    enum bswz_status status =
        picture_writer_open(PICTURE_PNG, info, record, (struct byte_sink){write_bytes, &file}, &writer, &error);
    if (status == BSWZ_OK) {
        status = picture_writer_rows(writer, samples, info->height, &error);
        status = status == BSWZ_OK ? picture_writer_finish(writer, NULL, &error) : status;
        picture_writer_close(writer);
    }
    fuzz_demand_words(status, &error);
    free(file.data);
}

void fuzz_record(const uint8_t *data, size_t size) {
    struct byte_buffer last = {0}, record = {0};
    const struct picture_info *info = choose(&data, &size, &last);
    const struct record_context context = {.last = &last};
    struct cursor cursor = {.bytes = data, .size = size}, skipped = cursor;
    struct bswz_error error = {.status = BSWZ_OK};
    size_t wanted = 0;
    const bool is_whole = record_skip(&skipped, RECORD_LIMIT, &wanted);
    const enum bswz_status status =
        record_take(&(struct record_place){info, &context}, &cursor, RECORD_LIMIT, &record, &error);
    fuzz_demand_words(status, &error);
    FUZZ_DEMAND(status != BSWZ_OK || (is_whole && skipped.at == cursor.at), "skipped %zu", skipped.at);
    if (status == BSWZ_OK && info == &infos[0]) {
        write_file(info, &record);
    }
    free(last.data);
    free(record.data);
}

void fuzz_record_trip(const uint8_t *data, size_t size) {
    struct byte_buffer last = {0}, record = {0}, packed = {0}, back = {0};
    const struct picture_info *info = choose(&data, &size, &last);
    const struct record_context context = {.last = &last};
    const struct record_place place = {info, &context};
    FUZZ_DEMAND(byte_buffer_append(&record, data, size, NULL) == BSWZ_OK, "no memory");
    enum bswz_status status = record_put(&place, &record, 6, &packed, NULL);
    FUZZ_DEMAND(status == BSWZ_OK, "status %d", (int)status);
    struct cursor cursor = {.bytes = packed.data, .size = packed.size};
    status = record_take(&place, &cursor, RECORD_LIMIT, &back, NULL);
    FUZZ_DEMAND(status == BSWZ_OK && cursor.at == packed.size && fuzz_is_same(&record, &back), "status %d",
                (int)status);
    free(last.data);
    free(record.data);
    free(packed.data);
    free(back.data);
}
