/* SPDX-License-Identifier: MIT */
/*
 * The processing of one input: open it, decide where the result goes, run the library, finish or discard the result,
 * and remove the source if requested.
 */
#include "cli/work.h"

#include "cli/becomes_png.h"
#include "cli/map.h"
#include "cli/message.h"
#include "cli/output_dir.h"
#include "cli/progress.h"
#include "cli/sandbox.h"
#include "cli/suffix.h"
#include "cli/target.h"
#include "cli/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_SIZE 12 /* what bswz_recognise() needs */

static void print_notice(void *context, const char *line) {
    message_notice((const char *)context, "%s", line);
}

static void explain(const struct source *source, enum bswz_status status, const struct bswz_error *error,
                    const char *advice) {
    if (status == BSWZ_ERROR_READ && source->failure != 0) {
        message_error(source->name, "cannot read: %s", strerror(source->failure));
    } else if (error->message[0] == '\0') {
        message_error(source->name, "failed (status %d)", (int)status);
    } else if (error->offset != 0) {
        message_error(source->name, "%s (at byte %" PRIu64 ")%s", error->message, error->offset, advice);
    } else {
        message_error(source->name, "%s%s", error->message, advice);
    }
}

void work_explain(const struct source *source, enum bswz_status status, const struct bswz_error *error) {
    explain(source, status, error, "");
}

/* What may help with a damaged file, unless it is empty. */
static const char *advice_for(enum bswz_status status, const struct source *source, const struct options *options) {
    const bool is_damage = status == BSWZ_ERROR_TRUNCATED || status == BSWZ_ERROR_CORRUPT;
    return is_damage && source->bytes_read > 0 && options->mode != MODE_COMPRESS && !options->rescue
               ? "; -d --rescue restores what is left"
               : "";
}

/* Everything that one input needs. */
struct conversion {
    const struct work_item *item;
    const struct options *options;
    struct models *models;
    struct progress_board *board;
    struct results *results;
    struct source source;
    struct target target;
    struct progress_line progress;
    struct verifier *verifier; /* NULL: none */
    bool told_damage;          /* a rescue has reported what is missing */
    bool existed;              /* the result did */
};

static void print_damage(void *context, const char *line) {
    struct conversion *conversion = context;
    message_error(conversion->source.name, "%s", line);
    conversion->told_damage = true;
}

/* A test covers everything: it does not continue after errors, and leaves nothing out. */
static bool is_rescue(const struct options *options) {
    return options->rescue && options->mode == MODE_DECOMPRESS;
}

static size_t read_source(void *context, uint8_t *bytes, size_t size) {
    struct conversion *conversion = context;
    const size_t got = source_read(&conversion->source, bytes, size);
    if (conversion->verifier != NULL && got != SIZE_MAX) {
        verify_source(conversion->verifier, bytes, got);
    }
    progress_tick(&conversion->progress);
    return got;
}

static int write_target(void *context, const uint8_t *bytes, size_t size) {
    struct conversion *conversion = context;
    if (conversion->verifier != NULL) {
        verify_result(conversion->verifier, bytes, size);
    }
    return target_write(&conversion->target, bytes, size);
}

static enum bswz_status compress(struct conversion *conversion, struct bswz_error *error) {
    const struct options *options = conversion->options;
    const struct bswz_compress_options wanted = {
        .size = sizeof wanted,
        .level = options->level,
        .threads = conversion->item->threads,
        .model = conversion->models->chosen,
        .raw_width = options->raw_width,
        .raw_height = options->raw_height,
        .raw_channels = options->raw_channels,
        .raw_bits = options->raw_bits,
        .raw_big_endian = options->raw_big_endian,
        .keep_pixels = options->keep_pixels,
        .exact = options->exact,
        .no_origin = options->no_origin,
        .no_verify = options->no_verify && !options->remove_source && !options->verify, /* these need the checks */
        .memory_limit = options->memory_limit,
        .notice = options->verbosity >= VERBOSITY_NOTICES ? print_notice : NULL,
        .notice_context = (void *)(uintptr_t)conversion->source.name,
        .progress = conversion->progress.shown_at_all ? progress_picture : NULL,
        .progress_context = &conversion->progress,
    };
    return bswz_compress((struct bswz_input){read_source, conversion}, (struct bswz_output){write_target, conversion},
                         &wanted, error);
}

static enum bswz_status compress_verified(struct conversion *conversion, struct bswz_error *error) {
    struct verifier verifier;
    enum bswz_status status =
        verify_begin(&verifier, conversion->item->threads, conversion->options, conversion->models->chosen, error);
    if (status != BSWZ_OK) {
        return status;
    }
    conversion->verifier = &verifier;
    status = compress(conversion, error);
    conversion->verifier = NULL;
    if (status != BSWZ_OK) {
        verify_abandon(&verifier);
        return status;
    }
    return verify_finish(&verifier, error);
}

/* Decompress, or map. */
static enum bswz_status decompress(struct conversion *conversion, struct bswz_error *error) {
    const struct options *options = conversion->options;
    const struct bswz_decompress_options wanted = {
        .size = sizeof wanted,
        .threads = conversion->item->threads,
        .model = conversion->models->chosen,
        .target = options->target,
        .scale = options->mode != MODE_TEST ? options->scale : 0,
        .rescue = is_rescue(options),
        .damage = print_damage,
        .damage_context = conversion,
        .memory_limit = options->memory_limit,
        .notice = options->verbosity >= VERBOSITY_NOTICES ? print_notice : NULL,
        .notice_context = (void *)(uintptr_t)conversion->source.name,
        .find_model = models_find,
        .find_model_context = conversion->models,
        .progress = conversion->progress.shown_at_all ? progress_picture : NULL,
        .progress_context = &conversion->progress,
    };
    const struct bswz_input input = {read_source, conversion};
    const struct bswz_output output = {write_target, conversion};
    if (options->mode == MODE_MAP) {
        struct map_table table = {.name = conversion->source.name, .options = options, .output = output};
        const enum bswz_status status = bswz_map(input, options->robot ? (struct bswz_output){NULL, NULL} : output,
                                                 &wanted, map_print, &table, error);
        return status == BSWZ_OK && table.failed ? BSWZ_ERROR_WRITE : status;
    }
    return bswz_decompress(input, output, &wanted, error);
}

/* bswzcat accepts anything: what is not one of our streams is copied unchanged. */
static bool is_foreign(struct source *source, const struct options *options) {
    if (options->mode != MODE_DECOMPRESS || !options->to_stdout || !options->force) {
        return false;
    }
    const uint8_t *bytes;
    size_t size = source_peek(source, &bytes, MAGIC_SIZE);
    return !bswz_recognise(bytes, size);
}

static enum bswz_status pass_through(struct conversion *conversion) {
    uint8_t bytes[1 << 14];
    for (;;) {
        size_t size = read_source(conversion, bytes, sizeof bytes);
        if (size == SIZE_MAX) {
            return BSWZ_ERROR_READ;
        }
        if (size == 0) {
            return BSWZ_OK;
        }
        if (write_target(conversion, bytes, size) != 0) {
            return BSWZ_ERROR_WRITE;
        }
    }
}

/* The name of the result of a file. To be freed. */
static enum outcome name_target(const struct source *source, const struct options *options, char **name) {
    char *plain;
    struct options own = *options;
    own.target_suffix = becomes_png(source, options) ? ".png" : options->target_suffix;
    enum outcome outcome = suffix_target_name(source->path, &own, &plain);
    if (outcome == OUTCOME_DONE && options->output_dir != NULL) {
        outcome = output_dir_place(source->path, plain, options, name);
        free(plain);
    } else {
        *name = plain;
    }
    return outcome;
}

/* With --skip-existing: sets conversion->existed instead of opening anything. */
static enum outcome open_file_target(struct conversion *conversion, const char *name) {
    const struct options *options = conversion->options;
    if (options->skip_existing && target_is_made(name, &conversion->source, options)) {
        message_notice(conversion->source.name, "%s exists, skipped", name);
        conversion->existed = true;
        return OUTCOME_DONE;
    }
    const enum outcome outcome = (options->output != NULL ? target_open_named : target_open_file)(
        &conversion->target, name, &conversion->source, options);
    conversion->target.results = conversion->results;
    return outcome;
}

static enum outcome open_target(struct conversion *conversion) {
    const struct options *options = conversion->options;
    const struct source *source = &conversion->source;
    if (options->mode == MODE_TEST) {
        target_open_nowhere(&conversion->target);
        return OUTCOME_DONE;
    }
    if (options->output != NULL) {
        return open_file_target(conversion, options->output);
    }
    if (options->to_stdout || source->path == NULL) {
        return target_open_stdout(&conversion->target, source, options);
    }
    char *name = NULL;
    enum outcome outcome = name_target(source, options, &name);
    if (outcome == OUTCOME_DONE) {
        outcome = open_file_target(conversion, name);
    }
    free(name);
    return outcome;
}

void work_print_sizes(const char *name, uint64_t in, uint64_t out, const struct options *options) {
    const uint64_t large = options->mode == MODE_COMPRESS ? in : out, small = options->mode == MODE_COMPRESS ? out : in;
    message_notice(name, "%" PRIu64 " bytes in, %" PRIu64 " bytes out (%.1f %%)", in, out,
                   large > 0 ? 100.0 * (double)small / (double)large : 100.0);
}

static void summarise(const struct source *source, const struct target *target, const struct options *options) {
    if (options->mode == MODE_TEST) {
        message_notice(source->name, "OK");
    } else if (options->mode != MODE_MAP) {
        work_print_sizes(source->name, source->bytes_read, target->bytes_written, options);
    }
}

/* Was everything restored, and the only fault that more bytes follow the last stream? Then the result is worth
 * keeping. */
static bool is_followed(enum bswz_status status, const struct bswz_error *error) {
    return status == BSWZ_ERROR_FORMAT && error->offset > 0;
}

/* Was everything written that could be restored? Then the result is worth keeping, too. */
static bool is_rescued(const struct conversion *conversion, enum bswz_status status) {
    return is_rescue(conversion->options) && conversion->target.bytes_written > 0 &&
           (status == BSWZ_ERROR_TRUNCATED || status == BSWZ_ERROR_CORRUPT || status == BSWZ_ERROR_VERSION ||
            status == BSWZ_ERROR_READ);
}

static enum bswz_status run(struct conversion *conversion, struct bswz_error *error) {
    const struct options *options = conversion->options;
    if (is_foreign(&conversion->source, options)) {
        return pass_through(conversion);
    }
    if (options->mode != MODE_COMPRESS) {
        return decompress(conversion, error);
    }
    return options->verify ? compress_verified(conversion, error) : compress(conversion, error);
}

static enum outcome convert(struct conversion *conversion) {
    const struct options *options = conversion->options;
    struct source *source = &conversion->source;
    struct target *target = &conversion->target;
    enum outcome outcome = open_target(conversion);
    if (outcome != OUTCOME_DONE || conversion->existed) {
        return outcome;
    }
    if (conversion->item->is_last) {
        sandbox_narrow(options);
    }
    const bool is_file = target->is_file;
    struct bswz_error error = {0};
    progress_begin(&conversion->progress, conversion->board, conversion->item->number, source, target, options);
    enum bswz_status status = run(conversion, &error);
    progress_end(&conversion->progress);
    if (status != BSWZ_OK) {
        if (target->failure != 0) {
            target_explain(target);
        } else if (!conversion->told_damage || status == BSWZ_ERROR_READ || !is_rescued(conversion, status)) {
            explain(source, status, &error, advice_for(status, source, options));
        }
        if (is_followed(status, &error) || (target->failure == 0 && is_rescued(conversion, status))) {
            target_finish(target, source);
        } else {
            target_discard(target);
        }
        return OUTCOME_ERROR;
    }
    summarise(source, target, options);
    outcome = target_finish(target, source);
    conversion->existed = target->existed;
    if (outcome == OUTCOME_DONE && !target->existed && options->remove_source && is_file && source->path != NULL) {
        outcome = source_remove(source);
    }
    return outcome;
}

struct work_result work_on(struct work_run *run, const struct work_item *item) {
    struct conversion conversion = {
        .item = item, .options = run->options, .models = run->models, .board = &run->board, .results = &run->results};
    struct work_result result = {.outcome = source_open(&conversion.source, item->input, run->options)};
    if (result.outcome == OUTCOME_DONE) {
        result.outcome = convert(&conversion);
        result.existed = conversion.existed;
        result.in = conversion.source.bytes_read;
        result.out = conversion.target.bytes_written;
        source_close(&conversion.source);
    }
    return result;
}
