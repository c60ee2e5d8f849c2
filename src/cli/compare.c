/* SPDX-License-Identifier: MIT */
/*
 * The tables of --compare: a row for each codec. Pictures and other files have separate tables, since not every codec
 * accepts both. With several files the rows are sums; -v also prints a table for each file as soon as it is ready.
 *
 * A codec's sum is shown only if it accepted every file: a smaller sum over fewer files would look like a better
 * codec.
 */
#include "cli/compare.h"

#include "cli/compare_plot.h"
#include "cli/compare_rows.h"
#include "cli/message.h"
#include "cli/new_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct table {
    enum content_kind kind;
    int row_count;
    struct compare_row rows[ROWS_MAX];
    char versions[ROWS_MAX][VERSION_SIZE]; /* of their programs */
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

/* Ask the programs, once it is known that there is something for them to do. */
static void table_ask_versions(struct table *table) {
    for (int i = 0; i < table->row_count && table->files == 0; i++) {
        compare_row_version(&table->rows[i], table->versions[i]);
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

/* Which programs these were, each once. */
static void print_versions(const struct table totals[CONTENT_KINDS]) {
    const char *before = "Versions: ";
    for (int i = 0; i < CONTENT_KINDS * ROWS_MAX; i++) {
        const struct table *table = &totals[i / ROWS_MAX];
        const int row = i % ROWS_MAX;
        bool is_new = table->files > 0 && row < table->row_count && table->versions[row][0] != '\0';
        for (int k = 0; is_new && k < i; k++) {
            const struct table *other = &totals[k / ROWS_MAX];
            is_new =
                other->files == 0 || k % ROWS_MAX >= other->row_count ||
                strcmp(compare_row_program(&other->rows[k % ROWS_MAX]), compare_row_program(&table->rows[row])) != 0;
        }
        if (is_new) {
            printf("%s%s %s", before, compare_row_program(&table->rows[row]), table->versions[row]);
            before = ", ";
        }
    }
    puts(".");
}

/* ---- for programs ---- */

static void print_robot_line(const struct table *table, bool is_total, const char *codec,
                             const struct measurement *measurement, const char *version) {
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
    printf("\t%s\n", version);
}

static void print_robot(const struct table *table, bool is_total) {
    const struct measurement as_it_is = {.is_known = true, .size = table->file_size, .compress = -1, .restore = -1};
    print_robot_line(table, is_total, "file", &as_it_is, "");
    for (int i = 0; i < table->row_count; i++) {
        print_robot_line(table, is_total, table->rows[i].name, &table->sums[i], table->versions[i]);
    }
}

/* ---- the plot ---- */

static double speed(const struct table *table, double seconds) {
    return seconds > 0.0 ? (double)table->raw_size / 1e6 / seconds : -1.0;
}

static void make_plot(const struct table *table, struct plot *plot) {
    *plot = (struct plot){.count = 0};
    if (table->files > 1) {
        snprintf(plot->title, sizeof plot->title, "%" PRIu64 " %s", table->files,
                 table->kind == CONTENT_PICTURE ? "pictures" : "other files");
    } else if (table->kind == CONTENT_PICTURE) {
        snprintf(plot->title, sizeof plot->title, "%s, %" PRIu32 "x%" PRIu32 "x%" PRIu32, table->only.format,
                 table->only.width, table->only.height, table->only.channels);
    } else {
        snprintf(plot->title, sizeof plot->title, "%" PRIu64 " bytes", table->raw_size);
    }
    for (int i = 0; i < table->row_count; i++) {
        const struct measurement *sum = &table->sums[i];
        if (sum->is_known) {
            plot->points[plot->count++] =
                (struct plot_point){.name = table->rows[i].name,
                                    .is_ours = table->rows[i].level != 0,
                                    .percent = 100.0 * (double)sum->size / (double)table->raw_size,
                                    .compress = speed(table, sum->compress),
                                    .restore = speed(table, sum->restore)};
        }
    }
}

static enum outcome cannot_plot(const char *name, int reason) {
    message_error(name, reason == EEXIST ? "already exists (use -f to replace)" : "cannot write: %s", strerror(reason));
    return OUTCOME_ERROR;
}

/* Before anything is measured, which takes time: can there be such a file? */
static enum outcome plot_begin(struct new_file *file, const struct options *options) {
    struct stat status;
    if (options->plot == NULL) {
        *file = (struct new_file){.descriptor = -1, .directory = -1};
        return OUTCOME_DONE;
    }
    if (!options->force && lstat(options->plot, &status) == 0) {
        *file = (struct new_file){.descriptor = -1, .directory = -1};
        return cannot_plot(options->plot, EEXIST);
    }
    return new_file_create(file, options->plot) ? OUTCOME_DONE : cannot_plot(options->plot, errno);
}

static enum outcome plot_end(struct new_file *file, const struct table *totals, const struct options *options) {
    struct plot plots[CONTENT_KINDS];
    int count = 0;
    for (int kind = 0; kind < CONTENT_KINDS; kind++) {
        if (totals[kind].files > 0 && totals[kind].raw_size > 0) {
            make_plot(&totals[kind], &plots[count++]);
        }
    }
    if (options->plot == NULL) {
        return OUTCOME_DONE;
    }
    if (count == 0) {
        message_warning(options->plot, "there is nothing to draw, skipped");
        return OUTCOME_SKIPPED;
    }
    const mode_t mask = umask(0);
    umask(mask);
    const int copy = dup(file->descriptor);
    FILE *stream = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (stream == NULL) {
        return cannot_plot(options->plot, errno);
    }
    compare_plot_write(stream, plots, count);
    const bool is_written = fflush(stream) == 0 && ferror(stream) == 0;
    const int reason = errno;
    fclose(stream);
    if (!is_written) {
        return cannot_plot(options->plot, reason);
    }
    return fchmod(file->descriptor, 0666 & ~mask) == 0 && new_file_flush(file, false) &&
                   new_file_publish(file, options->force)
               ? OUTCOME_DONE
               : cannot_plot(options->plot, errno);
}

/* ---- files ---- */

static enum outcome compare_file(const struct input *input, bool is_only, const struct options *options,
                                 const struct bswz_model *model, bool robot, struct table totals[CONTENT_KINDS]) {
    struct subject subject;
    struct measurement measurements[ROWS_MAX] = {0};
    enum outcome outcome = subject_open(&subject, input, options);
    if (outcome == OUTCOME_DONE) {
        struct table *total = &totals[subject.kind], own;
        table_ask_versions(total);
        for (int i = 0; i < total->row_count && outcome == OUTCOME_DONE; i++) {
            outcome = subject_measure(&subject, &total->rows[i], options, model, &measurements[i]);
        }
        if (outcome == OUTCOME_DONE) {
            table_add(total, &subject, measurements);
            table_begin(&own, subject.kind, options, model);
            memcpy(own.versions, total->versions, sizeof own.versions);
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
    struct new_file plot;
    enum outcome outcome = plot_begin(&plot, options);
    if (outcome != OUTCOME_DONE) {
        new_file_close(&plot);
        return outcome;
    }
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
        print_versions(totals);
        puts("Times are wall-clock seconds of one run on this machine.");
    }
    outcome = outcome_worse(outcome, plot_end(&plot, totals, options));
    new_file_close(&plot);
    return outcome;
}
