/* SPDX-License-Identifier: MIT */
/*
 * Work shared among threads gives the same result as a single thread: loops, passes along diagonals, items in
 * slots. And blocks of memory are kept for as long as they should be.
 */
#include "check.h"

#include "base/allocate.h"
#include "origin/wavefront.h"
#include "threads/errand.h"
#include "threads/loop.h"
#include "threads/ordered.h"
#include "threads/spares.h"

#include <stdlib.h>
#include <string.h>

enum { THREADS = 4 };

/* ---- loops ---- */

struct rounds {
    struct worker_pool *pool;
    uint8_t *times;
    bool nested;
};

static void count_round(void *context, size_t index, unsigned worker) {
    struct rounds *rounds = context;
    rounds->times[index] = (uint8_t)(rounds->times[index] + (worker < THREADS ? 1 : 100));
    if (rounds->nested) { /* a loop within a round of a loop, in the same threads */
        uint8_t times[50] = {0};
        struct rounds inner = {rounds->pool, times, false};
        loop_run(rounds->pool, 50, count_round, &inner);
        for (int i = 0; i < 50; i++) {
            rounds->times[index] = (uint8_t)(rounds->times[index] + (times[i] == 1 ? 0 : 100));
        }
    }
}

static void test_loops(struct worker_pool *pool) {
    for (int nested = 0; nested < 2; nested++) {
        for (size_t count = 0; count < 300; count += count < 4 ? 1 : 37) {
            uint8_t *times = calloc(count + 1, 1);
            struct rounds rounds = {pool, times, nested};
            loop_run(pool, count, count_round, &rounds);
            size_t wrong = 0;
            for (size_t i = 0; i < count; i++) {
                wrong += times[i] != 1;
            }
            CHECK(wrong == 0 && times[count] == 0, "%zu of %zu rounds", wrong, count);
            free(times);
        }
    }
}

/* ---- passes along diagonals ---- */

struct places {
    uint32_t width, height;
    uint32_t *value;
};

/* The number of a position is computed from the numbers around it, as they are at that time. */
static size_t mix_places(void *context, uint32_t row, uint32_t first, uint32_t end) {
    struct places *places = context;
    for (uint32_t column = first; column < end; column++) {
        uint32_t mixed = row * 31 + column;
        for (int i = 0; i < 9; i++) {
            const int64_t y = (int64_t)row + i / 3 - 1, x = (int64_t)column + i % 3 - 1;
            if (y >= 0 && y < places->height && x >= 0 && x < places->width) {
                mixed = mixed * 2654435761u + places->value[y * places->width + x];
            }
        }
        places->value[(size_t)row * places->width + column] = mixed;
    }
    return end - first;
}

static void test_wavefront(struct worker_pool *pool) {
    static const uint32_t sizes[][2] = {{1, 1},   {1, 200}, {200, 1}, {31, 33}, {32, 32},   {33, 65},
                                        {65, 95}, {97, 31}, {2, 100}, {100, 2}, {300, 200}, {640, 333}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const uint32_t width = sizes[i][0], height = sizes[i][1];
        const size_t count = (size_t)width * height;
        struct places alone = {width, height, calloc(count, 4)}, shared = {width, height, calloc(count, 4)};
        const struct wavefront one = {width, height, mix_places, &alone}, all = {width, height, mix_places, &shared};
        CHECK(wavefront_run(&one, NULL) == count && wavefront_run(&all, pool) == count, "%ux%u", width, height);
        CHECK(memcmp(alone.value, shared.value, count * 4) == 0, "%ux%u", width, height);
        free(alone.value);
        free(shared.value);
    }
}

/* ---- slots ---- */

struct item {
    unsigned number;
    uint32_t result;
};

struct line {
    struct worker_pool *pool;
    unsigned next, failing; /* the number that give expects, and the one it refuses */
    unsigned live;          /* items that nobody has disposed of */
};

static struct line *discards_into; /* discard has no context */

static uint32_t expected_result(unsigned number) {
    return number * 2654435761u + 50;
}

/* Items take different times, and share loops of their own. */
static void work_on(void *context, void *argument) {
    struct line *line = context;
    struct item *item = argument;
    uint8_t times[50] = {0};
    struct rounds rounds = {line->pool, times, false};
    for (unsigned i = 0; i < item->number % 7; i++) {
        memset(times, 0, sizeof times);
        loop_run(line->pool, 50, count_round, &rounds);
    }
    item->result = item->number * 2654435761u;
    for (int i = 0; i < 50; i++) {
        item->result += item->number % 7 == 0 ? 1 : times[i];
    }
}

static enum bswz_status give(void *context, void *argument, struct bswz_error *error) {
    struct line *line = context;
    struct item item = *(struct item *)argument;
    free(argument);
    line->live--;
    CHECK(item.number == line->next && item.result == expected_result(item.number), "item %u", item.number);
    line->next++;
    return item.number == line->failing ? bswz_fail(error, BSWZ_ERROR_CORRUPT, "refused") : BSWZ_OK;
}

static void discard(void *argument) {
    free(argument);
    discards_into->live--;
}

/* Push 100 items; failing: the number of one that give refuses; leave: destroy without finishing. */
static void run_ordered(struct worker_pool *pool, unsigned count, unsigned failing, bool leave) {
    struct line line = {.pool = pool, .failing = failing};
    struct ordered *slots;
    struct bswz_error error = {.status = BSWZ_OK};
    enum bswz_status status =
        ordered_create(pool, (struct ordered_work){work_on, give, discard, &line}, count, &slots, &error);
    unsigned pushed = 0, most = 0;
    discards_into = &line;
    for (; pushed < 100 && status == BSWZ_OK; pushed++) {
        struct item *item = calloc(1, sizeof *item);
        item->number = pushed;
        line.live++;
        most = line.live > most ? line.live : most;
        status = ordered_push(slots, item, &error);
    }
    CHECK(most <= count, "%u items in %u slots", most, count);
    if (!leave && status == BSWZ_OK) {
        status = ordered_finish(slots, &error);
    }
    ordered_destroy(slots);
    CHECK(line.live == 0, "%u items left", line.live);
    if (failing < 100) {
        CHECK(status == BSWZ_ERROR_CORRUPT && line.next == failing + 1, "%d after %u", status, line.next);
    } else {
        CHECK(status == BSWZ_OK && (leave ? line.next <= 100 : line.next == 100), "%d after %u", status, line.next);
    }
}

static void test_ordered(struct worker_pool *pool) {
    for (unsigned count = 1; count <= 6; count++) {
        run_ordered(pool, count, 1000, false);
        run_ordered(pool, count, 1000, true);
        run_ordered(pool, count, 0, false);
        run_ordered(pool, count, 57, false);
        run_ordered(pool, count, 99, false);
    }
}

/* ---- errands ---- */

static void run_errand(void *context) {
    unsigned *times = context;
    ++*times;
}

static void test_errands(struct worker_pool *pool) {
    for (unsigned round = 0; round < 200; round++) {
        struct errand errand[3];
        unsigned times[3] = {0};
        uint8_t rounds_times[20] = {0};
        for (unsigned i = 0; i < 3; i++) {
            errand_begin(&errand[i], pool, run_errand, &times[i]);
        }
        if (round % 2 == 0) { /* time for others to do them */
            struct rounds rounds = {pool, rounds_times, false};
            loop_run(pool, 20, count_round, &rounds);
        }
        errand_finish(&errand[1]);
        CHECK(times[1] == 1, "%u times", times[1]);
        errand_cancel(&errand[0]);
        errand_finish(&errand[2]);
        CHECK(times[0] <= 1 && times[2] == 1, "%u and %u times", times[0], times[2]);
    }
}

/* ---- spare blocks ---- */

/* Take a block, fill it, give it back; returns where it was. */
static void *use_block(struct worker_pool *pool, size_t count, size_t size) {
    uint8_t *block = spares_take(pool, count, size);
    CHECK(block != NULL, "a block of %zu bytes", count * size);
    memset(block, 0xa5, count * size);
    spares_give(pool, block, count, size);
    return block;
}

static void test_spares(struct worker_pool *pool) {
    const size_t large = (size_t)5 << 20;
    const bool are_kept = bswz_room(large) > 0; /* not under a sanitizer */
    use_block(NULL, large, 1);
    use_block(pool, large, 1);
    spares_give(pool, NULL, large, 1);
    spares_keep(pool);
    spares_keep(pool);
    uint8_t *kept = use_block(pool, large, 1);
    spares_drop(pool); /* the other one still wants it */
    uint8_t *small = spares_take(pool, 1000, 4), *much_less = spares_take(pool, large / 4, 1);
    uint8_t *less = spares_take(pool, large / 16, 15);
    CHECK(small != kept && much_less != kept && (less == kept) == are_kept, "the block that fits");
    CHECK(spares_take(pool, SIZE_MAX / 2, 4) == NULL, "more than there can be");
    spares_give(pool, less, large / 16, 15);
    spares_give(pool, much_less, large / 4, 1);
    spares_give(pool, small, 1000, 4);
    for (size_t i = 1; i <= 3 * SPARES_MOST; i++) { /* more than are kept */
        uint8_t *block[2] = {spares_take(pool, i, (size_t)1 << 20), spares_take(pool, i, (size_t)1 << 20)};
        spares_give(pool, block[0], i, (size_t)1 << 20);
        spares_give(pool, block[1], i, (size_t)1 << 20);
    }
    spares_drop(pool);
    use_block(pool, large, 1);
}

int main(void) {
    struct worker_pool *pool = NULL, *lone = NULL;
    CHECK(worker_pool_create(THREADS, &pool, NULL) == BSWZ_OK && worker_pool_create(1, &lone, NULL) == BSWZ_OK,
          "pools");
    test_loops(pool);
    test_loops(lone);
    test_wavefront(pool);
    test_wavefront(lone);
    test_ordered(pool);
    test_ordered(lone);
    test_errands(pool);
    test_errands(lone);
    test_spares(pool);
    test_spares(lone);
    worker_pool_destroy(pool);
    worker_pool_destroy(lone);
    return check_summary();
}
