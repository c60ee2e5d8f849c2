#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
A second decoder of bsw streams, which follows man/bsw.5 and shares nothing with the program: it shows that the page is
enough for an implementer.
tests/decode.bats runs it. The parts are in files of their own, decode_*.py.

    tests/decode.py < STREAM > OUTPUT

Everything is restored byte for byte, but pictures that streams restore as pixels (PNG, WebP) as PAM. Model files are
looked for in models/ next to tests/. Exit status 3: the stream uses a method that is not decoded here.
"""
import pathlib
import sys

from decode_deep import Deep
from decode_deflate import Rebuilder
from decode_drawn import decode_drawing
from decode_fields import Cursor, Damaged, Unsupported, Zstd, need, xxh3
from decode_gif import restore_gif
from decode_pages import restore_pages
from decode_png import chunks, png_file
from decode_records import COLOUR_TYPES, take_record

MAGIC = bytes.fromhex("b5 42 53 57 0d 0a 1a 0a")
VERSION = 13
END, END_RECORD, END_SHORT, STORED, COMPRESSED = range(5)
DRAWN, PLANES, COEFFICIENTS, MIXED, DEEP = 5, 6, 7, 8, 9
RAW, PNM, PAM, PNG, JPEG, WEBP, BMP, TIFF, PNG_FILE = range(1, 10)
JPEG_FILE, GIF, DEFLATE, PAGES = 4, 5, 6, 8  # kinds of segments
BYTES_MAX, SIDE_MAX, PIXELS_MAX = 4 << 20, (1 << 30) - 1, (1 << 31) - 1
KEPT_MOST, KEPT_BYTES = 255, 32 << 20


class Picture:
    def __init__(self, cursor, last):
        """last: the picture before it in the stream, or None."""
        start = cursor.at
        kind, shape = cursor.number(1), cursor.number(1)
        self.format, self.channels = kind & 15, (shape & 3) + 1
        need(kind < 64 and RAW <= self.format <= PNG_FILE and shape < 128, "kind of picture")
        self.bytes = 2 if shape & 4 else 1
        self.indexed = bool(shape & 8)
        self.width, self.height = cursor.varint(SIDE_MAX), cursor.varint(SIDE_MAX)
        need(0 < self.width * self.height <= PIXELS_MAX, "size of the picture")
        self.row_size = self.width * self.channels * self.bytes
        self.maxval = cursor.number(2) if shape & 32 else 256 ** self.bytes - 1
        self.band_rows = cursor.varint(self.height - 1) if shape & 64 else self.height
        self.model = cursor.number(8) if kind & 32 else None
        if kind & 32:
            cursor.take(cursor.number(1))  # its name
        self.record = take_record(cursor, self, last.record if last else b"") if kind & 16 else self.implied_record()
        cursor.expect_check(start, "picture header")

    def pam_header(self):
        types = "GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"
        return (f"P7\nWIDTH {self.width}\nHEIGHT {self.height}\nDEPTH {self.channels}\nMAXVAL {self.maxval}\n"
                f"TUPLTYPE {types[self.channels - 1]}\nENDHDR\n").encode()

    def implied_record(self):
        if self.format == PAM:
            return self.pam_header()
        if self.format == PNM and self.channels == 1 and self.maxval == 1:
            return f"P4\n{self.width} {self.height}\n".encode()
        if self.format == PNM:
            return f"P{'5' if self.channels == 1 else '6'}\n{self.width} {self.height}\n{self.maxval}\n".encode()
        return bytes([1, self.maxval.bit_length(), COLOUR_TYPES[self.channels], 0]) if self.format != RAW else b""

    def rows(self, samples):
        return [samples[at:at + self.row_size] for at in range(0, len(samples), self.row_size)]

    def file(self, samples, tail):
        if self.format == PNG_FILE:
            return png_file(self, samples, tail)
        if self.format in (BMP, TIFF):
            return self.plain_file(samples)
        if self.indexed:
            return self.from_palette(samples)
        header = self.pam_header() if self.format in (PNG, JPEG, WEBP) else self.record
        if header[:2] == b"P4":
            return header + b"".join(packed([1 - sample for sample in row], 1) for row in self.rows(samples))
        return header + (swapped(samples) if self.bytes == 2 and self.format != RAW else samples)

    def from_palette(self, samples):
        """A PNG picture with a palette, as PAM."""
        head = dict(chunks(Cursor(self.record[4:])))
        palette, alpha = head[b"PLTE"], head.get(b"tRNS")
        colours = [palette[at:at + 3] for at in range(0, len(palette), 3)]
        self.channels = 3
        if alpha is not None:
            alpha, self.channels = alpha + bytes([255] * (len(colours) - len(alpha))), 4
            colours = [colour + alpha[i:i + 1] for i, colour in enumerate(colours)]
        self.maxval = 255
        return self.pam_header() + b"".join(colours[index] for index in samples)

    def plain_file(self, samples):
        record = Cursor(self.record)
        version, bits, flags, padding = record.take(4)
        filler = record.take(1) if flags & 32 else b""
        if record.number(1) != 0:  # a palette, which is among the other bytes
            record.varint(), record.varint()
        runs = [(record.varint(), record.varint()) for _ in range(record.varint())]
        out, rows = [], [self.plain_row(row, bits, flags, filler) + bytes(padding) for row in self.rows(samples)]
        rows = rows[::-1] if flags & 8 else rows
        for gap, count in runs:
            out += [record.take(gap), *rows[:count]]
            rows = rows[count:]
        need(not rows, "rows of the record")
        return b"".join(out) + record.rest()

    def plain_row(self, row, bits, flags, filler):
        if flags & 2:  # inverted
            row = bytes(self.maxval - sample for sample in row) if bits <= 8 else bytes(255 - byte for byte in row)
        if bits < 8:
            return packed(row, bits)
        if flags & 1:
            return swapped(row)
        if not flags & (4 | 32):
            return row
        pixels = (row[at:at + self.channels] for at in range(0, len(row), self.channels))
        return b"".join((pixel[2::-1] + pixel[3:] if flags & 4 else pixel) + filler for pixel in pixels)


def swapped(samples):
    pairs = bytearray(samples)
    pairs[0::2], pairs[1::2] = samples[1::2], samples[0::2]
    return bytes(pairs)


def packed(samples, bits):
    """Samples of a few bits, the first in the highest bits of a byte."""
    number = 0
    for sample in samples:
        number = number << bits | sample
    size = (len(samples) * bits + 7) // 8
    return (number << size * 8 - len(samples) * bits).to_bytes(size, "big")


def take_reduction(payload, kind, picture, count):
    """Returns the function that turns the coded bytes into samples."""
    if kind == 0:
        return lambda coded: coded
    if kind == 1:
        return lambda coded: bytes(byte for sample in coded for byte in (sample, sample))
    if kind == 2:
        data, tables = Cursor(payload.sized_blob()), []
        for _ in range(picture.channels):
            left, table = data.number(1), [data.varint(65535)]
            for _ in range(left):
                table.append(table[-1] + data.varint(65535) + 1)
            tables.append(table)
        need(data.rest() == b"" and all(table[-1] <= picture.maxval for table in tables), "table of values")
        return lambda coded: b"".join(
            tables[i % picture.channels][index].to_bytes(picture.bytes, "little") for i, index in enumerate(coded))
    bits = picture.maxval.bit_length() - 8
    low = int.from_bytes(payload.blob((count * bits + 7) // 8), "little")
    return lambda coded: b"".join(
        (high << bits | low >> i * bits & (1 << bits) - 1).to_bytes(2, "little") for i, high in enumerate(coded))


class Memory:
    """What a stream remembers from segment to segment."""

    def __init__(self):
        self.zstd, self.pictures = Zstd(), []  # [(shape, samples)], the latest first
        self.headers = b""  # of the last JPEG file

    def keep(self, picture, samples):
        if len(samples) <= KEPT_BYTES:
            self.pictures.insert(0, (shape_of(picture), samples))
        while len(self.pictures) > KEPT_MOST or sum(len(kept) for _, kept in self.pictures) > KEPT_BYTES:
            self.pictures.pop()

    def earlier(self, picture):
        return [samples for shape, samples in self.pictures if shape == shape_of(picture)]


def shape_of(picture):
    return picture.width, picture.height, picture.channels, picture.bytes, picture.indexed


class Frames:
    def __init__(self, cursor, picture, memory):
        self.cursor, self.picture, self.memory, self.number = cursor, picture, memory, 0

    def next(self, size):
        """The restored bytes of a frame (size: of a picture's), or the method of the end."""
        start = self.cursor.at
        kind = self.cursor.number(1)
        method, reduction = kind & 15, kind >> 4
        need(reduction <= 3, "kind of frame")
        if method <= (END_SHORT if self.picture else END):
            need(reduction == 0, "end of a segment")
            return method
        need(method <= DEEP, "method of a frame")
        need(self.picture or method in (STORED, COMPRESSED), "kind of frame")
        need(reduction == 0 or (self.picture and method != STORED), "kind of frame")
        colours = self.cursor.number(1) if method in (PLANES, MIXED) else 0
        if self.picture is None:
            size = self.cursor.varint(BYTES_MAX)
        length = size if method == STORED else self.cursor.varint(size - 1 if self.picture else size + 1024)
        seed = xxh3(self.cursor.data[start:self.cursor.at], self.number)
        self.number += 1
        expected = self.cursor.number(8)
        restored = payload = self.cursor.take(length)
        if method == COMPRESSED and self.picture is None:
            restored = self.memory.zstd.restore(payload, size)
        elif method == COMPRESSED:
            data, count = Cursor(payload), size // self.picture.bytes
            expand = take_reduction(data, reduction, self.picture, count)
            restored = expand(Zstd().restore(data.rest(), size if reduction == 0 else count))
        elif method == DEEP:
            picture = self.picture
            need(reduction == 0, "reduction of deep samples")
            restored = Deep(payload, picture.width, size // picture.row_size, picture.channels, picture.bytes,
                            self.earlier(size)).samples
        elif method in (DRAWN, PLANES, COEFFICIENTS, MIXED):
            data, count = Cursor(payload), size // self.picture.bytes
            expand = take_reduction(data, reduction, self.picture, count)
            earlier = self.earlier(size) if reduction == 0 else []
            restored = expand(self.decode_colours(data, method, colours, size // self.picture.row_size, earlier))
        need(len(restored) == size and xxh3(restored, seed) == expected, "hash of a frame")
        if method in (DRAWN, DEEP) and size == self.picture.row_size * self.picture.height:
            self.memory.keep(self.picture, restored)
        return restored

    def earlier(self, size):
        """The pictures that a frame may refer to."""
        return self.memory.earlier(self.picture) if size == self.picture.row_size * self.picture.height else []

    def decode_colours(self, payload, method, colours, rows, earlier):
        if method == DRAWN:
            return decode_drawing(payload.rest(), self.picture.width, rows, self.picture.channels, self.picture.indexed,
                                  earlier)
        from decode_planes import BandOfPlanes  # which needs numpy
        from decode_coefficients import BandOfCoefficients
        from decode_mixed import BandOfMixed
        model = find_model(self.picture.model) if self.picture.model is not None else None
        if method == MIXED:
            return BandOfMixed(payload, model, self.picture).samples(colours, rows)
        band = BandOfPlanes(payload, model, self.picture)
        if method == PLANES:
            samples = band.colours(colours, rows)
        else:
            samples = BandOfCoefficients(payload, lambda half: find_model(half, 32), self.picture).decode(rows)
        return band.finish(samples, rows)


def find_model(wanted, bits=64):
    for path in (pathlib.Path(__file__).resolve().parent.parent / "models").glob("*.bsm"):
        data = path.read_bytes()
        if xxh3(data) % (1 << bits) == wanted:
            return data
    raise Unsupported(f"model {wanted:016x}")


def restore_picture(cursor, picture, memory, write):
    frames, samples, rows_left = Frames(cursor, picture, memory), b"", picture.height
    while True:
        rows = min(picture.band_rows, rows_left)
        restored = frames.next(rows * picture.row_size)
        if isinstance(restored, int):
            break
        need(rows > 0, "too many frames")
        samples += restored
        rows_left -= rows
    need((rows_left > 0) == (restored == END_SHORT), "number of rows")
    tail = b""
    if restored == END_RECORD:
        start = cursor.at
        tail = take_record(cursor)
        cursor.expect_check(start, "tail record")
    write(picture.file(samples, tail))


def restore_segments(cursor, write, memory, picture):
    """Up to the end of the stream, or of a deflate stream. Returns the last picture."""
    while (kind := cursor.number(1)) != 0:
        if kind == 1:
            frames = Frames(cursor, None, memory)
            while (restored := frames.next(0)) != END:
                write(restored)
        elif kind in (2, 3):
            picture = Picture(cursor, picture) if kind == 2 else picture
            need(picture is not None, "a picture without a header")
            restore_picture(cursor, picture, memory, write)
        elif kind in (DEFLATE, PAGES):
            picture = restore_held(kind, cursor, write, memory, picture)
        elif kind == JPEG_FILE:
            restore_jpeg_segment(cursor, write, memory)
        elif kind == GIF:
            restore_gif_segment(cursor, write)
        else:
            raise Unsupported(f"segments of kind {kind}")
    return picture


def restore_held(kind, cursor, write, memory, picture):
    """A deflate stream, or a file that contains pictures, from what it contains."""
    start = cursor.at
    size, held = (cursor.varint(1 << (28 if kind == PAGES else bits)) for bits in (26, 27))
    recipe, expected = cursor.take(cursor.varint()), cursor.number(8)
    cursor.expect_check(start, "header of a segment")
    content = bytearray()
    picture = restore_segments(cursor, content.extend, memory, picture)
    need(len(content) == held, "content of a segment")
    restored = restore_pages(bytes(content), recipe) if kind == PAGES else Rebuilder(bytes(content), recipe).stream()
    need(len(restored) == size and xxh3(restored) == expected, "hash of a segment")
    write(restored)
    return picture


def restore_jpeg_segment(cursor, write, memory):
    from decode_jpeg import Recipe, restore_jpeg  # which need numpy
    start = cursor.at
    size = cursor.varint(1 << 30)
    recipe, thumbnails, expected = Recipe(cursor, size, memory.headers), cursor.take(cursor.varint(size)), cursor.number(8)
    memory.headers = recipe.packed_headers
    cursor.expect_check(start, "header of a JPEG file")
    file = restore_jpeg(recipe, thumbnails, payloads(cursor, size), lambda half: find_model(half, 32))
    need(len(file) == size and xxh3(file) == expected, "JPEG file")
    write(file)


def payloads(cursor, file_size):
    while (length := cursor.varint(file_size - 1)) != 0:
        yield cursor.take(length)


def restore_gif_segment(cursor, write):
    start = cursor.at
    size, largest = cursor.varint(1 << 30), cursor.varint((1 << 25) + 1)
    skeleton, choices, expected = cursor.sized_blob(), cursor.sized_blob(), cursor.number(8)
    cursor.expect_check(start, "header of a GIF file")
    file = restore_gif(skeleton, choices, bool(largest % 2), payloads(cursor, size))
    need(len(file) == size and xxh3(file) == expected, "GIF file")
    write(file)


def restore_stream(cursor, write):
    start = cursor.at
    need(cursor.take(8) == MAGIC, "magic")
    version, flags = cursor.take(2)
    need(version == VERSION and flags == 0, "version")
    restore_segments(cursor, write, Memory(), None)
    cursor.expect_check(start, "check of the stream")


def main():
    cursor = Cursor(sys.stdin.buffer.read())
    try:
        while cursor.at == 0 or cursor.data[cursor.at:].strip(b"\0"):
            restore_stream(cursor, sys.stdout.buffer.write)
    except (Damaged, Unsupported) as problem:
        print(f"decode.py: {type(problem).__name__.lower()}: {problem}", file=sys.stderr)
        sys.exit(1 if isinstance(problem, Damaged) else 3)


if __name__ == "__main__":
    main()
