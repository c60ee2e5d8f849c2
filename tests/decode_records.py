# SPDX-License-Identifier: MIT
"""
Records of pictures, for the decoder in decode.py, following bsw(5).
"""
import ctypes

from decode_adaptive import Cells, Decisions, Mixer, hash_2, stretch
from decode_drawn import palette
from decode_fields import ZSTD, Zstd, need

ZSTD.ZSTD_createDCtx.restype = ctypes.c_void_p
ZSTD.ZSTD_decompress_usingDict.restype = ctypes.c_size_t
ZSTD.ZSTD_decompress_usingDict.argtypes = [ctypes.c_void_p] + [ctypes.c_char_p, ctypes.c_size_t] * 3

TYPES = ("PLTE tRNS bKGD pHYs tIME tEXt sBIT gAMA cHRM sRGB iCCP ICCP iTXt zTXt eXIf hIST oFFs IDAT INDX vpAg caNv "
         "iDOT orNT sCAL pCAL sPLT sTER cICP prVW mkBF acTL").encode().split()
PLTE, TRNS, OTHER, NONE = 0, 1, 31, 32
FEW, MANY = 2, 250  # limits of cells
BUDGET, LAST_MAX, RECORD_MAX = 4096, 1 << 16, 64 << 20
COLOUR_TYPES = 0, 0, 4, 2, 6


def of(kind, *numbers):
    return kind.encode(), bytes(numbers)


def text(kind, words):
    return kind.encode(), words.encode()


SBIT, GAMA, BKGD = of("sBIT", 8, 8, 8, 8), of("gAMA", 0, 0, 177, 143), of("bKGD", 0, 255, 0, 255, 0, 255)
CHRM = b"cHRM", b"".join(n.to_bytes(4, "big") for n in (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
INKSCAPE = text("tEXt", "Software\0www.inkscape.org")


def phys(number):
    return b"pHYs", 2 * number.to_bytes(4, "big") + b"\1"


DICTIONARY = (
    (SBIT, INKSCAPE), (SBIT,), (of("sBIT", 8, 8, 8), phys(2835)),
    (GAMA, CHRM, of("INDX", 8, 1), of("tRNS"), of("bKGD", 0), phys(2835)),
    (GAMA, CHRM, BKGD, phys(2835), of("tIME", 7, 216, 1, 1, 0, 0, 0), text("tEXt", "Comment\0Created with GIMP")),
    (GAMA, of("sRGB", 0), phys(3779), text("tEXt", "Software\0Adobe ImageReady")),
    (SBIT, phys(3543), INKSCAPE),
    tuple(text("tEXt", f"date:{what}\0" "2010-01-01T00:00:00+00:00") for what in ("create", "modify")),
    (SBIT, phys(3780), INKSCAPE),
    (of("sRGB", 0), GAMA, BKGD, phys(2834), of("tIME", 7, 217, 1, 1, 0, 0, 0)),
    tuple(text("tEXt", word + "\0")
          for word in ("Title", "Author", "Description", "Copyright", "Creation Time", "Source")),
    (SBIT, text("iTXt", "XML:com.adobe.xmp" + 5 * "\0")),
    (SBIT, phys(2834), INKSCAPE), (SBIT,), (SBIT,))


def chunk(kind, content):
    return kind + len(content).to_bytes(4, "little") + content


def chunks(data):
    """[(type, content)] up to what is not a chunk."""
    found, at = [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4:at + 8], "little")
        if size > 0x7fffffff or size > len(data) - at - 8:
            break
        found.append((data[at:at + 4], data[at + 8:at + 8 + size]))
        at += 8 + size
    return found


class Model:
    def __init__(self, data, last):
        self.decisions, self.last, self.budget = Decisions(data), list(last or []), BUDGET
        self.cells, self.places, self.same, self.previous = Cells(), Cells(), 0, NONE
        self.mixer = Mixer([4000, 4000, 4000, 6000, 6000, 5000], 2, 8, 40, 32768)
        for record in DICTIONARY:
            self.learn(record)
        if last is not None:
            self.learn(last[:64], 256)

    # ---- decisions: with an expected bit if that is learned ----

    def likely(self, p, bit):
        if bit is not None:
            return bit
        p = min(max(p, 1), 65535)
        return self.decisions.decide(p) if p >= 32768 else 1 - self.decisions.decide(65536 - p)

    def bit(self, key, bit=None):
        cell = self.cells[key]
        bit = self.likely(cell.p, bit)
        cell.update(bit, FEW)
        return bit

    def tree(self, key, value=None):
        node = 1
        for i in range(4, -1, -1):
            node = 2 * node + self.bit((*key, node), None if value is None else value >> i & 1)
        return node - 32

    def number(self, key, value=None):
        bits = 0
        while bits < 30 and self.bit((*key, "size", bits), None if value is None else int(value + 1 >> bits + 1 != 0)):
            bits += 1
        result = 1
        for i in range(bits - 1, -1, -1):
            cell = (bits, result) if result < 4 else (i, 0)
            result = 2 * result + self.bit((*key, "first", *cell), None if value is None else value + 1 >> i & 1)
        return result - 1

    def content(self, kind, size, known=None):
        h, out = 0, bytearray()
        for at in range(size):
            at = min(at, 255)
            hashes = [hash_2(8 * kind, at), hash_2(8 * kind + 1, h & 0xff), hash_2(2, h & 0xffff),
                      hash_2(3, h & 0xffffff), hash_2(4, h), hash_2(8 * kind + 5, at << 8 | h & 0xff)]
            node = 1
            for i in range(7, -1, -1):
                cells = [self.places[hash_2(one, node) >> 17] for one in hashes]
                inputs = [stretch(cell.p) if cell.count > 0 else 0 for cell in cells]
                p = self.mixer.mix(inputs, (sum(cell.count > 0 for cell in cells), kind))
                bit = self.likely(p, None if known is None else known[len(out)] >> i & 1)
                self.mixer.update(bit)
                for cell in cells:
                    cell.update(bit, MANY)
                node = 2 * node + bit
            out.append(node & 255)
            h = (h << 8 | node & 255) & 0xffffffff
        return bytes(out)

    # ---- chunks ----

    def learn(self, record, most=1 << 32):
        for kind, content in record:
            number = TYPES.index(kind) if kind in TYPES else OTHER
            self.bit(("more", self.previous), 1)
            self.tree(("type", self.previous), number)
            self.previous = number
            if number != PLTE and len(content) <= min(64, most):
                most -= len(content)
                self.number(("length", number), len(content))
                self.content(number, len(content), content)
        self.bit(("more", self.previous), 0)
        self.previous = NONE

    def spend(self, size):
        need(size <= self.budget, "size of a record")
        self.budget -= size

    def record(self):
        out, alpha = b"", None
        while self.bit(("more", self.previous)):
            self.spend(8)
            number = self.previous = self.tree(("type", self.previous))
            kind = TYPES[number] if number < OTHER else bytes(self.decisions.number(8) for _ in range(4))
            near = [i for i, one in enumerate(self.last[:8]) if one[0] == kind]
            same = 0
            if near:
                same = self.bit(("same", self.same))
                self.same = (2 * self.same + same) & 3
                content, self.last = self.last[near[0]][1], self.last[near[0] + 1:]
            if same:
                pass
            elif number == PLTE:
                first = self.entries("alpha", 4)
                others = self.entries("rest", 3)
                need(0 < len(first) + len(others) <= 256, "palette")
                content = b"".join(bytes(colour[:3]) for colour in first + others)
                alpha = bytes(colour[3] for colour in first)
            elif number == TRNS and alpha:
                content, alpha = alpha, None
            else:
                size = self.number(("length", number))
                self.spend(size)
                content = self.content(number, size)
            out += chunk(kind, content)
        return out

    def entries(self, key, channels):
        return palette(self.decisions, self.decisions.number(8) + 1, channels) if self.bit((key,)) else []

    def implied(self):
        cell = self.cells["implied"]
        cell.precise, cell.count = 64 * 64000, 30
        return self.bit("implied")

    def plain(self):
        size = self.number(("length", OTHER))
        self.spend(size)
        return self.content(OTHER, size)


def unpack(packed, size, known):
    if not known:
        return Zstd().restore(packed, size)
    room = ctypes.create_string_buffer(size)
    got = ZSTD.ZSTD_decompress_usingDict(ZSTD.ZSTD_createDCtx(), room, size, packed, len(packed), known, len(known))
    need(got == size, "zstd data of a record")
    return room.raw


def take_record(cursor, picture=None, last=b""):
    """A head record of the picture, or else a tail record."""
    first = cursor.varint(4 * RECORD_MAX + 3)
    refers, is_plain = first & 1, first & 2
    size = cursor.varint(RECORD_MAX) if is_plain else 0
    data = cursor.take(first >> 2)
    need(not refers or 0 < len(last) <= LAST_MAX, "reference of a record")
    last = last if refers else b""
    if is_plain:
        need(size >= len(data), "size of a record")
        return data if size == len(data) else unpack(data, size, last)
    has_chunks = picture is None or picture.format in (4, 5, 6, 9)
    model = Model(data, chunks(last[4:]) if has_chunks and refers else None)
    if not has_chunks:
        record = model.plain()
    elif picture is None:
        record = model.record()
    else:
        prefix = bytes([1, picture.maxval.bit_length(), 3 if picture.indexed else COLOUR_TYPES[picture.channels], 0])
        if not model.implied():
            prefix = bytes(model.decisions.number(8) for _ in range(4))
        record = prefix + model.record()
    model.decisions.expect_end()
    return record
