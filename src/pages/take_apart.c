/* SPDX-License-Identifier: MIT */
/*
 * Making the pictures and the plan of a file (pages.h).
 *
 * Pieces are decoded in the order of the file, page by page. A piece that does not come back is kept among the other
 * bytes; if most pieces of a page are kept, the page is not used.
 */
#include "pages/take_apart.h"

#include "base/allocate.h"
#include "pages/animation.h"
#include "pages/coding.h"
#include "pages/rows.h"

#include <stdlib.h>
#include <string.h>

/* The number of pieces is limited: one for each PIECE_LEAST bytes of the file, and PIECES_FREE more. */
#define PIECE_LEAST 8
#define PIECES_FREE 1024
/* A page is left among the other bytes if more than one in this many of its pieces must be kept. */
#define KEPT_PART 4

static void free_found(struct pages_found *found) {
    for (size_t i = 0; i < found->piece_count; i++) {
        free(found->pieces[i].notes.data);
    }
    free(found->pieces);
    free(found->pages);
    free(found->order);
    free(found->starts);
}

/* ---- pieces ---- */

static int by_place(const void *one, const void *other) {
    const struct piece *a = one, *b = other;
    return a->at != b->at ? (a->at < b->at ? -1 : 1) : a->size != b->size ? (a->size < b->size ? -1 : 1) : 0;
}

/* The order of pieces page by page. */
static enum bswz_status order_pieces(struct pages_found *found, struct bswz_error *error) {
    found->order = bswz_allocate(found->piece_count, sizeof *found->order);
    found->starts = bswz_allocate_zero(found->page_count + 2, sizeof *found->starts);
    if (found->order == NULL || found->starts == NULL) {
        return bswz_no_memory(error);
    }
    for (size_t i = 0; i < found->piece_count; i++) {
        found->starts[found->pieces[i].page + 2]++;
    }
    for (size_t i = 2; i < found->page_count + 2; i++) {
        found->starts[i] += found->starts[i - 1];
    }
    for (size_t i = 0; i < found->piece_count; i++) {
        found->order[found->starts[found->pieces[i].page + 1]++] = (uint32_t)i;
    }
    return BSWZ_OK;
}

/* Sort the pieces in the order of the file. If pieces overlap, only the first one becomes samples. */
static void sort_pieces(struct pages_found *found) {
    size_t end = 0;
    qsort(found->pieces, found->piece_count, sizeof *found->pieces, by_place);
    for (size_t i = 0; i < found->piece_count; i++) {
        struct piece *piece = &found->pieces[i];
        piece->is_kept |= piece->at < end;
        end = piece->at + piece->size > end ? piece->at + piece->size : end;
    }
}

struct work_room {
    uint8_t *rows; /* of a piece, and a second copy */
    uint8_t *again;
    uint32_t *values;
    struct byte_buffer reversed, coded;
};

static enum bswz_status open_room(const struct page *page, struct work_room *room, struct bswz_error *error) {
    const size_t bytes = page_row_bytes(page) * page->tile_height;
    room->rows = bswz_allocate(bytes, 1);
    room->again = bswz_allocate(bytes, 1);
    room->values = bswz_allocate(page_row_values(page), sizeof *room->values);
    return room->rows != NULL && room->again != NULL && room->values != NULL ? BSWZ_OK : bswz_no_memory(error);
}

static void close_room(struct work_room *room) {
    free(room->rows);
    free(room->again);
    free(room->values);
    free(room->reversed.data);
    free(room->coded.data);
}

/* The bytes of a piece, with their bits in the usual order. */
static enum bswz_status piece_bytes(const struct page *page, const struct piece *piece, const uint8_t *file,
                                    struct work_room *room, const uint8_t **bytes, struct bswz_error *error) {
    *bytes = file + piece->at;
    if ((page->flags & PAGE_REVERSED) == 0) {
        return BSWZ_OK;
    }
    room->reversed.size = 0;
    const enum bswz_status status = byte_buffer_append(&room->reversed, *bytes, piece->size, error);
    pages_reverse_bits(room->reversed.data, room->reversed.size);
    *bytes = room->reversed.data;
    return status;
}

static struct piece_shape shape_of(const struct page *page, const struct page_place *place) {
    return (struct piece_shape){page_row_bytes(page), place->rows, (uint32_t)page_row_values(page), page->bits,
                                page_pixel_bytes(page)};
}

/* Does the piece come back from the samples and its notes? */
static enum bswz_status prove_piece(const struct page *page, const struct page_pictures *pictures,
                                    const struct page_place *place, const struct piece *piece, const uint8_t *coded,
                                    const uint8_t *plain, struct work_room *room, struct coding_state *state,
                                    bool *comes_back, struct bswz_error *error) {
    const struct piece_shape shape = shape_of(page, place);
    struct cursor notes = {.bytes = piece->notes.data, .size = piece->notes.size};
    struct bswz_error own = {.status = BSWZ_OK};
    room->coded.size = 0;
    page_samples_to_rows(page, pictures, place, plain, room->values, room->again);
    const enum bswz_status status =
        piece_encode(page->coding, &shape, room->again, &notes, piece->size, &room->coded, state, &own);
    *comes_back =
        status == BSWZ_OK && room->coded.size == piece->size && memcmp(room->coded.data, coded, piece->size) == 0;
    return status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error) : BSWZ_OK;
}

/* Decode a piece into samples, and prove that it comes back. *is_empty: all samples beyond the edges are zero. */
static enum bswz_status take_piece(const struct page *page, const struct page_pictures *pictures, struct piece *piece,
                                   const uint8_t *file, uint8_t *plain, struct work_room *room,
                                   struct coding_state *state, bool *is_empty, struct bswz_error *error) {
    const struct page_place place = page_place_of(page, piece->tile);
    const struct piece_shape shape = shape_of(page, &place);
    const uint8_t *coded;
    size_t used = 0;
    bool is_done = false;
    piece->notes.size = 0;
    enum bswz_status status = piece_bytes(page, piece, file, room, &coded, error);
    if (status == BSWZ_OK) {
        status = piece_decode(page->coding, &shape, coded, piece->size, room->rows, &used, &piece->notes, state,
                              &is_done, error);
    }
    if (status == BSWZ_OK && is_done) {
        piece->size = used;
        page_rows_to_samples(page, pictures, &place, room->rows, room->values, plain, is_empty);
        status = *is_empty ? prove_piece(page, pictures, &place, piece, coded, plain, room, state, &is_done, error)
                           : BSWZ_OK;
    }
    if (status == BSWZ_OK && !is_done) {
        bool ignored = true;
        piece->is_kept = true;
        state->recipe.size = 0;
        memset(room->rows, 0, page_row_bytes(page) * place.rows);
        page_rows_to_samples(page, pictures, &place, room->rows, room->values, plain, &ignored);
    }
    return status;
}

/* ---- pages ---- */

static enum bswz_status put_headers(const struct page *page, const struct page_pictures *pictures,
                                    struct byte_buffer *plain) {
    char text[PAGE_HEADER_MAX];
    for (unsigned i = 0; i < pictures->count; i++) {
        const size_t size = page_header(page, pictures->channels[i], text);
        memcpy(plain->data + pictures->start[i], text, size);
    }
    return BSWZ_OK;
}

/* Pages whose pieces are plain and of 32 bits: do the values need only 16? */
static enum bswz_status find_narrow(struct page *page, const struct pages_found *found, uint32_t number,
                                    const uint8_t *file, struct bswz_error *error) {
    struct work_room room = {0};
    uint32_t least = UINT32_MAX, largest = 0;
    if (page->bits != 32 || page->coding != PAGE_PLAIN || page->values == PAGE_FLOAT) {
        return BSWZ_OK;
    }
    const enum bswz_status status = open_room(page, &room, error);
    for (size_t i = found->starts[number]; i < found->starts[number + 1] && status == BSWZ_OK; i++) {
        const struct piece *piece = &found->pieces[found->order[i]];
        const struct page_place place = page_place_of(page, piece->tile);
        const size_t bytes = page_row_bytes(page) * place.rows;
        if (piece->is_kept || piece->size < bytes) {
            least = 0;
            largest = UINT32_MAX;
            break;
        }
        memcpy(room.rows, file + piece->at, bytes);
        page_find_range(page, &place, room.rows, room.values, &least, &largest);
    }
    if (least <= largest && largest - least <= UINT16_MAX) {
        page->flags |= PAGE_NARROW;
        page->base = least;
    }
    close_room(&room);
    return status;
}

/* All pieces of a page, as samples at the end of plain. *kept: how many were not; *is_empty as in take_piece. */
static enum bswz_status take_pieces(struct pages_found *found, uint32_t number, const uint8_t *file,
                                    struct byte_buffer *plain, unsigned *kept, bool *is_empty,
                                    struct bswz_error *error) {
    const struct page *page = &found->pages[number];
    struct work_room room = {0};
    struct coding_state state = {0};
    struct page_pictures pictures;
    page_find_pictures(page, plain->size, &pictures);
    enum bswz_status status = byte_buffer_reserve(plain, (size_t)(pictures.end - plain->size), error);
    if (status == BSWZ_OK) {
        status = open_room(page, &room, error);
    }
    if (status == BSWZ_OK) {
        memset(plain->data + plain->size, 0, (size_t)(pictures.end - plain->size));
        status = put_headers(page, &pictures, plain);
    }
    *kept = 0;
    *is_empty = true;
    for (size_t i = found->starts[number]; i < found->starts[number + 1] && status == BSWZ_OK && *is_empty; i++) {
        struct piece *piece = &found->pieces[found->order[i]];
        if (!piece->is_kept) {
            status = take_piece(page, &pictures, piece, file, plain->data, &room, &state, is_empty, error);
        }
        *kept += piece->is_kept;
    }
    plain->size = status == BSWZ_OK ? (size_t)pictures.end : plain->size;
    free(state.recipe.data);
    close_room(&room);
    return status;
}

static void keep_page(struct pages_found *found, uint32_t number) {
    for (size_t i = found->starts[number]; i < found->starts[number + 1]; i++) {
        found->pieces[found->order[i]].is_kept = true;
    }
}

/* Round the page up to whole tiles, so that samples beyond its edges become part of the picture. */
static void round_up(struct page *page) {
    const uint64_t width = ((uint64_t)page->width + page->tile_width - 1) / page->tile_width * page->tile_width;
    const uint64_t height = ((uint64_t)page->height + page->tile_height - 1) / page->tile_height * page->tile_height;
    page->width = width <= PICTURE_MAX_SIDE ? (uint32_t)width : page->width;
    page->height = height <= PICTURE_MAX_SIDE && (page->flags & PAGE_TILED) != 0 ? (uint32_t)height : page->height;
}

/* Units of work for each byte of a page's pictures, to make them and to make the piece of them again, twice. */
static unsigned units_of(const struct page *page) {
    enum { USUAL = 2, WORDS = 5, DEFLATED = 12 };
    return page->coding == PAGE_ZLIB ? DEFLATED : page->coding == PAGE_LZW ? WORDS : USUAL;
}

/* A page takes so much of what is left, or does not fit. Pictures of two values are large for what they took in the
 * file, so what it takes to draw them is set aside. */
static bool take_limits(struct pages_found *found, const struct page *page, size_t held) {
    enum { DRAWING = 3 };
    const uint64_t bytes = page_pictures_bytes(page), units = bytes * units_of(page);
    const uint64_t aside = page->bits == 1 ? bytes * DRAWING : 0;
    if (bytes > found->left.plain - held || units + aside > found->left.work) {
        found->is_limited = true;
        return false;
    }
    found->left.work -= units + aside;
    found->work += units;
    return true;
}

/* A page of JPEG streams; *is_taken: most of them have become parts of JPEG files. */
static enum bswz_status take_jpeg(struct pages_found *found, uint32_t number, const uint8_t *file,
                                  struct byte_buffer *plain, bool *is_taken, struct bswz_error *error) {
    const size_t start = plain->size, count = found->starts[number + 1] - found->starts[number];
    const size_t most = found->left.plain;
    struct piece **pieces = bswz_allocate(count, sizeof(struct piece *));
    unsigned kept = 0;
    if (pieces == NULL) {
        return bswz_no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        pieces[i] = &found->pieces[found->order[found->starts[number] + i]];
    }
    const enum bswz_status status = jpeg_pieces_take(&found->pages[number], pieces, count, file, most, plain, error);
    for (size_t i = 0; i < count; i++) {
        kept += pieces[i]->is_kept;
    }
    *is_taken = status == BSWZ_OK && kept <= count / KEPT_PART;
    if (!*is_taken) {
        plain->size = start;
        keep_page(found, number);
    }
    free(pieces);
    return status;
}

/* One page; *is_taken: it has become pictures. */
static enum bswz_status take_page(struct pages_found *found, uint32_t number, const uint8_t *file,
                                  struct byte_buffer *plain, bool *is_taken, struct bswz_error *error) {
    struct page *page = &found->pages[number];
    const size_t start = plain->size;
    unsigned kept = 0;
    bool is_empty = false;
    *is_taken = false;
    if (page->coding == PAGE_JPEG) {
        return take_jpeg(found, number, file, plain, is_taken, error);
    }
    enum bswz_status status = BSWZ_OK;
    for (int turn = 0; turn < 2 && status == BSWZ_OK && !is_empty; turn++) {
        if (!page_is_sound(page) ||
            page_all_bytes(page) > PAGES_SPREAD * page_pictures_bytes(page) + PAGES_SPREAD_FREE ||
            !take_limits(found, page, start)) {
            keep_page(found, number);
            return BSWZ_OK;
        }
        plain->size = start;
        status = turn == 0 ? find_narrow(page, found, number, file, error) : BSWZ_OK;
        status = status != BSWZ_OK ? status : take_pieces(found, number, file, plain, &kept, &is_empty, error);
        if (!is_empty) {
            round_up(page);
        }
    }
    *is_taken = status == BSWZ_OK && is_empty && kept <= page_tiles(page) / KEPT_PART;
    if (!*is_taken) {
        plain->size = start;
        keep_page(found, number);
    }
    return status;
}

/* ---- the plan ---- */

static enum bswz_status put_signed(struct byte_buffer *out, int64_t value, struct bswz_error *error) {
    return put_varint(out, value < 0 ? (uint64_t) - (value + 1) << 1 | 1 : (uint64_t)value << 1, error);
}

static enum bswz_status put_pieces(const struct pages_found *found, const uint32_t *numbers, struct byte_buffer *out,
                                   struct bswz_error *error) {
    size_t end = 0;
    int64_t page = 0, tile = -1;
    enum bswz_status status = BSWZ_OK;
    for (size_t i = 0; i < found->piece_count && status == BSWZ_OK; i++) {
        const struct piece *piece = &found->pieces[i];
        if (piece->is_kept) {
            continue;
        }
        const int64_t number = numbers[piece->page];
        tile = number == page ? tile : -1;
        status = put_varint(out, piece->at - end, error);
        if (status == BSWZ_OK) {
            status = put_signed(out, number - page, error);
        }
        if (status == BSWZ_OK) {
            status = put_signed(out, (int64_t)piece->tile - tile - 1, error);
        }
        if (status == BSWZ_OK) {
            status = put_sized(out, &piece->notes, error);
        }
        end = piece->at + piece->size;
        page = number;
        tile = piece->tile;
    }
    return status;
}

static enum bswz_status put_others(const struct pages_found *found, const uint8_t *file, size_t size,
                                   struct byte_buffer *out, struct bswz_error *error) {
    size_t end = 0;
    enum bswz_status status = BSWZ_OK;
    for (size_t i = 0; i < found->piece_count && status == BSWZ_OK; i++) {
        const struct piece *piece = &found->pieces[i];
        if (!piece->is_kept) {
            status = byte_buffer_append(out, file + end, piece->at - end, error);
            end = piece->at + piece->size;
        }
    }
    return status == BSWZ_OK ? byte_buffer_append(out, file + end, size - end, error) : status;
}

/* numbers: of the pages that were taken, among these. */
static enum bswz_status put_plan(const struct pages_found *found, const bool *taken, uint32_t *numbers,
                                 struct pages_summary *summary, struct byte_buffer *out, struct bswz_error *error) {
    for (size_t i = 0; i < found->page_count; i++) {
        numbers[i] = summary->pages;
        summary->pages += taken[i];
    }
    for (size_t i = 0; i < found->piece_count; i++) {
        summary->pieces += !found->pieces[i].is_kept;
        summary->kept += found->pieces[i].is_kept;
    }
    enum bswz_status status = put_8(out, PLAN_VERSION, error);
    if (status == BSWZ_OK) {
        status = put_varint(out, summary->pages, error);
    }
    for (size_t i = 0; i < found->page_count && status == BSWZ_OK; i++) {
        const struct page *page = &found->pages[i];
        if (taken[i]) {
            status = plan_put_page(page, out, error);
            if ((uint64_t)page->width * page->height > (uint64_t)summary->width * summary->height) {
                summary->width = page->width;
                summary->height = page->height;
            }
        }
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, summary->pieces, error);
    }
    return status == BSWZ_OK ? put_pieces(found, numbers, out, error) : status;
}

static enum bswz_status take_all(struct pages_found *found, const uint8_t *file, size_t size, struct byte_buffer *plain,
                                 struct pages_summary *summary, struct bswz_error *error) {
    bool *taken = bswz_allocate_zero(found->page_count, sizeof *taken);
    uint32_t *numbers = bswz_allocate_zero(found->page_count, sizeof *numbers);
    enum bswz_status status = taken == NULL || numbers == NULL ? bswz_no_memory(error) : BSWZ_OK;
    bool any = false;
    sort_pieces(found);
    if (status == BSWZ_OK) {
        status = order_pieces(found, error);
    }
    for (uint32_t i = 0; i < found->page_count && status == BSWZ_OK; i++) {
        status = take_page(found, i, file, plain, &taken[i], error);
        any |= status == BSWZ_OK && taken[i];
    }
    summary->pictures_size = plain->size;
    if (status == BSWZ_OK && !any) {
        status = found->is_limited
                     ? bswz_fail(error, BSWZ_ERROR_LIMIT, "its pages take too much memory or time for its size")
                     : bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "no page of it comes back from its samples");
    }
    if (status == BSWZ_OK) {
        status = put_plan(found, taken, numbers, summary, plain, error);
    }
    if (status == BSWZ_OK) {
        status = put_others(found, file, size, plain, error);
    }
    if (status == BSWZ_OK && plain->size > found->left.plain) {
        status = bswz_fail(error, BSWZ_ERROR_LIMIT, "it holds too much");
    }
    free(taken);
    free(numbers);
    return status;
}

/* ---- files ---- */

typedef enum bswz_status pages_finder(const uint8_t *file, size_t size, struct pages_found *found,
                                      struct bswz_error *error);

static const struct {
    enum picture_format format;
    pages_finder *find;
} finders[] = {{PICTURE_TIFF, pages_of_tiff},
               {PICTURE_BMP, pages_of_bmp},
               {PICTURE_TEXT, pages_of_text},
               {PICTURE_DICOM, pages_of_dicom},
               {PICTURE_FITS, pages_of_fits}};

/* NULL: not a format with pages. */
static pages_finder *finder_of(enum picture_format format) {
    for (size_t i = 0; i < sizeof finders / sizeof finders[0]; i++) {
        if (finders[i].format == format) {
            return finders[i].find;
        }
    }
    return NULL;
}

bool pages_are_in(enum picture_format format) {
    return finder_of(format) != NULL;
}

/* A single page in a single piece. */
static enum bswz_status take_rows(const struct page *rows, size_t size, struct pages_found *found,
                                  struct bswz_error *error) {
    bool added;
    if (!page_is_sound(rows) || page_tiles(rows) != 1 || rows->coding == PAGE_JPEG) {
        return BSWZ_OK;
    }
    const enum bswz_status status = pages_add(found, rows, &added, error);
    return status == BSWZ_OK && added ? pages_add_piece(found, 0, size, error) : status;
}

/* The PNG files of an animation, without a plan. */
static enum bswz_status take_animation(const uint8_t *file, size_t size, const struct pages_limits *limits,
                                       struct byte_buffer *plain, struct pages_summary *summary,
                                       struct bswz_error *error) {
    const enum bswz_status status = animation_take_apart(file, size, limits->plain, plain, summary, error);
    plain->size = status == BSWZ_OK ? plain->size : 0;
    summary->pictures_size = plain->size;
    summary->work = size; /* it is copied, and its chunks are checked */
    return status;
}

enum bswz_status pages_take_apart(enum picture_format format, const struct page *rows, const uint8_t *file, size_t size,
                                  const struct pages_limits *limits, struct byte_buffer *plain,
                                  struct pages_summary *summary, struct bswz_error *error) {
    struct pages_found found = {.piece_most = size / PIECE_LEAST + PIECES_FREE, .left = *limits};
    *summary = (struct pages_summary){.pages = 0};
    if (size > PAGES_FILE_MAX || plain->size != 0) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "it is too large");
    }
    if (rows == NULL && format == PICTURE_PNG) {
        return take_animation(file, size, limits, plain, summary, error);
    }
    pages_finder *find = finder_of(format);
    enum bswz_status status = rows != NULL   ? take_rows(rows, size, &found, error)
                              : find != NULL ? find(file, size, &found, error)
                                             : bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "not a format with pages");
    if (status == BSWZ_OK && found.page_count == 0) {
        status = bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "it has no page of a kind that can be coded");
    }
    if (status == BSWZ_OK) {
        status = take_all(&found, file, size, plain, summary, error);
    }
    plain->size = status == BSWZ_OK ? plain->size : 0;
    summary->work = found.work;
    free_found(&found);
    return status;
}
