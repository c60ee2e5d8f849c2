/* SPDX-License-Identifier: MIT */
/*
 * What clipped pixels hide: numbers that were taken away from blocks are found again, at full resolution and in colour at
 * half resolution; far fewer pixels are wrong than clipped; and the variants for wider vectors compute the same.
 */
#include "check.h"
#include "jpeg_draw.h"
#include "origin/colour_conversion.h"
#include "unjpeg/half_joint.h"
#include "unjpeg/joint_block.h"
#include "unjpeg/transform.h"
#include "unjpeg/unjpeg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 60 };

/* A block with content at low frequencies, and steps that grow. mean: of its samples, less 128 */
static void draw_block(uint64_t *state, unsigned size, int mean, uint16_t step[JPEG_BLOCK], int16_t block[JPEG_BLOCK]) {
    for (int f = 0; f < JPEG_BLOCK; f++) {
        const int distance = f % 8 + f / 8, most = (int)size / (1 + distance * distance);
        step[f] = (uint16_t)(3 + 2 * distance);
        block[f] = (int16_t)(most == 0 ? 0 : (int)(noise(state) % (uint64_t)(2 * most + 1)) - most);
    }
    block[0] = (int16_t)(8 * mean / step[0]);
}

static void test_joint_blocks(void) {
    static const float directions[3][3] = {
        {0.299f, -0.1687f, 0.5f}, {0.587f, -0.3313f, -0.4187f}, {0.114f, 0.5f, -0.0813f}};
    struct joint_scratch *scratch;
    uint64_t state = 5;
    unsigned found = 0, all = 0;
    CHECK(joint_scratch_create(&scratch, NULL) == BSWZ_OK, "memory");
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct joint_block joint = {.count = round % 4 == 3 ? 1 : 3}, other;
        struct block_steps steps[3];
        float right[3][JPEG_BLOCK];
        for (unsigned c = 0; c < joint.count; c++) {
            uint16_t step[JPEG_BLOCK];
            int16_t block[JPEG_BLOCK];
            uint8_t samples[JPEG_BLOCK];
            draw_block(&state, c == 0 ? 20 : 8, 0, step, block);
            block_steps_set(&steps[c], step);
            transform_to_samples(block, step, samples);
            for (unsigned i = 0; i < JPEG_BLOCK; i++) {
                joint.value[c][i] = right[c][i] = (float)samples[i] - 128.0f;
            }
        }
        joint.hidden_count = 3 + round % 8;
        for (unsigned k = 0; k < joint.hidden_count; k++) {
            struct joint_hidden *hidden = &joint.hidden[k];
            const float number = (float)(1 + noise(&state) % 30);
            *hidden = (struct joint_hidden){.at = (uint8_t)(6 * k + noise(&state) % 6), .is_high = round % 2 == 0};
            memcpy(hidden->direction, joint.count == 1 ? (const float[3]){1, 0, 0} : directions[round % 3],
                   sizeof directions[0]);
            for (unsigned c = 0; c < joint.count; c++) {
                joint.value[c][hidden->at] -= (hidden->is_high ? number : -number) * hidden->direction[c];
            }
        }
        other = joint;
        joint_block_guess(scratch, steps, round % JOINT_TRUSTS, &joint);
        joint_block_guess_plain(scratch, steps, round % JOINT_TRUSTS, &other);
        CHECK(memcmp(joint.value, other.value, sizeof joint.value) == 0, "widths");
        for (unsigned k = 0; k < joint.hidden_count; k++) {
            const unsigned at = joint.hidden[k].at;
            bool is_found = true;
            for (unsigned c = 0; c < joint.count; c++) {
                is_found = is_found && fabsf(joint.value[c][at] - right[c][at]) < 1.5f;
            }
            found += is_found;
            all++;
        }
    }
    CHECK(found * 10 >= all * 9, "%u of %u numbers", found, all);
    joint_scratch_free(scratch);
}

/* Three by three blocks of Cb and of Cr; the one in the middle is to be found. */
static void test_half_blocks(unsigned horizontal, unsigned vertical) {
    const uint32_t across = 24 * horizontal;
    struct half_joint_scratch *scratch;
    struct conversion conversion;
    uint64_t state = 17;
    unsigned found = 0;
    conversion_prepare(&conversion, ORIGIN_JFIF);
    CHECK(half_joint_scratch_create(&scratch, NULL) == BSWZ_OK, "memory");
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct half_area area = {
            .horizontal = horizontal, .vertical = vertical, .width = 8 * horizontal, .height = 8 * vertical};
        struct block_steps steps[3];
        uint8_t samples[2][24 * 24], luma[HALF_JOINT_PIXELS];
        uint16_t step[JPEG_BLOCK];
        int16_t block[JPEG_BLOCK], right[2][JPEG_BLOCK], guessed[2][2][JPEG_BLOCK];
        for (unsigned c = 0; c < 2; c++) {
            for (unsigned b = 0; b < 9; b++) {
                uint8_t part[JPEG_BLOCK];
                draw_block(&state, 8, c == 0 ? 20 : -15, step, block);
                transform_to_samples(block, step, part);
                for (unsigned i = 0; i < JPEG_BLOCK; i++) {
                    samples[c][(b / 3 * 8 + i / 8) * 24 + b % 3 * 8 + i % 8] = part[i];
                }
                if (b == 4) {
                    memcpy(right[c], block, sizeof block);
                }
            }
            block_steps_set(&steps[1 + c], step);
            area.usual[c] = c == 0 ? 20.0f : -15.0f;
        }
        for (unsigned b = 0; b < horizontal * vertical; b++) {
            uint8_t part[JPEG_BLOCK];
            draw_block(&state, 20, 75, step, block);
            transform_to_samples(block, step, part);
            for (unsigned i = 0; i < JPEG_BLOCK; i++) {
                luma[(b / horizontal * 8 + i / 8) * area.width + b % horizontal * 8 + i % 8] = part[i];
            }
        }
        block_steps_set(&steps[0], step);
        for (unsigned y = 0; y < area.height; y++) {
            uint8_t colour[2][48];
            for (unsigned c = 0; c < 2; c++) {
                render_row(samples[c], 24, 24, 24, horizontal, vertical, 0, 8 * vertical + y, across, colour[c]);
            }
            for (unsigned x = 0; x < area.width; x++) {
                const unsigned i = y * area.width + x;
                const uint8_t *cb = &colour[0][8 * horizontal + x], *cr = &colour[1][8 * horizontal + x];
                conversion_forward(&conversion, &luma[i], cb, cr, area.rgb[i], 1);
                area.kind[i] = conversion_clipped(area.rgb[i]) ? AREA_CLIPPED : AREA_CERTAIN;
                area.plane[0][i] = luma[i];
                area.plane[1][i] = *cb;
                area.plane[2][i] = *cr;
            }
        }
        for (unsigned i = 0; i < HALF_AROUND; i++) {
            area.is_own[0][i] = area.is_own[1][i] = i > 0 && i < 9;
            area.own[0][i] = area.own[1][i] = (uint8_t)((i + 7) % 8);
            for (unsigned k = 0; k < HALF_AROUND * 2; k++) {
                area.around[k % 2][i][k / 2] = (float)samples[k % 2][(7 + i) * 24 + 7 + k / 2] - 128.0f;
            }
        }
        half_joint_guess(scratch, steps, &area, 1, guessed[0]);
        half_joint_guess_plain(scratch, steps, &area, 1, guessed[1]);
        CHECK(memcmp(guessed[0], guessed[1], sizeof guessed[0]) == 0, "widths");
        found += memcmp(guessed[0], right, sizeof right) == 0;
    }
    CHECK(found * 2 >= ROUNDS, "%u x %u: %u of %u blocks", horizontal, vertical, found, (unsigned)ROUNDS);
    half_joint_scratch_free(scratch);
}

/* A photograph that is too bright in one channel. */
static void test_photos(void) {
    static const enum drawn_sampling samplings[] = {DRAWN_444, DRAWN_422, DRAWN_420, DRAWN_440};
    const uint32_t width = 192, height = 160;
    for (size_t i = 0; i < sizeof samplings / sizeof samplings[0]; i++) {
        struct drawn_jpeg jpeg;
        struct origin_planes origin;
        struct recovered recovered, other;
        struct worker_pool *pool;
        struct bswz_error error = {.status = BSWZ_OK};
        uint8_t *source = drawn_photo(width, height, 3, 1, i);
        size_t clipped = 0;
        bool found = false, also = false;
        for (size_t at = 0; at < (size_t)3 * width * height; at += 3) {
            source[at + 2] = (uint8_t)(source[at + 2] > 115 ? 255 : source[at + 2] + 140);
        }
        drawn_jpeg_from(&jpeg, source, width, height, 92, samplings[i]);
        for (size_t at = 0; at < (size_t)3 * width * height; at += 3) {
            clipped += conversion_clipped(jpeg.pixels + at);
        }
        CHECK(origin_find(jpeg.pixels, width, height, true, NULL, &origin, &error) == BSWZ_OK, "%s", error.message);
        CHECK(unjpeg_find(jpeg.pixels, width, height, 3, &origin, NULL, &recovered, &found, &error) == BSWZ_OK, "%s",
              error.message);
        CHECK(found && clipped > width * height / 20, "sampling %zu: %zu clipped", i, clipped);
        CHECK(found && recovered.wrong * 20 < clipped, "sampling %zu: %zu wrong, %zu clipped", i, recovered.wrong,
              clipped);
        CHECK(worker_pool_create(3, &pool, &error) == BSWZ_OK, "%s", error.message);
        CHECK(unjpeg_find(jpeg.pixels, width, height, 3, &origin, pool, &other, &also, &error) == BSWZ_OK, "%s",
              error.message);
        worker_pool_destroy(pool);
        CHECK(also, "threads");
        for (unsigned c = 0; c < 3 && found && also; c++) {
            const struct jpeg_component *a = &recovered.planes.component[c], *b = &other.planes.component[c];
            CHECK(memcmp(a->block, b->block, (size_t)a->columns * a->rows * sizeof *a->block) == 0, "threads: %u", c);
        }
        if (also) {
            unjpeg_free(&other);
        }
        if (found) {
            unjpeg_free(&recovered);
        }
        origin_planes_free(&origin);
        drawn_jpeg_free(&jpeg);
        free(source);
    }
}

int main(void) {
    test_joint_blocks();
    test_half_blocks(2, 2);
    test_half_blocks(2, 1);
    test_half_blocks(1, 2);
    test_photos();
    return check_summary();
}
