/* SPDX-License-Identifier: MIT */
/*
 * What the command line, the program's name and the environment ask for.
 */
#ifndef BSWZ_CLI_ARGUMENTS_H
#define BSWZ_CLI_ARGUMENTS_H

#include "bswz.h"
#include "cli/patterns.h"

#include <stdbool.h>

#define DEFAULT_SUFFIX ".bsw"

/* The first three make files. */
enum mode { MODE_COMPRESS, MODE_DECOMPRESS, MODE_MAP, MODE_TEST, MODE_LIST, MODE_COMPARE };

enum progress_wish { PROGRESS_USUAL, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* Set once at start-up; strings belong to argv or are constants. */
struct options {
    enum mode mode;
    bool to_stdout;
    bool force;
    bool remove_source;
    bool verify, no_verify;
    bool robot, json; /* output for scripts and programs */
    enum progress_wish progress;
    int verbosity;          /* enum verbosity, or beyond its range */
    const char *output;     /* of -o, or NULL */
    const char *output_dir; /* of --output-dir, or NULL */
    bool skip_existing;
    bool recursive;
    struct patterns patterns; /* of --include and --exclude */
    bool has_list;            /* of names: --files and --files0 */
    const char *list;         /* NULL: standard input */
    char list_end;            /* the byte after each name */
    const char *suffix;
    int level;
    unsigned threads; /* 0: the cores that this process may use */
    bool threads_given;
    uint32_t raw_width, raw_height, raw_channels; /* of --raw, or 0 */
    unsigned raw_bits;
    int raw_big_endian;
    enum bswz_target target;   /* of --to */
    const char *target_suffix; /* ".ppm" ..., NULL without --to */
    unsigned scale;            /* of --scale=1/2^scale, or 0 */
    bool rescue;
    bool keep_pixels;
    bool exact;
    bool no_origin;
    const char *model;      /* of --model, or NULL */
    const char *model_path; /* of BSWZ_MODEL_PATH, or NULL */
    uint64_t memory_limit;  /* of -M, or 0 */
    const char *plot;       /* of --compare, or NULL */
    char **files;           /* "-" is standard input; there may be none if there is a list */
    int file_count;
};

/* What to do after the command line has been read. */
enum arguments_result { ARGUMENTS_RUN, ARGUMENTS_HELP, ARGUMENTS_VERSION, ARGUMENTS_LICENSE, ARGUMENTS_WRONG };

/* If the result is ARGUMENTS_WRONG, an error has been printed. */
enum arguments_result arguments_read(int argc, char **argv, struct options *options);
void arguments_free(struct options *options);

#endif
