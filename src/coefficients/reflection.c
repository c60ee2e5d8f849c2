/* SPDX-License-Identifier: MIT */
/*
 * Which channels change places, or their signs, in a mirrored view (reflection.h).
 */
#include "coefficients/reflection.h"

static struct layer_channel same(unsigned channel) {
    return (struct layer_channel){(uint8_t)channel, 1};
}

/* The neighbours at -1, 0 and 1 without the middle, row by row: what is where number i was. */
static unsigned opposite(const struct reflection *reflection, unsigned i) {
    const unsigned at = i < 4 ? i : i + 1, row = at / 3, column = at % 3;
    const unsigned from = 3 * (reflection->down ? 2 - row : row) + (reflection->across ? 2 - column : column);
    return from < 4 ? from : from - 1;
}

/* A DCT coefficient of the mirror image. */
static int sign_of(const struct reflection *reflection, unsigned frequency) {
    const bool is_turned = (reflection->across && frequency % 2 != 0) != (reflection->down && frequency / 8 % 2 != 0);
    return is_turned ? -1 : 1;
}

static void reflect_groups(struct reflection *reflection) {
    unsigned at = 0;
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        const struct coefficient_group *group = &coefficient_groups[g];
        for (unsigned i = 0; i < GROUP_OUTPUTS(group->count); i++) {
            reflection->outputs[g][i] = 1;
        }
        for (unsigned i = 0; i < group->count; i++) {
            const int8_t sign = (int8_t)sign_of(reflection, group->frequency[i]);
            reflection->group[g][i] = (struct layer_channel){(uint8_t)i, sign};
            reflection->group[g][group->count + i] = same(group->count + i);
            reflection->other[at + i] = (struct layer_channel){(uint8_t)(at + i), sign};
            reflection->other[at + group->count + i] = same(at + group->count + i);
            reflection->outputs[g][i] = sign;
        }
        at += 2 * group->count;
    }
}

static unsigned opposite_in_lattice(const struct reflection *reflection, unsigned type, unsigned i) {
    const int down = reflection->down ? -dc_neighbour[type][i][0] : dc_neighbour[type][i][0];
    const int right = reflection->across ? -dc_neighbour[type][i][1] : dc_neighbour[type][i][1];
    unsigned from = 0;
    while (dc_neighbour[type][from][0] != down || dc_neighbour[type][from][1] != right) {
        from++; /* each has a mirror image */
    }
    return from;
}

static void reflect_dc(struct reflection *reflection, unsigned type) {
    struct layer_channel *channel = reflection->dc[type];
    for (unsigned i = 0; i < DC_INPUTS_CHROMA; i++) {
        channel[i] = same(i);
    }
    for (unsigned i = 0; i < DC_NEIGHBOURS; i++) {
        channel[i].from = (uint8_t)opposite_in_lattice(reflection, type, i);
        channel[DC_NEIGHBOURS + i].from = (uint8_t)(DC_NEIGHBOURS + channel[i].from);
    }
    for (unsigned o = 0; o < 2; o++) {
        const unsigned first = DC_INPUTS_LUMA + o * DC_INPUTS_OTHER + 2;
        for (unsigned i = 0; i < DC_INPUTS_OTHER - 2; i++) { /* the four nearest */
            channel[first + i].from = (uint8_t)(first + channel[i].from);
        }
    }
}

void reflection_init(struct reflection *reflection, unsigned view) {
    reflection->across = (view & 1) != 0;
    reflection->down = (view & 2) != 0;
    for (unsigned i = 0; i < COMPONENT_INPUTS_DC; i++) {
        reflection->around[i] = same(i);
    }
    for (unsigned i = 0; i < 8; i++) {
        reflection->around[i].from = (uint8_t)opposite(reflection, i);
        reflection->around[8 + i].from = (uint8_t)(8 + opposite(reflection, i));
    }
    reflect_groups(reflection);
    for (unsigned type = 0; type < DC_TYPES; type++) {
        reflect_dc(reflection, type);
    }
}
