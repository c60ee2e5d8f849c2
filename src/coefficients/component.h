/* SPDX-License-Identifier: MIT */
/*
 * The nets of a component on a band: the sums that all groups share, and the outputs for a group.
 *
 * The work on rows of blocks is shared among the workers; every function returns when all of it is done.
 */
#ifndef BSWZ_COMPONENT_H
#define BSWZ_COMPONENT_H

#include "coefficients/coefficient_model.h"
#include "coefficients/tiles.h"
#include "jpeg/planes.h"
#include "threads/pool.h"

/* A worker takes a row of tiles at a time, and the kernel a tile. */
enum { TILE_POSITIONS = (TILE_ROWS + 2) * (TILE_COLUMNS + 2) };

/* Buffers of one thread. */
struct component_scratch {
    int32_t *sums;
    uint8_t *hidden[2];
    int16_t *wide; /* inputs of wide layers */
    void *kernel;
};

/* Memory for the components of a band, one at a time. Owned by the thread that codes the band; workers write to
 * their own scratch and to the rows that they have taken. */
struct component_memory {
    int32_t *sums;
    uint8_t *hidden;
    int16_t *inputs, *outputs;
    struct component_scratch *scratch; /* [threads] */
    unsigned threads;
};

enum bswz_status component_memory_create(struct component_memory *memory, const struct coefficient_model *model,
                                         const struct jpeg_planes *planes, struct worker_pool *pool,
                                         struct bswz_error *error);
void component_memory_free(struct component_memory *memory);

/* Owned like component_memory, which it uses. */
struct component_coder {
    const struct coefficient_model *model;
    const struct component_nets *nets;
    const struct jpeg_component *component;
    struct worker_pool *pool;
    const struct tiles *tiles;
    uint32_t rows, columns;
    int32_t *sums;                    /* [rows * columns][nets->sums] */
    uint8_t *hidden;                  /* [rows + 2][columns + 2][nets->sums], surrounded by zeros */
    int16_t *inputs;                  /* [rows + 2][columns + 2][planes of a 3x3 layer], surrounded by zeros */
    int16_t *outputs;                 /* [rows * columns][stride]: of the last group that was evaluated */
    struct layer finish[GROUP_COUNT]; /* bias and shift with which each group reads the sums; bias is owned */
    struct group_step step[JPEG_BLOCK];
    struct component_scratch *scratch;
};

/* number: 0 luma, 1 Cb, 2 Cr. tiles: of the component; the empty ones of a group are known when it is added or
 * evaluated. */
enum bswz_status component_open(struct component_coder *coder, const struct coefficient_model *model,
                                const struct jpeg_component *component, unsigned number, const struct tiles *tiles,
                                struct worker_pool *pool, const struct component_memory *memory,
                                struct bswz_error *error);
void component_close(struct component_coder *coder);

/* Start the sums with the contribution of the component's DC coefficients. */
void component_add_dc(struct component_coder *coder);
/* Add the contribution of another component (0 luma, 1 Cb), whose amplitudes are given in this one's blocks. */
void component_add_other(struct component_coder *coder, unsigned other, const int16_t (*amplitude)[JPEG_BLOCK]);
/* Add or subtract the contribution of one of the component's own groups. */
void component_add_group(struct component_coder *coder, unsigned group, bool add);

/* Compute the outputs of the group from the current sums, for all blocks of tiles in which it is not empty. */
void component_evaluate(struct component_coder *coder, unsigned group);

static inline unsigned component_output_stride(const struct component_coder *coder, unsigned group) {
    return coder->nets->group[group].last.out;
}

#endif
