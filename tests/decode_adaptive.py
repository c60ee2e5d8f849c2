# SPDX-License-Identifier: MIT
"""
Binary decisions and adaptive probabilities, for the decoder in decode.py, following bsw(5).
"""
import math

from decode_fields import need

CHUNK = 1 << 20
RECIPROCAL = [math.floor(65536 / (n + 1.5) + 0.5) for n in range(1024)]


def nearest(x):
    return math.floor(x + 0.5)


def limit(value, low, high):
    return low if value < low else high if value > high else value


def truncated(a, b):
    """a / b, rounded towards 0."""
    return abs(a) // abs(b) if (a < 0) == (b < 0) else -(abs(a) // abs(b))


def stretched(p):
    if p >= 32768:
        return -stretched(65535 - p)
    q = (p + 0.5 if p < 2048 else 16 * (p >> 4) + 8) / 65536
    return nearest(256 * math.log(q / (1 - q)))


STRETCHED = [stretched(p) for p in range(32768)]
SQUASHED = [max(1, nearest(65536 / (1 + math.exp(x / 256)))) for x in range(3072)]


def stretch(p):
    return STRETCHED[p] if p < 32768 else -STRETCHED[65535 - p]


def squash(x):
    x = limit(x, -3071, 3071)
    return SQUASHED[-x] if x < 0 else 65536 - SQUASHED[x]


def hash_2(a, b):
    h = a * 0x9e3779b1 & 0xffffffff ^ (b + 0x7f4a7c15) * 0x85ebca6b & 0xffffffff
    return (h ^ h >> 15) * 0x2c1b3c6d & 0xffffffff


class Cell:
    __slots__ = "precise", "count"

    def __init__(self, p, count=0):
        self.precise, self.count = 64 * p, count

    @property
    def p(self):
        return self.precise >> 6

    def update(self, bit, most):
        self.precise += ((bit * ((1 << 22) - 1) - self.precise) * RECIPROCAL[self.count]) >> 16
        self.count = min(self.count + 1, most)


class Cells(dict):
    """Cells of a table, which come into being when they are first used."""

    def __init__(self, p=32768, count=0):
        super().__init__()
        self.p, self.count = p, count

    def __missing__(self, key):
        cell = self[key] = Cell(self.p, self.count)
        return cell


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

    def reference(self, earlier):
        """One of these, or None."""
        if not self.decide(1024):
            return None
        number = self.number(8)
        need(number < len(earlier), "number of an earlier picture")
        return earlier[number]

    def by_cell(self, cell, most):
        bit = self.decide(cell.p)
        cell.update(bit, most)
        return bit

    def expect_end(self):
        need(self.state == 0 and self.at == len(self.data), "end of the decisions")


class Weights:
    """A set of them."""

    def __init__(self, values):
        self.values, self.used = values, 0


class Mixer:
    """first: the weights at first, one for each input; of_sets: the weight of each set at first."""

    def __init__(self, first, sets, a, b, of_sets):
        self.first, self.sets, self.a, self.b = first + [0] * (len(first) % 2), [{} for _ in range(sets)], a, b
        self.of_sets = [of_sets] * sets

    def mix(self, inputs, chosen, of_sets=None):
        self.inputs = inputs = inputs + [0] * (len(inputs) % 2)
        self.v = self.of_sets if of_sets is None else of_sets
        self.used, self.d, total = [], [], 1 << 15
        for one, index, v in zip(self.sets, chosen, self.v):
            weights = one.get(index)
            if weights is None:
                weights = one[index] = Weights(self.first)
            self.used.append(weights)
            products = [w * x for w, x in zip(weights.values, inputs)]
            d = sum([(p + q) >> 8 for p, q in zip(products[0::2], products[1::2])]) >> 6
            d = limit(d, -3071, 3071)
            self.d.append(d)
            total += d * v
        self.y = limit(total >> 16, -3071, 3071)
        return squash(self.y)

    def update(self, bit):
        target, error = bit << 16, (bit << 16) - squash(self.y)
        for s, (d, used) in enumerate(zip(self.d, self.used)):
            self.v[s] = limit(self.v[s] + ((d * (error >> 2) + (1 << 14)) >> 15), -1 << 18, 1 << 18)
            e = limit(((target - squash(d)) * (self.a + (self.b * RECIPROCAL[used.used] >> 16))) >> 6, -32767, 32767)
            used.used = min(used.used + 1, 1023)
            used.values = [-32768 if w < -32768 else 32767 if w > 32767 else w for w in
                           [w + (((8 * x * e >> 16) + 1) >> 1) for w, x in zip(used.values, self.inputs)]]


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


class Curves(dict):
    def __missing__(self, key):
        curve = self[key] = Curve()
        return curve
