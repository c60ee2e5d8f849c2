# SPDX-License-Identifier: MIT
# Anything other than a single picture comes back byte for byte.
load helper

# Every part of the stream promises its bytes.
assert_promises_bytes() {
    bswz -lv < "$1" > listing
    ! grep -q ' pixels ' listing
}

@test "a single picture promises its pixels" {
    draw png rgb8 50 40 chunks > picture.png
    bswz < picture.png > one.bsw
    bswz -lv < one.bsw > listing
    grep -q ' picture .* PNG .* pixels ' listing
    { cat picture.png; sleep 0.3; } | bswz | cmp - one.bsw # the end may come late
    bswz -c picture.png | cmp - one.bsw
    bswz -d < one.bsw > back.png
    assert_same_png picture.png back.png
}

@test "several pictures in a row come back byte for byte" {
    local type
    for type in rgb8 grey16 palette4 rgba8; do
        draw png $type 50 40 chunks > picture.png
        draw png $type 31 70 > other.png
        cat picture.png other.png > both
        assert_roundtrip both
        assert_promises_bytes roundtrip.bsw
    done
    draw pnm ppm 50 40 > one
    draw pam rgba 20 60 > two
    cat one picture.png two one > all
    assert_roundtrip all
    assert_promises_bytes roundtrip.bsw
    [ "$(grep -c ' picture .* P[NA]M ' listing)" -eq 3 ]
}

@test "a picture with something before or after it comes back byte for byte" {
    draw png rgb8 50 40 > picture.png
    local more
    for more in '\n' '\0' 'text' '\211PNG\r\n\032\n'; do
        # shellcheck disable=SC2059 # escapes
        { cat picture.png; printf "$more"; } > file
        assert_roundtrip file
        assert_promises_bytes roundtrip.bsw
        # shellcheck disable=SC2059
        { printf "$more"; cat picture.png; } > file
        assert_roundtrip file
        assert_promises_bytes roundtrip.bsw
    done
}

@test "a lossy picture with others comes back byte for byte, unless only pixels are requested" {
    "$TOOLS/photo" 64 48 > photo.ppm
    cjpeg -quality 95 photo.ppm > photo.jpg
    cat photo.jpg photo.ppm photo.jpg > all
    assert_roundtrip all
    assert_promises_bytes roundtrip.bsw
    bswz --pixels < all > pixels.bsw
    bswz -lv < pixels.bsw > listing
    [ "$(grep -c ' JPEG .* pixels ' listing)" -eq 2 ]
    tar -cf all.tar photo.jpg photo.ppm
    assert_roundtrip all.tar --pixels # in an archive they never do
    assert_promises_bytes roundtrip.bsw
}

@test "--exact: a single picture comes back byte for byte" {
    local type
    for type in grey1 rgb8 palette8 rgba16; do
        draw png $type 50 40 chunks > picture.png
        assert_roundtrip picture.png --exact
        assert_promises_bytes roundtrip.bsw
    done
    draw pnm ppm 50 40 > picture.ppm
    bswz --exact < picture.ppm > exact.bsw
    bswz < picture.ppm | cmp - exact.bsw
}

@test "a PNG file with a chunk that depends on its exact bytes is coded, and comes back byte for byte" {
    draw png rgb8 90 80 signature > picture.png
    grep -aq caBX picture.png
    assert_roundtrip picture.png
    assert_promises_bytes roundtrip.bsw
    grep -q ' picture .* PNG ' listing
    bswz --exact < picture.png | cmp - roundtrip.bsw
    # one that cannot be rebuilt is stored
    { head -c 41 picture.png; printf '\0\0\0\0teSt\0\0\0\0'; tail -c +42 picture.png; } > broken.png
    assert_roundtrip broken.png
    assert_promises_bytes roundtrip.bsw
}

@test "-v ends with a line of counts if there are several parts" {
    draw pnm ppm 50 40 > one.ppm
    draw pnm ppm 30 40 > two.ppm
    printf '\377\330\377\331' > empty.jpg
    tar -cf all.tar one.ppm two.ppm empty.jpg
    bswz -v < all.tar 2> lines > /dev/null
    grep -q 'pictures: 2 PNM .*1 JPEG kept as bytes$' lines
    bswz -v < one.ppm 2> lines > /dev/null
    run ! grep pictures: lines
    cat one.ppm empty.jpg | bswz -v 2> lines > /dev/null
    grep -q 'pictures: 1 PNM .*1 JPEG kept as bytes$' lines
}

@test "incompressible data grows by at most 0.1 % and 64 bytes" {
    head -c 9000000 /dev/urandom > noise
    local size level
    for size in 0 1 15 16 17 100 1000 100000 4194304 9000000; do
        for level in 1 5; do
            head -c $size noise > file
            assert_roundtrip file -$level
            [ "$(size_of roundtrip.bsw)" -le $((size + size / 1000 + 64)) ]
        done
    done
}

@test "repetitions are found megabytes later" {
    head -c 6000000 /dev/urandom > noise
    cat noise noise > twice
    local level
    for level in 1 5; do
        assert_roundtrip twice -$level
        [ "$(size_of roundtrip.bsw)" -lt 6100000 ]
    done
}
