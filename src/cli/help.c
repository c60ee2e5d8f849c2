/*
 * The short reference.  man/bswz.1 has the details.
 */
#include "cli/help.h"

#include "bswz.h"
#include "cli/message.h"

#include <stdio.h>

static const char text[] =
    " [OPTION]... [FILE]...\n"
    "Compress pictures (PNG, JPEG, WebP, BMP, TIFF, PNM, PAM, raw samples) and any\n"
    "other data, losslessly. Without FILE, or where FILE is -, standard input is\n"
    "compressed to standard output; FILE is compressed to FILE.bsw and kept.\n"
    "\n"
    "What to do:\n"
    "  -z, --compress         compress (the default)\n"
    "  -d, --decompress, --uncompress\n"
    "                         restore\n"
    "  -t, --test             check that everything can be restored, write nothing\n"
    "  -l, --list             show what is inside; with -v, a line for each part\n"
    "                         and what the bits are spent on\n"
    "      --compare          sizes and times beside other programs (gzip, xz, WebP);\n"
    "                         with -v, of each file\n"
    "\n"
    "Files:\n"
    "  -c, --stdout, --to-stdout\n"
    "                         write to standard output\n"
    "  -o, --output=FILE      write to FILE (- is standard output)\n"
    "  -k, --keep             keep the source files (the default)\n"
    "      --rm               remove a source file once its result is complete\n"
    "  -f, --force            overwrite, follow links, use a terminal; with -dc, pass\n"
    "                         through what is not compressed\n"
    "  -S, --suffix=.SUF      use .SUF in place of .bsw\n"
    "\n"
    "How:\n"
    "  -1 ... -9, --fast, --best\n"
    "                         the level: from fastest to smallest\n"
    "  -T, --threads=N        use N threads (0 or not given: every core allowed)\n"
    "  -M, --memlimit=SIZE    use no more memory for a picture than SIZE, like 200M\n"
    "                         or 1GiB; fail where that is not enough\n"
    "      --raw=WxHxC        the input is raw samples of this shape, like 640x480x3;\n"
    "                         :16le, :16be or :12 after it if they have two bytes\n"
    "      --to=FORMAT        with -d, write pictures as png, ppm, pam, raw or webp\n"
    "      --scale=1/N        with -d, write pictures smaller, every 2nd, 4th, 8th or\n"
    "                         16th row and column of them, in less time\n"
    "      --rescue           with -d, restore what can be of damaged or cut off files\n"
    "      --exact            restore a single picture as the same bytes, too\n"
    "      --pixels           code the pixels of JPEG and lossy WebP even where the\n"
    "                         file itself is smaller\n"
    "      --no-origin        code RGB as RGB, do not look for what it was made from\n"
    "      --model=MODEL      fast, default, best, or a model file\n"
    "      --verify           restore the whole file while compressing, and compare\n"
    "      --no-verify        do not check each part before it is written; faster\n"
    "\n"
    "Other:\n"
    "  -q, --quiet            no warnings; twice: no errors either\n"
    "  -v, --verbose          say what was done with each part\n"
    "      --progress         tell how far long work is, even as a filter\n"
    "      --no-progress      never do\n"
    "      --robot            with -l and --compare, columns for programs\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n"
    "  -L, --license          what may be done with this program\n"
    "  -n, -N                 accepted and ignored\n"
    "\n"
    "Run as unbswz it means bswz -d; as bswzcat, bswz -dcf.\n"
    "Exit status: 0 done, 1 error, 2 a file was skipped.\n";

void help_print(void) {
    fputs("Usage: ", stdout);
    message_put_masked(stdout, message_program());
    fputs(text, stdout);
}

void help_print_version(void) {
    printf("bswz %s\n", bswz_version());
}

void help_print_license(void) {
    fputs("bswz comes without any warranty and, so far, without a licence of its own: all rights\n"
          "are with those who wrote it. It uses these libraries under their own licences:\n"
          "libpng (PNG Reference Library), libjpeg-turbo (IJG, BSD), libwebp (BSD), zstd (BSD),\n"
          "xxHash (BSD), zlib (zlib), and OpenBLAS (BSD) where it is loaded.\n",
          stdout);
}
