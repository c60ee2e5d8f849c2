/*
 * What --compare measures: a row for each codec, for each file, and their sums.
 */
#ifndef BSWZ_CLI_COMPARE_ROWS_H
#define BSWZ_CLI_COMPARE_ROWS_H

#include "cli/arguments.h"
#include "cli/outcome.h"
#include "cli/scratch.h"

#define ROWS_MAX 12

enum content_kind { CONTENT_PICTURE, CONTENT_BYTES, CONTENT_KINDS };

struct measurement {
    bool is_known;      /* size and compress */
    uint64_t size;
    double compress;    /* seconds */
    double restore;     /* seconds; negative: not known */
};

/* A file to compare, taken apart. */
struct subject {
    const char *name;
    enum content_kind kind;
    uint64_t file_size, raw_size; /* raw: of samples, or of the file */
    uint32_t width, height, channels, depth; /* of a picture */
    const char *format;
    bool has_alpha;
    struct scratch file;    /* as it came */
    struct scratch samples; /* pictures: nothing but samples */
    struct scratch plain;   /* pictures: PPM, PGM, or PAM with alpha */
};

/* The rows of a table, for the level and the model that were asked for. */
struct compare_row {
    char name[56];
    int level;  /* bswz at this level; 0: the program number tool */
    int tool;
};

/* Fill in rows for this kind of content; their number. */
int compare_rows(enum content_kind kind, const struct options *options, const struct bswz_model *model,
                 struct compare_row rows[ROWS_MAX]);

/* Read the file and find out what it is. Says what is wrong. In any case to be closed. */
enum outcome subject_open(struct subject *subject, const char *file, const struct options *options);
void subject_close(struct subject *subject);

/* Compress and restore by one codec. A program that is not there, or cannot do it, is
 * just not known; if bswz fails, that is an error. */
enum outcome subject_measure(struct subject *subject, const struct compare_row *row, const struct options *options,
                             const struct bswz_model *model, struct measurement *measurement);

#endif
