/*
 * Dying cleanly: the output file that is being written is removed before
 * SIGINT, SIGTERM or SIGHUP ends the program.
 *
 * A file is announced before it is created, handed over once it exists, and
 * released when it is complete or already removed:
 *
 *     signals_creating();
 *     descriptor = open(path, O_CREAT | O_EXCL ...);
 *     signals_created(descriptor >= 0 ? path : NULL);
 *     ...
 *     signals_release();
 */
#ifndef BSWZ_CLI_SIGNALS_H
#define BSWZ_CLI_SIGNALS_H

/* Catch the signals above, except those that were ignored when we started. */
void signals_setup(void);

/* At start-up: the terminal may show a line of progress, which must not stay when a signal ends the program. */
void signals_clear_line(void);

void signals_creating(void);
/* path must stay where it is until signals_release(); NULL: nothing was created. */
void signals_created(const char *path);
/* Does not return when a signal has just taken the file away. */
void signals_release(void);

/* The reader of our pipe has gone: die as SIGPIPE would have it, even where it
 * was ignored when we started. */
_Noreturn void signals_die_of_broken_pipe(void);

#endif
