# SPDX-License-Identifier: MIT
# --scale: smaller pictures, from the beginning of the coded data.
load helper

# sampled STEP PPM: a PPM of every STEP-th row and column.
sampled() {
    # shellcheck disable=SC2016 # perl's variables
    perl -0777 -e 'my $step = shift; my ($width, $height, $samples) = <> =~ /^P6\n(\d+) (\d+)\n255\n(.*)/s;
        my ($columns, $rows) = map { int(($_ + $step - 1) / $step) } $width, $height;
        print "P6\n$columns $rows\n255\n";
        for my $y (map { $_ * $step } 0 .. $rows - 1) {
            print map { substr $samples, 3 * ($y * $width + $_ * $step), 3 } 0 .. $columns - 1;
        }' "$@"
}

@test "--scale writes every N-th row and column" {
    "$TOOLS/photo" 203 170 > a.ppm
    bswz a.ppm
    local step
    for step in 2 4 8 16; do
        bswz -dc --scale=1/$step a.ppm.bsw > small.ppm
        sampled $step a.ppm | cmp - small.ppm
        bswz -dcT2 --scale=1/$step < a.ppm.bsw | cmp - small.ppm
    done
}

@test "--scale writes every N-th row and column of blended levels" {
    "$TOOLS/photo" 150 100 > a.ppm # small, since tables are as large as the whole picture asks for
    bswz -9 --model=fast a.ppm
    local step
    for step in 2 4; do
        bswz -dc --scale=1/$step a.ppm.bsw > small.ppm
        sampled $step a.ppm | cmp - small.ppm
    done
}

@test "--scale keeps the format and the parts of a header that are still correct" {
    draw png palette4 75 60 chunks transparent interlaced > a.png
    bswz < a.png > a.bsw
    bswz -d --scale=1/4 < a.bsw > small.png
    "$TOOLS/pngdump" small.png > dump
    for chunk in IHDR PLTE tRNS gAMA pHYs tEXt zTXt tIME eXIf; do
        grep -aq "^$chunk " dump
    done
    grep -aq '^19 15$' dump
    bswz --exact < a.png | bswz -d --scale=1/4 | cmp - small.png
    draw pnm pbm 75 60 comment | bswz | bswz -d --scale=1/8 > small.pbm
    [ "$(head -n 2 small.pbm)" = $'P4\n10 8' ]
    [ "$(size_of small.pbm)" -eq $((8 + 2 * 8)) ]
    draw raw 3 75 60 | bswz --raw=75x60x3 | bswz -d --scale=1/2 > small.raw
    [ "$(size_of small.raw)" -eq $((38 * 30 * 3)) ]
    bswz -d --scale=1/4 --to=pam < a.bsw > small.pam
    [ "$(sed -n 2,3p small.pam)" = $'WIDTH 19\nHEIGHT 15' ]
}

@test "--scale writes PNG instead of BMP and TIFF" {
    "$TOOLS/photo" 99 70 > a.ppm
    pnmquant 13 a.ppm > few.ppm
    local picture
    for picture in a few; do
        bswz < $picture.ppm | bswz -d --scale=1/4 --to=png > expected.png
        ppmtobmp $picture.ppm | bswz | bswz -d --scale=1/4 > small.png
        assert_same_pixels expected.png small.png
        pamtotiff -none $picture.ppm > a.tiff
        bswz < a.tiff | bswz -d --scale=1/4 > small.png
        assert_same_pixels expected.png small.png
    done
    ppmtopgm a.ppm | pamthreshold -simple -threshold=0.5 > bits.pbm
    pamtotiff -none -miniswhite bits.pbm > a.tiff
    bswz < a.tiff | bswz -d --scale=1/2 > small.png
    bswz < a.tiff | bswz -d --scale=1/2 --to=png | cmp - small.png
}

@test "--scale copies data that is not a picture, and refuses pictures inside archives" {
    seq 1000 > text
    bswz < text > text.bsw
    bswz -d --scale=1/4 < text.bsw | cmp - text
    draw pnm ppm 90 70 > a.ppm
    { cat a.ppm; cat text; } > both
    bswz < a.ppm | bswz -d --scale=1/4 > small
    cat text >> small
    bswz < both | bswz -d --scale=1/4 | cmp - small
    tar -cf a.tar a.ppm
    bswz a.tar
    rm a.tar
    run -1 bswz -d --scale=1/4 a.tar.bsw
    assert_message archive
    [ ! -e a.tar ]
    bswz -t --scale=1/4 a.tar.bsw # a test checks everything
}

@test "a PNG file is not written under the name of a JPEG, BMP or TIFF file" {
    "$TOOLS/photo" 90 70 > a.ppm
    cjpeg a.ppm > a.JPG
    convert a.ppm a.tiff
    convert a.ppm a.bmp
    convert a.ppm png:misnamed.jpg
    for file in a.JPG a.tiff a.bmp a.ppm misnamed.jpg; do
        bswz "$file"
        mv "$file" "original-$file"
        bswz -d --scale=1/2 "$file.bsw"
        case $file in
        a.ppm | misnamed.jpg) [ -e "$file" ] && [ ! -e "$file.png" ] ;;
        *)
            [ ! -e "$file" ]
            [ "$(head -c 4 "$file.png")" = $'\x89PNG' ]
            bswz -dc --scale=1/2 --to=png "$file.bsw" | cmp - "$file.png"
            ;;
        esac
        rm -f "$file"
        bswz -d "$file.bsw"
        [ "$file" = misnamed.jpg ] || cmp "$file" "original-$file"
    done
    bswz -f --pixels a.JPG
    rm a.JPG.png
    bswz -d --output-dir=out a.JPG.bsw
    [ "$(head -c 4 out/a.JPG.png)" = $'\x89PNG' ] && [ ! -e out/a.JPG ]
    run -0 bswz -df -o as-named.jpg a.JPG.bsw
    [ -e as-named.jpg ]
    head -c 40 a.JPG.bsw > cut.jpg.bsw
    run -1 bswz -d --scale=1/2 cut.jpg.bsw
    [ "${#lines[@]}" -eq 1 ]
}

@test "--scale: invalid scales, and contradicting options" {
    draw pnm ppm 90 70 > a.ppm
    bswz a.ppm
    local scale
    for scale in 1 1/3 1/32 2 '' 1/2x; do
        run -1 bswz -dc "--scale=$scale" a.ppm.bsw
        assert_message "not a valid scale" 2
    done
    run -1 bswz --scale=1/2 a.ppm
    assert_message "can only be used with -d" 2
    run -1 bswz -df --rm --scale=1/2 a.ppm.bsw
    assert_message "--rm" 2
    [ -e a.ppm.bsw ]
    run -1 bswz -d --scale=1/2 a.ppm.bsw # the target exists: it is the source
    assert_message "exists"
    head -c -1 a.ppm.bsw > short
    run -1 bswz -d --scale=1/16 -o small short
    assert_message "too early"
    [ ! -e small ]
    bswz -dc --scale=1/16 a.ppm.bsw | cmp - <(unbswz_small)
}

# The same through the other name, with an option that is overridden later.
unbswz_small() {
    ln -sf "$BSWZ" unbswz
    # shellcheck disable=SC2086 # words
    $WRAPPER ./unbswz --scale=1/2 --scale=1/16 -c a.ppm.bsw
}
