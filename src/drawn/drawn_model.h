/* SPDX-License-Identifier: MIT */
/*
 * The model of pictures with more than two colours: what it remembers.
 *
 * Encoder and decoder run the same code; only decide() differs.
 */
#ifndef BSWZ_DRAWN_MODEL_H
#define BSWZ_DRAWN_MODEL_H

#include "drawn/drawn.h"
#include "drawn/drawn_tables.h"
#include "drawn/learned.h"
#include "drawn/repeat.h"
#include "mixing/decisions.h"
#include "mixing/mixer.h"

#include <stdlib.h>

enum drawn_setting { DRAWN_LIGHT, DRAWN_FULL, DRAWN_MOST, DRAWN_SETTINGS };

static inline enum drawn_setting setting_of_level(int level) {
    return level <= 3 ? DRAWN_LIGHT : level <= 7 ? DRAWN_FULL : DRAWN_MOST;
}

/* ---- pixels ---- */

enum {
    DRAWN_SETS = 3,  /* of weights */
    MARGIN = 16,     /* made-up pixels at both ends of a row */
    WINDOW_ROWS = 4, /* the current row and those above it */
    RUN_LARGEST = 255
};

/* The last rows. Pixels are packed samples, the first in the lowest byte, or numbers in a palette. */
struct window {
    uint32_t width;
    uint32_t *pixels[WINDOW_ROWS]; /* [0]: the current row, [1]: the one above it ...; [-MARGIN] to [width + MARGIN -
                                      1] */
    uint32_t *sums[WINDOW_ROWS];   /* hashes of the pixels from x - 4 to x + 4, for complete rows */
    uint8_t *runs[WINDOW_ROWS];    /* how many equal pixels end here, at most RUN_LARGEST */
    uint8_t *missed[2];            /* did the pixel match no candidate? */
    uint8_t *errors[2];            /* the error of the predictions of its samples, if they were coded */
    uint8_t *strange[2];           /* the error of the repeat */
    uint32_t *ring;                /* the memory of pixels: ring_rows rows; row y is at y % ring_rows */
    uint32_t ring_rows, y;
    void *memory;
};

/* ring_rows: at least WINDOW_ROWS. */
bool window_init(struct window *window, uint32_t width, uint32_t ring_rows);
void window_free(struct window *window);
/* The row dy above the current one; dy is below ring_rows. */
const uint32_t *window_row(const struct window *window, uint32_t dy);
/* Called before each row except the first, and after each row. */
void window_next_row(struct window *window);
void window_end_row(struct window *window);

static inline void window_put(struct window *window, uint32_t x, uint32_t value) {
    uint32_t *row = window->pixels[0] + x;
    uint8_t *run = window->runs[0] + x;
    row[0] = value;
    run[0] = row[-1] == value ? (uint8_t)(run[-1] + (run[-1] < RUN_LARGEST)) : 1;
}

/* The neighbours that most contexts use. */
enum neighbour { W, N, NW, NE, WW, NN, NEE, NWW, NNE, NNW, WWW, NNN, NEIGHBOURS };

/* ---- repeats ---- */

/* The rows around the place to which a repeat leads from the current row, and the range of x for which it is inside the
 * picture. */
struct source {
    const uint32_t *above, *at, *below;
    int32_t dx;
    uint32_t from, to;
};

/* What a repeat says about a pixel. */
struct repeated {
    bool is_known;
    uint32_t near[NEIGHBOURS]; /* there: [W], [N], [NW], [NE] */
    uint32_t there, east, south;
    uint32_t expected; /* the pixel there, plus the difference between the surroundings */
    unsigned strange;  /* 0 ... 7: the error of that nearby */
};

/* ---- flat surroundings ---- */

/* The largest and the smallest number of pixels in flat surroundings that are asked for at once. */
enum { FLAT_GROUP = 32, FLAT_LEAST = 4 };

/* ---- what contexts remember ---- */

enum {
    REPEATED_CONTEXTS = 2,
    SEQUENCE_CONTEXTS = 2,
    CONTEXTS = 16 + REPEATED_CONTEXTS + SEQUENCE_CONTEXTS,
    CANDIDATES = 12
};

/* How many contexts each setting uses, without those for repeats. */
unsigned context_count(enum drawn_setting setting);

/* Where the slots of long contexts are, whatever the pixel to the left is: so they can be fetched one pixel ahead. */
struct lines {
    uint32_t big, shorter; /* of the longest context, and of one that is asked if that is new */
};

enum { SLOTS = 4 }; /* in a line */

/* The colours last seen in a context, the most frequent first. */
struct slot {
    uint32_t colour[3];
    uint16_t check;  /* of the context; 0: the slot is empty */
    uint16_t counts; /* four bits each, the first in the lowest; then which colour was seen last */
};

/* What the shorter long context says of the colour of the longest one; the last value: the longest is new. */
enum agreeing { SHORTER_IS_NEW, SHORTER_DIFFERS, SHORTER_PREFERS, SHORTER_KNOWS, LONGEST_IS_NEW, AGREEING };

enum {
    RANKS = 3, /* the first candidate, the second, the others */
    VOTE_COUNTS = 8,
    VOTE_OTHERS = 6,
    VOTE_PLACES = 4,           /* the candidate's place in the slot; the last value: it is not in the slot */
    AGREEMENTS = CONTEXTS + 1, /* how many contexts have the candidate in the first place */
    LONG_CONTEXTS = 6,         /* and how many of the long ones, at most 5 */
    QUESTION_CELLS = 6,
    VOTES = RANKS * VOTE_PLACES * VOTE_COUNTS * VOTE_OTHERS * 2
};

/* Escapes: samples of colours that were not among the candidates. */
enum {
    EXACT_CONTEXTS = 12,
    NEAR_PREDICTORS = 8,
    /* the first ones are used by the lighter settings */
    LIGHT_EXACT = 4,
    FULL_EXACT = 5,
    LIGHT_PREDICTORS = 5,
    FULL_PREDICTORS = 7,
    REPEATED_PREDICTORS = 4,
    PREDICTORS = NEAR_PREDICTORS + LEARNED_PREDICTORS + REPEATED_PREDICTORS,
    PREDICTOR_CELLS = 8 * 64 * 8
};

/* How many sets of weights there are for candidates and for samples: the same number for each rank and each channel. */
enum {
    WEIGHTS_0 = RANKS * AGREEMENTS * LONG_CONTEXTS,
    WEIGHTS_1 = RANKS * 16 * 5 * 5,
    WEIGHTS_2 = RANKS * 16 * 32,
    SAMPLE_WEIGHTS_0 = 4 * 8 * 16,
    SAMPLE_WEIGHTS_1 = 4 * 256,
    SAMPLE_WEIGHTS_2 = 4 * 8 * 16
};

/* Where a setting saves time. */
struct thrift {
    unsigned sets;      /* of weights, for candidates and for samples */
    bool uses_shorter;  /* if the longest context is new, does a shorter one say what is likely? */
    uint32_t likely;    /* from this probability on, its most frequent colour is asked for without mixing */
    uint32_t sure;      /* a bit of a sample is certain if two predictors give it less than this */
    uint32_t rest_asks; /* the rest of a colour is asked for from this probability on */
};

extern const struct thrift thrifts[DRAWN_SETTINGS];

/* The last colour that began with certain samples, and how often in a row it did; 0: none. */
struct rest {
    uint32_t colour, count;
};

enum { REST_BITS = 12, REST_COUNTS = 16 };

struct model;
struct place;
struct sample_view;

/* Asks whether the pixel has the colour of the chosen candidate. is_hit: the answer when encoding. */
typedef bool question_asker(struct model *model, const struct place *place, bool is_hit);

/* Codes the bits of a sample, and returns it. */
typedef uint32_t sample_coder(struct model *model, const struct sample_view *view, uint32_t value);

struct model {
    enum drawn_setting setting;
    struct decisions *decisions;
    struct window window;
    struct repeats repeats;
    struct source sources[REPEATS];
    bool asks;         /* are candidates tried? Otherwise every sample is coded */
    unsigned channels; /* samples per pixel; 1 if pixels are numbers in a palette */
    uint32_t colours;  /* of a palette, or 0 */
    bool is_sequence;  /* the repeat of a pixel is what was there before */
    /* Pictures of a sequence, NULL otherwise. index_of: the position of a number in the palette, or -1. */
    const uint32_t *palette;
    const int16_t *index_of;
    uint32_t numbers; /* entries of index_of */

    void *slot_memory;
    struct slot *slots; /* in it, aligned: 2^slot_bits, in lines */
    unsigned slot_bits;
    struct lines ahead; /* of column ahead_x of the current row */
    uint32_t ahead_x;
    const struct thrift *thrift;
    unsigned contexts; /* how many are used */
    question_asker *ask;
    uint32_t unsure, missed; /* how many pixels were asked for, and how many of them had the colour of no candidate */

    cell flat[256][8];
    cell flat_groups[256][FLAT_GROUP / 8 + 1][8];
    cell flat_in_group[FLAT_GROUP]; /* by how many are left */
    uint32_t flat_left;             /* pixels of the current group, one of which is different */
    cell still[32];                 /* is it what was there before? If nothing around has changed */
    uint32_t still_run;             /* how often in a row it was */
    cell sure[AGREEING][VOTE_COUNTS][VOTE_OTHERS][4][5];
    unsigned main_channel;                                   /* green, or the first */
    cell offsets[RANKS * 32 * 8], offsets_2[RANKS * 64 * 8]; /* by the distance of the candidate from a prediction */
    cell offsets_repeated[RANKS * 32 * 8];
    cell votes[CONTEXTS][VOTES];
    cell near_pattern[4096];
    cell patterns[2][1 << 16];
    cell curve_near[256 * CURVE_POINTS];
    cell curve_colours[1024 * CURVE_POINTS];
    int16_t *weights[DRAWN_SETS];
    int32_t last_weights[RANKS][DRAWN_SETS];

    struct rest rests[1 << REST_BITS];
    cell rest_cells[3][4 * REST_COUNTS * 32];
    int16_t *rest_weights;
    int32_t rest_last[DRAWN_SETS];
    cell *sample_memory;
    /* aligned, in sample_memory: 2^sample_bits lines of 16 for contexts of exact values; the first cell of a line is
     * the check of its context, never zero in a used line */
    cell *samples;
    unsigned sample_bits;
    bool learns;                          /* are learning predictors used? */
    unsigned exact;                       /* exact contexts used */
    unsigned near_predictors, predictors; /* and with those that learn; without those for repeats */
    struct learned learned;
    sample_coder *code_sample;
    cell predicted[PREDICTORS][4][PREDICTOR_CELLS];
    int16_t *sample_weights[DRAWN_SETS];
    int32_t sample_last[4][DRAWN_SETS];
    cell sample_curve[4 * 256 * CURVE_POINTS];
};

enum bswz_status model_create(struct model **model, enum drawn_setting setting, bool asks, struct decisions *decisions,
                              const struct repeats *repeats, uint32_t width, uint32_t height, unsigned channels,
                              uint32_t colours, struct bswz_error *error);
void model_free(struct model *model);

/* Use the plain functions even if the processor has wider vectors. */
void model_use_plain(struct model *model);

/* Called before each row. */
void model_begin_row(struct model *model);

/* Code the pixels from ... to - 1 of the current row, into the window. values: of the row; NULL for the decoder. */
void model_code_pixels(struct model *model, uint32_t from, uint32_t to, const uint32_t *values);

/* Code a value that is not one of the count colours in tried. near: its neighbours. */
uint32_t model_code_sample(struct model *model, uint32_t value, const uint32_t near[NEIGHBOURS],
                           const struct repeated *repeated, uint32_t x, const uint32_t *tried, unsigned count);

/* Fetch what it needs first. guess: the first of these colours. */
void model_fetch_sample(const struct model *model, const uint32_t near[NEIGHBOURS], uint32_t guess);

/* What repeats say about the pixel at x. near: its neighbours. */
void repeated_find(const struct model *model, uint32_t x, const uint32_t near[NEIGHBOURS], struct repeated *repeated);

/* Note the value of the pixel at x. repeated: NULL, or what repeated_find found for it. */
void repeated_note(struct model *model, uint32_t x, uint32_t value, const struct repeated *repeated);

/* Two-valued pictures: one byte per pixel, 0 or 1; the decoder fills them in. The content of known blocks does not
 * matter. */
enum bswz_status two_valued_code(struct decisions *decisions, enum drawn_setting setting, uint32_t width,
                                 uint32_t height, const struct known_blocks *known, uint8_t *pixels,
                                 uint32_t *known_rows, struct bswz_error *error);

/* Can a pixel have this colour? */
static inline bool is_possible(const struct model *model, uint32_t colour) {
    return model->index_of == NULL || (colour < model->numbers && model->index_of[colour] >= 0);
}

/* ---- numbers ---- */

static inline int sample_of(uint32_t pixel, unsigned channel) {
    return (int)(pixel >> 8 * channel & 255);
}

/* The median of both neighbours and the gradient w + n - nw. */
static inline int gradient(int w, int n, int nw) {
    const int low = w < n ? w : n, high = w < n ? n : w;
    return nw >= high ? low : nw <= low ? high : w + n - nw;
}

/* 0 ... 63, finer for small offsets. offset: -256 ... 255 */
static inline unsigned offset_class(int offset) {
    const unsigned class = drawn_offset_class[abs(offset)];
    return offset < 0 ? 31 - class : 32 + class;
}

enum { EQUAL_COLOURS = 12 };

/* A bit for each of twelve colours: does it equal this one? The plain function defines the result. */
static inline unsigned equal_ones_plain(const uint32_t colours[EQUAL_COLOURS], uint32_t colour) {
    unsigned result = 0;
    for (unsigned i = 0; i < EQUAL_COLOURS; i++) {
        result |= (unsigned)(colours[i] == colour) << i;
    }
    return result;
}

static inline unsigned equal_ones(const uint32_t colours[EQUAL_COLOURS], uint32_t colour) {
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi32((int)colour);
    const __m128i *vectors = (const __m128i *)colours;
    const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(vectors), wanted);
    const __m128i middle = _mm_cmpeq_epi32(_mm_load_si128(vectors + 1), wanted);
    const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(vectors + 2), wanted);
    return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, middle), _mm_packs_epi32(high, high))) &
           0xfff;
#else
    return equal_ones_plain(colours, colour);
#endif
}

/* log2(energy + 1), at most 7. energy: not negative. */
static inline unsigned energy_class(int energy) {
    return energy >= 127 ? 7 : 31 - (unsigned)__builtin_clz((unsigned)energy + 1);
}

#endif
