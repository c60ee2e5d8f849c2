/* SPDX-License-Identifier: MIT */
/*
 * Archives made here, shared by the tests of the walk and of streams with pictures inside archives.
 */
#ifndef TEST_ARCHIVE_H
#define TEST_ARCHIVE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void put(struct byte_buffer *buffer, const void *bytes, size_t size) {
    if (byte_buffer_append(buffer, bytes, size, NULL) != BSWZ_OK) {
        abort();
    }
}

static inline void put_zeros(struct byte_buffer *buffer, size_t size) {
    static const uint8_t zeros[512];
    for (; size > 0; size -= size < 512 ? size : 512) {
        put(buffer, zeros, size < 512 ? size : 512);
    }
}

/* Zeros up to a multiple of unit. */
static inline void put_padding(struct byte_buffer *buffer, size_t unit) {
    put_zeros(buffer, (unit - buffer->size % unit) % unit);
}

/* ---- tar ---- */

enum tar_dialect { TAR_V7, TAR_USTAR, TAR_GNU };

/* Correct the checksum of a header. signed_bytes: as some old programs did. */
static inline void tar_sum(uint8_t header[512], bool signed_bytes) {
    int sum = 0;
    memset(header + 148, ' ', 8);
    for (int i = 0; i < 512; i++) {
        sum += signed_bytes ? (int8_t)header[i] : header[i];
    }
    snprintf((char *)header + 148, 8, "%06o", (unsigned)sum & 0777777);
    header[155] = ' ';
}

static inline void tar_fill(uint8_t header[512], enum tar_dialect dialect, char type, const char *name, uint64_t size) {
    memset(header, 0, 512);
    strncpy((char *)header, name, 99);
    memcpy(header + 100,
           "0000644\0"
           "0001750\0"
           "0001750\0",
           24);
    snprintf((char *)header + 136, 12, "14567123456");
    if (size < (uint64_t)1 << 33 && dialect != TAR_GNU) {
        char digits[24];
        snprintf(digits, sizeof digits, "%011llo", (unsigned long long)size);
        memcpy(header + 124, digits, 12);
    } else { /* in base 256 */
        header[124] = 0x80;
        for (int i = 0; i < 8; i++) {
            header[135 - i] = (uint8_t)(size >> 8 * i);
        }
    }
    header[156] = (uint8_t)type;
    if (dialect != TAR_V7) {
        memcpy(header + 257,
               dialect == TAR_GNU ? "ustar  "
                                  : "ustar\0"
                                    "00",
               8);
    }
    tar_sum(header, false);
}

static inline void tar_header(struct byte_buffer *tar, enum tar_dialect dialect, char type, const char *name,
                              uint64_t size) {
    uint8_t header[512];
    tar_fill(header, dialect, type, name, size);
    put(tar, header, sizeof header);
}

static inline void tar_member(struct byte_buffer *tar, enum tar_dialect dialect, char type, const char *name,
                              const void *data, size_t size) {
    tar_header(tar, dialect, type, name, size);
    put(tar, data, size);
    put_padding(tar, 512);
}

/* ---- cpio ---- */

static inline void cpio_member(struct byte_buffer *cpio, bool newc, unsigned mode, const char *name, const void *data,
                               size_t size) {
    char header[120];
    const unsigned name_size = (unsigned)strlen(name) + 1;
    if (newc) {
        snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 7u, mode, 0u, 0u,
                 1u, 0u, (unsigned)size, 0u, 0u, 0u, 0u, name_size, 0u);
    } else {
        snprintf(header, sizeof header, "070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o", 1u, 2u, mode, 0u, 0u, 1u,
                 0u, 0u, name_size, (unsigned)size);
    }
    put(cpio, header, strlen(header));
    put(cpio, name, name_size);
    if (newc) {
        put_padding(cpio, 4);
    }
    put(cpio, data, size);
    if (newc) {
        put_padding(cpio, 4);
    }
}

#endif
