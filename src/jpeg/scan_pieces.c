/* SPDX-License-Identifier: MIT */
/*
 * Sequential scans by several threads: each collects the bits of some MCUs, and then all are joined, which takes little
 * time. The result is that of coding MCU after MCU, since the only thing that a block needs of the ones before is a DC
 * coefficient, which is known.
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
};

struct pieces {
    const struct jpeg_mcus *mcus;
    const struct jpeg_table (*table)[JPEG_TABLES];
    struct piece *piece;
};

/* Can this be done? */
static bool is_possible(const struct jpeg_coder *coder, const struct jpeg_scan *scan, uint64_t total) {
    return coder->pool != NULL && worker_pool_threads(coder->pool) > 1 && total >= 2 * (uint64_t)PIECE_MCUS &&
           !scan->is_progressive && !scan->is_arithmetic && scan->restart_interval == 0 &&
           coder->gaps.next.at == UINT64_MAX;
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

static void collect(void *context, size_t number, unsigned worker) {
    (void)worker;
    const struct pieces *pieces = context;
    struct piece *piece = &pieces->piece[number];
    struct jpeg_coder *coder = &piece->coder;
    const struct jpeg_scan *scan = pieces->mcus->scan;
    int before[JPEG_MAX_COMPONENTS] = {0};
    int16_t *block[JPEG_MCU_BLOCKS];
    uint8_t part[JPEG_MCU_BLOCKS];
    for (unsigned i = 0, count = piece->first > 0 ? blocks_at(pieces->mcus, piece->first - 1, block, part) : 0;
         i < count; i++) {
        before[part[i]] = block[i][0];
    }
    for (uint64_t mcu = piece->first; mcu < piece->end && coder->status == BSWZ_OK; mcu++) {
        const unsigned count = blocks_at(pieces->mcus, mcu, block, part);
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

/* What a piece has collected; if it has failed, up to there. */
static void join(struct jpeg_coder *coder, const struct jpeg_coder *piece) {
    for (unsigned class = 0; class < 2; class ++) {
        for (unsigned number = 0; number < JPEG_TABLES; number++) {
            for (unsigned symbol = 0; symbol < JPEG_SYMBOLS; symbol++) {
                coder->occurrences[class][number][symbol] += piece->occurrences[class][number][symbol];
            }
        }
    }
    if (coder->mode != JPEG_COUNT) {
        put_collected(coder, piece->out, piece->at);
        put_bits(coder, (uint32_t)piece->bits & ((1u << piece->bit_count) - 1), piece->bit_count);
    }
    if (piece->status != BSWZ_OK) {
        fail(coder, piece->status);
    }
}

bool jpeg_scan_pieces(struct jpeg_coder *coder, const struct jpeg_mcus *mcus,
                      const struct jpeg_table (*table)[JPEG_TABLES]) {
    const uint64_t total = (uint64_t)mcus->columns * mcus->rows;
    if (!is_possible(coder, mcus->scan, total)) {
        return false;
    }
    const size_t count = total / PIECE_MCUS < PIECES_MOST ? (size_t)(total / PIECE_MCUS) : PIECES_MOST;
    struct pieces pieces = {mcus, table, bswz_allocate_zero(count, sizeof *pieces.piece)};
    if (pieces.piece == NULL) {
        fail(coder, BSWZ_ERROR_MEMORY);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        pieces.piece[i].coder.mode = coder->mode == JPEG_COUNT ? JPEG_COUNT : JPEG_COLLECT;
        pieces.piece[i].first = total * i / count;
        pieces.piece[i].end = total * (i + 1) / count;
    }
    loop_run(coder->pool, count, collect, &pieces);
    for (size_t i = 0; i < count; i++) {
        if (coder->status == BSWZ_OK) {
            join(coder, &pieces.piece[i].coder);
        }
        free(pieces.piece[i].coder.out);
    }
    free(pieces.piece);
    return true;
}
