/*
 * bswz: lossless picture compression with Bit-Swap.
 *
 * The public C interface of libbswz.  Everything here starts with bswz_ or
 * BSWZ_; nothing else of the library is visible to its users.
 *
 * A caller gives a function that reads and a function that writes; the library
 * never opens, closes or seeks a file.  Calls on different objects may run in
 * different threads at once; one object belongs to one thread at a time.
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

/* Every way a call can end.  Only BSWZ_OK is success. */
enum bswz_status {
    BSWZ_OK = 0,
    BSWZ_ERROR_MEMORY,      /* the system gave no memory */
    BSWZ_ERROR_LIMIT,       /* larger than this program is willing to hold */
    BSWZ_ERROR_READ,        /* the reading function failed */
    BSWZ_ERROR_WRITE,       /* the writing function failed */
    BSWZ_ERROR_FORMAT,      /* the input is not what it should be */
    BSWZ_ERROR_TRUNCATED,   /* the input ends too early */
    BSWZ_ERROR_CORRUPT,     /* a check failed: the data is damaged */
    BSWZ_ERROR_VERSION,     /* a newer format than this program knows */
    BSWZ_ERROR_MODEL,       /* the model that the stream names is missing, or a model file is bad */
    BSWZ_ERROR_UNSUPPORTED, /* valid, but not handled here */
    BSWZ_ERROR_ARGUMENT,    /* the caller asked for something impossible */
    BSWZ_ERROR_MACHINE,     /* the start-up self-check found wrong arithmetic */
    BSWZ_ERROR_THREAD       /* a thread could not be started */
};

/* What failed, in words, and where in the input. Wherever a function takes a struct bswz_error *, NULL is as good:
 * the status returned is the same. */
struct bswz_error {
    enum bswz_status status;
    uint64_t offset;   /* where the input is at fault, bytes from its start to the part that is; else 0 */
    char message[240]; /* one line, no newline, no file name */
};

/* What this build of the library calls itself, "0.1.0". */
const char *bswz_version(void);

/* ---- input and output ---- */

/* With more than one thread these functions may be called from threads of the library, each by one at a
 * time; never after the call that they were given to has returned. */

/* Reads up to size bytes and returns how many: 0 only at the end, SIZE_MAX on
 * failure (errno says why). */
struct bswz_input {
    size_t (*read)(void *context, uint8_t *bytes, size_t size);
    void *context;
};

/* Writes all size bytes and returns 0, or returns -1 (errno says why). */
struct bswz_output {
    int (*write)(void *context, const uint8_t *bytes, size_t size);
    void *context;
};

/* ---- models ---- */

struct bswz_model; /* immutable once loaded; may be shared by threads */

/* Parse and check a model file of size bytes (copied). Errors: MODEL, MEMORY. */
enum bswz_status bswz_model_load(const uint8_t *bytes, size_t size, struct bswz_model **model,
                                 struct bswz_error *error);
void bswz_model_free(struct bswz_model *model);

/* One of the models that the library carries: "fast", "default" or "best", never to be
 * freed. NULL: there is no such name, or (error says so) the machine's self-check failed. */
const struct bswz_model *bswz_model_embedded(const char *name, struct bswz_error *error);

const char *bswz_model_name(const struct bswz_model *model); /* printable ASCII, at most 31 bytes */
uint64_t bswz_model_hash(const struct bswz_model *model);    /* XXH3 of the file: what streams carry */

/* ---- options ---- */

/* A struct of options begins with its own size:
 *
 *     struct bswz_compress_options options = {.size = sizeof options, .level = 9};
 *
 * Zero is the default of every other field, and NULL in place of a struct stands for defaults throughout.  Later
 * versions of the library may add fields at the end: those that a caller's struct is too short for count as zero, and
 * those that an older library does not know must be zero.  Anything else is BSWZ_ERROR_ARGUMENT; so is size 0. */

#define BSWZ_DEFAULT_LEVEL 5
#define BSWZ_THREADS_MAX 1024u

/* ---- compression ---- */

struct bswz_compress_options {
    size_t size;        /* sizeof(struct bswz_compress_options) */
    int level;          /* 1 ... 9, 0: BSWZ_DEFAULT_LEVEL */
    unsigned threads;   /* 1 ... BSWZ_THREADS_MAX, 0: one for each core that this process may use. The output is the same */
    const struct bswz_model *model; /* NULL: the embedded model of the level */
    uint32_t raw_width, raw_height, raw_channels; /* all 0, or the input is raw samples of this shape, repeated */
    int keep_pixels;    /* code the pixels of JPEG and lossy WebP even where that is larger than the file */
    int exact; /* everything comes back byte for byte, a single picture too */
    int no_origin;      /* code RGB as RGB */
    uint64_t memory_limit; /* bytes that a picture may take, 0: any number. Where reading ahead would take more,
                            * there is none; a picture that takes more all the same is BSWZ_ERROR_LIMIT */
    /* NULL, or called with a line for people (no newline) for each part of the input: what it was and what
     * became of it */
    void (*notice)(void *context, const char *line);
    void *notice_context;
    /* NULL, or called often while a picture is coded: how many of its pixels are done. done falls back where
     * something is tried in two ways */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *progress_context;
    int no_verify;      /* do not decode each part of the stream, and compare, before it is written */
    unsigned raw_bits;  /* of a raw sample: 8, or 16 in two bytes; 0: 8 */
    int raw_big_endian; /* the upper of the two comes first */
};

/* Compress everything input gives, to one stream on output. Any bytes are
 * accepted; pictures are recognised by content, those inside of tar and cpio
 * archives too, and what is no picture is kept as bytes. An input that is one
 * picture and nothing else promises to give back its pixels, and its bytes where
 * exact asks for them; any other input gives back its bytes, except that with
 * keep_pixels the pixels will do for every picture that is not in an archive. */
enum bswz_status bswz_compress(struct bswz_input input, struct bswz_output output,
                               const struct bswz_compress_options *options, struct bswz_error *error);

/* ---- decompression ---- */

enum bswz_target { BSWZ_TO_SOURCE = 0, BSWZ_TO_PNG, BSWZ_TO_PPM, BSWZ_TO_PAM, BSWZ_TO_RAW, BSWZ_TO_WEBP };

struct bswz_decompress_options {
    size_t size;                    /* sizeof(struct bswz_decompress_options) */
    unsigned threads;               /* as for compression */
    const struct bswz_model *model; /* one more model to look for, or NULL */
    enum bswz_target target;        /* how pictures are written, JPEG files too; parts that are no pictures stay as they are */
    unsigned scale;                 /* 0 ... 4: of pictures, only every 2^scale-th row and column */
    int rescue;                     /* go on where a stream is cut off or damaged */
    /* NULL, or called with a line for people (no newline) for each part that a rescue did not restore as it was */
    void (*damage)(void *context, const char *line);
    void *damage_context;
    uint64_t memory_limit;          /* bytes that a header may ask for, 0: a default of 2 GiB */
    void (*notice)(void *context, const char *line);
    void *notice_context;
    /* NULL, or asked for a model that is neither embedded nor given above. name is printable ASCII of the
     * stream's choice. What it returns stays the caller's and must outlive the call; NULL: there is none */
    const struct bswz_model *(*find_model)(void *context, const char *name, uint64_t hash);
    void *find_model_context;
    void (*progress)(void *context, uint64_t done, uint64_t total); /* as for compression */
    void *progress_context;
};

/* Restore a stream, or several that follow each other. Zero bytes at the end are
 * accepted; other bytes after the last stream give BSWZ_ERROR_FORMAT after all
 * data has been written. What was written before an error is correct.
 *
 * With a scale pictures are ceil(width / 2^scale) x ceil(height / 2^scale) pixels large, exactly those of
 * the rows and columns that 2^scale divides, and take about as much less time, where a model has coded them. They
 * are written in the source's format, or PNG in place of BMP, TIFF and what promises a PNG file's bytes. What is no
 * picture stays as it is; a picture behind bytes in the same stream, as in an archive, or one
 * that broke off is BSWZ_ERROR_UNSUPPORTED. The hashes of frames that are not decoded as a whole
 * cannot be compared: damage to them shows by the check at the stream's end, after they have been written.
 *
 * With rescue, pictures of which a frame's header is there are written to their last row. Of a frame that is cut off or
 * damaged comes what it still gives: pixels that are missing at the finer levels are interpolated from the
 * coarser ones, and where nothing is known they are of the middle of the range, opaque, or a palette's first
 * colour. Damaged runs of bytes keep their length, with zeros where nothing is known. The result is BSWZ_OK only if all
 * is as it was; BSWZ_ERROR_TRUNCATED, BSWZ_ERROR_CORRUPT, BSWZ_ERROR_VERSION and BSWZ_ERROR_READ come after all has been
 * written that could be, and error says what was wrong first. */
enum bswz_status bswz_decompress(struct bswz_input input, struct bswz_output output,
                                 const struct bswz_decompress_options *options, struct bswz_error *error);

/* Do these bytes (12 or more, or all there are) begin a bswz stream? */
int bswz_recognise(const uint8_t *bytes, size_t size);

/* ---- listing ---- */

/* One part of a stream: a picture or a run of bytes. Strings are static. */
struct bswz_entry {
    int is_picture;
    uint64_t compressed_size; /* bytes in the stream, headers included */
    uint64_t restored_size;   /* of samples or bytes; of a JPEG file by its coefficients, the file's */
    uint32_t width, height, channels, depth; /* pictures only; depth is of the source's samples, 1 ... 16 */
    const char *format;       /* "PNG", "PNM", ...; "bytes" for what is no picture */
    const char *origin;       /* "RGB", "JFIF", "PhotoYCC", "grey", "DCT" for a JPEG file that is coded by its coefficients, or "-" */
    const char *promise;      /* "pixels" or "bytes": what comes back exactly */
    uint64_t model_hash;      /* 0: no model needed */
    char model_name[32];
    uint64_t frames;
    uint64_t tiles;           /* of 64 x 64 pixels, in frames whose planes are coded; 0 where a model is not needed */
};

/* Walk the headers of a stream without decoding it; entry, unless it is NULL, is called for each part. Later versions of the library may
 * add fields at the end of struct bswz_entry. */
enum bswz_status bswz_list(struct bswz_input input, void (*entry)(void *context, const struct bswz_entry *entry),
                           void *context, struct bswz_error *error);

/* ---- what the bits are spent on ---- */

#define BSWZ_SHARES 24

/* A kind of content, and how much of the input it is. name is static, one word; bytes are rounded, and may be less than
 * zero where coding latent variables gave back more than it took. */
struct bswz_share {
    const char *name;
    int64_t bytes;
};

struct bswz_account {
    uint64_t size;    /* of the input: what the bytes of all shares add up to */
    uint64_t samples; /* of the pictures that it restores to; where there are none, bytes */
    struct bswz_share shares[BSWZ_SHARES]; /* always all of them, in the same order; bswz(1) says what they are */
    struct bswz_error failure; /* why the first of the frames was not looked into that are in "undecoded"; BSWZ_OK: none */
};

/* As bswz_list, and count: every frame is decoded and checked. Of the options only threads, model, memory_limit and
 * find_model are used. A frame that is damaged, or whose model is missing, is no error of the call. */
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
