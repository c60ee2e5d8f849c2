#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Pixels that were a JPEG file: coefficients are found, the result is smaller, and it is restored exactly.

load helper

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    "$TOOLS/photo" 256 192 > photo.ppm
    cjpeg -quality 85 -sample 1x1 photo.ppm | djpeg -pnm > full.ppm
    cjpeg -quality 75 -sample 2x2 photo.ppm | djpeg -pnm > half.ppm
    cjpeg -quality 80 -grayscale photo.ppm | djpeg -pnm > grey.pgm
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
}

@test "decoded JPEG files become smaller than without their origin, and come back" {
    for file in full.ppm half.ppm grey.pgm; do
        bswz -T1 < $file > one.bsw
        bswz -T3 < $file > three.bsw
        cmp one.bsw three.bsw
        bswz -T3 -d < one.bsw | cmp - $file
        bswz --no-origin < $file > without.bsw
        [ "$(size_of one.bsw)" -lt "$(size_of without.bsw)" ]
        bswz -lv < one.bsw | grep -q ' JPEG  *bytes '
        bswz -lv < one.bsw | grep -q 'coefficients '
        bswz -lv < without.bsw | run -1 grep ' JPEG '
    done
}

@test "all levels search for coefficients" {
    for level in 1 3 9; do
        bswz -$level < full.ppm > file.bsw
        bswz -lv < file.bsw | grep -q ' JPEG  *bytes '
        bswz -d < file.bsw | cmp - full.ppm
    done
}

@test "pictures that never were JPEG are coded as before" {
    bswz < photo.ppm | bswz -lv | run -1 grep -E ' JPEG |coefficients '
}

@test "a damaged band of coefficients is detected" {
    bswz < full.ppm > whole.bsw
    size=$(size_of whole.bsw)
    { head -c $((size / 2)) whole.bsw; printf 'damage'; tail -c +$((size / 2 + 7)) whole.bsw; } > damaged.bsw
    run -1 --separate-stderr bswz -d < damaged.bsw
    run -1 --separate-stderr bswz -d --rescue < damaged.bsw
}

@test "coefficients at a smaller scale give those pixels of the whole picture" {
    bswz < full.ppm > whole.bsw
    bswz -d --scale=1/4 < whole.bsw > quarter.ppm
    [ "$(sed -n 2p quarter.ppm)" = "64 48" ]
    tail -c $((256 * 192 * 3)) full.ppm | od -An -v -tu1 -w3 | awk '(NR - 1) % 256 % 4 == 0 && int((NR - 1) / 256) % 4 == 0' > wanted
    tail -c $((64 * 48 * 3)) quarter.ppm | od -An -v -tu1 -w3 | cmp - wanted
}

@test "a Photo CD picture with a black border is coded by its planes" {
    "$TOOLS/photo" 330 330 3 > scan.ppm
    ppmmake black 500 400 | pnmpaste scan.ppm 60 30 | "$TOOLS/photo_cd" > framed.ppm
    for level in 1 5 8; do
        bswz -$level < framed.ppm > framed.bsw
        bswz -lv < framed.bsw | grep -q ' PhotoYCC '
        bswz -d < framed.bsw | cmp - framed.ppm
    done
}
