/* SPDX-License-Identifier: MIT */
/*
 * Pieces that are JPEG streams (jpeg_pieces.h).
 */
#include "pages/jpeg_pieces.h"

#include "pages/rows.h"

#include <stdlib.h>
#include <string.h>

enum { SOF_BASELINE = 0xc0, SOF_EXTENDED = 0xc1, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc };
enum { RST_FIRST = 0xd0, RST_LAST = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, DRI = 0xdd };
#define MARK 2     /* bytes of a marker */
#define DRI_SIZE 6 /* of a segment with a restart interval */
#define SIDE_MAX 65535

/* A header up to the end of SOS. */
struct jpeg_header {
    size_t size;      /* 0: there is none */
    size_t height_at; /* from its beginning */
    uint32_t width, height;
    uint32_t mcu_width, mcu_height;
    bool may_join; /* a single scan coded by Huffman codes, without restarts */
};

static uint32_t load_16(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static bool is_frame(unsigned marker) {
    return marker >= SOF_BASELINE && marker <= 0xcf && marker != DHT && marker != JPG && marker != DAC;
}

/* The segment after a marker SOF. */
static void take_frame(const uint8_t *bytes, size_t size, size_t at, unsigned marker, struct jpeg_header *header) {
    const unsigned components = size >= 8 ? bytes[7] : 0;
    unsigned across = 1, down = 1;
    header->may_join = header->height_at == 0 && (marker == SOF_BASELINE || marker == SOF_EXTENDED) && components > 0 &&
                       size == 8 + 3 * (size_t)components;
    if (!header->may_join) {
        return;
    }
    header->height_at = at + 3;
    header->height = load_16(bytes + 3);
    header->width = load_16(bytes + 5);
    for (unsigned i = 0; i < components && components > 1; i++) { /* the blocks of a single component are not grouped */
        const unsigned factors = bytes[8 + 3 * i + 1];
        across = factors >> 4 > across ? factors >> 4 : across;
        down = (factors & 15) > down ? factors & 15 : down;
    }
    header->mcu_width = 8 * across;
    header->mcu_height = 8 * down;
    header->may_join &= header->width > 0 && header->height > 0;
}

static struct jpeg_header find_header(const uint8_t *bytes, size_t size) {
    struct jpeg_header header = {.size = 0};
    unsigned components = 0;
    bool restarts = false;
    size_t at = MARK;
    if (size < MARK || bytes[0] != 0xff || bytes[1] != SOI) {
        return header;
    }
    while (size - at >= MARK + 2 && bytes[at] == 0xff) {
        const unsigned marker = bytes[at + 1];
        const size_t length = load_16(bytes + at + MARK), end = at + MARK + length;
        if (length < 2 || length > size - at - MARK || marker < SOF_BASELINE ||
            (marker >= RST_FIRST && marker <= EOI)) {
            break;
        }
        if (is_frame(marker)) {
            take_frame(bytes + at + MARK, length, at + MARK, marker, &header);
            components = length >= 8 ? bytes[at + MARK + 7] : 0;
        }
        restarts |= marker == DRI;
        at = end;
        if (marker == SOS) {
            header.may_join &= !restarts && length >= 3 && bytes[end - length + 2] == components;
            header.size = end;
            break;
        }
    }
    return header;
}

/* The next marker in the data of a scan; size: there is none. */
static size_t find_marker(const uint8_t *bytes, size_t size, size_t at) {
    while (at < size) {
        const uint8_t *found = memchr(bytes + at, 0xff, size - at);
        at = found == NULL ? size : (size_t)(found - bytes);
        if (size - at < MARK) {
            break;
        }
        if (bytes[at + 1] != 0) {
            return at;
        }
        at += MARK;
    }
    return size;
}

static enum bswz_status append_marker(struct byte_buffer *out, unsigned marker, struct bswz_error *error) {
    const uint8_t bytes[MARK] = {0xff, (uint8_t)marker};
    return byte_buffer_append(out, bytes, MARK, error);
}

static void set_height(uint8_t *bytes, uint32_t height) {
    bytes[0] = (uint8_t)(height >> 8);
    bytes[1] = (uint8_t)height;
}

/* ---- back into pieces ---- */

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "the JPEG files of a page do not fit its pieces");
}

/* Begin the next file. */
static bool open_file(const struct page *page, const uint8_t *plain, size_t files, struct cursor *notes,
                      struct jpeg_joined *joined) {
    const size_t before = MARK + page->tables_size;
    uint64_t size;
    if (!take_varint(notes, page->jpeg_size - joined->next, &size) || size < before ||
        !take_varint(notes, size, &joined->pieces) || joined->pieces == 0) {
        return false;
    }
    const uint8_t *file = plain + files + joined->next;
    joined->at = files + joined->next + before;
    joined->next += (size_t)size;
    joined->end = files + joined->next;
    if (joined->pieces == 1) {
        return true;
    }
    const struct jpeg_header header = find_header(file, (size_t)size);
    if (header.height_at < before + DRI_SIZE || header.size < header.height_at + 2) {
        return false;
    }
    joined->header = joined->at + DRI_SIZE;
    joined->header_size = header.size - before - DRI_SIZE;
    joined->height_at = header.height_at - before - DRI_SIZE;
    joined->at = joined->header + joined->header_size;
    return true;
}

/* A file that is one piece. */
static enum bswz_status put_alone(const uint8_t *plain, size_t most, struct jpeg_joined *joined,
                                  struct byte_buffer *out, struct bswz_error *error) {
    const size_t size = joined->end - joined->at;
    joined->pieces = 0;
    if (most < MARK || size > most - MARK) {
        return damaged(error);
    }
    const enum bswz_status status = append_marker(out, SOI, error);
    return status == BSWZ_OK ? byte_buffer_append(out, plain + joined->at, size, error) : status;
}

static enum bswz_status put_part(uint32_t rows, const uint8_t *plain, size_t most, struct jpeg_joined *joined,
                                 struct byte_buffer *out, struct bswz_error *error) {
    const size_t end = find_marker(plain, joined->end, joined->at), size = end - joined->at, start = out->size;
    if (end == joined->end || joined->header_size + size > most || most - joined->header_size - size < 2 * MARK) {
        return damaged(error);
    }
    enum bswz_status status = append_marker(out, SOI, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, plain + joined->header, joined->header_size, error);
    }
    if (status == BSWZ_OK) {
        set_height(out->data + start + MARK + joined->height_at, rows);
        status = byte_buffer_append(out, plain + joined->at, size, error);
    }
    joined->at = end + MARK;
    joined->pieces--;
    return status == BSWZ_OK ? append_marker(out, EOI, error) : status;
}

enum bswz_status jpeg_piece_put(const struct page *page, uint32_t rows, const uint8_t *plain, size_t files,
                                struct cursor *notes, size_t most, struct jpeg_joined *joined, struct byte_buffer *out,
                                struct bswz_error *error) {
    const bool is_first = joined->pieces == 0;
    if (is_first && !open_file(page, plain, files, notes, joined)) {
        joined->pieces = 0;
        return damaged(error);
    }
    return is_first && joined->pieces == 1 ? put_alone(plain, most, joined, out, error)
                                           : put_part(rows, plain, most, joined, out, error);
}

/* ---- from pieces to files ---- */

struct taken {
    const struct page *page;
    const uint8_t *file;
    struct piece **pieces;
    size_t count;
};

static uint32_t rows_of(const struct page *page, const struct piece *piece) {
    return page_place_of(page, piece->tile).rows;
}

/* The data of a piece that may be joined to others with this header, which may be its own; *size: of the data. */
static const uint8_t *joinable(const struct taken *taken, size_t number, const struct jpeg_header *header,
                               const uint8_t *first, size_t *size) {
    const struct piece *piece = taken->pieces[number];
    const uint8_t *bytes = taken->file + piece->at;
    const size_t after = header->height_at + 2;
    if (piece->is_kept || piece->size <= header->size || memcmp(bytes, first, header->height_at) != 0 ||
        memcmp(bytes + after, first + after, header->size - after) != 0 ||
        load_16(bytes + header->height_at) != rows_of(taken->page, piece)) {
        return NULL;
    }
    const size_t end = find_marker(bytes, piece->size, header->size);
    *size = end - header->size;
    return end < piece->size && bytes[end + 1] == EOI ? bytes + header->size : NULL;
}

/* How many pieces from this one on are joined; the rows of all. */
static size_t count_joined(const struct taken *taken, size_t number, const struct jpeg_header *header,
                           uint32_t *height) {
    const uint8_t *first = taken->file + taken->pieces[number]->at;
    const uint64_t across = header->may_join ? (header->width - 1) / header->mcu_width + 1 : 0;
    size_t count = 0, size;
    bool is_full = header->may_join && across * (header->height / header->mcu_height) <= UINT16_MAX;
    *height = 0;
    while (number + count < taken->count && is_full && joinable(taken, number + count, header, first, &size) != NULL) {
        const uint32_t rows = rows_of(taken->page, taken->pieces[number + count]);
        if (rows > header->height || rows > SIDE_MAX - *height) {
            break;
        }
        *height += rows;
        is_full = rows == header->height && rows % header->mcu_height == 0; /* or it is the last one */
        count++;
    }
    return count;
}

static enum bswz_status put_start(const struct taken *taken, struct byte_buffer *plain, struct bswz_error *error) {
    const enum bswz_status status = append_marker(plain, SOI, error);
    return status == BSWZ_OK
               ? byte_buffer_append(plain, taken->file + taken->page->tables_at, taken->page->tables_size, error)
               : status;
}

/* A JPEG file of `count` pieces. */
static enum bswz_status put_joined(const struct taken *taken, size_t number, size_t count,
                                   const struct jpeg_header *header, uint32_t height, struct byte_buffer *plain,
                                   struct bswz_error *error) {
    const uint8_t *first = taken->file + taken->pieces[number]->at;
    const uint32_t interval = ((header->width - 1) / header->mcu_width + 1) * (header->height / header->mcu_height);
    const uint8_t restarts[DRI_SIZE] = {0xff, DRI, 0, 4, (uint8_t)(interval >> 8), (uint8_t)interval};
    enum bswz_status status = put_start(taken, plain, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(plain, restarts, DRI_SIZE, error);
    }
    const size_t at = plain->size;
    if (status == BSWZ_OK) {
        status = byte_buffer_append(plain, first + MARK, header->size - MARK, error);
    }
    if (status == BSWZ_OK) {
        set_height(plain->data + at + header->height_at - MARK, height);
    }
    for (size_t i = 0; i < count && status == BSWZ_OK; i++) {
        size_t size = 0;
        const uint8_t *data = joinable(taken, number + i, header, first, &size);
        status = byte_buffer_append(plain, data, size, error);
        if (status == BSWZ_OK) {
            status = append_marker(plain, i + 1 < count ? RST_FIRST + i % 8 : EOI, error);
        }
        taken->pieces[number + i]->size = header->size + size + MARK;
    }
    return status;
}

/* The next file: of the pieces from this one on, *count of them. */
static enum bswz_status take_file(const struct taken *taken, size_t number, size_t *count, struct byte_buffer *plain,
                                  struct bswz_error *error) {
    struct piece *piece = taken->pieces[number];
    const uint8_t *bytes = taken->file + piece->at;
    const struct jpeg_header header = find_header(bytes, piece->size);
    const size_t start = plain->size;
    uint32_t height;
    *count = 1;
    piece->is_kept |= header.size == 0;
    if (piece->is_kept) {
        return BSWZ_OK;
    }
    const size_t joined = count_joined(taken, number, &header, &height);
    enum bswz_status status = BSWZ_OK;
    if (joined > 1) {
        *count = joined;
        status = put_joined(taken, number, joined, &header, height, plain, error);
    } else {
        status = put_start(taken, plain, error);
        status = status != BSWZ_OK ? status : byte_buffer_append(plain, bytes + MARK, piece->size - MARK, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(&piece->notes, plain->size - start, error);
    }
    return status == BSWZ_OK ? put_varint(&piece->notes, *count, error) : status;
}

/* Do the pieces come back? */
static enum bswz_status prove(const struct taken *taken, const struct byte_buffer *plain, size_t files,
                              bool *comes_back, struct bswz_error *error) {
    struct jpeg_joined joined = {.next = 0};
    struct byte_buffer again = {0};
    uint64_t all = 0;
    enum bswz_status status = BSWZ_OK;
    *comes_back = true;
    for (size_t i = 0; i < taken->count && *comes_back; i++) {
        const struct piece *piece = taken->pieces[i];
        struct cursor notes = {.bytes = piece->notes.data, .size = piece->notes.size};
        struct bswz_error own = {.status = BSWZ_OK};
        if (piece->is_kept) {
            continue;
        }
        again.size = 0;
        status = jpeg_piece_put(taken->page, rows_of(taken->page, piece), plain->data, files, &notes, piece->size,
                                &joined, &again, &own);
        all += again.size;
        *comes_back = status == BSWZ_OK && again.size == piece->size &&
                      memcmp(again.data, taken->file + piece->at, piece->size) == 0;
    }
    *comes_back &= all <= page_all_bytes(taken->page);
    free(again.data);
    return status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error) : BSWZ_OK;
}

enum bswz_status jpeg_pieces_take(struct page *page, struct piece **pieces, size_t count, const uint8_t *file,
                                  size_t most, struct byte_buffer *plain, struct bswz_error *error) {
    const struct taken taken = {page, file, pieces, count};
    const size_t start = plain->size;
    bool comes_back = true;
    enum bswz_status status = BSWZ_OK;
    for (size_t i = 0, step; i < count && status == BSWZ_OK && plain->size <= most; i += step) {
        status = take_file(&taken, i, &step, plain, error);
    }
    comes_back = plain->size <= most;
    page->jpeg_size = comes_back ? (uint32_t)(plain->size - start) : 0;
    if (status == BSWZ_OK && comes_back) {
        status = prove(&taken, plain, start, &comes_back, error);
    }
    for (size_t i = 0; i < count && !comes_back; i++) {
        pieces[i]->is_kept = true;
    }
    return status;
}
