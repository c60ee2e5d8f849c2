/* SPDX-License-Identifier: MIT */
/*
 * Counting what frames hold (accountant.h).
 */
#include "stream/accountant.h"

#include "base/allocate.h"
#include "container/memory.h"
#include "jpeg/file.h"

#include <math.h>
#include <stdlib.h>

void accountant_begin(struct accountant *accountant, const struct bswz_decompress_options *options,
                      uint64_t memory_limit) {
    *accountant = (struct accountant){.memory_limit = memory_limit};
    progress_open(&accountant->progress, NULL, NULL);
    accountant->coding = (struct coding_context){.threads = options->threads,
                                                 .model = options->model,
                                                 .find_model = options->find_model,
                                                 .find_model_context = options->find_model_context,
                                                 .progress = &accountant->progress};
}

void accountant_end(struct accountant *accountant) {
    jpeg_restoration_close(&accountant->jpeg);
    gif_restoration_close(&accountant->gif);
    coding_close(&accountant->coding);
    progress_close(&accountant->progress);
}

/* Decode a band and discard the samples. */
static enum bswz_status decode(struct accountant *accountant, const struct walk *walk, const uint8_t *payload,
                               struct account *account, struct bswz_error *error) {
    const struct picture_info *info = &walk->picture.info;
    const uint64_t wanted = memory_to_decode(info, walk->rows) + priors_bytes(accountant->coding.priors);
    if (wanted > accountant->memory_limit) {
        return bswz_over_limit(error, 0, "decoding", wanted, accountant->memory_limit);
    }
    uint8_t *samples = bswz_allocate(walk->rows, picture_row_bytes(info));
    if (samples == NULL) {
        return bswz_no_memory(error);
    }
    uint8_t *prior = NULL;
    const struct frame_source source = {.picture = &walk->picture,
                                        .header = &walk->frame,
                                        .payload = payload,
                                        .payload_size = (size_t)walk->frame.payload_size,
                                        .rows = walk->rows,
                                        .prior = &prior,
                                        .account = account};
    progress_begin_band(&accountant->coding.band, &accountant->progress, (uint64_t)info->width * walk->rows);
    enum bswz_status status = frame_decode(&accountant->coding, &source, samples, error);
    if (status == BSWZ_OK) {
        status = coding_add_prior(&accountant->coding, info, prior, error);
    } else {
        free(prior);
    }
    free(samples);
    return status;
}

/* Begin a file. False: restoring it takes too much memory. */
static bool begin_file(struct accountant *accountant, uint64_t wanted, uint64_t samples) {
    accountant->file_failure = (struct bswz_error){.status = BSWZ_OK};
    accountant->file_bytes = 0;
    accountant->samples += samples;
    if (wanted > accountant->memory_limit) {
        bswz_over_limit(&accountant->file_failure, 0, "decoding", wanted, accountant->memory_limit);
    }
    return wanted <= accountant->memory_limit;
}

void accountant_jpeg(struct accountant *accountant, const struct walk *walk) {
    const struct jpeg_header *header = &walk->jpeg;
    if (begin_file(accountant, jpeg_memory_to_restore(&header->planes, header->file_size),
                   (uint64_t)header->planes.width * header->planes.height * header->planes.count)) {
        jpeg_restoration_begin(&accountant->jpeg, &accountant->coding, header, false, accountant->map,
                               &accountant->file_failure);
    }
}

void accountant_gif(struct accountant *accountant, const struct walk *walk) {
    const struct gif_header *header = &walk->gif;
    if (begin_file(accountant, gif_memory(header), (uint64_t)header->width * header->height)) {
        gif_restoration_begin(&accountant->gif, header, false, &accountant->file_failure);
        accountant->gif.map = accountant->map;
    }
}

/* The next band or part of a file. */
static enum bswz_status count_part(struct accountant *accountant, struct walk *walk, struct bswz_error *error) {
    struct bswz_error *failure = &accountant->file_failure;
    const uint8_t *payload;
    size_t available;
    const enum bswz_status status = walk_payload(walk, &payload, &available, error);
    if (status != BSWZ_OK) {
        return status;
    }
    accountant->file_bytes += available;
    if (failure->status == BSWZ_OK && walk->place == WALK_IN_GIF) {
        gif_restoration_push(&accountant->gif, payload, available, false, failure);
    } else if (failure->status == BSWZ_OK) {
        jpeg_restoration_push(&accountant->jpeg, payload, available, false, input_position(walk->input), failure);
    }
    walk_payload_done(walk);
    return BSWZ_OK;
}

/* Count a file, whether or not it could be restored. */
static void end_file(struct accountant *accountant, const struct walk *walk, enum account_share share) {
    const struct bswz_error *failure = &accountant->file_failure;
    account_bytes(&accountant->account, failure->status == BSWZ_OK ? share : SHARE_UNDECODED,
                  (size_t)accountant->file_bytes);
    if (failure->status != BSWZ_OK) {
        const uint64_t place = failure->offset != 0 ? failure->offset : input_position(walk->input);
        bswz_fail_at(&accountant->failure, failure->status, place, "%s", failure->message); /* keeps the first */
    }
}

void accountant_jpeg_end(struct accountant *accountant, const struct walk *walk) {
    if (accountant->file_failure.status == BSWZ_OK) {
        uint8_t *file;
        jpeg_restoration_finish(&accountant->jpeg, &file, &accountant->file_failure);
        free(file);
    }
    jpeg_restoration_close(&accountant->jpeg);
    end_file(accountant, walk, SHARE_COEFFICIENTS);
}

void accountant_gif_end(struct accountant *accountant, const struct walk *walk) {
    if (accountant->file_failure.status == BSWZ_OK) {
        uint8_t *file;
        gif_restoration_finish(&accountant->gif, &file, &accountant->file_failure);
        free(file);
    }
    gif_restoration_close(&accountant->gif);
    end_file(accountant, walk, SHARE_DRAWN);
}

enum bswz_status accountant_frame(struct accountant *accountant, struct walk *walk, struct bswz_error *error) {
    if (walk->place == WALK_IN_JPEG || walk->place == WALK_IN_GIF) {
        return count_part(accountant, walk, error);
    }
    if (walk->place != WALK_IN_PICTURE) {
        account_bytes(&accountant->account, SHARE_BYTES, (size_t)walk->frame.payload_size);
        accountant->bytes += walk->frame.restored_size;
        return walk_payload_skip(walk, error);
    }
    struct account frame = {.place = {.map = accountant->map,
                                      .top = walk->next_row - walk->rows,
                                      .width = walk->picture.info.width,
                                      .height = walk->rows,
                                      .origin = walk->frame.origin}};
    struct bswz_error failure = {.status = BSWZ_OK};
    const uint8_t *payload;
    size_t available;
    enum bswz_status status = walk_payload(walk, &payload, &available, error);
    if (status != BSWZ_OK) {
        return status;
    }
    accountant->samples += (uint64_t)walk->picture.info.width * walk->rows * walk->picture.info.channels;
    coding_enter_stream(&accountant->coding, walk->streams);
    status = decode(accountant, walk, payload, &frame, &failure);
    if (status == BSWZ_OK) {
        account_add(&accountant->account, &frame);
    } else {
        account_bytes(&accountant->account, SHARE_UNDECODED, available);
        const uint64_t place = failure.offset != 0 ? failure.offset : input_position(walk->input);
        bswz_fail_at(&accountant->failure, status, place, "%s", failure.message); /* keeps the first */
    }
    walk_payload_done(walk);
    return BSWZ_OK;
}

void accountant_total(const struct accountant *accountant, const struct walk *walk, struct bswz_account *total) {
    static const char *const names[SHARES] = {
        "level-0", "level-1", "level-2", "level-3",     "level-4", "level-5",    "level-6",      "level-7",
        "index",   "top",     "latents", "corrections", "stack",   "exceptions", "coefficients", "reductions",
        "drawn",   "deep",    "zstd",    "stored",      "bytes",   "records",    "headers",      "undecoded"};
    struct account account = accountant->account;
    const uint64_t size = input_position(walk->input);
    double known = 0.0, sum = 0.0;
    account_bytes(&account, SHARE_RECORDS, (size_t)walk->record_bytes);
    for (unsigned share = 0; share < SHARES; share++) {
        known += account.bits[share];
    }
    account.bits[SHARE_HEADERS] += 8.0 * (double)size - known;
    *total = (struct bswz_account){.size = size,
                                   .samples = accountant->samples > 0 ? accountant->samples : accountant->bytes,
                                   .failure = accountant->failure};
    for (unsigned share = 0; share < SHARES; share++) { /* rounded so that the sum is right */
        const double before = sum;
        sum += account.bits[share];
        total->shares[share].name = names[share];
        total->shares[share].bytes = (int64_t)(floor(sum / 8.0 + 0.5) - floor(before / 8.0 + 0.5));
    }
}
