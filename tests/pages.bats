# SPDX-License-Identifier: MIT
# Files whose pictures are in several pages, in strips or tiles, compressed or not, are coded by these pictures and come
# back byte for byte, whatever wrote them.
load helper

# assert_by_pages FILE FORMAT [MOST]: it comes back, is coded by its pictures, none of its pieces is kept, and it takes
# no more bytes than MOST.
assert_by_pages() {
    echo "$1"
    assert_roundtrip "$1"
    bswz -v < "$1" 2> notices > /dev/null
    grep "^bswz: (stdin): $2 .*, by its pictures: " notices
    ! grep 'kept as bytes' notices
    bswz -l --robot < roundtrip.bsw | grep -q pages
    [ -z "$3" ] || [ "$(size_of roundtrip.bsw)" -le "$3" ]
}

# limit PICTURE [PARTS]: what a picture takes, and what may come on top of it for each of PARTS.
limit() {
    echo $(($(bswz < "$1" | wc -c) + 400 + 150 * ${2:-1}))
}

@test "TIFF strips, tiles and planes with each compression of libtiff" {
    "$TOOLS/photo" 200 150 > photo.ppm
    pamtotiff -none photo.ppm > a.tiff
    local most; most=$(limit photo.ppm 4)
    for compression in packbits lzw lzw:2 zip zip:2; do
        tiffcp -c $compression -r 64 a.tiff strips.tiff
        assert_by_pages strips.tiff TIFF "$most"
        tiffcp -c $compression -r 64 -p separate -B a.tiff planes.tiff
        assert_by_pages planes.tiff TIFF $((most + 150 * 6))
        tiffcp -c $compression -t -w 64 -l 64 a.tiff tiles.tiff
        assert_by_pages tiles.tiff TIFF
    done
    tiffcp -c none -t -w 64 -l 64 a.tiff tiles.tiff
    assert_by_pages tiles.tiff TIFF
    bswz -T4 < tiles.tiff | cmp - <(bswz -T1 < tiles.tiff)
}

@test "TIFF with 1, 8 and 16 bits, palettes, and several pages" {
    "$TOOLS/photo" 200 150 > photo.ppm
    pnmdepth 65535 photo.ppm | pamtotiff -none > deep.tiff
    pnmquant 60 photo.ppm | pamtotiff -none > palette.tiff
    ppmtopgm photo.ppm | pamtotiff -none > grey.tiff
    for compression in packbits lzw:2 zip; do
        for file in deep palette grey; do
            tiffcp -c $compression $file.tiff b.tiff
            assert_by_pages b.tiff TIFF
        done
    done
    tiffcp -c lzw palette.tiff grey.tiff deep.tiff pages.tiff
    assert_by_pages pages.tiff TIFF
    grep -q ': 3 pages in ' notices
    [ "$(bswz -l --robot < roundtrip.bsw | grep -c picture)" -eq 3 ]
    tiffcp grey.tiff palette.tiff plain.tiff
    assert_by_pages plain.tiff TIFF
    # in an archive, and deflated once more
    tar -cf pages.tar pages.tiff photo.ppm
    gzip -k pages.tar
    assert_roundtrip pages.tar
    [ "$(bswz -l --robot < roundtrip.bsw | grep -c picture)" -eq 4 ]
    assert_roundtrip pages.tar.gz
    [ "$(bswz -l --robot < roundtrip.bsw | grep -c picture)" -eq 4 ]
}

@test "JPEG strips and tiles are coded by coefficients, as one file, and BigTIFF" {
    "$TOOLS/photo" 400 300 > photo.ppm
    pamtotiff -none photo.ppm > a.tiff
    ppmtopgm photo.ppm | pamtotiff -none > grey.tiff
    cjpeg -quality 90 photo.ppm > a.jpg
    local most file; most=$(($(limit a.jpg) + 300))
    for options in "-r 16" "-r 64" "-8 -r 32" "-B -r 48"; do
        # shellcheck disable=SC2086 # words
        tiffcp -c jpeg:90 $options a.tiff strips.tiff
        assert_by_pages strips.tiff TIFF $most
        [ "$(bswz -lv --robot < roundtrip.bsw | grep -c $'\tDCT\t')" -eq 1 ]
    done
    tiffcp -8 -c jpeg:90 -t -w 64 -l 64 a.tiff tiles.tiff
    assert_by_pages tiles.tiff TIFF $((most * 3 / 2))
    tiffcp -c jpeg:90:r -p separate -r 64 a.tiff planes.tiff
    assert_roundtrip planes.tiff
    tiffcp -c jpeg:80 -r 64 grey.tiff a.tiff both.tiff
    assert_by_pages both.tiff TIFF
    grep -q ': 2 pages in ' notices
    tiffcp -8 -c none a.tiff b.tiff
    assert_roundtrip b.tiff
    bswz -v < b.tiff 2>&1 > /dev/null | grep -q 'TIFF 400x300 RGB'
    for compression in lzw:2 zip; do
        tiffcp -8 -c $compression a.tiff b.tiff
        assert_by_pages b.tiff TIFF
    done
    tar -cf all.tar strips.tiff b.tiff both.tiff
    gzip -k all.tar
    for file in all.tar all.tar.gz; do
        assert_roundtrip $file
        [ "$(bswz -l --robot < roundtrip.bsw | grep -c pages)" -eq 3 ]
    done
}

@test "pictures of PDF documents that are deflated rows, filtered or not" {
    "$TOOLS/photo" 200 150 > photo.ppm
    /usr/bin/python3 - << 'END'
import zlib
def rows(pixels, size, step, filtered):
    out, above = b"", bytes(size)
    for y in range(0, len(pixels), size):
        row = pixels[y:y + size]
        left = bytes(step) + row[:-step]
        kind = (y // size) % 3 if filtered else 0
        guess = (bytes(size), left, above)[kind]
        out += bytes([kind] if filtered else []) + bytes((a - b) & 255 for a, b in zip(row, guess))
        above = row
    return out

def pdf(name, dictionary, content):
    stream = zlib.compress(content)
    open(name, "wb").write(
        b"%PDF-1.5\n1 0 obj\n<< /Type /XObject /Subtype /Image /Filter /FlateDecode " + dictionary +
        b" /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream\nendobj\n%%EOF\n")

rgb = open("photo.ppm", "rb").read()[-90000:]
size = b"/Width 200 /Height 150 /BitsPerComponent 8 /ColorSpace /DeviceRGB"
pdf("plain.pdf", size, rgb)
pdf("png.pdf", size + b" /DecodeParms << /Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns 200 >>",
    rows(rgb, 600, 3, True))
pdf("tiff.pdf", size + b" /DecodeParms << /Predictor 2 /Colors 3 /Columns 200 >>",
    b"".join(bytes((a - b) & 255 for a, b in zip(rgb[y:y + 600], bytes(3) + rgb[y:y + 597])) for y in range(0, 90000, 600)))
pdf("wrong.pdf", b"/Width 20000 /Height 15000 /BitsPerComponent 8", rgb)
pdf("huge.pdf", b"/Width 65535 /Height 65535 /BitsPerComponent 16 /Colors 4 /Predictor 15", rgb)
END
    local file most; most=$(($(limit photo.ppm) + 300))
    for file in plain png tiff; do
        assert_roundtrip $file.pdf
        [ "$(size_of roundtrip.bsw)" -le $most ]
        bswz -v < $file.pdf 2>&1 > /dev/null | grep -q 'rows 200x150, by its pictures: '
    done
    assert_roundtrip wrong.pdf
    assert_roundtrip huge.pdf
    cat png.pdf plain.pdf > two.pdf
    tar -cf all.tar two.pdf tiff.pdf
    assert_roundtrip all.tar
    [ "$(size_of roundtrip.bsw)" -le $((3 * most)) ]
}

@test "fax: Group 3 and Group 4, in every way that libtiff writes them" {
    seq 1000 17 3000 | tr '\n' ' ' | fold -w 60 | pbmtext | pnmcrop > text.pbm
    pamtotiff -none text.pbm > a.tiff
    for compression in g3:1d g3:2d g3:1d:fill g3:2d:fill g4; do
        tiffcp -c $compression -r 100 a.tiff b.tiff
        assert_by_pages b.tiff TIFF
        tiffcp -c $compression -f lsb2msb a.tiff b.tiff
        assert_by_pages b.tiff TIFF
    done
}

@test "faxes in PDF documents, as tiff2pdf writes them and in other ways" {
    seq 1000 17 3000 | tr '\n' ' ' | fold -w 60 | pbmtext | pnmcrop > text.pbm
    pamtotiff -none text.pbm > a.tiff
    tiffcp -c g4 -r 6000 a.tiff g4.tiff
    tiff2pdf -o g4.pdf g4.tiff
    tiffcp -c g3:1d -r 6000 a.tiff g3.tiff
    tiffcp -c g3:2d:fill -r 6000 a.tiff mixed.tiff
    /usr/bin/python3 - << 'END'
import struct
def strip(name):
    data = open(name, "rb").read()
    order = "<" if data[:2] == b"II" else ">"
    at, tags = struct.unpack(order + "I", data[4:8])[0], {}
    for i in range(struct.unpack(order + "H", data[at:at + 2])[0]):
        entry = data[at + 2 + 12 * i:at + 14 + 12 * i]
        tag, kind = struct.unpack(order + "HH", entry[:4])
        tags[tag] = struct.unpack(order + ("H" if kind == 3 else "I"), entry[8:10 if kind == 3 else 12])[0]
    return data[tags[273]:tags[273] + tags[279]], tags[256], tags[257]

def pdf(name, fax, width, height, more, end=b"\n"):
    with open(name, "wb") as out:
        out.write(b"%PDF-1.5\n1 0 obj\n<< /Type /XObject /Subtype /Image " +
                  b"/Width %d /Height %d /BitsPerComponent 1 /ColorSpace /DeviceGray /Length %d " % (width, height, len(fax)) +
                  b"/Filter [/CCITTFaxDecode] /DecodeParms [<< " + more + b" >>] >>" + end + b"stream" + end + fax +
                  end + b"endstream\nendobj\n%%EOF\n")

for name, kind in ("g3", 0), ("mixed", 4), ("g4", -1):
    fax, width, height = strip(name + ".tiff")
    pdf(name + "-2.pdf", fax, width, height, b"/K %d /Columns %d" % (kind, width), b"\r\n")
pdf("cut.pdf", fax[:len(fax) // 2], width, height, b"/K -1 /Columns %d" % width)
pdf("narrow.pdf", fax, width, height, b"/K -1 /Columns %d" % (width - 1))
pdf("huge.pdf", fax, 65535, 65535, b"/K -1 /Columns 65535")
open("endless.pdf", "wb").write(open("g4.pdf", "rb").read().replace(b"endstream", b"endStream"))
END
    local file width height most
    read -r _ width height < <(pamfile text.pbm | sed 's/.* \([0-9]*\) by \([0-9]*\).*/size \1 \2/')
    most=$(($(limit text.pbm) + 600))
    for file in g4 g4-2 g3-2 mixed-2; do
        assert_roundtrip $file.pdf
        [ "$(size_of roundtrip.bsw)" -le $most ]
        bswz -v < $file.pdf 2>&1 > /dev/null | grep -q "fax ${width}x$height, by its pictures: "
    done
    for file in cut narrow huge endless; do
        assert_roundtrip $file.pdf
    done
    tar -cf all.tar g4.pdf g3-2.pdf
    assert_roundtrip all.tar
    [ "$(bswz -l --robot < roundtrip.bsw | grep -c pages)" -eq 2 ]
}

@test "a scanned page is coded by its picture, although it is large for its size" {
    # nine megapixels in 64 KB: making them must not be charged like describing a deflate stream
    seq 1000 17 3000 | tr '\n' ' ' | fold -w 60 | pbmtext | pnmcrop | pamenlarge 7 |
        pnmtile 2560 3400 > text.pbm
    pamtotiff -g4 -rowsperstrip 4000 text.pbm > page.tiff
    assert_by_pages page.tiff TIFF
}

@test "TIFF as Pillow writes it: CMYK, signed and floating point numbers" {
    needs_modules PIL
    "$TOOLS/photo" 200 150 > photo.ppm
    /usr/bin/python3 - << 'END'
from PIL import Image
photo = Image.open("photo.ppm")
photo.convert("CMYK").save("cmyk.tiff", compression="tiff_lzw")
photo.convert("F").save("float.tiff", compression="tiff_adobe_deflate")
photo.convert("I").save("integers.tiff", compression="packbits")
photo.convert("RGBA").save("alpha.tiff", compression="tiff_adobe_deflate")
photo.convert("LA").save("grey-alpha.tiff", compression="tiff_lzw")
END
    for file in cmyk float integers alpha grey-alpha; do
        assert_by_pages $file.tiff TIFF
    done
}

@test "run-length encoded BMP" {
    "$TOOLS/photo" 200 150 | pnmquant 100 | convert - -type palette -compress RLE BMP3:a.bmp
    assert_by_pages a.bmp BMP
    { cat a.bmp; echo "and more"; } > more.bmp
    assert_by_pages more.bmp BMP
}

@test "plain PNM, as netpbm and ImageMagick write it" {
    "$TOOLS/photo" 200 150 > photo.ppm
    ppmtopgm photo.ppm > photo.pgm
    pamthreshold -simple photo.pgm | pamtopnm > photo.pbm
    pnmdepth 65535 photo.ppm > deep.ppm
    for picture in photo.ppm photo.pgm photo.pbm deep.ppm; do
        pnmtoplainpnm $picture > plain
        assert_by_pages plain 'PNM text' "$(limit $picture)"
        convert $picture -compress none "PNM:plain"
        assert_by_pages plain 'PNM text' $(($(limit $picture) + 1000))
    done
    # lines of any length, and what cannot be told apart from text
    { echo "P2 20 20 9"; for i in $(seq 400); do printf '%d%*s' $((i % 10)) $((i * i % 7 + 1)) ''; done; } > odd
    assert_roundtrip odd
    { echo "P2 20 20 99"; for i in $(seq 400); do printf '%02d ' $((i % 100)); done; } > padded
    assert_roundtrip padded
}

@test "DICOM and FITS" {
    "$TOOLS/photo" 200 150 > photo.ppm
    /usr/bin/python3 - << 'END'
import struct
rgb = open("photo.ppm", "rb").read()[-90000:]
grey = [16 * v + i % 7 for i, v in enumerate(rgb[1::3])]

def element(group, number, kind, value, implicit):
    if implicit and group != 2:
        return struct.pack("<HHI", group, number, len(value)) + value
    if kind in (b"OW", b"SQ"):
        return struct.pack("<HH2sHI", group, number, kind, 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, kind, len(value)) + value

def dicom(name, implicit, samples, bits, signed, frames, planar, pixels):
    syntax = b"1.2.840.10008.1.2\0" if implicit else b"1.2.840.10008.1.2.1\0"
    file = b"\0" * 128 + b"DICM" + element(2, 0x10, b"UI", syntax, implicit)
    item = struct.pack("<HHI", 0xfffe, 0xe000, 0xffffffff) + element(8, 0x60, b"CS", b"CT", implicit) + \
        struct.pack("<HHIHHI", 0xfffe, 0xe00d, 0, 0xfffe, 0xe0dd, 0)
    file += struct.pack("<HHI", 8, 0x1140, 0xffffffff) if implicit else struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, 0xffffffff)
    file += item
    for number, value in (2, samples), (6, planar), (0x10, 150), (0x11, 200), (0x100, bits), (0x101, bits), (0x103, signed):
        file += element(0x28, number, b"US", struct.pack("<H", value), implicit)
        if number == 6:
            file += element(0x28, 8, b"IS", b"%-2d" % frames, implicit)
    open(name, "wb").write(file + element(0x7fe0, 0x10, b"OW", pixels, implicit))

words = struct.pack("<30000H", *grey)
signed = struct.pack("<30000h", *(v - 2000 for v in grey))
other = struct.pack("<30000h", *(v // 3 - 100 for v in grey))
dicom("implicit.dcm", True, 1, 16, 0, 1, 0, words)
dicom("frames.dcm", False, 1, 16, 1, 2, 0, signed + other)
dicom("colours.dcm", False, 3, 8, 0, 1, 0, rgb)
dicom("planes.dcm", False, 3, 8, 0, 1, 1, rgb[0::3] + rgb[1::3] + rgb[2::3])

def fits(name, bits, sides, data):
    cards = [b"SIMPLE  =                    T", b"BITPIX  = %20d" % bits, b"NAXIS   = %20d" % len(sides)]
    cards += [b"NAXIS%d  = %20d" % (i + 1, side) for i, side in enumerate(sides)] + [b"END"]
    file = b"".join(card.ljust(80) for card in cards).ljust(2880)
    open(name, "wb").write(file + data + b"\0" * (-len(data) % 2880))

fits("bytes.fits", 8, [200, 150], rgb[1::3])
fits("cube.fits", 16, [200, 150, 2], struct.pack(">60000h", *(v - 2000 for v in grey), *(v // 3 for v in grey)))
fits("words.fits", 32, [200, 150], struct.pack(">30000i", *(v - 100000 for v in grey)))
fits("floats.fits", -32, [200, 150], struct.pack(">30000f", *(v * 0.37 + i * 0.001 for i, v in enumerate(grey))))
END
    for file in implicit frames colours planes; do
        assert_by_pages $file.dcm DICOM
    done
    bswz < frames.dcm | bswz -l --robot | grep -q 'PNM'
    assert_by_pages colours.dcm DICOM "$(limit photo.ppm)"
    for file in bytes cube words floats; do
        assert_by_pages $file.fits FITS
    done
}

@test "files with damaged pages are data like any other" {
    "$TOOLS/photo" 100 80 | pamtotiff -none > a.tiff
    for compression in packbits lzw zip g4; do
        [ $compression != g4 ] || "$TOOLS/photo" 100 80 | pamthreshold -simple | pamtopnm | pamtotiff -none > a.tiff
        tiffcp -c $compression -r 16 a.tiff b.tiff
        { head -c 1500 b.tiff; printf 'damaged'; tail -c +1508 b.tiff; } > damaged
        assert_roundtrip damaged
        head -c -3000 b.tiff > short
        assert_roundtrip short
    done
    # a segment that is damaged is noticed
    tiffcp -c lzw -r 16 a.tiff b.tiff
    bswz < b.tiff > b.bsw
    { head -c 300 b.bsw; printf 'x'; tail -c +302 b.bsw; } > damaged.bsw
    run -3 --separate-stderr bswz -d < damaged.bsw || [ "$status" -ne 0 ]
}
