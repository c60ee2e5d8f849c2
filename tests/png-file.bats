# SPDX-License-Identifier: MIT
# PNG files, written by different programs (scripts/png-corpus), come back byte for byte from samples and a recipe.
# Damaged and odd files: tests/unit/test_png_file.c.
load helper

# All files that this writer makes come back.
assert_comes_back() {
    QUICK=1 WRITERS=$1 "$PROJECT/scripts/png-corpus" "$PWD/corpus" > counts
    cat counts
    awk -v name="$1" '$1 == name { found = $2 > 0 && $2 == $3 } END { exit !found }' counts
}

@test "libpng with every level and strategy, filters, windows and sizes of chunks" {
    assert_comes_back libpng
}

@test "netpbm, interlaced too" {
    assert_comes_back netpbm
}

@test "dwebp" {
    assert_comes_back dwebp
}

@test "optipng" {
    assert_comes_back optipng
}

@test "pngcrush" {
    assert_comes_back pngcrush
}

@test "Pillow" {
    needs_modules PIL
    assert_comes_back pillow
}

@test "data that zlib did not compress is rebuilt from a description" {
    draw png rgb8 60 40 > a.png
    zopflipng -y a.png b.png
    run "$TOOLS/png_rebuild" b.png
    [ "$status" -eq 0 ]
    [[ $output == rebuilt* ]]
}

@test "a large picture needs few attempts" {
    "$TOOLS/photo" 400 300 > a.ppm
    pnmtopng -compression 9 a.ppm > a.png
    "$TOOLS/png_rebuild" --seconds a.png > seconds.txt
    cat seconds.txt
    # reading: decoding, wrong attempts, and the right one; writing: the last again
    awk '{ exit !($3 == "rebuilt" && $1 < 4 * $2 + 0.2) }' seconds.txt
}

@test "a palette in the order of the first pixels is not stored" {
    "$TOOLS/photo" 40 30 | pnmquant 100 > photo.ppm 2> /dev/null
    convert photo.ppm -define png:exclude-chunks=date,time icon.png
    "$TOOLS/pngdump" icon.png > before
    grep -E '^ *PLTE' before
    assert_roundtrip icon.png --exact
    bswz < icon.png > icon.bsw
    bswz -d < icon.bsw > back.png
    "$TOOLS/pngdump" back.png | cmp - before
    bswz -lv --robot icon.bsw > parts
    awk '$1 == "share" && $2 == "records" { found = $3 < 100 } END { exit !found }' parts # PLTE has 300 bytes
    bswz -dc --to=ppm icon.bsw | pnmtopnm -plain > plain.ppm
    pnmtopnm -plain photo.ppm | cmp - plain.ppm
    bswz -dc --scale=1/2 icon.bsw | pngtopam | pamfile | grep '20 by 15'
}

@test "what files of an archive have in common is stored once" {
    local i
    for i in 1 2 3; do
        "$TOOLS/photo" 40 $((20 + 10 * i)) > photo.ppm
        seq 100 | sha512sum | cut -c -120 > words
        for ((j = 0; j < 30; j++)); do
            sha512sum <<< $j
        done >> words
        pnmtopng -text words photo.ppm > $i.png 2> /dev/null
        cjpeg photo.ppm | wrjpgcom -cfile words > $i.jpg
    done
    local kind
    for kind in png jpg; do
        tar -cf one.tar 1.$kind
        tar -cf three.tar ./*.$kind
        assert_roundtrip one.tar
        bswz -lv --robot roundtrip.bsw > one
        assert_roundtrip three.tar
        bswz -lv --robot roundtrip.bsw > three
        awk '$1 == "share" && $2 == "records" { print FILENAME, $3; n[FILENAME] = $3 }
            END { exit !(n["one"] > 1000 && n["three"] < 1.3 * n["one"]) }' one three
    done
}
