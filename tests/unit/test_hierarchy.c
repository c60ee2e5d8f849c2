/* SPDX-License-Identifier: MIT */
/*
 * The whole hierarchy with models of random weights: any n, any L, any size, any
 * number of threads, every kernel; and damaged streams and model files.
 */
#include "base/allocate.h"
#include "coder/ans.h"
#include "pyramid/hierarchy.h"
#include "pyramid/latents.h"
#include "each_kernel.h"
#include "model/model_private.h"
#include "toy_model.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <xxhash.h>

/* A gradient with texture; planes differ. */
static void draw(struct coded_planes *planes, uint64_t seed) {
    for (unsigned c = 0; c < planes->count; c++) {
        planes->plane[c] = bswz_allocate((size_t)planes->width * planes->height, 1);
        for (size_t i = 0; i < (size_t)planes->width * planes->height; i++) {
            size_t x = i % planes->width, y = i / planes->width;
            planes->plane[c][i] = (uint8_t)(x * (c + 1) + y * 2 + (noise(&seed) >> 60));
        }
    }
}

static void free_planes(struct coded_planes *planes) {
    for (unsigned c = 0; c < planes->count; c++) {
        free(planes->plane[c]);
    }
}

/* The same planes with a proof: they give the same bytes, and a decoder accepts the proof only with this stack and
 * these planes. */
static void prove(const struct bswz_model *model, const struct coded_planes *planes, struct worker_pool *pool,
                  const struct byte_buffer *expected) {
    struct planes_proof proof;
    struct coded_planes proven = *planes, back = *planes;
    struct byte_buffer coded = {0};
    struct bswz_error error = {0};
    const size_t size = (size_t)planes->width * planes->height;
    proven.proof = back.proof = &proof;
    CHECK(hierarchy_encode(model, &proven, pool, &coded, &error) == BSWZ_OK, "%s", error.message);
    CHECK(coded.size == expected->size && memcmp(coded.data, expected->data, coded.size) == 0,
          "%ux%u with a proof: another stream", planes->width, planes->height);
    for (unsigned c = 0; c < back.count; c++) {
        back.plane[c] = bswz_allocate_zero(size, 1);
    }
    const enum bswz_status status = hierarchy_decode(model, &back, pool, coded.data, coded.size, &error);
    CHECK(status == BSWZ_OK, "%ux%u: %s", planes->width, planes->height, error.message);
    for (unsigned c = 0; c < back.count; c++) {
        CHECK(memcmp(back.plane[c], planes->plane[c], size) == 0, "%ux%u plane %u with a proof", planes->width,
              planes->height, c);
    }
    coded.data[coded.size - 1] ^= 1; /* the bottom of the stack, which is not decoded, or a state */
    CHECK(hierarchy_decode(model, &back, pool, coded.data, coded.size, NULL) == BSWZ_ERROR_CORRUPT,
          "%ux%u: other bytes", planes->width, planes->height);
    coded.data[coded.size - 1] ^= 1;
    planes->plane[0][0] ^= 1; /* of every level */
    CHECK(hierarchy_decode(model, &back, pool, coded.data, coded.size, NULL) == BSWZ_ERROR_CORRUPT,
          "%ux%u: other planes", planes->width, planes->height);
    planes->plane[0][0] ^= 1;
    free_planes(&back);
    free(coded.data);
}

/* Encode and decode; returns a hash of the coded bytes. */
static uint64_t round_trip(const struct bswz_model *model, const struct coded_planes *planes, unsigned threads) {
    struct worker_pool *pool = NULL;
    struct byte_buffer coded = {0};
    struct bswz_error error = {0};
    struct coded_planes back = *planes;
    size_t size = (size_t)planes->width * planes->height;
    CHECK(worker_pool_create(threads, &pool, &error) == BSWZ_OK, "%s", error.message);
    CHECK(hierarchy_encode(model, planes, pool, &coded, &error) == BSWZ_OK, "%s", error.message);
    for (unsigned c = 0; c < back.count; c++) {
        back.plane[c] = bswz_allocate_zero(size, 1);
    }
    enum bswz_status status = hierarchy_decode(model, &back, pool, coded.data, coded.size, &error);
    CHECK(status == BSWZ_OK, "%ux%u: %s", planes->width, planes->height, error.message);
    for (unsigned c = 0; c < back.count; c++) {
        CHECK(memcmp(back.plane[c], planes->plane[c], size) == 0, "%ux%u plane %u of %u, %u threads", planes->width,
              planes->height, c, planes->count, threads);
    }
    uint64_t hash = XXH3_64bits(coded.data, coded.size);
    prove(model, planes, pool, &coded);
    worker_pool_destroy(pool);
    free_planes(&back);
    free(coded.data);
    return hash;
}

/* The coded size of planes with known blocks, with corrections; they must come back. */
static size_t known_size(const struct bswz_model *model, struct coded_planes *planes, const uint8_t *map) {
    struct worker_pool *pool = NULL;
    struct byte_buffer coded = {0};
    struct bswz_error error = {0};
    struct coded_planes back = *planes;
    const size_t size = (size_t)planes->width * planes->height;
    planes->correct = true;
    planes->known = back.known = map;
    CHECK(worker_pool_create(2, &pool, &error) == BSWZ_OK, "%s", error.message);
    CHECK(hierarchy_encode(model, planes, pool, &coded, &error) == BSWZ_OK, "%s", error.message);
    for (unsigned c = 0; c < back.count; c++) {
        back.plane[c] = bswz_allocate_zero(size, 1);
        for (size_t i = 0; i < size && map != NULL; i++) {
            const struct known_blocks known = {.map = map, .columns = known_blocks_across(planes->width)};
            if (known_at(&known, 0, (uint32_t)(i / planes->width), (uint32_t)(i % planes->width))) {
                back.plane[c][i] = planes->plane[c][i];
            }
        }
    }
    CHECK(hierarchy_decode(model, &back, pool, coded.data, coded.size, &error) == BSWZ_OK, "%s", error.message);
    for (unsigned c = 0; c < back.count; c++) {
        CHECK(memcmp(back.plane[c], planes->plane[c], size) == 0, "%ux%u plane %u", planes->width, planes->height, c);
    }
    const size_t bytes = coded.size;
    worker_pool_destroy(pool);
    free_planes(&back);
    free(coded.data);
    return bytes;
}

static void shapes(void) {
    for (unsigned n = 0; n <= 5; n++) {
        for (unsigned latents = 0; latents <= 8; latents += latents < 2 ? 1 : 6) {
            struct bswz_model *model = load_toy(n, latents, 16, n % 3);
            static const uint32_t sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {2, 2}, {3, 5}, {33, 70}};
            for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && model != NULL; i++) {
                struct coded_planes planes = {.width = sizes[i][0],
                                              .height = sizes[i][1],
                                              .count = i % 2 ? 3 : 1,
                                              .head = i % 2 ? HEAD_JFIF : HEAD_GREY,
                                              .grid_phase = i == 5 ? 19 : -1};
                draw(&planes, i + 1);
                round_trip(model, &planes, 1);
                free_planes(&planes);
            }
            bswz_model_free(model);
        }
    }
}

static void sizes(void) {
    struct bswz_model *model = load_toy(4, 2, 16, 1);
    for (uint32_t height = 1; height <= 70; height += 1 + height / 8) {
        for (uint32_t width = 1; width <= 70; width += 1 + width / 8) {
            struct coded_planes planes = {
                .width = width, .height = height, .count = 3, .head = HEAD_RGB, .grid_phase = (int)(width % 64)};
            draw(&planes, width * 71 + height);
            round_trip(model, &planes, 1);
            free_planes(&planes);
        }
    }
    bswz_model_free(model);
}

/* The networks for grey, with and without a grid, are used if the model has them; otherwise those for JFIF are, even at
 * single levels. */
static void grey(void) {
    for (unsigned version = 2; version <= 3; version++) {
        for (unsigned levels = 0; levels <= 2; levels++) {
            struct bswz_model *model = load_toy_of(version, levels, 1, 16, 1);
            struct coded_planes planes = {.width = 61, .height = 50, .count = 1};
            uint64_t hash[2][2]; /* [grey][with a grid] */
            draw(&planes, 12);
            for (unsigned i = 0; i < 4; i++) {
                planes.head = i / 2 ? HEAD_GREY : HEAD_JFIF;
                planes.grid_phase = i % 2 ? 29 : -1;
                hash[i / 2][i % 2] = round_trip(model, &planes, 1);
            }
            for (unsigned grid = 0; grid < 2; grid++) {
                CHECK((hash[0][grid] != hash[1][grid]) == (version == 3 && levels > 0),
                      "version %u, %u levels, grid %u: grey as JFIF", version, levels, grid);
            }
            CHECK((hash[1][0] != hash[1][1]) == (levels > 0), "version %u, %u levels: no grid", version, levels);
            free_planes(&planes);
            bswz_model_free(model);
        }
    }
}

/* Heads that are not valid for this number of planes. */
static void wrong_heads(void) {
    static const struct {
        unsigned count;
        enum model_head head;
    } wrong[] = {{1, HEAD_RGB},  {1, HEAD_PHOTOYCC}, {1, HEAD_GREY_GRID},
                 {3, HEAD_GREY}, {3, HEAD_RGB_GRID}, {2, HEAD_GREY}};
    struct bswz_model *model = load_toy(1, 1, 16, 0);
    struct worker_pool *pool = NULL;
    CHECK(worker_pool_create(1, &pool, NULL) == BSWZ_OK, "pool");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct coded_planes planes = {
            .width = 8, .height = 8, .count = wrong[i].count, .head = wrong[i].head, .grid_phase = -1};
        struct byte_buffer coded = {0};
        draw(&planes, 1);
        CHECK(hierarchy_encode(model, &planes, pool, &coded, NULL) == BSWZ_ERROR_ARGUMENT, "wrong head %zu", i);
        free_planes(&planes);
        free(coded.data);
    }
    worker_pool_destroy(pool);
    bswz_model_free(model);
}

/* One hash for every thread count and every kernel. */
static void same_bytes(void) {
    uint64_t expected = 0;
    size_t number = 0;
    for (const char *kernel; (kernel = next_kernel(&number)) != NULL;) {
        struct bswz_model *model = load_toy(3, 2, 32, 2);
        struct coded_planes planes = {.width = 203, .height = 170, .count = 3, .head = HEAD_JFIF, .grid_phase = 5};
        draw(&planes, 4);
        for (unsigned threads = 1; threads <= (strcmp(kernel, "blas") == 0 ? 8 : 2); threads++) {
            uint64_t hash = round_trip(model, &planes, threads);
            expected = expected == 0 ? hash : expected;
            CHECK(hash == expected, "%s, %u threads", kernel, threads);
        }
        free_planes(&planes);
        bswz_model_free(model);
    }
}

/* Half-resolution chroma: planes 1 and 2 come back from their even samples. */
static void half_chroma(void) {
    struct bswz_model *model = load_toy(2, 1, 16, 1);
    struct coded_planes planes = {
        .width = 75, .height = 44, .count = 3, .head = HEAD_PHOTOYCC, .half_chroma = true, .grid_phase = -1};
    draw(&planes, 8);
    for (unsigned c = 1; c < 3; c++) {
        uint8_t *p = planes.plane[c];
        const size_t w = planes.width, h = planes.height;
        for (size_t y = 0; y < h; y++) {
            for (size_t x = 0; x < w; x++) {
                size_t y0 = y & ~(size_t)1, x0 = x & ~(size_t)1;
                size_t y1 = y0 + 2 < h ? y0 + 2 : y0, x1 = x0 + 2 < w ? x0 + 2 : x0;
                int A = p[y0 * w + x0], B = p[y0 * w + x1], C = p[y1 * w + x0], D = p[y1 * w + x1];
                if (y % 2 == 0 && x % 2 == 1) {
                    p[y * w + x] = (uint8_t)((A + B + 1) >> 1);
                } else if (y % 2 == 1 && x % 2 == 0) {
                    p[y * w + x] = (uint8_t)((A + C + 1) >> 1);
                } else if (y % 2 == 1) {
                    p[y * w + x] = (uint8_t)((A + B + C + D + 2) >> 2);
                }
            }
        }
    }
    round_trip(model, &planes, 1);
    round_trip(model, &planes, 3);
    free_planes(&planes);
    bswz_model_free(model);
}

/* Some blocks are known: they cost nothing, and the others come back next to them. */
static void known(void) {
    static const uint32_t sizes[][2] = {{130, 64}, {65, 129}, {200, 131}, {300, 260}};
    for (unsigned n = 0; n <= 4; n += 2) {
        struct bswz_model *model = load_toy(n, n / 2, 16, 1);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            uint8_t map[128] = {0};
            struct coded_planes planes = {.width = sizes[i][0],
                                          .height = sizes[i][1],
                                          .count = i % 2 ? 1 : 3,
                                          .head = HEAD_JFIF,
                                          .grid_phase = -1};
            const uint32_t columns = known_blocks_across(planes.width), rows = known_blocks_across(planes.height);
            draw(&planes, i + 40);
            const size_t whole = known_size(model, &planes, NULL);
            for (uint32_t block = 0; block < rows * columns; block++) {
                map[block] = (block * 5 + i) % 3 != 0;
            }
            CHECK(known_size(model, &planes, map) < whole, "n %u, %ux%u", n, planes.width, planes.height);
            memset(map, 1, sizeof map);
            CHECK(known_size(model, &planes, map) < 80, "n %u, %ux%u: all known", n, planes.width, planes.height);
            free_planes(&planes);
        }
        bswz_model_free(model);
    }
}

/* Bit-Swap and BB-ANS order restore the same pixels. BB-ANS borrows more if the stack is empty, since it pops all
 * layers before the pixels fill it; how much more depends on the model, and this one is random. */
static void orders(void) {
    uint64_t borrowed[2][2];
    for (unsigned deep = 0; deep < 2; deep++) {
        struct bswz_model *model = load_toy(0, deep ? 6 : 2, 16, 0);
        struct coded_planes planes = {.width = 32, .height = 32, .count = 3, .head = HEAD_RGB, .grid_phase = -1};
        draw(&planes, 6);
        for (int order = LATENT_BIT_SWAP; order <= LATENT_BB_ANS; order++) {
            struct net_scratch scratch;
            struct ans ans, back;
            struct byte_buffer bytes = {0};
            struct tile_context context = {
                .model = model, .head = HEAD_RGB, .grid_phase = -1, .planes = 3, .width = 32, .height = 32};
            memcpy(context.plane, planes.plane, sizeof context.plane);
            CHECK(net_scratch_create(&scratch, NULL) == BSWZ_OK, "scratch");
            ans_init(&ans, 1);
            latents_push(&context, (enum latent_order)order, &scratch, &ans, NULL);
            borrowed[deep][order] = ans.borrowed;
            CHECK(ans_write(&ans, &bytes, NULL) == BSWZ_OK && ans_read(&back, bytes.data, bytes.size, NULL) == BSWZ_OK,
                  "io");
            struct tile_context blank = context;
            for (unsigned c = 0; c < 3; c++) {
                blank.plane[c] = bswz_allocate_zero(32 * 32, 1);
            }
            latents_pop(&blank, (enum latent_order)order, &scratch, &back, NULL, NULL);
            for (unsigned c = 0; c < 3; c++) {
                CHECK(memcmp(blank.plane[c], planes.plane[c], 32 * 32) == 0, "order %d, plane %u", order, c);
                free(blank.plane[c]);
            }
            CHECK(ans_is_initial(&back), "order %d", order);
            net_scratch_free(&scratch);
            ans_free(&ans);
            ans_free(&back);
            free(bytes.data);
        }
        free_planes(&planes);
        bswz_model_free(model);
    }
    CHECK(borrowed[0][LATENT_BB_ANS] >= borrowed[0][LATENT_BIT_SWAP], "two layers");
    CHECK(borrowed[1][LATENT_BB_ANS] > borrowed[1][LATENT_BIT_SWAP], "six layers: %llu words against %llu",
          (unsigned long long)borrowed[1][LATENT_BB_ANS], (unsigned long long)borrowed[1][LATENT_BIT_SWAP]);
}

/* Damage must end in an error or in some planes, never in a crash. */
static void damage(void) {
    struct bswz_model *model = load_toy(2, 1, 16, 0);
    struct coded_planes planes = {.width = 9, .height = 8, .count = 3, .head = HEAD_RGB, .grid_phase = -1};
    struct worker_pool *pool = NULL;
    struct byte_buffer coded = {0};
    draw(&planes, 3);
    worker_pool_create(1, &pool, NULL);
    hierarchy_encode(model, &planes, pool, &coded, NULL);
    unsigned noticed = 0;
    for (size_t i = 0; i < coded.size; i++) {
        uint8_t *copy = malloc(coded.size); /* exact size, so that a sanitizer sees overruns */
        memcpy(copy, coded.data, coded.size);
        copy[i] ^= 0x55;
        noticed += hierarchy_decode(model, &planes, pool, copy, coded.size, NULL) != BSWZ_OK;
        noticed += hierarchy_decode(model, &planes, pool, copy, i, NULL) != BSWZ_OK;
        free(copy);
    }
    CHECK(noticed > coded.size, "%u of %zu", noticed, 2 * coded.size);
    worker_pool_destroy(pool);
    free_planes(&planes);
    free(coded.data);
    bswz_model_free(model);
}

static void model_damage(void) {
    struct byte_buffer file = toy_model(1, 1, 16, 0);
    unsigned refused = 0, tried = 0;
    for (size_t size = 0; size < file.size; size += 1 + size / 16) {
        struct bswz_model *model = NULL;
        refused += bswz_model_load(file.data, size, &model, NULL) != BSWZ_OK;
        tried++;
        bswz_model_free(model);
    }
    CHECK(refused == tried, "every truncation is refused");
    for (size_t i = 0; i < file.size; i += i < 64 ? 1 : 97) {
        uint8_t kept = file.data[i];
        struct bswz_model *model = NULL;
        file.data[i] = 0xff;
        bswz_model_load(file.data, file.size, &model, NULL); /* loads or not; no crash */
        bswz_model_free(model);
        file.data[i] = kept;
    }
    free(file.data);
}

/* The cost of pixel `number` of a run. */
static double bits_of(const struct prepared_row *rows, unsigned number) {
    const struct prepared_row *row = &rows[number / MIXTURE_ROW];
    struct prepared_pixel pixel = {.prior_start = {0}};
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        pixel.prior_start[k] = row->prior_start[k][number % MIXTURE_ROW];
        for (unsigned c = 0; c < 3; c++) {
            pixel.frequency[c][k] = row->frequency[c][k][number % MIXTURE_ROW];
        }
    }
    return mixture_bits(3, &pixel);
}

/* All lattice levels with the embedded model: the bits on the stack agree with -log2 p of the model within 0.1 %. */
static void net_rate(void) {
    const struct bswz_model *model = model_for_level(5, NULL);
    struct coded_planes planes = {.width = 320, .height = 256, .count = 3, .head = HEAD_RGB, .grid_phase = -1};
    draw(&planes, 12);
    struct tile_context context = {.model = model,
                                   .head = HEAD_RGB,
                                   .grid_phase = -1,
                                   .planes = 3,
                                   .width = planes.width,
                                   .height = planes.height};
    memcpy(context.plane, planes.plane, sizeof context.plane);
    struct tile_job *jobs = NULL;
    size_t count = 0, first_of_level_0 = 0;
    struct net_scratch scratch;
    struct tile_slot slot;
    struct ans ans;
    CHECK(tile_jobs_list(model, HEAD_RGB, planes.width, planes.height, false, &jobs, &count, &first_of_level_0, NULL) ==
                  BSWZ_OK &&
              net_scratch_create(&scratch, NULL) == BSWZ_OK && tile_slot_create(&slot, true, false, NULL) == BSWZ_OK,
          "memory");
    ans_init(&ans, 4);
    double bits = 0.0;
    for (size_t i = count; i-- > 0;) {
        tile_evaluate(&context, &jobs[i], &scratch, &slot);
        struct lattice lattice = lattice_at_level(context.plane, 3, planes.width, planes.height, jobs[i].level);
        const struct lattice_tile *tile = &jobs[i].tile;
        for (unsigned set = 0; set <= tile->pass; set++) {
            unsigned number = 0;
            for (unsigned cell = 0; cell < tile->rows * tile->columns; cell++) {
                uint32_t row, column;
                if (lattice_pixel(&lattice, tile->pass, set, tile->row + cell / tile->columns,
                                  tile->column + cell % tile->columns, &row, &column)) {
                    bits += bits_of(&slot.prepared[set * NET_TILE * NET_TILE / MIXTURE_ROW], number++);
                }
            }
        }
        tile_push(&context, &jobs[i], &slot, &ans, NULL);
    }
    CHECK(bits > 100000 && ans_bits(&ans) < 1.001 * bits && ans_bits(&ans) > 0.999 * bits,
          "%.0f bits on the stack, %.0f by the model", ans_bits(&ans), bits);
    printf("# %.0f bits on the stack, %.0f by the model, %llu words borrowed\n", ans_bits(&ans), bits,
           (unsigned long long)ans.borrowed);
    CHECK(ans.borrowed <= ans.lanes, "initial bits: %llu words", (unsigned long long)ans.borrowed);
    ans_free(&ans);
    tile_slot_free(&slot);
    net_scratch_free(&scratch);
    free(jobs);
    free_planes(&planes);
}

/* ---- a coder that is wrong once ---- */

/* How many calls until one goes wrong; afterwards, how many of them were left. */
static atomic_int until_fault;

static bool is_faulty(const struct mixture_batch *batch) {
    return batch->count > 0 && atomic_fetch_sub(&until_fault, 1) == 0;
}

/* An interval that is not that of the pixel. */
static void prepare_wrongly(const struct mixture_batch *batch, const uint8_t (*pixel)[3],
                            struct prepared_row *prepared) {
    mixture_reference.prepare(batch, pixel, prepared);
    if (is_faulty(batch)) {
        for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
            prepared->start[0][k][0] ^= 1u << 20;
        }
    }
}

/* A posterior that differs from that of the decoder: the pixel comes back, but the stack does not. */
static void prepare_other_posterior(const struct mixture_batch *batch, const uint8_t (*pixel)[3],
                                    struct prepared_row *prepared) {
    mixture_reference.prepare(batch, pixel, prepared);
    if (is_faulty(batch)) {
        for (int k = 1; k < MIXTURE_COMPONENTS; k++) {
            prepared->posterior_start[k][0] ^= 1;
        }
    }
}

/* A decoder that expects something else. */
static void await_wrongly(const struct mixture_batch *batch, struct awaited_row *awaited) {
    mixture_reference.await(batch, awaited);
    if (is_faulty(batch)) {
        for (int k = 1; k < MIXTURE_COMPONENTS; k++) {
            awaited->prior_start[k][0] ^= 1;
        }
    }
}

/* Whichever pixel goes wrong, the proof finds it; without a proof, it is not found. */
static void faults(void) {
    static const struct mixture_coder coders[] = {
        {.prepare = prepare_wrongly}, {.prepare = prepare_other_posterior}, {.await = await_wrongly}};
    struct bswz_model *model = load_toy(3, 1, 16, 1);
    struct coded_planes planes = {.width = 150, .height = 131, .count = 3, .head = HEAD_JFIF, .grid_phase = -1};
    const struct engine *sound = model->engine;
    struct worker_pool *pool = NULL;
    draw(&planes, 12);
    CHECK(worker_pool_create(1, &pool, NULL) == BSWZ_OK, "a pool");
    for (size_t i = 0; i < sizeof coders / sizeof coders[0]; i++) {
        struct mixture_coder mixture = mixture_reference;
        struct engine engine = *sound;
        mixture.prepare = coders[i].prepare != NULL ? coders[i].prepare : mixture.prepare;
        mixture.await = coders[i].await != NULL ? coders[i].await : mixture.await;
        engine.mixture = &mixture;
        /* 3 batches for each of 3 x 3 tiles of level 0 and 2 x 2 of level 1 */
        for (int batch = 0; batch < 3 * 9 + 3 * 4; batch++) {
            struct planes_proof proof;
            struct coded_planes proven = planes;
            struct byte_buffer coded = {0};
            model->engine = &engine;
            proven.proof = &proof;
            until_fault = batch;
            enum bswz_status status = hierarchy_encode(model, &proven, pool, &coded, NULL);
            CHECK(until_fault < 0, "coder %zu, batch %d: nothing went wrong", i, batch);
            CHECK(status == BSWZ_ERROR_CORRUPT, "coder %zu, batch %d: status %d", i, batch, (int)status);
            coded.size = 0;
            until_fault = batch;
            CHECK(hierarchy_encode(model, &planes, pool, &coded, NULL) == BSWZ_OK, "coder %zu: without a proof", i);
            model->engine = sound;
            free(coded.data);
        }
    }
    worker_pool_destroy(pool);
    free_planes(&planes);
    bswz_model_free(model);
}

int main(void) {
    shapes();
    net_rate();
    sizes();
    grey();
    wrong_heads();
    same_bytes();
    half_chroma();
    known();
    orders();
    faults();
    damage();
    model_damage();
    return check_summary();
}
