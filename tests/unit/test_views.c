/* SPDX-License-Identifier: MIT */
/*
 * Views of a picture: networks with reflected weights say about it what those of the file say about its mirror image; a
 * view of a level is what the level of the mirrored, transposed or turned picture would be, with its JPEG grid.
 */
#include "base/allocate.h"
#include "check.h"
#include "coefficients/component.h"
#include "pyramid/level_view.h"
#include "toy_coefficients.h"
#include "toy_model.h"

#include <stdlib.h>

/* ---- JPEG coefficients ---- */

enum { ROWS = 5, COLUMNS = 21, BLOCKS = ROWS * COLUMNS }; /* odd, so that even blocks remain even */

struct component {
    int16_t block[BLOCKS][JPEG_BLOCK], other[2][BLOCKS][JPEG_BLOCK];
};

/* What the nets say, [round][block]. */
struct said {
    int16_t outputs[ROUND_COUNT][BLOCKS][LAYER_MAX_CHANNELS];
};

/* Without zeros, so that no tile is empty. */
static void draw(struct component *component, uint64_t *seed) {
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            const int size = 1 + (int)((noise(seed) >> 33) % (f == 0 ? 100 : 1 + 40 / f));
            component->block[i][f] = (int16_t)(noise(seed) >> 63 ? size : -size);
            for (unsigned o = 0; o < 2; o++) {
                component->other[o][i][f] = (int16_t)((int)((noise(seed) >> 33) % 61) - 30);
            }
        }
    }
}

static int sign_of(unsigned view, unsigned f) {
    const bool across = (view & 1) != 0 && f % 2 != 0, down = (view & 2) != 0 && f / 8 % 2 != 0;
    return across != down ? -1 : 1;
}

static unsigned image_of(unsigned view, unsigned block) {
    const unsigned row = block / COLUMNS, column = block % COLUMNS;
    return ((view & 2) != 0 ? ROWS - 1 - row : row) * COLUMNS + ((view & 1) != 0 ? COLUMNS - 1 - column : column);
}

static void mirror_blocks(unsigned view, int16_t (*from)[JPEG_BLOCK], int16_t (*to)[JPEG_BLOCK]) {
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            to[image_of(view, i)][f] = (int16_t)(sign_of(view, f) * from[i][f]);
        }
    }
}

static void keep_row(const struct component_coder *coder, unsigned round, uint32_t down, struct said *said) {
    const unsigned each = component_outputs_each(coder, round);
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        const struct tile tile = tile_at(coder->tiles, down, across);
        const struct tile_half half = tile_half_of(tile, half_of(round));
        for (unsigned b = 0; b < half.count; b++) {
            memcpy(said->outputs[round][half.at[b].row * COLUMNS + half.at[b].column],
                   component_outputs_at(coder, round, tile) + b * each, each * sizeof(int16_t));
        }
    }
}

static void evaluate(const struct coefficient_model *model, unsigned views, struct component *drawn, unsigned number,
                     struct said *said) {
    struct jpeg_planes planes = {.count = number + 1, .width = 8 * COLUMNS, .height = 8 * ROWS};
    for (unsigned c = 0; c <= number; c++) {
        planes.component[c] = (struct jpeg_component){
            .horizontal = 1, .vertical = 1, .columns = COLUMNS, .rows = ROWS, .block = drawn->block};
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            planes.component[c].step[f] = (uint16_t)(2 + f % 8 + f / 8); /* the same for both axes */
        }
    }
    const int16_t(*other[2])[JPEG_BLOCK] = {NULL, NULL};
    for (unsigned o = 0; o < number && o < 2; o++) {
        other[o] = (const int16_t(*)[JPEG_BLOCK])drawn->other[o];
    }
    struct component_memory memory;
    struct component_coder coder;
    struct tiles tiles;
    CHECK(component_memory_create(&memory, model, &planes, views, NULL, NULL) == BSWZ_OK &&
              tiles_open(&tiles, &planes.component[number], NULL, NULL) == BSWZ_OK,
          "memory");
    tiles_find(&tiles, &planes.component[number]);
    CHECK(component_open(&coder, model, &planes.component[number], number, &tiles, other, &memory, NULL) == BSWZ_OK,
          "memory");
    memset(said, 0, sizeof *said);
    for (unsigned round = 0; round < ROUND_COUNT; round++) {
        for (uint32_t down = 0; down < tiles.down && round > 0; down++) {
            component_fill(&coder, round - 1, true, down);
        }
        for (uint32_t down = 0; down < tiles.down; down++) {
            if (round == 0) {
                component_begin(&coder, down, 0);
            } else {
                component_add(&coder, round - 1, down);
            }
            component_hide(&coder, round, down);
        }
        for (uint32_t down = 0; down < tiles.down; down++) {
            component_evaluate(&coder, round, down, 0);
            keep_row(&coder, round, down, said);
        }
    }
    component_close(&coder);
    tiles_close(&tiles);
    component_memory_free(&memory);
}

/* Means of odd frequencies have the other sign, and are rounded the other way. */
static void compare_view(unsigned view, unsigned number, const struct said *image, const struct said *reflected) {
    unsigned wrong = 0;
    for (unsigned round = 0; round < ROUND_COUNT; round++) {
        const struct coefficient_group *group = &coefficient_groups[group_of(round)];
        for (unsigned i = 0; i < BLOCKS; i++) {
            for (unsigned o = 0; o < GROUP_OUTPUTS(group->count); o++) {
                const int sign = o < group->count ? sign_of(view, group->frequency[o]) : 1;
                const int off = reflected->outputs[round][i][o] - sign * image->outputs[round][image_of(view, i)][o];
                wrong += off < -1 || off > 1 || (sign > 0 && off != 0);
            }
        }
    }
    CHECK(wrong == 0, "view %u of component %u: %u outputs", view, number, wrong);
}

static void coefficients(void) {
    struct byte_buffer file = toy_coefficients(32, 32);
    struct coefficient_model *model;
    CHECK(coefficient_model_load(file.data, file.size, true, &model, NULL) == BSWZ_OK, "the model");
    struct component *drawn = bswz_allocate(2, sizeof *drawn), *image = drawn + 1;
    struct said *said = bswz_allocate(VIEWS + 2, sizeof *said);
    uint64_t seed = 8;
    for (unsigned number = 0; number < 3; number++) {
        draw(drawn, &seed);
        for (unsigned view = 0; view < VIEWS; view++) {
            struct coefficient_model one = *model;
            one.view[0] = model->view[view];
            evaluate(&one, 1, drawn, number, &said[view]);
            mirror_blocks(view, drawn->block, image->block);
            mirror_blocks(view, drawn->other[0], image->other[0]);
            mirror_blocks(view, drawn->other[1], image->other[1]);
            evaluate(model, 1, image, number, &said[VIEWS]);
            compare_view(view, number, &said[VIEWS], &said[view]);
        }
        evaluate(model, VIEWS, drawn, number, &said[VIEWS]);
        unsigned wrong = 0, same = 0;
        const int16_t *mean = &said[VIEWS].outputs[0][0][0];
        for (size_t i = 0; i < sizeof *said / sizeof(int16_t); i++) {
            int sum = 2;
            for (unsigned view = 0; view < VIEWS; view++) {
                sum += (&said[view].outputs[0][0][0])[i];
            }
            wrong += mean[i] != sum >> 2;
            same += mean[i] == (&said[0].outputs[0][0][0])[i] && mean[i] != 0;
        }
        CHECK(wrong == 0, "component %u: %u of the means", number, wrong);
        CHECK(same < ROUND_COUNT * BLOCKS, "component %u: views agree in %u outputs", number, same);
    }
    free(drawn);
    free(said);
    coefficient_model_free(model);
    free(file.data);
}

/* ---- levels ---- */

static struct tile_context context_of(const struct bswz_model *model, enum model_head head, unsigned planes,
                                      uint32_t width, uint32_t height, int grid_phase) {
    struct tile_context context = {
        .model = model, .head = head, .grid_phase = grid_phase, .planes = planes, .width = width, .height = height};
    for (unsigned c = 0; c < planes; c++) {
        context.plane[c] = bswz_allocate(width, height);
    }
    return context;
}

static void free_context(struct tile_context *context) {
    for (unsigned c = 0; c < context->planes; c++) {
        free(context->plane[c]);
    }
}

/* The picture of view `number`; its sides are odd. */
static struct tile_context picture_of_view(const struct tile_context *context, unsigned number) {
    const uint32_t width = context->width, height = context->height;
    const bool is_transposed = number > 0;
    struct tile_context image =
        context_of(context->model, context->head, context->planes, is_transposed ? height : width,
                   is_transposed ? width : height, context->grid_phase);
    for (unsigned c = 0; c < context->planes; c++) {
        for (uint32_t row = 0; row < height; row++) {
            for (uint32_t column = 0; column < width; column++) {
                const uint32_t x = number == 0 ? width - 1 - column : column;
                const uint32_t y = number == 2 ? height - 1 - row : row;
                image.plane[c][is_transposed ? (size_t)x * height + y : (size_t)y * width + x] =
                    context->plane[c][(size_t)row * width + column];
            }
        }
    }
    if (context->grid_phase >= 0) { /* blocks begin at these rows and columns, and the one before ends there */
        const unsigned row = (unsigned)context->grid_phase / 8, column = (unsigned)context->grid_phase % 8;
        const unsigned y = number == 2 ? (height - row) % 8 : row, x = number == 0 ? (width - column) % 8 : column;
        image.grid_phase = (int)(is_transposed ? 8 * x + y : 8 * y + x);
    }
    return image;
}

static void compare_level(const struct tile_context *context, const struct tile_context *image, unsigned level,
                          unsigned number, struct net_scratch *scratch) {
    struct level_view view;
    uint8_t base[2][LATTICE_MAX_SETS][NET_TILE * NET_TILE][3] = {{{{0}}}};
    CHECK(level_view_open(&view, context, level, number), "memory");
    const struct lattice lattice = tile_lattice(&view.context, level);
    for (unsigned pass = PASS_ONE; pass <= PASS_TWO; pass++) {
        const struct tile_job job = {
            .level = level,
            .tile = {1, 0, lattice_cells(lattice.height, pass) - 1, lattice_cells(lattice.width, pass), pass}};
        const size_t size = (size_t)job.tile.rows * job.tile.columns * net_output_stride(tile_net(context, &job)) *
                            sizeof *scratch->outputs;
        tile_predict(image, &job, scratch, base[0]);
        int16_t *expected = bswz_allocate(size, 1);
        memcpy(expected, scratch->outputs, size);
        tile_predict(&view.context, &job, scratch, base[1]);
        CHECK(memcmp(expected, scratch->outputs, size) == 0 && memcmp(base[0], base[1], sizeof base[0]) == 0,
              "view %u of level %u, pass %u, %ux%u, grid %d", number, level, pass, context->width, context->height,
              context->grid_phase);
        free(expected);
    }
    level_view_close(&view);
}

static void levels(void) {
    static const uint32_t sides[][2] = {{1, 1}, {5, 9}, {61, 33}, {9, 57}}; /* x^1 has odd ones, too */
    static const int grids[] = {-1, 0, 11, 58};
    struct bswz_model *model = load_toy(2, 1, 16, 1);
    struct net_scratch scratch;
    uint64_t seed = 4;
    CHECK(net_scratch_create(&scratch, NULL) == BSWZ_OK, "memory");
    for (size_t i = 1; i < sizeof sides / sizeof *sides; i++) {
        for (size_t g = 0; g < sizeof grids / sizeof *grids; g++) {
            struct tile_context context =
                context_of(model, grids[g] < 0 ? HEAD_RGB : HEAD_JFIF, 3, sides[i][0], sides[i][1], grids[g]);
            for (unsigned c = 0; c < 3; c++) {
                for (uint32_t p = 0; p < context.width * context.height; p++) {
                    context.plane[c][p] = (uint8_t)(noise(&seed) >> 50);
                }
            }
            for (unsigned number = 0; number < LEVEL_VIEWS; number++) {
                struct tile_context image = picture_of_view(&context, number);
                compare_level(&context, &image, 0, number, &scratch);
                compare_level(&context, &image, 1, number, &scratch);
                free_context(&image);
            }
            free_context(&context);
        }
    }
    net_scratch_free(&scratch);
    bswz_model_free(model);
}

/* Every pixel has a place of its own, of the same parity, and comes back; those that are made up repeat an a. */
static void places(void) {
    struct bswz_model *model = load_toy(1, 1, 16, 1);
    for (uint32_t height = 1; height < 6; height++) {
        for (uint32_t width = 1; width < 6; width++) {
            struct tile_context context = context_of(model, HEAD_RGB, 3, width, height, -1);
            unsigned wrong = 0, copied = 0;
            for (uint32_t p = 0; p < width * height; p++) {
                for (unsigned c = 0; c < 3; c++) {
                    context.plane[c][p] = (uint8_t)(p + c);
                }
            }
            for (unsigned number = 0; number < LEVEL_VIEWS; number++) {
                struct level_view view;
                CHECK(level_view_open(&view, &context, 0, number), "memory");
                for (uint32_t p = 0; p < width * height; p++) {
                    uint32_t row = p / width, column = p % width;
                    level_view_find(&view, &row, &column);
                    wrong += row >= view.context.height || column >= view.context.width;
                    wrong += (row ^ (view.is_transposed ? p % width : p / width)) & 1;
                    wrong += (column ^ (view.is_transposed ? p / width : p % width)) & 1;
                    wrong += view.context.plane[2][row * view.context.width + column] != (uint8_t)(p + 2);
                    level_view_source(&view, &row, &column);
                    wrong += row != p / width || column != p % width;
                }
                copied += view.context.width * view.context.height - width * height;
                level_view_close(&view);
            }
            CHECK(wrong == 0, "%ux%u: %u places", width, height, wrong);
            CHECK(copied == (width % 2 == 0 ? height : 0) + (height % 2 == 0 ? width : 0), "%ux%u: %u copies", width,
                  height, copied);
            free_context(&context);
        }
    }
    bswz_model_free(model);
}

int main(void) {
    coefficients();
    levels();
    places();
    return check_summary();
}
