# SPDX-License-Identifier: MIT
# Pictures of 9 to 16 bits: every layout comes back at every kind of level, and the slices of a volume refer to each
# other, wherever they are in the stream.
load helper

# draw_deep: 9 to 16 bits in each layout, as PGM, PPM and PAM files: a bright spot, noise, and an alpha that fades.
draw_deep() {
    /usr/bin/python3 - << 'END'
import random, struct
random.seed(3)
width, height = 61, 47
for bits in range(9, 17):
    top = (1 << bits) - 1
    for channels, name in (1, "GRAYSCALE"), (2, "GRAYSCALE_ALPHA"), (3, "RGB"), (4, "RGB_ALPHA"):
        samples = []
        for y in range(height):
            for x in range(width):
                light = top * 0.9 / (1 + ((x - 20) ** 2 + (y - 25) ** 2) / 300)
                for c in range(channels):
                    if channels % 2 == 0 and c == channels - 1:
                        samples.append(min(top, max(0, (x - 10) * top // 30)))
                    else:
                        samples.append(min(top, int(light * (3 + c) / 6 + random.gauss(0, top / 400 + 1) + 2)) if light > 0 else 0)
        data = struct.pack(">%dH" % len(samples), *(max(0, s) for s in samples))
        header = "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n" % (width, height, channels, top, name)
        open("%d-%d.pam" % (bits, channels), "wb").write(header.encode() + data)
END
}

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

@test "9 to 16 bits, grey and colour, with and without alpha" {
    draw_deep
    for file in *.pam; do
        for level in 1 5; do
            echo "$file -$level"
            bswz -$level < "$file" > a.bsw
            bswz -d < a.bsw | cmp - "$file"
            [ "$(size_of a.bsw)" -lt "$(size_of "$file")" ]
        done
    done
    for channels in 1 2 3 4; do
        bswz -9 < 12-$channels.pam > a.bsw
        bswz -d < a.bsw | cmp - 12-$channels.pam
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
