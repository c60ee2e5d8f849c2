/* SPDX-License-Identifier: MIT */
/*
 * One round of scripts/train-drawn: codes small PNG files with the model of drawings, in every setting, and prints
 * better tables for it to start from. Weights move towards what they were in the end, on average; probabilities are
 * averages of what was seen. A picture counts no more for being large.
 *
 *     drawn_start FILE...
 */
#include "drawn/drawn_model.h"
#include "drawn/drawn_start.h"
#include "drawn/pixel_values.h"
#include "drawn_load.h"

#include <stdio.h>
#include <string.h>

enum { LARGEST = 1 << 17 /* pixels of a picture; others are left out */ };

/* ---- sums over the pictures ---- */

struct average {
    double sum, weight;
};

static struct average errors[START_ENERGIES][START_DISTANCES], near_ones[START_RANKS * 16][5];
static struct average palette_ones[START_CONTEXTS][START_BITS];

struct weights {
    const char *name;
    const int8_t *now;
    unsigned rows, inputs;
    struct average sums[4][MIX_INPUTS];
};

#define TABLE(table)                                                                                                   \
    { .name = #table, .now = (table)[0], .rows = sizeof(table) / sizeof(table)[0], .inputs = sizeof(table)[0] }

static struct weights candidates[] = {TABLE(start_candidates_0), TABLE(start_candidates_1), TABLE(start_candidates_2)};
static struct weights numbers[] = {TABLE(start_numbers_0), TABLE(start_numbers_1), TABLE(start_numbers_2)};
static struct weights samples[] = {TABLE(start_samples_0), TABLE(start_samples_1), TABLE(start_samples_2)};
static struct weights rests = TABLE(start_rests);

/* ---- weights ---- */

/* The mean of some sets after a picture; a set counts by how often it has learned. */
static void note_sets(struct weights *weights, unsigned row, const int16_t *sets, unsigned count) {
    enum { OFTEN = 64, MOST = 3000 };
    double sums[MIX_INPUTS] = {0}, total = 0;
    const unsigned stride = mix_stride(weights->inputs);
    for (unsigned s = 0; s < count; s++) {
        const int16_t *set = sets + s * stride;
        const unsigned learned = (unsigned)set[mix_padded(weights->inputs)];
        const double weight = learned < OFTEN ? learned : OFTEN;
        total += weight;
        for (unsigned i = 0; i < weights->inputs; i++) {
            sums[i] += weight * set[i];
        }
    }
    const double share = total > MOST ? MOST / total : 1;
    for (unsigned i = 0; i < weights->inputs; i++) {
        weights->sums[row][i].sum += share * sums[i];
        weights->sums[row][i].weight += share * total;
    }
}

static void note_weights(const struct model *model) {
    static const unsigned counts[] = {WEIGHTS_0, WEIGHTS_1, WEIGHTS_2};
    static const unsigned sample_counts[] = {SAMPLE_WEIGHTS_0, SAMPLE_WEIGHTS_1, SAMPLE_WEIGHTS_2};
    for (unsigned s = 0; s < model->thrift->sets; s++) {
        struct weights *table = &candidates[model->setting];
        const unsigned count = counts[s] / RANKS, sample_count = sample_counts[s] / 4;
        for (unsigned rank = 0; rank < RANKS; rank++) {
            note_sets(table, rank, model->weights[s] + (size_t)rank * count * mix_stride(table->inputs), count);
        }
        table = model->colours != 0 ? &numbers[model->setting] : &samples[model->setting];
        for (unsigned c = 0; c < model->channels; c++) {
            note_sets(table, model->channels >= 3 && c % 2 == 0,
                      model->sample_weights[s] + (size_t)c * sample_count * mix_stride(table->inputs), sample_count);
        }
    }
    note_sets(&rests, 0, model->rest_weights, 4 * REST_COUNTS);
}

static void print_weights(const struct weights *weights) {
    enum { STEP = 3 };
    printf("%s %u %u\n", weights->name + strlen("start_"), weights->rows, weights->inputs);
    for (unsigned row = 0; row < weights->rows; row++) {
        for (unsigned i = 0; i < weights->inputs; i++) {
            const int now = weights->now[row * weights->inputs + i];
            const struct average *average = &weights->sums[row][i];
            const double mean = average->weight > 0 ? average->sum / average->weight / 100 : now;
            const double moved = now + STEP * (mean - now);
            const int next = (int)(moved < 0 ? moved - 0.5 : moved + 0.5);
            printf("%d%c", next < -127 ? -127 : next > 127 ? 127 : next, i + 1 < weights->inputs ? ' ' : '\n');
        }
    }
}

/* ---- probabilities ---- */

/* A probability that has been ones of count times in a picture. */
static void note_ones(struct average *average, double ones, double count) {
    const double prior = 2.5;
    average->sum += ones / (count + prior);
    average->weight += count / (count + prior);
}

static int in_1024(const struct average *average) {
    const double p = (average->sum + 0.5) / (average->weight + 1);
    return p < 0.02 ? 20 : p > 0.98 ? 1004 : (int)(1024 * p + 0.5);
}

/* How many ones a cell has seen follows from its probability and its count. */
static void note_near(const struct model *model) {
    for (unsigned i = 0; i < RANKS * 5 * 256; i++) {
        const unsigned row = i / (5 * 256) * 16 + i % 16, column = (unsigned)__builtin_popcount(i / 16 % 16);
        const double before = cell_probability(cell_of(64u * start_near[row][column], 2)) / 65536.0;
        const double count = (double)cell_count(model->near_pattern[i]) - 2;
        const double after = cell_probability(model->near_pattern[i]) / 65536.0;
        note_ones(&near_ones[row][column], (count + 2.5) * after - 2.5 * before, count);
    }
}

static void note_palette(const struct palette *palette, unsigned channels) {
    static unsigned seen[START_CONTEXTS][START_BITS][2];
    memset(seen, 0, sizeof seen);
    uint32_t last = 0;
    for (uint32_t i = 0; i < palette->count; i++) {
        unsigned follows = 0, most = 0;
        for (unsigned k = 0; k < channels; k++) {
            const unsigned c = channels >= 3 && k < 2 ? 1 - k : k, third = channels == 2 ? 3 : k;
            const unsigned context = k == 0 ? 0 : 3 * third - 2 + (most == 0 ? 0 : most < 8 ? 1 : 2);
            const unsigned base = (unsigned)sample_of(last, c) + (c == 3 ? 0 : follows);
            const unsigned value = ((unsigned)sample_of(palette->colours[i], c) - base) & 255;
            for (unsigned bits = 0; bits < 8; bits++) {
                const unsigned begun = value >> (8 - bits), bit = value >> (7 - bits) & 1;
                if (begun == 0) {
                    seen[context][bits == 0 ? 0 : 2 * bits - 1][bit]++;
                } else if (begun == (1u << bits) - 1) {
                    seen[context][2 * bits][bit]++;
                }
            }
            follows = k == 0 ? value : follows;
            most = (value < 128 ? value : 256 - value) > most ? (value < 128 ? value : 256 - value) : most;
        }
        last = palette->colours[i];
    }
    for (unsigned i = 0; i < START_CONTEXTS * START_BITS; i++) {
        const unsigned *counts = seen[i / START_BITS][i % START_BITS];
        note_ones(&palette_ones[i / START_BITS][i % START_BITS], counts[1], counts[0] + counts[1]);
    }
}

/* ---- errors ---- */

struct seen_errors {
    double of[START_ENERGIES][START_DISTANCES];
};

static void note_errors(const struct seen_errors *seen) {
    enum { ENOUGH = 150 };
    for (unsigned energy = 0; energy < START_ENERGIES; energy++) {
        double total = ENOUGH;
        for (unsigned d = 0; d < START_DISTANCES; d++) {
            total += seen->of[energy][d];
        }
        for (unsigned d = 0; d < START_DISTANCES; d++) {
            errors[energy][d].sum += seen->of[energy][d] / total;
        }
    }
}

/* The predictions of sample c from W, N, NW and NE, plain ones. */
static void predict(const uint32_t near[4], unsigned c, int predictions[4]) {
    const int w = sample_of(near[W], c), n = sample_of(near[N], c);
    predictions[0] = gradient(w, n, sample_of(near[NW], c));
    predictions[1] = w;
    predictions[2] = n;
    predictions[3] = w + sample_of(near[NE], c) - n;
}

/* The errors of one pixel whose colour none of its neighbours has. error: the class of those nearby. Returns the largest
 * one of the first prediction. */
static int pixel_errors(const uint32_t near[4], uint32_t value, unsigned channels, unsigned error,
                        struct seen_errors *seen) {
    static const uint8_t orders[4][4] = {{0}, {1, 0}, {1, 0, 2}, {3, 1, 0, 2}};
    const unsigned lead = channels == 4 ? 1 : 0;
    int most = 0;
    for (unsigned i = 0; i < channels; i++) {
        const unsigned c = orders[channels - 1][i];
        int predictions[4], first[4];
        predict(near, c, predictions);
        const int missed = abs(sample_of(value, c) - predictions[0]);
        most = missed > most ? missed : most;
        unsigned energy = energy_class(abs(sample_of(near[W], c) - sample_of(near[NW], c)) +
                                       abs(sample_of(near[N], c) - sample_of(near[NW], c)) +
                                       abs(sample_of(near[N], c) - sample_of(near[NE], c)));
        if (i > lead && channels > 2) {
            const unsigned from = orders[channels - 1][lead];
            predict(near, from, first);
            energy = energy_class(abs(sample_of(value, from) - first[0]));
            for (unsigned k = 0; k < 4; k++) {
                predictions[k] += sample_of(value, from) - first[k];
            }
        }
        for (unsigned k = 0; k < 4; k++) {
            const int p = predictions[k] < 0 ? 0 : predictions[k] > 255 ? 255 : predictions[k];
            seen->of[k % 2 == 0 ? energy : error][drawn_distance_class[abs(p - sample_of(value, c))]]++;
        }
    }
    return most;
}

static void picture_errors(const uint32_t *pixels, uint32_t width, uint32_t height, unsigned channels) {
    struct seen_errors seen = {0};
    uint8_t *marks = calloc((size_t)width * height, 1);
    for (size_t y = 1; y < height; y++) {
        for (size_t x = 1; x + 1 < width; x++) {
            const size_t at = y * width + x;
            const uint32_t near[4] = {[W] = pixels[at - 1],
                                      [N] = pixels[at - width],
                                      [NW] = pixels[at - width - 1],
                                      [NE] = pixels[at - width + 1]};
            const uint32_t value = pixels[at];
            if (value != near[W] && value != near[N] && value != near[NW] && value != near[NE]) {
                const unsigned error = energy_class(2 * marks[at - 1] + 2 * marks[at - width] + marks[at - width - 1] +
                                                    marks[at - width + 1]);
                marks[at] = (uint8_t)pixel_errors(near, value, channels, error, &seen);
            }
        }
    }
    free(marks);
    note_errors(&seen);
}

/* The errors of a class have the same weight; each is that of one of the distances in it, of either sign. */
static void print_errors(void) {
    unsigned widths[START_DISTANCES] = {0};
    for (unsigned d = 0; d < 256; d++) {
        widths[drawn_distance_class[d]] += d == 0 ? 1 : 2;
    }
    printf("errors %d %d\n", START_ENERGIES, START_DISTANCES);
    double all[START_DISTANCES] = {0}, total = 0;
    for (unsigned i = 0; i < START_ENERGIES * START_DISTANCES; i++) {
        const double sum = errors[i / START_DISTANCES][i % START_DISTANCES].sum;
        all[i % START_DISTANCES] += sum;
        total += sum;
    }
    for (unsigned energy = 0; energy < START_ENERGIES; energy++) {
        double sum = 0;
        for (unsigned d = 0; d < START_DISTANCES; d++) {
            sum += errors[energy][d].sum;
        }
        const double nearest = errors[energy][0].sum + 4 * all[0] / total + 2e-6 * (sum + 4);
        for (unsigned d = 0; d < START_DISTANCES; d++) {
            const double here = errors[energy][d].sum + 4 * all[d] / total;
            const double one = widths[d] > 0 ? here / widths[d] + 2e-6 * (sum + 4) : 0;
            const double scaled = 65535 * one / nearest;
            printf("%d%c", (int)((scaled < 65535 ? scaled : 65535) + 0.5), d + 1 < START_DISTANCES ? ' ' : '\n');
        }
    }
}

/* ---- pictures ---- */

static bool code(const struct loaded *loaded, const struct pixel_values *values, const uint32_t *pixels,
                 enum drawn_setting setting, bool asks) {
    const uint32_t width = loaded->picture.width, height = loaded->picture.height;
    const struct repeats none = {.count = 0};
    struct byte_buffer out = {0};
    struct decisions decisions;
    struct model *model = NULL;
    struct bswz_error error = {0};
    decisions_begin_encoding(&decisions, &out, SIZE_MAX, NULL);
    const bool is_created = model_create(&model, setting, asks, &decisions, &none, width, height,
                                         values->colours != 0 ? 1 : values->kept, values->colours, &error) == BSWZ_OK;
    for (uint32_t y = 0; y < height && is_created; y++) {
        if (y > 0) {
            window_next_row(&model->window);
        }
        model_begin_row(model);
        for (uint32_t x = 0; x < width; x += KNOWN_BLOCK) {
            model_code_pixels(model, x, width - x < KNOWN_BLOCK ? width : x + KNOWN_BLOCK, pixels + (size_t)y * width);
        }
        window_end_row(&model->window);
    }
    if (is_created) {
        note_weights(model);
        note_near(model);
    }
    model_free(model);
    decisions_end(&decisions);
    free(out.data);
    return is_created;
}

/* The part of pixel_values_code that the encoder needs, too: which channels are kept. */
static bool train(const struct loaded *loaded) {
    const struct drawn_picture *picture = &loaded->picture;
    const size_t count = (size_t)picture->width * picture->height;
    static struct pixel_values values;
    struct byte_buffer out = {0};
    struct decisions decisions;
    memset(&values, 0, sizeof values);
    pixel_values_find(&values, loaded->samples, count, picture->channels, picture->is_indexed);
    decisions_begin_encoding(&decisions, &out, SIZE_MAX, NULL);
    pixel_values_code(&values, &decisions, picture->channels, picture->is_indexed);
    decisions_end(&decisions);
    free(out.data);
    if (count > LARGEST || values.colours == 1 || values.colours == 2) {
        return true;
    }
    uint32_t *pixels = calloc(count, sizeof *pixels);
    pixel_values_take(&values, loaded->samples, (uint32_t)count, pixels);
    bool is_right = true;
    for (unsigned i = 0; i < 2 * DRAWN_SETTINGS && is_right; i++) {
        is_right = code(loaded, &values, pixels, (enum drawn_setting)(i / 2), i % 2);
    }
    if (values.colours == 0) {
        picture_errors(pixels, picture->width, picture->height, values.kept);
    } else if (values.has_palette) {
        note_palette(&values.palette, picture->channels);
    }
    free(pixels);
    return is_right;
}

static void print_ones(const char *name, const struct average *averages, unsigned rows, unsigned columns) {
    printf("%s %u %u\n", name, rows, columns);
    for (unsigned i = 0; i < rows * columns; i++) {
        printf("%d%c", in_1024(&averages[i]), (i + 1) % columns == 0 ? '\n' : ' ');
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct loaded loaded;
        if (!load(argv[i], &loaded) || !train(&loaded)) {
            fprintf(stderr, "drawn_start: %s\n", argv[i]);
            return 1;
        }
        free(loaded.samples);
    }
    print_errors();
    print_ones("near", near_ones[0], START_RANKS * 16, 5);
    print_ones("palette", palette_ones[0], START_CONTEXTS, START_BITS);
    for (unsigned setting = 0; setting < DRAWN_SETTINGS; setting++) {
        print_weights(&candidates[setting]);
    }
    for (unsigned setting = 0; setting < DRAWN_SETTINGS; setting++) {
        print_weights(&numbers[setting]);
    }
    for (unsigned setting = 0; setting < DRAWN_SETTINGS; setting++) {
        print_weights(&samples[setting]);
    }
    print_weights(&rests);
    return 0;
}
