/* SPDX-License-Identifier: MIT */
/*
 * What the program prints on standard error: one line per message, `bswz: FILE: text`, with every byte masked that
 * could confuse a terminal.
 */
#ifndef BSWZ_CLI_MESSAGE_H
#define BSWZ_CLI_MESSAGE_H

#include <stdio.h>

/* How much is printed. */
enum verbosity {
    VERBOSITY_SILENT = -2, /* nothing: -qq */
    VERBOSITY_ERRORS = -1, /* -q */
    VERBOSITY_NORMAL = 0,  /* errors and warnings */
    VERBOSITY_NOTICES = 1  /* -v */
};

/* Only at start-up, before there are other threads. program is argv[0]. */
void message_set_program(const char *program);
void message_set_verbosity(int verbosity);
/* The terminal may show a line of progress: messages replace it. */
void message_set_over_progress(void);

/* The last part of argv[0]. */
const char *message_program(void);

/* file may be NULL. text does not end in a newline. */
void message_error(const char *file, const char *text, ...) __attribute__((format(printf, 2, 3)));
void message_warning(const char *file, const char *text, ...) __attribute__((format(printf, 2, 3)));
void message_notice(const char *file, const char *text, ...) __attribute__((format(printf, 2, 3)));

/* The line that follows an error on the command line. */
void message_try_help(void);

/* Ask for confirmation on the terminal. Only 'y' or 'Y' means yes. */
int message_confirm(const char *file, const char *question);

/* Clears a line of progress, and leaves the cursor at its start. */
#define MESSAGE_CLEAR_LINE "\r\033[K"

/* Write text with '?' in place of everything that is not printable in the locale. */
void message_put_masked(FILE *stream, const char *text);

#endif
