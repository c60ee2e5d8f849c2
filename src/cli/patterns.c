/* SPDX-License-Identifier: MIT */
/*
 * Patterns (patterns.h). A file is taken if an --include matches it, or if there is none, and no --exclude does.
 *
 * Kinds go by the name of a file, not by its contents: names are there without opening a million files, and the name
 * of a stream tells what it will be restored to.
 */
#include "cli/patterns.h"

#include "cli/suffix.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *kind, *suffixes[6];
} kinds[] = {
    {"png", {".png", ".apng"}},
    {"jpeg", {".jpg", ".jpeg", ".jpe", ".jfif"}},
    {"webp", {".webp"}},
    {"gif", {".gif"}},
    {"bmp", {".bmp", ".dib"}},
    {"tiff", {".tif", ".tiff"}},
    {"dicom", {".dcm", ".dicom"}},
    {"fits", {".fits", ".fit", ".fts"}},
    {"pnm", {".pnm", ".pbm", ".pgm", ".ppm", ".pam"}},
};

/* Is kind a kind, or "pictures" for all of them? Then *matches tells whether name is of that kind. */
static bool is_kind(const char *kind, const char *name, bool *matches) {
    const bool is_any = strcmp(kind, "pictures") == 0;
    bool is_known = is_any;
    *matches = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (is_any || strcmp(kind, kinds[i].kind) == 0) {
            is_known = true;
            for (const char *const *suffix = kinds[i].suffixes; *suffix != NULL; suffix++) {
                *matches |= suffix_at_end(name, *suffix);
            }
        }
    }
    return is_known;
}

bool patterns_is_kind(const char *kind, const char *name) {
    bool is_of_kind;
    return is_kind(kind, name, &is_of_kind) && is_of_kind;
}

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* A pattern with a slash is compared with the whole path. */
static bool glob_matches(const char *glob, const char *path) {
    return fnmatch(glob, strchr(glob, '/') != NULL ? path : last_name(path), 0) == 0;
}

static bool matches(const struct pattern *pattern, const char *path) {
    bool is_of_kind;
    return is_kind(pattern->text, path, &is_of_kind) ? is_of_kind : glob_matches(pattern->text, path);
}

bool patterns_add(struct patterns *patterns, const char *text, bool excludes) {
    struct pattern *all = reallocarray(patterns->all, patterns->count + 1, sizeof *all);
    if (all == NULL) {
        return false;
    }
    patterns->all = all;
    all[patterns->count++] = (struct pattern){.text = text, .excludes = excludes};
    return true;
}

bool patterns_allow_file(const struct patterns *patterns, const char *path) {
    bool has_includes = false, is_included = false;
    for (size_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->all[i];
        has_includes |= !pattern->excludes;
        if (matches(pattern, path)) {
            if (pattern->excludes) {
                return false;
            }
            is_included = true;
        }
    }
    return is_included || !has_includes;
}

bool patterns_allow_folder(const struct patterns *patterns, const char *path) {
    bool unused;
    for (size_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->all[i];
        if (pattern->excludes && !is_kind(pattern->text, path, &unused) && glob_matches(pattern->text, path)) {
            return false;
        }
    }
    return true;
}

void patterns_free(struct patterns *patterns) {
    free(patterns->all);
    *patterns = (struct patterns){0};
}
