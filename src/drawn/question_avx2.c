/* SPDX-License-Identifier: MIT */
/*
 * Questions with AVX2: eight contexts at a time. It computes the same as question_ask_plain.
 *
 * A lane of 32 bits is a context, a cell, or a pair of inputs of the mixer.
 */
#include "drawn/question.h"

#if defined(__x86_64__)
#include "mixing/cells_avx2.h"

enum { MOST_CONTEXTS = 3, MOST_INPUTS = 4 }; /* vectors */

/* How many contexts, other cells, and sets of weights there are, and the contexts: constants, once everything is
 * inlined. */
struct shape {
    enum drawn_setting setting;
    unsigned contexts, others, sets;
};

/* The cells of eight contexts, counted from model->votes. agree, found: a bit for each. */
AVX2 __m256i find_votes(const struct place *place, const struct question *question, const struct shape *shape,
                        unsigned v, unsigned *agree, unsigned *found) {
    const struct candidates *candidates = &place->candidates;
    const __m256i chosen = _mm256_set1_epi32((int)place->chosen), one = _mm256_set1_epi32(1);
    const __m256i counts = _mm256_cvtepu16_epi32(_mm_load_si128((const __m128i *)(candidates->counts + 8 * v)));
    const __m256i totals = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(candidates->totals + 8 * v)));
    __m256i is_at[3];
    for (unsigned i = 0; i < 3; i++) {
        is_at[i] = _mm256_cmpeq_epi32(
            _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(candidates->places[i] + 8 * v))), chosen);
    }
    __m256i at = _mm256_set1_epi32(3);
    at = _mm256_blendv_epi8(at, _mm256_set1_epi32(2), is_at[2]);
    at = _mm256_blendv_epi8(at, one, is_at[1]);
    at = _mm256_andnot_si256(is_at[0], at);
    const __m256i next = _mm256_add_epi32(at, one);
    const __m256i shift = _mm256_slli_epi32(_mm256_and_si256(at, _mm256_cmpgt_epi32(_mm256_set1_epi32(3), at)), 2);
    const __m256i count = _mm256_and_si256(_mm256_srlv_epi32(counts, shift), _mm256_set1_epi32(15));
    const __m256i others = _mm256_sub_epi32(totals, count);
    const __m256i is_last = _mm256_cmpeq_epi32(_mm256_srli_epi32(counts, 12), next);
    const __m256i classes = _mm256_setr_epi8(0, 0, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 7, /* of counts */
                                             0, 0, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 7);
    const __m256i others_classes =
        _mm256_setr_epi8(0, 1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, /* others: at most 15 */
                         0, 1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5);
    const __m256i only_low = _mm256_set1_epi32(255);
    const __m256i class = _mm256_and_si256(_mm256_shuffle_epi8(classes, count), only_low);
    const __m256i class_2 = _mm256_and_si256(
        _mm256_shuffle_epi8(others_classes, _mm256_min_epi32(others, _mm256_set1_epi32(15))), only_low);
    /* (((rank * 4 + at) * 8 + class) * 6 + class_2) * 2 + is_last */
    __m256i index = _mm256_or_si256(_mm256_slli_epi32(at, 3), class);
    index = _mm256_add_epi32(index, _mm256_set1_epi32((int)(question->rank * VOTE_PLACES * VOTE_COUNTS)));
    index = _mm256_add_epi32(_mm256_slli_epi32(index, 2), _mm256_slli_epi32(index, 1));
    index = _mm256_slli_epi32(_mm256_add_epi32(index, class_2), 1);
    index = _mm256_sub_epi32(index, is_last);
    const uint8_t *contexts = setting_contexts[shape->setting].contexts + 8 * v;
    const __m256i context = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)contexts));
    index = _mm256_add_epi32(index, _mm256_mullo_epi32(context, _mm256_set1_epi32(VOTES)));
    *found |= (~equal_lanes(counts, _mm256_setzero_si256()) & 255) << 8 * v;
    *agree |= (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(is_at[0])) << 8 * v;
    return index;
}

AVX2 bool ask(struct model *model, const struct place *place, bool is_hit, const struct shape shape) {
    const __m256i zero = _mm256_setzero_si256();
    const unsigned inputs = 2 * shape.contexts + shape.others + 1, padded = mix_padded(inputs);
    const unsigned vectors = (shape.contexts + 7) / 8, all = (1u << shape.contexts) - 1;
    struct question question;
    question_find(model, place, &question);
    cell *const cells = model->votes[0];
    unsigned agree = 0, found = 0, is_long = 0;
    __m256i places[MOST_CONTEXTS], votes[MOST_CONTEXTS], in[MOST_INPUTS + 1];
    for (unsigned v = 0; v < vectors; v++) {
        places[v] = find_votes(place, &question, &shape, v, &agree, &found);
    }
    for (unsigned k = 0; k < shape.contexts; k++) {
        is_long |= (unsigned)(setting_contexts[shape.setting].contexts[k] <= C_6) << k;
    }
    found &= all;
    agree &= found;
    for (unsigned v = 0; v < vectors; v++) {
        const unsigned count = shape.contexts - 8 * v < 8 ? shape.contexts - 8 * v : 8;
        const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        const __m256i here = _mm256_set1_epi32((int)(found >> 8 * v & 255));
        const __m256i is_found = _mm256_cmpeq_epi32(_mm256_and_si256(here, bits), bits);
        votes[v] = gather_some(cells, places[v], count);
        /* the stretched probability, and the probability itself */
        const __m256i p = _mm256_srai_epi32(_mm256_xor_si256(votes[v], _mm256_set1_epi32((int)0x80000000u)), 23);
        in[v] = _mm256_blend_epi16(stretch_lanes(votes[v]), _mm256_slli_epi32(p, 16), 0xaa);
        in[v] = _mm256_and_si256(in[v], is_found);
    }
    alignas(32) uint32_t values[8] = {0};
    const bool lacks_last = question.cells[shape.others - 1] == NULL;
    for (unsigned i = 0; i < shape.others; i++) {
        values[i] = i + 1 == shape.others && lacks_last ? 0 : *question.cells[i];
    }
    const __m256i others = _mm256_load_si256((const __m256i *)values);
    __m256i last = _mm256_permute4x64_epi64(_mm256_packs_epi32(stretch_lanes(others), zero), 0xd8);
    last = place_inputs(last, shape.others - lacks_last, shape.others);
    append_inputs(in, shape.contexts, last);

    struct mix_avx2 mix;
    const unsigned agreeing = (unsigned)__builtin_popcount(agree);
    const unsigned agree_long = (unsigned)__builtin_popcount(agree & is_long);
    const unsigned found_4 = (unsigned)__builtin_popcount(found & 15);
    mix.weights[0] = model->weights[0] + question_weights_0(&question, agreeing, agree_long) * (padded + MIX_STEP);
    mix.weights[1] = model->weights[1] + question_weights_1(&question, found_4, place->missed) * (padded + MIX_STEP);
    mix.weights[2] = model->weights[2] + question.weights * (padded + MIX_STEP);
    mix.last = model->last_weights[question.rank];
    const uint32_t mixed = mix_avx2_probability(&mix, in, padded, shape.sets);
    struct curve_at near, colours;
    const uint32_t by_near = curve_probability(question_curve(model, &question, found_4), mix.result, &near);
    const uint32_t by_colours = curve_probability(question.by_colour, mix.result, &colours);
    const unsigned bit = decide(model->decisions, is_hit, clamp_probability((2 * mixed + by_near + by_colours) >> 2));
    mix_avx2_update(&mix, in, padded, shape.sets, bit, 20, 60);
    for (unsigned v = 0; v < vectors; v++) {
        const unsigned count = shape.contexts - 8 * v < 8 ? shape.contexts - 8 * v : 8;
        alignas(32) uint32_t at[8], value[8];
        _mm256_store_si256((__m256i *)at, places[v]);
        _mm256_store_si256((__m256i *)value, update_lanes(votes[v], bit, 255));
        for (unsigned i = 0; i < count; i++) {
            if ((found >> (8 * v + i) & 1) != 0) {
                cells[at[i]] = value[i];
            }
        }
    }
    _mm256_store_si256((__m256i *)values, update_lanes(others, bit, 255));
    for (unsigned i = 0; i < shape.others; i++) {
        if (i + 1 < shape.others || !lacks_last) {
            *question.cells[i] = values[i];
        }
    }
    curve_update(&near, bit, 255);
    curve_update(&colours, bit, 255);
    return bit;
}

#define SHAPE(name, setting, contexts, others, sets)                                                                   \
    __attribute__((target("avx2"))) static bool name(struct model *model, const struct place *place, bool is_hit) {    \
        return ask(model, place, is_hit, (struct shape){setting, contexts, others, sets});                             \
    }

enum { LIGHT_CONTEXTS = 5, FULL_CONTEXTS = 7, MOST_USED = 16, REPEATED = REPEATED_CONTEXTS };
enum { BEFORE = REPEATED_CONTEXTS + SEQUENCE_CONTEXTS };

SHAPE(ask_light, DRAWN_LIGHT, LIGHT_CONTEXTS, 5, 2)
SHAPE(ask_light_repeated, DRAWN_LIGHT, LIGHT_CONTEXTS + REPEATED, 6, 2)
SHAPE(ask_light_before, DRAWN_LIGHT, LIGHT_CONTEXTS + BEFORE, 6, 2)
SHAPE(ask_full, DRAWN_FULL, FULL_CONTEXTS, 5, 3)
SHAPE(ask_full_repeated, DRAWN_FULL, FULL_CONTEXTS + REPEATED, 6, 3)
SHAPE(ask_full_before, DRAWN_FULL, FULL_CONTEXTS + BEFORE, 6, 3)
SHAPE(ask_most, DRAWN_MOST, MOST_USED, 5, 3)
SHAPE(ask_most_repeated, DRAWN_MOST, MOST_USED + REPEATED, 6, 3)
SHAPE(ask_most_before, DRAWN_MOST, MOST_USED + BEFORE, 6, 3)

question_asker *question_ask_avx2(enum drawn_setting setting, bool has_repeats, bool is_sequence) {
    static question_asker *const askers[DRAWN_SETTINGS][3] = {{ask_light, ask_light_repeated, ask_light_before},
                                                              {ask_full, ask_full_repeated, ask_full_before},
                                                              {ask_most, ask_most_repeated, ask_most_before}};
    return askers[setting][is_sequence ? 2 : has_repeats ? 1 : 0];
}
#endif
