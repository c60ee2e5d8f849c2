# SPDX-License-Identifier: MIT
# The format as described in bsw(5): a decoder that follows the page (decode.py), and the examples of the page.
load helper

# assert_decoded OPTION...: `file` also comes back through the other decoder.
assert_decoded() {
    bswz "$@" < file > file.bsw
    bswz -d < file.bsw > expected
    cmp file expected
    /usr/bin/python3 "$PROJECT/tests/decode.py" < file.bsw > decoded
    cmp expected decoded
}

# assert_coded NAME: the last stream spends most of its bits on this share.
assert_coded() {
    bswz -l --robot -v < file.bsw | awk -F '\t' -v name="$1" '
        $1 == "share" { total += $3; part += $2 == name ? $3 : 0 }
        END { exit !(2 * part > total) }'
}

# noise BYTES SEED: the same in every call.
noise() {
    /usr/bin/python3 -c 'import random, sys
sys.stdout.buffer.write(random.Random(int(sys.argv[2])).randbytes(int(sys.argv[1])))' "$@"
}

# repeated BYTES: noise, five times in a row, which zstd compresses best.
repeated() {
    noise "$1" 1 > once
    cat once once once once once
}

@test "bytes come back through a decoder that follows bsw(5)" {
    local level
    : > file
    assert_decoded
    printf hello > file
    assert_decoded
    assert_coded headers
    noise 100000 1 > a
    cat "$PROJECT/README.md" a a "$PROJECT/man/bsw.5" a > file
    for level in 1 5 9; do
        assert_decoded -$level
        assert_coded bytes
    done
    noise 5000000 2 > file # two frames
    assert_decoded -1
    assert_coded bytes
    printf 'one ' | bswz > streams
    printf 'two' | bswz >> streams
    head -c 100 /dev/zero >> streams
    [ "$(/usr/bin/python3 "$PROJECT/tests/decode.py" < streams)" = 'one two' ]
}

@test "stored pictures come back through it" {
    local type
    for type in grey greyalpha rgb rgba rgb16 rgba16; do
        draw pam "$type" 21 10 noise > file
        assert_decoded
        assert_coded stored
    done
    printf 'P7\nWIDTH 1500\nHEIGHT 1500\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n' > file
    noise 2250000 1 >> file
    assert_decoded -1 # several bands
    assert_coded stored
    head -c 1800000 file > short # one whole band, and a part of the next
    mv short file
    assert_decoded -1
}

@test "pictures packed by zstd come back through it" {
    { printf 'P5\n# comment\n100 60 255\n' && repeated 1200; } > file
    assert_decoded
    assert_coded zstd
    { printf 'P6\n50 60\n65535\n' && repeated 3600; } > file
    assert_decoded
    assert_coded zstd
    convert file -compress None -endian MSB big.tif
    convert file -compress None -endian LSB little.tif
    { printf 'P4\n200 200\n' && repeated 1000; } > file
    assert_decoded -1
    assert_coded zstd
    convert file -compress None bits.tif
    { printf 'P6\n61 60\n255\n' && repeated 2196; } > file
    convert file -compress None -define bmp:format=bmp3 colour.bmp # upside down, blue first, rows padded
    for file in big.tif little.tif bits.tif colour.bmp; do
        mv "$file" file
        assert_decoded
        assert_coded zstd
    done
    repeated 2400 > file
    assert_decoded --raw=50x60x4
    assert_coded zstd
}

@test "reductions as bsw(5) describes them are undone by both" {
    local kind
    for kind in 1 2 3; do
        /usr/bin/python3 - "$PROJECT/tests" "$kind" > file.bsw << 'END'
import ctypes, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import decode, decode_fields

def varint(number):
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])

def zstd(data):
    room = ctypes.create_string_buffer(len(data) + 1000)
    size = decode_fields.ZSTD.ZSTD_compress(room, ctypes.c_size_t(len(room)), data, ctypes.c_size_t(len(data)), 3)
    return room.raw[:size]

def checked(data):
    return data + (decode.xxh3(data) & 0xffffffff).to_bytes(4, "little")

kind, width, height = int(sys.argv[2]), 20, 30
coded = bytes(i * i // 7 % 5 for i in range(width * height))
table = [0, 1, 200, 65000, 65535]
if kind == 1:
    samples, data = [257 * c for c in coded], b""
elif kind == 2:
    samples = [table[c] for c in coded]
    steps = b"\x04" + varint(table[0]) + b"".join(varint(b - a - 1) for a, b in zip(table, table[1:]))
    data = varint(len(steps)) + b"\x00" + steps
else: # ten bits, of which the lower two are 0, 1, 2, 3, 0 ...
    samples, data = [c << 2 | i % 4 for i, c in enumerate(coded)], b"\x00" + b"\xe4" * (width * height // 4)
shape = b"\x24\x14\x1e\xff\x03" if kind == 3 else b"\x04\x14\x1e"
payload = data + zstd(coded)
header = bytes([decode.COMPRESSED | kind << 4]) + varint(len(payload))
restored = b"".join(sample.to_bytes(2, "little") for sample in samples)
frame = header + decode.xxh3(restored, decode.xxh3(header)).to_bytes(8, "little") + payload
page = open(sys.argv[1] + "/../man/bsw.5")
version = next(int(line.split()[1]) for line in page if line.startswith("version: "))
picture = checked(bytes([decode.PAM]) + shape)
sys.stdout.buffer.write(checked(decode.MAGIC + bytes([version, 0, 2]) + picture + frame + b"\x00\x00"))
END
        bswz -d < file.bsw > expected
        /usr/bin/python3 "$PROJECT/tests/decode.py" < file.bsw | cmp - expected
        [ "$(wc -c < expected)" -gt 1200 ]
    done
}

# assert_planes ORIGIN OPTION...: `file` comes back through the other decoder, with that origin.
assert_planes() {
    local origin=$1
    shift
    assert_decoded "$@"
    bswz -lv file.bsw | awk -v origin="$origin" 'NR == 2 { exit $7 != origin }'
}

@test "planes coded with a model come back through it" {
    needs_modules numpy
    "$TOOLS/photo" 90 71 > photo
    cp photo file # odd sizes; with corrections, and without
    assert_planes RGB -2
    assert_planes RGB -5 --model="$PROJECT/models/default.bsm" --no-origin
    pamcut -width 61 -height 40 photo > file
    assert_planes RGB -2 --model=fast
    pamcut -width 64 -height 64 photo > file # latents alone
    BSWZ_MODEL_PATH=$PROJECT/models assert_planes RGB --model=rgb-l2
    pamcut -width 45 -height 39 photo > file # and on smaller and smaller grids, with odd edges
    BSWZ_MODEL_PATH=$PROJECT/models assert_planes RGB --model=rgb-p4
    # whose coefficients cannot be found: scaled by the decoder, and by another transform
    "$TOOLS/photo" 180 142 | cjpeg -quality 92 -sample 1x1 | djpeg -pnm -scale 1/2 > file
    assert_planes JFIF -2
    cjpeg -quality 92 -sample 2x2 photo | djpeg -pnm -dct fast > file
    assert_planes JFIF -2
    pamflip -lr file > mirrored # with the chroma of odd columns
    pamcut -left 1 mirrored > file
    assert_planes JFIF -2
    /usr/bin/python3 -c 'import sys
data = bytearray(sys.stdin.buffer.read())
data[100::2503] = (byte ^ 3 for byte in data[100::2503])
sys.stdout.buffer.write(data)' < mirrored > file # exceptions
    assert_planes JFIF -2
    pamcut -width 90 -height 70 photo | "$TOOLS/photo_cd" > file
    assert_planes PhotoYCC -2
    ppmtopgm photo > file
    assert_planes grey -2
    cjpeg -quality 60 -grayscale photo | djpeg -pnm > decoded # and, with too many errors for its coefficients, on a grid
    /usr/bin/python3 -c 'import sys
data = bytearray(sys.stdin.buffer.read())
data[100::17] = (byte ^ 1 for byte in data[100::17])
sys.stdout.buffer.write(data)' < decoded > file
    assert_planes grey -2
}

# assert_blended CHANNELS: the planes of the last stream are blended, as the byte with the phase says.
assert_blended() {
    /usr/bin/python3 -B - "$PROJECT/tests" "$1" << 'END' 3< file.bsw
import sys
sys.path.insert(0, sys.argv[1])
import decode
cursor = decode.Cursor(open(3, "rb").read())
cursor.take(11)  # up to the kind of the first segment
decode.Picture(cursor, None)
assert cursor.number(1) == decode.PLANES
cursor.take(1), cursor.varint(), cursor.take(8)
if sys.argv[2] == "1":
    assert cursor.number(1) == 1  # not a drawing
assert cursor.number(1) >= 128
END
}

@test "blended levels come back through it" {
    needs_modules numpy
    "$TOOLS/photo" 33 28 > file
    assert_decoded -9 --model=fast
    assert_blended 3
    "$TOOLS/photo" 64 64 | ppmtopgm > file # with corrections
    assert_decoded -9 --model=fast --no-origin
    assert_blended 1
    "$TOOLS/photo" 40 33 7 | "$TOOLS/photo_cd" > file # with half-resolution chroma
    assert_decoded -9 --model=fast
    assert_blended 3
}

@test "pixels coded as JPEG coefficients come back through it" {
    needs_modules numpy
    local sampling
    "$TOOLS/photo" 110 90 > photo
    for sampling in 1x1 2x1 1x2 2x2; do
        cjpeg -quality 85 -sample $sampling photo | djpeg -pnm > file
        assert_planes JPEG
    done
    assert_planes JPEG -9
    pamcut -left 5 -top 3 file > cropped
    mv cropped file # in the middle of a grid
    assert_planes JPEG
    cjpeg -quality 60 -grayscale photo | djpeg -pnm > file
    assert_planes JPEG
    /usr/bin/python3 -c 'import sys
data = bytearray(sys.stdin.buffer.read())
data[100::3001] = (byte ^ 3 for byte in data[100::3001])
sys.stdout.buffer.write(data)' < file > changed
    mv changed file # exceptions
    assert_planes JPEG
}

@test "drawings of up to two colours come back through it" {
    needs_modules numpy
    "$TOOLS/photo" 70 50 > photo
    ppmtopgm photo | pamditherbw -threshold | pamtopnm > file # with five templates
    assert_decoded -3
    assert_coded drawn
    pnmquant -nofloyd 2 photo > file 2> message # with ten
    assert_decoded -5
    assert_coded drawn
    ppmmake rgb:20/40/60 40 30 > file
    assert_decoded
    "$TOOLS/photo" 110 90 | cjpeg | djpeg -pnm > colours # with a mask as alpha
    ppmtopgm colours | pamthreshold -simple -threshold 0.5 | pamtopnm | pamdepth 255 > mask 2> message
    pamstack -quiet -tupletype RGB_ALPHA colours mask > file
    assert_planes JPEG
}

@test "deflate streams come back through it" {
    local level
    seq 1 400 | awk '{ printf "%d bottles of beer on the wall, %d bottles, number %x\n", $1, $1 * 7 % 1000, $1 * $1 }' > text
    for level in 1 3 6 9; do
        gzip -n$level < text > file
        assert_decoded
        bswz -l --robot < file.bsw | grep -q deflate
    done
    zopfli -c text >> file # the shortest path, with what has been saved already
    assert_decoded
    [ "$(bswz -l --robot < file.bsw | grep -c deflate)" -eq 2 ]
    /usr/bin/python3 -c 'import sys, zlib
text = open("text", "rb").read()
for strategy in zlib.Z_FIXED, zlib.Z_FILTERED, zlib.Z_RLE:
    packer = zlib.compressobj(6, strategy=strategy)
    sys.stdout.buffer.write(b"x" + packer.compress(text[:9000]) + packer.flush(zlib.Z_FULL_FLUSH) +
                            packer.compress(text[9000:]) + packer.flush())' > file # several blocks, and empty stored ones
    assert_decoded
    bswz -l --robot < file.bsw | grep -q deflate
}

@test "drawings of many colours come back through it" {
    needs_modules numpy
    local level
    "$TOOLS/photo" 120 75 > photo
    pamcut -width 40 -height 30 photo | pnmquant -nofloyd 12 > small 2> message
    pamscale -nomix 2 small > file 2> message # flat surroundings
    for level in 2 5 9; do
        assert_decoded -$level
        assert_coded drawn
    done
    shapes rgb 60 48 > file # samples, in different orders
    assert_decoded -2
    assert_coded drawn
    shapes rgba 30 24 > file
    assert_decoded -9
    assert_coded drawn
    shapes greyalpha 30 24 > file
    assert_decoded -5
    assert_coded drawn
    tiles > file # repeats
    assert_decoded -5
    assert_coded drawn
}

# shapes TYPE WIDTH HEIGHT: rectangles with gradients, and a few pixels of noise.
shapes() {
    /usr/bin/python3 - "$@" << 'END'
import random, sys
kinds = {"grey": 1, "greyalpha": 2, "rgb": 3, "rgba": 4}
names = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}
channels, width, height = kinds[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(7)
rows = [[[250] * channels for _ in range(width)] for _ in range(height)]
for _ in range(8):
    left, top, right, bottom = (chance.randrange(n) for n in (width, height, width, height))
    colour = [chance.randrange(256) for _ in range(channels)]
    for y in range(top, bottom):
        for x in range(left, right):
            rows[y][x] = [(one + 3 * x + y * c) % 256 for c, one in enumerate(colour)]
for _ in range(width * height // 20):
    rows[chance.randrange(height)][chance.randrange(width)] = [chance.randrange(256) for _ in range(channels)]
header = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL 255\nTUPLTYPE {names[channels]}\nENDHDR\n"
sys.stdout.buffer.write(header.encode() + bytes(sample for row in rows for pixel in row for sample in pixel))
END
}

# The same noise again and again, each time brighter than to the left.
tiles() {
    /usr/bin/python3 - << 'END'
import random, sys
noise = random.Random(5)
tile = [[[noise.randrange(200) for _ in range(3)] for _ in range(40)] for _ in range(20)]
rows = [[[sample + x // 40 * 9 for sample in tile[y % 20][x % 40]] for x in range(120)] for y in range(50)]
sys.stdout.buffer.write(b"P6\n120 50\n255\n" + bytes(sample for row in rows for pixel in row for sample in pixel))
END
}

@test "mixed pictures come back through it" {
    needs_modules numpy
    "$TOOLS/photo" 96 96 > half
    pnmquant -nofloyd 12 half 2> message | pnmcat -lr half - > file
    mv file colour
    ppmtopgm colour > file
    cp file grey
    assert_decoded -2
    bswz -lv file.bsw | grep -q mixed
    pamthreshold -simple -threshold 0.4 grey | pamtopnm | pamdepth 255 > mask 2> message
    pamstack -quiet -tupletype RGB_ALPHA colour mask > file
    assert_decoded -2
    bswz -lv file.bsw | grep -q mixed
}

@test "deep samples come back through it" {
    local level type
    for level in 2 5 9; do
        draw pnm pgm16 33 20 > file
        assert_decoded -$level
        assert_coded deep
    done
    for type in rgb16 rgba16; do
        draw pam $type 24 12 > file
        assert_decoded
        assert_coded deep
    done
    "$TOOLS/photo" 40 30 | ppmtopgm > file # one byte
    assert_decoded
    assert_coded deep
    pamdepth 1023 < file > ten
    pamdepth 65535 < ten > file # a grid
    assert_decoded
    assert_coded deep
    { printf 'P7\nWIDTH 40\nHEIGHT 30\nDEPTH 2\nMAXVAL 65535\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n' &&
        tail -c 2400 file | /usr/bin/python3 -c 'import sys
grey = sys.stdin.buffer.read()
for i in range(1200): # half of it transparent, and black there; a list of values
    is_seen = i % 40 > 20
    value = int.from_bytes(grey[2 * i:2 * i + 2], "big") // 3000 ** is_seen
    sys.stdout.buffer.write((value * value % 50000 * is_seen).to_bytes(2, "big") + bytes([255 * is_seen] * 2))'; } > alpha
    mv alpha file
    assert_decoded
    /usr/bin/python3 - > file << 'END'
import random, sys
noise = random.Random(5) # every other row has 12 bits
values = [noise.randrange(9000, 15000) & (-16 if i // 32 % 2 else -1) for i in range(32 * 40)]
sys.stdout.buffer.write(b"P5\n32 40\n65535\n" + b"".join(value.to_bytes(2, "big") for value in values))
END
    assert_decoded
    assert_coded deep
    [ "$(stat -c %s file.bsw)" -lt $((32 * 40 * 12 / 8)) ] # 12.6 bits are in each, unless it knows
}

# slices TYPE WIDTH HEIGHT MAXVAL: three PAM pictures of the same noise, with a little more of it in each.
slices() {
    /usr/bin/python3 - "$@" << 'END'
import random, sys
noise, (kind, *numbers) = random.Random(3), sys.argv[1:]
(width, height, most), channels = map(int, numbers), 1 + 2 * ("RGB" in kind) + ("ALPHA" in kind)
count = width * height * channels
size, first = most.bit_length() // 8, [noise.gauss(0.4, 0.1) for _ in range(count)]
for brighter in range(3):
    values = [round(most * max(0, min(1, v + brighter / 99 + noise.gauss(0, 0.003)))) for v in first]
    sys.stdout.buffer.write(f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL {most}\n".encode() +
                            f"TUPLTYPE {kind}\nENDHDR\n".encode() + b"".join(v.to_bytes(size, "big") for v in values))
END
}

# frames COLOURS: three PPM pictures of the same dots, with something in another place of each.
frames() {
    /usr/bin/python3 - "$@" << 'END'
import random, sys
chance, width, height = random.Random(7), 40, 30
colours = [[chance.randrange(256) for _ in range(3)] for _ in range(int(sys.argv[1]))]
page = [[250] * 3 for _ in range(width * height)]
for _ in range(width * height // 3):
    page[chance.randrange(width * height)] = chance.choice(colours)
for frame in range(3):
    shown = list(page)
    for y in range(5):
        for x in range(6):
            shown[(3 + 2 * frame + y) * width + 4 + 3 * frame + x] = [40 * frame, 20 * x, 20 * y]
    sys.stdout.buffer.write(b"P6\n%d %d\n255\n" % (width, height) + bytes(v for colour in shown for v in colour))
END
}

# assert_refers FACTOR OPTION...: the pictures in `file`, of equal size, come back, and take less than FACTOR per cent of
# what the first one takes three times.
assert_refers() {
    local factor=$1
    shift
    assert_decoded "$@"
    [ "$(stat -c %s file.bsw)" -lt "$(($(head -c "$(($(stat -c %s file) / 3))" file | bswz "$@" | wc -c) * 3 * factor / 100))" ]
}

@test "pictures that refer to earlier ones come back through it" {
    slices GRAYSCALE 20 16 65535 > file
    assert_refers 90 -9
    assert_coded deep
    slices GRAYSCALE 20 16 255 > file
    assert_refers 75
    slices GRAYSCALE_ALPHA 20 14 65535 > file
    assert_refers 90
    slices RGB 20 14 65535 > file
    assert_refers 90
    assert_coded deep
    frames 3 > file # a palette
    assert_refers 75
    assert_coded drawn
    frames 2000 > file # samples
    assert_refers 60 -2
    assert_refers 60 -9
    assert_coded drawn
    split -b "$(($(stat -c %s file) / 3))" file frame. # indices, in an archive, and streams of bytes in between
    for frame in frame.a?; do
        convert "$frame" -colors 7 "PNG8:$frame.png"
    done
    tar -cf indices frame.a?.png
    head -c 5000 /dev/zero | tr '\0' x | cat frame.aa - frame.ab indices frame.ac > file
    assert_decoded
}

@test "GIF files come back through it" {
    "$TOOLS/draw_gif" still 60 40 6 > file
    assert_decoded
    "$TOOLS/draw_gif" animation 60 40 4 5 > file
    assert_decoded
    "$TOOLS/draw_gif" tables 60 40 5 4 > file
    assert_decoded
    "$TOOLS/photo" 60 40 | pnmquant 40 2> message | pamtogif -interlace > file 2> message
    assert_decoded
    bswz -l --robot < file.bsw | grep -qi gif
}

# A document with the rows of a PPM file of 120 x 90 pixels, filtered as in PNG.
filtered_pdf() {
    /usr/bin/python3 -c 'import sys, zlib
pixels, rows, above = sys.stdin.buffer.read()[-32400:], b"", bytes(360)
for y in range(90):
    row, kind = pixels[360 * y:360 * y + 360], y % 5
    rows += bytes([kind])
    for i, value in enumerate(row):
        a, b, c = row[i - 3] if i > 2 else 0, above[i], above[i - 3] if i > 2 else 0
        paeth = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
        rows += bytes([value - (0, a, b, (a + b) // 2, paeth)[kind] & 255])
    above = row
rows = zlib.compress(rows)
sys.stdout.buffer.write(b"%PDF-1.5\n1 0 obj\n<< /Type /XObject /Subtype /Image /Filter /FlateDecode /Width 120 " +
    b"/Height 90 /BitsPerComponent 8 /ColorSpace /DeviceRGB /DecodeParms << /Predictor 15 /Colors 3 /Columns 120 >> " +
    f"/Length {len(rows)} >>\nstream\n".encode() + rows + b"\nendstream\nendobj\n")'
}

@test "files that contain pictures come back through it" {
    local options
    "$TOOLS/photo" 40 30 > photo
    for options in '-compress LZW' '-compress RLE' '-compress Zip' '-depth 16 -compress LZW' \
        '-define tiff:tile-geometry=16x16' '-interlace plane -compress None' \
        '-depth 32 -define quantum:format=floating-point -compress LZW'; do
        # shellcheck disable=SC2086 # several options
        convert photo $options file.tif
        mv file.tif file
        assert_decoded -2
        bswz -l --robot < file.bsw | grep -q pages
    done
    "$TOOLS/photo" 240 180 | ppmtopgm | pamthreshold -simple -threshold 0.5 2> message | pamtopnm > bitmap
    convert bitmap -compress None bitmap.tif
    for options in g3:1d g3:2d:fill g4; do
        tiffcp -c $options -r 50 bitmap.tif file
        assert_decoded -2
        bswz -l --robot < file.bsw | grep -q pages
    done
    tiffcp -c g4 -r 200 bitmap.tif g4.tif
    tiff2pdf -o file g4.tif
    assert_decoded -2
    bswz -l --robot < file.bsw | grep -q pages
    "$TOOLS/photo" 60 40 > photo
    convert photo -compress None photo.tif
    for options in '-r 16' '-8 -t -w 32 -l 32'; do # alone, and joined
        # shellcheck disable=SC2086 # several options
        tiffcp -c jpeg:90 $options photo.tif file
        assert_decoded
        bswz -l --robot < file.bsw | grep -q pages
    done
    "$TOOLS/photo" 120 90 | filtered_pdf > file
    assert_decoded -2
    bswz -l --robot < file.bsw | grep -q pages
    convert photo -colors 16 -type palette -compress RLE BMP3:file.bmp
    mv file.bmp file
    assert_decoded -2
    pnmtoplainpnm photo > file
    assert_decoded -2
    bswz -l --robot < file.bsw | grep -q pages
    convert photo -depth 32 -define quantum:format=floating-point -compress Zip file.tif # zstd begins twice
    mv file.tif file
    assert_decoded -2
}

@test "PNG files come back through it" {
    local type
    "$TOOLS/photo" 60 40 > photo
    pnmtopng photo > file 2> message
    zopflipng --iterations=1 file described.png > message
    pnmtopng -interlace -compression 4 photo > interlaced.png 2> message
    pnmtopng -compression 0 photo > stored.png 2> message
    for type in palette4 grey16 grey1; do
        draw png $type 33 21 chunks > $type.png
    done
    for file in *.png; do
        mv "$file" file
        assert_decoded --exact -2
        bswz -l --robot < file.bsw | grep -q PNG
    done
    draw png palette4 33 21 transparent > file # pixels
    bswz < file > file.bsw
    bswz -d --to=pam < file.bsw > expected
    /usr/bin/python3 "$PROJECT/tests/decode.py" < file.bsw | cmp expected -
}

@test "JPEG files come back through it" {
    needs_modules numpy
    local options
    "$TOOLS/photo" 70 50 > photo
    for options in '-quality 90' '-progressive -sample 1x1' '-optimize -restart 2 -sample 2x1' '-grayscale'; do
        # shellcheck disable=SC2086 # several options
        cjpeg $options photo > file
        assert_decoded
        bswz -l --robot < file.bsw | grep -q DCT
        assert_decoded -9
    done
    cjpeg -quality 85 photo > whole
    pamcut -width 40 -height 30 photo | cjpeg > thumbnail
    /usr/bin/python3 -c 'import sys
file, thumbnail = (open(name, "rb").read() for name in ("whole", "thumbnail"))
body = b"Exif" + bytes(40) + thumbnail + b"and" + thumbnail + b"end"
sys.stdout.buffer.write(file[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + file[2:])' > file
    assert_decoded
    [ "$(stat -c %s file.bsw)" -lt "$(stat -c %s whole)" ] # neither thumbnail is among its bytes
    cjpeg -quality 85 -restart 2B photo | /usr/bin/python3 -c 'import sys
file = sys.stdin.buffer.read()
sys.stdout.buffer.write(file[:file.index(b"\xff\xd2") + 5] + file[file.index(b"\xff\xd4") - 3:])' > file # a gap
    assert_decoded
    bswz -l --robot < file.bsw | grep -q DCT
    head -c "$(($(stat -c %s whole) / 2))" whole > file
    assert_decoded
    bswz -l --robot < file.bsw | grep -q DCT
}

@test "golden streams come back through it" { # alpha and rgb-9 take too long
    needs_modules numpy
    local name
    for name in drawn drawn-2 drawn-9 grey bitmap deep gif series mixed rgb jfif planes-2 jpeg jpeg-9 archive; do
        /usr/bin/python3 "$PROJECT/tests/decode.py" < "$PROJECT/tests/golden/$name.bsw" > decoded
        grep -q "^$(sha256sum < decoded | cut -c -64)  $name\$" "$PROJECT/tests/golden/SHA256"
    done
}

@test "damaged streams are errors" {
    printf hello | bswz > good
    for at in 0 8 10 11 12 15 22 26 28 30; do
        { head -c "$at" good && printf '\377' && tail -c "+$((at + 2))" good; } > bad
        run ! /usr/bin/python3 "$PROJECT/tests/decode.py" < bad
        run -1 bswz -t < bad
    done
}

# The bytes of example NUMBER of bsw(5).
example() {
    awk -v wanted="$1" '
        /^\.Ss / { inside = /Examples/ }
        inside && /^\.Bd/ { number++ }
        inside && number == wanted && /^[0-9A-F][0-9A-F] / { print substr($0, 1, 24) }' "$PROJECT/man/bsw.5" |
        tr A-F a-f | tr -s ' \n' ' '
}

@test "the examples of bsw(5) are what bswz writes" {
    printf hello | bswz | od -An -v -tx1 | tr -s ' \n' ' ' > written
    diff <(example 1) <(sed 's/^ //' written)
    printf 'P7\nWIDTH 2\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nbiswap' |
        bswz | od -An -v -tx1 | tr -s ' \n' ' ' > written
    diff <(example 2) <(sed 's/^ //' written)
    ppmmake rgb:20/40/60 40 30 | bswz | od -An -v -tx1 | tr -s ' \n' ' ' > written
    diff <(example 3) <(sed 's/^ //' written)
    sed -n 's/^    0000[0-9a-f]*: \([0-9a-f ]*\)  .*/\1/p' "$PROJECT/doc/format.md" | tr -d ' \n' > dumped
    printf hello | bswz | od -An -v -tx1 | tr -d ' \n' | cmp - dumped
    /usr/bin/python3 - "$PROJECT" << 'END'
import re, sys
sys.path.insert(0, sys.argv[1] + "/tests")
sys.dont_write_bytecode = True
import decode_adaptive, decode_drawn
page = open(sys.argv[1] + "/man/bsw.5").read()
payload = re.search("^([0-9A-F ]+)  the payload$", page, re.MULTILINE).group(1)
listed, taken = page[page.index("The decisions are"):], []

class Decisions(decode_adaptive.Decisions):
    def decide(self, *probability):
        taken.append(super().decide(*probability))
        return taken[-1]

decode_drawn.Decisions = Decisions
decode_drawn.decode_drawing(bytes.fromhex(payload), 40, 30, 3, False)
listed = "".join(re.findall("^([01]+)  +[a-z]", listed, re.MULTILINE))
assert listed == "".join(map(str, taken)), listed
END
}
