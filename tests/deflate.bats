# SPDX-License-Identifier: MIT
# Deflate streams are coded by their content, wherever they are found, and come back byte for byte.
load helper

# Text that zstd packs much better than deflate, and that differs from file to file.
words() {
    seq "$1" "$2" | awk '{ printf "%d bottles of beer on the wall, %d bottles of beer, number %x\n", $1, $1 * 7 % 1000, $1 * $1 }'
}

# assert_streams FILE NUMBER: the number of deflate streams in a stream.
assert_streams() {
    [ "$(bswz -l --robot < "$1" | grep -c deflate)" -eq "$2" ]
}

@test "gzip members come back, with every option of gzip, one after another" {
    words 1 9000 > text
    gzip -1nc text > file.gz
    gzip -9c text >> file.gz
    gzip -6c < text >> file.gz
    assert_roundtrip file.gz
    assert_streams roundtrip.bsw 3
    # the text is stored once, not three times
    [ "$(wc -c < roundtrip.bsw)" -lt $(($(bswz < text | wc -c) + 600)) ]
    bswz -T4 < file.gz | cmp - roundtrip.bsw
    { head -c 1000 file.gz; sleep 0.2; tail -c +1001 file.gz; } | bswz | cmp - roundtrip.bsw
    bswz -v < file.gz 2>&1 > /dev/null | grep -q '^bswz: (stdin): gzip stream, by its content: '
}

@test "how a stream was deflated is found out where it tells, not where it holds noise" {
    "$TOOLS/photo" 240 180 | cjpeg -quality 95 > noise
    words 1 2000 > first
    words 2000 6000 > last
    cat first noise last > plain
    bswz < plain > plain.bsw
    for level in 1 3 4 6 8 9; do
        gzip -${level}nc plain > file.gz
        assert_roundtrip file.gz
        assert_streams roundtrip.bsw 1
        [ "$(size_of roundtrip.bsw)" -lt $(($(size_of plain.bsw) + 600)) ]
    done
}

@test "an archive of pictures that was packed well is coded all the same" {
    "$TOOLS/photo" 200 150 | cjpeg -quality 95 > a.jpg
    "$TOOLS/photo" 150 200 | pnmtopng > b.png 2> /dev/null
    tar -cf pictures.tar a.jpg b.png
    zopfli -c --i1 pictures.tar > pictures.tar.gz
    assert_roundtrip pictures.tar.gz
    assert_streams roundtrip.bsw 1
    [ "$(size_of roundtrip.bsw)" -lt $(($(size_of pictures.tar.gz) * 9 / 10)) ]
}

@test "small entries of an archive pay together, since they share one window" {
    /usr/bin/python3 - << 'END'
import zipfile, random
chance = random.Random(1)
words = ["".join(chance.choice("abcdefghijklmnop") for _ in range(chance.randint(3, 12))) for _ in range(400)]
with zipfile.ZipFile("small.jar", "w", zipfile.ZIP_DEFLATED) as archive:
    for number in range(150):
        archive.writestr("entry%d.txt" % number, " ".join(chance.choice(words) for _ in range(200)))
END
    assert_roundtrip small.jar
    [ "$(bswz -l --robot < roundtrip.bsw | grep -c deflate)" -ge 120 ]
    [ "$(size_of roundtrip.bsw)" -lt $(($(size_of small.jar) * 2 / 3)) ]
    bswz -T3 < small.jar | cmp - roundtrip.bsw
}

@test "streams that are alike, but take more in the end, do not make the stream grow" {
    /usr/bin/python3 - << 'END'
import zlib, random, base64
chance = random.Random(2)
with open("alike", "wb") as file:
    for number in range(120):
        text = base64.b64encode(chance.randbytes(600))
        for copy in range(1 + number % 2):
            file.write(zlib.compress(text[:500 + number] + b"%d" % copy, 9) + chance.randbytes(20))
END
    assert_roundtrip alike
    local size; size=$(size_of alike)
    [ "$(size_of roundtrip.bsw)" -le $((size + size / 1000 + 64)) ]
}

@test "ZIP archives, as Python writes them: documents, books, programs" {
    needs_modules zipfile
    "$TOOLS/draw" png rgb8 200 150 > picture.png
    words 1 4000 > one
    words 3000 9000 > two
    /usr/bin/python3 - << 'END'
import zipfile
with zipfile.ZipFile("file.docx", "w") as archive:
    archive.write("one", "mimetype", zipfile.ZIP_STORED)
    for level in range(10):
        archive.write("one", f"one{level}", zipfile.ZIP_DEFLATED, level)
        archive.write("two", f"two{level}", zipfile.ZIP_DEFLATED, level)
    archive.write("picture.png", "word/media/picture.png", zipfile.ZIP_DEFLATED)
END
    assert_roundtrip file.docx
    [ "$(wc -c < roundtrip.bsw)" -lt $(($(wc -c < file.docx) / 3)) ]
    bswz -lv < roundtrip.bsw > listing
    grep -q ' picture *200x150' listing # deflated twice, and still found
    [ "$(grep -c ' deflate  *-  *deflate ' listing)" -ge 15 ]
    bswz -v < file.docx 2>&1 > /dev/null | grep -q '^bswz: (stdin): two9: ZIP stream, by its content: '
    bswz -v < file.docx 2>&1 > /dev/null | grep -q '^bswz: (stdin): word/media/picture.png: PNG 200x150 '
}

@test "PDF streams and zlib streams anywhere" {
    words 1 6000 > text
    /usr/bin/python3 - << 'END'
import zlib
text = open("text", "rb").read()
with open("file.pdf", "wb") as pdf:
    pdf.write(b"%PDF-1.5\n1 0 obj <</Filter/FlateDecode>>\nstream\r\n" + zlib.compress(text[:100000], 9) + b"\nendstream\n")
    small = zlib.compressobj(9, zlib.DEFLATED, 12)
    pdf.write(b"2 0 obj <</Filter/FlateDecode>>\nstream\n" + small.compress(text[50000:]) + small.flush() + b"\nendstream\n")
with open("file", "wb") as some:
    for level in 1, 6, 9:
        some.write(b"pack" * level + zlib.compress(text, level))
END
    assert_roundtrip file.pdf
    assert_streams roundtrip.bsw 2
    assert_roundtrip file
    assert_streams roundtrip.bsw 3
}

@test "a gzipped archive of pictures gains as much as the archive itself" {
    "$TOOLS/photo" 200 150 > photo.ppm
    "$TOOLS/draw" png rgb8 80 64 > picture.png
    tar -cf pictures.tar photo.ppm picture.png
    gzip -9k pictures.tar
    assert_roundtrip pictures.tar.gz
    [ "$(wc -c < roundtrip.bsw)" -lt $(($(bswz < pictures.tar | wc -c) + 300)) ]
    # the pictures belong to the archive and keep their format, whatever is requested
    bswz -d --to=pam < roundtrip.bsw | cmp - pictures.tar.gz
    run -4 --separate-stderr bswz -d --scale=1/2 < roundtrip.bsw || [ "$status" -ne 0 ]

    # nested more deeply than is searched
    cp pictures.tar.gz deep
    for _ in 1 2 3 4 5 6; do
        gzip -1nc deep > deeper
        mv deeper deep
    done
    assert_roundtrip deep
}

@test "a gzip file of some megabytes takes as little as its content" {
    cat "$PROJECT"/src/*/*.[ch] > plain
    head -c 500000 /dev/urandom >> plain # more than a MiB is left of it, and 16 times as much would be a large input
    gzip -n plain -c > plain.gz
    assert_roundtrip plain.gz
    [ "$(size_of roundtrip.bsw)" -lt $(($(bswz < plain | wc -c) + 2000)) ]
}

@test "the codes of optimising writers are foreseen" {
    command -v libdeflate-gzip > /dev/null || skip "there is no libdeflate-gzip"
    local rebuilt size plain recipe
    cat "$PROJECT"/src/deflate/*.c "$PROJECT"/src/drawn/*.c > text
    libdeflate-gzip -12 -c text > text.gz
    read -r rebuilt size plain recipe _ < <("$TOOLS/deflate_rebuild" text.gz)
    [ "$rebuilt" = rebuilt ]
    [ "$plain" -eq "$(wc -c < text)" ]
    [ $((recipe * 200)) -lt "$size" ] # 0.35 %; twice as much if the codes of the block before are the guesses
    assert_roundtrip text.gz
    cat text text text > longer
    libdeflate-gzip -12 -c longer > longer.gz # blocks that go back to what is in other blocks
    assert_roundtrip longer.gz
}

@test "PNG files from optimisers come back from their pixels" {
    "$TOOLS/photo" 120 90 > photo.ppm
    pnmtopng photo.ppm > plain.png 2> /dev/null
    zopflipng -y plain.png zopfli.png > /dev/null
    optipng -quiet -o2 -out optipng.png plain.png
    local file
    for file in zopfli.png optipng.png; do
        bswz --exact < $file > stream
        bswz -d < stream | cmp - $file
        bswz -l --robot < stream | grep -q 'PNG.*bytes'
    done
}

@test "decompression bombs stay unchanged, and take no time" {
    head -c 40000000 /dev/zero | gzip -9 > bomb.gz
    assert_roundtrip bomb.gz
    assert_streams roundtrip.bsw 0
    for _ in $(seq 200); do head -c 2000000 /dev/zero | gzip -9n; done > bombs
    assert_roundtrip bombs
}

@test "damage to a deflate stream is an error, and a rescue keeps the rest in its place" {
    words 1 9000 > text
    { gzip -9nc text; echo end; } > file
    bswz < file > stream
    local size place
    size=$(wc -c < stream)
    for place in 30 60 $((size / 2)) $((size - 30)); do
        { head -c "$place" stream; printf '\252\125'; tail -c +$((place + 3)) stream; } > damaged
        run -1 --separate-stderr bswz -d < damaged
        run --separate-stderr bswz -d --rescue < damaged
        [ "$status" -ne 0 ]
    done
    head -c $((size / 2)) stream > shorter
    run -1 --separate-stderr bash -c "'$BSWZ' -d < shorter > out"
    # lost parts keep their length if it is known
    run --separate-stderr bash -c "'$BSWZ' -d --rescue < shorter > out"
    [ "$(wc -c < out)" -ge "$(gzip -9nc text | head -c -8 | wc -c)" ]
}
