# SPDX-License-Identifier: MIT
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

@test "files with arithmetic coding, CMYK colours or two components" {
    "$TOOLS/photo" 320 240 > photo.ppm
    cjpeg -arithmetic photo.ppm > a.jpg
    assert_by_coefficients a.jpg
    cjpeg -arithmetic -progressive -restart 2B photo.ppm > b.jpg
    assert_by_coefficients b.jpg -T2
    # a frame and a scan of grey, put together to one of several components with the same data
    local count
    for count in 2 4; do
        "$TOOLS/photo" 320 240 | cjpeg -grayscale > grey.jpg
        join_components $count < grey.jpg > c.jpg
        assert_by_coefficients c.jpg
    done
    # what libjpeg has no pixels for is an error, and no file
    run -1 --separate-stderr sh -c "$COMMAND -d --to=png < roundtrip.bsw > c.png"
    assert_error "JPEG: "
}

# join_components N < JPEG: the grey file as one of N components, each in a scan of its own
join_components() {
    perl -0777 -e '
        my ($count, $file, $out) = ($ARGV[0], scalar(<STDIN>));
        $file =~ s/\xff\xc0\x00\x0b(.{5})\x01(.{3})/
            "\xff\xc0" . pack("n", 8 + 3 * $count) . $1 . chr($count) . join "", map { chr($_) . "\x11\0" } 1 .. $count/es;
        my $at = index($file, "\xff\xda");
        my ($front, $scan) = (substr($file, 0, $at), substr($file, $at + 10, -2));
        print $front;
        print "\xff\xda\0\x08\x01", chr($_), "\0\0\x3f\0", $scan for 1 .. $count;
        print "\xff\xd9"' "$1"
}

@test "damaged and truncated files keep their good part by coefficients" {
    "$TOOLS/photo" 320 240 > photo.ppm
    local options whole part
    for options in "" "-progressive" "-restart 1"; do
        # shellcheck disable=SC2086 # words
        cjpeg -quality 90 $options photo.ppm > a.jpg
        whole=$(bswz -c a.jpg | wc -c)
        head -c $(($(size_of a.jpg) * 9 / 10)) a.jpg > cut.jpg
        assert_by_coefficients cut.jpg
        cp a.jpg hole.jpg
        head -c 300 /dev/zero | dd of=hole.jpg bs=1 seek=$(($(size_of a.jpg) / 2)) conv=notrunc status=none
        assert_by_coefficients hole.jpg
        part=$(size_of roundtrip.bsw)
        [ "$part" -lt $((whole * 5 / 4)) ]
        { head -c 20 a.jpg; printf 'stray'; tail -c +21 a.jpg; } > stray.jpg
        assert_by_coefficients stray.jpg
    done
    # in an archive, and with the next file where the first one breaks off
    cat cut.jpg a.jpg > both
    tar -cf all.tar cut.jpg hole.jpg both
    assert_roundtrip all.tar
    [ "$(bswz -lv --robot < roundtrip.bsw | grep -c $'\tDCT\t')" -eq 4 ]
}

@test "--to of JPEG files that cannot be decoded, or not without loss" {
    "$TOOLS/photo" 320 240 > photo.ppm
    cjpeg -quality 90 photo.ppm > a.jpg
    head -c $(($(size_of a.jpg) * 9 / 10)) a.jpg > cut.jpg
    cp a.jpg hole.jpg
    printf '\377\323junk' | dd of=hole.jpg bs=1 seek=$(($(size_of a.jpg) / 2)) conv=notrunc status=none
    local file
    for file in cut hole; do
        bswz $file.jpg
        run -1 --separate-stderr bswz -dc --to=ppm $file.jpg.bsw
        assert_error "the file comes back as it was without --to and --scale, or as decoders show it with --rescue"
        run -1 --separate-stderr sh -c "$COMMAND -dc --rescue --to=ppm $file.jpg.bsw > shown.ppm"
        assert_error "JPEG 320x240: the file is damaged"
        djpeg $file.jpg 2> /dev/null | cmp - shown.ppm
        bswz -dc $file.jpg.bsw | cmp - $file.jpg
        bswz -dc --rescue $file.jpg.bsw | cmp - $file.jpg
    done
    run -1 bswz -d -o new.png --to=png cut.jpg.bsw # no partial file
    [ ! -e new.png ]
    # arithmetic coding is decoded; CMYK is not
    cjpeg -arithmetic photo.ppm > b.jpg
    bswz -c b.jpg | bswz -d --to=ppm | cmp - <(djpeg b.jpg)
    convert photo.ppm -colorspace CMYK c.jpg
    bswz c.jpg
    run -1 --separate-stderr bswz -dc --to=ppm c.jpg.bsw
    assert_error "JPEG: CMYK colours are not supported; the file comes back as it was without --to and --scale"
    bswz -dc c.jpg.bsw | cmp - c.jpg
}

@test "what phones append to a photograph is coded as what it is" {
    "$TOOLS/photo" 320 240 > photo.ppm
    cjpeg photo.ppm > first.jpg
    cjpeg -grayscale photo.ppm > second.jpg
    # a file of several pictures (MPO): the first one says in APP2 where the others are
    { head -c 20 first.jpg; printf '\377\342\0\020MPF\0II*\0\010\0\0\0\0\0'; tail -c +21 first.jpg; } > both.jpg
    { head -c 1000 /dev/zero; cat second.jpg; printf '\0\0\0\030ftypmp42\0\0\0\0isommp42and a film'; } >> both.jpg
    assert_roundtrip both.jpg
    bswz -lv --robot < roundtrip.bsw > parts
    [ "$(grep -c $'\tDCT\t' parts)" -eq 2 ]
}

@test "files that cannot be rebuilt are stored unchanged, with the reason" {
    "$TOOLS/photo" 60 40 | cjpeg > a.jpg
    local frame
    frame=$(LC_ALL=C grep -obUaP '\xff\xc0' a.jpg | head -n 1 | cut -d: -f1)
    cp a.jpg deep.jpg
    printf '\014' | dd of=deep.jpg bs=1 seek=$((frame + 4)) conv=notrunc status=none
    cp a.jpg lossless.jpg
    printf '\303' | dd of=lossless.jpg bs=1 seek=$((frame + 1)) conv=notrunc status=none
    local file
    for file in deep lossless; do
        assert_roundtrip $file.jpg
        bswz -lv < roundtrip.bsw > listing
        grep -q ' bytes .* bytes .* bytes ' listing
        bswz -v < $file.jpg 2>> reasons > /dev/null
    done
    grep -q 'JPEG kept as bytes: samples that are not of 8 bits' reasons
    grep -q 'JPEG kept as bytes: lossless or hierarchical coding' reasons
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
