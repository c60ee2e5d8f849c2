/* SPDX-License-Identifier: MIT */
/*
 * bswz: lossless picture compression with Bit-Swap.
 *
 * The public C interface of libbswz. Everything here starts with bswz_ or BSWZ_; nothing else in the library is
 * visible to its users.
 *
 * A caller passes a function that reads and a function that writes; the library never opens, closes or seeks a file.
 * Calls on different objects may run in different threads at the same time; an object belongs to one thread at a
 * time.
 */
#ifndef BSWZ_H
#define BSWZ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything else in the shared library is hidden. */
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

#define BSWZ_VERSION_MAJOR 0
#define BSWZ_VERSION_MINOR 1
#define BSWZ_VERSION_PATCH 0
#define BSWZ_VERSION "0.1.0"

/* All possible results of a call. Only BSWZ_OK means success. */
enum bswz_status {
    BSWZ_OK = 0,
    BSWZ_ERROR_MEMORY,      /* the system is out of memory */
    BSWZ_ERROR_LIMIT,       /* more memory would be needed than the limit allows */
    BSWZ_ERROR_READ,        /* the read function failed */
    BSWZ_ERROR_WRITE,       /* the write function failed */
    BSWZ_ERROR_FORMAT,      /* the input is not what it should be */
    BSWZ_ERROR_TRUNCATED,   /* the input ends too early */
    BSWZ_ERROR_CORRUPT,     /* a check failed: the data is damaged */
    BSWZ_ERROR_VERSION,     /* a newer format than this library knows */
    BSWZ_ERROR_MODEL,       /* the model that the stream names is missing, or a model file is bad */
    BSWZ_ERROR_UNSUPPORTED, /* valid, but not supported here */
    BSWZ_ERROR_ARGUMENT,    /* the caller asked for something impossible */
    BSWZ_ERROR_MACHINE,     /* the self-check at start-up found wrong arithmetic */
    BSWZ_ERROR_THREAD       /* a thread could not be started */
};

/* What failed, as a message, and where in the input. Wherever a function takes a struct bswz_error *, NULL is
 * allowed: the status returned is the same. */
struct bswz_error {
    enum bswz_status status;
    uint64_t offset;   /* if the input is at fault: the number of bytes before the faulty part; else 0 */
    char message[240]; /* one line, no newline, no file name */
};

/* The version of this library, such as "0.1.0". */
const char *bswz_version(void);

/* ---- input and output ---- */

/* With more than one thread, these functions may be called from threads of the library, but each of them only from
 * one thread at a time, and never after the call that they were passed to has returned. */

/* Reads up to size bytes and returns their number: 0 only at the end, SIZE_MAX on failure (with errno set). */
struct bswz_input {
    size_t (*read)(void *context, uint8_t *bytes, size_t size);
    void *context;
};

/* Writes all size bytes and returns 0, or returns -1 (with errno set). */
struct bswz_output {
    int (*write)(void *context, const uint8_t *bytes, size_t size);
    void *context;
};

/* ---- models ---- */

struct bswz_model; /* immutable once loaded; threads may share it */

/* Parse and check a model file of size bytes, which are copied. Errors: MODEL, MEMORY. */
enum bswz_status bswz_model_load(const uint8_t *bytes, size_t size, struct bswz_model **model,
                                 struct bswz_error *error);
void bswz_model_free(struct bswz_model *model);

/* A model that is built into the library: "fast", "default" or "best"; never to be freed. NULL: there is no model of
 * that name, or (see error) the machine failed the self-check. */
const struct bswz_model *bswz_model_embedded(const char *name, struct bswz_error *error);

const char *bswz_model_name(const struct bswz_model *model); /* printable ASCII, at most 31 bytes */
uint64_t bswz_model_hash(const struct bswz_model *model);    /* XXH3 of the file, as stored in streams */

/* ---- options ---- */

/* A struct of options begins with its own size:
 *
 *     struct bswz_compress_options options = {.size = sizeof options, .level = 9};
 *
 * Zero is the default for every other field, and NULL instead of a struct selects all defaults. Later versions of the
 * library may add fields at the end. Fields that a caller's struct is too short to hold count as zero; fields that an
 * older library does not know must be zero. Anything else is BSWZ_ERROR_ARGUMENT, and so is size 0. */

#define BSWZ_DEFAULT_LEVEL 5
#define BSWZ_THREADS_MAX 1024u

/* ---- compression ---- */

struct bswz_compress_options {
    size_t size;      /* sizeof(struct bswz_compress_options) */
    int level;        /* 1 ... 9, or 0 for BSWZ_DEFAULT_LEVEL */
    unsigned threads; /* 1 ... BSWZ_THREADS_MAX, or 0: one for each core that this process may use. The output is
                         * the same */
    const struct bswz_model *model;               /* NULL: the built-in model for the level */
    uint32_t raw_width, raw_height, raw_channels; /* all 0, or: the input is raw samples of this shape,
                                                   * repeated */
    int keep_pixels;       /* code the pixels of JPEG and lossy WebP even if they take more than the file */
    int exact;             /* everything comes back byte for byte, even a single picture */
    int no_origin;         /* code RGB as RGB */
    uint64_t memory_limit; /* bytes that a picture may take, 0: unlimited. Bands are not read ahead if that would take
                            * more; a picture that still takes more gives BSWZ_ERROR_LIMIT */
    /* NULL, or called for each part of the input with a line of text (no newline) that says what it was and how it
     * was coded */
    void (*notice)(void *context, const char *line);
    void *notice_context;
    /* NULL, or called often while a picture is coded: how many of its pixels are done. done decreases when something
     * is tried in two ways */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *progress_context;
    int no_verify;      /* do not decode and compare each part of the stream before it is written */
    unsigned raw_bits;  /* of a raw sample: 8, or 16 in two bytes; 0: 8 */
    int raw_big_endian; /* of the two bytes, the upper one comes first */
};

/* Compress everything that input provides to a single stream on output. Any bytes are accepted. Pictures are
 * recognised by their content, even inside tar and cpio archives, and data that is not a picture is stored as bytes.
 * If the input is exactly one picture, the stream promises to restore its pixels, or its bytes with exact; any other
 * input comes back byte for byte, except that with keep_pixels only the pixels are promised for every picture that is
 * not in an archive. */
enum bswz_status bswz_compress(struct bswz_input input, struct bswz_output output,
                               const struct bswz_compress_options *options, struct bswz_error *error);

/* ---- decompression ---- */

enum bswz_target { BSWZ_TO_SOURCE = 0, BSWZ_TO_PNG, BSWZ_TO_PPM, BSWZ_TO_PAM, BSWZ_TO_RAW, BSWZ_TO_WEBP };

struct bswz_decompress_options {
    size_t size;                    /* sizeof(struct bswz_decompress_options) */
    unsigned threads;               /* as for compression */
    const struct bswz_model *model; /* one more model that a stream may name, or NULL */
    enum bswz_target target;        /* the format in which pictures are written, including JPEG files; other data is
                                     * restored unchanged */
    unsigned scale;                 /* 0 ... 4: write only every 2^scale-th row and column of pictures */
    int rescue;                     /* continue where a stream is truncated or damaged */
    /* NULL, or called with a line of text (no newline) for each part that a rescue did not restore exactly */
    void (*damage)(void *context, const char *line);
    void *damage_context;
    uint64_t memory_limit; /* bytes that a header may ask for, 0: the default of 2 GiB */
    void (*notice)(void *context, const char *line);
    void *notice_context;
    /* NULL, or called to find a model that is neither built in nor given above. name is printable ASCII chosen by the
     * stream. The returned model remains the caller's and must outlive the call; NULL: not found */
    const struct bswz_model *(*find_model)(void *context, const char *name, uint64_t hash);
    void *find_model_context;
    void (*progress)(void *context, uint64_t done, uint64_t total); /* as for compression */
    void *progress_context;
};

/* Restore one or more concatenated streams. Trailing zero bytes are accepted; other bytes after the last stream give
 * BSWZ_ERROR_FORMAT after all data has been written. Everything written before an error is correct.
 *
 * With a scale, pictures are ceil(width / 2^scale) x ceil(height / 2^scale) pixels large: exactly the rows and
 * columns whose numbers are divisible by 2^scale. Pictures coded with a model take correspondingly less time. They
 * are written in the source's format, but as PNG instead of BMP, TIFF or a PNG file that was to come back byte for
 * byte. Data that is not a picture is restored unchanged. A picture that follows bytes in the same stream, as in an
 * archive, or that was truncated, is BSWZ_ERROR_UNSUPPORTED. The hashes of frames that are not decoded completely
 * cannot be compared: damage to them is detected by the check at the end of the stream, after they have been written.
 *
 * With rescue, every picture for which a frame header is available is written completely. A truncated or damaged
 * frame contributes what can be decoded: pixels missing at the finer levels are interpolated from the coarser ones,
 * and where nothing is known they are mid-range and opaque, or the first colour of the palette. Damaged runs of bytes
 * keep their length, with zeros where nothing is known. The result is BSWZ_OK only if everything was restored
 * exactly. BSWZ_ERROR_TRUNCATED, BSWZ_ERROR_CORRUPT, BSWZ_ERROR_VERSION and BSWZ_ERROR_READ are returned after
 * everything possible has been written, and error describes the first fault. */
enum bswz_status bswz_decompress(struct bswz_input input, struct bswz_output output,
                                 const struct bswz_decompress_options *options, struct bswz_error *error);

/* Do these bytes (12 or more, or all there are) begin a bswz stream? */
int bswz_recognise(const uint8_t *bytes, size_t size);

/* ---- listing ---- */

/* One part of a stream: a picture or a run of bytes. Strings are static. */
struct bswz_entry {
    int is_picture;
    uint64_t compressed_size; /* bytes in the stream, headers included */
    uint64_t restored_size;   /* of samples or bytes; for a JPEG file coded by its coefficients, of the file */
    uint32_t width, height, channels, depth; /* pictures only; depth is that of the source's samples, 1 ... 16 */
    const char *format;                      /* "PNG", "PNM", ...; "bytes" for data that is not a picture */
    const char *origin;  /* "RGB", "JFIF", "PhotoYCC", "grey", "DCT" (a JPEG file coded by its coefficients),
                               * "mixed" (partly drawn), or "-" */
    const char *promise; /* "pixels" or "bytes": what comes back exactly */
    uint64_t model_hash; /* 0: no model is needed */
    char model_name[32];
    uint64_t frames;
    uint64_t tiles; /* of 64 x 64 pixels, in frames whose planes are coded; 0 if no model is needed */
};

/* Walk the headers of a stream without decoding it, and call entry, unless it is NULL, for each part. Later versions
 * of the library may add fields at the end of struct bswz_entry. */
enum bswz_status bswz_list(struct bswz_input input, void (*entry)(void *context, const struct bswz_entry *entry),
                           void *context, struct bswz_error *error);

/* ---- where the bits go ---- */

#define BSWZ_SHARES 24

/* A kind of content and its share of the input. name is a static string of one word. bytes are rounded, and may be
 * negative if coding latent variables gave back more than it took. */
struct bswz_share {
    const char *name;
    int64_t bytes;
};

struct bswz_account {
    uint64_t size;                         /* of the input: the sum of the bytes of all shares */
    uint64_t samples;                      /* of the pictures that it restores to; bytes if there are none */
    struct bswz_share shares[BSWZ_SHARES]; /* always all of them, in the same order; bswz(1) describes them */
    struct bswz_error failure; /* why the first of the "undecoded" frames could not be decoded; BSWZ_OK: none */
};

/* Like bswz_list, but also fills in the account: every frame is decoded and checked. Of the options, only threads,
 * model, memory_limit and find_model are used. A damaged frame, or a missing model, is not an error of the call. */
enum bswz_status bswz_count(struct bswz_input input, const struct bswz_decompress_options *options,
                            void (*entry)(void *context, const struct bswz_entry *entry), void *context,
                            struct bswz_account *account, struct bswz_error *error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
