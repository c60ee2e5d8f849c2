# SPDX-License-Identifier: MIT
# GIF files come back byte for byte, and are smaller as drawings.
load helper

@test "GIF files alone, in archives and in other data" {
    "$TOOLS/draw_gif" still 320 200 8 > still.gif
    "$TOOLS/draw_gif" animation 120 90 6 8 > animation.gif
    "$TOOLS/draw_gif" tables 120 90 5 8 > tables.gif
    local name
    for name in still animation tables; do
        assert_roundtrip $name.gif
        [ "$(size_of roundtrip.bsw)" -lt $(($(size_of $name.gif) * 3 / 4)) ]
        bswz -l < roundtrip.bsw | grep -q ' GIF '
        bswz -T4 < $name.gif | cmp - roundtrip.bsw
        bswz --exact < $name.gif | cmp - roundtrip.bsw
        bswz --pixels < $name.gif | cmp - roundtrip.bsw
        bswz -dT4 < roundtrip.bsw | cmp - $name.gif
        bswz -dc --to=ppm roundtrip.bsw | cmp - $name.gif # there is no other form
        bswz -t roundtrip.bsw
    done
    bswz -v < animation.gif 2> notices > /dev/null
    grep -q 'GIF 120x90, 8 of 8 images as drawings' notices

    tar -cf all.tar still.gif animation.gif tables.gif
    assert_roundtrip all.tar
    [ "$(bswz -lv < roundtrip.bsw | grep -c ' GIF ')" -eq 3 ]
    { echo before; cat animation.gif; seq 1000; cat tables.gif; echo after; } > other
    assert_roundtrip other
    [ "$(bswz -lv < roundtrip.bsw | grep -c ' GIF ')" -eq 2 ]
    bswz -v < other 2>&1 > /dev/null | grep -q '2 GIF as drawings'
}

@test "a GIF file that is cut off, and one that is not worth it" {
    "$TOOLS/draw_gif" still 320 200 7 > whole.gif
    head -c $(($(size_of whole.gif) / 2)) whole.gif > cut.gif
    assert_roundtrip cut.gif
    [ "$(size_of roundtrip.bsw)" -lt "$(size_of cut.gif)" ]
    "$TOOLS/draw_gif" still 1 1 2 > tiny.gif
    assert_roundtrip tiny.gif
    bswz -v < tiny.gif 2>&1 > /dev/null | grep -q 'GIF kept as bytes'
}

@test "--rescue of a damaged GIF keeps its length, and -lv accounts for all" {
    "$TOOLS/draw_gif" animation 150 100 7 6 > a.gif
    bswz a.gif
    bswz -lv a.gif.bsw > listing
    grep -q 'drawn' listing
    mv a.gif.bsw whole
    head -c $(($(size_of whole) * 2 / 3)) whole > a.gif.bsw
    cp a.gif original
    rm a.gif
    run -1 bswz -d a.gif.bsw
    [ ! -e a.gif ]
    run -1 bswz -d --rescue a.gif.bsw
    assert_message "GIF 150x100: the file is damaged"
    [ "$(size_of a.gif)" -eq "$(size_of original)" ]
    cmp -n 200 a.gif original
}
