# SPDX-License-Identifier: MIT
"""
Least squares over the samples around, for the decoder in decode.py, following bsw(5).
"""
from decode_adaptive import limit


def shifted(value, shift):
    return value << shift if shift >= 0 else (value + (1 << -shift - 1)) >> -shift


class Window:
    """count: regressors; fading: how slowly sums fade; every: for how many strips weights are used; shared: how many
    strips have the same sums."""

    def __init__(self, count, fading, every, shared, strips):
        self.count, self.fading, self.every, self.shared, self.weights = count, fading, every, shared, [0] * count
        self.places = strips = (strips - 1) // shared + 1
        self.products = [[[0] * (i + 1) for i in range(count)] for _ in range(strips)]
        self.with_target = [[0] * count for _ in range(strips)]

    def add(self, strip, pixels):
        products, with_target = self.products[strip], self.with_target[strip]
        for i in range(self.count):
            row, factors = products[i], [r[i] for r, _ in pixels]
            for j in range(i + 1):
                row[j] += sum([f * r[j] for f, (r, _) in zip(factors, pixels)]) - (row[j] >> self.fading)
            with_target[i] += sum([f * t for f, (_, t) in zip(factors, pixels)]) - (with_target[i] >> self.fading)

    def solve(self, strips):
        """The weights that the sum of three strips' sums asks for."""
        n, products, target = self.count, [self.products[s] for s in strips], [self.with_target[s] for s in strips]
        largest = max(1, *(sum(p[i][i] for p in products) for i in range(n)))
        down, up = max(largest.bit_length() - 30, 0), max(30 - largest.bit_length(), 0)
        rest = [[0] * (n + 1) for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                rest[j][i] = (sum(p[i][j] for p in products) >> down) << up + 20
            rest[i][i] += (rest[i][i] >> 11) + (1 << 34)
            rest[i][n] = limit((sum(t[i] for t in target) >> down) << up, -1 << 30, 1 << 30) << 20
        factors, scaled = [], []
        for k in range(n):
            d = limit(rest[k][k] >> 20, 1 << 12, 1 << 30)
            bits = d.bit_length() + 29
            inverse = (1 << bits) // d
            c = [0 if i <= k else limit(rest[k][i] >> 20, -1 << 30, 1 << 30) for i in range(n + 1)]
            factors.append([limit(value * inverse >> bits - 20, -1 << 25, 1 << 25) for value in c])
            scaled.append(limit(c[n] * inverse >> bits - 16, -1 << 20, 1 << 20))
            for i in range(k + 1, n):
                factor, row = factors[k][i], rest[i]
                if factor:
                    row[i:] = [value - factor * other for value, other in zip(row[i:], c[i:])]
        for i in range(n - 1, -1, -1):
            total = sum(factors[i][k] * self.weights[k] for k in range(i + 1, n))
            self.weights[i] = limit(scaled[i] - (total >> 20), -1 << 20, 1 << 20)


class Squares:
    def __init__(self, windows, width):
        self.strips = min((width + 7) // 8, 2048)
        self.windows = [Window(*window, self.strips) for window in windows]
        self.width, self.pixels = width, []

    def begin_pixel(self, x):
        if x % 8 == 0:
            here = x // 8 % self.strips
            for window in self.windows:
                if x // 8 % window.every == 0:
                    place = here // window.shared
                    window.solve((max(place - 1, 0), place, min(place + 1, window.places - 1)))

    def sum(self, window, regressors):
        return sum(w * x for w, x in zip(self.windows[window].weights, regressors))

    def end_pixel(self, x, regressors, target, noise, finer):
        bits = 0
        for value in (target, *regressors):
            bits = max(bits, (value if value >= 0 else ~value).bit_length())
        shift = max(min(8 - noise // 2 - finer, 14 - bits), -24)
        self.pixels.append(([shifted(value, shift) for value in regressors], shifted(target, shift)))
        self.end_strip(x)

    def skip_pixel(self, x):
        self.begin_pixel(x)
        self.end_strip(x)

    def end_strip(self, x):
        if (x % 8 == 7 or x + 1 == self.width) and self.pixels:
            for window in self.windows:
                window.add(x // 8 % self.strips // window.shared, self.pixels)
            self.pixels = []
