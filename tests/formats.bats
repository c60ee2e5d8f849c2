# SPDX-License-Identifier: MIT
# Every picture format on standard input comes back.
load helper
without_leak_check

# Is the stream in $1 one picture of these dimensions, of this format?
assert_coded_as() {
    bswz -l < "$1" | grep -q ' picture ' && bswz -lv < "$1" > listing && grep -q " picture  *$2  *$3 " listing
}

png_types="grey1 grey2 grey4 grey8 grey16 greyalpha8 greyalpha16 rgb8 rgb16 rgba8 rgba16 palette1 palette2 palette4 palette8"

@test "PNG of every colour type and depth comes back as it was" {
    for type in $png_types; do
        echo "type: $type"
        draw png "$type" 61 43 > a.png
        bswz < a.png > a.bsw
        bswz -lv < a.bsw | grep -q " picture *61x43x.* PNG "
        bswz -d < a.bsw > b.png
        assert_same_png a.png b.png
    done
}

@test "interlaced PNG with transparency of every type" {
    for type in $png_types; do
        echo "type: $type"
        draw png "$type" 23 19 interlaced transparent > a.png
        bswz < a.png | bswz -d > b.png
        assert_same_png a.png b.png
    done
}

@test "PNG chunks before and after the pixels are kept" {
    for type in rgb8 palette4 greyalpha16; do
        draw png $type 30 20 chunks > a.png
        "$TOOLS/pngdump" a.png | grep -a -q '^tIME'
        bswz < a.png | bswz -d > b.png
        assert_same_png a.png b.png
    done
}

@test "a PNG file as standard input, and restored in other formats" {
    for type in rgb8 grey8 palette8 rgba8 rgb16; do
        draw png $type 41 29 > a.png
        bswz < a.png > a.bsw
        for format in png pam; do
            bswz -d --to=$format < a.bsw > b.$format
            [ $format = png ] || pamtopng b.pam > b.png
            assert_same_pixels a.png b.png
        done
    done
    draw png rgb8 41 29 > a.png
    bswz < a.png > a.bsw
    bswz -d --to=ppm < a.bsw > b.ppm
    pngtopnm a.png | cmp - b.ppm
    bswz -d --to=raw < a.bsw > b.raw
    tail -c $((41 * 29 * 3)) b.ppm | cmp - b.raw
    bswz -d --to=webp < a.bsw > b.webp
    dwebp -quiet -ppm b.webp -o - | cmp - b.ppm
}

@test "a target format that cannot hold the picture is an error" {
    "$TOOLS/photo" 90 60 | pnmdepth 65535 > deep.ppm
    bswz < deep.ppm > a.bsw
    assert_coded_as a.bsw 90x60x3/16 PNM
    run -1 --separate-stderr bswz -d --to=webp < a.bsw
    assert_error "(stdin)"
}

@test "PNM and PAM come back byte for byte" {
    for type in pbm pgm pgm16 pgm100 ppm ppm16; do
        echo "type: $type"
        draw pnm $type 45 31 comment > picture
        assert_roundtrip picture
        bswz -lv < roundtrip.bsw | grep -q ' picture '
    done
    for type in bw grey greyalpha rgb rgba rgb16 rgba16; do
        echo "type: $type"
        draw pam $type 45 31 > picture
        assert_roundtrip picture
        bswz -lv < roundtrip.bsw | grep -q ' picture '
    done
}

@test "plain PNM comes back byte for byte" {
    draw pnm ppm 9 7 | pnmtoplainpnm > picture
    [ "$(head -c 2 picture)" = P3 ]
    assert_roundtrip picture
}

@test "several PNM pictures in one file" {
    { draw pnm ppm 20 10; draw pnm pgm 11 12; draw pam rgba 9 9; } > pictures
    assert_roundtrip pictures
}

@test "raw samples come back byte for byte" {
    for channels in 1 2 3 4; do
        draw raw $channels 50 40 > picture
        assert_roundtrip picture --raw=50x40x$channels
        bswz -l < roundtrip.bsw | grep -q " 50x40x$channels "
    done
    draw raw 3 50 40 > picture
    cat picture picture picture > film
    assert_roundtrip film --raw=50x40x3
    head -c -100 film > short # data that is not a whole number of pictures is still data
    assert_roundtrip short --raw=50x40x3
}

@test "a JPEG file comes back byte for byte if it is smaller than its pixels" {
    "$TOOLS/photo" 160 120 | cjpeg -quality 50 > a.jpg
    assert_roundtrip a.jpg
    [ "$(size_of roundtrip.bsw)" -le $(($(size_of a.jpg) + $(size_of a.jpg) / 1000 + 64)) ]
    run -0 --separate-stderr sh -c "$COMMAND -v < a.jpg > a.bsw"
    [ -n "$stderr" ]
}

@test "--pixels codes the pixels of JPEG, exactly those of libjpeg" {
    "$TOOLS/photo" 160 120 > photo.ppm
    for options in "-quality 90" "-quality 75 -sample 1x1" "-quality 60 -sample 2x1" "-quality 80 -progressive" \
        "-quality 70 -grayscale"; do
        echo "$options"
        # shellcheck disable=SC2086
        cjpeg $options photo.ppm > a.jpg
        djpeg -pnm a.jpg > pixels.pnm
        bswz --pixels < a.jpg > a.bsw
        bswz -lv < a.bsw | grep -q ' picture .* JPEG .* pixels '
        bswz -d < a.bsw > b.png
        pngtopnm b.png | cmp - pixels.pnm
    done
}

@test "a lossless WebP comes back with the same pixels" {
    for type in rgb8 rgba8; do
        draw png $type 70 50 > a.png
        cwebp -quiet -lossless -exact a.png -o a.webp
        bswz < a.webp > a.bsw
        bswz -d < a.bsw > b.webp
        dwebp -quiet -pam a.webp -o a.pam
        dwebp -quiet -pam b.webp -o b.pam
        cmp a.pam b.pam
    done
}

@test "a lossy WebP: its bytes, or with --pixels its pixels as PNG" {
    "$TOOLS/photo" 160 120 > photo.ppm
    cwebp -quiet -q 60 photo.ppm -o a.webp
    assert_roundtrip a.webp
    bswz --pixels < a.webp | bswz -d > b.png
    dwebp -quiet -ppm a.webp -o a.ppm
    pngtopnm b.png | cmp - a.ppm
}

# assert_converts FILE PROGRAM: --to=png gives the pixels that PROGRAM writes as PNM.
assert_converts() {
    bswz < "$1" > converted.bsw
    "$2" "$1" | pnmtopng > one.png
    bswz -d --to=png < converted.bsw > other.png
    assert_same_pixels one.png other.png
}

# A BMP or TIFF file: coded as a picture of that format, and the same bytes come back.
assert_plain_file() {
    echo "$1"
    assert_roundtrip "$1"
    bswz -lv < roundtrip.bsw | grep -q " picture .* $2 .* bytes "
}

@test "BMP comes back byte for byte" {
    "$TOOLS/photo" 99 70 > photo.ppm
    ppmtobmp photo.ppm > a.bmp
    ppmtobmp -os2 photo.ppm > os2.bmp
    pnmquant 200 photo.ppm | ppmtobmp > palette.bmp
    pnmquant 13 photo.ppm | ppmtobmp > few.bmp
    ppmtopgm photo.ppm | ppmtobmp > grey.bmp
    draw pnm pbm 99 70 | ppmtobmp > bits.bmp
    { cat a.bmp; echo "and more"; } > more.bmp
    for file in a os2 palette few grey bits more; do
        assert_plain_file $file.bmp BMP
    done
    bswz < a.bmp | bswz -d --to=ppm | cmp - photo.ppm
    for file in palette grey bits; do
        assert_converts $file.bmp bmptopnm
    done
}

@test "the origin of colours in BMP is found" {
    "$TOOLS/photo" 256 192 | cjpeg -quality 85 > a.jpg
    djpeg -bmp a.jpg > a.bmp
    djpeg -pnm a.jpg > a.ppm
    assert_roundtrip a.bmp
    bswz -lv < roundtrip.bsw | grep -q " BMP  *JPEG "
    bswz < a.ppm > a.bsw
    [ "$(size_of roundtrip.bsw)" -lt $(($(size_of a.bsw) + 100)) ]
}

@test "TIFF comes back byte for byte" {
    "$TOOLS/photo" 99 70 > photo.ppm
    pamtotiff -none photo.ppm > a.tiff
    pnmdepth 65535 photo.ppm | pamtotiff -none > deep.tiff
    ppmtopgm photo.ppm | pamtotiff -none -miniswhite > white.tiff
    ppmtopgm photo.ppm | pamtotiff -none -rowsperstrip=3 > strips.tiff
    pnmquant 200 photo.ppm | pamtotiff -none > palette.tiff
    draw pnm pbm 99 70 | pamtotiff -none > bits.tiff
    draw pam rgba 99 70 | pamtotiff -none > alpha.tiff
    for file in a deep white strips palette bits alpha; do
        assert_plain_file $file.tiff TIFF
    done
    bswz < a.tiff | bswz -d --to=ppm | cmp - photo.ppm
    for file in deep white palette; do
        assert_converts $file.tiff tifftopnm
    done
}

@test "BMP and TIFF from ImageMagick come back byte for byte" {
    convert -version | grep ImageMagick # and not another program of that name
    draw png rgba8 61 43 > a.png
    draw png rgb16 61 43 > deep.png
    convert a.png BMP:alpha.bmp
    convert a.png -alpha off BMP3:a.bmp
    convert a.png -alpha off -type palette -compress none BMP3:palette.bmp
    for file in alpha a palette; do
        assert_plain_file $file.bmp BMP
    done
    for order in MSB LSB; do
        convert a.png -compress none -endian $order a$order.tiff
        convert deep.png -depth 16 -compress none -endian $order deep$order.tiff
        assert_plain_file a$order.tiff TIFF
        assert_plain_file deep$order.tiff TIFF
        bswz < a$order.tiff | bswz -d --to=png > b.png
        assert_same_pixels a.png b.png
    done
    convert a.png a.png -compress none pages.tiff
    assert_roundtrip pages.tiff
}

@test "broken pictures are data like any other" {
    draw png rgb8 40 30 > a.png
    head -c -30 a.png > short
    assert_roundtrip short
    { head -c 60 a.png; head -c 100 /dev/zero; tail -c +161 a.png; } > damaged
    assert_roundtrip damaged
    draw pnm ppm 40 30 | head -c 1000 > short
    assert_roundtrip short
    draw raw 3 10 10 | head -c 100 > little
    assert_roundtrip little --raw=10x10x3
    "$TOOLS/photo" 80 60 | cjpeg | head -c 900 > cut.jpg
    assert_roundtrip cut.jpg
    draw pnm ppm 40 30 | ppmtobmp | head -c -5 > cut.bmp
    assert_roundtrip cut.bmp
}

@test "data after a picture is kept" {
    for kind in "png rgb8" "pnm ppm" "pam rgba"; do
        # shellcheck disable=SC2086
        { draw $kind 20 10; echo "and more"; } > file
        bswz < file | bswz -d > back
        tail -c 9 back | grep -q "and more"
    done
}

@test "a header that claims too much is refused before memory is committed" {
    [ -z "$SANITIZED" ] || skip "sanitizers and valgrind need more address space than the limit"
    printf 'P6\n1000000000 1000000000\n255\nxyz' > bomb
    (ulimit -v 4000000; bswz < bomb > bomb.bsw)
    bswz -d < bomb.bsw | cmp - bomb
}

@test "incompressible pictures and data grow by 0.1 % and 64 bytes at most" {
    draw pnm ppm 64 64 noise > a.ppm
    draw png rgb8 64 64 noise > a.png
    head -c 50000 /dev/urandom > noise
    for file in a.ppm a.png noise; do
        bswz < $file > out.bsw
        echo "$file: $(size_of $file) to $(size_of out.bsw)"
        [ "$(size_of out.bsw)" -le $(($(size_of $file) + $(size_of $file) / 1000 + 64)) ]
    done
}

@test "a photograph becomes clearly smaller than as PNG" {
    "$TOOLS/photo" 240 160 > photo.ppm
    bswz < photo.ppm > photo.bsw
    pnmtopng -compression 9 photo.ppm > photo.png
    echo "PPM $(size_of photo.ppm), PNG $(size_of photo.png), bswz $(size_of photo.bsw)"
    [ "$(size_of photo.bsw)" -lt $(($(size_of photo.png) * 9 / 10)) ]
    bswz -d < photo.bsw | cmp - photo.ppm
}

@test "flat pictures and constant alpha cost next to nothing" {
    draw pnm ppm 300 200 flat > flat.ppm
    bswz < flat.ppm > flat.bsw
    [ "$(size_of flat.bsw)" -lt 3000 ]
    bswz -d < flat.bsw | cmp - flat.ppm
}

@test "alpha does not hide the JPEG grid of a grey photograph" {
    "$TOOLS/photo" 256 192 3 | ppmtopgm | cjpeg -quality 75 -grayscale | djpeg | tail -c 49152 > grey
    perl -e 'undef $/; $_ = <STDIN>; s/(.)/$1\xff/gs; substr($_, 1, 1) = "\0"; print' < grey > with-alpha
    bswz -5 --no-origin --raw=256x192x1 < grey > grey.bsw
    bswz -5 --no-origin --raw=256x192x2 < with-alpha > with-alpha.bsw
    echo "alone $(size_of grey.bsw), with alpha $(size_of with-alpha.bsw)"
    [ "$(size_of with-alpha.bsw)" -lt $(($(size_of grey.bsw) + 200)) ]
    bswz -d < with-alpha.bsw | cmp - with-alpha
}

@test "raw samples of two bytes come back in either byte order, and take less than single bytes" {
    draw pnm pgm16 96 80 > picture.pgm
    tail -c 15360 picture.pgm > big
    dd if=big of=little conv=swab status=none
    bswz --raw=96x40x1:16be < big > big.bsw
    bswz --raw=96x40x1:16le < little > little.bsw
    bswz --raw=96x80x1:12 < little > whole.bsw
    bswz --raw=192x80x1 < little > bytes.bsw
    bswz -d < big.bsw | cmp - big
    bswz -d < little.bsw | cmp - little
    bswz -d < whole.bsw | cmp - little
    [ "$(wc -c < whole.bsw)" -lt "$(wc -c < bytes.bsw)" ]
    [ "$(bswz -d --to=pam < big.bsw | md5sum)" = "$(bswz -d --to=pam < little.bsw | md5sum)" ]
    run bswz --raw=96x40x1:17 big
    [ "$status" -ne 0 ]
    [[ $output == *"is not a valid shape"* ]]
}

@test "a dithered photograph with a palette comes back at every level" { # its indices look like noise
    local width level
    for width in 290 420; do
        "$TOOLS/photo" $width 440 > photo.ppm
        convert photo.ppm -dither FloydSteinberg -remap netscape: PNG8:palette.png
        pngtopnm palette.png > expected
        for level in 1 2 4 5 6 8; do
            bswz --exact -$level -c palette.png > coded
            bswz -d < coded | cmp - palette.png
        done
        bswz -c palette.png | bswz -d | pngtopnm | cmp - expected
    done
}
