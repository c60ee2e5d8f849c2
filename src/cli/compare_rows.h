/* SPDX-License-Identifier: MIT */
/*
 * What --compare measures: rows for the codecs, measurements for each file, and their sums.
 */
#ifndef BSWZ_CLI_COMPARE_ROWS_H
#define BSWZ_CLI_COMPARE_ROWS_H

#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/outcome.h"
#include "cli/scratch.h"
#include "cli/tool.h"

#define ROWS_MAX 12

enum content_kind { CONTENT_PICTURE, CONTENT_BYTES, CONTENT_KINDS };

struct measurement {
    bool is_known; /* size and compress */
    uint64_t size;
    double compress; /* seconds */
    double restore;  /* seconds; negative if not known */
};

/* A file to compare, and what was extracted from it. */
struct subject {
    const char *name;
    enum content_kind kind;
    uint64_t file_size, raw_size;            /* raw: size of the samples, or of the file */
    uint32_t width, height, channels, depth; /* of a picture */
    const char *format;
    bool has_alpha;
    struct scratch file;    /* the original */
    struct scratch samples; /* pictures: only the samples */
    struct scratch plain;   /* pictures: PPM, PGM, or PAM with alpha */
};

/* The rows of a table for the requested level and model. */
struct compare_row {
    char name[56];
    int level; /* bswz at this level, or 0: program number `tool` */
    int tool;
};

/* Fill in the rows for this kind of content; returns their number. */
int compare_rows(enum content_kind kind, const struct options *options, const struct bswz_model *model,
                 struct compare_row rows[ROWS_MAX]);

/* The program of a row, and its version, "" if it is not installed; that of bswz is known without asking. */
const char *compare_row_program(const struct compare_row *row);
void compare_row_version(const struct compare_row *row, char version[VERSION_SIZE]);

/* Read the file and determine its kind; prints what is wrong. The subject must be closed in any case. */
enum outcome subject_open(struct subject *subject, const struct input *input, const struct options *options);
void subject_close(struct subject *subject);

/* Compress and restore with one codec. If a program is missing or cannot do it, the result is just not known; if bswz
 * fails, that is an error. */
enum outcome subject_measure(struct subject *subject, const struct compare_row *row, const struct options *options,
                             const struct bswz_model *model, struct measurement *measurement);

#endif
