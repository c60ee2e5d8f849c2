# SPDX-License-Identifier: MIT
"""
GIF files, for the decoder in decode.py, following bsw(5): the image data from indices and the choices of its writer,
and sequences of images.
"""
from decode_adaptive import Cells, Decisions, hash_2
from decode_candidates import Model, begin, begin_row
from decode_drawn import decode_drawing
from decode_fields import Cursor, need

ENDED, TERMINATED, CLEAR_AT_END, LISTED_CLEARS, LISTED_BLOCKS = 1, 2, 4, 8, 16


def varints(cursor, each=1):
    """A list: its number of entries, and these."""
    return [[cursor.varint() for _ in range(each)] for _ in range(cursor.varint(1 << 26))]


class Choices:
    """Of an image's writer. last: those of the last image, or None."""

    def __init__(self, cursor, last):
        kind = cursor.varint(2)
        need(kind > 0, "choices")
        self.clear, self.block, self.longest = (last.clear, last.block, last.longest) if last else (0, 255, 0)
        self.flags, self.missing, self.fill, self.rest, self.cut = ENDED | TERMINATED, 0, 0, b"", 0
        self.clears, self.lengths, self.blocks = [], [], []
        if kind == 2:
            self.clear, self.block, self.longest = cursor.varint(), cursor.varint(255), cursor.varint()
            self.flags, self.missing = cursor.varint(31), cursor.varint()
            self.clears = varints(cursor) if self.flags & LISTED_CLEARS else []
            self.lengths, self.fill = varints(cursor, 2), cursor.varint(127)
            self.rest = cursor.take(cursor.varint())
            self.blocks = varints(cursor) if self.flags & LISTED_BLOCKS else []
            self.cut = cursor.varint(255)


class Codes:
    def __init__(self, bits):
        self.index_bits, self.number, self.bits = bits, 0, 0
        self.clear()

    def clear(self):
        self.strings, self.next = {}, (1 << self.index_bits) + 2

    def put(self, code):
        self.number |= code << self.bits
        self.bits += max(self.index_bits + 1, min((self.next - 1).bit_length(), 12))

    def put_clear(self):
        self.put(1 << self.index_bits)
        self.clear()


def image_data(bits, indices, choices):
    """The blocks of an image's data."""
    codes, at, count = Codes(bits), 0, len(indices) - choices.missing
    clears = [one for one, in choices.clears] if choices.flags & LISTED_CLEARS else None
    lengths, since, before = list(choices.lengths), 0, 0
    need(count >= 0, "missing indices")
    if clears is None:
        codes.put_clear()
    while True:
        if since == (clears[0] if clears else None if clears is not None else choices.clear or None) and (
                clears is not None or at < count):
            codes.put_clear()
            since, clears = 0, clears[1:] if clears is not None else None
        elif at == count:
            break
        else:
            wanted = None
            if lengths and lengths[0][0] == before:
                wanted, before = lengths.pop(0)[1], -1
                need(wanted > 0, "length of a string")
            before += 1
            most = wanted or choices.longest or count
            start, code = at, indices[at]
            at += 1
            while at < count and at - start < most and (code, indices[at]) in codes.strings:
                code = codes.strings[code, indices[at]]
                at += 1
            need(wanted is None or at - start == wanted, "length of a string")
            codes.put(code)
            since += 1
            if codes.next < 4096:
                if at < count:
                    codes.strings.setdefault((code, indices[at]), codes.next)
                codes.next += 1
    if choices.flags & CLEAR_AT_END:
        codes.put_clear()
    if choices.flags & ENDED:
        codes.put((1 << bits) + 1)
    number = codes.number | (choices.fill << codes.bits if codes.bits % 8 else 0)
    need(number.bit_length() <= (codes.bits + 7) // 8 * 8, "last byte of the codes")
    data = number.to_bytes((codes.bits + 7) // 8, "little") + choices.rest
    sizes = [size for size, in choices.blocks] if choices.flags & LISTED_BLOCKS else [
        min(choices.block, len(data) - at) for at in range(0, len(data), choices.block)]
    need(sum(sizes) == len(data), "blocks")
    out, at = b"", 0
    for i, size in enumerate(sizes):
        out += bytes([size + (choices.cut if i == len(sizes) - 1 else 0)]) + data[at:at + size]
        at += size
    return out + (b"\0" if choices.flags & TERMINATED else b"")


class Image:
    pass


class Skeleton:
    """Walks through the blocks of a file without the data of coded images."""

    def __init__(self, data):
        self.data, self.at, self.disposal, self.transparent = data, 13, 0, None
        need(data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 13, "skeleton")
        self.width, self.height = (int.from_bytes(data[at:at + 2], "little") for at in (6, 8))
        self.table = self.take_table(data[10])

    def take_table(self, flags):
        if not flags & 128:
            return None
        size = 3 * (2 << (flags & 7))
        self.at += size
        return self.data[self.at - size:self.at]

    def skip_blocks(self):
        while self.at < len(self.data) and self.data[self.at]:
            self.at += 1 + self.data[self.at]
        self.at += 1

    def next_image(self, is_bare):
        data = self.data
        while self.at < len(data) and data[self.at] in (0, 0x21):
            if data[self.at] == 0:
                self.at += 1
                continue
            if data[self.at + 1] == 0xf9 and data[self.at + 2] >= 4:
                self.disposal = data[self.at + 3] >> 2 & 7
                self.transparent = data[self.at + 6] if data[self.at + 3] & 1 else None
            self.at += 2
            self.skip_blocks()
        if self.at >= len(data) or data[self.at] != 0x2c:
            return None
        image = Image()
        image.left, image.top, image.width, image.height = (
            int.from_bytes(data[self.at + i:self.at + i + 2], "little") for i in (1, 3, 5, 7))
        flags = data[self.at + 9]
        self.at += 10
        image.table_at, image.own = self.at, 2 << (flags & 7) if flags & 128 else 0
        image.table = None if is_bare and image.own else self.take_table(flags) or self.table
        image.is_interlaced, image.bits = bool(flags & 64), data[self.at]
        image.disposal, image.transparent = self.disposal, self.transparent
        self.at += 1
        self.disposal, self.transparent = 0, None
        return image


def in_data_order(image, rows):
    if not image.is_interlaced:
        return rows
    return [rows[y] for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, image.height, step)]


class Tables:
    """Colour tables that resemble each other."""

    def __init__(self, decisions, known):
        self.decisions, self.last, self.followers = decisions, [], {}
        self.sources, self.samples = Cells(), Cells()
        colours = [tuple(known[at:at + 3]) for at in range(0, len(known), 3)]
        for before, colour in zip([(0, 0, 0), *colours], colours):
            self.note(before, colour)
        self.last = colours

    def note(self, before, colour):
        key = hash_2(int.from_bytes(bytes(before), "little"), 17) >> 18
        followers = self.followers.setdefault(key, [None, None])
        if colour != before and followers[0] != colour:
            self.followers[key] = [colour, followers[0]]

    def table(self, count):
        colours, before, at, history = [], (0, 0, 0), 0, 0
        for _ in range(count):
            colour, history = self.entry(before, at, history)
            self.note(before, colour)
            last = self.last
            if not (colour == before and at > 0 and (at == len(last) or last[at] != colour)):
                at = self.next_place(colour, at)
            colours.append(colour)
            before = colour
        self.last = colours
        return b"".join(map(bytes, colours))

    def next_place(self, colour, at):
        for i in range(at, min(at + 2, len(self.last))):
            if self.last[i] == colour:
                return i + 1
        while at < len(self.last) and light(self.last[at]) <= light(colour):
            at += 1
        return at

    def entry(self, before, at, history):
        last = self.last
        followers = self.followers.get(hash_2(int.from_bytes(bytes(before), "little"), 17) >> 18, [None, None])
        sources = [before, last[at] if at < len(last) else None, *followers, last[at + 1] if at + 1 < len(last) else None]
        agree = min(sum((sources[i] is not None and sources[i] == sources[1]) << i - 2 for i in range(2, 5)), 3)
        for i, source in enumerate(sources):
            if source is not None and source not in sources[:i]:
                if self.decisions.by_cell(self.sources[i, history, agree], 100):
                    return source, (history << 2 | (1 if i == 0 else 2)) & 15
        colour, first, context = [0] * 3, 0, 0
        for k, c in enumerate((1, 0, 2)):
            node = 1
            for _ in range(8):
                node = 2 * node + self.decisions.by_cell(self.samples[k, context, node], 100)
            difference = node & 255
            colour[c] = (before[c] + difference + first) % 256
            first = difference if k == 0 else first
            context = 1 if difference == 0 else 2 if difference < 4 or difference > 252 else 0
        return tuple(colour), history << 2 & 15


def light(colour):
    return 2 * colour[0] + 5 * colour[1] + colour[2]


class Sequence:
    def __init__(self, data, skeleton):
        self.decisions = Decisions(data)
        setting, size = self.decisions.number(2), self.decisions.number(5)
        need(setting < 3 and size <= 17, "setting of a sequence")
        self.model = Model(self.decisions, setting, True, 1, 256, 1 << size, [], True)
        self.tables = Tables(self.decisions, skeleton.table or b"")
        self.numbers, self.visible = {}, {0: 0}  # of colours
        self.screen = [[0] * skeleton.width for _ in range(skeleton.height)]
        self.disposal = []  # what to do before the next image: [(row, first column, numbers)]

    def number(self, key, visible=None):
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers) + 1
            self.visible[self.numbers[key]] = visible or self.numbers[key]
        return self.numbers[key]

    def palette(self, image):
        result, seen = [], {}
        for i in range(1 << image.bits):
            colour = image.table[3 * i:3 * i + 3] if image.table and 3 * i < len(image.table) else None
            twin = seen.get(colour, 0)
            if i == image.transparent:
                result.append(0)
            elif colour is None or twin == 127:
                result.append(self.number(("place", i)))
            else:
                seen[colour] = twin + 1
                result.append(self.number((colour, twin), self.numbers.get((colour, 0))))
        return result

    def image(self, image):
        """Its rows of indices; image.table becomes known."""
        if image.own:
            image.table = self.tables.table(image.own)
        palette = self.palette(image)
        for y, x, numbers in self.disposal:
            self.screen[y][x:x + len(numbers)] = numbers
        rows = range(image.top, min(image.top + image.height, len(self.screen)))
        shown = [self.screen[y][image.left:image.left + image.width] for y in rows]
        before = [row + [0] * (image.width - len(row)) for row in shown]
        before += [[0] * image.width for _ in range(image.height - len(before))]
        numbers = self.pixels(image, palette, before)
        self.disposal = []
        for y, row, there in zip(rows, numbers, shown):
            if image.disposal in (2, 3):
                self.disposal.append((y, image.left, [0] * len(there) if image.disposal == 2 else there))
            self.screen[y][image.left:image.left + len(there)] = [
                old if new == 0 else self.visible[new] for old, new in zip(there, row)]
        places = {number: i for i, number in enumerate(palette)}
        return [[places[number] for number in row] for row in numbers]

    def pixels(self, image, palette, before):
        model, width, done = self.model, image.width, []
        model.palette, model.colours = palette, len(palette)
        model.places = {number: i for i, number in enumerate(palette)}
        padded = [[row[0]] * 16 + row + [row[-1]] * 16 for row in before]
        begin(model, width)
        for y in range(image.height):
            begin_row(model, y)
            model.sources = [(padded[y], padded[max(y - 1, 0)], padded[min(y + 1, image.height - 1)], 0)]
            model.decode_pixels(0, width)
            model.rows[0].end(width)
            done.append(model.rows[0].pixels[16:16 + width])
        return done


def restore_gif(header_skeleton, choices_data, is_bare, parts):
    """The file. parts: an iterator over payloads."""
    skeleton, choices = Skeleton(header_skeleton), Cursor(choices_data)
    out, copied, last, sequence = b"", 0, None, None
    while True:
        is_kept = choices.at == len(choices_data) or choices_data[choices.at] == 0
        image = skeleton.next_image(is_bare and not is_kept)
        if image is None:
            break
        if is_kept:
            choices.at += choices.at < len(choices_data)
            skeleton.skip_blocks()
            continue
        if sequence is None:
            payload = next(parts, None)
            need(payload is not None and payload[:1] == (b"\2" if is_bare else b"\1"), "part of a GIF file")
            sequence = Sequence(payload[1:], skeleton) if is_bare else None
        if sequence is not None:
            rows = sequence.image(image)
            out += header_skeleton[copied:image.table_at] + (image.table if image.own else b"")
            copied = image.table_at
        else:
            flat = decode_drawing(payload[1:], image.width, image.height, 1, True)
            rows = [list(flat[at:at + image.width]) for at in range(0, len(flat), image.width)]
        out += header_skeleton[copied:skeleton.at]
        copied = skeleton.at
        last = Choices(choices, last)
        out += image_data(image.bits, [index for row in in_data_order(image, rows) for index in row], last)
    need(next(parts, None) is None, "parts of a GIF file")
    if sequence is not None:
        sequence.decisions.expect_end()
    return out + header_skeleton[copied:]
