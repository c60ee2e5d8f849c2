/* SPDX-License-Identifier: MIT */
/*
 * Draws GIF files for tests, on standard output: draw_gif still|animation|tables WIDTH HEIGHT BITS [COUNT]
 */
#include "../unit/gif_draw.h"

#include <stdio.h>

int main(int count, char **arguments) {
    if (count < 5) {
        fputs("usage: draw_gif still|animation|tables WIDTH HEIGHT BITS [COUNT]\n", stderr);
        return 2;
    }
    const uint32_t width = (uint32_t)atoi(arguments[2]), height = (uint32_t)atoi(arguments[3]);
    const struct gif_kind kind = {.bits = (unsigned)atoi(arguments[4])};
    const unsigned images = count > 5 ? (unsigned)atoi(arguments[5]) : 6;
    const struct gif_file file = strcmp(arguments[1], "still") == 0
                                     ? gif_still(width, height, &kind)
                                     : gif_animation(width, height, images, strcmp(arguments[1], "tables") == 0, &kind);
    const bool is_written = fwrite(file.bytes, 1, file.size, stdout) == file.size && fflush(stdout) == 0;
    free(file.bytes);
    return is_written ? 0 : 1;
}
