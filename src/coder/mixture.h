/*
 * A pixel as a mixture of K logistics that share one index over its channels, and the index as a latent variable
 * coded by bits-back.
 *
 * To push a pixel x: pop k from the exact posterior p(k | x), push x under component k, push k under its prior.
 * The net cost is -log2 sum_k p(k) p(x | k): that of the mixture, although the mixture is never summed for the
 * coder.
 *
 * The channels are coded in order. The residuals of the preceding channels shift the mean (couplings) and widen
 * the scale (growth).
 */
#ifndef BSWZ_MIXTURE_H
#define BSWZ_MIXTURE_H

#include "coder/ans.h"
#include "coder/logistic.h"
#include "coder/weights.h"

enum {
    MIXTURE_FIELDS = 10, /* per component: 3 means, 3 scales, 3 couplings, 1 logit */
    MIXTURE_OUTPUTS = MIXTURE_COMPONENTS * MIXTURE_FIELDS,
    SCALE_UNIT = 16,       /* unit of the net's scales: 1/16 of a scale index */
    COUPLING_UNIT = 1024,  /* unit of the net's couplings: 1/1024 */
    GROWTH_UNIT = 256      /* unit of growth factors: 1/256 */
};

/* The net's outputs for a pixel: MIXTURE_OUTPUTS values, component by component, in the units above. Means are
 * offsets to the interpolation in 1/64 of a level, logits are in 1/32 of a nat (weights.h). */
typedef int16_t mixture_outputs[MIXTURE_OUTPUTS];

/* Growth of a channel's scale with the residual of an earlier one: [0] second by first, [1] third by first, [2]
 * third by second; in 1/GROWTH_UNIT. */
struct mixture_growth {
    int16_t factor[3];
};

/* A pixel prepared for pushing: everything that does not need the stack. Cumulative weights start at 0 and end at
 * 2^16, which is not stored, or stored as 0. */
struct prepared_pixel {
    uint16_t posterior_start[MIXTURE_COMPONENTS], prior_start[MIXTURE_COMPONENTS + 1];
    uint32_t start[3][MIXTURE_COMPONENTS], frequency[3][MIXTURE_COMPONENTS];
};

/* A pixel prepared for popping: everything that needs neither the stack nor the pixel, component by component.
 * With one channel, only what the first channel needs is set. */
struct awaited_pixel {
    uint16_t prior_start[MIXTURE_COMPONENTS];
    int16_t first_mean[MIXTURE_COMPONENTS];    /* of the first channel, complete */
    int32_t first_inverse[MIXTURE_COMPONENTS]; /* its inverse_scale */
    struct {
        int16_t coupling; /* of the second channel to the first residual */
        int16_t first_index; /* of the first channel's scale */
    } second[MIXTURE_COMPONENTS];
    int32_t mean[2][MIXTURE_COMPONENTS];  /* of the later channels, before coupling */
    int16_t scale[2][MIXTURE_COMPONENTS]; /* of the later channels, before growth */
    int16_t coupling[MIXTURE_COMPONENTS][2]; /* of the third channel to the first and the second residual */
};

/* Prepare a pixel from the net's outputs. base[c]: the interpolation, 0 ... 255; pixel[c]: the true value;
 * channels: 1 or 3. */
void mixture_prepare(const int16_t *outputs, const struct mixture_growth *growth, unsigned channels,
                     const uint8_t *base, const uint8_t *pixel, struct prepared_pixel *prepared);

/* Push a prepared pixel. */
void mixture_push(struct ans *ans, unsigned lane, unsigned channels, const struct prepared_pixel *prepared);

/* The exact inverse of mixture_prepare and mixture_push: pixel[c] is set. */
void mixture_pop(struct ans *ans, unsigned lane, unsigned channels, const int16_t *outputs,
                 const struct mixture_growth *growth, const uint8_t *base, uint8_t *pixel);

/* Push prepared[count - 1] ... prepared[0]; the lane of prepared[i] is first + i modulo the number of lanes. */
void mixture_push_run(struct ans *ans, unsigned first, unsigned channels, const struct prepared_pixel *prepared,
                      size_t count);

/* The net's outputs for `count` pixels: those of pixel i begin at outputs[i * stride]. */
struct mixture_batch {
    const int16_t *outputs;
    size_t stride;
    const struct mixture_growth *growth;
    unsigned channels; /* 1 or 3 */
    const uint8_t (*base)[3]; /* [count]: the interpolations; with one channel only [0] */
    size_t count;
};

/* The batch without its first i pixels. */
static inline struct mixture_batch mixture_batch_from(const struct mixture_batch *batch, size_t i) {
    struct mixture_batch rest = *batch;
    rest.outputs += i * rest.stride;
    rest.base += i;
    rest.count -= i;
    return rest;
}

/* The same operations on many pixels; one implementation per instruction set, all giving the same numbers. */
struct mixture_coder {
    /* Like mixture_prepare, for pixel[0 ... count); the result for pixel i is prepared[i * step]. */
    void (*prepare)(const struct mixture_batch *batch, const uint8_t (*pixel)[3], struct prepared_pixel *prepared,
                    size_t step);
    /* The first half of mixture_pop; the result for pixel i is awaited[i * step]. */
    void (*await)(const struct mixture_batch *batch, struct awaited_pixel *awaited, size_t step);
    /* The second half: pop awaited[0] ... awaited[count - 1] into pixel; lanes as for mixture_push_run. */
    void (*pop_run)(struct ans *ans, unsigned first, unsigned channels, const struct mixture_growth *growth,
                    const struct awaited_pixel *awaited, size_t count, uint8_t (*pixel)[3]);
};

extern const struct mixture_coder mixture_reference;

/* The reference's pop_run, which also adds to *index_bits the cost of choosing the components: for each pixel,
 * log2 of the posterior over the prior. */
void mixture_pop_run_counted(struct ans *ans, unsigned first, unsigned channels, const struct mixture_growth *growth,
                             const struct awaited_pixel *awaited, size_t count, uint8_t (*pixel)[3],
                             double *index_bits);
#if defined(__x86_64__)
extern const struct mixture_coder mixture_avx2, mixture_avx512;

/* pop_run for both: within a pixel there is no work for longer vectors. */
void mixture_pop_run_avx2(struct ans *ans, unsigned first, unsigned channels, const struct mixture_growth *growth,
                          const struct awaited_pixel *awaited, size_t count, uint8_t (*pixel)[3]);
#endif

/* -log2 of the mixture's probability of the prepared pixel, in floating point: only for reports and tests. */
double mixture_bits(unsigned channels, const struct prepared_pixel *prepared);

#endif
