/*
 * Listing.  The library walks the headers of a stream and reports each part;
 * here they become lines, or one line a file.  The numbers of a file are printed
 * only when its whole stream could be walked: a table must not look complete
 * when it is not.
 */
#include "cli/list.h"

#include "cli/message.h"
#include "cli/work.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct parts {
    struct bswz_entry *entries;
    size_t count, capacity;
    bool out_of_memory;
};

/* What is printed of a file as a whole, or of all of them. */
struct sums {
    uint64_t compressed, restored, parts, files;
};

static void collect(void *context, const struct bswz_entry *entry) {
    struct parts *parts = context;
    if (parts->count == parts->capacity) {
        size_t capacity = parts->capacity > 0 ? 2 * parts->capacity : 16;
        struct bswz_entry *entries = reallocarray(parts->entries, capacity, sizeof *entries);
        if (entries == NULL) {
            parts->out_of_memory = true;
            return;
        }
        parts->entries = entries;
        parts->capacity = capacity;
    }
    parts->entries[parts->count++] = *entry;
}

static void print_ratio(uint64_t compressed, uint64_t restored) {
    if (restored > 0) {
        printf(" %7.3f", (double)compressed / (double)restored);
    } else {
        printf(" %7s", "-");
    }
}

static void print_name(const char *name) {
    fputs("  ", stdout);
    message_put_masked(stdout, name);
    putchar('\n');
}

/* "640x480x3", or "640x480x3/16" where samples are not of 8 bits. */
static void print_dimensions(const struct bswz_entry *entry) {
    char text[64] = "-";
    if (entry->is_picture && entry->depth == 8) {
        snprintf(text, sizeof text, "%" PRIu32 "x%" PRIu32 "x%" PRIu32, entry->width, entry->height,
                 entry->channels);
    } else if (entry->is_picture) {
        snprintf(text, sizeof text, "%" PRIu32 "x%" PRIu32 "x%" PRIu32 "/%" PRIu32, entry->width, entry->height,
                 entry->channels, entry->depth);
    }
    printf("  %-16s", text);
}

static void print_heading(const struct options *options) {
    printf("%12s %12s %7s  %-8s  %-16s", "compressed", "restored", "ratio", "kind", "dimensions");
    if (options->verbosity >= VERBOSITY_NOTICES) {
        printf("  %-6s  %-8s  %-7s  %6s  %-25s", "format", "origin", "promise", "frames", "model");
    }
    fputs("  name\n", stdout);
}

static void print_part(const struct bswz_entry *entry, const char *name) {
    char model[64] = "-";
    if (entry->model_hash != 0) {
        snprintf(model, sizeof model, "%s %016" PRIx64, entry->model_name, entry->model_hash);
    }
    printf("%12" PRIu64 " %12" PRIu64, entry->compressed_size, entry->restored_size);
    print_ratio(entry->compressed_size, entry->restored_size);
    printf("  %-8s", entry->is_picture ? "picture" : "bytes");
    print_dimensions(entry);
    printf("  %-6s  %-8s  %-7s  %6" PRIu64 "  ", entry->format, entry->origin, entry->promise, entry->frames);
    message_put_masked(stdout, model);
    for (size_t length = strlen(model); length < 25; length++) {
        putchar(' ');
    }
    print_name(name);
}

static void print_file(const struct parts *parts, const struct sums *sums, const char *name) {
    printf("%12" PRIu64 " %12" PRIu64, sums->compressed, sums->restored);
    print_ratio(sums->compressed, sums->restored);
    if (parts->count == 1) {
        printf("  %-8s", parts->entries[0].is_picture ? "picture" : "bytes");
        print_dimensions(&parts->entries[0]);
    } else {
        char kind[32];
        snprintf(kind, sizeof kind, "%zu parts", parts->count);
        printf("  %-8s  %-16s", kind, "-");
    }
    print_name(name);
}

static void print_total(const struct sums *sums, const struct options *options) {
    char kind[32], name[32];
    snprintf(kind, sizeof kind, "%" PRIu64 " parts", sums->parts);
    snprintf(name, sizeof name, "%" PRIu64 " file%s", sums->files, sums->files == 1 ? "" : "s");
    printf("%12" PRIu64 " %12" PRIu64, sums->compressed, sums->restored);
    print_ratio(sums->compressed, sums->restored);
    printf("  %-8s  %-16s", kind, "-");
    if (options->verbosity >= VERBOSITY_NOTICES) {
        printf("  %-6s  %-8s  %-7s  %6s  %-25s", "-", "-", "-", "-", "-");
    }
    print_name(name);
}

static enum outcome list_file(const char *file, const struct options *options, struct sums *total) {
    struct source source;
    enum outcome outcome = source_open(&source, file, options);
    if (outcome != OUTCOME_DONE) {
        return outcome;
    }
    struct parts parts = {0};
    struct bswz_error error = {0};
    enum bswz_status status = bswz_list((struct bswz_input){source_read, &source}, collect, &parts, &error);
    if (status != BSWZ_OK) {
        work_explain(&source, status, &error);
        outcome = OUTCOME_ERROR;
    } else if (parts.out_of_memory) {
        message_error(source.name, "%s", strerror(ENOMEM));
        outcome = OUTCOME_ERROR;
    } else {
        /* a stream holds a few bytes that belong to no part */
        struct sums sums = {.compressed = source.bytes_read, .parts = parts.count};
        for (size_t i = 0; i < parts.count; i++) {
            sums.restored += parts.entries[i].restored_size;
            if (options->verbosity >= VERBOSITY_NOTICES) {
                print_part(&parts.entries[i], source.name);
            }
        }
        if (options->verbosity < VERBOSITY_NOTICES) {
            print_file(&parts, &sums, source.name);
        }
        total->compressed += sums.compressed;
        total->restored += sums.restored;
        total->parts += sums.parts;
        total->files++;
    }
    free(parts.entries);
    source_close(&source);
    return outcome;
}

enum outcome list_files(const struct options *options) {
    struct sums total = {0};
    enum outcome outcome = OUTCOME_DONE;
    print_heading(options);
    for (int i = 0; i < options->file_count; i++) {
        outcome = outcome_worse(outcome, list_file(options->files[i], options, &total));
    }
    if (options->file_count > 1) {
        print_total(&total, options);
    }
    return outcome;
}
