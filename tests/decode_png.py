# SPDX-License-Identifier: MIT
"""
PNG files, byte for byte, for the decoder in decode.py, following bsw(5) and RFC 2083.
"""
import zlib

from decode_deflate import Rebuilder
from decode_fields import Cursor, need, xxh3

PASSES = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)


def chunk(kind, data):
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def chunks(cursor):
    """[(type, content)]"""
    found = []
    while cursor.at < len(cursor.data):
        kind = cursor.take(4)
        found.append((kind, cursor.take(cursor.number(4))))
    return found


def sizes(cursor):
    found = []
    for _ in range(cursor.varint()):
        size = cursor.varint()
        found += [size] * cursor.varint(1 << 26)
    return found


def packed(samples, depth):
    if depth >= 8:
        return b"".join(sample.to_bytes(depth // 8, "big") for sample in samples)
    number = 0
    for sample in samples:
        number = number << depth | sample
    size = -(-len(samples) * depth // 8)
    return (number << size * 8 - len(samples) * depth).to_bytes(size, "big")


def filter_row(kind, row, above, step):
    out = bytearray()
    for i, value in enumerate(row):
        a, b, c = row[i - step] if i >= step else 0, above[i], above[i - step] if i >= step else 0
        p = a + b - c
        paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        out.append(value - (0, a, b, (a + b) // 2, paeth)[kind] & 255)
    return bytes(out)


def guessed(rows):
    sums = [sum(byte if byte < 128 else 256 - byte for byte in row) for row in rows]
    return sums.index(min(sums))


def with_indices(head, samples, channels):
    """The chunks with a palette, the bit depth, and the indices, if the palette follows from the pixels."""
    depth, opaque_last, *others = dict(head)[b"INDX"]
    need(depth in (1, 2, 4, 8) and opaque_last < 2 and len(others) % 3 == 0, "chunk INDX")
    pixels = [samples[at:at + channels] for at in range(0, len(samples), channels)]
    colours = list(dict.fromkeys(pixels))
    if opaque_last:
        colours.sort(key=lambda colour: colour[3:] in (b"", b"\xff"))
    need(len(colours) + len(others) // 3 <= 1 << depth and len(pixels) <= 1 << 16, "number of colours")
    contents = {b"INDX": b"".join(colour[:3] for colour in colours) + bytes(others)}
    if dict(head).get(b"tRNS") == b"":
        contents[b"tRNS"] = b"".join(colour[3:] for colour in colours).rstrip(b"\xff")
    head = [(b"PLTE" if kind == b"INDX" else kind, contents.get(kind, data)) for kind, data in head]
    number = {colour: i for i, colour in enumerate(colours)}
    return head, depth, [number[pixel] for pixel in pixels]


def png_file(picture, samples, tail):
    record = Cursor(picture.record)
    need(record.number(1) == 1, "record of a PNG file")
    depth, colour, interlaced = record.take(3)
    head = chunks(record)
    need(head and head[-1][0] == b"IDAT", "recipe of a PNG file")
    recipe = Cursor(head.pop()[1])
    expected, header, level, window, kind = recipe.number(8), recipe.take(2), *recipe.take(3)

    values = [int.from_bytes(samples[i:i + picture.bytes], "little") for i in range(0, len(samples), picture.bytes)]
    n = picture.channels
    if b"INDX" in dict(head):
        head, depth, values = with_indices(head, samples, n)
        n, colour = 1, 3
    width, step = picture.width, max(1, n * depth // 8)
    images = []
    for x, y, dx, dy in PASSES if interlaced else [(0, 0, 1, 1)]:
        if x < width and y < picture.height:
            images.append([packed([v for column in range(x, width, dx)
                                   for v in values[(row * width + column) * n:(row * width + column + 1) * n]], depth)
                           for row in range(y, picture.height, dy)])
    listed = recipe.take(sum(map(len, images))) if kind > 4 else None
    coded, number = b"", 0
    for rows in images:
        above = bytes(len(rows[0]))
        for row in rows:
            every = [filter_row(one, row, above, step) for one in range(5)]
            which = kind if listed is None else listed[number]
            which = (which + guessed(every)) % 5 if kind == 6 else which
            coded += bytes([which]) + every[which]
            above, number = row, number + 1
    idat = sizes(recipe)
    if level & 15 == 0:
        blocks = sizes(recipe)
        need(sum(blocks) == len(coded), "stored blocks")
        body, at = b"", 0
        for i, size in enumerate(blocks):
            body += bytes([i == len(blocks) - 1]) + size.to_bytes(2, "little") + (size ^ 65535).to_bytes(2, "little")
            body, at = body + coded[at:at + size], at + size
    elif level & 15 == 15:
        body = Rebuilder(coded, recipe.rest()).stream()
    else:
        packer = zlib.compressobj(level & 15, zlib.DEFLATED, -(window & 15), window >> 4, level >> 4)
        body = packer.compress(coded) + packer.flush()
    stream, at = header + body + zlib.adler32(coded).to_bytes(4, "big"), 0
    ihdr = width.to_bytes(4, "big") + picture.height.to_bytes(4, "big") + bytes([depth, colour, 0, 0, interlaced])
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + b"".join(chunk(*one) for one in head)
    for size in idat:
        out += chunk(b"IDAT", stream[at:at + size])
        at += size
    need(at == len(stream), "IDAT chunks")
    out += b"".join(chunk(*one) for one in chunks(Cursor(tail))) + chunk(b"IEND", b"")
    need(xxh3(out) == expected, "hash of a PNG file")
    return out
