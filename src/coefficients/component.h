/*
 * The nets of a component on a band: the sums that all groups share, and what they say of a group.
 *
 * Work on rows of blocks is shared among the workers; every function returns when all is done.
 */
#ifndef BSWZ_COMPONENT_H
#define BSWZ_COMPONENT_H

#include "coefficients/model.h"
#include "jpeg/planes.h"
#include "pipeline/pool.h"

enum {
    STRIP_ROWS = 4,     /* of blocks: what a worker takes at a time */
    STRIP_COLUMNS = 32, /* of these a call of the kernel does so many */
    STRIP_POSITIONS = (STRIP_ROWS + 2) * (STRIP_COLUMNS + 2)
};

/* Buffers of one thread. */
struct component_scratch {
    int32_t *sums;
    uint8_t *hidden[2];
    int16_t *wide; /* inputs of wide layers */
    void *kernel;
};

/* Memory for any component of a band, one after the other. Owned by the thread that codes the band; workers
 * write their own scratch and the rows that they have taken. */
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

/* As component_memory, which it uses. */
struct component_coder {
    const struct coefficient_model *model;
    const struct component_nets *nets;
    const struct jpeg_component *component;
    struct worker_pool *pool;
    uint32_t rows, columns;
    int32_t *sums;   /* [rows * columns][nets->sums] */
    uint8_t *hidden; /* [rows + 2][columns + 2][nets->sums], zeros around */
    int16_t *inputs; /* [rows + 2][columns + 2][planes of a 3x3 layer], zeros around */
    int16_t *outputs; /* [rows * columns][stride]: the last group's that was evaluated */
    struct layer finish[GROUP_COUNT]; /* bias and shift of each group's reading of the sums; bias is owned */
    struct group_step step[JPEG_BLOCK];
    struct component_scratch *scratch;
};

/* number: 0 luma, 1 Cb, 2 Cr. */
enum bswz_status component_open(struct component_coder *coder, const struct coefficient_model *model,
                                const struct jpeg_component *component, unsigned number, struct worker_pool *pool,
                                const struct component_memory *memory, struct bswz_error *error);
void component_close(struct component_coder *coder);

/* Begin the sums with what the component's DC coefficients say. */
void component_add_dc(struct component_coder *coder);
/* Add what another component says (0 luma, 1 Cb), by amplitudes in this one's blocks. */
void component_add_other(struct component_coder *coder, unsigned other, const int16_t (*amplitude)[JPEG_BLOCK]);
/* Add, or take off again, what the component's own group says. */
void component_add_group(struct component_coder *coder, unsigned group, bool add);

/* Outputs of the group for all blocks, from the sums as they are. */
void component_evaluate(struct component_coder *coder, unsigned group);

static inline unsigned component_output_stride(const struct component_coder *coder, unsigned group) {
    return coder->nets->group[group].last.out;
}

#endif
