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

/* What failed, in words, and where in the input (bytes from its start). */
struct bswz_error {
    enum bswz_status status;
    uint64_t offset;   /* meaningful when the input is at fault, else 0 */
    char message[240]; /* one line, no newline, no file name */
};

#ifdef __cplusplus
}
#endif
#endif
