/*
 * Signals.  The handler may run in any thread (the library starts some), at any
 * moment, so the one thing it shares with the rest of the program is an atomic
 * pointer, `partial`, which is exactly one of:
 *
 *     NULL         no file of ours is incomplete
 *     &creating    a file may or may not exist yet: only the main thread knows
 *     &dying       a signal has arrived; nothing may be handed over any more
 *     a path       that file is ours and incomplete
 *
 * Whoever changes it away from a path owns that file: the handler removes it,
 * or signals_release() keeps it.  In the state `creating` the handler leaves
 * both the removal and the dying to signals_created().
 */
#include "cli/signals.h"

#include "cli/message.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* The only variables of the program that change after start-up: a handler has
 * no other way to be told. */
static _Atomic(const char *) partial;
static volatile sig_atomic_t arrived;

/* Set at start-up, constant afterwards. */
static bool line_may_stay;

static const char creating[] = "creating", dying[] = "dying";

static void die_by(int number) {
    signal(number, SIG_DFL);
    raise(number); /* inside the handler: delivered when it returns */
}

void signals_clear_line(void) {
    line_may_stay = true;
}

static void clear_line(void) {
    if (line_may_stay && write(STDERR_FILENO, MESSAGE_CLEAR_LINE, sizeof MESSAGE_CLEAR_LINE - 1) < 0) {
        /* nothing to be done about it */
    }
}

static void on_signal(int number) {
    arrived = number;
    const char *path = atomic_exchange(&partial, dying);
    if (path == creating) {
        return;
    }
    if (path != NULL && path != dying) {
        unlink(path);
    }
    clear_line();
    die_by(number);
}

void signals_setup(void) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaddset(&action.sa_mask, numbers[i]);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction inherited;
        if (sigaction(numbers[i], NULL, &inherited) == 0 && inherited.sa_handler != SIG_IGN) {
            sigaction(numbers[i], &action, NULL);
        }
    }
}

/* A handler in another thread is about to end the program: do nothing more. */
static _Noreturn void wait_for_death(void) {
    for (;;) {
        pause();
    }
}

void signals_creating(void) {
    const char *expected = NULL;
    if (!atomic_compare_exchange_strong(&partial, &expected, creating)) {
        wait_for_death();
    }
}

void signals_created(const char *path) {
    const char *expected = creating;
    if (!atomic_compare_exchange_strong(&partial, &expected, path)) {
        if (path != NULL) {
            unlink(path);
        }
        clear_line();
        die_by(arrived);
        wait_for_death();
    }
}

void signals_release(void) {
    if (atomic_exchange(&partial, NULL) == dying) {
        wait_for_death();
    }
}

_Noreturn void signals_die_of_broken_pipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(SIGPIPE);
    _exit(1); /* not reached */
}
