/*
 * Dying cleanly: a signal that ends the program removes the incomplete file first.
 *
 * Only a file that already has a name needs that.  Whatever gives it its name, takes
 * it away or changes it is done between two calls, in which signals wait:
 *
 *     signals_hold();
 *     descriptor = open(name, O_CREAT | O_EXCL ...);
 *     signals_let_go(descriptor >= 0 ? &incomplete : NULL);
 *     ...
 *     signals_hold();
 *     rename(name, ...);
 *     signals_let_go(NULL);
 */
#ifndef BSWZ_CLI_SIGNALS_H
#define BSWZ_CLI_SIGNALS_H

/* A file that must not be left: its name in the open directory (or AT_FDCWD). */
struct signals_file {
    int directory;
    const char *name;
};

/* Catch every signal that ends a program by default and is not the mark of a crash,
 * except those that were ignored when we started. */
void signals_setup(void);

/* At start-up: the terminal may show a line of progress, which must not stay when a signal ends the program. */
void signals_clear_line(void);

/* From here on signals wait. Not for long: only around a few system calls. */
void signals_hold(void);
/* file is what is incomplete from now on, and stays unchanged until the next hold; NULL: nothing is.
 * Does not return if a signal has arrived meanwhile. */
void signals_let_go(const struct signals_file *file);

/* The reader of our pipe has gone: die as SIGPIPE would have it, even where it
 * was ignored when we started. */
_Noreturn void signals_die_of_broken_pipe(void);

#endif
