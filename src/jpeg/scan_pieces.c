/* SPDX-License-Identifier: MIT */
/*
 * Sequential scans by several threads: each collects the bits of some MCUs, and then all are joined, which takes little
 * time. The result is that of coding MCU after MCU, since the only thing that a block needs of the ones before is a DC
 * coefficient, which is known.
 *
 * With restart markers, a piece consists of whole intervals. Each begins at a byte of its own, and is padded when it is
 * joined.
 */
#include "jpeg/scan_bits.h"

#include "base/allocate.h"
#include "threads/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIECE_MCUS = 256, /* at least */
    PIECES_MOST = 64, /* of a scan */
    BLOCK_BYTES = 256 /* more than any block has */
};

struct piece {
    struct jpeg_coder coder; /* of this piece alone */
    uint64_t first, end;     /* MCUs */
    size_t start;            /* where the last interval begins in what is collected */
    uint32_t *bits;          /* NULL, or of each interval before that; fewer than 2^31 each */
    size_t intervals;        /* how many these are */
};

struct pieces {
    const struct jpeg_mcus *mcus;
    const struct jpeg_table (*table)[JPEG_TABLES];
    struct piece *piece;
};

/* Can this be done? */
static bool is_possible(const struct jpeg_coder *coder, const struct jpeg_scan *scan, uint64_t total) {
    return coder->pool != NULL && worker_pool_threads(coder->pool) > 1 && total >= 2 * (uint64_t)PIECE_MCUS &&
           !scan->is_progressive && !scan->is_arithmetic && coder->gaps.next.at == UINT64_MAX;
}

static unsigned blocks_at(const struct jpeg_mcus *mcus, uint64_t mcu, int16_t *block[JPEG_MCU_BLOCKS],
                          uint8_t part[JPEG_MCU_BLOCKS]) {
    return jpeg_mcu_blocks(mcus, (uint32_t)(mcu % mcus->columns), (uint32_t)(mcu / mcus->columns), block, part);
}

static bool make_room(struct jpeg_coder *coder, size_t bytes) {
    if (coder->size - coder->at < bytes) {
        const size_t size = coder->size + (coder->size > bytes ? coder->size : bytes);
        uint8_t *grown = bswz_grow(coder->out, coder->at, size);
        if (grown == NULL) {
            return false;
        }
        coder->out = grown;
        coder->size = size;
    }
    return true;
}

/* The bits that are left begin a byte, and so does the next interval. */
static void end_interval(struct piece *piece) {
    struct jpeg_coder *coder = &piece->coder;
    if (coder->mode != JPEG_COUNT) {
        piece->bits[piece->intervals++] = (uint32_t)(8 * (coder->at - piece->start) + coder->bit_count);
        if (coder->bit_count > 0) {
            coder->out[coder->at++] = (uint8_t)(coder->bits << (8 - coder->bit_count));
        }
        coder->bits = coder->bit_count = 0;
        piece->start = coder->at;
    }
}

/* DC of the blocks before the first of a piece. */
static void find_before(const struct pieces *pieces, uint64_t first, int before[JPEG_MAX_COMPONENTS]) {
    int16_t *block[JPEG_MCU_BLOCKS];
    uint8_t part[JPEG_MCU_BLOCKS];
    if (first > 0 && pieces->mcus->scan->restart_interval == 0) {
        const unsigned count = blocks_at(pieces->mcus, first - 1, block, part);
        for (unsigned i = 0; i < count; i++) {
            before[part[i]] = block[i][0];
        }
    }
}

static void collect(void *context, size_t number, unsigned worker) {
    (void)worker;
    const struct pieces *pieces = context;
    struct piece *piece = &pieces->piece[number];
    struct jpeg_coder *coder = &piece->coder;
    const struct jpeg_scan *scan = pieces->mcus->scan;
    int before[JPEG_MAX_COMPONENTS] = {0};
    int16_t *block[JPEG_MCU_BLOCKS];
    uint8_t part[JPEG_MCU_BLOCKS];
    find_before(pieces, piece->first, before);
    for (uint64_t mcu = piece->first; mcu < piece->end && coder->status == BSWZ_OK; mcu++) {
        const unsigned count = blocks_at(pieces->mcus, mcu, block, part);
        if (mcu > piece->first && scan->restart_interval > 0 && mcu % scan->restart_interval == 0) {
            end_interval(piece);
            memset(before, 0, sizeof before);
        }
        if (coder->mode == JPEG_COLLECT && !make_room(coder, (size_t)count * BLOCK_BYTES)) {
            fail(coder, BSWZ_ERROR_MEMORY);
            return;
        }
        for (unsigned i = 0; i < count; i++) {
            jpeg_sequential_block(coder, pieces->table, scan->part[part[i]].dc, scan->part[part[i]].ac,
                                  &before[part[i]], block[i]);
        }
    }
}

/* What follows an interval. */
static void put_restart(struct jpeg_coder *coder, uint64_t number) {
    if (coder->mode != JPEG_COUNT) {
        put_padding(coder);
        put_byte(coder, 0xff);
        put_byte(coder, (uint8_t)(0xd0 + number % 8));
    }
}

/* All intervals but the last. */
static void join_intervals(struct jpeg_coder *coder, const struct piece *piece, uint32_t mcus) {
    size_t at = 0;
    for (size_t i = 0; i < piece->intervals && coder->status == BSWZ_OK; i++) {
        const uint32_t bytes = piece->bits[i] / 8, left = piece->bits[i] % 8;
        put_collected(coder, piece->coder.out + at, bytes);
        at += bytes;
        if (left > 0) {
            put_bits(coder, piece->coder.out[at++] >> (8 - left), left);
        }
        put_restart(coder, piece->first / mcus + i);
    }
}

/* What a piece has collected; if it has failed, up to there. */
static void join(struct jpeg_coder *coder, const struct piece *part, uint32_t restart_interval) {
    const struct jpeg_coder *piece = &part->coder;
    if (restart_interval > 0 && part->first > 0) {
        put_restart(coder, part->first / restart_interval - 1);
    }
    for (unsigned class = 0; class < 2; class ++) {
        for (unsigned number = 0; number < JPEG_TABLES; number++) {
            for (unsigned symbol = 0; symbol < JPEG_SYMBOLS; symbol++) {
                coder->occurrences[class][number][symbol] += piece->occurrences[class][number][symbol];
            }
        }
    }
    join_intervals(coder, part, restart_interval);
    if (coder->mode != JPEG_COUNT && coder->status == BSWZ_OK) {
        put_collected(coder, piece->out + part->start, piece->at - part->start);
        put_bits(coder, (uint32_t)piece->bits & ((1u << piece->bit_count) - 1), piece->bit_count);
    }
    if (piece->status != BSWZ_OK) {
        fail(coder, piece->status);
    }
}

/* Divide `units`, of `each` MCUs, among the pieces. */
static bool divide(const struct jpeg_coder *coder, struct piece *piece, size_t count, uint64_t units, uint32_t each,
                   uint64_t total, bool restarts) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t first = units * i / count, end = units * (i + 1) / count;
        piece[i].coder.mode = coder->mode == JPEG_COUNT ? JPEG_COUNT : JPEG_COLLECT;
        piece[i].first = first * each;
        piece[i].end = end * each < total ? end * each : total;
        piece[i].bits = restarts ? bswz_allocate((size_t)(end - first), sizeof *piece[i].bits) : NULL;
        if (restarts && piece[i].bits == NULL) {
            return false;
        }
    }
    return true;
}

bool jpeg_scan_pieces(struct jpeg_coder *coder, const struct jpeg_mcus *mcus,
                      const struct jpeg_table (*table)[JPEG_TABLES]) {
    const uint64_t total = (uint64_t)mcus->columns * mcus->rows;
    const uint32_t interval = mcus->scan->restart_interval, each = interval > 0 ? interval : 1;
    const uint64_t units = (total + each - 1) / each;
    size_t count = total / PIECE_MCUS < PIECES_MOST ? (size_t)(total / PIECE_MCUS) : PIECES_MOST;
    count = count < units ? count : (size_t)units;
    if (!is_possible(coder, mcus->scan, total) || count < 2) {
        return false;
    }
    struct pieces pieces = {mcus, table, bswz_allocate_zero(count, sizeof *pieces.piece)};
    if (pieces.piece == NULL) {
        fail(coder, BSWZ_ERROR_MEMORY);
        return true;
    }
    if (divide(coder, pieces.piece, count, units, each, total, interval > 0)) {
        loop_run(coder->pool, count, collect, &pieces);
    } else {
        fail(coder, BSWZ_ERROR_MEMORY);
    }
    for (size_t i = 0; i < count; i++) {
        if (coder->status == BSWZ_OK) {
            join(coder, &pieces.piece[i], interval);
        }
        free(pieces.piece[i].coder.out);
        free(pieces.piece[i].bits);
    }
    free(pieces.piece);
    return true;
}
