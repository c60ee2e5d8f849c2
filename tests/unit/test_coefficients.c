/* SPDX-License-Identifier: MIT */
/*
 * The coder of coefficients: every shape comes back, by the embedded model and by one that predicts badly; the same bytes
 * for every kernel and number of threads; damage gives an error or different coefficients, and nothing worse; the
 * parser of model files is total.
 */
#include "check.h"
#include "coefficients/amplitude.h"
#include "coefficients/coefficients.h"
#include "coefficients/coefficient_model.h"
#include "coefficients/rows.h"
#include "coefficients/tiles.h"
#include "each_kernel.h"
#include "toy_coefficients.h"

#include <stdlib.h>
#include <string.h>

static uint64_t seed = 3;

static unsigned below(unsigned limit) {
    return (unsigned)((noise(&seed) >> 33) % limit);
}

enum texture { SMOOTH, BUSY, EXTREME, SPARSE };

/* Coefficients similar to those of photographs: smaller at higher frequencies. */
static void draw(struct jpeg_planes *planes, enum texture texture) {
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            component->step[f] = (uint16_t)(texture == EXTREME ? 1 + below(65535) : 1 + below(4 + f / 2));
        }
        for (size_t i = 0; i < (size_t)component->rows * component->columns; i++) {
            for (unsigned f = 0; f < JPEG_BLOCK; f++) {
                const int size = texture == EXTREME ? JPEG_LARGEST : (int)((texture == BUSY ? 200 : 12) / (1 + f));
                const int value = (int)below(2 * (unsigned)size + 1) - size;
                /* sparse: some columns of tiles, up to some frequency, and a coefficient here and there */
                const uint32_t place = (uint32_t)(i % component->columns) / (2 * TILE_COLUMNS);
                if (texture == SPARSE && f > place % 3 * 6 && below(20000) > 0) {
                    continue;
                }
                component->block[i][f] =
                    (int16_t)(texture == EXTREME && below(3) == 0 ? (value < 0 ? -size : size) : value);
            }
        }
    }
}

static struct jpeg_planes shape(unsigned count, uint32_t mcu_columns, uint32_t mcu_rows, unsigned h, unsigned v) {
    struct jpeg_planes planes = {.count = count, .width = 8 * h * mcu_columns, .height = 8 * v * mcu_rows};
    for (unsigned c = 0; c < count; c++) {
        struct jpeg_component *component = &planes.component[c];
        component->horizontal = c == 0 ? h : 1;
        component->vertical = c == 0 ? v : 1;
        component->columns = mcu_columns * component->horizontal;
        component->rows = mcu_rows * component->vertical;
    }
    CHECK(jpeg_planes_allocate(&planes, NULL) == BSWZ_OK, "memory");
    return planes;
}

/* The same shape with all blocks zero. */
static struct jpeg_planes emptied(const struct jpeg_planes *planes) {
    struct jpeg_planes empty = *planes;
    CHECK(jpeg_planes_allocate(&empty, NULL) == BSWZ_OK, "memory");
    return empty;
}

static bool same_blocks(const struct jpeg_planes *one, const struct jpeg_planes *other) {
    bool same = true;
    for (unsigned c = 0; c < one->count; c++) {
        const struct jpeg_component *component = &one->component[c];
        same = same && memcmp(component->block, other->component[c].block,
                              (size_t)component->rows * component->columns * sizeof *component->block) == 0;
    }
    return same;
}

static void check_trip(const struct coefficient_model *model, const struct jpeg_planes *planes, bool is_adaptive,
                       struct worker_pool *pool, const char *what, struct byte_buffer *coded) {
    struct bswz_error error = {0};
    struct jpeg_planes restored = emptied(planes);
    coded->size = 0;
    enum bswz_status status = coefficients_encode_with(model, planes, is_adaptive, pool, NULL, coded, &error);
    CHECK(status == BSWZ_OK, "%s: %s", what, error.message);
    struct coefficients_proof proof;
    struct byte_buffer proven = {0};
    CHECK(coefficients_encode_with(model, planes, is_adaptive, pool, &proof, &proven, &error) == BSWZ_OK, "%s: %s",
          what, error.message);
    CHECK(proven.size == coded->size && memcmp(proven.data, coded->data, coded->size) == 0,
          "%s with a proof: another stream", what);
    free(proven.data);
    status = coefficients_decode_with(model, &restored, pool, coded->data, coded->size, false, &error);
    CHECK(status == BSWZ_OK, "%s: %s", what, error.message);
    CHECK(same_blocks(planes, &restored), "%s: %ux%u blocks", what, (unsigned)planes->component[0].columns,
          (unsigned)planes->component[0].rows);
    jpeg_planes_free(&restored);
}

static void check_shapes(const struct coefficient_model *model, const char *name) {
    static const unsigned sampling[][2] = {{1, 1}, {2, 2}, {2, 1}, {1, 2}, {4, 1}, {3, 2}};
    struct byte_buffer coded = {0};
    static const unsigned counts[] = {3, 3, 4, 2, 1};
    for (unsigned i = 0; i < 40; i++) {
        const unsigned *s = sampling[i % 6];
        struct jpeg_planes planes =
            shape(counts[i % 5], 1 + below(i < 20 ? 4 : 12), 1 + below(i < 20 ? 4 : 12), s[0], s[1]);
        planes.is_separate = i % 7 > 4;
        draw(&planes, (enum texture)(i % 4));
        check_trip(model, &planes, false, NULL, name, &coded);
        if (i % 2 == 0) {
            check_trip(model, &planes, true, NULL, name, &coded);
        }
        jpeg_planes_free(&planes);
    }
    struct jpeg_planes wide = shape(3, 70, 1, 1, 1), high = shape(1, 1, 150, 1, 1);
    draw(&wide, SMOOTH);
    draw(&high, BUSY);
    for (int is_adaptive = 0; is_adaptive < 2; is_adaptive++) {
        check_trip(model, &wide, is_adaptive, NULL, name, &coded);
        check_trip(model, &high, is_adaptive, NULL, name, &coded);
    }
    draw(&wide, SPARSE);
    check_trip(model, &wide, false, NULL, name, &coded);
    check_trip(model, &wide, true, NULL, name, &coded);
    jpeg_planes_free(&wide);
    jpeg_planes_free(&high);
    free(coded.data);
}

/* One hash for every kernel and number of threads. */
static void check_same(const struct byte_buffer *file, bool is_adaptive, enum texture texture, uint32_t columns,
                       uint32_t rows) {
    struct jpeg_planes planes = shape(3, columns, rows, 2, 2);
    struct byte_buffer first = {0}, coded = {0};
    size_t number = 0;
    draw(&planes, texture);
    for (const char *name; (name = next_kernel(&number)) != NULL;) {
        struct coefficient_model *model;
        CHECK(coefficient_model_load(file->data, file->size, true, &model, NULL) == BSWZ_OK, "%s", name);
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            struct worker_pool *pool;
            CHECK(worker_pool_create(threads, &pool, NULL) == BSWZ_OK, "threads");
            check_trip(model, &planes, is_adaptive, pool, name, &coded);
            if (first.size == 0) {
                byte_buffer_append(&first, coded.data, coded.size, NULL);
            }
            CHECK(coded.size == first.size && memcmp(coded.data, first.data, coded.size) == 0, "%s, %u threads", name,
                  threads);
            worker_pool_destroy(pool);
        }
        coefficient_model_free(model);
    }
    jpeg_planes_free(&planes);
    free(first.data);
    free(coded.data);
}

/* How many coefficients of a round are not zero in a tile. */
static unsigned filled_of(const struct jpeg_component *component, unsigned round, struct tile tile) {
    const struct coefficient_group *group = &coefficient_groups[group_of(round)];
    const struct tile_half blocks = tile_half_of(tile, half_of(round));
    unsigned filled = 0;
    for (unsigned b = 0; b < blocks.count; b++) {
        const int16_t *block = component->block[(size_t)blocks.at[b].row * component->columns + blocks.at[b].column];
        for (unsigned f = 0; f < group->count; f++) {
            filled += block[group->frequency[f]] != 0;
        }
    }
    return filled;
}

/* Which groups are empty comes back, and takes hardly any bits where all or none of them are. */
static void check_tiles(enum texture texture, uint32_t columns, uint32_t rows, double most_bits) {
    struct jpeg_planes planes = shape(1, columns, rows, 1, 1);
    struct jpeg_component *component = &planes.component[0];
    struct tiles tiles, again;
    struct ans ans;
    draw(&planes, texture);
    if (texture == SMOOTH) {
        memset(component->block, 0, (size_t)rows * columns * sizeof *component->block);
    }
    CHECK(tiles_open(&tiles, component, NULL, NULL) == BSWZ_OK && tiles_open(&again, component, NULL, NULL) == BSWZ_OK,
          "memory");
    tiles_find(&tiles, component);
    ans_init(&ans, 4);
    for (unsigned g = GROUP_COUNT; g-- > 0;) {
        for (uint32_t down = tiles.down; down-- > 0;) {
            tiles_push(&tiles, g, down, &ans);
        }
    }
    const double bits = ans_bits(&ans);
    CHECK(bits < most_bits, "%u: %.0f bits", (unsigned)texture, bits);
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        for (uint32_t down = 0; down < tiles.down; down++) {
            tiles_pop(&again, g, down, &ans);
            for (uint32_t across = 0; across < tiles.across; across++) {
                const size_t number = (size_t)down * tiles.across + across;
                for (unsigned round = 2 * g; round < 2 * g + 2; round++) {
                    tiles_fill(&again, round, number, filled_of(component, round, tile_at(&tiles, down, across)));
                }
            }
        }
    }
    CHECK(memcmp(tiles.empty, again.empty, GROUP_COUNT * tiles_count(&tiles)) == 0, "%u", (unsigned)texture);
    CHECK(ans.size == 0 && ans_bits(&ans) < 1e-6, "%.9f bits are left", ans_bits(&ans));
    /* each is what its blocks are */
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        for (size_t i = 0; i < tiles_count(&tiles); i++) {
            const struct tile tile = tile_at(&tiles, (uint32_t)(i / tiles.across), (uint32_t)(i % tiles.across));
            const unsigned filled = filled_of(component, 2 * g, tile) + filled_of(component, 2 * g + 1, tile);
            CHECK((filled == 0) == tile_is_empty(&tiles, g, i), "group %u of tile %zu", g, i);
        }
    }
    /* the blocks of the halves of a tile are all of its blocks, each once */
    for (size_t i = 0; i < tiles_count(&tiles); i++) {
        const struct tile tile = tile_at(&tiles, (uint32_t)(i / tiles.across), (uint32_t)(i % tiles.across));
        uint32_t seen = 0;
        for (unsigned half = 0; half < 2; half++) {
            const struct tile_half blocks = tile_half_of(tile, half);
            for (unsigned b = 0; b < blocks.count; b++) {
                const uint32_t row = blocks.at[b].row, column = blocks.at[b].column;
                CHECK((row + column) % 2 == half, "block %u", b);
                CHECK(row - tile.row < tile.rows && column - tile.column < tile.columns, "block %u", b);
                seen |= (uint32_t)1 << ((row - tile.row) * TILE_COLUMNS + column - tile.column);
            }
        }
        CHECK(__builtin_popcount(seen) == (int)(tile.rows * tile.columns), "tile %zu", i);
    }
    tiles_close(&tiles);
    tiles_close(&again);
    ans_free(&ans);
    jpeg_planes_free(&planes);
}

/* ---- the order of work (rows.h) ---- */

/* What is known of each row, and what it was when it was last read. */
struct order {
    size_t rows;
    unsigned rounds;
    bool is_encoding;
    unsigned *summed, *evaluated, *sequenced, *proven, *filled; /* [rows]: rounds */
    size_t sequence;                                            /* places so far */
    size_t slot_user[16];                                       /* place + 1 */
    unsigned wrong;
    size_t stop;
};

static bool around(const struct order *order, const unsigned *of, size_t row, unsigned least) {
    return of[row] >= least && (row == 0 || of[row - 1] >= least) && (row + 1 == order->rows || of[row + 1] >= least);
}

static void note(struct order *order, bool is_right) {
    if (!is_right) {
        __atomic_add_fetch(&order->wrong, 1, __ATOMIC_RELAXED);
    }
}

static bool order_sum(void *context, const struct row_piece *piece) {
    struct order *order = context;
    note(order, order->summed[piece->row]++ == piece->round && around(order, order->filled, piece->row, piece->round) &&
                    around(order, order->evaluated, piece->row, piece->round));
    return true;
}

static bool order_evaluate(void *context, const struct row_piece *piece) {
    struct order *order = context;
    note(order,
         order->evaluated[piece->row]++ == piece->round && around(order, order->summed, piece->row, piece->round + 1));
    return true;
}

static bool order_prepare(void *context, const struct row_piece *piece) {
    struct order *order = context;
    note(order, order->slot_user[piece->slot] == 0 && order->evaluated[piece->row] == piece->round + 1);
    order->slot_user[piece->slot] = piece->round * order->rows + piece->row + 1;
    return true;
}

static bool order_sequence(void *context, const struct row_piece *piece) {
    struct order *order = context;
    const size_t place = piece->round * order->rows + piece->row;
    note(order, place == order->sequence++ && order->evaluated[piece->row] == piece->round + 1 &&
                    (!order->is_encoding || order->slot_user[piece->slot] == place + 1));
    order->sequenced[piece->row]++;
    order->proven[piece->row] += order->is_encoding ? 0 : 1;
    return place + 1 != order->stop;
}

static bool order_prove(void *context, const struct row_piece *piece) {
    struct order *order = context;
    note(order, order->sequenced[piece->row] == piece->round + 1 && order->proven[piece->row]++ == piece->round &&
                    order->slot_user[piece->slot] == piece->round * order->rows + piece->row + 1);
    order->slot_user[piece->slot] = 0;
    return true;
}

static bool order_fill(void *context, const struct row_piece *piece) {
    struct order *order = context;
    note(order, order->proven[piece->row] == piece->round + 1 && order->filled[piece->row]++ == piece->round &&
                    around(order, order->summed, piece->row, piece->round + 1));
    return true;
}

/* Everything that a stage reads is there, and nobody still needs what it overwrites; all is done once and in order. */
static void check_order(struct worker_pool *pool, size_t count, bool is_encoding, size_t stop) {
    unsigned *known = calloc(5 * count, sizeof *known);
    struct order order = {.rows = count,
                          .rounds = 4,
                          .is_encoding = is_encoding,
                          .summed = known,
                          .evaluated = known + count,
                          .sequenced = known + 2 * count,
                          .proven = known + 3 * count,
                          .filled = known + 4 * count,
                          .stop = stop};
    const struct row_work work = {.rows = count,
                                  .rounds = order.rounds,
                                  .slots = rows_slots(pool),
                                  .stage = {order_sum, order_evaluate, is_encoding ? order_prepare : NULL,
                                            order_sequence, is_encoding ? order_prove : NULL, order_fill},
                                  .context = &order};
    bool is_complete;
    CHECK(rows_run(pool, &work, &is_complete, NULL) == BSWZ_OK && is_complete == (stop == 0), "%zu rows", count);
    CHECK(order.wrong == 0, "%zu rows: %u in a wrong order", count, order.wrong);
    for (size_t row = 0; row < count && stop == 0; row++) {
        CHECK(order.sequenced[row] == 4 && order.proven[row] == 4 && order.filled[row] == 3, "row %zu of %zu", row,
              count);
    }
    CHECK(stop == 0 || order.sequence == stop, "%zu rows, stopped after %zu", count, order.sequence);
    free(known);
}

static void check_orders(void) {
    struct worker_pool *pool;
    CHECK(worker_pool_create(5, &pool, NULL) == BSWZ_OK, "threads");
    for (size_t count = 1; count < 200; count += count < 10 ? 1 : 47) {
        for (int is_encoding = 0; is_encoding < 2; is_encoding++) {
            check_order(pool, count, is_encoding, 0);
            check_order(NULL, count, is_encoding, 0);
            check_order(pool, count, is_encoding, count + 1);
        }
    }
    worker_pool_destroy(pool);
}

static void check_damage(const struct coefficient_model *model, bool is_adaptive) {
    struct jpeg_planes planes = shape(3, 4, 3, 2, 1);
    struct byte_buffer coded = {0};
    unsigned noticed = 0, tries = 0;
    draw(&planes, SMOOTH);
    CHECK(coefficients_encode_with(model, &planes, is_adaptive, NULL, NULL, &coded, NULL) == BSWZ_OK, "encode");
    for (size_t size = 0; size < coded.size; size += 1 + coded.size / 60, tries++) {
        struct jpeg_planes restored = emptied(&planes);
        noticed += coefficients_decode_with(model, &restored, NULL, coded.data, size, true, NULL) == BSWZ_ERROR_CORRUPT;
        jpeg_planes_free(&restored);
    }
    CHECK(noticed == tries, "%u of %u truncations noticed", noticed, tries);
    for (unsigned i = 0; i < 60; i++) {
        const size_t at = 4 + below((unsigned)coded.size - 4);
        const uint8_t was = coded.data[at];
        coded.data[at] ^= (uint8_t)(1 + below(255));
        struct jpeg_planes restored = emptied(&planes);
        const enum bswz_status status =
            coefficients_decode_with(model, &restored, NULL, coded.data, coded.size, false, NULL);
        CHECK(status == BSWZ_ERROR_CORRUPT || (status == BSWZ_OK && !same_blocks(&planes, &restored)),
              "damage at %zu: %d", at, (int)status);
        jpeg_planes_free(&restored);
        coded.data[at] = was;
    }
    jpeg_planes_free(&planes);
    free(coded.data);
}

/* A payload that breaks off gives what is before that, and zeros: the decoder does not go on with what it made up. Words
 * have two bytes: an even number of bytes might be the payload of other blocks. */
static void check_broken_off(const struct coefficient_model *model, size_t left_out) {
    struct jpeg_planes planes = shape(1, 40, 30, 1, 1);
    struct byte_buffer coded = {0};
    const size_t blocks = (size_t)planes.component[0].rows * planes.component[0].columns;
    draw(&planes, BUSY);
    struct jpeg_planes restored = emptied(&planes);
    CHECK(coefficients_encode_with(model, &planes, true, NULL, NULL, &coded, NULL) == BSWZ_OK, "encode");
    const size_t size = coded.size / 2 - left_out;
    CHECK(coefficients_decode_with(model, &restored, NULL, coded.data, size, true, NULL) == BSWZ_ERROR_CORRUPT,
          "half of it, %zu bytes", size);
    size_t zeros = 0, wrong = 0;
    for (size_t i = 0; i < blocks; i++) {
        for (unsigned f = 0; f < JPEG_BLOCK; f++) {
            const int16_t is = restored.component[0].block[i][f], was = planes.component[0].block[i][f];
            zeros += is == 0 && was != 0;
            wrong += is != 0 && is != was;
        }
    }
    CHECK(zeros > 0 && wrong < JPEG_BLOCK, "%zu zeros, %zu wrong", zeros, wrong);
    jpeg_planes_free(&planes);
    jpeg_planes_free(&restored);
    free(coded.data);
}

/* Components that a payload does not reach are zero. */
static void check_not_reached(const struct coefficient_model *model) {
    struct jpeg_planes planes = shape(3, 20, 16, 2, 1);
    struct byte_buffer coded = {0};
    draw(&planes, BUSY);
    struct jpeg_planes restored = emptied(&planes);
    CHECK(coefficients_encode_with(model, &planes, true, NULL, NULL, &coded, NULL) == BSWZ_OK, "encode");
    CHECK(coefficients_decode_with(model, &restored, NULL, coded.data, 30, true, NULL) == BSWZ_ERROR_CORRUPT, "cut");
    for (unsigned c = 1; c < 3; c++) {
        const size_t blocks = (size_t)restored.component[c].rows * restored.component[c].columns;
        size_t wrong = 0;
        for (size_t i = 0; i < blocks * JPEG_BLOCK; i++) {
            wrong += restored.component[c].block[i / JPEG_BLOCK][i % JPEG_BLOCK] != 0;
        }
        CHECK(wrong == 0, "component %u: %zu coefficients out of nothing", c, wrong);
    }
    jpeg_planes_free(&planes);
    jpeg_planes_free(&restored);
    free(coded.data);
}

/* The encoder notices what it cannot code. */
static void check_too_large(const struct coefficient_model *model) {
    struct jpeg_planes planes = shape(1, 2, 2, 1, 1);
    struct byte_buffer coded = {0};
    draw(&planes, SMOOTH);
    planes.component[0].block[1][3] = JPEG_LARGEST;
    CHECK(coefficients_encode_with(model, &planes, true, NULL, NULL, &coded, NULL) == BSWZ_OK, "the largest");
    planes.component[0].block[1][3] = JPEG_LARGEST + 1;
    CHECK(coefficients_encode_with(model, &planes, true, NULL, NULL, &coded, NULL) == BSWZ_ERROR_CORRUPT, "too large");
    jpeg_planes_free(&planes);
    free(coded.data);
}

static void check_model_files(struct byte_buffer *file) {
    struct coefficient_model *model;
    for (size_t size = 0; size < file->size; size += 1 + file->size / 50) {
        CHECK(coefficient_model_load(file->data, size, true, &model, NULL) == BSWZ_ERROR_MODEL, "cut off at %zu", size);
    }
    for (unsigned i = 0; i < 60; i++) {
        const size_t at = i < 20 ? i : below((unsigned)file->size);
        const uint8_t was = file->data[at];
        file->data[at] ^= (uint8_t)(1 + below(255));
        if (coefficient_model_load(file->data, file->size, true, &model, NULL) == BSWZ_OK) {
            coefficient_model_free(model);
        }
        file->data[at] = was;
    }
}

/* Halving a component agrees with halving its pixels, except for rounding. */
static void check_halving(void) {
    struct jpeg_planes planes = shape(3, 2, 2, 2, 2);
    int16_t flat[4][JPEG_BLOCK];
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        planes.component[0].step[f] = planes.component[1].step[f] = 1;
    }
    for (unsigned i = 0; i < 16; i++) {
        planes.component[0].block[i][0] = 400; /* a plane of one value: every mean is that value */
    }
    amplitudes_at(&planes.component[0], &planes.component[1], NULL, flat);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(flat[i][0] == 400, "DC %d", flat[i][0]);
        for (unsigned f = 1; f < JPEG_BLOCK; f++) {
            CHECK(flat[i][f] >= -1 && flat[i][f] <= 1, "AC %u: %d", f, flat[i][f]);
        }
    }
    planes.component[1].horizontal = 3; /* an unsupported ratio */
    amplitudes_at(&planes.component[0], &planes.component[1], NULL, flat);
    CHECK(flat[0][0] == 0, "unknown ratio");
    jpeg_planes_free(&planes);
}

static void check_arguments(void) {
    struct jpeg_planes planes = shape(1, 1, 1, 1, 1);
    struct byte_buffer coded = {0};
    struct bswz_error error = {0};
    CHECK(coefficients_encode(&planes, false, NULL, NULL, &coded, &error) == BSWZ_ERROR_ARGUMENT &&
              coefficients_encode(&planes, true, NULL, NULL, &coded, &error) == BSWZ_ERROR_ARGUMENT,
          "a step of zero");
    static const uint8_t unknown[4] = {1, 2, 3, 4};
    CHECK(coefficients_decode(&planes, NULL, NULL, unknown, sizeof unknown, false, &error) == BSWZ_ERROR_MODEL,
          "unknown model");
    CHECK(coefficients_decode(&planes, NULL, NULL, unknown, 3, false, &error) == BSWZ_ERROR_CORRUPT, "no model");
    jpeg_planes_free(&planes);
    free(coded.data);
}

/* ---- a coder that is wrong once ---- */

static int until_fault; /* calls until one goes wrong */

static void prepare_wrongly(const struct group_batch *batch, const int16_t (*coefficient)[GROUP_LARGEST],
                            struct prepared_groups *prepared) {
    group_reference.prepare(batch, coefficient, prepared);
    if (until_fault-- == 0) {
        for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
            prepared->start[0][k][0] ^= 1u << 20;
        }
    }
}

static void pop_wrongly(struct ans *ans, const struct group_batch *batch, int16_t (*coefficient)[GROUP_LARGEST]) {
    group_reference.pop(ans, batch, coefficient);
    if (until_fault-- == 0) {
        coefficient[batch->blocks - 1][batch->count - 1] ^= 1;
    }
}

/* The proof applies to nothing else. */
static void check_belief(const struct jpeg_planes *planes, bool is_adaptive) {
    struct coefficients_proof proof;
    struct byte_buffer coded = {0};
    struct jpeg_planes believed = emptied(planes);
    CHECK(coefficients_encode(planes, is_adaptive, NULL, &proof, &coded, NULL) == BSWZ_OK, "encode");
    CHECK(coefficients_believe(&proof, &believed, coded.data, coded.size, NULL) == BSWZ_OK, "believe");
    CHECK(same_blocks(planes, &believed), "believed");
    for (size_t i = 0; i < coded.size; i++) {
        coded.data[i] ^= 1;
        CHECK(coefficients_believe(&proof, &believed, coded.data, coded.size, NULL) != BSWZ_OK, "byte %zu", i);
        coded.data[i] ^= 1;
    }
    CHECK(coefficients_believe(&proof, &believed, coded.data, coded.size - 1, NULL) != BSWZ_OK, "a byte less");
    believed.component[1].step[5]++;
    CHECK(coefficients_believe(&proof, &believed, coded.data, coded.size, NULL) == BSWZ_ERROR_CORRUPT, "other steps");
    jpeg_planes_free(&believed);
    free(coded.data);
}

/* Every faulty batch of DC and AC coefficients is found. */
static void faults(void) {
    static const struct group_coder coders[] = {{.prepare = prepare_wrongly}, {.pop = pop_wrongly}};
    const struct coefficient_model *embedded;
    CHECK(coefficient_model_embedded(true, &embedded, NULL) == BSWZ_OK, "the model");
    struct jpeg_planes planes = shape(3, 3, 2, 2, 1);
    draw(&planes, BUSY);
    for (size_t i = 0; i < sizeof coders / sizeof coders[0]; i++) {
        struct coefficient_model model = *embedded;
        struct engine engine = *embedded->engine;
        struct group_coder group = group_reference;
        group.prepare = coders[i].prepare != NULL ? coders[i].prepare : group.prepare;
        group.pop = coders[i].pop != NULL ? coders[i].pop : group.pop;
        engine.group = &group;
        model.engine = &engine;
        int batches = 0;
        for (;; batches++) {
            struct coefficients_proof proof;
            struct byte_buffer coded = {0};
            until_fault = batches;
            const enum bswz_status status =
                coefficients_encode_with(&model, &planes, false, NULL, &proof, &coded, NULL);
            free(coded.data);
            if (until_fault >= 0) {
                CHECK(status == BSWZ_OK, "coder %zu: nothing went wrong, but the status is %d", i, (int)status);
                break;
            }
            CHECK(status == BSWZ_ERROR_CORRUPT, "coder %zu, batch %d: status %d", i, batches, (int)status);
        }
        CHECK(batches > 50, "coder %zu: only %d batches", i, batches);
    }
    check_belief(&planes, false);
    check_belief(&planes, true);
    jpeg_planes_free(&planes);
}

int main(void) {
    struct byte_buffer file = toy_coefficients(16, 16);
    struct coefficient_model *toy;
    struct bswz_error error = {0};
    CHECK(coefficient_model_load(file.data, file.size, true, &toy, &error) == BSWZ_OK, "%s", error.message);
    const struct coefficient_model *embedded;
    CHECK(coefficient_model_embedded(true, &embedded, &error) == BSWZ_OK, "%s", error.message);
    check_shapes(toy, "toy");
    check_shapes(embedded, "embedded");
    for (int is_adaptive = 0; is_adaptive < 2; is_adaptive++) {
        check_same(&file, is_adaptive, BUSY, 21, 9);
        check_damage(toy, is_adaptive);
    }
    check_tiles(SMOOTH, 161, 121, 300);
    check_tiles(BUSY, 161, 121, 1000);
    check_tiles(SPARSE, 161, 121, 186 * GROUP_COUNT);
    check_tiles(SPARSE, 1, 1, GROUP_COUNT * 4);
    check_orders();
    check_same(&file, false, SPARSE, 66, 33);
    check_same(&file, false, SPARSE, 9, 130); /* several rows of tiles at a time */
    check_same(&file, true, SPARSE, 9, 70);
    check_broken_off(embedded, 0);
    check_broken_off(embedded, 1);
    check_not_reached(embedded);
    check_too_large(embedded);
    check_model_files(&file);
    check_halving();
    check_arguments();
    coefficient_model_free(toy);
    free(file.data);
    faults();
    return check_summary();
}
