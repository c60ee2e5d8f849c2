/* SPDX-License-Identifier: MIT */
/*
 * Lists as one JSON object, for programs (RFC 8259). bswz(1) describes the members; new ones may be added.
 *
 * The name of a file is bytes, while JSON has text. Bytes that are not UTF-8 become the surrogates U+DC80 to U+DCFF,
 * as in Python, which turns them into the same bytes again (os.fsencode).
 */
#include "cli/list_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How many bytes the UTF-8 character at text has, or 0 if there is none. */
static size_t character_size(const unsigned char *text) {
    static const struct {
        unsigned char mask, mark;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t more = 0; more < 4; more++) {
        if ((text[0] & forms[more].mask) != forms[more].mark) {
            continue;
        }
        uint32_t code = text[0] & (unsigned char)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if ((text[i] & 0xc0) != 0x80) {
                return 0;
            }
            code = code << 6 | (text[i] & 0x3f);
        }
        const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
        return code >= forms[more].least && code <= 0x10ffff && !is_surrogate ? more + 1 : 0;
    }
    return 0;
}

static void put_string(const char *string) {
    putchar('"');
    for (const unsigned char *text = (const unsigned char *)string; *text != '\0';) {
        const size_t size = character_size(text);
        if (size == 0) {
            printf("\\udc%02x", *text++);
        } else if (size == 1 && (*text < 0x20 || *text == 0x7f)) {
            printf("\\u%04x", *text++);
        } else if (*text == '"' || *text == '\\') {
            printf("\\%c", *text++);
        } else {
            text += fwrite(text, 1, size, stdout);
        }
    }
    putchar('"');
}

static void put_member(const char *name, const char *value) {
    printf(", \"%s\": ", name);
    put_string(value);
}

static void put_sizes(const struct list_sums *sums) {
    printf("\"compressed_size\": %" PRIu64 ", \"restored_size\": %" PRIu64 ", \"source_size\": ", sums->compressed,
           sums->restored);
    if (list_has_source(sums)) {
        printf("%" PRIu64, sums->source);
    } else {
        fputs("null", stdout);
    }
}

static void put_part(const struct bswz_entry *part) {
    printf("      {\"compressed_size\": %" PRIu64 ", \"restored_size\": %" PRIu64, part->compressed_size,
           part->restored_size);
    put_member("kind", part->is_picture ? "picture" : "bytes");
    if (part->is_picture) {
        printf(", \"width\": %" PRIu32 ", \"height\": %" PRIu32 ", \"channels\": %" PRIu32 ", \"depth\": %" PRIu32,
               part->width, part->height, part->channels, part->depth);
    }
    put_member("format", part->format);
    put_member("origin", part->origin);
    put_member("promise", part->promise);
    printf(", \"frames\": %" PRIu64 ", \"tiles\": %" PRIu64, part->frames, part->tiles);
    if (part->model_hash != 0) {
        char hash[20];
        snprintf(hash, sizeof hash, "%016" PRIx64, part->model_hash);
        put_member("model", part->model_name);
        put_member("model_hash", hash);
    }
    putchar('}');
}

void list_json_begin(void) {
    fputs("{\n  \"files\": [", stdout);
}

void list_json_file(const char *name, const struct bswz_entry *parts, const struct list_sums *sums,
                    const struct bswz_account *account, bool is_first) {
    printf("%s\n    {\"name\": ", is_first ? "" : ",");
    put_string(name);
    fputs(", ", stdout);
    put_sizes(sums);
    fputs(", \"parts\": [", stdout);
    for (uint64_t i = 0; i < sums->parts; i++) {
        fputs(i > 0 ? ",\n" : "\n", stdout);
        put_part(&parts[i]);
    }
    putchar(']');
    if (account != NULL) {
        printf(", \"samples\": %" PRIu64 ", \"shares\": [", account->samples);
        for (size_t i = 0; i < BSWZ_SHARES; i++) {
            printf("%s\n      {\"name\": \"%s\", \"bytes\": %" PRId64 "}", i > 0 ? "," : "", account->shares[i].name,
                   account->shares[i].bytes);
        }
        putchar(']');
    }
    putchar('}');
}

void list_json_end(const struct list_sums *total) {
    printf("],\n  \"totals\": {\"files\": %" PRIu64 ", \"parts\": %" PRIu64 ", ", total->files, total->parts);
    put_sizes(total);
    puts("}\n}");
}
