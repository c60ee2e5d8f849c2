/*
 * Choosing the map of a mixed picture (mixed_map.h).
 */
#include "stream/mixed_map.h"

enum {
    BORDER_BITS = 60, /* what it costs that two neighbouring blocks are coded differently: contexts end there */
    POLLUTES = 16, /* a drawn block costs others more, by one part in so many: its colours fill their contexts */
    ROUNDS = 4,
    LEAST_TELLING = KNOWN_BLOCK * KNOWN_BLOCK / 8, /* pixels of a block that say whether JFIF is its origin */
    LEAST_JFIF = 4,                                /* such blocks */
    EXCEPTION_BITS = 20                            /* about what one costs that stands alone */
};

static uint64_t drawn_cost(const struct mixed_costs *costs, size_t block) {
    return (uint64_t)costs->drawn_bits[block] + costs->drawn_bits[block] / POLLUTES;
}

static unsigned unlike(const struct mixed_costs *costs, const uint8_t *map, uint32_t y, uint32_t x, uint8_t value) {
    const uint8_t *at = map + (size_t)y * costs->columns + x;
    return (unsigned)(x > 0 && at[-1] != value) + (unsigned)(x + 1 < costs->columns && at[1] != value) +
           (unsigned)(y > 0 && *(at - costs->columns) != value) +
           (unsigned)(y + 1 < costs->rows && at[costs->columns] != value);
}

/* Each block the way that is cheaper given its neighbours; until nothing changes, or nearly. */
static void smooth(const struct mixed_costs *costs, uint8_t *map) {
    bool has_changed = true;
    for (unsigned round = 0; round < ROUNDS && has_changed; round++) {
        has_changed = false;
        for (uint32_t y = 0; y < costs->rows; y++) {
            for (uint32_t x = 0; x < costs->columns; x++) {
                const size_t i = (size_t)y * costs->columns + x;
                const uint64_t drawn = drawn_cost(costs, i) + BORDER_BITS * unlike(costs, map, y, x, 1);
                const uint64_t model = (uint64_t)costs->model_bits[i] + BORDER_BITS * unlike(costs, map, y, x, 0);
                const uint8_t value = drawn <= model;
                has_changed |= value != map[i];
                map[i] = value;
            }
        }
    }
}

static uint64_t expected_bits(const struct mixed_costs *costs, const uint8_t *map) {
    uint64_t bits = 0;
    for (uint32_t y = 0; y < costs->rows; y++) {
        for (uint32_t x = 0; x < costs->columns; x++) {
            const size_t i = (size_t)y * costs->columns + x;
            bits += map[i] != 0 ? costs->drawn_bits[i] : costs->model_bits[i];
            bits += BORDER_BITS / 2 * unlike(costs, map, y, x, map[i]);
        }
    }
    return bits;
}

/* Is most that could tell of it JFIF? */
static bool is_jfif(const struct origin_evidence *evidence) {
    return evidence->telling >= LEAST_TELLING && evidence->exact * 10 >= evidence->telling * 9;
}

bool mixed_map_expect_jfif(const struct mixed_costs *costs, const struct origin_evidence *evidence,
                           uint32_t *model_bits) {
    const size_t blocks = (size_t)costs->columns * costs->rows;
    size_t found = 0;
    for (size_t i = 0; i < blocks; i++) {
        const uint64_t drawn = costs->drawn_bits != NULL ? costs->drawn_bits[i] : UINT32_MAX;
        const uint64_t model = costs->model_bits != NULL ? costs->model_bits[i] : UINT32_MAX;
        const uint64_t now = drawn < model ? drawn : model;
        const uint64_t saved = now * evidence[i].exact / (2 * KNOWN_BLOCK * KNOWN_BLOCK);
        const uint64_t expected = now - saved + (uint64_t)EXCEPTION_BITS * evidence[i].wrong;
        model_bits[i] = expected < UINT32_MAX ? (uint32_t)expected : UINT32_MAX;
        found += is_jfif(&evidence[i]);
    }
    return found >= LEAST_JFIF;
}

bool mixed_map_choose(const struct mixed_costs *costs, uint8_t *map) {
    const size_t blocks = (size_t)costs->columns * costs->rows;
    size_t drawn = 0;
    for (size_t i = 0; i < blocks; i++) {
        map[i] = drawn_cost(costs, i) <= costs->model_bits[i];
    }
    smooth(costs, map);
    for (size_t i = 0; i < blocks; i++) {
        drawn += map[i];
    }
    const uint64_t most = costs->best_bits - costs->best_bits / 1024 * costs->least_gain;
    return drawn > 0 && drawn < blocks && expected_bits(costs, map) < most;
}
