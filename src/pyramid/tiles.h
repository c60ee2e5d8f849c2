/* SPDX-License-Identifier: MIT */
/*
 * The tiles of a band in the order in which the decoder processes them, and the queue that lets workers evaluate
 * them ahead of the sequencer.
 *
 * Ownership
 *
 * The sequencer is the thread that called tile_queue_run; if several bands are coded at a time (ordered.h), each has
 * its own, which may be a worker of the pool. It takes the tiles one by one, in order. Idle threads of the pool,
 * and the sequencer itself when it would otherwise wait, evaluate the nets of later tiles. The result of a tile is
 * stored in one of a fixed number of slots: tile number i uses slot i modulo the number of slots. So the queue is
 * ordered by construction, its memory is bounded, and putting a result into it cannot fail.
 *
 *     jobs, model, corrections   shared, constant while the queue runs
 *     ANS stack                  only the sequencer
 *     scratch[w]                 thread w of the pool, for one evaluation at a time
 *     slot                       from the claim of its tile until done is set: the thread that claimed it;
 *                                from then until the tile is sequenced: the sequencer
 *     planes, encoding           shared, constant
 *     planes, decoding           written by the sequencer, each sample once.  Workers read them at
 *                                the same time, but only pixels that their tile waited for
 *                                (ready_after).  Chroma of half resolution is interpolated with
 *                                the last tile of level 1; all tiles of level 0 wait for that one
 *     claimed, evaluated, sequenced, done, cancelled   under the pool's lock (tile_queue.c)
 *
 * What a thread wrote before it set done or increased sequenced, both under the lock, is visible to any thread
 * that reads these under the lock: there is no other synchronisation, and none is needed.
 *
 * Waiting
 *
 *     claimed    tiles that some thread has begun to evaluate; they are claimed in order
 *     sequenced  tiles that the sequencer has finished
 *
 * A tile may be claimed when its slot is free (claimed < sequenced + slots) and its inputs are known (ready_after
 * <= sequenced: when decoding, the neighbouring tiles of the preceding pass must have been decoded; an encoder
 * knows all pixels from the start).
 *
 * The sequencer waits for the next tile. While it would wait, it evaluates tiles itself, so that two threads on two
 * cores are never idle while there is work, and a single thread does everything in turn: -T1 runs the same code. The
 * queue is an offer to the pool (pool.h): workers search it and other offers for a tile that they may claim, and wait
 * if there is none. There is always a thread that can proceed: an evaluation waits for nothing, so a claimed tile will
 * be done; and if the next tile is not claimed, all tiles before it have been sequenced, so its inputs are known and
 * its slot is free, and the sequencer claims it.
 *
 * If the sequencer fails it sets cancelled: no worker claims another tile. In any case tile_queue_run returns only
 * after every claimed tile has been evaluated, so that slots, scratch and planes belong to the caller again.
 *
 * Context. A thread codes a band from the first step to the last, and offers the parts that can be shared to the pool,
 * one after another: the loops of the search for an origin (loop.h, origin/wavefront.h), the fit of corrections, these
 * tiles. Bands themselves are an offer (ordered.h, band/band_jobs.h), older than any of these, so that a free thread
 * takes a band before it helps with another thread's band. The threads that read a picture (band/band.h), write
 * pictures (stream/restore.h) and bytes (container/output.h) know nothing about tiles; whole bands and pieces of output
 * go through queues of their own (queue.h).
 */
#ifndef BSWZ_TILES_H
#define BSWZ_TILES_H

#include "model/lattice.h"
#include "model/model_private.h"
#include "threads/pool.h"

struct tile_job {
    struct lattice_tile tile;
    unsigned level;
    size_t ready_after; /* when decoding: tiles that must have been sequenced before */
};

/* All tiles of a band of width x height under a head, in decoding order: from the coarsest level down, pass 1
 * before pass 2. *first_of_level_0 receives the number of tiles of the coarser levels. wait_for_level_1: level 0
 * needs level 1 to be complete. */
enum bswz_status tile_jobs_list(const struct bswz_model *model, enum model_head head, uint32_t width, uint32_t height,
                                bool wait_for_level_1, struct tile_job **jobs, size_t *count, size_t *first_of_level_0,
                                struct bswz_error *error);

struct tile_work {
    size_t count;
    const size_t *ready_after; /* [count] in processing order, or NULL: all are ready from the start */
    /* Evaluate tile number index into the slot; runs in any thread. worker: its number, 0 ... threads - 1. */
    void (*evaluate)(void *context, size_t index, unsigned slot, unsigned worker);
    /* Code tile number index from the slot; runs in the caller's thread, in order. A failing status ends everything. */
    enum bswz_status (*sequence)(void *context, size_t index, unsigned slot, struct bswz_error *error);
    void *context;
};

/* The number of slots that tile_queue_run uses with this many threads. */
unsigned tile_queue_slots(unsigned threads);

enum bswz_status tile_queue_run(struct worker_pool *pool, const struct tile_work *work, struct bswz_error *error);

#endif
