# SPDX-License-Identifier: MIT
# Pictures that refer to earlier ones of the stream: the slices of a volume, and the frames of a screen recording,
# wherever they are.
# shellcheck disable=SC2154 # stderr is set by bats
load helper

# draw_volume: twelve slices of a noisy body as 0.pgm to 11.pgm, in an order that is not theirs.
draw_volume() {
    /usr/bin/python3 - << 'END'
import random, struct
random.seed(5)
side = 96
texture = [random.gauss(0, 120) for _ in range(side * side)]
for slice in range(12):
    samples = []
    for y in range(side):
        for x in range(side):
            inside = (x - 48) ** 2 + (y - 48) ** 2 < (40 - slice) ** 2
            value = (1000 + 20 * slice + texture[y * side + x]) if inside else 30
            samples.append(max(0, int(value + random.gauss(0, 4))))
    data = struct.pack(">%dH" % len(samples), *samples)
    open("%d.pgm" % (slice * 5 % 12), "wb").write(b"P5\n%d %d\n4095\n" % (side, side) + data)
END
}

# draw_recording NUMBER: the frames of a recording of a window in which a line of text appears and the pointer moves, as
# 0.png ... in RGB.
draw_recording() {
    /usr/bin/python3 - "$1" << 'END'
import random, sys
random.seed(7)
width, height = 200, 150
page = [[(250, 250, 252)] * width for _ in range(height)]
def write(row, seed):
    letters = random.Random(seed)
    for x in range(10, width - 16, 6):
        colour = (20 + letters.randrange(4) * 60, 30, 40)
        for y in range(row, row + 9, 3):
            if letters.random() < 0.6:
                for i in range(5):
                    page[y][x + i] = page[y + 1][x + i // 2] = colour
for row in range(10, 130, 12):
    write(row, row)
for frame in range(int(sys.argv[1])):
    write(10 + frame % 8 * 12, 1000 + frame)
    shown = [row[:] for row in page]
    for y in range(10):
        for x in range(10 - y):
            shown[20 + 7 * frame + y][30 + 11 * frame + x] = (0, 0, 0)
    data = bytes(v for row in shown for pixel in row for v in pixel)
    open("%d.ppm" % frame, "wb").write(b"P6\n%d %d\n255\n" % (width, height) + data)
END
    for ((frame = 0; frame < $1; frame++)); do
        pnmtopng "$frame.ppm" > "$frame.png" 2> /dev/null
    done
}

@test "a volume: slices in one stream refer to each other" {
    draw_volume
    local alone=0
    for slice in {0..11}; do
        cat "$slice.pgm" >> volume
        alone=$((alone + $(bswz < "$slice.pgm" | wc -c)))
    done
    assert_roundtrip volume
    [ "$(size_of roundtrip.bsw)" -lt $((alone * 85 / 100)) ]
    bswz -T1 < volume | cmp - <(bswz -T4 < volume)
    [ "$(bswz -l --robot < roundtrip.bsw | grep -c picture)" -eq 12 ]
    bswz -lv roundtrip.bsw
    for level in 1 4 9; do
        bswz -$level < volume > a.bsw
        bswz -d < a.bsw | cmp - volume
    done
    # at half the size, each still needs whole slices before it
    bswz -d --scale=1/2 < roundtrip.bsw > half
    for slice in {0..11}; do
        bswz < "$slice.pgm" | bswz -d --scale=1/2 >> halves
    done
    cmp half halves
}

@test "a volume as files of an archive, as pages of a TIFF file, and after pages that were not kept" {
    draw_volume
    tar -cf alone.tar 0.pgm
    tar -cf volume.tar {0..11}.pgm
    assert_roundtrip volume.tar
    [ "$(size_of roundtrip.bsw)" -lt $(($(bswz < alone.tar | wc -c) * 12 * 8 / 10)) ]
    for slice in {0..11}; do
        pamtotiff -none "$slice.pgm" > "$slice.tiff"
    done
    tiffcp -c zip {0..11}.tiff pages.tiff
    assert_roundtrip pages.tiff
    [ "$(size_of roundtrip.bsw)" -lt $(($(bswz < 0.tiff | wc -c) * 12 * 8 / 10)) ]
    # a file whose pictures do not pay leaves nothing to refer to
    { head -c 3000 /dev/zero | tr '\0' 'x'; cat pages.tiff; head -c 20000 0.tiff; cat 3.pgm; } > odd
    tar -cf odd.tar odd 0.tiff 5.pgm odd
    assert_roundtrip odd.tar
}

@test "earlier pictures count towards the memory limit" {
    draw_volume
    cat {0..11}.pgm | bswz > volume.bsw
    bswz < 0.pgm > one.bsw
    local least=0 most=$((64 << 20)) middle
    while ((most - least > 1)); do # what a single slice takes
        middle=$(((least + most) / 2))
        if bswz -d -M "$middle" < one.bsw > out 2> /dev/null; then
            most=$middle
        else
            least=$middle
        fi
    done
    run -1 --separate-stderr bswz -d -M "$most" < volume.bsw
    # shellcheck disable=SC2154 # stderr is set by bats
    [[ $stderr == *"the limit is"* ]]
    bswz -d -M $((most + 12 * 96 * 96 * 2)) < volume.bsw | cmp - <(cat {0..11}.pgm)
    cat one.bsw one.bsw | bswz -d -M "$most" | cmp - <(cat 0.pgm 0.pgm) # nothing is kept from stream to stream
}

@test "a damaged slice is reported, and so are those that refer to it" {
    draw_volume
    cat {0..11}.pgm > volume
    bswz < volume > a.bsw
    local offset; offset=$(($(bswz -l --robot a.bsw | awk -F '\t' '$1 == "part" { print $3 }' | head -1) / 2))
    printf '\377\377\377\377' | dd of=a.bsw bs=1 seek=$((offset > 200 ? 200 : 150)) conv=notrunc status=none
    run bswz -d --rescue -c a.bsw
    [ "$status" -ne 0 ]
    bswz -d --rescue -c a.bsw > rescued 2> report || true
    grep -q . report
    [ "$(size_of rescued)" -eq "$(size_of volume)" ]
}

@test "the frames of a screen recording: PNG files in an archive, colours, palettes and grey" {
    draw_recording 8
    tar -cf one.tar 0.png
    tar -cf all.tar {0..7}.png
    assert_roundtrip all.tar
    [ "$(size_of roundtrip.bsw)" -lt $(($(bswz < one.tar | wc -c) * 8 * 6 / 10)) ]
    bswz -T1 < all.tar | cmp - <(bswz -T4 < all.tar)
    for level in 1 9; do
        bswz -$level < all.tar > a.bsw
        bswz -d < a.bsw | cmp - all.tar
    done
    for frame in {0..7}; do
        convert "$frame.ppm" -colors 7 "PNG8:$frame.png"
        ppmtopgm "$frame.ppm" > "$frame.pgm"
    done
    tar -cf palettes.tar {0..7}.png
    assert_roundtrip palettes.tar
    cat {0..7}.pgm {7..0}.ppm {0..7}.ppm > mixed
    assert_roundtrip mixed
    [ "$(size_of roundtrip.bsw)" -lt $((($(bswz < 0.pgm | wc -c) + 2 * $(bswz < 0.ppm | wc -c)) * 8 / 2)) ]
}
