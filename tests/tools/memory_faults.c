/* SPDX-License-Identifier: MIT */
/*
 * Out of memory: compressing and restoring small inputs of every kind (every_input.h) at every level, with each
 * allocation failing in turn, including those inside the libraries.
 *
 *     memory_faults [EVERY [KIND]]    one of EVERY allocations, of all kinds of input or of one; if not every one, only at the
 *                                     level that is usual for the kind of input
 *     memory_faults kinds             the kinds, one per line
 *     memory_faults at KIND LEVEL compressing|restoring NUMBER THREADS    a single one, in this process, for a debugger
 *
 * Each call must end with an error, or its result must be right; it must not crash or hang, and must leave nothing
 * allocated. Either a single allocation fails, or it and all that follow. Every failure happens in a process of its own,
 * since a crash must not end the test. A call in one thread runs only once: at each allocation it forks, and the allocation
 * fails in the copy. A call in several threads begins again for each of them.
 *
 * libwebp 1.2 crashes or leaks if some of its own allocations fail, which cannot be prevented from outside; that
 * is counted and tolerated, but a bad stream that results from it is not.
 *
 * The allocator below replaces the C library's for this program and all the libraries that it is linked with.
 */
#include "every_input.h"

#include <errno.h>

#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the allocator ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

/* Allocations since the last arm(), and which of them fail: number fail_at, and with fail_all those after it. */
static atomic_long allocations, fail_at, live;
static atomic_bool fail_all;
static atomic_bool *in_webp; /* one of those that failed was in libwebp; shared with the parent */

static void arm(long number, bool all) {
    atomic_store(&allocations, 0);
    atomic_store(&fail_all, all);
    atomic_store(&fail_at, number);
}

/* A call in one thread that makes copies of itself, in which allocations fail: the next one, and one of every after it. */
static struct {
    bool is_active;
    long next, every;
} forking;

static void fork_here(long number);

static void *given(void *block) {
    live += block != NULL;
    return block;
}

static bool fails(const void *caller) {
    if (forking.is_active && allocations + 1 == forking.next) {
        fork_here(forking.next);
    }
    const long number = ++allocations, at = fail_at;
    const bool failing = at > 0 && (number == at || (number > at && fail_all));
    if (failing) {
        Dl_info info;
        if (dladdr(caller, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, "libwebp") != NULL) {
            atomic_store(in_webp, true);
        }
        errno = ENOMEM;
    }
    return failing;
}

__attribute__((visibility("default"))) void *malloc(size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : given(__libc_malloc(size));
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : given(__libc_calloc(count, size));
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size) {
    if (fails(__builtin_return_address(0))) {
        return NULL;
    }
    return block == NULL ? given(__libc_malloc(size)) : __libc_realloc(block, size);
}

__attribute__((visibility("default"))) int posix_memalign(void **block, size_t alignment, size_t size) {
    void *got = fails(__builtin_return_address(0)) ? NULL : given(__libc_memalign(alignment, size));
    if (got != NULL) {
        *block = got;
    }
    return got == NULL ? ENOMEM : 0;
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : given(__libc_memalign(alignment, size));
}

__attribute__((visibility("default"))) void *memalign(size_t alignment, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : given(__libc_memalign(alignment, size));
}

__attribute__((visibility("default"))) void free(void *block) {
    live -= block != NULL;
    __libc_free(block);
}

/* ---- calls ---- */

/* Memory, allocated in advance, that receives what is written. */
struct place {
    uint8_t *bytes;
    size_t size, room;
};

static int write_place(void *context, const uint8_t *bytes, size_t size) {
    struct place *place = context;
    if (size > place->room - place->size) {
        return -1;
    }
    memcpy(place->bytes + place->size, bytes, size);
    place->size += size;
    return 0;
}

struct call {
    const char *name;
    struct bswz_compress_options options;
    uint64_t band_pixels;
    bool restores;
    bool counts_leaks;                           /* what stays allocated belongs to the call */
    struct byte_buffer source, stream, expected; /* expected: of the stream restored */
};

#define ROOM ((size_t)1 << 20)

static enum bswz_status run_call(const struct call *call, bool restores, const struct byte_buffer *from,
                                 struct place *to, struct bswz_error *error) {
    struct memory_input input = {from->data, from->size, 0, 0, SIZE_MAX};
    const struct bswz_input source = {read_memory, &input};
    const struct bswz_output target = {write_place, to};
    if (restores) {
        const struct bswz_decompress_options options = {.size = sizeof options, .threads = call->options.threads};
        return bswz_decompress(source, target, &options, error);
    }
    const bool has_work = call->band_pixels != NO_WORK;
    return compress_in_bands(source, target, &call->options,
                             has_work && call->band_pixels > 0 ? call->band_pixels : BAND_PIXELS,
                             has_work ? 0 : UINT64_MAX / 2, error);
}

static bool holds(const struct place *place, const struct byte_buffer *bytes) {
    return place->size == bytes->size && memcmp(place->bytes, bytes->data, place->size) == 0;
}

/* Is this what comes back without faults, or the source's own bytes if a library reported that it cannot read them? */
static bool is_expected(const struct call *call, const struct place *place) {
    return holds(place, &call->expected) || (!call->restores && holds(place, &call->source));
}

enum outcome { FINE = 0, WRONG_RESULT, LEAK, NOT_RESTORED };

static enum outcome judge(const struct call *call, enum bswz_status status, const struct place *result,
                          const struct bswz_error *error) {
    static uint8_t bytes[ROOM];
    struct place again = {bytes, 0, ROOM};
    if (status != BSWZ_OK) {
        return error->message[0] != 0 ? FINE : WRONG_RESULT;
    }
    if (call->restores) {
        return is_expected(call, result) ? FINE : WRONG_RESULT;
    }
    const struct byte_buffer stream = {result->bytes, result->size, result->size};
    struct bswz_error ignored;
    if (run_call(call, true, &stream, &again, &ignored) != BSWZ_OK) {
        return NOT_RESTORED;
    }
    return is_expected(call, &again) ? FINE : WRONG_RESULT;
}

/* The call, with allocation number at failing (0: none). If it forks, this returns in each of the copies, too. */
static enum outcome try_fault(const struct call *call, long at, bool all) {
    static uint8_t bytes[ROOM];
    struct place result = {bytes, 0, ROOM};
    struct bswz_error error;
    const long before = live;
    arm(at, all);
    const enum bswz_status status =
        run_call(call, call->restores, call->restores ? &call->stream : &call->source, &result, &error);
    arm(0, false);
    forking.is_active = false;
    if (call->counts_leaks && live != before) {
        return LEAK;
    }
    return judge(call, status, &result, &error);
}

static unsigned failures, forgiven, tries;
static long calls;
static bool is_cold = true;

#define HANGS 300 /* seconds of processor time after which a copy is taken to hang */

/* Note how the process ended in which this allocation failed. */
static void wait_for(const struct call *call, pid_t child, long number, bool all) {
    static const char *const words[] = {"", "a wrong result", "a leak", "the stream cannot be restored"};
    int state = 0;
    tries++;
    const bool is_over = child > 0 && waitpid(child, &state, 0) == child;
    if (is_over && atomic_load(in_webp) && (WIFSIGNALED(state) || WEXITSTATUS(state) == LEAK)) {
        forgiven++;
    } else if (!is_over || state != 0) {
        failures++;
        fprintf(stderr, "%s -%d, %u threads, %s, allocation %ld%s: %s\n", call->name, call->options.level,
                call->options.threads, call->restores ? "restoring" : "compressing", number,
                all ? " and all after it" : "",
                WIFEXITED(state) && WEXITSTATUS(state) < 4 ? words[WEXITSTATUS(state)] : "a crash, or no end");
    }
    atomic_store(in_webp, false);
}

static pid_t fork_limited(void) {
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {HANGS, HANGS};
        setrlimit(RLIMIT_CPU, &limit);
    }
    return child;
}

static void fork_fault(const struct call *call, long number, bool all) {
    fflush(NULL);
    const pid_t child = fork_limited();
    if (child == 0) {
        _exit((int)try_fault(call, number, all));
    }
    wait_for(call, child, number, all);
}

/* Besides a failure alone: one with all that follow? */
static bool goes_on(long number, long every) {
    return number / every % 4 == 1 || every == 1;
}

static const struct call *forking_call;
static bool is_copy;

/* Within an allocation: make copies of the process in which it fails. */
static void fork_here(long number) {
    const int number_of_error = errno;
    forking.is_active = false; /* in the copies, for good */
    for (int all = 0; all < 1 + goes_on(number, forking.every); all++) {
        const pid_t child = fork_limited();
        if (child == 0) {
            is_copy = true;
            atomic_store(&fail_all, all != 0);
            atomic_store(&fail_at, number);
            return;
        }
        wait_for(forking_call, child, number, all != 0);
    }
    forking.next += forking.every;
    forking.is_active = true;
    errno = number_of_error;
}

/* All failures of a call in one thread; its last allocation comes last. */
static void fork_faults(const struct call *call, long first, long every) {
    fflush(NULL);
    forking_call = call;
    forking.next = first;
    forking.every = every;
    forking.is_active = true;
    const enum outcome outcome = try_fault(call, 0, false);
    if (is_copy) {
        _exit((int)outcome);
    }
    if (outcome != FINE) {
        failures++;
        fprintf(stderr, "%s: fails without a fault\n", call->name);
    }
}

/* The largest number of allocations that a call makes; -1: it fails. */
static long count_allocations(const struct call *call) {
    static uint8_t bytes[ROOM];
    struct place result = {bytes, 0, ROOM};
    struct bswz_error error;
    arm(0, false);
    return run_call(call, call->restores, call->restores ? &call->stream : &call->source, &result, &error) == BSWZ_OK
               ? (long)allocations
               : -1;
}

static void sweep(struct call *call, long every) {
    for (int restores = 0; restores < 2; restores++) {
        call->restores = restores != 0;
        const long first = 1 + calls++ * 37 % every; /* others for each call */
        if (call->options.threads == 1) {
            fork_faults(call, first, every);
            continue;
        }
        const long count = count_allocations(call);
        if (count < 0) {
            failures++;
            fprintf(stderr, "%s: fails without a fault\n", call->name);
            return;
        }
        for (long number = first; number <= count; number += every) {
            fork_fault(call, number, false);
            if (goes_on(number, every)) {
                fork_fault(call, number, true);
            }
        }
    }
}

/* What is wanted of the inputs. */
struct wanted {
    long every;
    const char *name; /* NULL: all */
    /* a single fault, if direction is not NULL */
    const char *direction;
    int level;
    long number;
    unsigned threads;
};

static void sweep_call(const struct wanted *wanted, struct call *call, const struct byte_buffer *input) {
    const struct bswz_decompress_options plain = {.size = sizeof plain, .threads = 1};
    call->source = *input;
    if (compress(input, &call->options, call->band_pixels, &call->stream, NULL) != BSWZ_OK ||
        decompress_with(&call->stream, &plain, &call->expected, NULL) != BSWZ_OK) {
        failures++;
        fprintf(stderr, "%s: fails without a fault\n", call->name);
    } else if (wanted->direction != NULL) {
        call->restores = strcmp(wanted->direction, "restoring") == 0;
        count_allocations(call);
        printf("outcome %d\n", (int)try_fault(call, wanted->number, false));
    } else {
        sweep(call, wanted->every);
    }
    free(call->stream.data);
    free(call->expected.data);
}

/* The first call in a process loads models, which remain. */
#define FIRST_CALL "first call"

static void sweep_cold(void *context, const char *name, const struct byte_buffer *input,
                       const struct bswz_compress_options *options, uint64_t band_pixels) {
    const struct wanted *wanted = context;
    if (is_cold && (wanted->name == NULL || strcmp(wanted->name, FIRST_CALL) == 0)) {
        struct call call = {.name = FIRST_CALL, .options = *options, .band_pixels = band_pixels, .source = *input};
        append(&call.expected, input->data, input->size);
        call.options.level = 9;
        for (long number = 1; number <= 400; number += wanted->every) {
            fork_fault(&call, number, false);
        }
        free(call.expected.data);
    }
    is_cold = false;
    (void)name;
}

static void sweep_input(void *context, const char *name, const struct byte_buffer *input,
                        const struct bswz_compress_options *options, uint64_t band_pixels) {
    const struct wanted *wanted = context;
    if (wanted->name != NULL && strcmp(wanted->name, name) != 0) {
        return;
    }
    for (int level = 1; level <= 9; level++) {
        if (wanted->every > 1 && level != options->level) {
            continue;
        }
        struct call call = {.name = name, .options = *options, .band_pixels = band_pixels};
        call.options.level = level;
        for (unsigned threads = 1; threads <= (level == options->level ? 3 : 1); threads += 2) {
            call.options.threads = threads;
            call.counts_leaks = threads == 1;
            if (wanted->direction == NULL || (level == wanted->level && threads == wanted->threads)) {
                sweep_call(wanted, &call, input);
                call.stream = call.expected = (struct byte_buffer){0};
            }
        }
    }
}

static void all_inputs(const struct inputs *inputs) {
    every_input(inputs);
    every_large(inputs);
}

static void name_input(void *context, const char *name, const struct byte_buffer *input,
                       const struct bswz_compress_options *options, uint64_t band_pixels) {
    (void)context;
    (void)input;
    (void)options;
    (void)band_pixels;
    puts(name);
}

int main(int count, char **arguments) {
    struct wanted wanted = {.every = count > 1 ? strtol(arguments[1], NULL, 10) : 1,
                            .name = count > 2 ? arguments[2] : NULL};
    in_webp = mmap(NULL, sizeof *in_webp, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (in_webp == MAP_FAILED) {
        return 2;
    }
    if (count == 7 && strcmp(arguments[1], "at") == 0) {
        wanted = (struct wanted){.name = arguments[2], .direction = arguments[4]};
        wanted.level = atoi(arguments[3]);
        wanted.number = strtol(arguments[5], NULL, 10);
        wanted.threads = (unsigned)atoi(arguments[6]);
        all_inputs(&(struct inputs){sweep_input, &wanted});
        return 0;
    }
    if (count == 2 && strcmp(arguments[1], "kinds") == 0) {
        puts(FIRST_CALL);
        all_inputs(&(struct inputs){name_input, NULL});
        return 0;
    }
    if (wanted.every < 1) {
        fputs("usage: memory_faults [EVERY [KIND]]\n", stderr);
        return 2;
    }
    every_input(&(struct inputs){sweep_cold, &wanted});
    all_inputs(&(struct inputs){sweep_input, &wanted});
    printf("%s%s%u faults, %u failed; %u crashes and leaks of libwebp's own\n", wanted.name != NULL ? wanted.name : "",
           wanted.name != NULL ? ": " : "", tries, failures, forgiven);
    return failures != 0 || tries == 0;
}
