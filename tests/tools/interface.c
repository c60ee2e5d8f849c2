/* SPDX-License-Identifier: MIT */
/*
 * Prints what a program that was compiled with include/bswz.h relies on: the values of its enums, and the size and the
 * fields of its structs. tests/build.bats compares this with tests/interface.txt.
 */
#include "bswz.h"

#include <stdio.h>

#define ENUM(name) printf("%s = %d\n", #name, (int)name)
#define STRUCT(name) printf("struct %s: %zu bytes\n", #name, sizeof(struct name))
#define FIELD(name, field)                                                                                             \
    printf("struct %s.%s: %zu + %zu\n", #name, #field, offsetof(struct name, field), sizeof(((struct name *)0)->field))

static void print_enums(void) {
    ENUM(BSWZ_OK);
    ENUM(BSWZ_ERROR_MEMORY);
    ENUM(BSWZ_ERROR_LIMIT);
    ENUM(BSWZ_ERROR_READ);
    ENUM(BSWZ_ERROR_WRITE);
    ENUM(BSWZ_ERROR_FORMAT);
    ENUM(BSWZ_ERROR_TRUNCATED);
    ENUM(BSWZ_ERROR_CORRUPT);
    ENUM(BSWZ_ERROR_VERSION);
    ENUM(BSWZ_ERROR_MODEL);
    ENUM(BSWZ_ERROR_UNSUPPORTED);
    ENUM(BSWZ_ERROR_ARGUMENT);
    ENUM(BSWZ_ERROR_MACHINE);
    ENUM(BSWZ_ERROR_THREAD);
    ENUM(BSWZ_TO_SOURCE);
    ENUM(BSWZ_TO_PNG);
    ENUM(BSWZ_TO_PPM);
    ENUM(BSWZ_TO_PAM);
    ENUM(BSWZ_TO_RAW);
    ENUM(BSWZ_TO_WEBP);
    ENUM(BSWZ_DEFAULT_LEVEL);
    ENUM(BSWZ_THREADS_MAX);
    ENUM(BSWZ_SHARES);
}

int main(void) {
    print_enums();
    STRUCT(bswz_error);
    FIELD(bswz_error, status);
    FIELD(bswz_error, offset);
    FIELD(bswz_error, message);
    STRUCT(bswz_input);
    FIELD(bswz_input, read);
    FIELD(bswz_input, context);
    STRUCT(bswz_output);
    FIELD(bswz_output, write);
    FIELD(bswz_output, context);
    STRUCT(bswz_memory);
    FIELD(bswz_memory, bytes);
    FIELD(bswz_memory, size);
    STRUCT(bswz_buffer);
    FIELD(bswz_buffer, bytes);
    FIELD(bswz_buffer, size);
    FIELD(bswz_buffer, capacity);
    FIELD(bswz_buffer, limit);
    FIELD(bswz_buffer, is_fixed);
    STRUCT(bswz_compress_options);
    FIELD(bswz_compress_options, size);
    FIELD(bswz_compress_options, level);
    FIELD(bswz_compress_options, threads);
    FIELD(bswz_compress_options, model);
    FIELD(bswz_compress_options, raw_width);
    FIELD(bswz_compress_options, raw_height);
    FIELD(bswz_compress_options, raw_channels);
    FIELD(bswz_compress_options, keep_pixels);
    FIELD(bswz_compress_options, exact);
    FIELD(bswz_compress_options, no_origin);
    FIELD(bswz_compress_options, memory_limit);
    FIELD(bswz_compress_options, notice);
    FIELD(bswz_compress_options, notice_context);
    FIELD(bswz_compress_options, progress);
    FIELD(bswz_compress_options, progress_context);
    FIELD(bswz_compress_options, no_verify);
    FIELD(bswz_compress_options, raw_bits);
    FIELD(bswz_compress_options, raw_big_endian);
    STRUCT(bswz_decompress_options);
    FIELD(bswz_decompress_options, size);
    FIELD(bswz_decompress_options, threads);
    FIELD(bswz_decompress_options, model);
    FIELD(bswz_decompress_options, target);
    FIELD(bswz_decompress_options, scale);
    FIELD(bswz_decompress_options, rescue);
    FIELD(bswz_decompress_options, damage);
    FIELD(bswz_decompress_options, damage_context);
    FIELD(bswz_decompress_options, memory_limit);
    FIELD(bswz_decompress_options, notice);
    FIELD(bswz_decompress_options, notice_context);
    FIELD(bswz_decompress_options, find_model);
    FIELD(bswz_decompress_options, find_model_context);
    FIELD(bswz_decompress_options, progress);
    FIELD(bswz_decompress_options, progress_context);
    STRUCT(bswz_entry);
    FIELD(bswz_entry, is_picture);
    FIELD(bswz_entry, compressed_size);
    FIELD(bswz_entry, restored_size);
    FIELD(bswz_entry, width);
    FIELD(bswz_entry, height);
    FIELD(bswz_entry, channels);
    FIELD(bswz_entry, depth);
    FIELD(bswz_entry, format);
    FIELD(bswz_entry, origin);
    FIELD(bswz_entry, promise);
    FIELD(bswz_entry, model_hash);
    FIELD(bswz_entry, model_name);
    FIELD(bswz_entry, frames);
    FIELD(bswz_entry, tiles);
    STRUCT(bswz_info);
    FIELD(bswz_info, size);
    FIELD(bswz_info, compressed_size);
    FIELD(bswz_info, restored_size);
    FIELD(bswz_info, pictures);
    FIELD(bswz_info, others);
    FIELD(bswz_info, has_pixels);
    FIELD(bswz_info, width);
    FIELD(bswz_info, height);
    FIELD(bswz_info, channels);
    FIELD(bswz_info, depth);
    FIELD(bswz_info, maxval);
    FIELD(bswz_info, band_rows);
    FIELD(bswz_info, format);
    FIELD(bswz_info, promise);
    STRUCT(bswz_pixels);
    FIELD(bswz_pixels, size);
    FIELD(bswz_pixels, width);
    FIELD(bswz_pixels, height);
    FIELD(bswz_pixels, channels);
    FIELD(bswz_pixels, bits);
    FIELD(bswz_pixels, samples);
    FIELD(bswz_pixels, stride);
    FIELD(bswz_pixels, first_row);
    FIELD(bswz_pixels, maxval);
    STRUCT(bswz_share);
    FIELD(bswz_share, name);
    FIELD(bswz_share, bytes);
    STRUCT(bswz_account);
    FIELD(bswz_account, size);
    FIELD(bswz_account, samples);
    FIELD(bswz_account, shares);
    FIELD(bswz_account, failure);
    STRUCT(bswz_map_tile);
    FIELD(bswz_map_tile, bits);
    FIELD(bswz_map_tile, coding);
    FIELD(bswz_map_tile, origin);
    FIELD(bswz_map_tile, colour);
    STRUCT(bswz_picture_map);
    FIELD(bswz_picture_map, width);
    FIELD(bswz_picture_map, height);
    FIELD(bswz_picture_map, columns);
    FIELD(bswz_picture_map, rows);
    FIELD(bswz_picture_map, tiles);
    FIELD(bswz_picture_map, bits);
    FIELD(bswz_picture_map, compressed_size);
    return 0;
}
