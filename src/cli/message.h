/*
 * What the program says on stderr: one line a message, `bswz: FILE: text`, with
 * every byte that a terminal could misunderstand masked.
 */
#ifndef BSWZ_CLI_MESSAGE_H
#define BSWZ_CLI_MESSAGE_H

#include <stdio.h>

/* How much is said. */
enum verbosity {
    VERBOSITY_SILENT = -2, /* nothing: -qq */
    VERBOSITY_ERRORS = -1, /* -q */
    VERBOSITY_NORMAL = 0,  /* errors and warnings */
    VERBOSITY_NOTICES = 1  /* -v */
};

/* At start-up only, before any other thread runs. program is argv[0]. */
void message_set_program(const char *program);
void message_set_verbosity(int verbosity);
/* The terminal may show a line of progress: messages take its place. */
void message_set_over_progress(void);

/* The last part of argv[0]. */
const char *message_program(void);

/* file may be NULL. No newline at the end of text. */
void message_error(const char *file, const char *text, ...) __attribute__((format(printf, 2, 3)));
void message_warning(const char *file, const char *text, ...) __attribute__((format(printf, 2, 3)));
void message_notice(const char *file, const char *text, ...) __attribute__((format(printf, 2, 3)));

/* The line that follows a complaint about the command line. */
void message_try_help(void);

/* Ask for a yes on the terminal. Only 'y' or 'Y' is one. */
int message_confirm(const char *file, const char *question);

/* What takes a line of progress away, and leaves the cursor where it began. */
#define MESSAGE_CLEAR_LINE "\r\033[K"

/* Write text with '?' in place of what the locale calls not printable. */
void message_put_masked(FILE *stream, const char *text);

#endif
