/* SPDX-License-Identifier: MIT */
/*
 * Signals. The handler may run at any moment and in any thread (the library starts some). So the only thing it shares
 * with the rest of the program is an atomic pointer, `incomplete`, which is one of:
 *
 *     NULL         no file of ours is incomplete
 *     a file       it has a name, is ours, and is incomplete
 *     &held        this is just changing: only the main thread knows which it is
 *     &deferred    a signal arrived during that: the main thread will die from it
 *     &dying       a handler is about to end the program
 *
 * Whoever changes it away from a file owns that file: either the handler removes it, or the main thread proceeds with
 * it.
 *
 * Which signals: all that terminate a program by default, since anyone may send any of them. Those that indicate a
 * crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS) are left alone: after a crash nothing in the
 * process can be relied on, and a remaining temporary file, if there is one at all, does no harm. SIGXFSZ must not
 * end the program: a write beyond the limit then fails with EFBIG, so an error can be reported.
 */
#include "cli/signals.h"

#include "cli/message.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static const struct signals_file held = {.name = "held"}, deferred = {.name = "deferred"}, dying = {.name = "dying"};

/* The only variables of the program that change after start-up: there is no other way to pass information to a
 * handler. */
static _Atomic(const struct signals_file *) incomplete;
static volatile sig_atomic_t arrived;

/* Set at start-up, and constant afterwards. */
static bool line_may_stay;

void signals_clear_line(void) {
    line_may_stay = true;
}

static void clear_line(void) {
    if (line_may_stay && write(STDERR_FILENO, MESSAGE_CLEAR_LINE, sizeof MESSAGE_CLEAR_LINE - 1) < 0) {
        /* nothing can be done about it */
    }
}

static _Noreturn void die_of(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    _exit(128 + number); /* not reached */
}

static void remove_file(const struct signals_file *file) {
    if (file != NULL) {
        unlinkat(file->directory, file->name, 0);
    }
}

static void on_signal(int number) {
    const struct signals_file *file = atomic_load(&incomplete);
    do {
        if (file == &deferred) {
            return; /* dying once is enough */
        }
        if (file == &held) {
            arrived = number;
        }
    } while (!atomic_compare_exchange_weak(&incomplete, &file, file == &held ? &deferred : &dying));
    if (file == &held) {
        return;
    }
    if (file != &dying) {
        remove_file(file);
    }
    clear_line();
    die_of(number);
}

static void let_the_write_fail(int number) {
    (void)number;
}

/* Ignored signals remain ignored, and an existing handler (of a profiler, say) stays. */
static void catch (int number, void (*handler)(int)) {
    struct sigaction inherited, action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    if (sigaction(number, NULL, &inherited) == 0 && inherited.sa_handler == SIG_DFL) {
        sigaction(number, &action, NULL);
    }
}

void signals_setup(void) {
    static const int numbers[] = {
        SIGHUP,    SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGXCPU,
#ifdef SIGPOLL
        SIGPOLL, /* or SIGIO */
#endif
#ifdef SIGPWR
        SIGPWR,
#endif
#ifdef SIGSTKFLT
        SIGSTKFLT,
#endif
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        catch (numbers[i], on_signal);
    }
#ifdef SIGRTMIN
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
        catch (number, on_signal);
    }
#endif
    catch (SIGXFSZ, let_the_write_fail);
}

/* A handler in another thread is about to end the program: do nothing. */
static _Noreturn void wait_for_death(void) {
    for (;;) {
        pause();
    }
}

void signals_hold(void) {
    const struct signals_file *file = atomic_load(&incomplete);
    while (file != &dying) {
        if (atomic_compare_exchange_weak(&incomplete, &file, &held)) {
            return;
        }
    }
    wait_for_death();
}

void signals_let_go(const struct signals_file *file) {
    const struct signals_file *expected = &held;
    if (!atomic_compare_exchange_strong(&incomplete, &expected, file)) {
        remove_file(file);
        clear_line();
        die_of(arrived);
    }
}

_Noreturn void signals_die_of_broken_pipe(void) {
    die_of(SIGPIPE);
}
