# SPDX-License-Identifier: MIT
"""
Exceptions, for the decoder in decode.py, following bsw(5).
"""
import numpy as np

from decode_adaptive import Cells, Decisions, Mixer, RECIPROCAL, hash_2, limit, stretch

STAGES = 4, 8, 24, 48


def size(r):
    return limit(r, -3, 3) + 3


class Exceptions:
    """Those of a band."""

    def __init__(self, data, width, height, channels):
        self.decisions = Decisions(data)
        self.width, self.height, self.channels = width, height, channels
        self.mixer, self.of_sets = Mixer([4096] * 7 + [0], 2, 4, 20, 32768), {}
        self.cells = [Cells() for _ in range(7)]
        self.tiles, self.residuals, self.inside = {}, {}, {}
        self.pop_tiles()
        for row in range(height):
            for column in range(width):
                if self.tiles[column // 8, row // 8] and self.pop_pixel(row, column):
                    self.pop_residuals(row, column)
        self.decisions.expect_end()

    def decide(self, kind, choice, contexts):
        cells = [one[hash_2(context % (1 << 32), kind) >> 19] for one, context in zip(self.cells, contexts)]
        inputs = [stretch(limit(cell.p, 1, 65535)) * (65536 - (3 * RECIPROCAL[cell.count] >> 1)) >> 16 for cell in cells]
        inputs += [0] * (7 - len(inputs)) + [256]
        p = self.mixer.mix(inputs, (kind, (kind, choice)), self.of_sets.setdefault(kind, [32768] * 2))
        bit = self.decisions.decide(p)
        self.mixer.update(bit)
        for cell in cells:
            cell.update(bit, 255)
        return bit

    def pop_tiles(self):
        for y in range((self.height + 7) // 8):
            for x in range((self.width + 7) // 8):
                def t(i, j):
                    return self.tiles.get((x + i, y + j), 0)
                n = t(-1, 0) + 2 * t(0, -1) + 4 * t(-1, -1) + 8 * t(1, -1)
                some = sum(t(i, 0) for i in range(-3, 0)) + sum(t(i, j) for i in range(-2, 3) for j in (-1, -2))
                contexts = n, t(-1, 0) + 2 * t(0, -1) + 4 * t(-2, 0) + 8 * t(0, -2), some
                self.tiles[x, y] = self.decide(0, n, contexts)

    def pop_pixel(self, row, column):
        tile, y, x = (column // 8, row // 8), row % 8, column % 8

        def f(i, j):
            return int((row + j, column + i) in self.residuals)

        def t(i, j):
            return self.tiles.get((tile[0] + i, tile[1] + j), 0)
        before = y * min(8, self.width - 8 * tile[0]) + x
        density = 1 + 10 * len(self.inside.get(tile, ())) // before if before else 0
        both = 8 * density + sum(before >= stage for stage in STAGES)
        n = f(-1, 0) + 2 * f(0, -1) + 4 * f(-1, -1) + 8 * f(1, -1) + 16 * f(-2, 0) + 32 * f(0, -2)
        further = f(-3, 0) + f(-2, -1) + f(2, -1) + f(-2, -2) + f(-1, -2) + f(1, -2) + f(2, -2)
        return self.decide(1, n, (64 * n + 8 * y + x, 4 * both + n % 4,
                                  16 * both + t(-1, 0) + 2 * t(1, 0) + 4 * t(0, -1) + 8 * t(0, 1), 8 * n + further))

    def pop_residuals(self, row, column):
        own = []
        for c in range(self.channels):
            own.append(self.pop_residual(row, column, c, own))
        self.residuals[row, column] = own
        self.inside.setdefault((column // 8, row // 8), []).append(own)

    def pop_residual(self, row, column, c, known):
        def r(i, j):
            there = self.residuals.get((row + j, column + i))
            return there[c] if there else 0
        a, b = known[0] if c > 0 else 0, known[1] if c > 1 else 0
        own, sides = 7 * size(a) + size(b), 7 * size(r(-1, 0)) + size(r(0, -1))
        x, y = column // 8, row // 8
        near = [one[c] for tile in ((x, y), (x - 1, y), (x, y - 1)) for one in self.inside.get(tile, ())]
        mean = min(40, 1 + (4 * sum(map(abs, near)) + len(near) // 2) // len(near)) if near else 0
        contexts = (own, sides, 7 * own + size(r(-1, 0)), 7 * own + size(r(-1, 0) + r(0, -1) + r(-1, -1) + r(1, -1)),
                    49 * own + 7 * size(r(-2, 0)) + size(r(0, -2)), 256 * (a + 128) + b + 128, mean)
        kind = 2 + 4 * c
        is_last = c + 1 == self.channels and not any(known)
        if not is_last and not self.decide(kind, sides, contexts):
            return 0
        positive = self.decide(kind + 1, sides, contexts)
        low, high, i = 1, 1, 0
        while i < 7 and self.decide(kind + 2 + (i > 0), i, [32 * one + 2 * i + positive for one in contexts]):
            low, high, i = high + 1, 2 * high, i + 1
        while low < high:
            t = (low + high + 1) // 2
            if self.decide(kind + 3, 8 + i, [1024 * one + 512 + t for one in contexts]):
                low = t
            else:
                high = t - 1
        return low if positive else -low

    def apply(self, samples):
        for (row, column), residuals in self.residuals.items():
            samples[row, column, :self.channels] = (samples[row, column, :self.channels] + np.array(residuals)) % 256
