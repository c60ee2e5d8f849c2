# SPDX-License-Identifier: MIT
"""
Colours coded as JPEG coefficients, for the decoder in decode.py, following bsw(5).
"""
import copy
import math

import numpy as np

from decode_adaptive_coefficients import AdaptiveSource
from decode_exceptions import Exceptions
from decode_fields import Cursor, need
from decode_planes import CURVE, LOGIT, Layer, Stack, limit, nearest, pop_run, shares, to_rgb

INVERSE = [nearest((1 << 20) / 2 ** (k / 12)) for k in range(192)]
SIZE = np.array([min(255, nearest(24 * math.log2(1 + a))) for a in range(2048)])
GROUPS = [[8 * (d - u) + u for u in range(d, -1, -1) if u < 8 and d - u < 8] for d in range(1, 11)]
GROUPS.append([39, 46, 53, 60, 47, 54, 61, 55, 62, 63])
NEAR = [[(-1, -1), (-1, 1), (1, -1), (1, 1), (-1, -3), (-1, 3), (1, -3), (1, 3),
         (-3, -1), (-3, 1), (3, -1), (3, 1), (-3, -3), (-3, 3), (3, -3), (3, 3)],
        [(-1, 0), (0, -1), (0, 1), (1, 0), (-2, -1), (-2, 1), (2, -1), (2, 1),
         (-1, -2), (-1, 2), (1, -2), (1, 2), (-3, 0), (0, -3), (0, 3), (3, 0)]]
AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
DCT = [[math.sqrt(1 / 8) if u == 0 else math.cos((2 * x + 1) * u * math.pi / 16) / 2 for x in range(8)] for u in range(8)]
HALVING = np.array([[math.floor(4096 * sum(DCT[u][4 * (v // 8) + x // 2] * DCT[v % 8][x] for x in range(8)) / 2 + 0.5)
                     for v in range(16)] for u in range(8)])
K1 = [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
      14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
      49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99]
K2 = [17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
      47, 66, 99, 99, 99, 99, 99, 99] + [99] * 32


def line(x):
    far = np.minimum(128 + (np.minimum(np.abs(x), 2047) - 128 >> 3), 255)
    return np.sign(x) * np.where(np.abs(x) <= 128, np.abs(x), far)


def size(x):
    return SIZE[np.minimum(np.abs(x), 2047)]


def bright(x):
    return np.clip(x >> 3, -255, 255)


def bits(q):
    h = max(0, q.bit_length() - 8)
    return nearest(192 * math.log2(q >> h)) + 192 * h


def step(q):
    return min((bits(q) + 6) // 12, 255)


def numbers(file, count):
    return np.frombuffer(file.take(4 * count), "<i4").astype(np.int64)


def mirrored(places, across, down):
    """For each of these places around the middle, which one is its mirror image."""
    return [places.index((-y if down else y, -x if across else x)) for y, x in places]


class ComponentNetworks:
    def __init__(self, file, kind):
        sums, width = file.number(2), file.number(2)
        self.dc = Layer(file, 18, sums, 1, True)
        self.own = [Layer(file, 2 * len(group), sums, 3, True) for group in GROUPS]
        self.others = [(Layer(file, 18, sums, 1, True), Layer(file, 126, sums, 1, True)) for _ in range(2 * kind)]
        self.steps = Layer(file, 64, sums, 1, True)
        self.start = [numbers(file, sums) for _ in range(1 + kind)]
        self.rounds = []
        for group in [group for group in GROUPS for _ in range(2)]:
            self.rounds.append((numbers(file, sums), Layer(file, sums, width, 3, False), Layer(file, width, width, 1, False),
                                Layer(file, width, 5 * len(group) + 4, 1, True)))
        self.lattice = []
        for _ in range(2):
            width = file.number(2)
            self.lattice.append([Layer(file, (38, 52)[kind], width, 1, True), Layer(file, width, width, 1, False),
                                 Layer(file, width, width, 1, False), Layer(file, width, 9, 1, True)])

    def view(self, across, down):
        """These networks with weights for which a picture is what its mirror image is for these."""
        def signs(group):
            return [(-1 if across and f % 2 else 1) * (-1 if down and f // 8 % 2 else 1) for f in group]

        def forms(group, first=0):
            return [(first + i, sign) for i, sign in enumerate(signs(group) + [1] * len(group))]

        def look(layer, channels=None, outputs=None):
            return layer.reflected(across, down, channels, outputs)

        def positions(kind, inputs):
            around = mirrored(NEAR[kind], across, down)
            order = around + [16 + i for i in around] + list(range(32, inputs))
            for first in (40, 46)[:inputs - 38]:
                order[first:first + 4] = [first + i for i in around[:4]]
            return [(i, 1) for i in order]

        other = copy.copy(self)
        around = mirrored(AROUND, across, down)
        dc = [(i, 1) for i in around + [8 + i for i in around] + [16, 17]]
        other.dc = look(self.dc, dc)
        other.own = [look(layer, forms(group)) for layer, group in zip(self.own, GROUPS)]
        everything = []
        for group in GROUPS:
            everything += forms(group, len(everything))
        other.others = [(look(first, dc), look(layer, everything)) for first, layer in self.others]
        other.rounds = []
        for number, (bias, first, second, last) in enumerate(self.rounds):
            group = GROUPS[number // 2]
            outputs = signs(group) + [1] * (4 * len(group) + 4)
            other.rounds.append((bias, look(first), second, look(last, None, outputs)))
        other.lattice = [[look(layers[0], positions(kind, layers[0].weights.shape[1]))] + layers[1:]
                         for kind, layers in enumerate(self.lattice)]
        return other


class CoefficientModel:
    def __init__(self, data):
        file = Cursor(data)
        need(file.take(8) == bytes.fromhex("8d 42 53 43 0d 0a 1a 0a") and file.number(2) == 2, "model of coefficients")
        self.networks = [ComponentNetworks(file, kind) for kind in range(2)]
        need(file.rest() == b"", "size of the model of coefficients")


class Group:
    """The coefficients of a group in one block, while they are popped."""
    def __init__(self, outputs, steps, base=0):
        self.outputs, self.steps, self.base, self.channels = outputs, steps, base, len(steps)
        count = len(steps)
        logits = outputs[5 * count:5 * count + 4]
        self.prior = shares([LOGIT[max(logits) - one] if max(logits) - one < 384 else 0 for one in logits])
        self.weights = list(self.prior)

    def pop_component(self, stack, lane):
        slot, start, self.j = stack.slot(lane, 16), 0, 0
        while slot >= start + self.prior[self.j]:
            start += self.prior[self.j]
            self.j += 1
        stack.pop(lane, 16, start, self.prior[self.j])

    def mean(self, i):
        q = self.steps[i]
        mean = (16 * self.base + self.outputs[i]) * (((1 << 18) + q // 2) // q) + (1 << 15) >> 16
        return limit(mean, -131072, 131072)

    def intervals(self, j, i):
        """The function below of a coefficient."""
        q, count, mean = self.steps[i], len(self.steps), self.mean(i)
        inverse = INVERSE[limit(self.outputs[count * (1 + j) + i] - bits(q) + 8 >> 4, 0, 191)]

        def below(x):
            if x in (-2047, 2048):
                return 0 if x < 0 else 1 << 24
            u = limit((((64 * x - 32 - mean) * inverse) >> 4) + (1 << 21), 0, (1 << 22) - 1)
            t = CURVE[u >> 12] + ((CURVE[(u >> 12) + 1] - CURVE[u >> 12]) * (u % 4096) >> 12)
            return t - (t >> 12) + x + 2047
        return below

    def pop_value(self, stack, lane, i):
        below, slot, low, high = self.intervals(self.j, i), stack.slot(lane, 24), -2047, 2048
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if below(middle) <= slot else (low, middle)
        stack.pop(lane, 24, below(low), below(low + 1) - below(low))
        for j in range(4):
            below = self.intervals(j, i)
            self.weights[j] *= below(low + 1) - below(low)
        shift = max(0, max(self.weights).bit_length() - 31)
        self.weights = [weight >> shift for weight in self.weights]
        return low

    def push_component(self, stack, lane):
        posterior = shares([weight + 1 for weight in self.weights])
        stack.push(lane, 16, sum(posterior[:self.j]), posterior[self.j])


class StackSource:
    """Coefficients on a stack."""
    VIEWS = [(0, 0)]

    def __init__(self, data):
        self.stack = Stack(data)
        self.expect_end = self.stack.expect_end

    def begin(self, component):
        pass

    def begin_groups(self):
        pass

    def top(self):
        return self.stack.pop_bits(0, 12)

    def tile(self, number, chance):
        lane = number % self.stack.lanes
        bit = self.stack.slot(lane, 12) < chance
        self.stack.pop(lane, 12, *((0, chance) if bit else (chance, 4096 - chance)))
        return bit

    def lattice(self, component, row, run, groups, number):
        for column, (value,) in zip(run, pop_run(self.stack, groups)):
            component.blocks[row, column, 0] = value

    def blocks(self, component, g, half, places, groups):
        for (row, column), values in zip(places, pop_run(self.stack, groups)):
            component.blocks[row, column, GROUPS[g]] = values


def source_of(data):
    return AdaptiveSource(data[1:], GROUPS) if data[:1] == bytes(1) else StackSource(data)


def mean(views):
    """Of the outputs of one view, or of four."""
    return views[0] if len(views) == 1 else sum(views) + 2 >> 2


def pad(values):
    return np.pad(values, ((1, 1), (1, 1), (0, 0)))


class Component:
    def __init__(self, model, number, rows, columns, steps, others, cb):
        self.networks, self.number, self.steps = model.networks[number > 0], number, steps
        self.views = [self.networks]
        self.blocks = np.zeros((rows, columns, 64), np.int64)
        self.others, self.cb, self.empty, self.chances = others, cb, [], {}
        self.tiles = (rows + 1) // 2, (columns + 15) // 16
        self.filled = np.zeros(self.tiles, int)

    def amplitudes(self):
        return np.clip(self.blocks * np.array(self.steps), -32767, 32767)

    def pop(self, source):
        self.views = [self.networks.view(*view) for view in source.VIEWS]
        source.begin(self)
        self.blocks[0, 0, 0] = max(source.top() - 2048, -2047)
        level = max(self.blocks.shape[:2])
        level = (level - 1).bit_length()
        while level > 0:
            level -= 1
            for kind in range(2):
                self.pop_lattice(source, level, kind)
        source.begin_groups()
        sums = [self.first_sums(networks) for networks in self.views]
        inputs = np.array([step(q) for q in self.steps])[None, None]
        start = self.networks.start[self.number == 2] + self.linear(self.networks.steps, inputs)[0, 0]
        even = np.add.outer(np.arange(sums[0].shape[0]), np.arange(sums[0].shape[1]))[:, :, None] % 2 == 0
        for g, group in enumerate(GROUPS):
            empty = self.pop_tiles(source, g, range(self.tiles[0])) if g == 0 else self.empty[g]
            for half in range(2):
                outputs = mean([self.outputs(one + start, networks.rounds[2 * g + half])
                                for one, networks in zip(sums, self.views)])
                self.pop_round(source, g, half, outputs, empty)
                forms = self.forms(self.amplitudes(), group) * (even if half == 0 else ~even)
                sums = [one + self.linear(networks.own[g], pad(forms)) for one, networks in zip(sums, self.views)]

    def first_sums(self, networks):
        sums = self.dc_sums(networks.dc, self.amplitudes())
        for (dc, layer), amplitudes in zip(networks.others, self.others):
            sums = sums + self.dc_sums(dc, amplitudes)
            sums = sums + self.linear(layer, np.concatenate([self.forms(amplitudes, group) for group in GROUPS], 2))
        return sums

    def outputs(self, sums, networks):
        bias, first, second, last = networks
        values = self.networks.dc.finish(sums + bias, 0, 255)
        values = first.finish(first.sums(pad(values)), 0, 255)
        values = second.finish(second.sums(values), 0, 255)
        return last.finish(last.sums(values), -32768, 32767)

    def pop_round(self, source, g, half, outputs, empty):
        steps = [self.steps[i] for i in GROUPS[g]]
        rows, columns = outputs.shape[:2]
        for down in range(self.tiles[0]):
            for across in np.flatnonzero(~empty[down]):
                places = [(row, column) for column in range(16 * across, min(16 * across + 16, columns))
                          for row in range(2 * down, min(2 * down + 2, rows)) if (row + column) % 2 == half]
                source.blocks(self, g, half, places, [Group(outputs[place].tolist(), steps) for place in places])
                self.filled[down, across] += sum(np.count_nonzero(self.blocks[place][GROUPS[g]]) for place in places)
            if half == 1 and g < 10:
                self.pop_tiles(source, g + 1, [down])

    def pop_tiles(self, source, g, rows):
        """In which tiles of 2 x 16 blocks a group is zero, for some rows of tiles."""
        if len(self.empty) == g:
            self.empty.append(np.zeros(self.tiles, bool))
        empty = self.empty[g]
        for y, x in ((y, x) for y in rows for x in range(self.tiles[1])):
            before = min(int(self.filled[y, x]).bit_length(), 7) if g else 7
            above = empty[y - 1, x] if y else empty[y, x - 1] if x else before == 0
            left = empty[y, x - 1] if x else above
            like = before == 0
            if self.number == 2 and self.cb.tiles == self.tiles:
                like = self.cb.empty[g][y, x]
            start = (2, 36, 92, 126)[int(left) + int(above) + int(before == 0)]
            chances = self.chances.setdefault((int(like), int(left), int(above), before), [start, 128])
            empty[y, x] = source.tile(y * self.tiles[1] + x, limit((chances[0] << 12) // chances[1], 8, 4088))
            chances[0] += 32 * int(empty[y, x])
            chances[1] += 32
            if chances[1] >= 4096:
                chances[:] = chances[0] // 2, chances[1] // 2
            self.filled[y, x] = 0
        return empty

    def linear(self, layer, inputs):
        return layer.sums(inputs) - layer.bias

    def forms(self, amplitudes, group):
        return np.concatenate([line(amplitudes[:, :, group]), size(amplitudes[:, :, group])], 2)

    def dc_sums(self, layer, amplitudes):
        own, inputs = amplitudes[:, :, 0], np.zeros(amplitudes.shape[:2] + (18,), np.int64)
        edges = np.pad(own, 1)
        inside = np.pad(np.ones_like(own), 1)
        rows, columns = own.shape
        for n, (y, x) in enumerate(AROUND):
            there = slice(1 + y, 1 + y + rows), slice(1 + x, 1 + x + columns)
            difference = (edges[there] - own) * inside[there]
            inputs[:, :, n], inputs[:, :, 8 + n] = line(difference >> 1), size(difference)
        inputs[:, :, 16] = bright(own)
        return self.linear(layer, inputs)

    def pop_lattice(self, source, level, kind):
        rows, columns, s = *self.blocks.shape[:2], 1 << level
        for row in range(s if kind == 0 else 0, rows, 2 * s if kind == 0 else s):
            first = s if kind == 0 or row // s % 2 == 0 else 0
            places = list(range(first, columns, 2 * s))
            for start in range(0, len(places), 128):
                run, groups = places[start:start + 128], []
                amplitudes = self.amplitudes()[:, :, 0]
                for column in run:
                    base, inputs = self.lattice_inputs(amplitudes, level, kind, row, column)
                    values = np.array(inputs, np.int64)[None, None]
                    outputs = mean([self.lattice_outputs(networks.lattice[kind], values) for networks in self.views])
                    groups.append(Group(outputs.tolist(), self.steps[:1], base))
                source.lattice(self, row, run, groups, 2 * level + kind)

    def lattice_outputs(self, layers, values):
        for layer in layers[:-1]:
            values = layer.finish(layer.sums(values), 0, 255)
        return layers[-1].finish(layers[-1].sums(values), -32768, 32767)[0, 0]

    def lattice_inputs(self, amplitudes, level, kind, row, column):
        rows, columns = amplitudes.shape
        places = []
        for down, right in NEAR[kind]:
            down, right = down << level, right << level
            inside = [(y, x) for y, x in ((row + down, column + right), (row - down, column + right),
                                          (row + down, column - right), (row - down, column - right))
                      if 0 <= y < rows and 0 <= x < columns]
            places.append(inside[0] if inside else None)

        def around(values):
            near = [int(values[place]) for place in places[:4] if place]
            return (sum(near) + len(near) // 2) // len(near)

        base = around(amplitudes)
        differences = [int(amplitudes[place]) - base if place else 0 for place in places]
        inputs = [int(line(d >> 1)) for d in differences] + [int(size(d)) for d in differences]
        inputs += [int(bright(base)), step(self.steps[0])] + [64 if i == min(level, 3) else 0 for i in range(4)]
        if self.number > 0:
            for number in range(2):
                if number >= self.number:
                    inputs += [0] * 6
                    continue
                other = self.others[number][:, :, 0]
                middle = around(other)
                inputs += [int(line(int(other[row, column]) - middle >> 1)), int(size(int(other[row, column]) - middle))]
                inputs += [int(line(int(other[place]) - middle >> 1)) if place else 0 for place in places[:4]]
            inputs += [64 if self.number == 2 else 0, 0]
        return base, inputs


def halve(blocks, axis):
    """Amplitudes [rows, columns, 64] at half the resolution along axis 0 or 1."""
    if blocks.shape[axis] % 2:
        blocks = np.concatenate([blocks, blocks.take([-1], axis)], axis)
    left, right = blocks.take(range(0, blocks.shape[axis], 2), axis), blocks.take(range(1, blocks.shape[axis], 2), axis)
    both = [half.reshape(half.shape[:2] + (8, 8)) for half in (left, right)]
    if axis == 0:
        both = [np.swapaxes(half, 2, 3) for half in both]
    out = np.clip(np.concatenate(both, 3) @ HALVING.T + 2048 >> 12, -32767, 32767)
    out = np.swapaxes(out, 2, 3) if axis == 0 else out
    return out.reshape(out.shape[:2] + (64,))


def transform(x, s):
    """The inverse DCT along the last axis of 8."""
    i = [x[..., n] for n in range(8)]
    t, a = 4433 * (i[2] + i[6]), 9633 * (i[1] + i[3] + i[5] + i[7])
    e2, e3 = t - 15137 * i[6], t + 6270 * i[2]
    e0, e1 = i[0] + i[4] << 13, i[0] - i[4] << 13
    z1, z2 = 7373 * (i[7] + i[1]), 20995 * (i[5] + i[3])
    z3, z4 = a - 16069 * (i[7] + i[3]), a - 3196 * (i[5] + i[1])
    b0, b1 = 2446 * i[7] - z1 + z3, 16819 * i[5] - z2 + z4
    b2, b3 = 25172 * i[3] - z2 + z3, 12299 * i[1] - z1 + z4
    out = [e0 + e3 + b3, e1 + e2 + b2, e1 - e2 + b1, e0 - e3 + b0, e0 - e3 - b0, e1 - e2 - b1, e1 + e2 - b2, e0 + e3 - b3]
    return np.stack([value + (1 << s - 1) >> s for value in out], -1)


def samples_of(component):
    rows, columns = component.blocks.shape[:2]
    blocks = (component.blocks * np.array(component.steps)).reshape(rows, columns, 8, 8)
    blocks = np.swapaxes(transform(np.swapaxes(blocks, 2, 3), 11), 2, 3)
    blocks = np.clip(transform(blocks, 18) + 128, 0, 255)
    return blocks.transpose(0, 2, 1, 3).reshape(8 * rows, 8 * columns)


def double(p, rounding):
    """Twice the columns of p."""
    before, after = np.concatenate([p[:, :1], p[:, :-1]], 1), np.concatenate([p[:, 1:], p[:, -1:]], 1)
    even, odd = 3 * p + before, 3 * p + after
    return np.stack([even + rounding[0] >> rounding[2], odd + rounding[1] >> rounding[2]], 2).reshape(len(p), -1)


class BandOfCoefficients:
    def __init__(self, payload, find_model, picture):
        self.payload, self.find_model, self.picture = payload, find_model, picture

    def decode(self, rows):
        kind, place = self.payload.number(1), self.payload.number(1)
        need(kind & 7 <= 4 and kind < 32, "kind of coefficients")
        colour, factors = kind & 7 > 0, ((1, 1), (1, 1), (2, 1), (2, 2), (1, 2))[kind & 7]
        tables = [self.table(K1)]
        if colour:
            tables.append(self.table(K2))
            tables.append(self.table(K2) if kind & 16 else tables[1])
        exceptions = None
        if kind & 8:
            exceptions = Exceptions(self.payload.take(self.payload.varint()), self.picture.width, rows, len(tables))
        width, height = self.picture.width + (place & 15), rows + (place >> 4)
        coded = Cursor(self.payload.take(self.payload.varint()))
        model = CoefficientModel(self.find_model(coded.number(4)))
        source = source_of(coded.rest())
        across, down = (width + 8 * factors[0] - 1) // (8 * factors[0]), (height + 8 * factors[1] - 1) // (8 * factors[1])
        components = []
        for number, table in enumerate(tables):
            size = (down, across) if number > 0 else (down * factors[1], across * factors[0])
            others = []
            for o, other in enumerate(components):
                amplitudes = other.amplitudes()
                if o == 0 and factors[0] == 2:
                    amplitudes = halve(amplitudes, 1)
                if o == 0 and factors[1] == 2:
                    amplitudes = halve(amplitudes, 0)
                others.append(amplitudes)
            component = Component(model, number, *size, table, others, components[1] if number == 2 else None)
            component.pop(source)
            components.append(component)
        source.expect_end()
        return self.colours([samples_of(one) for one in components], factors, width, height, place, exceptions)

    def table(self, standard):
        quality = self.payload.number(1)
        need(quality <= 100, "quality")
        if quality == 0:
            return [self.payload.varint(65535) for _ in range(64)]
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        return [limit((value * scale + 50) // 100, 1, 255) for value in standard]

    def colours(self, planes, factors, width, height, place, exceptions):
        for number in range(1, len(planes)):
            p = planes[number]
            p = p[:(height + 1) // 2] if factors[1] == 2 else p
            p = p[:, :(width + 1) // 2] if factors[0] == 2 else p
            if factors == (2, 1):
                p = double(p, (1, 2, 2))
            elif factors == (1, 2):
                p = double(p.T, (1, 2, 2)).T
            elif factors == (2, 2):
                p = double(double(p.T, (0, 0, 0)).T, (8, 7, 4))
            planes[number] = p
        planes = [p[place >> 4:height, place & 15:width] for p in planes]
        samples = to_rgb(1, planes) if len(planes) == 3 else planes[0][:, :, None]
        samples = np.ascontiguousarray(samples)
        if exceptions is not None:
            exceptions.apply(samples)
        return np.repeat(samples, 3, 2) if len(planes) == 1 and self.picture.channels >= 3 else samples
