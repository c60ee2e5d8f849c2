/* SPDX-License-Identifier: MIT */
/*
 * The two forms of lists: a table for people, and lines of tab-separated columns for scripts (--robot).
 */
#ifndef BSWZ_CLI_LIST_PRINT_H
#define BSWZ_CLI_LIST_PRINT_H

#include "bswz.h"

#include <stdbool.h>

/* What is known about a whole file, or about all files. */
struct list_sums {
    uint64_t compressed, restored, parts, files;
};

/* verbose: one line per part of a file instead of one per file. */
void list_table_heading(bool verbose);
void list_table_file(const char *name, const struct bswz_entry *parts, const struct list_sums *sums, bool verbose);
/* The account of the file that has just been printed. */
void list_table_account(const struct bswz_account *account);
void list_table_total(const struct list_sums *total, bool verbose);

void list_robot_file(const char *name, const struct bswz_entry *parts, const struct list_sums *sums);
void list_robot_account(const struct bswz_account *account);
void list_robot_total(const struct list_sums *total);

#endif
