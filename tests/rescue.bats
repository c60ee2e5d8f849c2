# SPDX-License-Identifier: MIT
# --rescue: as much as possible of truncated or damaged streams.
load helper

@test "--rescue writes a full-size picture from a part of a file, says what is missing, and exits with 1" {
    "$TOOLS/photo" 320 240 > a.ppm
    bswz < a.ppm > whole
    head -c $(($(size_of whole) / 2)) whole > a.ppm.bsw
    rm a.ppm
    run -1 bswz -d a.ppm.bsw # not without --rescue
    assert_message "ends too early"
    [ ! -e a.ppm ]
    run -1 bswz -d --rescue a.ppm.bsw
    assert_message "PNM 320x240: rows 0 to 239"
    [ "$(size_of a.ppm)" -eq $((15 + 320 * 240 * 3)) ]
    run -1 --separate-stderr bswz -dcT2 --rescue --to=png a.ppm.bsw
    assert_error interpolated
    bswz -dc --rescue a.ppm.bsw 2> /dev/null > again || true
    cmp a.ppm again
    run -1 bswz -df --rm --rescue a.ppm.bsw
    [ -e a.ppm.bsw ]
    # the small picture is complete
    bswz -d --scale=1/4 < whole > small
    run -1 bswz -d --rescue --scale=1/4 -o rescued a.ppm.bsw
    assert_message "pixels are all there"
    cmp small rescued
}

@test "--rescue of an intact file gives the same result, and exits with 0" {
    draw png rgb8 50 40 chunks > a.png
    bswz < a.png > a.bsw
    bswz -d < a.bsw > back
    bswz -d --rescue < a.bsw | cmp - back
    bswz --exact < a.png > a.bsw
    bswz -d --rescue < a.bsw | cmp - a.png
    seq 100 | bswz | bswz -d --rescue | cmp - <(seq 100)
}

@test "--rescue of a damaged file" {
    "$TOOLS/photo" 160 120 > a.ppm
    bswz < a.ppm > a.bsw
    size=$(size_of a.bsw)
    { head -c $((size / 2)) a.bsw; printf 'XXXX'; tail -c +$((size / 2 + 5)) a.bsw; } > b.bsw
    run -1 bswz -dc b.bsw
    [ "${#lines[@]}" -eq 1 ]
    run -1 bswz -d --rescue b.bsw
    assert_message "rows 0 to 119"
    [ "$(size_of b)" -eq "$(size_of a.ppm)" ]
    cmp -n 15 a.ppm b
    run -1 bswz -t --rescue b.bsw # a test stops at errors
    [ "${#lines[@]}" -eq 1 ]
}

@test "--rescue leaves no file if nothing can be saved" {
    printf '' > empty.bsw
    echo text > foreign.bsw
    "$TOOLS/photo" 160 120 | bswz | head -c 20 > start.bsw
    local name
    for name in empty foreign start; do
        run -1 bswz -d --rescue $name.bsw
        [ "${#lines[@]}" -eq 1 ]
        [ ! -e $name ]
    done
    run -1 bswz --rescue foreign.bsw
    assert_message "can only be used with -d" 2
}

@test "--rescue of a truncated archive gives its beginning" {
    seq 20000 > numbers
    draw png rgb8 90 70 > a.png
    tar -cf all.tar a.png numbers a.png
    bswz < all.tar > whole
    head -c $(($(size_of whole) * 2 / 3)) whole > all.bsw
    run -1 bswz -d --rescue all.bsw
    [ "${#lines[@]}" -eq 1 ]
    cmp -n "$(size_of all)" all all.tar
    [ "$(size_of all)" -gt 5000 ]
}

@test "a message about damage names the byte, and says what may help" {
    "$TOOLS/photo" 300 200 | tee a.ppm | bswz > whole.bsw
    { head -c 20000 whole.bsw; printf 'damage'; tail -c +20007 whole.bsw; } > bad.bsw
    head -c 20000 whole.bsw > cut.bsw
    for file in bad cut; do
        for options in -dc -t "-d -o out"; do
            # shellcheck disable=SC2086 # words
            run -1 --separate-stderr bswz $options $file.bsw
            # shellcheck disable=SC2154 # set by bats
            [[ $stderr =~ ^"bswz: $file.bsw: ".*" (at byte "[1-9][0-9]*"); -d --rescue restores what is left"$ ]]
        done
        run -1 bswz -d --rescue -o rescued $file.bsw
        [[ $output != *"--rescue"* ]]
        [ -s rescued ]
        rm rescued
    done
    : > empty.bsw
    for file in a.ppm empty.bsw; do # not damaged, and nothing to save
        run -1 bswz -dc $file
        [[ $output != *"--rescue"* ]]
    done
}
