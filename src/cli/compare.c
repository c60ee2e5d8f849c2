/* SPDX-License-Identifier: MIT */
/*
 * The tables of --compare: a row for each codec. Pictures and other files have separate tables, since not every codec
 * accepts both. With several files the rows are sums; -v also prints a table for each file as soon as it is ready.
 *
 * A codec's sum is shown only if it accepted every file: a smaller sum over fewer files would look like a better
 * codec.
 */
#include "cli/compare.h"

#include "cli/compare_rows.h"
#include "cli/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct table {
    enum content_kind kind;
    int row_count;
    struct compare_row rows[ROWS_MAX];
    uint64_t files, file_size, raw_size;
    struct measurement sums[ROWS_MAX]; /* restore is negative if not known for every file */
    struct subject only;               /* describes the first file; its strings live as long as argv */
};

static void table_begin(struct table *table, enum content_kind kind, const struct options *options,
                        const struct bswz_model *model) {
    *table = (struct table){.kind = kind};
    table->row_count = compare_rows(kind, options, model, table->rows);
    for (int i = 0; i < table->row_count; i++) {
        table->sums[i].is_known = true;
    }
}

static void table_add(struct table *table, const struct subject *subject, const struct measurement *measurements) {
    if (table->files == 0) {
        table->only = *subject;
    }
    table->files++;
    table->file_size += subject->file_size;
    table->raw_size += subject->raw_size;
    for (int i = 0; i < table->row_count; i++) {
        struct measurement *sum = &table->sums[i];
        const struct measurement *one = &measurements[i];
        sum->is_known = sum->is_known && one->is_known;
        sum->size += one->size;
        sum->compress += one->compress;
        sum->restore = sum->restore < 0 || one->restore < 0 ? -1 : sum->restore + one->restore;
    }
}

/* ---- for people ---- */

static void print_heading(const struct table *table) {
    if (table->files > 1) {
        printf("%" PRIu64 " %s", table->files, table->kind == CONTENT_PICTURE ? "pictures" : "other files");
    } else {
        message_put_masked(stdout, table->only.name);
    }
    if (table->files == 1 && table->kind == CONTENT_PICTURE) {
        printf(": %s, %" PRIu32 "x%" PRIu32 "x%" PRIu32, table->only.format, table->only.width, table->only.height,
               table->only.channels);
        if (table->only.depth != 8) {
            printf("/%" PRIu32, table->only.depth);
        }
    }
    printf("\n%-24s %14s %9s %12s %12s\n", "codec", "bytes", "% of raw", "compress s", "restore s");
}

static void print_size(const char *name, uint64_t size, uint64_t raw_size) {
    printf("%-24s %14" PRIu64, name, size);
    if (raw_size > 0) {
        printf(" %9.2f", 100.0 * (double)size / (double)raw_size);
    } else {
        printf(" %9s", "-");
    }
}

static void print_seconds(double seconds, bool is_known) {
    if (is_known && seconds >= 0) {
        printf(" %12.3f", seconds);
    } else {
        printf(" %12s", "-");
    }
}

static void print_table(const struct table *table) {
    print_heading(table);
    print_size("raw", table->raw_size, table->raw_size);
    printf(" %12s %12s\n", "-", "-");
    if (table->kind == CONTENT_PICTURE) {
        print_size(table->files > 1 ? "the files" : "the file", table->file_size, table->raw_size);
        printf(" %12s %12s\n", "-", "-");
    }
    for (int i = 0; i < table->row_count; i++) {
        const struct measurement *sum = &table->sums[i];
        if (sum->is_known) {
            print_size(table->rows[i].name, sum->size, table->raw_size);
        } else {
            printf("%-24s %14s %9s", table->rows[i].name, "-", "-");
        }
        print_seconds(sum->compress, sum->is_known);
        print_seconds(sum->restore, sum->is_known);
        putchar('\n');
    }
}

/* ---- for programs ---- */

static void print_robot_line(const struct table *table, bool is_total, const char *codec,
                             const struct measurement *measurement) {
    static const char *const kinds[CONTENT_KINDS] = {"picture", "bytes"};
    fputs(is_total ? "total\t" : "file\t", stdout);
    if (is_total) {
        printf("%" PRIu64, table->files);
    } else {
        message_put_masked(stdout, table->only.name);
    }
    printf("\t%s\t%s\t%" PRIu64 "\t", kinds[table->kind], codec, table->raw_size);
    if (measurement->is_known) {
        printf("%" PRIu64 "\t", measurement->size);
    } else {
        putchar('\t');
    }
    if (measurement->is_known && measurement->compress >= 0) {
        printf("%.6f", measurement->compress);
    }
    putchar('\t');
    if (measurement->is_known && measurement->restore >= 0) {
        printf("%.6f", measurement->restore);
    }
    putchar('\n');
}

static void print_robot(const struct table *table, bool is_total) {
    const struct measurement as_it_is = {.is_known = true, .size = table->file_size, .compress = -1, .restore = -1};
    print_robot_line(table, is_total, "file", &as_it_is);
    for (int i = 0; i < table->row_count; i++) {
        print_robot_line(table, is_total, table->rows[i].name, &table->sums[i]);
    }
}

/* ---- files ---- */

static enum outcome compare_file(const struct input *input, bool is_only, const struct options *options,
                                 const struct bswz_model *model, bool robot, struct table totals[CONTENT_KINDS]) {
    struct subject subject;
    struct measurement measurements[ROWS_MAX] = {0};
    enum outcome outcome = subject_open(&subject, input, options);
    if (outcome == OUTCOME_DONE) {
        struct table *total = &totals[subject.kind], own;
        for (int i = 0; i < total->row_count && outcome == OUTCOME_DONE; i++) {
            outcome = subject_measure(&subject, &total->rows[i], options, model, &measurements[i]);
        }
        if (outcome == OUTCOME_DONE) {
            table_add(total, &subject, measurements);
            table_begin(&own, subject.kind, options, model);
            table_add(&own, &subject, measurements);
            if (robot) {
                print_robot(&own, false);
            } else if (options->verbosity >= VERBOSITY_NOTICES && !is_only) {
                print_table(&own);
                putchar('\n');
            }
            fflush(stdout); /* the next file may take a while */
        }
    }
    subject_close(&subject);
    return outcome;
}

enum outcome compare_files(const struct inputs *inputs, const struct options *options, const struct bswz_model *model,
                           bool robot) {
    struct table totals[CONTENT_KINDS];
    enum outcome outcome = OUTCOME_DONE;
    for (int kind = 0; kind < CONTENT_KINDS; kind++) {
        table_begin(&totals[kind], (enum content_kind)kind, options, model);
    }
    for (size_t i = 0; i < inputs->count; i++) {
        outcome =
            outcome_worse(outcome, compare_file(&inputs->all[i], inputs->count == 1, options, model, robot, totals));
    }
    for (int kind = 0; kind < CONTENT_KINDS; kind++) {
        if (totals[kind].files > 0 && robot) {
            print_robot(&totals[kind], true);
        } else if (totals[kind].files > 0) {
            print_table(&totals[kind]);
            putchar('\n');
        }
    }
    if (!robot && totals[CONTENT_PICTURE].files + totals[CONTENT_BYTES].files > 0) {
        puts("Times are wall-clock seconds of one run on this machine.");
    }
    return outcome;
}
