/* SPDX-License-Identifier: MIT */
/*
 * Signals. The handler may run at any moment and in any thread. What it shares with the rest of the program is the
 * list of incomplete files, and a state that says who may touch that list:
 *
 *     FREE        nobody does
 *     HELD        a thread is changing the list, or the files in it
 *     DEFERRED    a signal arrived during that: the thread will die from it
 *     DYING       a handler is about to end the program, and removes the files
 *
 * Only one thread at a time can hold signals, which a mutex sees to; the handler itself never waits for it.
 *
 * Which signals: all that terminate a program by default, since anyone may send any of them. Those that indicate a
 * crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS) are left alone: after a crash nothing in the
 * process can be relied on, and a remaining temporary file, if there is one at all, does no harm. SIGXFSZ must not
 * end the program: a write beyond the limit then fails with EFBIG, so an error can be reported.
 */
#include "cli/signals.h"

#include "cli/message.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum state { FREE, HELD, DEFERRED, DYING };

/* The only variables of the program that change after start-up: there is no other way to pass information to a
 * handler. */
static _Atomic(enum state) state;
static struct signals_file *files; /* all that are incomplete */
static volatile sig_atomic_t arrived;
static pthread_mutex_t holder = PTHREAD_MUTEX_INITIALIZER;

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

static void remove_files(void) {
    for (const struct signals_file *file = files; file != NULL; file = file->next) {
        unlinkat(file->directory, file->name, 0);
    }
}

/* A handler in another thread is about to end the program: do nothing. */
static _Noreturn void wait_for_death(void) {
    for (;;) {
        pause();
    }
}

static void on_signal(int number) {
    enum state now = atomic_load(&state);
    do {
        if (now == DEFERRED) {
            return; /* dying once is enough */
        }
        if (now == DYING) {
            wait_for_death();
        }
        if (now == HELD) {
            arrived = number;
        }
    } while (!atomic_compare_exchange_weak(&state, &now, now == HELD ? DEFERRED : DYING));
    if (now == HELD) {
        return;
    }
    remove_files();
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

void signals_hold(void) {
    pthread_mutex_lock(&holder);
    enum state now = FREE;
    while (!atomic_compare_exchange_weak(&state, &now, HELD)) {
        if (now == DYING) {
            wait_for_death();
        }
        now = FREE;
    }
}

void signals_let_go(void) {
    enum state now = HELD;
    if (!atomic_compare_exchange_strong(&state, &now, FREE)) {
        remove_files();
        clear_line();
        die_of(arrived);
    }
    pthread_mutex_unlock(&holder);
}

void signals_watch(struct signals_file *file) {
    file->next = files;
    files = file;
}

void signals_forget(struct signals_file *file) {
    for (struct signals_file **link = &files; *link != NULL; link = &(*link)->next) {
        if (*link == file) {
            *link = file->next;
            return;
        }
    }
}

_Noreturn void signals_die_of_broken_pipe(void) {
    die_of(SIGPIPE);
}
