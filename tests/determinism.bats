# SPDX-License-Identifier: MIT
# One input, one level, one model: one stream, whatever machine computes it. And every size of picture works.
load helper
without_leak_check

hash_of() {
    sha256sum < "$1" | cut -c -64
}

# The pictures whose streams are compared: several tiles, odd sizes.
draw_some() {
    "$TOOLS/photo" 230 147 > photo.ppm
    draw png rgba8 131 67 > drawing.png
}

@test "any number of threads gives the same stream, and the same picture" {
    draw_some
    for file in photo.ppm drawing.png; do
        bswz -T1 < $file > one.bsw
        bswz -T1 -d < one.bsw > one.back
        for threads in 2 3 8 0; do
            bswz -T$threads < $file > other.bsw
            cmp one.bsw other.bsw
            bswz -T$threads -d < one.bsw > other.back
            cmp one.back other.back
        done
    done
}

# draw_every_coding: a file for each way to code a picture or a file, named after it
draw_every_coding() {
    "$TOOLS/hostile" gif-noise 50000 > gif
    "$TOOLS/hostile" gzip-letters 4000 > deflate
    "$TOOLS/hostile" pgm-deep 40000 > deep
    draw pnm pgm 150 120 > grey
    "$TOOLS/photo" 192 160 > photo.ppm
    python3 -c '
photo = open("photo.ppm", "rb").read()[-192 * 160 * 3:]
rows = [photo[y * 576:y * 576 + 576] +
        b"".join(bytes((77 * ((x // 3 * 5 + y // 4 * 3) % 7) * c + 31 * c) % 256 for c in (1, 2, 3)) for x in range(96))
        for y in range(160)]
open("mixed", "wb").write(b"P6 288 160 255\n" + b"".join(rows))'
}

@test "so it is with every coding" {
    draw_every_coding
    for file in gif deflate deep grey mixed; do
        for level in 1 5 9; do
            bswz -$level -v -T1 < $file 2>> notices > one.bsw
            bswz -T1 -d < one.bsw | cmp - $file
            bswz -$level -T4 < $file | cmp - one.bsw
            bswz -T4 -d < one.bsw | cmp - $file
        done
    done
    for words in "images as drawings" "by its content" "sample by sample" "drawn and with the model"; do
        grep -q "$words" notices
    done
}

@test "JPEG files of several bands, with and without restart markers, and damaged" {
    "$TOOLS/photo" 2200 1400 > large.ppm
    cjpeg -quality 90 large.ppm > plain.jpg
    cjpeg -quality 90 -restart 1 large.ppm > restarts.jpg
    cjpeg -quality 90 -restart 7B -grayscale large.ppm > grey.jpg
    cat <(head -c 200000 plain.jpg) <(tail -c +200003 plain.jpg) > damaged.jpg
    for file in plain restarts grey damaged; do
        bswz -5 -T1 < $file.jpg > one.bsw
        for threads in 2 5; do
            bswz -5 -T$threads < $file.jpg | cmp - one.bsw
            bswz -T$threads -d < one.bsw | cmp - $file.jpg
        done
    done
}

@test "the checks while compressing change nothing in the stream" {
    draw_some
    head -c 100000 "$BSWZ" > program
    head -c 200000 /dev/zero | tr '\0' 'a' >> program
    cat photo.ppm program drawing.png program > mixture
    for file in photo.ppm drawing.png program mixture; do
        for level in 1 5 9; do
            bswz -$level --no-verify -T1 < $file > without.bsw
            bswz -$level -T3 < $file | cmp - without.bsw
        done
    done
}

@test "level 9 does no worse than level 5, with any number of threads" { # several bands: test_bands.c
    draw_some
    bswz -5 < photo.ppm > five.bsw
    bswz -9 -T1 < photo.ppm > nine.bsw
    [ "$(size_of nine.bsw)" -le $(($(size_of five.bsw) + 20)) ]
    bswz -9 -T3 < photo.ppm | cmp - nine.bsw
    bswz -d < nine.bsw | cmp - photo.ppm
}

@test "running again gives the same stream" {
    draw_some
    bswz < photo.ppm > one.bsw
    for _ in 1 2 3 4; do
        bswz -T3 < photo.ppm | cmp - one.bsw
    done
}

@test "every OpenBLAS kernel gives the same stream" {
    draw_some
    bswz < photo.ppm > plain.bsw
    tried=0
    for core in Prescott:pni Nehalem:sse4_2 Haswell:avx2 SkylakeX:avx512bw; do
        grep -q -w "${core#*:}" /proc/cpuinfo || continue
        BSWZ_KERNEL=blas OPENBLAS_CORETYPE=${core%:*} bswz < photo.ppm > other.bsw
        cmp plain.bsw other.bsw
        BSWZ_KERNEL=blas OPENBLAS_CORETYPE=${core%:*} bswz -d < plain.bsw | cmp - photo.ppm
        tried=$((tried + 1))
    done
    BSWZ_KERNEL=blas OPENBLAS_NUM_THREADS=4 bswz < photo.ppm | cmp - plain.bsw
    [ "$tried" -gt 0 ] || skip "none of these kernels runs here"
}

@test "all sizes from 1x1 to 70x70, a sample of them" {
    for width in 1 2 3 5 8 16 17 31 33 64 70; do
        for height in 1 2 7 32 70; do
            "$TOOLS/photo" $width $height
        done
    done > pictures
    for height in 1 2 4 9 15 34 63 65 69; do
        draw pnm pgm $((71 - height)) $height
    done >> pictures
    assert_roundtrip pictures
    bswz -lv < roundtrip.bsw > listing # the smallest are stored as bytes, together
    [ "$(grep -c ' picture ' listing)" -ge 30 ]
    grep -q ' 33x70x3 ' listing
}

@test "long and thin pictures" {
    for size in "1 3000" "3000 1" "2 1500" "1501 3"; do
        # shellcheck disable=SC2086
        draw pnm ppm $size > picture
        assert_roundtrip picture
    done
}
