/* SPDX-License-Identifier: MIT */
/*
 * Small pictures in every format (corpus.h).
 */
#include "corpus.h"

#include "gif_draw.h"
#include "test_jpeg.h"
#include "test_plain_files.h"

#include <webp/encode.h>
#include <webp/mux.h>

enum { WIDTH = 15, HEIGHT = 12 };

static void give(const struct corpus *corpus, const char *kind, struct byte_buffer file) {
    corpus->add(corpus->context, kind, &file);
    free(file.data);
}

void corpus_png(const struct corpus *corpus) {
    static const struct {
        int bit_depth, colour_type;
        bool interlaced, chunks;
    } kinds[] = {{1, 0, false, false}, {2, 0, true, false},  {4, 0, false, true}, {8, 0, false, false},
                 {16, 0, false, true}, {8, 2, false, false}, {8, 2, true, true},  {16, 2, false, false},
                 {1, 3, false, true},  {2, 3, false, false}, {4, 3, true, false}, {8, 3, false, true},
                 {8, 4, false, false}, {16, 4, true, true},  {8, 6, false, true}, {16, 6, false, false}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct picture_info info =
            png_info_of(PICTURE_PNG, WIDTH, HEIGHT, kinds[i].bit_depth, kinds[i].colour_type);
        struct byte_buffer rows, before = {0}, middle = {0}, after = {0};
        draw(&info, &rows);
        if (kinds[i].chunks) {
            put_chunk(&before, "gAMA", "\0\0\xb1\x8f", 4);
            put_chunk(&middle, "tRNS", "\0\1", kinds[i].colour_type == 0 || kinds[i].colour_type == 3 ? 2 : 0);
            put_chunk(&middle, "pHYs", "\0\0\x0b\x13\0\0\x0b\x13\1", 9);
            put_chunk(&after, "tEXt", "Comment\0some words", 18);
        }
        if (kinds[i].colour_type != 0 && kinds[i].colour_type != 3) { /* no tRNS there */
            middle.size = 0;
        }
        give(corpus, "png",
             make_png(&info, kinds[i].bit_depth, kinds[i].colour_type, kinds[i].interlaced, rows.data, &before, &middle,
                      &after));
        free(rows.data);
        free(before.data);
        free(middle.data);
        free(after.data);
    }
}

void corpus_jpeg(const struct corpus *corpus) {
    static const struct jpeg_kind kinds[] = {
        {.components = 1},
        {.components = 3, .is_optimised = true},
        {.components = 3, .sampling = {22}, .is_smooth = true},
        {.components = 3, .sampling = {21}, .restart = 1},
        {.components = 3, .is_progressive = true, .is_smooth = true},
        {.components = 3, .script = odd_script, .is_smooth = true},
        {.components = 3, .script = pair_script},
        {.components = 3, .script = cut_script},
        {.components = 3, .has_segments = true},
        {.components = 3, .is_arithmetic = true},
        {.components = 4},
        {.components = 3, .is_arithmetic = true, .is_progressive = true, .restart = 1},
        {.components = 2, .restart = 2},
        {.components = 1, .is_progressive = true, .quality = 95},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct byte_buffer file = make_jpeg(19, 17, &kinds[i]), cut = {0};
        append_or_abort(&cut, file.data, file.size - 20 - i % 40);
        give(corpus, "jpeg", file);
        give(corpus, "jpeg", cut);
    }
}

static void give_webp(const struct corpus *corpus, bool is_lossless, bool has_profile) {
    const struct picture_info info = {.width = WIDTH, .height = HEIGHT, .channels = 4, .depth = 8, .maxval = 255};
    struct byte_buffer rows, file = {0};
    uint8_t *coded;
    draw(&info, &rows);
    const size_t size = is_lossless ? WebPEncodeLosslessRGBA(rows.data, WIDTH, HEIGHT, WIDTH * 4, &coded)
                                    : WebPEncodeRGBA(rows.data, WIDTH, HEIGHT, WIDTH * 4, 60, &coded);
    byte_buffer_append(&file, coded, size, NULL);
    WebPFree(coded);
    free(rows.data);
    if (has_profile) {
        const WebPData plain = {file.data, file.size}, profile = {(const uint8_t *)"a profile", 9};
        WebPData whole;
        WebPMux *mux = WebPMuxCreate(&plain, 1);
        WebPMuxSetChunk(mux, "ICCP", &profile, 1);
        WebPMuxSetChunk(mux, "XMP ", &profile, 1);
        if (WebPMuxAssemble(mux, &whole) == WEBP_MUX_OK) {
            file.size = 0;
            byte_buffer_append(&file, whole.bytes, whole.size, NULL);
            WebPDataClear(&whole);
        }
        WebPMuxDelete(mux);
    }
    give(corpus, "webp", file);
}

void corpus_webp(const struct corpus *corpus) {
    for (unsigned i = 0; i < 4; i++) {
        give_webp(corpus, i % 2 == 0, i / 2 == 1);
    }
}

static void give_pnm(const struct corpus *corpus, const char *header, uint8_t channels, unsigned maxval) {
    const struct picture_info info = {.width = WIDTH,
                                      .height = HEIGHT,
                                      .channels = channels,
                                      .depth = maxval > 255 ? 16 : 8,
                                      .maxval = (uint16_t)maxval};
    struct byte_buffer rows, file = {0};
    draw(&info, &rows);
    for (size_t i = 0; i < rows.size && info.depth == 16; i += 2) { /* PNM is big-endian */
        const uint8_t low = rows.data[i];
        rows.data[i] = rows.data[i + 1];
        rows.data[i + 1] = low;
    }
    byte_buffer_append(&file, header, strlen(header), NULL);
    byte_buffer_append(&file, rows.data, rows.size, NULL);
    free(rows.data);
    give(corpus, "pnm", file);
}

void corpus_plain(const struct corpus *corpus) {
    static const struct bmp_shape bmps[] = {{.info_size = 12, .bits = 1},
                                            {.info_size = 40, .bits = 4, .colours = 5, .gap = 3},
                                            {.info_size = 40, .bits = 8, .has_grey_palette = true, .is_top_down = true},
                                            {.info_size = 40, .bits = 24, .trailing = 5},
                                            {.info_size = 40, .bits = 32},
                                            {.info_size = 124,
                                             .bits = 32,
                                             .compression = 3,
                                             .masks = {0xff0000, 0xff00, 0xff, 0xff000000},
                                             .has_alpha = true}};
    static const struct tiff_shape tiffs[] = {
        {TIFF_USUAL, .bits = 1, .samples = 1, .photometric = 0},
        {TIFF_USUAL, .bits = 8, .samples = 1, .photometric = 1, .is_big = true, .rows_per_strip = 2},
        {TIFF_USUAL, .bits = 4, .samples = 1, .photometric = 3, .directory_last = true},
        {TIFF_USUAL, .bits = 8, .samples = 3, .photometric = 2, .gap = 3, .trailing = 9},
        {.compression = 1, .planes = 1, .extra = 2, .bits = 16, .samples = 4, .photometric = 2, .is_big = true},
    };
    for (size_t i = 0; i < sizeof bmps / sizeof *bmps; i++) {
        give(corpus, "bmp", make_bmp(&bmps[i], WIDTH, HEIGHT));
    }
    for (size_t i = 0; i < sizeof tiffs / sizeof *tiffs; i++) {
        give(corpus, "tiff", make_tiff(&tiffs[i], WIDTH, HEIGHT));
    }
    give_pnm(corpus, "P4\n15 12\n", 1, 1);
    give_pnm(corpus, "P5 # grey\n15 12\n255\n", 1, 255);
    give_pnm(corpus, "P5\n15 12 1000\n", 1, 1000);
    give_pnm(corpus, "P6\n15 12\n255\n", 3, 255);
    give_pnm(corpus, "P6\n15 12\n65535\n", 3, 65535);
    give_pnm(corpus, "P7\nWIDTH 15\nHEIGHT 12\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n", 2, 255);
    give_pnm(corpus, "P7\nWIDTH 15\nHEIGHT 12\nDEPTH 4\nMAXVAL 7\nENDHDR\n", 4, 7);
}

void corpus_gif(const struct corpus *corpus) {
    static const struct gif_kind kinds[] = {{.bits = 4},
                                            {.bits = 1, .is_interlaced = true},
                                            {.bits = 2, .clear_every = 20},
                                            {.bits = 8, .longest = 1},
                                            {.bits = 6,
                                             .odd_blocks = true,
                                             .odd_clears = 9,
                                             .shorter_every = 3,
                                             .extra = 3,
                                             .fill = 5,
                                             .clear_at_end = true}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct gif_file file = gif_animation(WIDTH, HEIGHT, 1 + (unsigned)i, i % 2 == 1, &kinds[i]);
        give(corpus, "gif-file", (struct byte_buffer){.data = file.bytes, .size = file.size});
    }
}
