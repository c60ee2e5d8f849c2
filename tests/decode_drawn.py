# SPDX-License-Identifier: MIT
"""
Drawings of one or two colours, for the decoder in decode.py, written from bsw(5).
"""
import math

from decode_fields import Unsupported, need

CHUNK = 1 << 20
RECIPROCAL = [math.floor(65536 / (n + 1.5) + 0.5) for n in range(1024)]


def nearest(x):
    return math.floor(x + 0.5)


def limit(value, low, high):
    return max(low, min(high, value))


def stretch(p):
    if p >= 32768:
        return -stretch(65535 - p)
    q = (p + 0.5 if p < 2048 else 16 * (p >> 4) + 8) / 65536
    return nearest(256 * math.log(q / (1 - q)))


SQUASHED = [max(1, nearest(65536 / (1 + math.exp(x / 256)))) for x in range(3072)]


def squash(x):
    x = limit(x, -3071, 3071)
    return SQUASHED[-x] if x < 0 else 65536 - SQUASHED[x]


def hash_2(a, b):
    h = a * 0x9e3779b1 % (1 << 32) ^ (b + 0x7f4a7c15) * 0x85ebca6b % (1 << 32)
    return (h ^ h >> 15) * 0x2c1b3c6d % (1 << 32)


class Cell:
    def __init__(self, p, count=0):
        self.precise, self.count = 64 * p, count

    @property
    def p(self):
        return self.precise >> 6

    def update(self, bit, most):
        self.precise += ((bit * ((1 << 22) - 1) - self.precise) * RECIPROCAL[self.count]) >> 16
        self.count = min(self.count + 1, most)


class Decisions:
    def __init__(self, data):
        self.data, self.at = data, 0
        self.begin_chunk()

    def begin_chunk(self):
        self.state = int.from_bytes(self.data[self.at:self.at + 6], "little")
        self.at, self.count = min(self.at + 6, len(self.data)), 0

    def decide(self, p=32768):
        if self.count == CHUNK:
            need(self.state == 1 << 32, "state at the end of a chunk")
            self.begin_chunk()
        self.count += 1
        p, slot, above = limit(p, 1, 65535), self.state % 65536, self.state >> 16
        bit = int(slot < p)
        self.state = p * above + slot if bit else (65536 - p) * above + slot - p
        if self.state < 1 << 32 and self.at + 2 <= len(self.data):
            self.state = self.state << 16 | int.from_bytes(self.data[self.at:self.at + 2], "little")
            self.at += 2
        return bit

    def number(self, bits):
        value = 0
        for _ in range(bits):
            value = 2 * value + self.decide()
        return value

    def by_cell(self, cell, most):
        bit = self.decide(cell.p)
        cell.update(bit, most)
        return bit

    def expect_end(self):
        need(self.state == 0 and self.at == len(self.data), "end of the decisions")


class Mixer:
    def __init__(self, weights, sets, a, b):
        self.first, self.sets, self.a, self.b = weights, [{} for _ in range(sets)], a, b
        self.of_sets = [32768] * sets

    def mix(self, inputs, chosen):
        inputs = inputs + [0] * (len(inputs) % 2)
        self.inputs = inputs
        self.used = [one.setdefault(index, [self.first + [0], 0]) for one, index in zip(self.sets, chosen)]
        self.d = []
        for weights, _ in self.used:
            total = sum((weights[i] * inputs[i] + weights[i + 1] * inputs[i + 1]) >> 8 for i in range(0, len(inputs), 2))
            self.d.append(limit(total >> 6, -3071, 3071))
        self.y = limit(((1 << 15) + sum(d * v for d, v in zip(self.d, self.of_sets))) >> 16, -3071, 3071)
        return squash(self.y)

    def update(self, bit):
        target, error = bit << 16, (bit << 16) - squash(self.y)
        for s, (d, used) in enumerate(zip(self.d, self.used)):
            self.of_sets[s] = limit(self.of_sets[s] + ((d * (error >> 2) + (1 << 14)) >> 15), -1 << 18, 1 << 18)
            e = limit(((target - squash(d)) * (self.a + (self.b * RECIPROCAL[used[1]] >> 16))) >> 6, -32767, 32767)
            used[1] = min(used[1] + 1, 1023)
            used[0] = [limit(w + (((8 * x * e >> 16) + 1) >> 1), -32768, 32767) for w, x in zip(used[0], self.inputs)]


class Curve:
    def __init__(self):
        self.cells = [Cell(min(squash(256 * (j - 12)), 65535), 30) for j in range(25)]

    def probability(self, y):
        z = y + 3072
        self.j = min(z >> 8, 23)
        self.f = z - 256 * self.j
        return (self.cells[self.j].p * (256 - self.f) + self.cells[self.j + 1].p * self.f) >> 8

    def update(self, bit, most):
        self.cells[self.j + (self.f >= 128)].update(bit, most)


def two_values(decisions, width, height, setting):
    """[rows][columns] of 0 and 1."""
    count = 5 if setting == 0 else 10
    m = next((m for m in range(10, 21) if 1 << m >= width * height), 21)
    cells, curves = [{} for _ in range(count)], {}
    flat = {}
    mixer = Mixer([5000] * (2 * count) + [0], 2, 12, 40)
    picture = [[0] * (width + 64) for _ in range(height + 7)]  # 7 rows above, 32 columns to the left and right

    for y in range(7, height + 7):
        for x in range(32, width + 32):
            def part(k, before, after):
                value = 0
                for pixel in picture[y - k][x - before:x + after + 1]:
                    value = 2 * value + pixel
                return value, before + after + 1

            def left(n):
                return part(0, n, -1)

            def joined(*parts):
                value = shift = 0
                for number, bits in parts:
                    value |= number << shift
                    shift += bits
                return value

            c = picture[y][x - 1]
            near = picture[y][x - 12:x] + [pixel for k in range(1, 5) for pixel in picture[y - k][x - 12:x + 13]]
            if all(pixel == c for pixel in near):
                more = (all(pixel == c for pixel in picture[y][x - 32:x]),
                        all(pixel == c for pixel in picture[y - 5][x - 19:x + 13]))
                cell = flat.setdefault((c, more), Cell((500, 65000)[c], 20))
                picture[y][x] = decisions.by_cell(cell, 1000)
                continue
            h = [joined(left(2), part(1, 2, 2), part(2, 1, 1)),
                 hash_2(joined(left(4), part(1, 3, 3), part(2, 2, 2)), 2),
                 hash_2(joined(left(6), part(1, 5, 5), part(2, 3, 3)), 1),
                 hash_2(joined(left(6), part(1, 4, 4), part(2, 4, 4)), joined(part(3, 3, 3))),
                 hash_2(hash_2(joined(left(8), part(1, 7, 7)), joined(part(2, 6, 6), part(3, 5, 5))),
                        joined(part(4, 4, 4), part(5, 3, 3)) + (1 << 30))]
            if count > 5:
                h += [hash_2(joined(left(11), part(1, 8, 11)), 5),
                      hash_2(joined(left(2), *(part(k, 1, 1) for k in range(1, 7))), 6),
                      hash_2(joined(left(5), part(2, 5, 5), part(4, 5, 5)), 7),
                      hash_2(hash_2(h[4], joined(left(12), part(1, 9, 9))),
                             hash_2(joined(part(2, 8, 8), part(6, 4, 4)), joined(part(3, 7, 7), part(7, 3, 3)))),
                      hash_2(joined(left(4), part(1, 2, 6), part(2, 2, 6), part(3, 1, 4)), 9)]
            used = [cells[i].setdefault(hash_2(h[i], i) >> 32 - m, Cell(32768)) for i in range(count)]
            young = [cell.count < 12 for cell in used]
            inputs = []
            for cell, is_young in zip(used, young):
                inputs += [stretch(cell.p), 0] if is_young else [0, stretch(cell.p)]
            ages = sum(young[i] << bit for bit, i in enumerate((2, 3, 4, 8)) if i < count)
            mixed = mixer.mix(inputs + [100], (h[0], ages))
            curve = curves.setdefault(h[0], Curve())
            bit = decisions.decide((mixed + curve.probability(mixer.y)) >> 1)
            mixer.update(bit)
            curve.update(bit, 255)
            for cell in used:
                cell.update(bit, 255)
            picture[y][x] = bit
    return [row[32:width + 32] for row in picture[7:]]


def palette(decisions, count, channels):
    cells = [{} for _ in range(channels)]
    colours, last = [], [0] * channels
    for _ in range(count):
        colour, first = [0] * channels, 0
        for k, c in enumerate((1, 0, 2, 3)[:channels] if channels >= 3 else range(channels)):
            node = 1
            for _ in range(8):
                node = 2 * node + decisions.by_cell(cells[c].setdefault(node, Cell(32768)), 30)
            difference = node & 255
            colour[c] = (last[c] + difference + (first if c < 3 and k > 0 else 0)) % 256
            first = difference if k == 0 else first
        colours.append(colour)
        last = colour
    return colours


def decode_drawing(data, width, height, channels, is_indexed):
    """The samples, interleaved."""
    decisions = Decisions(data)
    setting = decisions.number(2)
    need(setting < 3, "setting")
    decisions.number(1)
    if decisions.number(1):
        count = decisions.number(8) + 1
        colours = palette(decisions, count, channels)
    else:
        kinds, constants = [], []
        for _ in range(channels):
            kinds.append(decisions.number(2))
            constants.append(decisions.number(8) if kinds[-1] == 1 else None)
        need(any(kind in (0, 3) for kind in kinds), "channels")
        count = decisions.number(8) + 1 if is_indexed else None
        colours = [[0], [1]]
    if count not in (1, 2):
        raise Unsupported("drawings of more than two colours")
    rows = two_values(decisions, width, height, setting) if count == 2 else [[0] * width] * height
    decisions.expect_end()
    return bytes(sample for row in rows for pixel in row for sample in colours[pixel])
