/* SPDX-License-Identifier: MIT */
/*
 * The nets of a component on a band: the sums that all groups share, and the outputs for a group, for one row of tiles at
 * a time. What the rows of a band need of each other is said in rows.h.
 */
#ifndef BSWZ_COMPONENT_H
#define BSWZ_COMPONENT_H

#include "coefficients/coefficient_model.h"
#include "coefficients/tiles.h"
#include "jpeg/planes.h"
#include "threads/spares.h"

/* The kernel takes a run of tiles at a time: of one half, at most RUN_COLUMNS positions. */
enum { RUN_COLUMNS = 4 * TILE_COLUMNS, TILE_POSITIONS = (TILE_ROWS + 2) * (TILE_COLUMNS + 2) };
_Static_assert((int)RUN_COLUMNS <= (int)TILE_POSITIONS, "the buffers of a thread have room for a run");

/* Buffers of one thread. */
struct component_scratch {
    int32_t *sums;
    uint8_t *hidden;
    int16_t *wide;               /* inputs of wide layers */
    int16_t *outputs[VIEWS - 1]; /* of the views but the first */
    void *kernel;
};

/* Numbers of elements: the most that a component of the band needs. */
struct component_sizes {
    size_t blocks, bordered, ends, halves, sums, outputs;
};

/* Memory for the components of a band, one at a time. Owned by the thread that codes the band; workers write to
 * their own scratch and to the rows that they have taken. */
struct component_memory {
    unsigned views;
    int32_t *sums[VIEWS];
    uint8_t *hidden[VIEWS];
    int16_t *outputs;
    struct input_pair *pairs;
    uint32_t *pair_ends;
    struct component_scratch *scratch; /* [threads] */
    unsigned threads;
    struct component_sizes sizes;
    struct worker_pool *pool; /* NULL, or keeps large blocks for the next band (spares.h) */
};

/* views: 1 or VIEWS */
enum bswz_status component_memory_create(struct component_memory *memory, const struct coefficient_model *model,
                                         const struct jpeg_planes *planes, unsigned views, struct worker_pool *pool,
                                         struct bswz_error *error);
void component_memory_free(struct component_memory *memory);

/* What the nets see of a coefficient near 0: 2 FORMS_NEAR + 1 values, the middle one 0. */
enum { FORMS_NEAR = 15, PAIRS_MOST = GROUP_LARGEST /* of a block */ };
struct coefficient_form {
    int16_t line, magnitude;
};

/* What a view has of its own. */
struct component_view {
    const struct component_nets *nets;
    int32_t *sums;                    /* [rows * columns][nets->sums] */
    uint8_t *hidden;                  /* [rows + 2][columns + 2][nets->sums], surrounded by zeros */
    struct layer finish[ROUND_COUNT]; /* bias and shift with which each round reads the sums; bias is owned */
};

/* Owned like component_memory, which it uses. */
struct component_coder {
    const struct coefficient_model *model;
    unsigned views; /* 1, or VIEWS, whose outputs are averaged */
    struct component_view view[VIEWS];
    const struct jpeg_component *component;
    const int16_t (*other[2])[JPEG_BLOCK]; /* NULL, or amplitudes of luma and Cb in this component's blocks */
    const struct tiles *tiles;
    uint32_t rows, columns;
    struct input_pair *pairs; /* [rows][columns * PAIRS_MOST]: the inputs of a 3x3 layer that are not zero */
    uint32_t *pair_ends;      /* [rows][tiles->across + 1]: how many there are before each tile, and in all */
    int16_t *outputs;         /* [rows of tiles][output_stride]: of the blocks of a half, column by column */
    size_t output_stride;
    struct group_step step[JPEG_BLOCK];
    uint8_t place[JPEG_BLOCK], to_magnitude[JPEG_BLOCK]; /* where inputs of another component go, by frequency */
    struct coefficient_form form[JPEG_BLOCK][2 * FORMS_NEAR + 1];
    struct component_scratch *scratch;
};

/* number: 0 luma, 1 Cb, 2 Cr. tiles: of the component; the empty ones of a group are known when it is filled, added or
 * evaluated. other: see above. */
enum bswz_status component_open(struct component_coder *coder, const struct coefficient_model *model,
                                const struct jpeg_component *component, unsigned number, const struct tiles *tiles,
                                const int16_t (*const other[2])[JPEG_BLOCK], const struct component_memory *memory,
                                struct bswz_error *error);
void component_close(struct component_coder *coder);

/* ---- for row number `down` of the tiles ---- */

/* Start the sums: the contributions of DC coefficients and of the other components. */
void component_begin(struct component_coder *coder, uint32_t down, unsigned worker);
/* The inputs that one of the component's own rounds makes; or their opposites, to take off what it has added. */
void component_fill(struct component_coder *coder, unsigned round, bool is_added, uint32_t down);
/* Add what they give; the rows around have been filled, too. */
void component_add(struct component_coder *coder, unsigned round, uint32_t down);
/* Make hidden values of the sums, for the nets of a round. */
void component_hide(struct component_coder *coder, unsigned round, uint32_t down);
/* Compute the outputs of a round, for its blocks in all tiles in which the group is not empty; the rows around are
 * hidden, too. */
void component_evaluate(struct component_coder *coder, unsigned round, uint32_t down, unsigned worker);

static inline unsigned component_outputs_each(const struct component_coder *coder, unsigned round) {
    return coder->view[0].nets->group[round].last.out;
}

/* What the nets say about the blocks of a tile's half, or of a run of tiles. */
static inline int16_t *component_outputs_at(const struct component_coder *coder, unsigned round, struct tile tile) {
    const size_t blocks = tile.rows == TILE_ROWS ? tile.column : tile.column / 2; /* before it */
    return coder->outputs + tile.row / TILE_ROWS * coder->output_stride + blocks * component_outputs_each(coder, round);
}

#endif
