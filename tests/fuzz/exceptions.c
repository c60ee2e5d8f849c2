/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: any decisions, and what they say, coded again. The first two bytes of the input choose the shape.
 */
#include "fuzz.h"

#include "origin/exceptions_code.h"

void fuzz_exceptions(const uint8_t *data, size_t size) {
    const unsigned width = 1 + fuzz_choice(&data, &size) % 64, other = fuzz_choice(&data, &size);
    const struct exceptions_place place = {.width = width, .height = 1 + other / 4, .channels = other % 2 == 0 ? 1 : 3};
    struct byte_buffer coded = {0}, list = {0}, again = {0}, back = {0};
    FUZZ_DEMAND(put_varint(&coded, size, NULL) == BSWZ_OK, "no memory");
    FUZZ_DEMAND(byte_buffer_append(&coded, data, size, NULL) == BSWZ_OK, "no memory");
    struct cursor cursor = {.bytes = coded.data, .size = coded.size};
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status = exceptions_take(&cursor, &place, &list, &error);
    fuzz_demand_words(status, &error);
    if (status == BSWZ_OK && list.size > 0) {
        FUZZ_DEMAND(exceptions_put(&list, &place, &again, NULL) == BSWZ_OK, "a list is not coded");
        cursor = (struct cursor){.bytes = again.data, .size = again.size};
        FUZZ_DEMAND(exceptions_take(&cursor, &place, &back, NULL) == BSWZ_OK, "a list is not decoded");
        FUZZ_DEMAND(fuzz_is_same(&list, &back), "another list");
    }
    free(coded.data);
    free(list.data);
    free(again.data);
    free(back.data);
}
