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

# animate NAME [FRAMES [PIECE [FIRST]]]: an animated PNG file of a window that moves over tiles, each frame in pieces of
# that many bytes. FIRST: the sequence number that comes first.
animate() {
    /usr/bin/python3 - "$@" > "$1" << 'END'
import random, struct, sys, zlib
count, piece, sequence = (int(number) for number in sys.argv[2:] + [12, 1 << 20, 0][len(sys.argv) - 2:])
WIDTH, HEIGHT = 200, 150
noise = random.Random(1)
tiles = [[noise.choice((b"\x40\x60\x90", b"\xf0\xf0\xe0")) for _ in range(WIDTH)] for _ in range(HEIGHT)]
window = [b"".join(noise.choice((b"\0\0\0", b"\xff\xff\xff")) for _ in range(60)) for _ in range(50)]

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0))
out += chunk(b"acTL", struct.pack(">II", count, 0))
for number in range(count):
    rows = [bytearray(b"".join(tiles[y // 3][x // 5] for x in range(WIDTH))) for y in range(HEIGHT)]
    for y, line in enumerate(window):
        rows[y + 2 * number][15 * number:15 * number + 180] = line
    above, filtered = bytes(3 * WIDTH), b""
    for row in rows:
        filtered += b"\2" + bytes((a - b) & 255 for a, b in zip(row, above))
        above = row
    stream = zlib.compress(filtered, 9)
    out += chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))
    sequence += 1
    for at in range(0, len(stream), piece):
        part = stream[at:at + piece]
        out += chunk(b"fdAT", struct.pack(">I", sequence) + part) if number else chunk(b"IDAT", part)
        sequence += number > 0
sys.stdout.buffer.write(out + chunk(b"tEXt", b"Title\0Window") + chunk(b"IEND", b""))
END
}

# assert_share FILE SHARE: with --exact, it takes at most that share of its size, in percent.
assert_share() {
    assert_roundtrip "$1" --exact
    bswz -c --exact "$1" > "$1.bsw"
    local size taken
    size=$(wc -c < "$1") taken=$(wc -c < "$1.bsw")
    echo "$1: $size -> $taken"
    [ $((100 * taken)) -le $((size * $2)) ]
}

@test "the frames of an animation are pictures, in whatever chunks they are" {
    animate one.png
    animate pieces.png 12 1000
    assert_share one.png 30
    assert_share pieces.png 30
    bswz -lv one.png.bsw | awk '$4 == "picture" { n++ } END { exit n != 12 }'
    /usr/bin/python3 "$PROJECT/tests/decode.py" < pieces.png.bsw | cmp - pieces.png
    tar -cf a.tar one.png
    assert_share a.tar 30
}

@test "without --exact, the first frame of an animation can be restored as another format" {
    animate a.png 3
    bswz -c a.png | bswz -d --to=ppm > a.ppm
    [ "$(head -n 2 a.ppm | tr '\n' ' ')" = 'P6 200 150 ' ]
}

@test "animations whose frames do not come back as pictures stay as they are" {
    animate a.png 4 500
    animate odd.png 4 500 7
    /usr/bin/python3 - << 'END'
import re
data = open("a.png", "rb").read()
places = [found.start() for found in re.finditer(b"fdAT", data)]
open("damaged.png", "wb").write(data[:places[1] + 20] + b"\0\0" + data[places[1] + 22:])
open("cut.png", "wb").write(data[:places[2] + 9])
open("number.png", "wb").write(data[:places[3] + 7] + b"\x55" + data[places[3] + 8:])
control = [found.start() for found in re.finditer(b"fcTL", data)][2]
open("sides.png", "wb").write(data[:control + 8] + b"\xff\xff\xff\xff" * 2 + data[control + 16:])
END
    for file in odd damaged cut number sides; do
        assert_roundtrip "$file.png" --exact
    done
}
