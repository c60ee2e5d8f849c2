/* SPDX-License-Identifier: MIT */
/*
 * The JPEG grid, end to end: the phase that origin_grid_phase finds in a drawn JPEG is the one that the built-in
 * model expects. Trainer, engine and detector each count rows and columns separately; if one of them were off by a
 * pixel, another phase would code the picture in fewer bytes.
 */
#include "test_origin_draw.h"

#include "origin/origin.h"
#include "pyramid/hierarchy.h"

#include <string.h>

static size_t coded_size(const struct origin_planes *planes, int phase, struct worker_pool *pool) {
    const struct coded_planes coded = {.width = planes->width,
                                       .height = planes->height,
                                       .count = 3,
                                       .head = HEAD_JFIF,
                                       .grid_phase = phase,
                                       .plane = {planes->plane[0], planes->plane[1], planes->plane[2]}};
    struct byte_buffer out = {0};
    CHECK(hierarchy_encode(model_for_level(5, NULL), &coded, pool, &out, NULL) == BSWZ_OK, "encode");
    free(out.data);
    return out.size;
}

/* A JPEG without its first `down` rows and `right` columns. */
static void cut_jpeg(uint32_t down, uint32_t right, struct worker_pool *pool) {
    enum { SIDE = 200, CUT = 192 };
    struct drawing drawn = draw_rgb(SIDE, SIDE, 5, 20, 230);
    struct memory file = compress_jpeg(&drawn, 3, 85, 1);
    struct drawing back = decompress_jpeg(&file, JCS_RGB);
    uint8_t *rgb = get((size_t)CUT * CUT * 3);
    for (size_t y = 0; y < CUT; y++) {
        memcpy(rgb + y * CUT * 3, back.bytes + ((y + down) * SIDE + right) * 3, (size_t)CUT * 3);
    }
    struct origin_planes planes = {0};
    CHECK(origin_find(rgb, CUT, CUT, true, NULL, &planes, NULL) == BSWZ_OK && planes.kind == ORIGIN_JFIF, "origin");
    const int truth = (int)((8 - down) % 8 * 8 + (8 - right) % 8);
    CHECK(origin_grid_phase(planes.plane[0], CUT, CUT, NULL) == truth, "%u, %u: found %d", down, right,
          origin_grid_phase(planes.plane[0], CUT, CUT, NULL));
    const size_t right_size = coded_size(&planes, truth, pool);
    for (int phase = -1; phase < 64; phase++) {
        if (phase != truth) {
            const size_t size = coded_size(&planes, phase, pool);
            CHECK(size > right_size, "%u, %u: %zu bytes with phase %d, %zu with the true one, %d", down, right, size,
                  phase, right_size, truth);
        }
    }
    origin_planes_free(&planes);
    free(rgb);
    free(drawn.bytes);
    free(back.bytes);
    free(file.bytes);
}

int main(void) {
    struct worker_pool *pool = NULL;
    CHECK(worker_pool_create(2, &pool, NULL) == BSWZ_OK, "pool");
    cut_jpeg(0, 0, pool);
    cut_jpeg(1, 0, pool);
    cut_jpeg(3, 6, pool);
    worker_pool_destroy(pool);
    return check_summary();
}
