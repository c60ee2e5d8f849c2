# SPDX-License-Identifier: MIT
"""
JPEG files, for the decoder in decode.py, following bsw(5) and ITU T.81: the recipe, and Huffman coding. Files with
arithmetic coding are not supported.
"""
import ctypes
import math
import pathlib
import re

import numpy as np

from decode_adaptive import nearest, truncated
from decode_coefficients import CoefficientModel, Component, K1, K2, halve, source_of
from decode_fields import ZSTD, Cursor, Unsupported, need

ZIGZAG = [8 * v + u for v, u in sorted(
    ((v, u) for v in range(8) for u in range(8)),
    key=lambda at: (at[0] + at[1], at[0] if (at[0] + at[1]) % 2 else at[1]))]
PAGE = pathlib.Path(__file__).resolve().parent.parent / "man" / "bsw.5"


def page_bytes(name):
    """The bytes that the page lists under a name, in hexadecimal."""
    listed = re.search(rf"^{name} \(\d+ bytes\)\n((?:[0-9A-F ]+\n)+)", PAGE.read_text(), re.MULTILINE)
    return bytes.fromhex(listed.group(1))


def page_tables():
    """The Huffman tables of annex K, as segments."""
    body, segments = page_bytes("huffman"), []
    while body:
        size = 17 + sum(body[1:17])
        segments.append(b"\xff\xc4" + (size + 2).to_bytes(2, "big") + body[:size])
        body = body[size:]
    return segments


def differences(values):
    last = slope = 0
    folded = []
    for value in values:
        step = (value - last) % 65536
        second = (step - slope) % 65536
        folded.append(2 * second if second < 32768 else 2 * (65535 - second) + 1)
        last, slope = value, step
    return bytes(value >> 8 for value in folded) + bytes(value & 255 for value in folded)


def from_differences(data):
    count, last, slope, out = len(data) // 2, 0, 0, b""
    for high, low in zip(data[:count], data[count:]):
        folded = high << 8 | low
        slope = (slope + (folded // 2 if folded % 2 == 0 else -(folded + 1) // 2)) % 65536
        last = (last + slope) % 65536
        out += last.to_bytes(2, "big")
    return out


def dictionary(quality):
    def light(x):
        return x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
    out = page_bytes("profile") + differences([nearest(65535 * light(i / 1023)) for i in range(1024)])
    out += page_bytes("words") + b"".join(page_tables()) + page_bytes("scans")
    for number, table in enumerate((K1, K2) if quality else ()):
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        out += b"\xff\xdb\0\x43" + bytes([number] + [min(max((table[at] * scale + 50) // 100, 1), 255) for at in ZIGZAG])
    return out + page_bytes("frame") + b"".join(b"\xff\xc4\0\x13" + bytes([n]) + bytes(16) for n in (0, 0x10, 1, 0x11))


def unpack_against(known, packed, size):
    ZSTD.ZSTD_createDCtx.restype = ctypes.c_void_p
    ZSTD.ZSTD_decompress_usingDict.restype = ctypes.c_size_t
    room, n = ctypes.create_string_buffer(size + 1), ctypes.c_size_t
    got = ZSTD.ZSTD_decompress_usingDict(ctypes.c_void_p(ZSTD.ZSTD_createDCtx()), room, n(size), packed, n(len(packed)),
                                         known, n(len(known)))
    need(got == size, "packed recipe")
    return room.raw[:size]


class Recipe:
    def __init__(self, cursor, file_size, last):
        """last: headers of the last JPEG file, with differences."""
        quality, size = cursor.number(1), cursor.varint(min(file_size, 64 << 20))
        packed = cursor.varint(size - 1)
        refers, quality = quality >> 7, quality & 127
        need(quality <= 100 and (not refers or 0 < len(last) <= 1 << 16), "quality")
        known = dictionary(quality) + (last if refers else b"")
        plain = Cursor(unpack_against(known, cursor.take(packed), size) if packed else cursor.take(size))
        flags = plain.number(1)
        need(flags < 16 and flags & 3 < 3, "recipe")
        self.padding = flags & 3
        self.pads = list(plain.take(plain.varint())) if self.padding == 2 else []
        turns = Cursor(plain.take(plain.varint()) if flags & 4 else b"")
        self.turns = []
        while turns.at < len(turns.data):
            self.turns.append(turns.varint())
        gaps = Cursor(plain.take(plain.varint()) if flags & 8 else b"")
        self.gaps = []
        while gaps.at < len(gaps.data):
            after, kind = gaps.varint(), gaps.varint()
            self.gaps.append((after, kind >> 2, kind & 3, gaps.take(gaps.varint())))
        self.packed_headers = plain.rest()
        headers, at = bytearray(self.packed_headers), 0
        while (at := headers.find(b"curv\0\0\0\0", at)) >= 0 and at + 12 < len(headers):
            count = int.from_bytes(headers[at + 8:at + 12], "big")
            at += 12
            if 16 <= count <= (len(headers) - at) // 2:
                headers[at:at + 2 * count] = from_differences(bytes(headers[at:at + 2 * count]))
                at += 2 * count
        self.headers = bytes(headers)


class Table:
    """A Huffman table: codes by symbol. counts: of codes of each length."""

    def __init__(self, counts, symbols):
        self.counts, self.symbols, self.codes = counts, symbols, {}
        code, at = 0, 0
        for length, count in enumerate(counts, 1):
            for symbol in symbols[at:at + count]:
                self.codes[symbol] = code, length
                code += 1
            at, code = at + count, 2 * code

    @staticmethod
    def optimal(occurrences):
        """That of annex K.2: a reserved symbol gets the code of all ones."""
        trees = {symbol: (count, [symbol]) for symbol, count in occurrences.items()}
        trees[256], depth = (1, [256]), dict.fromkeys([*occurrences, 256], 0)
        while len(trees) > 1:
            first, second = sorted(trees, key=lambda tree: (trees[tree][0], -tree))[:2]
            both = trees[first][1] + trees[second][1]
            trees[first] = trees[first][0] + trees.pop(second)[0], both
            for symbol in both:
                depth[symbol] += 1
        counts = [0] * 260
        for length in depth.values():
            counts[length] += 1
        for length in range(259, 16, -1):
            while counts[length] > 0:
                shorter = length - 2
                while counts[shorter] == 0:
                    shorter -= 1
                counts[length] -= 2
                counts[length - 1] += 1
                counts[shorter + 1] += 2
                counts[shorter] -= 1
        counts[max(length for length in range(17) if counts[length])] -= 1
        return Table(counts[1:17], sorted(occurrences, key=lambda symbol: (depth[symbol], symbol)))


class Scan:
    pass


class Headers:
    """Walks from scan to scan."""

    def __init__(self, data):
        self.data, self.at, self.tables, self.steps, self.interval = data, 0, {}, {}, 0
        self.frame, self.components, self.huffman, self.scans = None, [], [], 0

    def next_scan(self):
        """None: there is no other."""
        self.huffman = []  # the places of tables before this scan
        while True:
            at = self.data.find(b"\xff", self.at)
            while at >= 0 and self.data[at + 1:at + 2] in (b"\xff", b"\0"):
                at = self.data.find(b"\xff", at + 1)
            if at < 0 or at + 2 > len(self.data) or self.data[at + 1] == 0xd9:
                return None
            marker, self.at = self.data[at + 1], at + 2
            if marker in (0xd8, 0x01):
                continue
            size = int.from_bytes(self.data[self.at:self.at + 2], "big")
            body, start = self.data[self.at + 2:self.at + size], self.at + 2
            self.at += size
            if marker == 0xc4:
                self.take_tables(body, start)
            elif marker == 0xdb:
                self.take_steps(body)
            elif marker == 0xdd:
                self.interval = int.from_bytes(body, "big")
            elif marker in (0xc0, 0xc1, 0xc2):
                self.take_frame(body, marker)
            elif marker == 0xda:
                return self.take_scan(body)
            elif 0xc3 <= marker <= 0xcf:
                raise Unsupported("arithmetic coding of JPEG files")

    def take_tables(self, body, start):
        self.huffman.append((start, len(body)))
        while body:
            counts = list(body[1:17])
            size = 17 + sum(counts)
            self.tables[body[0] >> 4, body[0] & 15] = Table(counts, body[17:size]) if sum(counts) else None
            body = body[size:]

    def take_steps(self, body):
        while body:
            size = 1 + (body[0] >> 4)
            steps = [0] * 64
            for i, at in enumerate(ZIGZAG):
                steps[at] = int.from_bytes(body[1 + i * size:1 + (i + 1) * size], "big")
            self.steps[body[0] & 15] = steps
            body = body[1 + 64 * size:]

    def take_frame(self, body, marker):
        self.frame, self.is_progressive = body, marker == 0xc2
        self.height, self.width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
        need(self.height > 0, "lines of a JPEG file")
        for name, factors, table in zip(*(body[6 + i::3] for i in range(3))):
            self.components.append([name, factors >> 4, factors & 15, table])
        if len(self.components) == 1:
            self.components[0][1:3] = 1, 1

    def take_scan(self, body):
        scan = Scan()
        scan.parts = [([c[0] for c in self.components].index(body[1 + 2 * i]), body[2 + 2 * i] >> 4, body[2 + 2 * i] & 15)
                      for i in range(body[0])]
        scan.first, scan.last, scan.high, scan.low = *body[-3:-1], body[-1] >> 4, body[-1] & 15
        if self.scans == 0:
            self.first_steps = dict(self.steps)
        self.scans += 1
        return scan


class Writer:
    """Bits of a scan; or, with tables of None, how often symbols occur."""

    def __init__(self, recipe, headers, scan, blocks, is_counting):
        self.recipe, self.headers, self.scan, self.blocks, self.is_counting = recipe, headers, scan, blocks, is_counting
        self.out, self.bits, self.count, self.seen = bytearray(), 0, 0, {}
        self.run, self.corrections, self.before = 0, [], {}

    def put(self, value, count):
        if self.is_counting:
            return
        self.bits, self.count = self.bits << count | value & (1 << count) - 1, self.count + count
        while self.count >= 8:
            byte = self.bits >> self.count - 8 & 255
            self.out += b"\xff\0" if byte == 0xff else bytes([byte])
            self.count -= 8

    def symbol(self, kind, number, symbol):
        if self.is_counting:
            seen = self.seen.setdefault((kind, number), {})
            seen[symbol] = seen.get(symbol, 0) + 1
        else:
            need(symbol in self.headers.tables[kind, number].codes, "code of a symbol")
            self.put(*self.headers.tables[kind, number].codes[symbol])

    def value(self, value, width):
        self.put(value if value > 0 else value - 1, width)

    def put_run(self):
        if self.run:
            width = self.run.bit_length() - 1
            self.symbol(1, self.scan.parts[0][2], width << 4)
            self.put(self.run, width)
            for bit in self.corrections:
                self.put(bit, 1)
            self.run, self.corrections = 0, []

    def longest_run(self):
        codes = {} if self.is_counting else self.headers.tables[1, self.scan.parts[0][2]].codes
        return (2 << max([14] if self.is_counting else [0] + [w for w in range(15) if w << 4 in codes])) - 1

    def end_early(self, corrections):
        self.run += 1
        self.corrections += corrections
        is_end = self.run == self.most or len(self.corrections) > 937
        if self.recipe.turns and self.recipe.turns[0] == self.turn:
            self.recipe.turns, self.turn, is_end = self.recipe.turns[1:], -1, not is_end
        self.turn += 1
        if is_end:
            self.put_run()

    def dc(self, part, table, value):
        difference = value - self.before.get(part, 0)
        self.before[part], width = value, abs(difference).bit_length()
        self.symbol(0, table, width)
        self.value(difference, width)

    def sequential(self, part, block):
        self.dc(part[0], part[1], block[0])
        zeros = 0
        for at in ZIGZAG[1:]:
            if block[at] == 0:
                zeros += 1
                continue
            zeros, width = self.zeros(part[2], zeros), abs(block[at]).bit_length()
            self.symbol(1, part[2], zeros << 4 | width)
            self.value(block[at], width)
            zeros = 0
        if zeros:
            self.symbol(1, part[2], 0)

    def zeros(self, table, zeros):
        for _ in range(zeros // 16):
            self.symbol(1, table, 0xf0)
        return zeros % 16

    def ac_first(self, table, block):
        zeros = 0
        for at in ZIGZAG[self.scan.first:self.scan.last + 1]:
            value = truncated(block[at], 1 << self.scan.low)
            if value == 0:
                zeros += 1
                continue
            self.put_run()
            zeros, width = self.zeros(table, zeros), abs(value).bit_length()
            self.symbol(1, table, zeros << 4 | width)
            self.value(value, width)
            zeros = 0
        if zeros:
            self.end_early([])

    def ac_refinement(self, table, block):
        values = [block[at] for at in ZIGZAG[self.scan.first:self.scan.last + 1]]
        sizes = [abs(value) >> self.scan.low for value in values]
        last = max([i for i, size in enumerate(sizes) if size == 1], default=-1)
        zeros, corrections = 0, []

        def put_corrections():
            for bit in corrections:
                self.put(bit, 1)
            corrections.clear()

        for i, (value, size) in enumerate(zip(values, sizes)):
            if size == 0:
                zeros += 1
                continue
            while zeros > 15 and i <= last:
                self.put_run()
                self.symbol(1, table, 0xf0)
                zeros -= 16
                put_corrections()
            if size > 1:
                corrections.append(size & 1)
                continue
            self.put_run()
            self.symbol(1, table, zeros << 4 | 1)
            self.put(int(value > 0), 1)
            put_corrections()
            zeros = 0
        if zeros or corrections:
            self.end_early(list(corrections))

    def block(self, part, block):
        if not self.headers.is_progressive:
            self.sequential(part, block)
        elif self.scan.first > 0:
            (self.ac_refinement if self.scan.high else self.ac_first)(part[2], block)
        elif self.scan.high == 0:
            self.dc(part[0], part[1], block[0] >> self.scan.low)
        else:
            self.put(block[0] >> self.scan.low & 1, 1)

    def mcus(self):
        """[(part, block)] for each."""
        headers = self.headers
        across = max(c[1] for c in headers.components)
        down = max(c[2] for c in headers.components)
        if len(self.scan.parts) == 1:
            part = self.scan.parts[0]
            _, h, v, _ = headers.components[part[0]]
            columns = math.ceil(math.ceil(headers.width * h / across) / 8)
            rows = math.ceil(math.ceil(headers.height * v / down) / 8)
            for y in range(rows):
                for x in range(columns):
                    yield [(part, self.blocks[part[0]][y][x])]
            return
        for y in range(math.ceil(headers.height / (8 * down))):
            for x in range(math.ceil(headers.width / (8 * across))):
                yield [(part, self.blocks[part[0]][y * v + i][x * h + j]) for part in self.scan.parts
                       for _, h, v, _ in [headers.components[part[0]]] for i in range(v) for j in range(h)]

    def write(self, turn, gaps, done):
        """gaps: [(number of an MCU, how many are missing, kind, bytes)]; done: the number of MCUs before this scan."""
        self.most, self.turn = self.longest_run() if self.headers.is_progressive and self.scan.first else 0, turn
        left, restart, missing, number = self.headers.interval, 0, 0, -1
        for number, mcu in enumerate(self.mcus()):
            while missing == 0 and gaps and gaps[0][0] == done + number:
                _, missing, kind, data = gaps.pop(0)
                self.put_run()
                self.bits = self.count = 0
                if not self.is_counting:
                    self.out += data
                if kind > 0:
                    restart = ((data[-1] & 7) + 1 if kind == 2 else restart + 1) % 8
                    left, self.before = self.headers.interval, {}
            if missing > 0:
                missing -= 1
                continue
            if self.headers.interval:
                if left == 0:
                    self.end()
                    self.out += bytes([0xff, 0xd0 + restart])
                    left, restart, self.before = self.headers.interval, (restart + 1) % 8, {}
                left -= 1
            for part, block in mcu:
                self.block(part, block)
        self.end()
        self.total = number + 1
        return bytes(self.out)

    def end(self):
        self.put_run()
        if self.count and not self.is_counting:
            recipe = self.recipe
            pad = (255, 0, 0)[recipe.padding]
            if recipe.padding == 2:
                need(recipe.pads, "padding")
                pad = recipe.pads.pop(0)
            self.put(pad, 8 - self.count)


def filled(headers, start, optimal):
    """The headers before a scan, with optimal tables in place of empty ones."""
    out, data = b"", headers.data
    for at, size in headers.huffman:
        body, result = data[at:at + size], b""
        while body:
            used = 17 + sum(body[1:17])
            table = optimal.get((body[0] >> 4, body[0] & 15)) if used == 17 else None
            result += bytes([body[0], *table.counts, *table.symbols]) if table else body[:used]
            body = body[used:]
        out += data[start:at - 2] + (len(result) + 2).to_bytes(2, "big") + result
        start = at + size
    return out + data[start:headers.at]


def standard_tables():
    tables = {}
    for segment in page_tables():
        counts = list(segment[5:21])
        tables[segment[4] >> 4, segment[4] & 15] = Table(counts, segment[21:])
    return tables


def write_file(recipe, blocks):
    headers, out, start, turn, done, gaps, at = Headers(recipe.headers), b"", 0, 0, 0, [], 0
    for after, missing, kind, data in recipe.gaps:
        gaps.append((at + after, missing, kind, data))
        at += after + missing
    headers.tables = standard_tables()
    while (scan := headers.next_scan()) is not None:
        optimal = {}
        if any(headers.tables.get((kind, part[1 + kind]), 0) is None for part in scan.parts for kind in range(2)):
            turns = recipe.turns
            counter = Writer(recipe, headers, scan, blocks, True)
            counter.write(turn, list(gaps), done)
            recipe.turns = turns
            optimal = {key: Table.optimal(seen) for key, seen in counter.seen.items()}
            for key, table in optimal.items():
                headers.tables[key] = headers.tables.get(key) or table
        out += filled(headers, start, optimal)
        writer = Writer(recipe, headers, scan, blocks, False)
        out += writer.write(turn, gaps, done)
        turn, start, done = writer.turn, headers.at, done + writer.total
    return out + recipe.headers[start:]


def components_of(recipe):
    """The headers up to the first scan, which say what the planes are."""
    headers = Headers(recipe.headers)
    need(headers.next_scan() is not None, "scans")
    later = Headers(recipe.headers)
    while later.next_scan() is not None:
        pass
    has_jfif, adobe = b"\xff\xe0\0\x10JFIF\0" in recipe.headers, recipe.headers.find(b"\xff\xee\0\x0eAdobe")
    names = bytes(c[0] for c in headers.components)
    is_rgb = len(names) == 3 and not has_jfif and (recipe.headers[adobe + 15] == 0 if adobe >= 0 else names == b"RGB")
    is_ycc = len(names) == 3 and not is_rgb or len(names) == 4 and adobe >= 0 and recipe.headers[adobe + 15] == 2
    return headers, later.steps, is_ycc


def restore_thumbnails(recipe, data, find_model):
    """Into the headers, which have zeros in their place."""
    thumbnails, headers, end, files = Cursor(data), bytearray(recipe.headers), 0, []
    while thumbnails.at < len(data):
        at, size, same = end + thumbnails.varint(), thumbnails.varint(), thumbnails.varint(len(files))
        if same > 0:
            file = files[-same]
        else:
            own = Recipe(thumbnails, size, b"")
            file = restore_jpeg(own, b"", iter([thumbnails.take(thumbnails.varint())]), find_model, False)
        need(len(file) == size and at + size <= len(headers), "size of a thumbnail")
        headers[at:at + size], end = file, at + size
        files.append(file)
    recipe.headers = bytes(headers)


def restore_jpeg(recipe, thumbnails, payloads, find_model, has_bands=True):
    restore_thumbnails(recipe, thumbnails, find_model)
    headers, steps, is_ycc = components_of(recipe)
    across, down = (max(c[i] for c in headers.components) for i in (1, 2))
    columns, rows = math.ceil(headers.width / (8 * across)), math.ceil(headers.height / (8 * down))
    bands = math.ceil(headers.width * headers.height / (1 << 21)) if has_bands else 1
    each = math.ceil(rows / (bands + bands % 2 if bands > 1 else bands))
    blocks, row = [[] for _ in headers.components], 0
    for payload in payloads:
        need(row < rows, "bands of a JPEG file")
        some, coded, done = min(each, rows - row), Cursor(payload), []
        model, source = CoefficientModel(find_model(coded.number(4))), source_of(coded.rest())
        for number, (_, h, v, table) in enumerate(headers.components):
            others, kind = [], number if is_ycc and number < 3 else 0
            for other, (_, other_h, other_v, _) in zip(done[:kind], headers.components):
                others.append(at_scale(other.amplitudes(), other_h, other_v, h, v, (some * v, columns * h)))
            component = Component(model, kind, some * v, columns * h, steps.get(table, [1] * 64), others,
                                  done[1] if kind == 2 else None)
            component.pop(source)
            done.append(component)
            blocks[number] += component.blocks.tolist()
        source.expect_end()
        row += some
    need(row == rows, "bands of a JPEG file")
    return write_file(recipe, blocks)


def at_scale(amplitudes, other_h, other_v, h, v, shape):
    if other_h not in (h, 2 * h) or other_v not in (v, 2 * v):
        return np.zeros((*shape, 64), np.int64)
    amplitudes = halve(amplitudes, 1) if other_h == 2 * h else amplitudes
    return halve(amplitudes, 0) if other_v == 2 * v else amplitudes
