# SPDX-License-Identifier: MIT
"""
Coefficients with probabilities that adapt, for the decoder in decode.py, following bsw(5).
"""
from bisect import bisect

from decode_adaptive import Cell, Curves, Decisions, Mixer, RECIPROCAL, hash_2, limit, stretch, truncated

W = [1448, 2162, 2446, 2754, 2896, 2711, 2122, 1168]
SIZES = [5, 6, 9, 14, 22, 40, 80]


def edge_class(value):
    return bisect([1, 4, 7, 12, 18, 32, 64, 128], abs(value)) + (16 if value < 0 else 0)


def size_of(total):
    return total if total < 5 else 4 + bisect(SIZES[1:], total) if total > 5 else 4


def sign(value):
    return 1 if value > 0 else 2 if value < 0 else 0


def share(a, b):
    if b == 0:
        return 32768
    h = max(0, b.bit_length() - 47)
    return limit(((a >> h) << 16) // (b >> h), 1, 65535)


class Place:
    """What the decisions about a coefficient have in common; all 0 for DC, but for what is given."""
    def __init__(self, r, f, near=0, parents=(0, 0, 0), others=0):
        self.r, self.f, self.near, self.parents, self.others = r, f, near, parents, others
        self.own_signs = self.near_signs = self.other_signs = 0
        self.edges, self.mean, self.near_mean, self.expected = [0] * 4, 0, 0, 0
        self.pulls = [0] * 5


class Said:
    """The mixture of a group's networks."""
    def __init__(self, group):
        self.group, self.weights = group, list(group.prior)

    def begin(self, i):
        self.below = [self.group.intervals(j, i) for j in range(4)]
        self.all, self.c = sum(self.weights) << 24, 0

    def s(self, x):
        return sum(w * below(limit(x + self.c, -2047, 2048)) for w, below in zip(self.weights, self.below))

    def m(self, positive, x):
        return self.all - self.s(x) if positive else self.s(1 - x)

    def learn(self, z):
        weights = [w * (below(z + 1) - below(z)) for w, below in zip(self.weights, self.below)]
        shift = max(0, max(weights).bit_length() - 31)
        self.weights = [(w >> shift) + 1 for w in weights]


class AdaptiveSource:
    VIEWS = [(0, 0), (1, 0), (0, 1), (1, 1)]  # mirrored left to right, top to bottom

    def __init__(self, data, groups):
        self.decisions, self.groups, self.bits = Decisions(data), groups, None
        self.expect_end = self.decisions.expect_end
        self.mixer = Mixer([9830] + [0] * 7 + [2184] * 3 + [0] * 5, 4, 3, 20, 16384)
        self.of_sets, self.cells, self.curves = {}, [{} for _ in range(6)], [Curves() for _ in range(3)]
        self.corrections = Curves(), Curves()
        self.linear = {}

    def begin(self, component):
        self.component, self.r, self.errors = component, component.number, [0, 0]
        rows, columns = component.blocks.shape[:2]
        if self.bits is None: # no component is larger than the first
            self.bits = 12
            while self.bits < 16 and 1 << self.bits < 16 * rows * columns:
                self.bits += 1

    def begin_groups(self):
        rows, columns = self.component.blocks.shape[:2]
        self.known = [[[0] * 64 for _ in range(columns)] for _ in range(rows)]
        for row in range(rows):
            for column in range(columns):
                self.known[row][column][0] = int(self.component.blocks[row, column, 0])

    def top(self):
        return self.decisions.number(12)

    def tile(self, number, chance):
        return self.decisions.decide(16 * chance)

    def ask(self, place, kind, positive, n):
        if (n < 64 or n > 65472) and kind != 1:
            return self.decisions.decide(n)
        level = stretch(n) + 3071 >> 7
        if kind == 0:
            place.level = level
        role, key, side = 16 * place.r + kind, 16 * (64 * place.r + place.f) + kind, 0 if kind < 2 else 2 if positive else 1
        e, parents = place.edges, [min(5, one) for one in place.parents]
        if kind == 1:
            first = hash_2(key, 9 * place.own_signs + place.near_signs), hash_2(key, 4096 + place.other_signs)
        else:
            first = (hash_2(key, 36 * parents[0] + 6 * parents[1] + parents[2]),
                     hash_2(key, 4096 + 11 * place.others + place.near))
        hashes = first + (hash_2(3 * key + side, 32 * e[0] + e[1]), hash_2(3 * key + side, 4096 + 32 * e[2] + e[3]),
                          hash_2(3 * key + side, 8192 + 32 * place.expected + place.mean),
                          hash_2(3 * role + side, 32 * (32 * (place.level if kind == 1 else level) + place.mean) +
                                 place.near_mean))
        o, cells = stretch(n), []
        for one, h in zip(self.cells, hashes):
            cells.append(one.setdefault(h >> 32 - self.bits, Cell(n)))
        curves = [curve[h >> 36 - self.bits] for curve, h in
                  zip(self.curves, (hash_2(key, 1), hash_2(3 * role + side, 32 * e[0] + e[1]),
                                    hash_2(3 * role + side, 32 * e[2] + e[3])))]
        trusted = [(stretch(limit(cell.p, 1, 65535)) - o) * (65536 - (3 * RECIPROCAL[cell.count] >> 1)) >> 16
                   for cell in cells]
        inputs = [o, 77] + [limit(x, -3071, 3071) for x in trusted]
        inputs += [stretch(limit(curve.probability(o), 1, 65535)) for curve in curves]
        inputs += [abs(pull) if kind == 0 else pull if kind == 1 or positive else -pull for pull in place.pulls]
        chosen = key, (role, place.near), (role, place.level), (role, place.mean)
        mixed = limit(self.mixer.mix(inputs, chosen, self.of_sets.setdefault(role, [16384] * 4)), 1, 65535)
        corrections = [curves[h] for curves, h in zip(self.corrections, (key, (role, place.mean)))]
        by_key, by_edges = (curve.probability(stretch(mixed)) for curve in corrections)
        bit = self.decisions.decide(limit((2 * mixed + by_key + by_edges) // 4, 1, 65535))
        self.mixer.update(bit)
        for curve in corrections:
            curve.update(bit, 1000)
        for cell in cells:
            cell.update(bit, 255)
        for curve in curves:
            curve.update(bit, 255)
        return bit

    def value(self, place, said):
        below, above = said.s(0), said.all - said.s(1)
        n = share(below + above, said.all)
        place.level = stretch(n) + 3071 >> 7
        if not self.ask(place, 0, False, n):
            return 0
        positive = self.ask(place, 1, False, share(above, below + above))
        low, high, i = 1, 1, 0
        while i < 12 and self.ask(place, 2 + min(i, 7), positive,
                                  share(said.m(positive, high + 1), said.m(positive, low))):
            low, high, i = high + 1, 2 * high, i + 1
        first = True
        while low < high:
            t = (low + high + 1) // 2
            n = share(said.m(positive, t) - said.m(positive, high + 1), said.m(positive, low) - said.m(positive, high + 1))
            bit = self.ask(place, 10 + min(i - 2, 5), positive, n) if first else self.decisions.decide(n)
            low, high, first = (t, high, False) if bit else (low, t - 1, False)
        return low if positive else -low

    def lattice(self, component, row, run, groups, number):
        for column, group in zip(run, groups):
            said = Said(group)
            said.begin(0)
            said.c = limit(group.mean(0) + 32 >> 6, -2047, 2047)
            place = Place(self.r, 0, size_of(sum(self.errors)), (*self.errors, number), min(number, 63))
            z = self.value(place, said)
            self.errors = [abs(z), self.errors[0]]
            component.blocks[row, column, 0] = limit(z + said.c, -2047, 2047)

    def blocks(self, component, g, half, places, groups):
        for (row, column), group in zip(places, groups):
            said = Said(group)
            for i, f in enumerate(self.groups[g]):
                said.begin(i)
                place, regressors, total = self.look(component, half, row, column, f, group.mean(i))
                z = limit(self.value(place, said), -2047, 2047)
                self.learn(f, regressors, total, z)
                said.learn(z)
                self.known[row][column][f] = z
                component.blocks[row, column, f] = z

    def edge(self, row, column, side, number):
        """The sum at an edge: 0 left, 1 top, 2 right, 3 bottom."""
        steps, block = self.component.steps, self.known[row][column]
        total = 0
        for i in range(8):
            f = 8 * number + i if side % 2 == 0 else 8 * i + number
            total += limit(block[f] * steps[f], -32767, 32767) * W[i] * (-1 if side > 1 and i % 2 else 1)
        return total

    def look(self, component, half, row, column, f, m):
        rows, columns = component.blocks.shape[:2]
        u, v, q, none = f % 8, f // 8, component.steps[f], [0] * 64

        def block(down, right):
            inside = 0 <= row + down < rows and 0 <= column + right < columns
            return self.known[row + down][column + right] if inside else none

        e = []
        for side, (down, right, opposite) in enumerate(((0, -1, 2), (-1, 0, 3), (0, 1, 0), (1, 0, 1))):
            across, along = (u, v) if side % 2 == 0 else (v, u)
            if not (0 <= row + down < rows and 0 <= column + right < columns):
                e.append(0)
                continue
            d = self.edge(row + down, column + right, opposite, along) - self.edge(row, column, side, along)
            d = d * ((1 << 36) // (W[across] * q)) >> 32
            e.append(limit(-d if side > 1 and across % 2 else d, -1 << 20, 1 << 20))
        first, second = (block(0, -1), block(-1, 0)) if half else (block(-1, -1), block(-1, 1))
        own = self.known[row][column]
        regressors = [limit(one, -640, 640) for one in [truncated(m, 4)] + e + [16 * first[f], 16 * second[f]]]
        weights, _ = self.linear.setdefault((self.r, f), ([65536] + [0] * 6, [0]))
        total = sum(w * x for w, x in zip(weights, regressors)) >> 16
        place = Place(self.r, f, size_of(3 * (abs(first[f]) + abs(second[f]))))
        place.parents = abs(own[f - 1]) if u else 0, abs(own[f - 8]) if v else 0, abs(own[f - 9]) if u and v else 0
        place.near_signs = 3 * sign(first[f]) + sign(second[f])
        place.own_signs = 3 * (sign(own[f - 1]) if u else 0) + (sign(own[f - 8]) if v else 0)
        for o in range(2):
            there = int(component.others[o][row, column, f]) if o < len(component.others) else 0
            place.others = 8 * place.others + min(7, size_of(abs(there) // 4))
            place.other_signs = 3 * place.other_signs + sign(there)
        place.edges = [edge_class(truncated(7 * one, 10)) for one in e]
        place.near_mean, place.mean = edge_class(truncated(e[0] + e[1], 2)), edge_class(truncated(sum(e), 4))
        place.expected = edge_class(total)
        place.pulls = [limit(8 * one, -768, 768) for one in e] + [limit(16 * total, -768, 768)]
        return place, regressors, total

    def learn(self, f, regressors, total, z):
        weights, power = self.linear[self.r, f]
        squares = 1 + sum(x * x for x in regressors)
        y = limit(16 * z, -640, 640) - limit(total, -2560, 2560)
        power[0] += squares - (power[0] >> 7)
        rate = (131 << 20) // ((power[0] >> 7) + (squares >> 3) + 1)
        for i, x in enumerate(regressors):
            weights[i] = limit(weights[i] + (y * x * rate >> 20), -1 << 18, 1 << 18)
