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

/* Memory as input: `bytes` and `size` are what has not been read yet. bytes may be NULL if size is 0. */
struct bswz_memory {
    const uint8_t *bytes;
    size_t size;
};
struct bswz_input bswz_from_memory(struct bswz_memory *memory);

/* Memory as output. Start with {0}: `bytes` grows as necessary, and is to be freed with bswz_free, even after an error,
 * when it holds what was written before. Or set bytes and capacity to memory of your own, and is_fixed to 1: it never
 * grows. A write that would exceed the capacity, or limit (0: none), fails with ENOBUFS. */
struct bswz_buffer {
    uint8_t *bytes;
    size_t size, capacity, limit;
    int is_fixed;
};
struct bswz_output bswz_to_buffer(struct bswz_buffer *buffer);

/* Free what the library has allocated for the caller. NULL is allowed. */
void bswz_free(void *memory);

/* No stream is larger than this number of bytes if its input has `size` bytes. */
size_t bswz_compress_bound(size_t size);

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
                            * more; a picture that still takes more gives BSWZ_ERROR_LIMIT. With less memory, less
                            * is done to find pictures inside other files */
    /* NULL, or called for each part of the input with a line of text (no newline) that says what it was and how it
     * was coded; first the name of the member, if it is in an archive. Names come from the input. */
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

/* ---- information ---- */

/* What a stream holds. The fields from width on describe its first picture, and are zero if there is none. */
struct bswz_info {
    size_t size; /* sizeof(struct bswz_info), set by the caller */
    uint64_t compressed_size;
    uint64_t restored_size; /* as in struct bswz_entry: the sum over all parts */
    uint64_t pictures;      /* the number of parts that are pictures, */
    uint64_t others;        /* and of those that are not */
    int has_pixels;         /* the stream is a single picture that bswz_decompress_pixels takes */
    uint32_t width, height; /* pixels */
    uint32_t channels;      /* of the pixels, palettes expanded: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha */
    uint32_t depth;         /* bits of a sample in the source, 1 ... 16 */
    uint32_t maxval;        /* the largest possible sample, 1 ... 65535, after palettes are expanded */
    uint32_t band_rows;     /* rows that are coded together; those of a part of a picture cost as much as their bands */
    const char *format;     /* as in struct bswz_entry, and so is promise: static strings, or NULL */
    const char *promise;
};

/* Walk the headers of a stream and fill in *info. Fields that the caller's struct is too short for are left out.
 * ARGUMENT: its size is not set. Other errors: as for bswz_list; *info then holds what was found before. */
enum bswz_status bswz_get_info(struct bswz_input input, struct bswz_info *info, struct bswz_error *error);

/* ---- pixels ---- */

/* Pixels in memory: rows from top to bottom, samples interleaved. This struct begins with its size, too. */
struct bswz_pixels {
    size_t size;            /* sizeof(struct bswz_pixels) */
    uint32_t width, height; /* 1 ... */
    unsigned channels;      /* 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha (not premultiplied) */
    unsigned bits;          /* of a sample: 8, or 16 in the byte order of this machine */
    void *samples;
    size_t stride;      /* bytes from one row to the next; 0: width * channels * bits / 8 */
    uint32_t first_row; /* decompression: the number of the first row that is wanted */
    uint32_t maxval;    /* decompression: the largest possible sample (output) */
};

/* Compress pixels to a stream that restores to a PNG file. Of the options, raw_* and exact must be zero. LIMIT: more
 * than 0.8 GiB of samples, or of 2^24 columns. */
enum bswz_status bswz_compress_pixels(const struct bswz_pixels *pixels, struct bswz_output output,
                                      const struct bswz_compress_options *options, struct bswz_error *error);

/* Decompress a stream that is a single picture (bswz_info.has_pixels) to its pixels, as they are stored: an orientation
 * in EXIF data is not applied, nor is a colour profile. UNSUPPORTED: anything else, for example a GIF file.
 *
 * Zero fields of *pixels are filled in: width and height with the size of the picture at options->scale, less first_row
 * rows; channels with those of the picture. Fields that are not zero say what the caller wants, or what there is room
 * for: width must be that of the picture, height is the number of rows from first_row on. Only the bands that they are
 * in are decoded, except that JPEG files are decoded whole. channels: grey becomes colour by repetition, alpha is added as
 * opaque or left out, and colour never becomes grey. bits 0: samples as in the source, 0 ... maxval, in 8 bits if
 * maxval is at most 255, else in 16; 8 or 16: maxval is 255 or 65535, and other samples are scaled to that, and rounded.
 *
 * samples NULL: memory is allocated, to be freed with bswz_free even after an error. Rows that an error left
 * undecoded are unchanged, or zero in allocated memory. All other padding stays as it is.
 *
 * Of the options, target must be zero. ARGUMENT: the picture is not what *pixels says. */
enum bswz_status bswz_decompress_pixels(struct bswz_input input, struct bswz_pixels *pixels,
                                        const struct bswz_decompress_options *options, struct bswz_error *error);

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

/* ---- where in a picture the bits go ---- */

#define BSWZ_MAP_TILE 32u /* pixels per side */

/* A tile of a picture, and how most of its bits are coded. Strings are static. */
struct bswz_map_tile {
    double bits;        /* of its pixels; at most slightly negative */
    const char *coding; /* "pyramid", "coefficients", "drawing", "deep", "bytes", or "-": it takes no bits */
    const char *origin; /* for "pyramid": as in struct bswz_entry; "-" for all others */
    const char *colour; /* in a drawn map: "blue", "cyan", ... */
};

/* The map of a picture. Later versions of the library may add fields at the end. */
struct bswz_picture_map {
    uint32_t width, height;            /* pixels of the picture */
    uint32_t columns, rows;            /* tiles; those at the right and lower edge may be smaller */
    const struct bswz_map_tile *tiles; /* row by row, valid during the call */
    double bits;                       /* of all tiles */
    uint64_t compressed_size;          /* bytes in the stream: all tiles, and what has no place in the picture */
};

/* Decode the pictures of a stream, and say for each where its bits go. report: NULL, or called for each picture. If
 * output has a write function, a map of each is written, in their order, in the format of options->target (PNG if it
 * is 0): of the size of the picture, or with a scale as small as bswz_decompress makes it. The hue is the coding, and
 * the lightness grows with the cube root of the bits per pixel, up to 32. Of the options, only threads, model, target,
 * scale, memory_limit and find_model are used. Errors: as for bswz_decompress; UNSUPPORTED: there is no picture. */
enum bswz_status bswz_map(struct bswz_input input, struct bswz_output output,
                          const struct bswz_decompress_options *options,
                          void (*report)(void *context, const struct bswz_picture_map *map), void *context,
                          struct bswz_error *error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
