/* SPDX-License-Identifier: MIT */
/*
 * Passes along diagonals (wavefront.h).
 */
#include "origin/wavefront.h"

#include "threads/loop.h"

/* Positions of a piece in each direction: small enough for several pieces on a diagonal of a small picture, and
 * enough work to be worth waking a thread. */
#define PIECE 32

/* The pieces of one turn: in piece row r number turn - r, counted along x + y. */
struct turn {
    const struct wavefront *wavefront;
    struct worker_pool *pool;
    size_t number, first_row; /* the first piece row that has a piece in this turn */
    size_t sum;               /* under the pool's lock */
};

static void run_piece(void *context, size_t index, unsigned worker) {
    struct turn *turn = context;
    const struct wavefront *wavefront = turn->wavefront;
    const size_t piece_row = turn->first_row + index;
    const uint64_t left = (uint64_t)(turn->number - piece_row) * PIECE; /* left <= x + y < left + PIECE */
    const uint64_t top = (uint64_t)piece_row * PIECE;
    size_t sum = 0;
    (void)worker;
    for (uint64_t y = top; y < top + PIECE && y < wavefront->height; y++) {
        const uint64_t first = left > y ? left - y : 0, limit = left + PIECE > y ? left + PIECE - y : 0;
        const uint64_t end = limit < wavefront->width ? limit : wavefront->width;
        if (first < end) {
            sum += wavefront->run(wavefront->context, (uint32_t)y, (uint32_t)first, (uint32_t)end);
        }
    }
    worker_pool_lock(turn->pool);
    turn->sum += sum;
    worker_pool_unlock(turn->pool);
}

size_t wavefront_run(const struct wavefront *wavefront, struct worker_pool *pool) {
    if (pool == NULL || worker_pool_threads(pool) == 1) {
        size_t sum = 0;
        for (uint32_t y = 0; y < wavefront->height; y++) {
            sum += wavefront->run(wavefront->context, y, 0, wavefront->width);
        }
        return sum;
    }
    const size_t rows = (wavefront->height - 1) / PIECE + 1;
    /* Piece row r begins with piece r, at x = 0, and its last piece may contain the last column of its last row. */
    const size_t pieces = ((size_t)wavefront->width - 1 + PIECE - 1) / PIECE + 1;
    struct turn turn = {.wavefront = wavefront, .pool = pool};
    for (; turn.number < 2 * (rows - 1) + pieces; turn.number++) {
        const size_t last_row = turn.number / 2 < rows ? turn.number / 2 : rows - 1; /* 2 r <= turn */
        turn.first_row = turn.number < pieces ? 0 : (turn.number - pieces) / 2 + 1;  /* turn < 2 r + pieces */
        loop_run(pool, last_row - turn.first_row + 1, run_piece, &turn);
    }
    return turn.sum;
}
