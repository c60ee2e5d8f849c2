/* SPDX-License-Identifier: MIT */
/*
 * The summary that --help prints.  man/bswz.1 has the details.
 */
#include "cli/help.h"

#include "bswz.h"
#include "cli/message.h"

#include <stdio.h>

/* clang-format off */
static const char text[] =
    " [OPTION]... [FILE]...\n"
    "Compress pictures (PNG, JPEG, WebP, GIF, BMP, TIFF, DICOM, FITS, PNM, PAM, raw\n"
    "samples) and any other data, losslessly. FILE is compressed to FILE.bsw and\n"
    "kept. With no FILE, or when FILE is -, compress standard input to standard\n"
    "output.\n"
    "\n"
    "Operation mode:\n"
    "  -z, --compress         compress (the default)\n"
    "  -d, --decompress, --uncompress\n"
    "                         decompress\n"
    "  -t, --test             check that everything can be restored; write nothing\n"
    "  -l, --list             list the contents; with -v, a line for each part and\n"
    "                         what the bits are spent on\n"
    "      --map              draw where in a picture the bits go, as PNG on standard\n"
    "                         output; with -v, explain the colours\n"
    "      --compare[=PLOT]   compare sizes and times with other programs (gzip, xz,\n"
    "                         WebP); with -v, for each file; also draw PLOT, an SVG\n"
    "                         file\n"
    "\n"
    "Files:\n"
    "  -c, --stdout, --to-stdout\n"
    "                         write to standard output\n"
    "  -o, --output=FILE      write to FILE (- is standard output)\n"
    "      --output-dir=DIR   write to files below DIR, under the names of the sources\n"
    "  -r, --recursive        work on all files in directories and below; with -d, -t\n"
    "                         and -l, on those that end in .bsw\n"
    "      --include=WHICH    with -r, only these files: a pattern such as 'IMG_*', or\n"
    "                         a kind by its suffixes: pictures, png, jpeg, webp, gif,\n"
    "                         bmp, tiff, dicom, fits or pnm; may be repeated\n"
    "      --exclude=WHICH    with -r, not these files or directories\n"
    "      --files[=LIST]     read names of files from LIST (standard input), one per\n"
    "                         line\n"
    "      --files0[=LIST]    the same, but each name ends in a null character\n"
    "      --skip-existing    skip files whose result exists and is not older, and do\n"
    "                         not count that as an error\n"
    "  -k, --keep             keep the source files (the default)\n"
    "      --rm               remove each source file once its result is complete\n"
    "  -f, --force            overwrite files, follow links, use a terminal;\n"
    "                         with -dc, copy uncompressed data unchanged\n"
    "  -S, --suffix=.SUF      use the suffix .SUF instead of .bsw\n"
    "\n"
    "Compression and decompression:\n"
    "  -1 ... -9, --fast, --best\n"
    "                         compression level, from fastest to smallest\n"
    "      --level=N          the same: 1 to 9; 5 is the default\n"
    "  -T, --threads=N        use N threads; 0 (the default) means one for each core\n"
    "                         that the process may use\n"
    "  -M, --memlimit=SIZE    limit the memory for a picture to SIZE, such as 200M\n"
    "                         or 1GiB; fail if that is not enough\n"
    "      --raw=WxHxC        the input is raw samples of this shape, such as\n"
    "                         640x480x3; add :16le, :16be or :12 if they have two\n"
    "                         bytes\n"
    "      --to=FORMAT        with -d and --map, write pictures as png, ppm, pam, raw\n"
    "                         or webp\n"
    "      --scale=1/N        with -d and --map, write only every 2nd, 4th, 8th or\n"
    "                         16th row and column of pictures; -d then takes less\n"
    "                         time\n"
    "      --rescue           with -d, restore what can be restored of damaged or\n"
    "                         truncated files\n"
    "      --exact            restore a single picture, too, as the same bytes\n"
    "      --pixels           code the pixels of JPEG and lossy WebP files even if\n"
    "                         the file itself is smaller\n"
    "      --no-origin        code RGB as RGB, without looking for what it was\n"
    "                         computed from\n"
    "      --model=MODEL      use the model fast, default or best, or a model file\n"
    "      --verify           decode the whole file while compressing, and compare\n"
    "      --no-verify        do not check each part before it is written (faster)\n"
    "\n"
    "Other options:\n"
    "  -q, --quiet            suppress warnings; twice, suppress errors too\n"
    "  -v, --verbose          report how each part was coded\n"
    "      --progress         show progress, even as a filter\n"
    "      --no-progress      never show progress\n"
    "      --robot            with -l and --compare, print tab-separated columns for\n"
    "                         scripts\n"
    "      --json             with -l, print JSON\n"
    "  -h, --help             show this help\n"
    "  -V, --version          show the version\n"
    "  -L, --license          show the licence\n"
    "  -n, --no-name, -N, --name\n"
    "                         accepted and ignored, for compatibility with gzip\n"
    "\n"
    "Run as unbswz, the program behaves like bswz -d; as bswzcat, like bswz -dcf.\n"
    "Exit status: 0 success, 1 error, 2 a file was skipped.\n";
/* clang-format on */

void help_print(void) {
    fputs("Usage: ", stdout);
    message_put_masked(stdout, message_program());
    fputs(text, stdout);
}

void help_print_version(void) {
    printf("bswz %s\n", bswz_version());
}

/* clang-format off */
void help_print_license(void) {
    fputs("MIT License\n"
          "\n"
          "Copyright (c) 2026 the bswz authors\n"
          "\n"
          "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation\n"
          "files (the \"Software\"), to deal in the Software without restriction, including without limitation the rights to use, copy,\n"
          "modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the\n"
          "Software is furnished to do so, subject to the following conditions:\n"
          "\n"
          "The above copyright notice and this permission notice shall be included in all copies or substantial portions of the\n"
          "Software.\n"
          "\n"
          "THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE\n"
          "WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR\n"
          "COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR\n"
          "OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.\n"
          "\n"
          "The weights of the models in models/ are part of the Software.\n"
          "\n"
          "bswz uses these libraries, each under its own licence: libpng (PNG Reference Library License), libjpeg-turbo (IJG and\n"
          "BSD), libwebp (BSD), zstd (BSD), xxHash (BSD), zlib (zlib), and, if it is loaded, OpenBLAS (BSD).\n",
          stdout);
}
/* clang-format on */
