/* SPDX-License-Identifier: MIT */
/*
 * The callbacks of libjpeg (guard.h); client_data points to the guard.
 */
#include "jpeg/guard.h"

#include <jerror.h>

/* Progressive files are held as coefficients of two bytes each: a few hundred megapixels. A small file may claim
 * that many. */
#define COEFFICIENT_BYTES_MAX 0x7fffffff

static void on_error(j_common_ptr common) {
    struct jpeg_guard *guard = common->client_data;
    char words[JMSG_LENGTH_MAX];
    common->err->format_message(common, words);
    enum bswz_status status = BSWZ_ERROR_FORMAT;
    switch (common->err->msg_code) {
    case JERR_OUT_OF_MEMORY: status = BSWZ_ERROR_MEMORY; break;
    case JERR_NO_BACKING_STORE: /* COEFFICIENT_BYTES_MAX is exceeded */
        guard->status = bswz_fail(guard->error, BSWZ_ERROR_LIMIT, "JPEG: too many coefficients to hold in memory");
        longjmp(guard->jump, 1);
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_SOF_UNSUPPORTED: status = BSWZ_ERROR_UNSUPPORTED; break;
    default: break;
    }
    guard->status = bswz_fail(guard->error, status, "JPEG: %s", words);
    longjmp(guard->jump, 1);
}

static void on_message(j_common_ptr common, int level) {
    struct jpeg_guard *guard = common->client_data;
    if (level < 0 && common->err->num_warnings++ == 0) {
        common->err->format_message(common, guard->warning);
    }
}

static void on_output(j_common_ptr common) {
    (void)common; /* nothing is printed */
}

/* A row of MCUs has been read. */
static void count_row(struct jpeg_guard *guard) {
    const struct jpeg_decompress_struct *decoder = &guard->decoder;
    const unsigned row = decoder->input_iMCU_row;
    if (row == guard->last_row) {
        return;
    }
    guard->last_row = row;
    for (int i = 0; i < decoder->comps_in_scan; i++) {
        const jpeg_component_info *component = decoder->cur_comp_info[i];
        guard->work += (uint64_t)component->width_in_blocks * (unsigned)component->v_samp_factor *
                       (unsigned)(JPEG_BLOCK_WORK + (decoder->progressive_mode ? decoder->Se - decoder->Ss : 63));
    }
}

static void on_progress(j_common_ptr common) {
    struct jpeg_guard *guard = common->client_data;
    count_row(guard);
    if (guard->work > guard->most_work) {
        guard->status = bswz_fail(guard->error, BSWZ_ERROR_LIMIT, "JPEG: too many scans for its size");
        longjmp(guard->jump, 1);
    }
    if (guard->decoder.input_scan_number > JPEG_SCANS_MAX) {
        guard->status = bswz_fail(guard->error, BSWZ_ERROR_LIMIT, "JPEG: more than %d scans", JPEG_SCANS_MAX);
        longjmp(guard->jump, 1);
    }
}

void jpeg_guard_begin(struct jpeg_guard *guard, struct bswz_error *error) {
    guard->decoder.err = jpeg_std_error(&guard->manager);
    guard->manager.error_exit = on_error;
    guard->manager.emit_message = on_message;
    guard->manager.output_message = on_output;
    guard->decoder.client_data = guard;
    guard->error = error;
}

void jpeg_guard_create(struct jpeg_guard *guard, const uint8_t *bytes, size_t size) {
    struct jpeg_decompress_struct *decoder = &guard->decoder;
    decoder->mem = NULL;
    guard->is_created = true; /* in part, if this runs out of memory */
    jpeg_create_decompress(decoder);
    decoder->mem->max_memory_to_use = COEFFICIENT_BYTES_MAX;
    guard->most_work = jpeg_most_work(size);
    guard->progress.progress_monitor = on_progress;
    decoder->progress = &guard->progress;
    jpeg_mem_src(decoder, bytes, size);
}

enum bswz_status jpeg_guard_check(struct jpeg_guard *guard) {
    if (guard->manager.num_warnings == 0 || guard->is_lenient) {
        return BSWZ_OK;
    }
    return bswz_fail(guard->error, BSWZ_ERROR_FORMAT, "JPEG: damaged: %s", guard->warning);
}

void jpeg_guard_end(struct jpeg_guard *guard) {
    if (guard->is_created) {
        jpeg_destroy_decompress(&guard->decoder);
    }
}
