/* SPDX-License-Identifier: MIT */
/*
 * Lists for scripts. bswz(1) describes the columns; new ones may only be added at the end.
 */
#include "cli/list_print.h"

#include "cli/message.h"

#include <inttypes.h>
#include <stdio.h>

/* compressed, restored, and their ratio in xz's notation */
static void put_sizes(uint64_t compressed, uint64_t restored) {
    printf("\t%" PRIu64 "\t%" PRIu64, compressed, restored);
    if (restored > 0) {
        printf("\t%.3f", (double)compressed / (double)restored);
    } else {
        fputs("\t---", stdout);
    }
}

/* the size of the source and the ratio to it */
static void put_source(const struct list_sums *sums) {
    if (!list_has_source(sums)) {
        fputs("\t-\t---\n", stdout);
    } else if (sums->source == 0) {
        fputs("\t0\t---\n", stdout);
    } else {
        printf("\t%" PRIu64 "\t%.3f\n", sums->source, (double)sums->compressed / (double)sums->source);
    }
}

/* A masked name contains no tab and no newline. */
static void put_part(uint64_t number, const struct bswz_entry *part) {
    printf("part\t%" PRIu64, number);
    put_sizes(part->compressed_size, part->restored_size);
    if (part->is_picture) {
        printf("\tpicture\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32, part->width, part->height, part->channels,
               part->depth);
    } else {
        fputs("\tbytes\t-\t-\t-\t-", stdout);
    }
    printf("\t%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t", part->format, part->origin, part->promise, part->frames,
           part->tiles);
    if (part->model_hash != 0) {
        message_put_masked(stdout, part->model_name);
        printf("\t%016" PRIx64 "\n", part->model_hash);
    } else {
        fputs("-\t-\n", stdout);
    }
}

void list_robot_file(const char *name, const struct bswz_entry *parts, const struct list_sums *sums) {
    fputs("name\t", stdout);
    message_put_masked(stdout, name);
    printf("\nfile\t%" PRIu64, sums->parts);
    put_sizes(sums->compressed, sums->restored);
    put_source(sums);
    for (uint64_t i = 0; i < sums->parts; i++) {
        put_part(i + 1, &parts[i]);
    }
}

void list_robot_account(const struct bswz_account *account) {
    for (size_t i = 0; i < BSWZ_SHARES; i++) {
        const struct bswz_share *share = &account->shares[i];
        printf("share\t%s\t%" PRId64, share->name, share->bytes);
        if (account->samples > 0) {
            printf("\t%.6f\n", 8.0 * (double)share->bytes / (double)account->samples);
        } else {
            fputs("\t---\n", stdout);
        }
    }
}

void list_robot_total(const struct list_sums *total) {
    printf("totals\t%" PRIu64 "\t%" PRIu64, total->files, total->parts);
    put_sizes(total->compressed, total->restored);
    put_source(total);
}
