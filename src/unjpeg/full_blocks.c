/* SPDX-License-Identifier: MIT */
/*
 * Blocks of components at full resolution.
 *
 * Where the samples of the picture are certain, each block of each component is found independently
 * (block_search.c). Some are not:
 *
 *     clipped    a channel of the pixel is 0 or 255: many triples Y, Cb, Cr give it
 *     unknown    beyond the edge of the picture
 *
 * Then the blocks of all components are found together, in rounds: guess the uncertain samples, find the blocks,
 * see which samples they give, and move those to the nearest values that give the pixel. If that fails, better guesses of
 * what clipped pixels were (joint_block.c) are where other rounds begin.
 */
#include "unjpeg/pixel_source.h"

#include "base/exact_float.h" /* samples and their transforms, + - and comparisons */
#include "origin/steps.h"
#include "unjpeg/changes.h"
#include "unjpeg/cut_block.h"
#include "unjpeg/transform.h"

#include <string.h>

#define SIDE 8
#define BEAM 8
#define BEAM_IN_DOUBT 6
#define MOST_TURNS 12
/* After this number of failures in a row, only one block in FAILED_MANY is searched for hidden numbers. */
#define FAILED_MANY 8
#define MOST_TURNS_AGAIN 2 /* from each of the better guesses */
#define VAIN_TURNS 5       /* in a row without an improvement, after which the block is given up */
#define FAR 24
#define ANY_STEP 65535.0f
#define CERTAIN_STEP 3.0f

struct full_work {
    const struct unjpeg_source *source;
    struct jpeg_planes *planes;
    unsigned count; /* components */
    const uint8_t *const *colour;
    const struct block_steps *steps; /* of each component */
};

enum { SAMPLE_CERTAIN, SAMPLE_CLIPPED, SAMPLE_UNKNOWN };

/* The blocks of all components at one position. */
struct group {
    float value[3][JPEG_BLOCK]; /* guesses */
    struct block_bounds bounds[3];
    uint8_t kind[JPEG_BLOCK];
    const uint8_t *rgb[JPEG_BLOCK]; /* of clipped samples */
    bool has_doubt, has_ends;
};

static uint32_t within(int64_t place, uint32_t size) {
    return place < 0 ? 0 : place < size ? (uint32_t)place : size - 1;
}

static void gather(const struct full_work *work, uint32_t column, uint32_t row, struct group *group) {
    const struct unjpeg_source *source = work->source;
    group->has_doubt = group->has_ends = false;
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        const int64_t x = (int64_t)column * SIDE + i % SIDE - source->offset_x;
        const int64_t y = (int64_t)row * SIDE + i / SIDE - source->offset_y;
        const size_t at = (size_t)within(y, source->height) * source->width + within(x, source->width);
        const bool is_known = x >= 0 && y >= 0 && x < source->width && y < source->height;
        const bool is_certain = is_known && (source->doubt == NULL || source->doubt[at] == PIXEL_CERTAIN);
        group->kind[i] = is_certain ? SAMPLE_CERTAIN : is_known ? SAMPLE_CLIPPED : SAMPLE_UNKNOWN;
        group->has_doubt |= !is_certain;
        group->rgb[i] = source->rgb != NULL ? source->rgb + 3 * at : NULL;
        for (unsigned c = 0; c < work->count; c++) {
            const uint8_t value = source->plane[c][at];
            group->value[c][i] = (float)value - 128.0f;
            group->bounds[c].low[i] = is_certain ? value : 0;
            group->bounds[c].high[i] = is_certain ? value : 255;
            group->has_ends |= is_certain && (value == 0 || value == 255);
        }
        if (group->kind[i] == SAMPLE_CLIPPED && work->colour != NULL) {
            int low = 0, high = 255;
            if (conversion_luma_range(source->conversion, group->rgb[i], work->colour[0][at], work->colour[1][at], &low,
                                      &high)) {
                group->bounds[0].low[i] = (uint8_t)low;
                group->bounds[0].high[i] = (uint8_t)high;
                const float value = group->value[0][i] + 128.0f;
                group->value[0][i] = (value < (float)low    ? (float)low
                                      : value > (float)high ? (float)high
                                                            : value) -
                                     128.0f;
            }
        }
    }
}

static float between(float value, int low, int high) {
    const float least = (float)low - 0.5f, most = (float)high + 0.5f;
    return low > 0 && value < least ? least : high < 255 && value > most ? most : value;
}

static bool gives(const struct conversion *conversion, const uint8_t rgb[3], const uint8_t near[3], unsigned plane,
                  int value) {
    uint8_t planes[3] = {near[0], near[1], near[2]}, made[3];
    if (value < 0 || value > 255) {
        return false;
    }
    planes[plane] = (uint8_t)value;
    conversion_forward(conversion, &planes[0], &planes[1], &planes[2], made, 1);
    return memcmp(made, rgb, 3) == 0;
}

/* The range of a plane that gives the pixel together with the other two planes of near; far away, values are not
 * distinguished. */
static void bound_sample(const struct conversion *conversion, const uint8_t rgb[3], const uint8_t near[3],
                         unsigned plane, uint8_t *low, uint8_t *high) {
    int least = near[plane], most = near[plane];
    while (near[plane] - least < FAR && gives(conversion, rgb, near, plane, least - 1)) {
        least--;
    }
    while (most - near[plane] < FAR && gives(conversion, rgb, near, plane, most + 1)) {
        most++;
    }
    *low = (uint8_t)(near[plane] - least == FAR ? 0 : least);
    *high = (uint8_t)(most - near[plane] == FAR ? 255 : most);
}

/* New guesses from the samples that the blocks give; returns how many uncertain samples are wrong. */
static unsigned guess_again(const struct full_work *work, struct group *group, const int16_t block[3][JPEG_BLOCK]) {
    float made[3][JPEG_BLOCK];
    unsigned wrong = 0;
    for (unsigned c = 0; c < work->count; c++) {
        for (int i = 0; i < JPEG_BLOCK; i++) {
            made[c][i] = (float)block[c][i] * work->steps[c].size[i];
        }
        transform_inverse(made[c], made[c]);
        for (int i = 0; i < JPEG_BLOCK; i++) {
            made[c][i] += 128.0f;
            if (group->kind[i] == SAMPLE_UNKNOWN ||
                (group->kind[i] == SAMPLE_CERTAIN &&
                 (group->bounds[c].low[i] == 0 || group->bounds[c].high[i] == 255)) ||
                (group->kind[i] == SAMPLE_CLIPPED && work->count == 1)) {
                group->value[c][i] = between(made[c][i], group->bounds[c].low[i], group->bounds[c].high[i]) - 128.0f;
            }
        }
    }
    if (work->count != 3) {
        return 0;
    }
    uint8_t samples[3][JPEG_BLOCK];
    for (unsigned c = 0; c < 3; c++) {
        transform_to_samples(block[c], work->steps[c].step, samples[c]);
    }
    for (int i = 0; i < JPEG_BLOCK; i++) {
        if (group->kind[i] != SAMPLE_CLIPPED) {
            continue;
        }
        uint8_t rgb[3];
        conversion_forward(work->source->conversion, &samples[0][i], &samples[1][i], &samples[2][i], rgb, 1);
        const bool is_right = memcmp(rgb, group->rgb[i], 3) == 0;
        uint8_t near[3] = {samples[0][i], samples[1][i], samples[2][i]};
        if (!is_right) {
            uint8_t found[3];
            wrong++;
            if (conversion_nearest(work->source->conversion, group->rgb[i], near, found)) {
                memcpy(near, found, 3);
            }
        }
        for (unsigned c = 0; c < 3; c++) {
            bound_sample(work->source->conversion, group->rgb[i], near, c, &group->bounds[c].low[i],
                         &group->bounds[c].high[i]);
            group->value[c][i] = between(made[c][i], group->bounds[c].low[i], group->bounds[c].high[i]) - 128.0f;
        }
    }
    return wrong;
}

/* Better guesses for what is beyond the edge of the picture than repeating the last line. */
static void guess_beyond(const struct full_work *work, struct block_scratch *scratch, struct group *group) {
    bool known[JPEG_BLOCK], by_columns;
    for (int i = 0; i < JPEG_BLOCK; i++) {
        known[i] = group->kind[i] != SAMPLE_UNKNOWN;
    }
    if (!cut_block_is_one(known, &by_columns)) {
        return;
    }
    for (unsigned c = 0; c < work->count; c++) {
        float best[JPEG_BLOCK];
        unsigned fewest = ~0u;
        for (int trust = 0; trust < CUT_BLOCK_TRUSTS && fewest > 0; trust++) {
            float coefficients[JPEG_BLOCK];
            int16_t block[JPEG_BLOCK];
            cut_block_guess(&work->steps[c], group->value[c], known, by_columns, (enum cut_block_trust)trust,
                            coefficients);
            const unsigned wrong =
                block_search(scratch, &work->steps[c], coefficients, &group->bounds[c], 0, ANY_STEP, block);
            if (wrong < fewest) {
                fewest = wrong;
                transform_inverse(coefficients, best);
            }
        }
        for (int i = 0; i < JPEG_BLOCK; i++) {
            group->value[c][i] = known[i] ? group->value[c][i] : best[i];
        }
    }
}

/* ---- what clipped pixels hide ---- */

static bool add_hidden(struct joint_block *joint, unsigned at, bool is_high, const float direction[3]) {
    if (joint->hidden_count == JOINT_HIDDEN) {
        return false;
    }
    struct joint_hidden *hidden = &joint->hidden[joint->hidden_count++];
    *hidden = (struct joint_hidden){.at = (uint8_t)at, .is_high = is_high};
    memcpy(hidden->direction, direction, sizeof hidden->direction);
    return true;
}

/* A single component: its sample may be beyond the end of its range. */
static bool hide_sample(struct joint_block *joint, const struct block_bounds *bounds, unsigned at) {
    static const float direction[3] = {1.0f, 0.0f, 0.0f};
    const bool is_low = bounds->low[at] == 0, is_high = bounds->high[at] == 255;
    if (!is_low && !is_high) {
        return true;
    }
    joint->value[0][at] = (float)(is_high ? bounds->low[at] : bounds->high[at]) - 128.0f;
    return !(is_low && is_high) && add_hidden(joint, at, is_high, direction);
}

/* All of them: each channel of the pixel that is 0 or 255 hides something. */
static bool hide_channels(struct joint_block *joint, const uint8_t rgb[3], unsigned at) {
    /* Y, Cb and Cr of red, green and blue */
    static const float planes[3][3] = {
        {0.299f, -0.168736f, 0.5f}, {0.587f, -0.331264f, -0.418688f}, {0.114f, 0.5f, -0.081312f}};
    bool has_room = true;
    for (unsigned c = 0; c < 3; c++) {
        const float value = (float)rgb[0] * planes[0][c] + (float)rgb[1] * planes[1][c] + (float)rgb[2] * planes[2][c];
        joint->value[c][at] = c == 0 ? value - 128.0f : value;
    }
    for (unsigned channel = 0; channel < 3 && has_room; channel++) {
        if (rgb[channel] == 0 || rgb[channel] == 255) {
            has_room = add_hidden(joint, at, rgb[channel] == 255, planes[channel]);
        }
    }
    return has_room;
}

/* What clipped pixels hide. false: nothing, or too much. */
static bool find_hidden(const struct full_work *work, const struct group *group, struct joint_block *joint) {
    bool is_possible = true;
    joint->count = work->count == 3 ? 3 : 1;
    joint->hidden_count = 0;
    memcpy(joint->value, group->value, sizeof joint->value);
    for (unsigned i = 0; i < JPEG_BLOCK && is_possible; i++) {
        if (group->kind[i] == SAMPLE_UNKNOWN) {
            is_possible = false;
        } else if (joint->count == 1) {
            is_possible = hide_sample(joint, &group->bounds[0], i);
        } else if (group->kind[i] == SAMPLE_CLIPPED) {
            is_possible = hide_channels(joint, group->rgb[i], i);
        }
    }
    return is_possible && joint->hidden_count > 0;
}

/* ---- the blocks at one position ---- */

/* How successful the searches of a row have been. */
struct row_effort {
    struct effort certain, in_doubt; /* blocks without uncertain samples, and with some */
    struct effort hidden;            /* those that were searched for what is hidden */
    unsigned failed;                 /* blocks in a row, up to this one */
};

struct search {
    const struct full_work *work;
    struct block_scratch *scratch;
    struct joint_scratch *joint;
    uint32_t column, row;
    struct row_effort *row_effort;
    struct effort *effort; /* that of the row that counts for this block */
    bool in_doubt, is_begun, pays;
    unsigned fewest; /* wrong samples of the best blocks so far */
};

/* Rounds that begin with the group's guesses. */
static void take_turns(struct search *search, struct group *group, unsigned most) {
    const struct full_work *work = search->work;
    const unsigned count = work->count == 3 ? 3 : 1;
    const float largest_step = search->in_doubt ? ANY_STEP : CERTAIN_STEP;
    int16_t block[3][JPEG_BLOCK];
    float before[3][JPEG_BLOCK]; /* those of the previous round */
    struct block_bounds bounds[3];
    unsigned outside[3] = {0}, vain = 0;
    for (unsigned turn = 0; turn < (search->pays ? most : 1) && search->fewest > 0 && vain < VAIN_TURNS; turn++) {
        unsigned wrong = 0;
        for (unsigned c = 0; c < count; c++) {
            float coefficients[JPEG_BLOCK];
            if (turn == 0 || memcmp(before[c], group->value[c], sizeof before[c]) != 0 ||
                memcmp(&bounds[c], &group->bounds[c], sizeof bounds[c]) != 0) {
                transform_forward(group->value[c], coefficients);
                outside[c] = block_search(search->scratch, &work->steps[c], coefficients, &group->bounds[c], 0,
                                          largest_step, block[c]);
                if (outside[c] > 0 && !search->is_begun) {
                    search->is_begun = true;
                    search->pays = effort_pays(search->effort);
                }
                if (outside[c] > 0 && search->pays) {
                    outside[c] = block_search(search->scratch, &work->steps[c], coefficients, &group->bounds[c],
                                              search->in_doubt ? BEAM_IN_DOUBT : BEAM, largest_step, block[c]);
                }
                memcpy(before[c], group->value[c], sizeof before[c]);
                bounds[c] = group->bounds[c];
            }
            wrong += outside[c];
        }
        wrong += search->in_doubt ? guess_again(work, group, (const int16_t(*)[JPEG_BLOCK])block) : 0;
        vain++;
        if (wrong < search->fewest) {
            vain = 0;
            search->fewest = wrong;
            for (unsigned c = 0; c < count; c++) {
                struct jpeg_component *component = &work->planes->component[c];
                memcpy(component->block[(size_t)search->row * component->columns + search->column], block[c],
                       sizeof block[c]);
            }
        }
    }
}

static void solve_group(struct search *search) {
    const struct full_work *work = search->work;
    struct joint_block joint;
    struct group group;
    gather(work, search->column, search->row, &group);
    guess_beyond(work, search->scratch, &group);
    search->in_doubt = group.has_doubt || group.has_ends;
    struct row_effort *row = search->row_effort;
    search->effort = search->in_doubt ? &row->in_doubt : &row->certain;
    take_turns(search, &group, search->in_doubt ? MOST_TURNS : 1);
    const bool is_hidden = search->in_doubt && search->pays && search->fewest > 0 &&
                           (row->failed < FAILED_MANY || row->failed % FAILED_MANY == 0) && effort_pays(&row->hidden);
    for (unsigned trust = 0; trust < JOINT_TRUSTS && is_hidden && search->fewest > 0; trust++) {
        gather(work, search->column, search->row, &group);
        if (!find_hidden(work, &group, &joint)) {
            break;
        }
        joint_block_guess(search->joint, work->steps, trust, &joint);
        memcpy(group.value, joint.value, sizeof group.value);
        take_turns(search, &group, MOST_TURNS_AGAIN);
    }
    if (is_hidden) {
        effort_note(&row->hidden, search->fewest == 0);
    }
    if (search->is_begun && search->pays) {
        effort_note(search->effort, search->fewest == 0);
    }
    row->failed = search->fewest == 0 ? 0 : row->failed + 1;
}

static void solve_row(void *context, size_t round, unsigned worker) {
    const struct full_work *work = context;
    const uint32_t columns = (work->source->width + work->source->offset_x + SIDE - 1) / SIDE;
    struct row_effort row_effort = {.failed = 0};
    for (uint32_t column = 0; column < columns; column++) {
        struct search search = {.work = work,
                                .scratch = work->source->scratch[worker],
                                .joint = work->source->joint[worker],
                                .column = column,
                                .row = (uint32_t)round,
                                .row_effort = &row_effort,
                                .pays = true,
                                .fewest = ~0u};
        solve_group(&search);
    }
}

void full_blocks_solve(const struct unjpeg_source *source, struct jpeg_planes *planes, unsigned count,
                       const uint8_t *const colour[2]) {
    struct block_steps steps[3];
    struct full_work work = {source, planes, count, colour, steps};
    for (unsigned c = 0; c < 3; c++) {
        block_steps_set(&steps[c], planes->component[c < count ? c : 0].step);
    }
    loop_run(source->pool, (source->height + source->offset_y + SIDE - 1) / SIDE, solve_row, &work);
}

unsigned full_blocks_sample(const struct unjpeg_source *source, unsigned component, unsigned most,
                            float (*coefficients)[JPEG_BLOCK], struct block_bounds *bounds) {
    const uint32_t skip_x = (SIDE - source->offset_x % SIDE) % SIDE, skip_y = (SIDE - source->offset_y % SIDE) % SIDE;
    if (source->width < skip_x + SIDE || source->height < skip_y + SIDE) {
        return 0;
    }
    const uint64_t columns = (source->width - skip_x) / SIDE, rows = (source->height - skip_y) / SIDE;
    const uint64_t places = columns * rows;
    /* a prime step visits every position once if it does not divide their number */
    const uint64_t step = places % 1000003 ? 1000003 : 1;
    unsigned count = 0;
    uint64_t place = 0;
    for (uint64_t visit = 0; visit < places && count < most; visit++, place = (place + step) % places) {
        const size_t first =
            (size_t)(place / columns * SIDE + skip_y) * source->width + (size_t)(place % columns * SIDE + skip_x);
        const uint8_t *plane = source->plane[component] + first;
        uint8_t least = 255, largest = 0, doubt = 0;
        float values[JPEG_BLOCK];
        for (size_t i = 0; i < JPEG_BLOCK; i++) {
            const size_t at = i / SIDE * source->width + i % SIDE;
            const uint8_t value = plane[at];
            least = value < least ? value : least;
            largest = value > largest ? value : largest;
            doubt |= source->doubt != NULL ? source->doubt[first + at] : 0;
            bounds[count].low[i] = bounds[count].high[i] = value;
            values[i] = (float)value - 128.0f;
        }
        if (doubt == 0 && least > 0 && largest < 255 && largest - least >= 3) {
            transform_forward(values, coefficients[count++]);
        }
    }
    return count;
}
