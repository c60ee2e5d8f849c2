# SPDX-License-Identifier: LicenseRef-bswz
# JPEG files come back byte for byte, coded by their coefficients: through pipes, as files, in archives, at every
# level, with any number of threads; those that cannot be coded like this are stored.
# shellcheck disable=SC2154 # bats sets stderr
load helper

# jpeg WIDTH HEIGHT [OPTION]... > FILE: made by cjpeg with these options, such that coding the coefficients makes it
# smaller: a picture with details, or else one without.
jpeg() {
    local width=$1 height=$2 from
    shift 2
    for from in "60 40" "8 6"; do
        # shellcheck disable=SC2086 # two numbers
        "$TOOLS/photo" $from | pamscale -xsize "$width" -ysize "$height" 2> /dev/null | cjpeg "$@" > candidate.jpg 2> /dev/null
        if bswz -c candidate.jpg | bswz -l --robot | grep -q $'^part\t.*\tDCT\t'; then
            cat candidate.jpg
            return
        fi
    done
    return 1
}

# assert_by_coefficients FILE [OPTION]...: it comes back, and is one JPEG picture that promises its bytes
assert_by_coefficients() {
    assert_roundtrip "$@" && bswz -lv --robot < roundtrip.bsw > parts &&
        [ "$(grep -c '^part' parts)" -eq 1 ] && grep -q $'^part\t.*\tpicture\t.*\tJPEG\tDCT\tbytes\t' parts &&
        [ "$(size_of roundtrip.bsw)" -lt "$(size_of "$1")" ]
}

@test "files of all kinds through a pipe" {
    "$TOOLS/photo" 160 120 > photo.ppm
    "$TOOLS/photo" 8 6 | pamscale -xsize 320 -ysize 240 > slopes.ppm 2> /dev/null
    local options picture
    : > listing
    for options in "" "-optimize" "-progressive" "-grayscale" "-sample 1x1" "-sample 4x2" "-restart 1B -progressive" \
        "-quality 95 -sample 2x1" "-quality 5"; do
        for picture in photo slopes; do
            echo "$picture $options"
            # shellcheck disable=SC2086 # words
            cjpeg $options $picture.ppm > a.jpg 2> /dev/null
            assert_roundtrip a.jpg
            bswz -l --robot < roundtrip.bsw >> listing
        done
    done
    [ "$(grep -c $'^part\t.*\tJPEG\tDCT\tbytes\t' listing)" -ge 9 ] # the others were not smaller
}

@test "--to and --scale write the pixels of a file, as libjpeg decodes them" {
    local options
    for options in "-optimize" "-grayscale" "-progressive -sample 1x1"; do
        # shellcheck disable=SC2086 # words
        jpeg 330 250 $options > a.jpg
        bswz < a.jpg > a.bsw
        djpeg -pnm a.jpg > pixels.pnm
        bswz -d --to=ppm < a.bsw | cmp - pixels.pnm
        bswz -d --to=png < a.bsw > a.png
        pngtopnm -quiet a.png | cmp - pixels.pnm
        # every fourth row and column, as for a picture that came as pixels
        bswz < pixels.pnm | bswz -d --scale=1/4 > quarter.pnm
        bswz -d --scale=1/4 --to=ppm < a.bsw | cmp - quarter.pnm
        bswz -d --scale=1/4 < a.bsw | pngtopnm -quiet | cmp - quarter.pnm
    done
    bswz -c a.jpg > a.jpg.bsw
    rm a.jpg
    bswz -d --to=ppm a.jpg.bsw
    cmp a.jpg.ppm pixels.pnm
    # in an archive it stays unchanged
    bswz -dc a.jpg.bsw > a.jpg
    tar -cf archive.tar a.jpg
    bswz < archive.tar > archive.bsw
    bswz -d --to=ppm < archive.bsw | cmp - archive.tar
    bswz -d --scale=1/2 < archive.bsw | cmp - archive.tar
}

@test "every level, with --exact and threads: the same promise, and the same bytes" {
    jpeg 300 200 -optimize > a.jpg
    local level
    for level in 1 2 3 4 5 6 7 8 9; do
        assert_by_coefficients a.jpg -$level
        bswz -$level -T4 --exact < a.jpg | cmp - roundtrip.bsw
        bswz -d -T3 < roundtrip.bsw | cmp - a.jpg
    done
}

@test "as files: same name, tested, restored, several at once" {
    jpeg 90 70 > a.jpg
    jpeg 200 300 -progressive > b.jpg
    bswz --verify a.jpg b.jpg
    bswz -t a.jpg.bsw b.jpg.bsw
    bswz -l a.jpg.bsw | grep -q ' JPEG .* 90x70x3 '
    mkdir out
    cp a.jpg.bsw b.jpg.bsw out
    bswz -d out/a.jpg.bsw out/b.jpg.bsw
    cmp a.jpg out/a.jpg
    cmp b.jpg out/b.jpg
}

@test "in archives and between other data" {
    jpeg 90 70 > a.jpg
    draw pnm ppm 50 40 > b.ppm
    head -c 300 a.jpg > cut.jpg
    printf 'a.jpg\nb.ppm\ncut.jpg\n' > names
    tar -cf all.tar -T names
    cpio --quiet -o -H newc < names > all.cpio
    cat a.jpg b.ppm a.jpg names > all.cat
    local file
    for file in all.tar all.cpio all.cat; do
        assert_roundtrip $file
        bswz -lv < roundtrip.bsw > listing
        grep -q ' 90x70x3 .* JPEG .* DCT .* bytes ' listing
        bswz -T3 < $file | cmp - roundtrip.bsw
    done
    bswz -v < all.tar 2> lines > /dev/null
    grep -q 'JPEG 90x70 2x2,1x1,1x1, by its coefficients: ' lines
    grep -q 'pictures: .*1 JPEG by coefficients' lines
}

@test "files that cannot be rebuilt are stored unchanged" {
    "$TOOLS/photo" 60 40 | cjpeg > a.jpg
    "$TOOLS/photo" 60 40 | cjpeg -arithmetic > arithmetic.jpg
    { head -c 900 a.jpg; printf '\377\331'; } > cut.jpg
    local file
    for file in cut arithmetic; do
        assert_roundtrip $file.jpg
        bswz -lv < roundtrip.bsw > listing
        grep -q ' bytes .* bytes .* bytes ' listing
    done
}

@test "a truncated stream gives a picture, the longer the better" {
    "$TOOLS/photo" 640 480 > photo.ppm
    cjpeg -quality 85 photo.ppm > a.jpg
    bswz < a.jpg > a.bsw
    djpeg -grayscale -pnm a.jpg > whole.pgm
    local percent psnr last=10
    for percent in 3 15 60; do
        head -c $(($(size_of a.bsw) * percent / 100)) a.bsw > part.bsw
        run -1 --separate-stderr sh -c "$COMMAND -d --rescue < part.bsw > rescued.jpg"
        [[ $stderr == *"JPEG 640x480: the file is damaged"* ]]
        [ "$(size_of rescued.jpg)" -eq "$(size_of a.jpg)" ]
        djpeg -grayscale -pnm rescued.jpg > rescued.pgm 2> /dev/null
        psnr=$(pnmpsnr -machine whole.pgm rescued.pgm)
        echo "$percent %: $psnr dB"
        awk "BEGIN { exit !($psnr > $last + 3) }"
        last=$psnr
    done
}

@test "several bands, a damaged one, and a limit on memory" {
    jpeg 1700 1500 -quality 40 > a.jpg
    cat a.jpg "$BATS_TEST_FILENAME" > all
    assert_roundtrip all
    bswz -T3 < all | cmp - roundtrip.bsw
    [ "$(bswz -l --robot < roundtrip.bsw | awk '$1 == "part" && /JPEG/ { print $14 }')" -eq 2 ]
    run -1 --separate-stderr bswz -M 4MiB -c a.jpg
    assert_error "limit is 4 MiB"
    run -1 --separate-stderr bswz -dc -M 4MiB roundtrip.bsw
    assert_error "limit is 4 MiB"
    local at=$(($(bswz -l --robot < roundtrip.bsw | awk '$1 == "part" && /JPEG/ { print $3 }') - 40))
    printf '\377\0\377' | dd of=roundtrip.bsw bs=1 seek=$at conv=notrunc status=none
    run -1 --separate-stderr sh -c "$COMMAND -d --rescue < roundtrip.bsw > rescued"
    [[ $stderr == *"JPEG 1700x1500: the file is "* ]]
    [ "$(size_of rescued)" -eq "$(size_of all)" ]
    tail -c "$(size_of "$BATS_TEST_FILENAME")" rescued | cmp - "$BATS_TEST_FILENAME"
}
