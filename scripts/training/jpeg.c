/* SPDX-License-Identifier: MIT */
/*
 * The quantised coefficients of a JPEG file, for training: libjpeg's reader, wrapped in one function that ctypes
 * can call.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct manager {
    struct jpeg_error_mgr base;
    jmp_buf jump;
};

static void on_error(j_common_ptr common) {
    longjmp(((struct manager *)common->err)->jump, 1);
}

static void on_output(j_common_ptr common) {
    (void)common;
}

/*
 * shape, 3 x int32 [4]: for each component the horizontal and the vertical sampling factor, columns and rows of
 * blocks; step: 3 x [64]; blocks: NULL, or 3 pointers to [rows * columns][64]; both indexed by 8 * vertical +
 * horizontal frequency. Returns the number of components, or 0 if the file cannot be read.
 */
int read_coefficients(const char *path, int32_t *shape, int32_t *step, int16_t **blocks) {
    struct jpeg_decompress_struct decoder;
    struct manager manager;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    decoder.err = jpeg_std_error(&manager.base);
    manager.base.error_exit = on_error;
    manager.base.output_message = on_output;
    if (setjmp(manager.jump) != 0) {
        jpeg_destroy_decompress(&decoder);
        fclose(file);
        return 0;
    }
    jpeg_create_decompress(&decoder);
    jpeg_stdio_src(&decoder, file);
    jpeg_read_header(&decoder, TRUE);
    jvirt_barray_ptr *planes = jpeg_read_coefficients(&decoder);
    int count = decoder.num_components == 1 || decoder.num_components == 3 ? decoder.num_components : 0;
    for (int c = 0; c < count; c++) {
        const jpeg_component_info *info = &decoder.comp_info[c];
        shape[4 * c] = info->h_samp_factor;
        shape[4 * c + 1] = info->v_samp_factor;
        shape[4 * c + 2] = (int32_t)info->width_in_blocks;
        shape[4 * c + 3] = (int32_t)info->height_in_blocks;
        for (int i = 0; i < 64; i++) {
            step[64 * c + i] = info->quant_table->quantval[i];
        }
        for (JDIMENSION row = 0; blocks != NULL && row < info->height_in_blocks; row++) {
            JBLOCKARRAY from =
                decoder.mem->access_virt_barray((j_common_ptr)&decoder, planes[c], row, 1, FALSE);
            memcpy(blocks[c] + (size_t)row * info->width_in_blocks * 64, from[0],
                   (size_t)info->width_in_blocks * 64 * sizeof(int16_t));
        }
    }
    jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
    fclose(file);
    return count;
}
