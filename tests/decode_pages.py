# SPDX-License-Identifier: MIT
"""
Files that contain pictures, for the decoder in decode.py, following bsw(5).
"""
import zlib

from decode_deflate import Rebuilder
from decode_fax import fax
from decode_fields import Cursor, need
from decode_png import filter_row

BIG, PLANAR, TILED, DIFFERENCES, FLOAT_BYTES, REVERSED, BOTTOM_UP, ALIGNED, NARROW = (1 << i for i in range(9))
UNSIGNED, SIGNED, FLOAT = range(3)
PLAIN, PACKBITS, LZW, ZLIB, FAX, RUNS, TEXT, JPEG, FILTERED = range(9)


class Page:
    def __init__(self, plan):
        self.width, self.height, self.piece_width, self.piece_height = (plan.varint() for _ in range(4))
        self.samples, self.together, self.bits, self.kind, self.coding = plan.take(5)
        self.flags, self.recipe = plan.number(2), b""
        self.base = plan.varint() if self.flags & NARROW else 0
        self.files_size, self.tables_size = (plan.varint(), plan.varint()) if self.coding == JPEG else (0, 0)
        self.is_wide = self.bits == 32 and not self.flags & NARROW
        self.across = -(-self.width // self.piece_width)
        self.down = -(-self.height // self.piece_height)

    def pieces(self):
        return self.across * self.down * (self.samples if self.flags & PLANAR else 1)

    def take_pictures(self, content):
        """[[numbers of a sample]], or JPEG files"""
        if self.coding == JPEG:
            self.files, self.parts = Cursor(content.take(self.files_size)), iter(())
            return
        largest = (1 << min(self.bits, 16)) - 1
        widths = [1] * (2 * self.samples) if self.is_wide else [self.together] + [1] * (self.samples - self.together)
        planes = []
        for channels in widths:
            header = f"P{5 if channels == 1 else 6}\n{self.width} {self.height}\n{largest}\n"
            if channels in (2, 4):
                header = (f"P7\nWIDTH {self.width}\nHEIGHT {self.height}\nDEPTH {channels}\nMAXVAL {largest}\n"
                          f"TUPLTYPE {'GRAYSCALE' if channels == 2 else 'RGB'}_ALPHA\nENDHDR\n")
            need(content.take(len(header)) == header.encode(), "picture of a page")
            size = 2 if largest > 255 else 1
            data = content.take(self.width * self.height * channels * size)
            numbers = [int.from_bytes(data[i:i + size], "big") for i in range(0, len(data), size)]
            planes += [numbers[c::channels] for c in range(channels)]
        if self.is_wide:
            planes = [[high << 16 | low for high, low in zip(*planes[i:i + 2])] for i in range(0, len(planes), 2)]
        self.planes = planes

    def place_of(self, piece):
        """Plane, row, column, and the number of rows."""
        plane, within = divmod(piece, self.across * self.down)
        y, x = within // self.across * self.piece_height, within % self.across * self.piece_width
        return plane, y, x, self.piece_height if self.flags & TILED else min(self.piece_height, self.height - y)

    def rows_of(self, piece):
        """The rows of a piece, as numbers and as bytes."""
        plane, y, x, count = self.place_of(piece)
        some = [self.planes[plane]] if self.flags & PLANAR else self.planes
        mask, numbers, rows = (1 << self.bits) - 1, [], []
        for i in range(count):
            row = []
            at = self.height - 1 - i if self.flags & BOTTOM_UP else y + i
            for column in range(x, x + self.piece_width):
                inside = at < self.height and column < self.width
                row += [self.to_file(one[at * self.width + column]) if inside else 0 for one in some]
            if self.flags & DIFFERENCES:
                n = len(some)
                row = row[:n] + [(b - a) & mask for a, b in zip(row, row[n:])]
            numbers.append(row)
            rows.append(self.packed(row, len(some)))
        return numbers, rows

    def to_file(self, number):
        number, sign = number + self.base, 1 << self.bits - 1
        if self.kind == SIGNED:
            return number ^ sign
        if self.kind == FLOAT:
            return number ^ sign if number & sign else number ^ (1 << self.bits) - 1
        return number

    def packed(self, row, samples):
        if self.flags & FLOAT_BYTES:
            planes = bytes(number >> shift & 255 for shift in (24, 16, 8, 0) for number in row)
            return planes[:samples] + bytes((b - a) & 255 for a, b in zip(planes, planes[samples:]))
        if self.bits in (16, 32):
            out = b"".join(number.to_bytes(self.bits // 8, "big" if self.flags & BIG else "little") for number in row)
        else:
            total = 0
            for number in row:
                total = total << self.bits | number
            size = -(-len(row) * self.bits // 8)
            out = (total << size * 8 - len(row) * self.bits).to_bytes(size, "big")
        return out + bytes(-len(out) % 4 if self.flags & ALIGNED else 0)

    def jpeg_piece(self, number, notes):
        if notes.data:
            size, count = notes.varint(), notes.varint()
            self.parts = jpeg_parts(self.files.take(size), self.tables_size, count)
        head, height_at, data = next(self.parts, (None, None, None))
        need(head is not None, "JPEG file of a piece")
        if height_at is not None:
            head = head[:height_at] + self.place_of(number)[3].to_bytes(2, "big") + head[height_at + 2:]
        return head + data

    def piece(self, number, notes):
        if self.coding == JPEG:
            return self.jpeg_piece(number, notes)
        numbers, rows = self.rows_of(number)
        if self.coding == PLAIN:
            out = b"".join(rows)
        elif self.coding == PACKBITS:
            out = packbits(rows, notes)
        elif self.coding == LZW:
            out = lzw(b"".join(rows), notes)
        elif self.coding == ZLIB:
            self.recipe = notes.rest() or self.recipe
            data = b"".join(rows)
            out = self.recipe[:2] + Rebuilder(data, self.recipe[2:]).stream() + zlib.adler32(data).to_bytes(4, "big")
        elif self.coding == RUNS:
            out = runs(numbers, self.bits, notes)
        elif self.coding == FAX:
            out = fax(numbers, notes)
        elif self.coding == FILTERED:
            bits = self.bits * (1 if self.flags & PLANAR else self.samples)
            out = filtered(rows, max(bits // 8, 1), notes)
        else:
            need(self.coding == TEXT, "coding of pieces")
            out = text(numbers, notes)
        need(notes.at == len(notes.data), "notes of a piece")
        return bytes(int(f"{byte:08b}"[::-1], 2) for byte in out) if self.flags & REVERSED else out


class Guesses:
    """take: reads from the notes what is right where a guess is wrong."""

    def __init__(self, notes, take):
        self.notes, self.take = notes, take
        self.next()

    def next(self):
        self.right = self.notes.varint() if self.notes.at < len(self.notes.data) else None

    def settle(self, guess):
        if self.right == 0:
            result = self.take(self.notes)
            self.next()
            return result
        self.right = None if self.right is None else self.right - 1
        return guess()


def packbits(rows, notes):
    rule = notes.number(1) if notes.data else 0
    data, width = b"".join(rows), len(rows[0])
    guesses, at, out, k = Guesses(notes, lambda notes: notes.number(1)), 0, b"", rule % 3

    def run(start, end):
        length = 1
        while length < 128 and start + length < end and data[start + length] == data[start]:
            length += 1
        return length

    def ends(start, end):
        length = run(start, end)
        return length >= 2 if k == 2 else length >= 3 or (
            k == 0 and length == 2 and (start + 2 == end or run(start + 2, end) >= 2))

    def guess():
        end = (at // width + 1) * width if rule < 3 else len(data)
        if run(at, end) >= (3 if k == 1 else 2):
            return 257 - run(at, end)
        length = 1
        while length < 128 and at + length < end and not ends(at + length, end):
            length += 1
        return length - 1

    while at < len(data):
        control = guesses.settle(guess)
        length = control + 1 if control < 128 else 0 if control == 128 else 257 - control
        out += bytes([control]) + data[at:at + (length if control < 128 else min(length, 1))]
        at += length
    return out


def lzw(data, notes):
    flags = notes.number(1) if notes.data else 3
    clears = [notes.varint() for _ in range(notes.varint())] if notes.data else None
    total = bits = count = 0
    strings = {}

    def put(code):
        nonlocal total, bits
        m = 258 + max(count - 1, 0)
        width = 9 if m < 511 else 10 if m < 1023 else 11 if m < 2047 else 12
        total, bits = total << width | code, bits + width

    def clear():
        nonlocal count
        while count == (3836 if clears is None else clears[0] if clears else None):
            put(256)
            count = 0
            strings.clear()
            if clears:
                clears.pop(0)

    if flags & 1:
        put(256)
    clear()
    at = 0
    while at < len(data):
        code = data[at]
        at += 1
        while at < len(data) and (code, data[at]) in strings:
            code = strings[code, data[at]]
            at += 1
        put(code)
        if at < len(data) and 258 + count < 4096:
            strings[code, data[at]] = 258 + count
        count += 1
        clear()
    if flags & 2:
        put(257)
    size = -(-bits // 8)
    return (total << size * 8 - bits).to_bytes(size, "big")


def filtered(rows, step, notes):
    out, above = b"", bytes(len(rows[0]))
    for row in rows:
        kind = notes.number(1)
        need(kind <= 4, "filter of a row")
        out += bytes([kind]) + filter_row(kind, row, above, step)
        above = row
    return out


def jpeg_parts(file, tables_size, count):
    """What the pieces in a JPEG file consist of: header, where the height is in it, data."""
    before = 2 + tables_size
    if count == 1:
        yield file[:2], None, file[before:]
        return
    at, height_at = 2, None
    while file[at + 1] != 0xda:
        if height_at is None and 0xc0 <= file[at + 1] <= 0xcf and file[at + 1] not in (0xc4, 0xc8, 0xcc):
            height_at = at + 5
        at += 2 + int.from_bytes(file[at + 2:at + 4], "big")
    at += 2 + int.from_bytes(file[at + 2:at + 4], "big")
    skipped = before + 6 - 2  # tables and restart interval, but not SOI
    head = file[:2] + file[before + 6:at]
    for _ in range(count):
        end = at
        while file[end] != 255 or file[end + 1] == 0:
            end += 1
        yield head, height_at - skipped, file[at:end] + b"\xff\xd9"
        at = end + 2


def runs(rows, bits, notes):
    rule, width, period = notes.number(1), len(rows[0]), 2 if bits == 4 else 1
    least, x, y, out = (4 if rule & 1 else 3) + period - 1, 0, 0, b""

    def take(notes):
        count = notes.number(1)
        what = 0 if count else notes.number(1)
        return count, what, *(notes.take(2) if count == 0 and what == 2 else (0, 0))

    def run(start):
        row, most = rows[y], min(width - start, 255)
        length = min(period, most)
        while length < most and row[start + length] == row[start + length - period]:
            length += 1
        return length

    def guess():
        if y == len(rows):
            return 0, 1, 0, 0
        if x == width:
            return 0, 0, 0, 0
        length, p = run(x), 1
        if rule < 2 or length >= least or length == width - x:
            return length, 0, 0, 0
        while p < 255 and x + p < width and run(x + p) < least:
            p += 1
        return (0, p, 0, 0) if p >= 3 else (length, 0, 0, 0)

    def packed(colours):
        if bits == 8:
            return bytes(colours)
        colours = list(colours) + [0] * (len(colours) % 2)
        return bytes(a << 4 | b for a, b in zip(colours[::2], colours[1::2]))

    guesses = Guesses(notes, take)
    while True:
        count, what, right, down = guesses.settle(guess)
        if count:
            out += bytes([count]) + packed(rows[y][x:x + min(count, period)])
            x += count
        elif what == 2:
            out += bytes([0, 2, right, down])
            x, y = x + right, y + down
        elif what > 2:
            literal = packed(rows[y][x:x + what])
            out += bytes([0, what]) + literal + bytes(len(literal) % 2)
            x += what
        else:
            out += bytes([0, what])
            if what == 1:
                return out
            x, y = 0, y + 1


def text(rows, notes):
    separators = [notes.take(notes.number(1)) for _ in range(notes.number(1))]
    usual, line, row_end, flags = notes.take(4)
    most_numbers, most_columns = notes.varint(), notes.varint()
    guesses, numbers = Guesses(notes, lambda notes: notes.number(1)), [number for row in rows for number in row]
    out, column, count, width = b"", 0, 0, len(rows[0])
    for i, number in enumerate(numbers):
        digits = str(number).encode()
        column, count = column + len(digits), count + 1

        def guess():
            if flags & 4 and i % width == width - 1:
                return row_end
            if flags & 1 and count >= most_numbers:
                return line
            following = len(str(numbers[i + 1])) if i + 1 < len(numbers) else 0
            return line if flags & 2 and column + len(separators[usual]) + following > most_columns else usual

        separator = separators[guesses.settle(guess)]
        out += digits + separator
        column, count = (0, 0) if b"\n" in separator else (column + len(separator), count)
    return out


def restore_pages(content, recipe):
    """The file, from what the segment contains."""
    before_plan, content = Cursor(recipe).varint(), Cursor(content)
    if before_plan == len(content.data):
        return join_frames(content)
    plan = Cursor(content.data[before_plan:])
    need(plan.number(1) == 1, "version of a plan")
    pages = [Page(plan) for _ in range(plan.varint(4096))]
    for page in pages:
        page.take_pictures(content)
    need(content.at == before_plan, "pictures of pages")
    pieces = [(plan.varint(), signed(plan), signed(plan), plan.take(plan.varint())) for _ in range(plan.varint())]
    others, out, number, piece = Cursor(plan.rest()), b"", 0, -1
    for gap, on, step, notes in pieces:
        number, piece = number + on, (piece if on == 0 else -1) + 1 + step
        need(0 <= number < len(pages) and 0 <= piece < pages[number].pieces(), "place of a piece")
        out += others.take(gap) + pages[number].piece(piece, Cursor(notes))
    return out + others.rest()


def join_frames(content):
    """The animated PNG file, from a PNG file for each frame."""
    out, is_first, sequence = content.take(8), True, 0
    while True:
        size, kind = int.from_bytes(content.take(4), "big"), content.take(4)
        data, check = content.take(size), content.take(4)
        if kind == b"fcTL" and size >= 4:
            sequence = int.from_bytes(data[:4], "big") + 1
        chunk = size.to_bytes(4, "big") + kind + data + check
        if kind == b"IEND":
            if content.at == len(content.data):
                return out + chunk
            content.take(8)
            is_first = False
        elif is_first or kind not in (b"IHDR", b"PLTE", b"tRNS", b"IDAT"):
            out += chunk
        elif kind == b"IDAT":
            body = b"fdAT" + (sequence & 0xffffffff).to_bytes(4, "big") + data
            out += (size + 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
            sequence += 1


def signed(cursor):
    number = cursor.varint()
    return number // 2 if number % 2 == 0 else -(number + 1) // 2
