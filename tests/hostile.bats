# SPDX-License-Identifier: MIT
# Inputs designed to take much time or memory: both must stay in proportion to the size of the input.
load helper

# Processor time that each of these may take at the default level, in yards: what xz -9e takes for YARD_BYTES fixed bytes,
# measured before each test, since machines differ, and other work makes them slower. On an idle machine with AVX-512,
# eight are a second. The tests allow at least half as much again as was measured.
YARDS_EACH=24
BYTES=250000
YARD_BYTES=300000
# KiB of memory, a good part of which is the libraries and models of the program.
MEMORY_EACH=700000

setup_file() {
    [ -n "$SANITIZED$WRAPPER" ] || return 0
    export SLOWER=20
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    "$TOOLS/hostile" pgm-deep $YARD_BYTES > yard
    "$TOOLS/measure" cost xz -9e < yard > yard.xz
    YARD=$(cut -f 1 cost)
}

# limited COMMAND [ARGUMENT]...
limited() {
    local most cost=cost.$BASHPID
    most=$(awk -v yard="$YARD" -v each=$((YARDS_EACH * ${SLOWER:-1})) 'BEGIN { print yard * each }')
    (
        ulimit -t $((${most%.*} + 1))
        [ -n "$SANITIZED$WRAPPER" ] || ulimit -v $MEMORY_EACH
        "$TOOLS/measure" "$cost" "$@"
    ) || return
    awk -v cost="$(cut -f 1 "$cost")" -v most="$most" 'BEGIN {
        if (cost > most) {
            printf "takes %.2f s of processor time, not %.2f\n", cost, most > "/dev/stderr"
            exit 1
        }
    }'
    rm "$cost"
}

# Each kind is compressed and restored, and is unchanged.
each_comes_back() {
    local kind
    for kind; do
        echo "$kind"
        "$TOOLS/hostile" "$kind" "$BYTES" > file
        limited "${PROGRAM[@]}" -T1 --exact < file > file.bsw
        limited "${PROGRAM[@]}" -T1 -d < file.bsw > back
        cmp back file
        [ "$(wc -c < file.bsw)" -le $(($(wc -c < file) * 1001 / 1000 + 64)) ]
    done
}

@test "tiny pictures in a row" {
    each_comes_back pgm pnm-mixed ppm png jpeg webp bmp
}

@test "small pictures, which take a model longer than their bytes" {
    BYTES=200000 YARDS_EACH=18 each_comes_back png-larger png-larger-inside
}

@test "pictures after a byte of something else" {
    each_comes_back png-inside jpeg-inside
}

@test "small files that are giant pictures" {
    each_comes_back webp-bomb webp-bombs jpeg-flat png-bitmap pnm-huge bmp-huge tiff-huge jpeg-huge
}

@test "a small PNG file that is a giant picture, by its pixels" {
    "$TOOLS/hostile" png-bomb "$BYTES" > file.png
    limited "${PROGRAM[@]}" -T1 < file.png > file.bsw
    limited "${PROGRAM[@]}" -T1 -dc --to=raw < file.bsw | wc -c > size
    "$TOOLS/hostile" png-bomb "$BYTES" | limited "${PROGRAM[@]}" -T1 --exact > file.bsw
    limited "${PROGRAM[@]}" -T1 -t < file.bsw
}

@test "many scans, chunks, pieces, pages and strips" {
    each_comes_back jpeg-scans jpeg-narrow-scans jpeg-thumbnails png-chunks png-text tiff tiff-pages
    "$TOOLS/hostile" png-pieces "$BYTES" > file.png
    limited "${PROGRAM[@]}" -T1 < file.png | limited "${PROGRAM[@]}" -T1 -d > back.png
    [ "$("$TOOLS/pngdump" file.png | grep -vc IDAT)" = "$("$TOOLS/pngdump" back.png | grep -vc IDAT)" ]
}

@test "the pixels of a JPEG file of many scans, or of few bytes" {
    local kind
    for kind in jpeg-scans jpeg-narrow-scans jpeg-flat jpeg-huge; do
        "$TOOLS/hostile" $kind "$BYTES" > file
        limited "${PROGRAM[@]}" -T1 --pixels < file > file.bsw
        limited "${PROGRAM[@]}" -T1 -t < file.bsw
    done
}

@test "beginnings of pictures with no end, or a late one" {
    each_comes_back png-beginnings jpeg-beginnings jpeg-endings letters
}

@test "archives with very many members, and nested ones" {
    each_comes_back tar tar-names tar-nested cpio
}

@test "GIF files of many images, of large ones, and of noise" {
    each_comes_back gif-images gif-large gif-noise gif-files
}

@test "deflate streams that take long to describe, and very many of them" {
    each_comes_back gzip-repeats gzip-members
    YARDS_EACH=20 each_comes_back gzip-letters
}

@test "specks, samples of 16 bits, and mixed pictures" {
    each_comes_back png-sparse pgm-deep ppm-mixed
}

@test "more noise of few values, and a large GIF file" {
    YARDS_EACH=9 each_comes_back png-bits png-bits-2 png-bits-4
    YARDS_EACH=20 each_comes_back gif-large
}

@test "more noise of many values" {
    YARDS_EACH=22 each_comes_back png-grey png-grey-alpha png-rgba ppm-noise
}

@test "a picture with far more pixels than bytes" {
    YARDS_EACH=4 each_comes_back png-smooth png-smooth-deep
}

@test "noise in other formats" {
    YARDS_EACH=22 each_comes_back png-bits-interlaced png-wide png-deep pbm-noise pgm-noise pgm-noise-deep pgm-two \
        pnm-text bmp-bits fits-noise dicom-noise tiff-strips
}

@test "noise in GIF files" {
    BYTES=200000 YARDS_EACH=32 each_comes_back gif-noise-large gif-tiny
    YARDS_EACH=18 each_comes_back gif-bits
}

@test "bombs, noise and tiny members in gzip and ZIP files" {
    each_comes_back gzip-bomb gzip-bombs gzip-noise zip-members zip-bombs
}

@test "very many streams, segments and frames" {
    : | bswz > empty.bsw
    "$TOOLS/hostile" copies "$BYTES" < empty.bsw > streams
    limited "${PROGRAM[@]}" -T1 -d < streams | cmp - /dev/null
    limited "${PROGRAM[@]}" -T1 -l < streams > listing
    draw pnm ppm 1 1 > pixel.ppm
    bswz --raw=1x1x3 < pixel.ppm > pixel.bsw
    "$TOOLS/hostile" copies "$BYTES" < pixel.bsw > streams
    limited "${PROGRAM[@]}" -T1 -d < streams > back
    draw pnm ppm 12 9 noise | bswz > picture.bsw
    "$TOOLS/hostile" copies "$BYTES" < picture.bsw > streams
    limited "${PROGRAM[@]}" -T1 -d < streams > back
}

@test "a small stream that restores to a huge output needs little memory" {
    head -c 100000000 /dev/zero | limited "${PROGRAM[@]}" -T1 > zeros.bsw
    [ "$(wc -c < zeros.bsw)" -lt 100000 ]
    (
        [ -n "$SANITIZED$WRAPPER" ] || ulimit -v 200000
        "${PROGRAM[@]}" -T1 -d < zeros.bsw | wc -c > size
    )
    [ "$(cat size)" -eq 100000000 ]
}

@test "memory that a header asks for is not allocated before the data arrives" {
    [ -z "$SANITIZED$WRAPPER" ] || skip "a sanitizer takes memory for itself"
    local kind
    for kind in pnm-huge bmp-huge tiff-huge jpeg-huge jpeg-flat webp-bomb png-bomb; do
        "$TOOLS/hostile" $kind 20000 > file
        (
            ulimit -v 300000
            bswz -T1 < file > file.bsw
            bswz -T1 -t < file.bsw
        )
    done
}
