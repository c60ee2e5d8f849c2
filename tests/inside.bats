# SPDX-License-Identifier: MIT
# JPEG and PNG files inside files that are not pictures are found, and everything comes back byte for byte.
load helper

draw_files() {
    "$TOOLS/photo" 160 128 > photo.ppm
    cjpeg -quality 90 photo.ppm > photo.jpg
    cjpeg -quality 90 -progressive -grayscale photo.ppm > grey.jpg
    "$TOOLS/draw" png rgb8 80 64 > picture.png
}

# A document like a PDF file, a comic book or a camera raw file: files stored unchanged, with something in between.
make_document() {
    printf '%%PDF-1.4\n1 0 obj stream\n'
    cat photo.jpg
    printf '\nendstream\n\377\330\377 no beginning \211PNG\r\n\032\n no beginning either\n'
    cat picture.png
    head -c 70000 /dev/zero
    cat grey.jpg
    printf 'trailer'
}

# The stream $1 has as many parts of this kind as $3 says.
assert_parts() {
    bswz -lv < "$1" > listing
    [ "$(grep -c " $2 *[0-9]*x[0-9]" listing)" -eq "$3" ]
}

@test "pictures inside a document are coded, and the document comes back" {
    draw_files
    make_document > document
    assert_roundtrip document
    assert_parts roundtrip.bsw JPEG 2
    assert_parts roundtrip.bsw picture 1
    run -1 grep ' pixels ' listing
    # apart from the streams of the pictures, only a few bytes of the document remain
    local file parts=0
    for file in photo.jpg grey.jpg picture.png; do
        parts=$((parts + $(bswz --exact < $file | wc -c)))
    done
    [ "$(wc -c < roundtrip.bsw)" -lt $((parts + 350)) ]

    bswz -T4 < document | cmp - roundtrip.bsw
    { head -c 100 document; sleep 0.2; tail -c +101 document; } | bswz | cmp - roundtrip.bsw
    bswz --pixels < document | cmp - roundtrip.bsw
    bswz -v < document 2> notices > /dev/null
    grep -q '2 JPEG by coefficients' notices
}

@test "so are pictures after a picture, in an archive member, and in a damaged picture" {
    draw_files
    { cat photo.jpg; head -c 300 /dev/zero; cat grey.jpg; echo end; } > behind
    assert_roundtrip behind
    assert_parts roundtrip.bsw JPEG 2

    make_document > document
    tar -cf archive.tar document behind photo.jpg
    assert_roundtrip archive.tar
    assert_parts roundtrip.bsw JPEG 5

    { head -c 200 photo.jpg; cat grey.jpg; } > broken.jpg # the first has no end
    assert_roundtrip broken.jpg
    { printf 'II*\0\010\0\0\0'; head -c 100 /dev/zero; cat photo.jpg grey.jpg; } > camera.raw # not a readable TIFF
    assert_roundtrip camera.raw
    assert_parts roundtrip.bsw JPEG 2
}

@test "neither the position of a file nor a split beginning matters" {
    draw_files
    local before
    for before in 1 7 65528 65529 65533 65535 65536 131071; do
        { head -c $before /dev/zero; cat grey.jpg; } > file
        assert_roundtrip file
        assert_parts roundtrip.bsw JPEG 1
        { head -c $before /dev/zero; head -c 1000 grey.jpg; } > file
        assert_roundtrip file
        assert_parts roundtrip.bsw JPEG 0
    done
}

@test "beginnings without an end do not take long" {
    # each claims a segment of 65535 bytes, followed by that of another: the end is searched for up to the end of the
    # file
    printf '\377\330\377\341\377\377%.0s' {1..10922} > unit
    printf '\377\330\377\341\377' >> unit
    for _ in {1..40}; do cat unit; done > part
    { printf x; for _ in {1..40}; do cat part; done; } > chains # 105 MB
    [ "$(wc -c < chains)" -eq $((1600 * 65537 + 1)) ]
    timeout 60 "$BSWZ" -1 -c chains > coded # a search from each of them would take minutes
    bswz -d < coded | cmp - chains
}

@test "pictures inside a file that exceed the memory limit are stored as bytes" {
    "$TOOLS/photo" 800 600 > photo.ppm
    cjpeg -quality 75 photo.ppm > photo.jpg
    run -1 bswz -M 3MiB -c photo.jpg
    assert_message "MiB of memory"
    { echo "a letter"; cat photo.jpg; } > letter
    bswz -M 3MiB < letter > letter.bsw
    assert_parts letter.bsw JPEG 0
    bswz -d < letter.bsw | cmp - letter
    bswz < letter > letter.bsw
    assert_parts letter.bsw JPEG 1
}

@test "a document comes back wherever it is damaged or truncated" {
    draw_files
    make_document > document
    local size place number
    size=$(wc -c < document)
    for number in {1..15}; do
        place=$((number * 7919 * 31 % size))
        cp document damaged
        printf '\377\331\377\330' | dd of=damaged bs=1 seek=$place conv=notrunc status=none
        assert_roundtrip damaged
        head -c $place document > shortened
        assert_roundtrip shortened
    done
}
