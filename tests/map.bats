# SPDX-License-Identifier: MIT
# --map: where in a picture its bits go.
# shellcheck disable=SC2154 # stderr_lines is set by bats
load helper

# A noisy square of 32 x 32 pixels at 96, 32 on a smooth slope: PGM or PPM, of 8 or 16 bits.
draw_square() {
    /usr/bin/python3 - "$@" << 'END'
import random, sys
width, height, channels, largest = (int(word) for word in sys.argv[1:])
noise, size = random.Random(3), 2 if largest > 255 else 1
samples = bytearray()
for y in range(height):
    for x in range(width):
        is_noisy = 96 <= x < 128 and 32 <= y < 64
        for channel in range(channels):
            value = (x + y) * largest // (2 * (width + height)) + channel * largest // 8
            value += noise.randrange(largest // 4) if is_noisy else noise.randrange(max(largest // 100, 2))
            samples += value.to_bytes(size, "big")
sys.stdout.buffer.write(b"P%d\n%d %d\n%d\n" % (6 if channels == 3 else 5, width, height, largest) + samples)
END
}

# assert_adds_up FILE CODING [ORIGIN]: the tiles have the bits that -lv says pictures take, most of them in that coding,
# with any number of threads.
assert_adds_up() {
    bswz --map --robot -T1 "$1" > tiles
    bswz --map --robot -T4 "$1" | cmp - tiles
    bswz -lv --robot "$1" | awk -F '\t' '
        $1 == "share" && $2 !~ /^(corrections|stack|bytes|records|headers)$/ { bytes += $3 }
        END { print bytes }' > expected
    awk -F '\t' -v expected="$(cat expected)" -v coding="$2" -v origin="${3:--}" '
        $1 == "picture" { tiles += $4 * $5; bits += $6 }
        $1 == "tile" { tiles--; sum += $6; if ($7 == coding && $8 == origin) matching += $6 }
        END {
            print tiles, bits / 8, sum / 8, expected, matching / sum
            # palettes, tables and states have no place
            exit !(tiles == 0 && bits - sum < 1 && sum - bits < 1 && sum / 8 < expected + 40 &&
                   sum / 8 > expected * 0.97 - 40 && matching > 0.8 * sum)
        }' tiles
}

@test "the tiles of a picture add up, however it is coded" {
    "$TOOLS/photo" 300 200 > rgb.ppm
    cjpeg -quality 80 rgb.ppm > coefficients.jpg
    djpeg coefficients.jpg > pixels.ppm
    ppmtopgm rgb.ppm > grey.pgm
    draw_square 200 150 1 4095 > deep.pgm
    pnmquant -quiet 8 rgb.ppm > drawing.ppm
    "$TOOLS/draw_gif" animation 120 90 6 8 > animation.gif
    for file in *.ppm *.pgm *.jpg *.gif; do
        bswz -3 "$file"
    done
    bswz -5 -o corrected.bsw rgb.ppm
    bswz -1 -o coarse.bsw rgb.ppm
    assert_adds_up rgb.ppm.bsw pyramid RGB
    assert_adds_up corrected.bsw pyramid RGB
    assert_adds_up coarse.bsw pyramid RGB
    assert_adds_up grey.pgm.bsw pyramid grey
    assert_adds_up coefficients.jpg.bsw coefficients
    bswz -4 -f pixels.ppm
    assert_adds_up pixels.ppm.bsw coefficients
    assert_adds_up deep.pgm.bsw deep
    assert_adds_up drawing.ppm.bsw drawing
    assert_adds_up animation.gif.bsw drawing
    cat rgb.ppm.bsw deep.pgm.bsw > both.bsw # and so do several
    run ! assert_adds_up both.bsw deep
    [ "$(grep -c ^picture tiles)" -eq 2 ]
}

@test "in a mixed picture, each part has its own coding" {
    "$TOOLS/photo" 192 160 > photo.ppm
    /usr/bin/python3 - << 'END'
photo = open("photo.ppm", "rb").read()[-192 * 160 * 3:]
rows = [photo[y * 576:y * 576 + 576] +
        b"".join(bytes((77 * ((x // 3 * 5 + y // 4 * 3) % 7) * c + 31 * c) % 256 for c in (1, 2, 3)) for x in range(96))
        for y in range(160)]
open("mixed", "wb").write(b"P6 288 160 255\n" + b"".join(rows))
END
    bswz -5 mixed
    bswz -lv mixed.bsw | grep -q ' mixed '
    bswz --map --robot mixed.bsw > tiles
    [ "$(awk -F '\t' '$1 == "tile" && $2 < 192 && $7 == "pyramid"' tiles | wc -l)" -ge 28 ] # of 30
    [ "$(awk -F '\t' '$1 == "tile" && $2 >= 192 && $7 == "drawing"' tiles | wc -l)" -ge 13 ] # of 15
}

# assert_at_square FILE: the tile at 96, 32 has the most bits, and several times as many as half of the others.
assert_at_square() {
    bswz --map --robot "$1" | grep ^tile | sort -t "$(printf '\t')" -k 6,6 -g -r > sorted
    head -n 1 sorted | cut -f 2,3 | grep -qx "96$(printf '\t')32"
    awk -F '\t' '{ bits[NR] = $6 } END { print bits[1], bits[int(NR / 2)]; exit !(bits[1] > 1.3 * bits[int(NR / 2)]) }' sorted
}

@test "the bits are where the noise is" {
    draw_square 203 141 3 255 > square.ppm
    bswz -3 -o rgb.bsw square.ppm
    bswz -9 -o best.bsw square.ppm
    draw_square 203 141 1 255 | bswz -3 > grey.bsw
    draw_square 203 141 1 65535 | bswz -3 > deep.bsw
    cjpeg -quality 90 -sample 2x2 square.ppm | bswz > jpeg.bsw
    cjpeg -quality 90 -sample 1x1 -grayscale square.ppm > cut.jpg
    djpeg cut.jpg > decoded.pgm
    bswz -5 -o pixels.bsw decoded.pgm
    pnmquant -quiet 8 square.ppm | pamtopng -quiet > few.png
    bswz -o few.bsw few.png
    for file in rgb best grey deep jpeg pixels few; do
        assert_at_square $file.bsw
    done
}

@test "planes that are mirrored are mapped as the picture is" {
    # smooth except at the lower left; the chroma is that of odd columns and rows
    "$TOOLS/photo" 256 194 > photo.ppm
    pamcut -left 128 -width 128 -top 0 -height 96 photo.ppm | pamscale -quiet 2 > back.ppm
    pamcut -top 96 -height 96 -left 0 -width 128 photo.ppm | pamcomp -xoff 0 -yoff 96 - back.ppm > both.ppm
    "$TOOLS/photo_cd" < both.ppm | pamcut -left 1 -top 1 -width 254 -height 190 > scanned.ppm
    bswz -2 scanned.ppm
    bswz -lv scanned.ppm.bsw | grep -q PhotoYCC
    bswz -2 --no-origin -o rgb.bsw scanned.ppm
    for file in scanned.ppm.bsw rgb.bsw; do
        bswz --map --robot $file | awk -F '\t' '
            $1 == "tile" { bits[($2 >= 128) + 2 * ($3 >= 96)] += $6 }
            END { print bits[0], bits[1], bits[2], bits[3]
                  exit !(bits[2] > 1.2 * bits[0] && bits[2] > 1.2 * bits[1] && bits[2] > 1.2 * bits[3]) }'
    done
}

@test "a map is as large as its picture, and of one colour in each tile" {
    draw_square 203 141 3 255 > square.ppm
    bswz -3 square.ppm
    bswz --map square.ppm.bsw > map.png
    [[ $(file map.png) == *"203 x 141, 8-bit/color RGB"* ]]
    bswz --map --to=ppm < square.ppm.bsw > map.ppm
    pngtopam map.png | cmp - map.ppm
    /usr/bin/python3 - << 'END'
samples = open("map.ppm", "rb").read()[-203 * 141 * 3:]
tiles = {}
for y in range(141):
    for x in range(203):
        at = (y * 203 + x) * 3
        tiles.setdefault((x // 32, y // 32), set()).add(samples[at:at + 3])
assert all(len(colours) == 1 for colours in tiles.values())
light = {place: sum(colours.pop()) for place, colours in tiles.items()}
assert max(light, key=light.get) == (3, 1), light
END
    bswz --map --scale=1/8 --to=ppm square.ppm.bsw > small.ppm
    pamfile small.ppm | grep -q '26 by 18'
    pamscale -quiet -nomix -width 203 -height 141 small.ppm > /dev/null
}

@test "names of maps are like those of other results" {
    draw png rgb8 70 50 > a.png
    bswz -1 a.png
    bswz --map a.png.bsw > stdout.png
    [ "$(ls -- *)" = "$(printf 'a.png\na.png.bsw\nstdout.png')" ]
    bswz --map -o named.png a.png.bsw
    bswz --map -c a.png.bsw | cmp - named.png
    bswz --map --output-dir=maps a.png.bsw
    cmp maps/a.png.map.png named.png
    run -1 bswz --map --output-dir=maps a.png.bsw
    assert_message "already exists"
    bswz --map --output-dir=maps --to=ppm a.png.bsw
    bswz --map --output-dir=maps --robot a.png.bsw
    [ "$(ls maps)" = "$(printf 'a.png.map.png\na.png.map.ppm\na.png.map.tsv')" ]
    bswz --map - < a.png.bsw | cmp - named.png
    # as with -d, several pictures follow each other
    draw png rgb8 50 40 > b.png
    tar -cf all.tar a.png b.png
    bswz --exact all.tar
    bswz --map a.png.bsw all.tar.bsw > several
    [ "$(grep -ao IHDR several | wc -l)" -eq 3 ]
}

@test "-v explains the colours" {
    "$TOOLS/photo" 203 141 > photo.ppm
    bswz -3 photo.ppm
    run -0 --separate-stderr bswz --map -v -o map.png photo.ppm.bsw
    [ -z "$output" ]
    [[ ${stderr_lines[0]} =~ 203x141,\ 7x5\ tiles\ of\ [0-9.]+\ to\ [0-9.]+\ bits\ per\ pixel ]]
    [[ ${stderr_lines[1]} =~ blue\ +pyramid,\ RGB:\ 35\ tiles,\ 9[0-9.]+\ %\ of\ the\ bits ]]
}

@test "what cannot be mapped is an error, and leaves nothing" {
    echo text | bswz > text.bsw
    run -1 bswz --map -o map.png text.bsw
    assert_message "there is no picture in the stream"
    [ ! -e map.png ]
    "$TOOLS/photo" 100 80 | bswz -1 > photo.bsw
    head -c 3000 photo.bsw > cut.bsw
    run -1 bswz --map -o map.png cut.bsw
    [ ! -e map.png ]
    { head -c 2000 photo.bsw; printf 'damage'; tail -c +2007 photo.bsw; } > damaged.bsw
    run -1 bswz --map -o map.png damaged.bsw
    [ ! -e map.png ]
    run -1 bswz --map --rm -o map.png photo.bsw
    assert_message "--rm cannot be used with --map" 2
    run -1 bswz --map --rescue photo.bsw
    assert_message "--rescue can only be used with -d" 2
    run -1 bswz --map photo.ppm
    printf P5 > other
    run -1 bswz --map other
}
