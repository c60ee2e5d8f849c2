/* SPDX-License-Identifier: MIT */
/*
 * Dying cleanly: a signal that ends the program first removes the incomplete files.
 *
 * This matters only for a file that already has a name. Whatever gives a file its name, removes it or changes it is
 * done between two calls, and signals wait in between:
 *
 *     signals_hold();
 *     descriptor = open(name, O_CREAT | O_EXCL ...);
 *     signals_watch(&incomplete);
 *     signals_let_go();
 *     ...
 *     signals_hold();
 *     rename(name, ...);
 *     signals_forget(&incomplete);
 *     signals_let_go();
 *
 * Several threads may have incomplete files at the same time.
 */
#ifndef BSWZ_CLI_SIGNALS_H
#define BSWZ_CLI_SIGNALS_H

/* A file that must not remain: its name in the open directory (or AT_FDCWD). */
struct signals_file {
    int directory;
    const char *name;
    struct signals_file *next; /* belongs to signals.c */
};

/* Catch every signal that terminates a program by default and does not indicate a crash, except those that were
 * ignored when we were started. */
void signals_setup(void);

/* At start-up: the terminal may show a line of progress, which must be cleared when a signal ends the program. */
void signals_clear_line(void);

/* From here on, signals wait, and so do other threads that call this. Use it only around a few system calls. */
void signals_hold(void);
/* Does not return if a signal has arrived in the meantime. */
void signals_let_go(void);

/* Between these two: file is incomplete from now on, and must not change until it is forgotten. */
void signals_watch(struct signals_file *file);
/* It is complete, or gone. Nothing happens if it was not watched. */
void signals_forget(struct signals_file *file);

/* The reader of our pipe is gone: die as from SIGPIPE, even if it was ignored when we were started. */
_Noreturn void signals_die_of_broken_pipe(void);

#endif
