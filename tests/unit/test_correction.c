/* SPDX-License-Identifier: MIT */
/*
 * Corrections: they are applied as defined, and any of them can be coded and read back. The float likelihood is
 * compared with the integer one, and its gradient with differences. The fit helps if the network is wrong, and is the
 * same everywhere.
 */
#include "base/allocate.h"
#include "pyramid/correction_fit.h"
#include "pyramid/correction_sweep.h"
#include "pyramid/hierarchy.h"
#include "pyramid/latents.h"
#include "each_kernel.h"
#include "toy_model.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

static void allocate(struct coded_planes *planes) {
    for (unsigned c = 0; c < planes->count; c++) {
        planes->plane[c] = bswz_allocate_zero((size_t)planes->width * planes->height, 1);
    }
}

static void free_planes(struct coded_planes *planes) {
    for (unsigned c = 0; c < planes->count; c++) {
        free(planes->plane[c]);
    }
}

static bool same_planes(const struct coded_planes *a, const struct coded_planes *b) {
    bool same = true;
    for (unsigned c = 0; c < a->count; c++) {
        same = same && memcmp(a->plane[c], b->plane[c], (size_t)a->width * a->height) == 0;
    }
    return same;
}

/* Unlike any training picture: waves with grain, different in each plane. */
static void draw_alien(struct coded_planes *planes, uint64_t seed) {
    allocate(planes);
    for (unsigned c = 0; c < planes->count; c++) {
        for (size_t i = 0; i < (size_t)planes->width * planes->height; i++) {
            const double x = (double)(i % planes->width), y = (double)(i / planes->width);
            const double grain = (double)(noise(&seed) >> 59) - 16.0;
            const double value = 128 + 60 * sin(x / (9.0 + 4 * c)) + 40 * sin(y / (7.0 + 3 * c) + x / 50) + grain / 2;
            planes->plane[c][i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
}

static int8_t any_number(uint64_t *seed) {
    return (int8_t)(noise(seed) >> 56);
}

static void draw_correction(struct correction *correction, uint64_t *seed) {
    correction->present = true;
    correction->spread = (uint8_t)(noise(seed) >> 61);
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        correction->scale[o] = any_number(seed);
        correction->shift[o] = any_number(seed);
    }
}

/* Clear what is not coded because one channel does not use it. */
static void drop_unused(struct correction *correction, unsigned channels) {
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        if (!correction_concerns(o, channels)) {
            correction->scale[o] = correction->shift[o] = 0;
        }
    }
}

/* ---- model/correction ---- */

static void apply(const struct kernel *kernel) {
    enum { POSITIONS = 50, STRIDE = 96 };
    static int16_t outputs[POSITIONS * STRIDE], kept[POSITIONS * STRIDE];
    uint64_t seed = 5;
    unsigned wrong = 0;
    for (unsigned round = 0; round < 20; round++) {
        struct correction correction;
        draw_correction(&correction, &seed);
        const unsigned sets = 1 + round % 2;
        for (unsigned i = 0; i < POSITIONS * STRIDE; i++) {
            kept[i] = outputs[i] =
                (int16_t)(round < 2 ? (i % 2 ? INT16_MAX : INT16_MIN) : (int64_t)noise(&seed) >> (48 + round % 8));
        }
        correction_apply(&correction, kernel, sets, POSITIONS, STRIDE, outputs);
        for (unsigned i = 0; i < POSITIONS * STRIDE; i++) {
            int64_t wanted = kept[i];
            if (i % STRIDE < sets * MIXTURE_OUTPUTS) {
                const unsigned o = i % STRIDE % MIXTURE_OUTPUTS;
                const int64_t scaled = (wanted - correction_centre(o)) * correction.scale[o] + 16;
                wanted += (int64_t)floor((double)scaled / 32.0) + correction.shift[o] * correction_unit(o);
                wanted = wanted < INT16_MIN ? INT16_MIN : wanted > INT16_MAX ? INT16_MAX : wanted;
            }
            wrong += outputs[i] != wanted;
        }
    }
    CHECK(wrong == 0, "%s: %u outputs", kernel->name, wrong);
}

static void coding(void) {
    uint64_t seed = 9;
    for (unsigned round = 0; round < 40; round++) {
        const unsigned levels = round % 6, channels[CORRECTION_LEVELS] = {round % 4 ? 3 : 1, 3, round % 5 ? 3 : 1};
        struct picture_correction correction = {0}, back;
        for (unsigned level = 0; level < levels && level < CORRECTION_LEVELS; level++) {
            for (unsigned pass = 0; pass < CORRECTION_PASSES; pass++) {
                struct correction *one = &correction.pass[level][pass];
                if ((round + level + pass) % 4 != 0) {
                    draw_correction(one, &seed);
                    memset(one->scale, round % 8 == 1 ? -128 : round % 8 == 2 ? 127 : one->scale[0], round % 3 * 10);
                    drop_unused(one, channels[level]);
                }
            }
        }
        struct ans ans;
        ans_init(&ans, 1 + round % 4);
        for (unsigned i = 0; i < 20; i++) {
            ans_push(&ans, 0, (uint32_t)(noise(&seed) >> 52), 1, 12);
        }
        struct ans before = ans;
        before.words = bswz_allocate(ans.size, sizeof *ans.words);
        memcpy(before.words, ans.words, ans.size * sizeof *ans.words);
        correction_push(&correction, levels, channels, &ans);
        correction_pop(&back, levels, channels, &ans);
        CHECK(memcmp(&correction, &back, sizeof back) == 0, "round %u", round);
        CHECK(ans.size == before.size && ans.state[0] == before.state[0] &&
                  memcmp(ans.words, before.words, ans.size * sizeof *ans.words) == 0,
              "round %u: the stack", round);
        ans_free(&ans);
        ans_free(&before);
    }
    for (unsigned spread = 0; spread < CORRECTION_SPREADS; spread++) {
        for (unsigned o = 0; o < 2 * MIXTURE_FIELDS; o++) {
            uint64_t total = 0;
            uint32_t least = UINT32_MAX;
            for (int value = CORRECTION_LOWEST; value <= CORRECTION_HIGHEST; value++) {
                const uint32_t frequency = correction_frequency(o / 2, o % 2 != 0, spread, value);
                total += frequency;
                least = frequency < least ? frequency : least;
            }
            CHECK(total == 1u << LOGISTIC_BITS && least > 0, "spread %u, output %u", spread, o / 2);
        }
    }
}

/* ---- the whole hierarchy with corrections that no fit would find ---- */

static enum bswz_status encode_forced(const struct bswz_model *model, const struct coded_planes *planes,
                                      const struct picture_correction *correction, struct byte_buffer *out) {
    struct tile_context context = {.model = model,
                                   .head = planes->head,
                                   .grid_phase = planes->grid_phase,
                                   .planes = planes->count,
                                   .width = planes->width,
                                   .height = planes->height,
                                   .correction = correction};
    memcpy(context.plane, planes->plane, sizeof context.plane);
    struct tile_job *jobs = NULL;
    size_t count = 0, first_of_level_0 = 0;
    struct net_scratch scratch;
    struct tile_slot slot;
    struct ans ans;
    CHECK(tile_jobs_list(model, planes->head, planes->width, planes->height, false, &jobs, &count, &first_of_level_0,
                         NULL) == BSWZ_OK &&
              net_scratch_create(&scratch, NULL) == BSWZ_OK && tile_slot_create(&slot, true, false, NULL) == BSWZ_OK,
          "memory");
    ans_init(&ans, 4);
    for (size_t i = count; i-- > 0;) {
        tile_evaluate(&context, &jobs[i], &scratch, &slot);
        tile_push(&context, &jobs[i], &slot, &ans, NULL);
    }
    enum bswz_status status = latents_push(&context, LATENT_BIT_SWAP, &scratch, &ans, NULL);
    if (status == BSWZ_OK) {
        const unsigned channels[CORRECTION_LEVELS] = {planes->count, planes->count, planes->count};
        correction_push(correction, model->levels, channels, &ans);
        status = ans_write(&ans, out, NULL);
    }
    ans_free(&ans);
    tile_slot_free(&slot);
    net_scratch_free(&scratch);
    free(jobs);
    return status;
}

static void forced(void) {
    uint64_t seed = 77;
    for (unsigned round = 0; round < 12; round++) {
        const struct bswz_model *embedded = model_for_level(5, NULL);
        struct bswz_model *toy = round % 2 ? load_toy(1 + round % 4, 1, 16, 1) : NULL;
        const struct bswz_model *model = toy != NULL ? toy : embedded;
        struct coded_planes planes = {.width = 64 + round,
                                      .height = 90 - round,
                                      .count = round % 3 ? 3 : 1,
                                      .head = HEAD_JFIF,
                                      .grid_phase = (int)round};
        struct picture_correction correction = {0};
        draw_alien(&planes, round + 1);
        for (unsigned level = 0; level < CORRECTION_LEVELS; level++) {
            for (unsigned pass = 0; pass < CORRECTION_PASSES; pass++) {
                struct correction *one = &correction.pass[level][pass];
                draw_correction(one, &seed);
                if (round >= 8) { /* the extreme values */
                    memset(one->scale, round % 2 ? 127 : -128, sizeof one->scale);
                    memset(one->shift, round % 4 < 2 ? 127 : -128, sizeof one->shift);
                }
                drop_unused(one, planes.count);
            }
        }
        struct byte_buffer coded = {0};
        CHECK(encode_forced(model, &planes, &correction, &coded) == BSWZ_OK, "round %u", round);
        struct coded_planes back = planes;
        struct bswz_error error = {0};
        allocate(&back);
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            struct worker_pool *pool = NULL;
            worker_pool_create(threads, &pool, NULL);
            CHECK(hierarchy_decode(model, &back, pool, coded.data, coded.size, &error) == BSWZ_OK &&
                      same_planes(&planes, &back),
                  "round %u, %u threads: %s", round, threads, error.message);
            worker_pool_destroy(pool);
        }
        free_planes(&planes);
        free_planes(&back);
        free(coded.data);
        bswz_model_free(toy);
    }
}

/* Damage gives an error, or arbitrary planes. */
static void damage(void) {
    struct bswz_model *model = load_toy(2, 1, 16, 1);
    struct coded_planes planes = {.width = 64, .height = 64, .count = 3, .head = HEAD_RGB, .grid_phase = -1};
    struct picture_correction correction = {0};
    struct byte_buffer coded = {0};
    struct worker_pool *pool = NULL;
    uint64_t seed = 3;
    unsigned tried = 0, noticed = 0;
    for (unsigned pass = 0; pass < CORRECTION_PASSES; pass++) {
        draw_correction(&correction.pass[0][pass], &seed);
        draw_correction(&correction.pass[1][pass], &seed);
    }
    draw_alien(&planes, 4);
    worker_pool_create(1, &pool, NULL);
    CHECK(encode_forced(model, &planes, &correction, &coded) == BSWZ_OK, "encoding");
    struct coded_planes back = planes;
    allocate(&back);
    for (size_t i = 0; i < coded.size; i += i < 700 ? 1 : 211) { /* the corrections are in the first 600 bytes */
        uint8_t *copy = malloc(coded.size);                      /* exact size, so that a sanitizer sees overruns */
        memcpy(copy, coded.data, coded.size);
        copy[i] ^= 0x55;
        noticed +=
            hierarchy_decode(model, &back, pool, copy, coded.size, NULL) != BSWZ_OK || !same_planes(&planes, &back);
        free(copy);
        copy = malloc(i + 1);
        memcpy(copy, coded.data, i);
        noticed += hierarchy_decode(model, &back, pool, copy, i, NULL) != BSWZ_OK;
        free(copy);
        tried += 2;
    }
    /* a wrong number may correct an output that is already at its limit */
    CHECK(noticed > tried - tried / 20, "%u of %u", noticed, tried);
    worker_pool_destroy(pool);
    free_planes(&planes);
    free_planes(&back);
    free(coded.data);
    bswz_model_free(model);
}

/* ---- the float likelihood ---- */

/* Pixels with outputs of usual sizes, and the same in the form of the integer mixture. */
struct drawn_sample {
    struct sweep_sample sample;
    struct mixture_growth growth;
    int16_t outputs[4 * SWEEP_BLOCK][MIXTURE_OUTPUTS];
    uint8_t pixel[4 * SWEEP_BLOCK][3], base[4 * SWEEP_BLOCK][3];
    float output_fields[4 * SWEEP_BLOCK * MIXTURE_OUTPUTS], pixel_fields[4 * SWEEP_BLOCK * SWEEP_PLANES];
};

static void draw_sample(struct drawn_sample *drawn, unsigned channels, uint64_t seed) {
    static const int spread[MIXTURE_FIELDS] = {300, 300, 300, 500, 500, 500, 700, 400, 400, 60};
    static const int around[MIXTURE_FIELDS] = {0, 0, 0, 1000, 1000, 1000, 300, 200, 0, 0};
    *drawn = (struct drawn_sample){.growth = {{60, 40, 30}}};
    drawn->sample = (struct sweep_sample){
        .channels = channels, .blocks = 4, .outputs = drawn->output_fields, .pixels = drawn->pixel_fields};
    for (unsigned i = 0; i < 3; i++) {
        drawn->sample.growth[i] = (float)(drawn->growth.factor[i] / 256.0 * 12.0 / log(2.0));
    }
    for (unsigned p = 0; p < 4 * SWEEP_BLOCK; p++) {
        const size_t block = p / SWEEP_BLOCK, at = p % SWEEP_BLOCK;
        for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
            const unsigned field = o % MIXTURE_FIELDS;
            const int value = around[field] + (int)toy_range(&seed, -1000, 1000) * spread[field] / 1000;
            drawn->outputs[p][o] = (int16_t)value;
            drawn->output_fields[(block * MIXTURE_OUTPUTS + o) * SWEEP_BLOCK + at] = (float)value * sweep_unit(o);
        }
        for (unsigned c = 0; c < 3; c++) {
            const int64_t base = toy_range(&seed, 0, 255), value = base + toy_range(&seed, -9, 9);
            drawn->base[p][c] = (uint8_t)base;
            drawn->pixel[p][c] = (uint8_t)(value < 0 || p % 9 == 0 ? 0 : value > 255 || p % 7 == 0 ? 255 : value);
            drawn->pixel_fields[(block * SWEEP_PLANES + c) * SWEEP_BLOCK + at] = drawn->pixel[p][c];
            drawn->pixel_fields[(block * SWEEP_PLANES + 3 + c) * SWEEP_BLOCK + at] = drawn->base[p][c];
        }
    }
}

static struct sweep_map no_change(void) {
    struct sweep_map map;
    for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
        map.factor[o] = 1.0f;
        map.offset[o] = 0.0f;
    }
    return map;
}

/* The float likelihood equals that of the integer mixture, except for rounding. */
static void likelihood(void) {
    static struct drawn_sample drawn;
    for (unsigned channels = 1; channels <= 3; channels += 2) {
        struct sweep_result result;
        const struct sweep_map map = no_change();
        double bits = 0.0;
        draw_sample(&drawn, channels, 21);
        sweep(&drawn.sample, &map, &result);
        for (unsigned p = 0; p < 4 * SWEEP_BLOCK; p++) {
            struct prepared_pixel prepared;
            mixture_prepare(drawn.outputs[p], &drawn.growth, channels, drawn.base[p], drawn.pixel[p], &prepared);
            bits += mixture_bits(channels, &prepared);
        }
        CHECK(fabs(result.loss / log(2.0) / bits - 1.0) < 0.01, "%u channels: %.1f bits, in integers %.1f", channels,
              result.loss / log(2.0), bits);
    }
}

static double loss_at(const struct drawn_sample *drawn, const struct sweep_map *map) {
    struct sweep_result result;
    sweep(&drawn->sample, map, &result);
    return result.loss;
}

static void gradient(void) {
    static struct drawn_sample drawn;
    for (unsigned channels = 1; channels <= 3; channels += 2) {
        struct sweep_result result;
        struct sweep_map map = no_change();
        draw_sample(&drawn, channels, 8);
        for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
            map.factor[o] = 0.9f;
        }
        sweep(&drawn.sample, &map, &result);
        for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
            for (unsigned is_offset = 0; is_offset < 2; is_offset++) {
                float *value = is_offset ? &map.offset[o] : &map.factor[o];
                const float kept = *value, step = 0.004f;
                *value = kept + step;
                const double above = loss_at(&drawn, &map);
                *value = kept - step;
                const double measured = (above - loss_at(&drawn, &map)) / (2.0 * (double)step);
                const double said = is_offset ? result.by_offset[o] : result.by_factor[o];
                CHECK(fabs(measured - said) < 0.03 * fabs(said) + 1.0, "%u channels, %s of output %u: %g, measured %g",
                      channels, is_offset ? "offset" : "factor", o, said, measured);
                *value = kept;
            }
        }
    }
}

/* Results are the same to the bit for every instruction set. */
static void instructions(void) {
    static struct drawn_sample drawn;
    static struct sweep_result result[SWEEP_INSTRUCTIONS];
    for (unsigned channels = 1; channels <= 3; channels += 2) {
        const struct sweep_map map = no_change();
        draw_sample(&drawn, channels, 33);
        for (unsigned i = 0; i < SWEEP_INSTRUCTIONS; i++) {
            if (sweep_by((enum sweep_instructions)i, &drawn.sample, &map, &result[i])) {
                CHECK(memcmp(&result[i], &result[SWEEP_PLAIN], sizeof result[i]) == 0, "%u channels, set %u", channels,
                      i);
            } else {
                printf("# instruction set %u: not on this processor\n", i);
            }
        }
    }
    uint64_t seed = 1;
    double worst = 0.0;
    for (unsigned i = 0; i < 10000; i++) {
        const double x = ldexp((double)(noise(&seed) >> 11 | 1), (int)(i % 200) - 150);
        const double error = fabs(sweep_log2(x) - log2(x));
        worst = error > worst ? error : worst;
    }
    CHECK(worst < 1e-9, "log2 is off by %g", worst);
}

/* ---- the fit ---- */

static uint64_t coded_hash(const struct bswz_model *model, const struct coded_planes *planes, unsigned threads,
                           size_t *size) {
    struct worker_pool *pool = NULL;
    struct byte_buffer coded = {0};
    struct bswz_error error = {0};
    struct coded_planes back = *planes;
    worker_pool_create(threads, &pool, NULL);
    CHECK(hierarchy_encode(model, planes, pool, &coded, &error) == BSWZ_OK, "%s", error.message);
    allocate(&back);
    CHECK(hierarchy_decode(model, &back, pool, coded.data, coded.size, &error) == BSWZ_OK && same_planes(planes, &back),
          "%s", error.message);
    const uint64_t hash = XXH3_64bits(coded.data, coded.size);
    *size = coded.size;
    worker_pool_destroy(pool);
    free_planes(&back);
    free(coded.data);
    return hash;
}

/* The network has not seen such a picture, so corrections must help, whatever the planes. How much depends on the
 * model: 1.5 % is well above their cost. */
static void pays(void) {
    const struct bswz_model *model = model_for_level(5, NULL);
    for (unsigned round = 0; round < 4; round++) {
        struct coded_planes planes = {.width = 240,
                                      .height = 200,
                                      .count = round % 2 ? 1 : 3,
                                      .head = round % 2 ? HEAD_JFIF : HEAD_RGB,
                                      .grid_phase = -1};
        size_t with, without;
        draw_alien(&planes, round + 40);
        coded_hash(model, &planes, 1, &without);
        planes.correct = true;
        coded_hash(model, &planes, 1, &with);
        printf("# round %u: %zu bytes, %zu with corrections\n", round, without, with);
        CHECK((double)with < 0.985 * (double)without, "round %u: %zu bytes, %zu with corrections", round, without,
              with);
        free_planes(&planes);
    }
}

/* Noise, a single value, the least sizes: with or without corrections, never more than a few bytes are lost. */
static void edges(void) {
    const struct bswz_model *model = model_for_level(5, NULL);
    static const uint32_t sizes[][2] = {{64, 64}, {63, 200}, {64, 1000}, {65, 67}, {127, 129}};
    for (unsigned round = 0; round < 10; round++) {
        struct coded_planes planes = {.width = sizes[round / 2][0],
                                      .height = sizes[round / 2][1],
                                      .count = 3,
                                      .head = HEAD_PHOTOYCC,
                                      .half_chroma = false,
                                      .grid_phase = -1};
        size_t with, without;
        uint64_t seed = round + 1;
        allocate(&planes);
        for (unsigned c = 0; c < 3; c++) {
            for (size_t i = 0; i < (size_t)planes.width * planes.height; i++) {
                planes.plane[c][i] = round % 2 ? 255 : (uint8_t)(noise(&seed) >> 56);
            }
        }
        coded_hash(model, &planes, 1, &without);
        planes.correct = true;
        coded_hash(model, &planes, 1, &with);
        CHECK(with <= without + without / 200 + 8, "round %u: %zu bytes, %zu with corrections", round, without, with);
        free_planes(&planes);
    }
}

/* One hash for every thread count and every kernel. */
static void same_bytes(void) {
    uint64_t expected = 0;
    size_t number = 0;
    for (const char *kernel; (kernel = next_kernel(&number)) != NULL;) {
        struct bswz_model *model = load_toy(4, 1, 16, 1);
        struct coded_planes planes = {
            .width = 203, .height = 170, .count = 3, .head = HEAD_JFIF, .grid_phase = 5, .correct = true};
        draw_alien(&planes, 4);
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            size_t size;
            const uint64_t hash = coded_hash(model, &planes, threads, &size);
            expected = expected == 0 ? hash : expected;
            CHECK(hash == expected, "%s, %u threads", kernel, threads);
        }
        free_planes(&planes);
        bswz_model_free(model);
    }
}

int main(void) {
    size_t number = 0;
    while (next_kernel(&number) != NULL) {
        apply(engine_choose(NULL)->kernel);
    }
    coding();
    likelihood();
    gradient();
    instructions();
    forced();
    damage();
    pays();
    edges();
    same_bytes();
    return check_summary();
}
