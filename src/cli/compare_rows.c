/* SPDX-License-Identifier: MIT */
/*
 * Measuring (compare_rows.h).
 *
 * The same rules apply to all: the other codecs are the programs found in PATH, run as filters from file to file;
 * bswz does the same inside this process. Times are wall-clock times, including reading and writing. All picture
 * codecs get the same plain file; gzip and its relatives get only the samples.
 *
 * The library determines the pixels: a file is compressed as a picture at the fastest level, and restored as samples
 * and as a plain picture. A file that does not turn out to be a single picture is compared as bytes.
 */
#include "cli/compare_rows.h"

#include "cli/message.h"
#include "cli/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct tool {
    const char *name;
    bool is_for_pictures, is_for_bytes;
    unsigned bits_max;  /* largest number of bits per sample */
    bool wants_samples; /* instead of the plain picture */
    const char *compress[TOOL_WORDS], *restore[TOOL_WORDS];
    const char *compress_alpha[TOOL_WORDS], *restore_alpha[TOOL_WORDS]; /* if different from the above */
} tools[] = {
    {"gzip -9", true, true, 16, true, {"gzip", "-9", "-n"}, {"gzip", "-d"}, {NULL}, {NULL}},
    {"bzip2 -9", true, true, 16, true, {"bzip2", "-9"}, {"bzip2", "-d"}, {NULL}, {NULL}},
    {"xz -9 (LZMA)", true, true, 16, true, {"xz", "-9"}, {"xz", "-d"}, {NULL}, {NULL}},
    {"zstd -19", false, true, 16, true, {"zstd", "-q", "-19"}, {"zstd", "-q", "-d"}, {NULL}, {NULL}},
    {"PNG",
     true,
     false,
     16,
     false,
     {"pnmtopng", "-quiet", "-compression", "9"},
     {"pngtopam"},
     {"pamtopng"},
     {"pngtopam", "-alphapam"}},
    {"WebP -z 6",
     true,
     false,
     8,
     false,
     {"cwebp", "-quiet", "-lossless", "-exact", "-z", "6", "-o", "-", "--", "-"},
     {"dwebp", "-quiet", "-pam", "-o", "-", "--", "-"},
     {NULL},
     {NULL}},
    {"JPEG XL -e 7",
     true,
     false,
     16,
     false,
     {"cjxl", "--quiet", "-d", "0", "-e", "7", "/dev/stdin", "/dev/stdout"},
     {"djxl", "--quiet", "/dev/stdin"},
     {NULL},
     {NULL}},
};

static void add_level(struct compare_row *row, int level, const struct bswz_model *model) {
    const char *name = model != NULL ? bswz_model_name(model) : level <= 3 ? "fast" : level <= 7 ? "default" : "best";
    row->level = level;
    snprintf(row->name, sizeof row->name, "bswz -%d (%s)", level, name);
}

int compare_rows(enum content_kind kind, const struct options *options, const struct bswz_model *model,
                 struct compare_row rows[ROWS_MAX]) {
    static const int levels[] = {1, BSWZ_DEFAULT_LEVEL, 9};
    int count = 0;
    for (int i = 0; i < (int)(sizeof tools / sizeof tools[0]); i++) {
        if (kind == CONTENT_PICTURE ? tools[i].is_for_pictures : tools[i].is_for_bytes) {
            rows[count] = (struct compare_row){.tool = i};
            snprintf(rows[count].name, sizeof rows[count].name, "%s", tools[i].name);
            count++;
        }
    }
    bool is_listed = false;
    for (int i = 0; i < 3 && model == NULL; i++) {
        if (!is_listed && options->level <= levels[i]) {
            is_listed = true;
            if (options->level < levels[i]) {
                add_level(&rows[count++], options->level, NULL);
            }
        }
        add_level(&rows[count++], levels[i], NULL);
    }
    if (model != NULL) {
        add_level(&rows[count++], options->level, model);
    }
    return count;
}

const char *compare_row_program(const struct compare_row *row) {
    return row->level != 0 ? "bswz" : tools[row->tool].compress[0];
}

void compare_row_version(const struct compare_row *row, char version[VERSION_SIZE]) {
    const char *program = compare_row_program(row);
    struct scratch output;
    version[0] = '\0';
    if (row->level != 0) {
        snprintf(version, VERSION_SIZE, "%s", bswz_version());
    } else if (scratch_open(&output)) {
        tool_version(program, strcmp(program, "cwebp") == 0 ? "-version" : "--version", output.descriptor, version);
        scratch_close(&output);
    }
}

/* ---- what kind of file it is ---- */

static enum outcome failed_here(const struct subject *subject) {
    message_error(subject->name, "cannot create a temporary file: %s", strerror(errno));
    return OUTCOME_ERROR;
}

static enum outcome read_whole(struct subject *subject, struct source *source) {
    const struct bswz_output output = scratch_output(&subject->file);
    uint8_t bytes[1 << 14];
    for (;;) {
        const size_t size = source_read(source, bytes, sizeof bytes);
        if (size == SIZE_MAX) {
            message_error(subject->name, "cannot read: %s", strerror(source->failure));
            return OUTCOME_ERROR;
        }
        if (size == 0) {
            subject->file_size = scratch_size(&subject->file);
            return OUTCOME_DONE;
        }
        if (output.write(output.context, bytes, size) != 0) {
            return failed_here(subject);
        }
    }
}

struct findings {
    uint64_t parts;
    struct bswz_entry last;
};

static void find(void *context, const struct bswz_entry *entry) {
    struct findings *findings = context;
    findings->parts++;
    findings->last = *entry;
}

/* Write the stream's picture in the target format; false if that format cannot hold it. */
static bool restore_as(struct scratch *stream, enum bswz_target target, unsigned threads, struct scratch *to) {
    const struct bswz_decompress_options wanted = {.size = sizeof wanted, .threads = threads, .target = target};
    return scratch_clear(to) && bswz_decompress(scratch_input(stream), scratch_output(to), &wanted, NULL) == BSWZ_OK;
}

/* If the file is a single picture, extract its samples and write a plain file of it. */
static enum outcome take_apart(struct subject *subject, struct scratch *stream, const struct options *options) {
    const struct bswz_compress_options wanted = {
        .size = sizeof wanted,
        .level = 1,
        .threads = options->threads,
        .raw_width = options->raw_width,
        .raw_height = options->raw_height,
        .raw_channels = options->raw_channels,
        .raw_bits = options->raw_bits,
        .raw_big_endian = options->raw_big_endian,
        .keep_pixels = true,
        .no_origin = true,
    };
    struct bswz_error error = {0};
    struct findings findings = {0};
    enum bswz_status status = bswz_compress(scratch_input(&subject->file), scratch_output(stream), &wanted, &error);
    if (status == BSWZ_OK) {
        status = bswz_list(scratch_input(stream), find, &findings, &error);
    }
    if (status != BSWZ_OK) {
        message_error(subject->name, "%s", error.message);
        return OUTCOME_ERROR;
    }
    subject->kind = CONTENT_BYTES;
    subject->raw_size = subject->file_size;
    if (findings.parts != 1 || !findings.last.is_picture ||
        !restore_as(stream, BSWZ_TO_RAW, options->threads, &subject->samples)) {
        return OUTCOME_DONE;
    }
    subject->has_alpha = !restore_as(stream, BSWZ_TO_PPM, options->threads, &subject->plain);
    if (subject->has_alpha && !restore_as(stream, BSWZ_TO_PAM, options->threads, &subject->plain)) {
        return OUTCOME_DONE;
    }
    subject->kind = CONTENT_PICTURE;
    subject->raw_size = scratch_size(&subject->samples);
    subject->width = findings.last.width;
    subject->height = findings.last.height;
    subject->channels = findings.last.channels;
    subject->depth = findings.last.depth;
    subject->format = findings.last.format;
    return OUTCOME_DONE;
}

enum outcome subject_open(struct subject *subject, const struct input *input, const struct options *options) {
    struct source source;
    struct scratch stream;
    *subject = (struct subject){
        .name = input->name, .file = {.descriptor = -1}, .samples = {.descriptor = -1}, .plain = {.descriptor = -1}};
    enum outcome outcome = source_open(&source, input, options);
    if (outcome != OUTCOME_DONE) {
        return outcome;
    }
    subject->name = source.name;
    if (!scratch_open(&stream) || !scratch_open(&subject->file) || !scratch_open(&subject->samples) ||
        !scratch_open(&subject->plain)) {
        outcome = failed_here(subject);
    }
    if (outcome == OUTCOME_DONE) {
        outcome = read_whole(subject, &source);
    }
    if (outcome == OUTCOME_DONE) {
        outcome = take_apart(subject, &stream, options);
    }
    scratch_close(&stream);
    source_close(&source);
    return outcome;
}

void subject_close(struct subject *subject) {
    scratch_close(&subject->file);
    scratch_close(&subject->samples);
    scratch_close(&subject->plain);
}

/* ---- measuring ---- */

static void measure_tool(const struct subject *subject, const struct tool *tool, struct scratch *packed,
                         struct scratch *restored, struct measurement *measurement) {
    const struct scratch *from = subject->kind == CONTENT_BYTES ? &subject->file
                                 : tool->wants_samples          ? &subject->samples
                                                                : &subject->plain;
    const bool for_alpha = subject->has_alpha && tool->compress_alpha[0] != NULL;
    const char *const *compress = for_alpha ? tool->compress_alpha : tool->compress;
    const char *const *restore = for_alpha ? tool->restore_alpha : tool->restore;
    if (subject->depth > tool->bits_max ||
        !tool_run(compress, from->descriptor, packed->descriptor, &measurement->compress)) {
        return;
    }
    measurement->is_known = true;
    measurement->size = scratch_size(packed);
    if (!tool_run(restore, packed->descriptor, restored->descriptor, &measurement->restore)) {
        measurement->restore = -1;
    }
}

static enum outcome measure_bswz(struct subject *subject, int level, const struct options *options,
                                 const struct bswz_model *model, struct scratch *packed, struct scratch *restored,
                                 struct measurement *measurement) {
    const struct bswz_compress_options wanted = {.size = sizeof wanted,
                                                 .level = level,
                                                 .threads = options->threads,
                                                 .model = model,
                                                 .no_origin = options->no_origin};
    const struct bswz_decompress_options back = {.size = sizeof back, .threads = options->threads, .model = model};
    struct scratch *from = subject->kind == CONTENT_BYTES ? &subject->file : &subject->plain;
    struct bswz_error error = {0};
    double start = tool_clock();
    enum bswz_status status = bswz_compress(scratch_input(from), scratch_output(packed), &wanted, &error);
    measurement->compress = tool_clock() - start;
    if (status == BSWZ_OK) {
        measurement->size = scratch_size(packed);
        start = tool_clock();
        status = bswz_decompress(scratch_input(packed), scratch_output(restored), &back, &error);
        measurement->restore = tool_clock() - start;
    }
    if (status != BSWZ_OK) {
        message_error(subject->name, "%s", error.message);
        return OUTCOME_ERROR;
    }
    if (!scratch_equals(from, restored)) {
        message_error(subject->name, "bswz did not restore what it compressed");
        return OUTCOME_ERROR;
    }
    measurement->is_known = true;
    return OUTCOME_DONE;
}

enum outcome subject_measure(struct subject *subject, const struct compare_row *row, const struct options *options,
                             const struct bswz_model *model, struct measurement *measurement) {
    struct scratch packed, restored;
    enum outcome outcome = OUTCOME_DONE;
    *measurement = (struct measurement){.restore = -1};
    const bool is_open = scratch_open(&packed);
    if (!scratch_open(&restored) || !is_open) {
        outcome = failed_here(subject);
    } else if (row->level == 0) {
        measure_tool(subject, &tools[row->tool], &packed, &restored, measurement);
    } else {
        outcome = measure_bswz(subject, row->level, options, model, &packed, &restored, measurement);
    }
    scratch_close(&packed);
    scratch_close(&restored);
    return outcome;
}
