# JPEG files come back byte for byte, coded by their coefficients: through pipes, as files, in archives, at every
# level, from any number of threads; those that cannot be are kept.
# shellcheck disable=SC2154 # bats sets stderr
load helper

needs() {
    command -v "$1" > /dev/null || skip "no $1"
}

# smooth WIDTH HEIGHT: a picture of few details, which whatever codes the coefficients makes smaller.
smooth() {
    "$TOOLS/photo" 8 6 | pamscale -xsize "$1" -ysize "$2" 2> /dev/null
}

# assert_by_coefficients FILE [OPTION]...: it comes back, and is one JPEG picture with the promise of its bytes
assert_by_coefficients() {
    assert_roundtrip "$@" && bswz -lv --robot < roundtrip.bsw > parts &&
        [ "$(grep -c '^part' parts)" -eq 1 ] && grep -q $'^part\t.*\tpicture\t.*\tJPEG\tDCT\tbytes\t' parts &&
        [ "$(size_of roundtrip.bsw)" -lt "$(size_of "$1")" ]
}

@test "files of all kinds through a pipe" {
    needs cjpeg
    needs pamscale
    smooth 480 360 > photo.ppm
    local options
    for options in "" "-optimize" "-progressive" "-grayscale" "-sample 1x1" "-sample 4x2" "-restart 1B -progressive" \
        "-quality 95 -sample 2x1" "-quality 5"; do
        echo "$options"
        # shellcheck disable=SC2086 # words
        cjpeg $options photo.ppm > a.jpg 2> /dev/null
        assert_by_coefficients a.jpg
    done
}

@test "every level, with --exact and threads: the same promise, and the same bytes" {
    needs cjpeg
    needs pamscale
    smooth 300 200 | cjpeg -optimize > a.jpg
    local level
    for level in 1 2 3 4 5 6 7 8 9; do
        assert_by_coefficients a.jpg -$level
        bswz -$level -T4 --exact < a.jpg | cmp - roundtrip.bsw
        bswz -d -T3 < roundtrip.bsw | cmp - a.jpg
    done
}

@test "a file beside it: same name, tested, restored, several at once" {
    needs cjpeg
    needs pamscale
    smooth 90 70 | cjpeg > a.jpg
    smooth 70 90 | cjpeg -progressive > b.jpg
    bswz --verify a.jpg b.jpg
    bswz -t a.jpg.bsw b.jpg.bsw
    bswz -l a.jpg.bsw | grep -q ' JPEG .* 90x70x3 '
    mkdir out
    cp a.jpg.bsw b.jpg.bsw out
    bswz -d out/a.jpg.bsw out/b.jpg.bsw
    cmp a.jpg out/a.jpg
    cmp b.jpg out/b.jpg
    bswz -d --to=png < a.jpg.bsw | cmp - a.jpg # no picture to whoever converts
    bswz -d --scale=1/4 < a.jpg.bsw | cmp - a.jpg
}

@test "in archives and between other data" {
    needs cjpeg
    needs pamscale
    needs cpio
    smooth 90 70 | cjpeg > a.jpg
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

@test "what cannot be written again is kept as it is" {
    needs cjpeg
    "$TOOLS/photo" 60 40 | cjpeg > a.jpg
    "$TOOLS/photo" 60 40 | cjpeg -arithmetic > arithmetic.jpg
    printf 'JFIF' | dd of=a.jpg bs=1 seek=$(($(size_of a.jpg) - 300)) conv=notrunc status=none
    local file
    for file in a arithmetic; do
        assert_roundtrip $file.jpg
        bswz -lv < roundtrip.bsw | grep -q ' bytes .* bytes .* bytes '
    done
}

@test "several bands, a damaged one, and a limit on memory" {
    needs cjpeg
    needs pamscale
    smooth 1700 1500 | cjpeg -quality 40 > a.jpg
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
