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
