/* SPDX-License-Identifier: MIT */
/*
 * The three forms of lists: a table for people, lines of tab-separated columns for scripts (--robot), and JSON for
 * programs (--json).
 */
#ifndef BSWZ_CLI_LIST_PRINT_H
#define BSWZ_CLI_LIST_PRINT_H

#include "bswz.h"

#include <stdbool.h>

/* What is known about a whole file, or about all files. */
struct list_sums {
    uint64_t compressed, restored, parts, files;
    uint64_t source;  /* size of the source files that are still next to the streams */
    uint64_t sourced; /* how many files have one */
};

/* Is the size of the source, or of all sources, known? */
static inline bool list_has_source(const struct list_sums *sums) {
    return sums->sourced > 0 && sums->sourced == sums->files;
}

/* verbose: one line per part of a file instead of one per file. */
void list_table_heading(bool verbose);
void list_table_file(const char *name, const struct bswz_entry *parts, const struct list_sums *sums, bool verbose);
/* The account of the file that has just been printed. */
void list_table_account(const struct bswz_account *account);
void list_table_total(const struct list_sums *total, bool verbose);

void list_robot_file(const char *name, const struct bswz_entry *parts, const struct list_sums *sums);
void list_robot_account(const struct bswz_account *account);
void list_robot_total(const struct list_sums *total);

void list_json_begin(void);
/* account may be NULL. */
void list_json_file(const char *name, const struct bswz_entry *parts, const struct list_sums *sums,
                    const struct bswz_account *account, bool is_first);
void list_json_end(const struct list_sums *total);

#endif
