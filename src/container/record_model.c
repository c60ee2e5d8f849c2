/* SPDX-License-Identifier: MIT */
/*
 * Chunk by chunk: is it that of the last record? If not, its type, length and content.
 *
 * Bytes are coded bit by bit. Contexts are the kind of chunk with the position in it, and the bytes before; each bit
 * that a context has seen gives a probability, and a mixer combines these (mixing/mixer.h). Before the record, the model
 * learns from a dictionary, and from short chunks of the last record.
 */
#include "container/record_model.h"

#include "base/allocate.h"
#include "drawn/palette.h"
#include "image/record.h"
#include "mixing/mixer.h"

#include <stdlib.h>
#include <string.h>

enum {
    PREFIX = 4,
    CHUNK_PREFIX = 8,
    TYPES = 32, /* the last one stands for all that are not in the table */
    TYPE_BITS = 5,
    PALETTE = 0,
    TRANSPARENCY = 1,
    OTHER = TYPES - 1,
    CONTEXTS = 6,
    PLACES_BITS = 15,
    BYTE_LIMIT = 250,
    STRUCTURE_LIMIT = 2, /* of all other cells: what was last counts most */
    AHEAD = 8,           /* chunks of the last record among which the next one is looked for */
    LEARNED_CHUNKS = 64, /* of the last record */
    LEARNED_CHUNK = 64,  /* contents of longer ones are not learned */
    LEARNED_RECORD = 256 /* nor are bytes beyond these */
};

static const char type_names[OTHER][5] = {"PLTE", "tRNS", "bKGD", "pHYs", "tIME", "tEXt", "sBIT", "gAMA",
                                          "cHRM", "sRGB", "iCCP", "ICCP", "iTXt", "zTXt", "eXIf", "hIST",
                                          "oFFs", "IDAT", "INDX", "vpAg", "caNv", "iDOT", "orNT", "sCAL",
                                          "pCAL", "sPLT", "sTER", "cICP", "prVW", "mkBF", "acTL"};

struct number_cells {
    cell size[32], first[32][4];
};

struct record_model {
    const struct picture_info *info;
    struct decisions *decisions;
    bool is_decoding, is_learning, is_over;
    size_t budget; /* bytes that may still be coded one by one */
    cell implied, more[TYPES + 1], same[4], types[TYPES + 1][TYPES], has_alpha, has_rest;
    struct number_cells lengths[TYPES];
    cell places[1 << PLACES_BITS];
    int16_t *weights[2]; /* of all counts of known cells, and of all types */
    int32_t last_weights[2];
    unsigned previous, history; /* the kind of the last chunk; which of the last two were those of the last record */
    const uint8_t *last;        /* the rest of the last record */
    size_t last_size;
    struct palette palette;
    uint8_t alpha[PALETTE_LARGEST]; /* the tRNS chunk that has been coded with the palette */
    unsigned alphas;
};

/* Records as common programs write them: chunks with lengths of one byte; a byte of 0 ends each record. */
#define INKSCAPE "tEXt\31Software\0www.inkscape.org"
#define SBIT "sBIT\4\10\10\10\10"
#define PHYS(a) "pHYs\11\0\0" a "\0\0" a "\1"
#define CHRM "cHRM\40\0\0\172\046\0\0\200\204\0\0\372\0\0\0\200\350\0\0\165\060\0\0\352\140\0\0\072\230\0\0\027\160"
#define GAMA "gAMA\4\0\0\261\217"
#define BKGD "bKGD\6\0\377\0\377\0\377"
#define END "\0"
static const uint8_t dictionary[] = SBIT INKSCAPE END SBIT END "sBIT\3\10\10\10" PHYS("\13\023") END GAMA CHRM
    "INDX\2\10\1tRNS\0bKGD\1\0" PHYS("\13\023") END GAMA CHRM BKGD PHYS(
        "\13\023") "tIME\7\7\330\1\1\0\0\0tEXt\31Comment\0Created with GIMP" END GAMA
                   "sRGB\1\0" PHYS("\16\303") "tEXt\31Software\0Adobe ImageReady" END SBIT PHYS("\15\327") INKSCAPE END
    "tEXt\45date:create\0"
    "2010-01-01T00:00:00+00:00tEXt\45date:modify\0"
    "2010-01-01T00:00:00+00:00" END SBIT PHYS("\16\304") INKSCAPE END
    "sRGB\1\0" GAMA BKGD PHYS("\13\022") "tIME\7\7\331\1\1\0\0\0" END
                                         "tEXt\6Title\0tEXt\7Author\0tEXt\14Description\0tEXt\12Copyright\0tEXt\16Creat"
                                         "ion Time\0tEXt\7Source\0" END SBIT
                                         "iTXt\26XML:com.adobe.xmp\0\0\0\0\0" END SBIT PHYS("\13\022")
                                             INKSCAPE END SBIT END SBIT END;

/* ---- decisions ---- */

/* What is expected is coded as a one: the last ones of a payload take no bits at all (drawn/decisions.c). */
static unsigned code_likely(const struct record_model *model, unsigned bit, uint32_t one) {
    if (model->is_learning) {
        return bit;
    }
    one = clamp_probability(one);
    return one >= DECISION_ONE / 2 ? decide(model->decisions, bit, one)
                                   : !decide(model->decisions, !bit, DECISION_ONE - one);
}

static unsigned code_bit(struct record_model *model, cell *c, unsigned bit) {
    bit = code_likely(model, bit, cell_probability(*c));
    cell_update(c, bit, STRUCTURE_LIMIT);
    return bit;
}

static unsigned code_tree(struct record_model *model, cell *cells, unsigned bits, unsigned value) {
    unsigned node = 1;
    for (unsigned i = bits; i-- > 0;) {
        node = node << 1 | code_bit(model, &cells[node], value >> i & 1);
    }
    return node - (1u << bits);
}

/* As in recipes of deflate streams, but every bit has a cell while there are few. */
static uint32_t code_number(struct record_model *model, struct number_cells *cells, uint32_t value) {
    const uint32_t above = value + 1;
    unsigned bits = 0;
    while (bits < 30 && code_bit(model, &cells->size[bits], above >> (bits + 1) != 0)) {
        bits++;
    }
    uint32_t result = 1;
    for (unsigned i = bits; i-- > 0;) {
        const unsigned bit = above >> i & 1;
        /* the cell depends on the first bits: after these, on how many are left */
        cell *c = result < 4 ? &cells->first[bits][result] : &cells->first[i][0];
        result = result << 1 | code_bit(model, c, bit);
    }
    return result - 1;
}

/* ---- bytes ---- */

struct byte_mix {
    struct mix mix;
    cell *cells[CONTEXTS];
};

static void predict(struct record_model *model, const uint32_t hashes[CONTEXTS], unsigned node, unsigned type,
                    struct byte_mix *mixed) {
    struct mix *mix = &mixed->mix;
    unsigned seen = 0;
    for (unsigned i = 0; i < CONTEXTS; i++) {
        cell *c = mixed->cells[i] = &model->places[hash_2(hashes[i], node) >> (32 - PLACES_BITS)];
        const bool is_known = cell_count(*c) > 0;
        mix->input[i] = (int16_t)(is_known ? stretch(cell_probability(*c)) : 0);
        seen += is_known;
    }
    mix->inputs = CONTEXTS;
    mix->sets = 2;
    mix->weights[0] = model->weights[0] + (size_t)seen * mix_stride(CONTEXTS);
    mix->weights[1] = model->weights[1] + (size_t)type * mix_stride(CONTEXTS);
    mix->last = model->last_weights;
}

/* h: the bytes before, the last one lowest. */
static uint8_t code_byte(struct record_model *model, unsigned type, uint32_t at, uint32_t h, uint8_t value) {
    const uint32_t kind = 8 * type, position = at < 255 ? at : 255;
    const uint32_t hashes[CONTEXTS] = {hash_2(kind, position), hash_2(kind + 1, h & 0xff),
                                       hash_2(2, h & 0xffff),  hash_2(3, h & 0xffffff),
                                       hash_2(4, h),           hash_2(kind + 5, position << 8 | (h & 0xff))};
    unsigned node = 1;
    for (unsigned i = 8; i-- > 0;) {
        struct byte_mix mixed;
        predict(model, hashes, node, type, &mixed);
        const unsigned bit = code_likely(model, value >> i & 1, mix_probability(&mixed.mix));
        mix_update(&mixed.mix, bit, 8, 40);
        for (unsigned k = 0; k < CONTEXTS; k++) {
            cell_update(mixed.cells[k], bit, BYTE_LIMIT);
        }
        node = node << 1 | bit;
    }
    return (uint8_t)node;
}

/* Bytes of a chunk, or of a record without chunks. bytes: NULL in the decoder, which appends them to record. */
static enum bswz_status code_bytes(struct record_model *model, unsigned type, const uint8_t *bytes, uint32_t length,
                                   struct byte_buffer *record, struct bswz_error *error) {
    uint32_t h = 0;
    enum bswz_status status = BSWZ_OK;
    if (!model->is_learning && length > model->budget) {
        model->is_over = true;
        return BSWZ_OK;
    }
    model->budget -= model->is_learning ? 0 : length;
    for (uint32_t i = 0; i < length && status == BSWZ_OK; i++) {
        const uint8_t byte = code_byte(model, type, i, h, bytes != NULL ? bytes[i] : 0);
        h = h << 8 | byte;
        if (model->is_decoding && !model->is_learning) {
            status = put_8(record, byte, error);
        }
    }
    return status;
}

/* ---- palettes ---- */

/* entries from first on; alpha: NULL, or their alpha, which is coded as well */
static void code_entries(struct record_model *model, uint8_t *entries, unsigned *count, unsigned first,
                         uint8_t *alpha) {
    struct palette *palette = &model->palette;
    palette->count = *count;
    for (unsigned i = 0; i < *count; i++) {
        const uint8_t *entry = entries + (size_t)3 * (first + i);
        palette->colours[i] = pack_pixel(entry, 3) | (alpha != NULL ? (uint32_t)alpha[i] << 24 : 0);
    }
    palette_code(palette, model->decisions, alpha != NULL ? 4 : 3);
    *count = palette->count;
    for (unsigned i = 0; i < *count && first + i < PALETTE_LARGEST; i++) {
        uint8_t *entry = entries + (size_t)3 * (first + i);
        unpack_pixel(palette->colours[i], entry, 3);
        if (alpha != NULL) {
            alpha[i] = (uint8_t)(palette->colours[i] >> 24);
        }
    }
}

/* The PLTE chunk, together with the tRNS chunk among the rest of the record. */
static enum bswz_status code_palette(struct record_model *model, const struct picture_chunk *chunk, const uint8_t *rest,
                                     size_t left, struct byte_buffer *record, struct bswz_error *error) {
    uint8_t entries[3 * PALETTE_LARGEST] = {0};
    struct picture_chunk transparency = {.length = 0};
    unsigned total = 0, alphas = 0;
    if (!model->is_decoding) {
        total = chunk->length / 3;
        if (chunk->length % 3 != 0 || total == 0 || total > PALETTE_LARGEST) {
            model->is_over = true;
            return BSWZ_OK;
        }
        memcpy(entries, chunk->data, chunk->length);
        if (picture_chunk_find(rest, left, "tRNS", &transparency) && transparency.length <= total) {
            alphas = transparency.length;
            memcpy(model->alpha, transparency.data, alphas);
        }
    }
    if (code_bit(model, &model->has_alpha, alphas > 0)) {
        code_entries(model, entries, &alphas, 0, model->alpha);
    }
    unsigned others = model->is_decoding ? 0 : total - alphas;
    if (code_bit(model, &model->has_rest, others > 0)) {
        code_entries(model, entries, &others, alphas, NULL);
    }
    model->alphas = alphas;
    if (alphas + others > PALETTE_LARGEST || alphas + others == 0) {
        model->is_over = true;
        return BSWZ_OK;
    }
    return model->is_decoding ? picture_record_add(record, "PLTE", entries, (size_t)3 * (alphas + others), error)
                              : BSWZ_OK;
}

/* ---- chunks ---- */

static unsigned number_of(const uint8_t *type) {
    unsigned number = 0;
    while (number < OTHER && memcmp(type, type_names[number], 4) != 0) {
        number++;
    }
    return number;
}

/* The chunk of this type that is next in the last record, if it is near; steps over it. */
static bool find_last(struct record_model *model, const uint8_t *type, struct picture_chunk *found) {
    const uint8_t *at = model->last;
    size_t left = model->last_size;
    for (unsigned i = 0; i < AHEAD && picture_chunk_next(&at, &left, found); i++) {
        if (memcmp(found->type, type, 4) == 0) {
            model->last = at;
            model->last_size = left;
            return true;
        }
    }
    return false;
}

/* Is the chunk that of the last record? Then it is done. */
static enum bswz_status code_same(struct record_model *model, const struct picture_chunk *chunk,
                                  const struct picture_chunk *last, bool *same, struct byte_buffer *record,
                                  struct bswz_error *error) {
    const bool equal =
        chunk != NULL && chunk->length == last->length && memcmp(chunk->data, last->data, last->length) == 0;
    *same = code_bit(model, &model->same[model->history], equal) != 0;
    model->history = (model->history << 1 | *same) & 3;
    return *same && model->is_decoding
               ? picture_record_add(record, (const char *)last->type, last->data, last->length, error)
               : BSWZ_OK;
}

/* The type of a chunk. type: NULL in the decoder, which gets it in coded. Returns its number. */
static unsigned code_type(struct record_model *model, const uint8_t *type, uint8_t coded[4]) {
    const unsigned number =
        code_tree(model, model->types[model->previous], TYPE_BITS, type != NULL ? number_of(type) : 0);
    for (unsigned i = 0; i < 4; i++) {
        coded[i] = number < OTHER ? (uint8_t)type_names[number][i]
                                  : (uint8_t)decide_number(model->decisions, type != NULL ? type[i] : 0, 8);
    }
    model->previous = number;
    return number;
}

/* The length and content of a chunk. chunk: NULL in the decoder. */
static enum bswz_status code_content(struct record_model *model, unsigned number, const uint8_t type[4],
                                     const struct picture_chunk *chunk, struct byte_buffer *record,
                                     struct bswz_error *error) {
    const uint32_t length = code_number(model, &model->lengths[number], chunk != NULL ? chunk->length : 0);
    if (length > model->budget) {
        model->is_over = true;
        return BSWZ_OK;
    }
    enum bswz_status status = BSWZ_OK;
    if (model->is_decoding) {
        status = byte_buffer_append(record, type, 4, error);
        if (status == BSWZ_OK) {
            status = put_32(record, length, error);
        }
    }
    return status == BSWZ_OK ? code_bytes(model, number, chunk != NULL ? chunk->data : NULL, length, record, error)
                             : status;
}

/* A chunk: NULL in the decoder. The rest of the record follows it. */
static enum bswz_status code_chunk(struct record_model *model, const struct picture_chunk *chunk, const uint8_t *rest,
                                   size_t left, struct byte_buffer *record, struct bswz_error *error) {
    uint8_t type[4];
    struct picture_chunk last;
    bool same = false;
    enum bswz_status status = BSWZ_OK;
    const unsigned number = code_type(model, chunk != NULL ? chunk->type : NULL, type);
    if (find_last(model, type, &last)) {
        status = code_same(model, chunk, &last, &same, record, error);
    }
    if (status != BSWZ_OK || same) {
        return status;
    }
    if (number == PALETTE) {
        return code_palette(model, chunk, rest, left, record, error);
    }
    if (number == TRANSPARENCY && model->alphas > 0) {
        const unsigned alphas = model->alphas;
        model->alphas = 0;
        return model->is_decoding ? picture_record_add(record, "tRNS", model->alpha, alphas, error) : BSWZ_OK;
    }
    return code_content(model, number, type, chunk, record, error);
}

/* All chunks. The encoder has them at chunks; the decoder appends them to record. */
static enum bswz_status code_chunks(struct record_model *model, const uint8_t *chunks, size_t size,
                                    struct byte_buffer *record, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    model->previous = TYPES;
    while (status == BSWZ_OK && !model->is_over && !model->decisions->is_damaged) {
        struct picture_chunk chunk;
        const struct picture_chunk *given = NULL;
        if (!model->is_decoding) {
            given = picture_chunk_next(&chunks, &size, &chunk) ? &chunk : NULL;
            model->is_over |= given == NULL && size > 0;
        }
        if (!code_bit(model, &model->more[model->previous], given != NULL)) {
            return BSWZ_OK;
        }
        model->is_over |= model->budget < CHUNK_PREFIX;
        model->budget -= model->is_over ? 0 : CHUNK_PREFIX;
        if (!model->is_over) {
            status = code_chunk(model, given, chunks, size, record, error);
        }
    }
    return status;
}

/* ---- learning ---- */

static void learn_type(struct record_model *model, unsigned number) {
    code_bit(model, &model->more[model->previous], 1);
    code_tree(model, model->types[model->previous], TYPE_BITS, number);
    model->previous = number;
}

static void learn_content(struct record_model *model, const struct picture_chunk *chunk) {
    code_number(model, &model->lengths[model->previous], chunk->length);
    code_bytes(model, model->previous, chunk->data, chunk->length, NULL, NULL);
}

static void learn_end(struct record_model *model) {
    code_bit(model, &model->more[model->previous], 0);
    model->previous = TYPES;
}

static void learn_dictionary(struct record_model *model) {
    for (size_t at = 0; at + 1 < sizeof dictionary;) {
        if (dictionary[at] == 0) {
            learn_end(model);
            at++;
            continue;
        }
        const struct picture_chunk chunk = {dictionary + at, dictionary + at + 5, dictionary[at + 4]};
        learn_type(model, number_of(chunk.type));
        learn_content(model, &chunk);
        at += 5 + (size_t)chunk.length;
    }
}

/* The chunks of the last record: the contents of short ones that are coded byte by byte, and the types of all. */
static void learn_last(struct record_model *model) {
    const uint8_t *at = model->last;
    size_t left = model->last_size, bytes = LEARNED_RECORD;
    struct picture_chunk chunk;
    for (unsigned i = 0; i < LEARNED_CHUNKS && picture_chunk_next(&at, &left, &chunk); i++) {
        const unsigned number = number_of(chunk.type);
        learn_type(model, number);
        if (number != PALETTE && chunk.length <= LEARNED_CHUNK && chunk.length <= bytes) {
            bytes -= chunk.length;
            learn_content(model, &chunk);
        }
    }
    learn_end(model);
}

static const unsigned weight_sets[2] = {CONTEXTS + 1, TYPES};

static void start_cells(cell *cells, size_t count) {
    for (size_t i = 0; i < count; i++) {
        cells[i] = cell_of(32768, 0);
    }
}

static void destroy(struct record_model *model) {
    if (model != NULL) {
        free(model->weights[0]);
        free(model->weights[1]);
        free(model);
    }
}

/* One that knows the dictionary; NULL: no memory. */
static struct record_model *create(void) {
    static const int16_t first[CONTEXTS] = {4000, 4000, 4000, 6000, 6000, 5000};
    struct record_model *model = bswz_allocate_zero(1, sizeof *model);
    if (model == NULL) {
        return NULL;
    }
    model->implied = cell_of(64000, 30);
    start_cells(model->more, TYPES + 1);
    start_cells(model->same, 4);
    start_cells(model->types[0], (TYPES + 1) * TYPES);
    start_cells(&model->has_alpha, 1);
    start_cells(&model->has_rest, 1);
    for (unsigned i = 0; i < TYPES; i++) {
        start_cells(model->lengths[i].size, 32);
        start_cells(model->lengths[i].first[0], 32 * 4);
    }
    start_cells(model->places, (size_t)1 << PLACES_BITS);
    for (unsigned i = 0; i < 2; i++) {
        model->weights[i] = mix_weights(weight_sets[i], CONTEXTS, first);
        model->last_weights[i] = 32768;
    }
    if (model->weights[0] == NULL || model->weights[1] == NULL) {
        destroy(model);
        return NULL;
    }
    model->previous = TYPES;
    model->is_learning = true;
    learn_dictionary(model);
    model->is_learning = false;
    return model;
}

static void copy(struct record_model *to, const struct record_model *from) {
    int16_t *const weights[2] = {to->weights[0], to->weights[1]};
    *to = *from;
    for (unsigned i = 0; i < 2; i++) {
        to->weights[i] = weights[i];
        memcpy(weights[i], from->weights[i], (size_t)weight_sets[i] * mix_stride(CONTEXTS) * sizeof *weights[i]);
    }
}

/* Make models that do not exist yet, and put a new one into models->used. */
static enum bswz_status make_ready(struct record_models *models, struct bswz_error *error) {
    models->ready = models->ready != NULL ? models->ready : create();
    models->used = models->used != NULL ? models->used : create();
    if (models->ready == NULL || models->used == NULL) {
        return bswz_no_memory(error);
    }
    copy(models->used, models->ready);
    return BSWZ_OK;
}

void record_models_free(struct record_models *models) {
    destroy(models->ready);
    destroy(models->used);
    *models = (struct record_models){.ready = NULL};
}

/* ---- whole records ---- */

/* The first four bytes of a head record: those that the picture implies, and not interlaced? */
static enum bswz_status code_prefix(struct record_model *model, struct byte_buffer *record, struct bswz_error *error) {
    static const uint8_t colour_types[5] = {0, 0, 4, 2, 6};
    const struct picture_info *info = model->info;
    uint8_t prefix[PREFIX] = {1, (uint8_t)bit_width(info->maxval), info->indexed ? 3 : colour_types[info->channels], 0};
    const bool equal = !model->is_decoding && memcmp(record->data, prefix, PREFIX) == 0;
    if (!code_bit(model, &model->implied, equal)) {
        for (unsigned i = 0; i < PREFIX; i++) {
            prefix[i] = (uint8_t)decide_number(model->decisions, model->is_decoding ? 0 : record->data[i], 8);
        }
    }
    return model->is_decoding ? byte_buffer_append(record, prefix, PREFIX, error) : BSWZ_OK;
}

static enum bswz_status code_plain(struct record_model *model, struct byte_buffer *record, struct bswz_error *error) {
    model->is_over = !model->is_decoding && record->size > model->budget;
    if (model->is_over) {
        return BSWZ_OK;
    }
    const uint32_t size = code_number(model, &model->lengths[OTHER], (uint32_t)record->size);
    return code_bytes(model, OTHER, model->is_decoding ? NULL : record->data, size, record, error);
}

/* The whole record with a new model. */
static enum bswz_status code_record(struct record_model *model, const struct byte_buffer *last,
                                    struct byte_buffer *record, struct bswz_error *error) {
    const bool has_chunks = model->info == NULL || picture_record_is_used(model->info->format);
    const size_t prefix = has_chunks && model->info != NULL ? PREFIX : 0;
    if (!has_chunks) {
        return code_plain(model, record, error);
    }
    if (!model->is_decoding && record->size < prefix) {
        model->is_over = true;
        return BSWZ_OK;
    }
    if (last != NULL) {
        const size_t skipped = last->size < PREFIX ? last->size : PREFIX;
        model->last = last->data + skipped;
        model->last_size = last->size - skipped;
        model->is_learning = true;
        learn_last(model);
        model->is_learning = false;
    }
    enum bswz_status status = prefix > 0 ? code_prefix(model, record, error) : BSWZ_OK;
    if (status == BSWZ_OK) {
        const uint8_t *chunks = prefix > 0 ? record->data + prefix : record->data; /* which may be NULL */
        status = model->is_decoding ? code_chunks(model, NULL, 0, record, error)
                                    : code_chunks(model, chunks, record->size - prefix, NULL, error);
    }
    return status;
}

enum bswz_status record_model_code(const struct picture_info *info, const struct byte_buffer *last,
                                   struct record_models *models, struct decisions *decisions,
                                   struct byte_buffer *record, bool *fits, struct bswz_error *error) {
    struct record_models own = {.ready = NULL};
    struct record_models *kept = models != NULL ? models : &own;
    enum bswz_status status = make_ready(kept, error);
    *fits = false;
    if (status == BSWZ_OK) {
        struct record_model *model = kept->used;
        model->info = info;
        model->decisions = decisions;
        model->is_decoding = decisions->is_decoding;
        model->budget = RECORD_MODELLED_MAX;
        status = code_record(model, last, record, error);
        *fits = status == BSWZ_OK && !model->is_over && !decisions->is_damaged;
    }
    record_models_free(&own);
    return status;
}
