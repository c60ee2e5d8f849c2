/* SPDX-License-Identifier: MIT */
/*
 * The bits of a sample with AVX2: eight cells at a time. It computes the same as sample_code_plain.
 *
 * A lane of 32 bits is a cell, or a pair of inputs of the mixer.
 */
#include "drawn/samples.h"

#if defined(__x86_64__)
#include "mixing/cells_avx2.h"

enum { MOST_EXACT = 2, MOST_PREDICTED = 2, MOST_INPUTS = 3 }; /* vectors */

/* How many contexts, predictors, and sets of weights there are: constants, once everything is inlined. */
struct shape {
    unsigned exact, predictors, sets;
};

/* What is known about the current sample. */
struct lanes {
    __m256i predictions[MOST_PREDICTED], rows[MOST_PREDICTED]; /* rows: cells of each predictor, as indices */
    __m256i lines[MOST_EXACT];
    bool share; /* two contexts have the same line, so the order of updates matters */
};

static inline unsigned vectors_for(unsigned lanes) {
    return (lanes + 7) / 8;
}

AVX2 void begin_lanes(const struct model *model, const struct sample_view *view, const struct shape *shape,
                      struct lanes *lanes) {
    alignas(32) int32_t predictions[8 * MOST_PREDICTED] = {0}, rows[8 * MOST_PREDICTED] = {0};
    const int32_t channel = (int32_t)view->channel * PREDICTOR_CELLS + 32 * ENERGIES;
    enum { ROW = 4 * PREDICTOR_CELLS };
    for (unsigned i = 0; i < model->near_predictors; i++) {
        predictions[i] = view->predictions[i];
        rows[i] = (int32_t)i * ROW + channel + (int32_t)(i % 2 == 0 ? view->energy : view->error);
    }
    for (unsigned i = 0; i < LEARNED_PREDICTORS && model->learns; i++) {
        predictions[model->near_predictors + i] = view->learned[i];
        rows[model->near_predictors + i] =
            (int32_t)(NEAR_PREDICTORS + i) * ROW + channel + (int32_t)view->learned_errors[i];
    }
    for (unsigned i = 0; i < REPEATED_PREDICTORS && view->is_repeated; i++) {
        predictions[model->predictors + i] = view->repeated[i];
        rows[model->predictors + i] =
            (int32_t)(NEAR_PREDICTORS + LEARNED_PREDICTORS + i) * ROW + channel + (int32_t)view->strange;
    }
    for (unsigned v = 0; v < vectors_for(shape->predictors); v++) {
        lanes->predictions[v] = _mm256_load_si256((const __m256i *)predictions + v);
        lanes->rows[v] = _mm256_load_si256((const __m256i *)rows + v);
    }
    for (unsigned v = 0; v < vectors_for(shape->exact); v++) {
        lanes->lines[v] = _mm256_setzero_si256();
    }
    lanes->share = false;
}

/* The hashes of the exact contexts for a node. */
AVX2 __m256i hash_lanes(const struct sample_view *view, unsigned v, unsigned node) {
    const __m256i first = _mm256_set1_epi32((int)0x9e3779b1u), last = _mm256_set1_epi32(0x2c1b3c6d);
    const __m256i numbers =
        _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32((int)(8 * v)));
    const __m256i given = v == 0 ? _mm256_loadu_si256((const __m256i *)view->exact)
                                 : _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(view->exact + 8)));
    const __m256i a = _mm256_mullo_epi32(_mm256_add_epi32(given, numbers), first);
    __m256i x = _mm256_xor_si256(a, _mm256_set1_epi32((int)((node + 0x7f4a7c15u) * 0x85ebca6bu)));
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
    return _mm256_mullo_epi32(x, last);
}

AVX2 __m256i lines_of(const struct model *model, __m256i hashes) {
    const __m128i shift = _mm_cvtsi32_si128((int)(32 - model->sample_bits));
    return _mm256_slli_epi32(_mm256_srl_epi32(hashes, shift), 4);
}

/* Fetch the lines that find_lines will look at. */
AVX2 void fetch_lines(const struct model *model, const struct sample_view *view, const struct shape *shape,
                      unsigned node) {
    alignas(32) uint32_t lines[8 * MOST_EXACT];
    for (unsigned v = 0; v < vectors_for(shape->exact); v++) {
        _mm256_store_si256((__m256i *)lines + v, lines_of(model, hash_lanes(view, v, node)));
    }
    for (unsigned i = 0; i < shape->exact; i++) {
        __builtin_prefetch(model->samples + lines[i]);
    }
}

/* Four bits of a value share a cache line: sixteen cells. */
AVX2 void find_lines(struct model *model, const struct sample_view *view, const struct shape *shape, unsigned node,
                     struct lanes *lanes) {
    alignas(32) uint32_t lines[8 * MOST_EXACT], checks[8 * MOST_EXACT];
    bool are_there = true;
    lanes->share = false;
    for (unsigned v = 0; v < vectors_for(shape->exact); v++) {
        const unsigned count = shape->exact - 8 * v < 8 ? shape->exact - 8 * v : 8, used = (1u << count) - 1;
        const __m256i hashes = hash_lanes(view, v, node), here = lines_of(model, hashes);
        const __m256i wanted = _mm256_or_si256(hashes, _mm256_set1_epi32(1));
        const __m256i found = gather_some(model->samples, here, count);
        are_there &= (equal_lanes(wanted, found) & used) == used;
        lanes->lines[v] = here;
        _mm256_store_si256((__m256i *)lines + v, here);
        _mm256_store_si256((__m256i *)checks + v, wanted);
    }
    for (unsigned i = 1; i < shape->exact; i++) {
        for (unsigned k = 0; k < i; k++) {
            lanes->share |= lines[i] == lines[k];
        }
    }
    for (unsigned i = 0; i < shape->exact && !are_there; i++) {
        cell *line = model->samples + lines[i];
        if (line[0] != checks[i]) {
            line[0] = checks[i];
            for (unsigned k = 1; k < 16; k++) {
                line[k] = CELL_EVEN;
            }
        }
    }
}

/* Code one bit. cells, places: of the predictors. */
AVX2 unsigned code_mixed(struct model *model, const struct sample_view *view, const struct shape *shape,
                         const struct lanes *lanes, const __m256i *places, const __m256i *cells, unsigned level,
                         unsigned node, unsigned bit) {
    const __m256i zero = _mm256_setzero_si256();
    cell *const predicted = model->predicted[0][0];
    cell *const curve = &model->sample_curve[(view->channel * 256 + node) * CURVE_POINTS];
    /* inputs: two for each exact context, one for each predictor, a constant */
    const unsigned inputs = 2 * shape->exact + shape->predictors + 1, padded = mix_padded(inputs);
    const unsigned used = view->is_repeated ? shape->predictors : model->predictors;
    __m256i exact_places[MOST_EXACT], exact[MOST_EXACT], in[MOST_INPUTS + 1];
    unsigned known = 0;
    for (unsigned v = 0; v < vectors_for(shape->exact); v++) {
        const unsigned count = shape->exact - 8 * v < 8 ? shape->exact - 8 * v : 8;
        exact_places[v] = _mm256_add_epi32(lanes->lines[v], _mm256_set1_epi32((int)cell_of_node(node)));
        exact[v] = gather_some(model->samples, exact_places[v], count);
        const __m256i counts = _mm256_and_si256(exact[v], _mm256_set1_epi32(1023));
        known += (unsigned)__builtin_popcount(~equal_lanes(counts, zero) & ((1u << count) - 1));
        /* a context that has seen little uses an input of its own, and so has other weights */
        const __m256i is_young = _mm256_cmpgt_epi32(_mm256_set1_epi32(4), counts);
        const __m256i x = stretch_lanes(exact[v]);
        in[v] = _mm256_blendv_epi8(_mm256_slli_epi32(x, 16), _mm256_and_si256(x, _mm256_set1_epi32(0xffff)), is_young);
    }
    /* sixteen inputs: the predictors, then the constant */
    __m256i last = stretch_lanes(cells[0]);
    last = _mm256_packs_epi32(last, shape->predictors > 8 ? stretch_lanes(cells[1]) : zero);
    last = _mm256_permute4x64_epi64(last, 0xd8);
    append_inputs(in, shape->exact, place_inputs(last, used, shape->predictors));

    struct mix_avx2 mix;
    mix.weights[0] = model->sample_weights[0] + sample_select(view, level) * (padded + MIX_STEP);
    mix.weights[1] = model->sample_weights[1] + (view->channel * 256 + node) * (padded + MIX_STEP);
    mix.weights[2] = model->sample_weights[2] + sample_select_known(view, level, known) * (padded + MIX_STEP);
    mix.last = model->sample_last[view->channel];
    const uint32_t mixed = mix_avx2_probability(&mix, in, padded, shape->sets);
    struct curve_at at;
    const uint32_t curved = curve_probability(curve, mix.result, &at);
    bit = decide(model->decisions, bit, clamp_probability((3 * mixed + curved) >> 2));
    mix_avx2_update(&mix, in, padded, shape->sets, bit, model->asks ? 36 : 12, model->asks ? 120 : 60);
    const unsigned exact_limit = model->asks ? 60 : 255, limit = model->asks ? 255 : 1000;
    for (unsigned v = 0; v < vectors_for(shape->exact) && !lanes->share; v++) {
        const unsigned count = shape->exact - 8 * v < 8 ? shape->exact - 8 * v : 8;
        scatter_some(model->samples, exact_places[v], update_lanes(exact[v], bit, exact_limit), count);
    }
    for (unsigned i = 0; i < shape->exact && lanes->share; i++) {
        alignas(32) uint32_t places_of_exact[8 * MOST_EXACT];
        _mm256_store_si256((__m256i *)places_of_exact + i / 8, exact_places[i / 8]);
        cell_update(model->samples + places_of_exact[i], bit, exact_limit);
    }
    for (unsigned v = 0; v < vectors_for(shape->predictors); v++) {
        const unsigned count = used - 8 * v < 8 ? used - 8 * v : 8;
        scatter_some(predicted, places[v], update_lanes(cells[v], bit, limit), used > 8 * v ? count : 0);
    }
    curve_update(&at, bit, 255);
    return bit;
}

AVX2 uint32_t code_bits(struct model *model, const struct sample_view *view, uint32_t value, struct shape shape) {
    struct lanes lanes;
    unsigned node = 1;
    bool has_lines = false;
    cell *const predicted = model->predicted[0][0];
    begin_lanes(model, view, &shape, &lanes);
    for (unsigned level = 8; level-- > 0;) {
        has_lines &= level % 4 != 3;
        const int middle = (int)(((node << 1 | 1) << level) & 255);
        const unsigned wanted = value >> level & 1;
        __m256i places[MOST_PREDICTED], cells[MOST_PREDICTED];
        for (unsigned v = 0; v < vectors_for(shape.predictors); v++) {
            const __m256i offset = _mm256_sub_epi32(lanes.predictions[v], _mm256_set1_epi32(middle));
            const __m256i far = _mm256_abs_epi32(offset);
            const __m256i class = _mm256_and_si256(_mm256_i32gather_epi32((const int *)drawn_offset_class, far, 1),
                                                   _mm256_set1_epi32(255));
            places[v] = _mm256_slli_epi32(_mm256_xor_si256(class, _mm256_srai_epi32(offset, 31)), 3);
            places[v] = _mm256_add_epi32(places[v], _mm256_set1_epi32((int)(level * OFFSETS * ENERGIES)));
            places[v] = _mm256_add_epi32(places[v], lanes.rows[v]);
            cells[v] = gather_some(predicted, places[v], shape.predictors - 8 * v < 8 ? shape.predictors - 8 * v : 8);
        }
        if (level == 4 && (node ^ (16u | (unsigned)view->predictions[0] >> 4) >> 1) !=
                              0) { /* the line after the next bit is one of two */
            fetch_lines(model, view, &shape, node << 1);
            fetch_lines(model, view, &shape, node << 1 | 1);
        }
        const uint64_t two = (uint64_t)_mm_cvtsi128_si64(_mm256_castsi256_si128(cells[0]));
        if (are_sure(model->thrift->sure, (cell)two, (cell)(two >> 32))) {
            const uint64_t two_places = (uint64_t)_mm_cvtsi128_si64(_mm256_castsi256_si128(places[0]));
            node =
                node << 1 | code_sure(model, predicted + (uint32_t)two_places, predicted + (two_places >> 32), wanted);
            continue;
        }
        if (!has_lines) {
            find_lines(model, view, &shape, node >> (3 - level % 4), &lanes);
            has_lines = true;
        }
        node = node << 1 | code_mixed(model, view, &shape, &lanes, places, cells, level, node, wanted);
    }
    return node & 255;
}

#define SHAPE(name, exact, predictors, sets)                                                                           \
    __attribute__((target("avx2"))) static uint32_t name(struct model *model, const struct sample_view *view,          \
                                                         uint32_t value) {                                             \
        return code_bits(model, view, value, (struct shape){exact, predictors, sets});                                 \
    }

SHAPE(code_light, LIGHT_EXACT, LIGHT_PREDICTORS, 2)
SHAPE(code_light_repeated, LIGHT_EXACT, LIGHT_PREDICTORS + REPEATED_PREDICTORS, 2)
SHAPE(code_full, FULL_EXACT, FULL_PREDICTORS + LEARNED_PREDICTORS, 3)
SHAPE(code_full_repeated, FULL_EXACT, FULL_PREDICTORS + LEARNED_PREDICTORS + REPEATED_PREDICTORS, 3)
SHAPE(code_most, EXACT_CONTEXTS, NEAR_PREDICTORS + LEARNED_PREDICTORS, 3)
SHAPE(code_most_repeated, EXACT_CONTEXTS, NEAR_PREDICTORS + LEARNED_PREDICTORS + REPEATED_PREDICTORS, 3)

sample_coder *sample_code_avx2(enum drawn_setting setting, bool has_repeats) {
    switch (setting) {
    case DRAWN_LIGHT: return has_repeats ? code_light_repeated : code_light;
    case DRAWN_FULL: return has_repeats ? code_full_repeated : code_full;
    case DRAWN_MOST: return has_repeats ? code_most_repeated : code_most;
    case DRAWN_SETTINGS:
    default: return NULL;
    }
}
#endif
