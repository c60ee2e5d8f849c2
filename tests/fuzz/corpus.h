/* SPDX-License-Identifier: MIT */
/*
 * The files of the initial corpus, drawn when they are needed.
 */
#ifndef CORPUS_H
#define CORPUS_H

#include "base/buffer.h"

/* The receiver of the files: kind is "png", "bmp" and so on. */
struct corpus {
    void (*add)(void *context, const char *kind, const struct byte_buffer *file);
    void *context;
};

/* Small pictures in every format. Each file is freed after it has been passed on. */
void corpus_png(const struct corpus *corpus);
void corpus_jpeg(const struct corpus *corpus);
void corpus_webp(const struct corpus *corpus);
void corpus_gif(const struct corpus *corpus);
void corpus_plain(const struct corpus *corpus); /* BMP, TIFF, PNM, PAM, raw */

/* Deflate streams, their recipes, and gzip members. */
void corpus_deflate(const struct corpus *corpus);
/* Frames of zstd, and bytes to pack, for what the page in the browser has in its place. */
void corpus_page(const struct corpus *corpus);
void corpus_pages(const struct corpus *corpus);

#endif
