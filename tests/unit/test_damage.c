/* SPDX-License-Identifier: MIT */
/*
 * Very many streams of every kind, damaged in every way: each gives an error, or exactly its original contents.
 *
 *     test_damage [COUNT [SEED]]      COUNT streams (4000), in as many processes as there are processors
 *     test_damage --only NUMBER [SEED]  one of them again
 *
 * test_stream_damage.c goes through every byte of a few streams; here the damage is random, with several kinds at
 * once, and depends only on the seed and the number. The models are toys and the pictures small, so that a million take about
 * ten minutes of processor time.
 */
#include "every_input.h"
#include "container/walk.h"
#include "image/record.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- ways to decompress ---- */

static const struct bswz_decompress_options ways[] = {
    {.size = sizeof ways[0], .threads = 1},
    {.size = sizeof ways[0], .threads = 1, .rescue = 1},
    {.size = sizeof ways[0], .threads = 3},
    {.size = sizeof ways[0], .threads = 1, .target = BSWZ_TO_PNG},
    {.size = sizeof ways[0], .threads = 1, .target = BSWZ_TO_RAW, .rescue = 1},
    {.size = sizeof ways[0], .threads = 1, .target = BSWZ_TO_PAM, .scale = 1},
};
#define WAYS (sizeof ways / sizeof *ways)
#define FIRST_CONVERSION 3 /* conversions do not apply to every stream */

/* ---- what is damaged ---- */

/* What streams consist of: segments, frames, and what becomes of a picture's samples first. */
enum part { SEGMENTS = 0, FRAMES = 8, ORIGINS = 18, REDUCTIONS = 22, RECORDS = 26, PARTS = 30 };
enum { RECORD_INDICES, RECORD_PALETTE, RECORD_REFERS, RECORD_JPEG_REFERS };
static const char *const part_names[PARTS] = {[SEGMENTS + SEGMENT_BYTES] = "segments of bytes",
                                              [SEGMENTS + SEGMENT_PICTURE] = "pictures",
                                              [SEGMENTS + SEGMENT_AGAIN] = "pictures with the last header",
                                              [SEGMENTS + SEGMENT_JPEG] = "JPEG files",
                                              [SEGMENTS + SEGMENT_GIF] = "GIF files",
                                              [SEGMENTS + SEGMENT_DEFLATE] = "deflate streams",
                                              [SEGMENTS + SEGMENT_PAGES] = "files of pages",
                                              [FRAMES + FRAME_END_RECORD] = "tail records",
                                              [FRAMES + FRAME_END_SHORT] = "pictures that broke off",
                                              [FRAMES + FRAME_STORED] = "stored frames",
                                              [FRAMES + FRAME_ZSTD] = "frames of zstd",
                                              [FRAMES + FRAME_DRAWN] = "drawings",
                                              [FRAMES + FRAME_PLANES] = "planes",
                                              [FRAMES + FRAME_COEFFICIENTS] = "coefficients",
                                              [FRAMES + FRAME_MIXED] = "mixed frames",
                                              [FRAMES + FRAME_DEEP] = "deep frames",
                                              [ORIGINS + ORIGIN_JFIF] = "origin JFIF",
                                              [ORIGINS + ORIGIN_PHOTOYCC] = "origin PhotoYCC",
                                              [ORIGINS + ORIGIN_GREY] = "origin grey",
                                              [REDUCTIONS + REDUCTION_REPEAT] = "repeated bytes",
                                              [REDUCTIONS + REDUCTION_TABLES] = "tables of values",
                                              [REDUCTIONS + REDUCTION_SPLIT] = "lower bits apart",
                                              [RECORDS + RECORD_INDICES] = "palettes that follow from pixels",
                                              [RECORDS + RECORD_PALETTE] = "palettes",
                                              [RECORDS + RECORD_REFERS] = "records that refer to the last one",
                                              [RECORDS + RECORD_JPEG_REFERS] = "JPEG headers that do"};

struct sample {
    const char *name;
    struct byte_buffer stream;
    bool holds[PARTS];
    bool can[WAYS];
    struct byte_buffer restored[WAYS];
};

#define SAMPLES_MAX 96
static struct sample samples[SAMPLES_MAX]; /* drawn at the start, and constant afterwards */
static unsigned sample_count;

static void note_picture_frame(const struct frame_header *frame, bool *holds) {
    holds[FRAMES + frame->method] = true;
    holds[REDUCTIONS + frame->reduction] = true;
    if (frame->method == FRAME_PLANES || frame->method == FRAME_MIXED) {
        holds[ORIGINS + frame->origin] = true;
    }
}

/* The header of a picture or of a JPEG file has been taken: what does its record hold, and does it refer to another? */
static void note_record(const struct byte_buffer *stream, const struct walk *walk, enum walk_event event, bool *holds) {
    const size_t end = (size_t)input_position(walk->input);
    const struct byte_buffer *head = &walk->picture.head;
    struct picture_chunk chunk;
    if (event == WALK_JPEG) { /* the record, a hash, and a check */
        holds[RECORDS + RECORD_JPEG_REFERS] |= (stream->data[end - 12 - walk->jpeg.recipe_size] & 128) != 0;
    } else if (stream->data[walk->segment_start] == SEGMENT_PICTURE && walk->picture.record_size > 0 &&
               picture_record_is_used(walk->picture.info.format)) {
        holds[RECORDS + RECORD_REFERS] |= (stream->data[end - 4 - walk->picture.record_size] & 1) != 0;
        holds[RECORDS + RECORD_INDICES] |= picture_chunk_find(head->data + 4, head->size - 4, "INDX", &chunk);
        holds[RECORDS + RECORD_PALETTE] |= picture_chunk_find(head->data + 4, head->size - 4, "PLTE", &chunk);
    }
}

/* Which parts the stream has. */
static void look_through(const struct byte_buffer *stream, bool *holds) {
    struct memory_input memory = {stream->data, stream->size, 0, 0, SIZE_MAX};
    struct input *input;
    struct walk walk;
    enum walk_event event = WALK_END;
    if (input_open((struct bswz_input){read_memory, &memory}, true, &input, NULL) != BSWZ_OK) {
        abort();
    }
    walk_begin(&walk, input, UINT64_MAX);
    while (walk_next(&walk, &event, NULL) == BSWZ_OK && event != WALK_END) {
        holds[SEGMENTS + SEGMENT_BYTES] |= event == WALK_BYTES;
        holds[SEGMENTS + SEGMENT_PICTURE] |= event == WALK_PICTURE;
        holds[SEGMENTS + SEGMENT_AGAIN] |= event == WALK_PICTURE && stream->data[walk.segment_start] == SEGMENT_AGAIN;
        holds[SEGMENTS + SEGMENT_JPEG] |= event == WALK_JPEG;
        holds[SEGMENTS + SEGMENT_GIF] |= event == WALK_GIF;
        if (event == WALK_PICTURE || event == WALK_JPEG) {
            note_record(stream, &walk, event, holds);
        }
        const bool is_inside = event == WALK_DEFLATE;
        holds[SEGMENTS + SEGMENT_PAGES] |= is_inside && stream->data[walk.segment_start] == SEGMENT_PAGES;
        holds[SEGMENTS + SEGMENT_DEFLATE] |= is_inside && stream->data[walk.segment_start] == SEGMENT_DEFLATE;
        holds[FRAMES + FRAME_END_RECORD] |= event == WALK_PICTURE_END && walk.tail.size > 0;
        holds[FRAMES + FRAME_END_SHORT] |= event == WALK_PICTURE_END && walk.is_short;
        if (event == WALK_FRAME && walk.place == WALK_IN_PICTURE) {
            note_picture_frame(&walk.frame, holds);
        } else if (event == WALK_FRAME && walk.place == WALK_IN_BYTES) {
            holds[FRAMES + walk.frame.method] = true;
        }
        if (event == WALK_FRAME && walk_payload_skip(&walk, NULL) != BSWZ_OK) {
            break;
        }
    }
    CHECK(event == WALK_END, "a stream cannot be walked through");
    walk_end(&walk);
    input_close(input);
}

static void add_sample(void *context, const char *name, const struct byte_buffer *input,
                       const struct bswz_compress_options *options, uint64_t band_pixels) {
    (void)context;
    struct sample *sample = &samples[sample_count++];
    struct bswz_error error;
    sample->name = name;
    CHECK(sample_count <= SAMPLES_MAX && compress(input, options, band_pixels, &sample->stream, &error) == BSWZ_OK,
          "%s: %s", name, error.message);
    look_through(&sample->stream, sample->holds);
    for (size_t way = 0; way < WAYS; way++) {
        sample->can[way] = decompress_with(&sample->stream, &ways[way], &sample->restored[way], &error) == BSWZ_OK;
        const bool is_refused = error.status == BSWZ_ERROR_UNSUPPORTED || error.status == BSWZ_ERROR_ARGUMENT;
        CHECK(sample->can[way] || (way >= FIRST_CONVERSION && is_refused), "%s, way %zu: %s", name, way, error.message);
    }
    CHECK(!options->exact || same(&sample->restored[0], input), "%s: other bytes", name);
}

static void add_samples(void) {
    every_input(&(struct inputs){add_sample, NULL});
    for (size_t part = 0; part < PARTS; part++) {
        bool is_there = part_names[part] == NULL;
        for (unsigned i = 0; i < sample_count; i++) {
            is_there |= samples[i].holds[part];
        }
        CHECK(is_there, "there are no %s", part_names[part]);
    }
}

/* ---- damage ---- */

/* A number below limit, which is not 0. */
static size_t below(uint64_t *state, size_t limit) {
    return (size_t)((noise(state) >> 16) % limit);
}

/* A random run of bytes, and its length, 1 ... half of them. */
static size_t choose_run(uint64_t *state, size_t size, size_t *length) {
    const size_t most = below(state, 2) == 0 ? size / 2 : size < 16 ? size / 2 : 8;
    *length = 1 + below(state, most > 0 ? most : 1);
    return below(state, size - *length + 1);
}

static void insert(struct byte_buffer *bytes, size_t at, const uint8_t *run, size_t length) {
    struct byte_buffer tail = {0};
    append(&tail, bytes->data + at, bytes->size - at);
    bytes->size = at;
    append(bytes, run, length);
    append(bytes, tail.data, tail.size);
    free(tail.data);
}

/* Returns whether bytes have been moved: if these are whole segments, only the check at the end of the stream can
 * tell. */
static bool damage_once(struct byte_buffer *bytes, uint64_t *state) {
    const struct byte_buffer *other = &samples[below(state, sample_count)].stream;
    size_t length, from = choose_run(state, bytes->size, &length);
    struct byte_buffer run = {0};
    const size_t kind = below(state, 8);
    switch (kind) {
    case 0:
    case 1: /* bits */
        for (size_t i = 1 + below(state, 4); i > 0; i--) {
            bytes->data[below(state, bytes->size)] ^= (uint8_t)(1u << below(state, 8));
        }
        break;
    case 2: /* a byte */ bytes->data[from] = (uint8_t)below(state, 256); break;
    case 3: /* truncated */ bytes->size = 1 + below(state, bytes->size); break;
    case 4: /* a run of zeros */ memset(bytes->data + from, 0, length); break;
    case 5: /* a run twice */
        append(&run, bytes->data + from, length);
        insert(bytes, from + length, run.data, length);
        break;
    case 6: /* a run left out */
        memmove(bytes->data + from, bytes->data + from + length, bytes->size - from - length);
        bytes->size -= bytes->size > length ? length : 0;
        break;
    case 7: /* the beginning of this stream, and the end of another */
    default:
        bytes->size = from + 1;
        from = 1 + below(state, other->size - 1);
        append(bytes, other->data + from, other->size - from);
        break;
    }
    free(run.data);
    return kind >= 5;
}

static bool is_a_sample(const struct byte_buffer *bytes) {
    bool found = false;
    for (unsigned i = 0; i < sample_count && !found; i++) {
        found = same(bytes, &samples[i].stream);
    }
    return found;
}

/* ---- and the results ---- */

static void ignore_entry(void *context, const struct bswz_entry *entry) {
    (void)context;
    (void)entry;
}

/* Decompress what this sample has become; NULL: an error, or what it was. */
static const char *judge(const struct sample *sample, size_t way, const struct byte_buffer *bytes, bool is_moved,
                         bool tell, struct byte_buffer *restored) {
    const struct byte_buffer *whole = &sample->restored[way];
    struct bswz_error error;
    const enum bswz_status status = decompress_with(bytes, &ways[way], restored, &error);
    if (tell) {
        size_t equal = 0;
        while (equal < restored->size && equal < whole->size && restored->data[equal] == whole->data[equal]) {
            equal++;
        }
        fprintf(stderr, "%s; %zu bytes restored of %zu, the first %zu rightly\n",
                status == BSWZ_OK ? "no error" : error.message, restored->size, whole->size, equal);
    }
    if (status == BSWZ_OK) {
        return !sample->can[way] ? "no error" : same(restored, whole) ? NULL : "no error, and other data";
    }
    if (error.status != status || error.message[0] == 0) {
        return "an error without words";
    }
    /* with a scale, samples are written that cannot be compared; a rescue writes what it can */
    const bool is_begin = restored->size == 0 ||
                          (restored->size <= whole->size && memcmp(restored->data, whole->data, restored->size) == 0);
    return !sample->can[way] || ways[way].rescue || ways[way].scale > 0 || is_moved || is_begin
               ? NULL
               : "an error after wrong data";
}

/* Byte `at` and, if it is not negative, the next one become others; way WAY. */
static void try_end(unsigned which, size_t way, size_t at, int next, struct byte_buffer *restored) {
    struct byte_buffer *bytes = &samples[which].stream;
    const size_t after = at + 1 < bytes->size ? at + 1 : at;
    const uint8_t kept = bytes->data[after];
    bytes->data[at] ^= 1;
    bytes->data[after] = next < 0 ? bytes->data[after] : (uint8_t)next;
    const char *fault = judge(&samples[which], way, bytes, false, false, restored);
    CHECK(fault == NULL, "%s, byte %zu and %d, way %zu: %s", samples[which].name, at, next, way, fault);
    bytes->data[after] = kept;
    bytes->data[at] ^= after == at ? 0 : 1;
}

/* The ends of frames have no check of their own: the last bit of each byte where there are tail records, alone and so
 * that the stream seems to end there. */
static void try_ends(void) {
    struct byte_buffer restored = {0};
    for (unsigned i = 0; i < sample_count; i++) {
        for (size_t at = 0; at < samples[i].stream.size && samples[i].holds[FRAMES + FRAME_END_RECORD]; at++) {
            try_end(i, 0, at, -1, &restored);
            try_end(i, 0, at, 0, &restored);
            try_end(i, FIRST_CONVERSION, at, 0, &restored);
        }
    }
    free(restored.data);
}

/* Number `number` for a seed, and which sample it damages; NULL: everything is right. */
static const char *try_one(uint64_t seed, uint64_t number, bool tell, unsigned *which, struct byte_buffer *bytes,
                           struct byte_buffer *restored) {
    uint64_t state = (seed + 1) * 0x9e3779b97f4a7c15ull ^ (number + 1) * 0xd1342543de82ef95ull;
    state = state != 0 ? state : 1;
    noise(&state);
    const struct sample *sample = &samples[ *which = (unsigned)below(&state, sample_count)];
    const size_t way = below(&state, WAYS);
    struct bswz_error error;
    bytes->size = 0;
    append(bytes, sample->stream.data, sample->stream.size);
    bool is_moved = false;
    for (size_t i = 1 + below(&state, 2) * below(&state, 3); i > 0; i--) {
        is_moved |= damage_once(bytes, &state);
    }
    if (tell) {
        fprintf(stderr, "%s, way %zu, %zu bytes of %zu\n", sample->name, way, bytes->size, sample->stream.size);
    }
    if (is_a_sample(bytes)) {
        return NULL; /* unchanged by chance, or equal to another */
    }
    if (number % 4 == 0) {
        struct memory_input input = {bytes->data, bytes->size, 0, 0, SIZE_MAX};
        bswz_list((struct bswz_input){read_memory, &input}, ignore_entry, NULL, &error);
    }
    return judge(sample, way, bytes, is_moved, tell, restored);
}

/* ---- many at a time ---- */

/* From here on it is worth knowing what they were. */
#define MANY 100000

/* Shared by the processes; each writes its own. */
struct share {
    uint64_t number; /* the number of the current stream, */
    uint64_t done;
    uint64_t wrong;
    uint64_t of_sample[SAMPLES_MAX]; /* damaged streams, by what they were */
};

/* Every step-th, starting with the first. */
static void try_many(uint64_t seed, uint64_t first, uint64_t step, uint64_t count, volatile struct share *share) {
    struct byte_buffer bytes = {0}, restored = {0};
    for (uint64_t number = first; number < count; number += step) {
        share->number = number;
        if (share->done % 256 == 0) {
            alarm(120); /* for a group of streams, each of which takes less than a millisecond: otherwise something
                         * hangs */
        }
        unsigned which;
        const char *fault = try_one(seed, number, false, &which, &bytes, &restored);
        share->done++;
        share->of_sample[which]++;
        if (fault != NULL) {
            share->wrong++;
            fprintf(stderr, "%llu: %s\n", (unsigned long long)number, fault);
        }
    }
    free(bytes.data);
    free(restored.data);
}

/* How many there were of each kind, and with each part. */
static void print_counts(const uint64_t *of_sample) {
    for (unsigned i = 0; i < sample_count; i++) {
        printf("%9llu  %s\n", (unsigned long long)of_sample[i], samples[i].name);
    }
    printf("and of these with\n");
    for (size_t part = 0; part < PARTS; part++) {
        uint64_t count = 0;
        for (unsigned i = 0; i < sample_count; i++) {
            count += samples[i].holds[part] ? of_sample[i] : 0;
        }
        if (part_names[part] != NULL) {
            printf("%9llu  %s\n", (unsigned long long)count, part_names[part]);
        }
    }
}

static void try_all(uint64_t seed, uint64_t count) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned workers = processors < 1 ? 1 : processors > 64 ? 64 : (unsigned)processors;
    struct share *share =
        mmap(NULL, workers * sizeof *share, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (share == MAP_FAILED) {
        abort();
    }
    pid_t children[64];
    fflush(NULL);
    for (unsigned i = 0; i < workers; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            try_many(seed, i, workers, count, &share[i]);
            _exit(0);
        }
    }
    uint64_t done = 0, wrong = 0, of_sample[SAMPLES_MAX] = {0};
    unsigned crashes = 0;
    for (unsigned i = 0; i < workers; i++) {
        int status = -1;
        while (children[i] > 0 && waitpid(children[i], &status, 0) < 0 && errno == EINTR) {
        }
        if (status != 0) {
            crashes++;
            fprintf(stderr, "%llu: the process ended with status %x; try it again with --only %llu %llu\n",
                    (unsigned long long)share[i].number, (unsigned)status, (unsigned long long)share[i].number,
                    (unsigned long long)seed);
        }
        done += share[i].done;
        for (unsigned k = 0; k < sample_count; k++) {
            of_sample[k] += share[i].of_sample[k];
        }
        wrong += share[i].wrong;
    }
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    CHECK(done == count && crashes == 0 && wrong == 0, "see above");
    if (count >= MANY) {
        print_counts(of_sample);
    }
    printf("%llu damaged streams of %u kinds: %u crashes, %llu silent errors; %lld s of processor time\n",
           (unsigned long long)done, sample_count, crashes, (unsigned long long)wrong,
           (long long)used.ru_utime.tv_sec + used.ru_stime.tv_sec);
    munmap(share, workers * sizeof *share);
}

int main(int argc, char **argv) {
    const bool is_one = argc > 2 && strcmp(argv[1], "--only") == 0;
    const uint64_t count = is_one ? strtoull(argv[2], NULL, 10) : argc > 1 ? strtoull(argv[1], NULL, 10) : 4000;
    const uint64_t seed = argc > 2 + is_one ? strtoull(argv[2 + is_one], NULL, 10) : 1;
    add_samples();
    if (is_one) {
        struct byte_buffer bytes = {0}, restored = {0};
        unsigned which;
        const char *fault = try_one(seed, count, true, &which, &bytes, &restored);
        CHECK(fault == NULL, "%llu: %s", (unsigned long long)count, fault);
        free(bytes.data);
        free(restored.data);
    } else {
        try_ends();
        try_all(seed, count);
    }
    for (unsigned i = 0; i < sample_count; i++) {
        free(samples[i].stream.data);
        for (size_t way = 0; way < WAYS; way++) {
            free(samples[i].restored[way].data);
        }
    }
    return check_summary();
}
