/* SPDX-License-Identifier: MIT */
/*
 * Pixels of JPEG, BMP and TIFF files are restored as PNG when the file itself was not kept (--pixels), or only a
 * smaller picture is wanted (--scale). Under the old name nobody would expect a PNG file. What a stream holds is known
 * only after its headers have been walked; that is done only for names that may need it.
 */
#include "cli/becomes_png.h"

#include "cli/patterns.h"
#include "cli/suffix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct walk {
    int descriptor;
    off_t position;
    bool has_entry, loses_file, is_jpeg, is_other;
};

/* Does not move the descriptor's position. */
static size_t read_at(void *context, uint8_t *bytes, size_t size) {
    struct walk *walk = context;
    ssize_t got;
    do {
        got = pread(walk->descriptor, bytes, size, walk->position);
    } while (got < 0 && errno == EINTR);
    walk->position += got > 0 ? got : 0;
    return got < 0 ? SIZE_MAX : (size_t)got;
}

static void note(void *context, const struct bswz_entry *entry) {
    struct walk *walk = context;
    if (!walk->has_entry && entry->is_picture) {
        walk->loses_file = strcmp(entry->promise, "pixels") == 0;
        walk->is_jpeg = strcmp(entry->format, "JPEG") == 0;
        walk->is_other = strcmp(entry->format, "BMP") == 0 || strcmp(entry->format, "TIFF") == 0;
    }
    walk->has_entry = true;
}

/* Does the name, without the suffix of a stream, end as that of such a file does? */
static bool has_such_name(const char *path, const struct options *options) {
    char *plain = suffix_remove(path, options);
    const bool has = plain != NULL && (patterns_is_kind("jpeg", plain) || patterns_is_kind("bmp", plain) ||
                                       patterns_is_kind("tiff", plain));
    free(plain);
    return has;
}

bool becomes_png(const struct source *source, const struct options *options) {
    struct walk walk = {.descriptor = source->descriptor};
    if (options->mode != MODE_DECOMPRESS || options->target_suffix != NULL || !S_ISREG(source->status.st_mode) ||
        !has_such_name(source->path, options)) {
        return false;
    }
    if (bswz_list((struct bswz_input){read_at, &walk}, note, &walk, NULL) != BSWZ_OK && !walk.has_entry) {
        return false; /* whatever is wrong is reported later */
    }
    return (walk.is_jpeg && walk.loses_file) || ((walk.is_jpeg || walk.is_other) && options->scale > 0);
}
