# SPDX-License-Identifier: MIT
"""
Planes coded with a model, for the decoder in decode.py, following bsw(5): networks, mixtures, the ANS stack.
"""
import copy
import math

import numpy as np

from decode_drawn import decode_drawing
from decode_exceptions import Exceptions
from decode_fields import Cursor, need


def nearest(x):
    return math.floor(x + 0.5)


CURVE = [0] + [nearest(((1 << 24) - 256) / (1 + math.exp((512 - i) / 32))) for i in range(1, 1024)] + [(1 << 24) - 256]
INVERSE = [nearest((1 << 20) / 2 ** (k / 12)) for k in range(128)]
GROWTH = [nearest(192 / math.log(2) * math.log(1 + a / 4)) for a in range(2048)]
LOGIT = [nearest(65536 * math.exp(-d / 32)) for d in range(384)]


def limit(value, low, high):
    return max(low, min(high, value))


class Layer:
    def __init__(self, file, inputs, outputs, size, wide):
        self.size = size
        self.shift = np.frombuffer(file.take(outputs), "u1").astype(np.int64)
        self.bias = np.frombuffer(file.take(4 * outputs), "<i4").astype(np.int64)
        weights = np.frombuffer(file.take(outputs * size * size * inputs * (2 if wide else 1)), "<i2" if wide else "i1")
        self.weights = weights.astype(np.int64).reshape(outputs, size * size * inputs)

    def reflected(self, across, down, channels=None, signs=None):
        """The layer with mirrored taps; inputs that come from others, [(number, sign)]; and signs of outputs."""
        other = copy.copy(self)
        taps = self.weights.reshape(len(self.bias), self.size, self.size, -1)
        taps = taps[:, ::-1 if down else 1, ::-1 if across else 1]
        if channels is not None:
            taps = taps[..., [number for number, _ in channels]] * np.array([sign for _, sign in channels])
        if signs is not None:
            taps, other.bias = taps * np.array(signs)[:, None, None, None], self.bias * np.array(signs)
        other.weights = taps.reshape(self.weights.shape)
        return other

    def sums(self, values):
        """Of values [rows, columns, inputs]."""
        rows, columns = values.shape[0] - self.size + 1, values.shape[1] - self.size + 1
        taps = [values[y:y + rows, x:x + columns] for y in range(self.size) for x in range(self.size)]
        # products of whole numbers far below 2^53 are exact, and fast
        return (np.concatenate(taps, 2).astype(float) @ self.weights.T.astype(float)).astype(np.int64) + self.bias

    def finish(self, sums, low, high):
        return np.clip(sums + (1 << self.shift >> 1) >> self.shift, low, high)


class Network:
    def __init__(self, file):
        self.inputs, outputs, width, self.depth, heads = (file.number(size) for size in (2, 2, 2, 1, 1))
        heads = [head for head in range(6) if heads >> head & 1]
        self.first, self.grid, self.last, self.growth = {}, {}, {}, {}
        for head in heads:
            self.first[head] = Layer(file, self.inputs, width, 3, True)
            table = file.take(128 * width) if file.number(1) else None
            self.grid[head] = table and np.frombuffer(table, "<i2").astype(np.int64).reshape(8, 8, width)
        self.trunk = [Layer(file, width, width, 3 if i < self.depth else 1, False) for i in range(self.depth + 1)]
        for head in heads:
            self.last[head] = Layer(file, width, outputs, 1, True)
            self.growth[head] = [int(growth) for growth in np.frombuffer(file.take(6), "<i2")]

    def serving(self, head):
        return head if head in self.first else 1

    def evaluate(self, values, head, place=None):
        """Outputs for inputs that reach depth + 1 positions beyond them. place: of the first layer in the JPEG grid."""
        head = self.serving(head)
        layer = self.first[head]
        sums = layer.sums(values)
        if place is not None and self.grid[head] is not None:
            row, column, step = place
            rows, columns = (row + step * np.arange(sums.shape[0])) % 8, (column + step * np.arange(sums.shape[1])) % 8
            sums = sums + (self.grid[head][rows][:, columns] << layer.shift - 4)
        values = layer.finish(sums, 0, 255)
        for layer in self.trunk:
            values = layer.finish(layer.sums(values), 0, 255)
        return self.last[head].finish(self.last[head].sums(values), -32768, 32767).tolist()


class Model:
    def __init__(self, data):
        file = Cursor(data)
        need(file.take(8) == bytes.fromhex("8d 42 53 4d 0d 0a 1a 0a") and file.number(2) in (2, 3, 4), "model file")
        heads = 6 if data[8] >= 3 else 4
        file.take(32)
        self.levels, pairs, layers, self.channels = file.take(4)
        self.cells = list(file.take(layers)) if data[8] >= 4 else [2] + [1] * (layers - 1)
        used = [file.take(self.levels) for _ in range(heads)]
        pairs = [(Network(file), Network(file)) for _ in range(pairs)]
        self.latents = [(Network(file), Network(file)) for _ in range(layers)]
        need(file.rest() == b"", "size of the model file")
        used += [used[1]] * (6 - heads)
        self.pair = [[pairs[number] for number in numbers] for numbers in used]


class Stack:
    def __init__(self, data):
        data = Cursor(data)
        self.lanes, self.borrowed = data.number(1), data.number(4)
        need(self.lanes in (1, 2, 4, 8, 16), "lanes")
        self.states = [data.number(8) for _ in range(self.lanes)]
        words = data.rest()
        need(len(words) % 4 == 0 and min(self.states) >= 1 << 32, "stack")
        self.words = [int.from_bytes(words[i:i + 4], "little") for i in range(0, len(words), 4)][::-1]

    def slot(self, lane, bits):
        return self.states[lane] % (1 << bits)

    def pop(self, lane, bits, start, size):
        state = size * (self.states[lane] >> bits) + self.slot(lane, bits) - start
        if state < 1 << 32:
            need(self.words, "words")
            state = state << 32 | self.words.pop()
        self.states[lane] = state

    def push(self, lane, bits, start, size):
        state = self.states[lane]
        if state >> 64 - bits >= size:
            self.words.append(state & 0xffffffff)
            state >>= 32
        self.states[lane] = (state // size << bits) + state % size + start

    def pop_bits(self, lane, bits):
        value = self.slot(lane, bits)
        self.pop(lane, bits, value, 1)
        return value

    def pop_logistic(self, lane, mean, scale):
        slot, low, high = self.slot(lane, 24), 0, 256
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if below(mean, scale, middle) <= slot else (low, middle)
        self.pop(lane, 24, *interval(mean, scale, low))
        return low

    def push_logistic(self, lane, mean, scale, symbol):
        self.push(lane, 24, *interval(mean, scale, symbol))

    def expect_end(self):
        def borrowed(i):
            z = (i + 1) * 0x9e3779b97f4a7c15 % (1 << 64)
            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 % (1 << 64)
            z = (z ^ z >> 27) * 0x94d049bb133111eb % (1 << 64)
            return (z ^ z >> 31) >> 32
        need(all(state == 1 << 32 for state in self.states), "states at the end")
        need(self.words[::-1] == [borrowed(i) for i in range(self.borrowed)], "words at the end")


def below(mean, scale, symbol):
    if symbol in (0, 256):
        return symbol << 16
    u = limit((((64 * symbol - 32 - mean) * INVERSE[scale]) >> 4) + (1 << 21), 0, (1 << 22) - 1)
    i, fraction = u >> 12, u % 4096
    return CURVE[i] + ((CURVE[i + 1] - CURVE[i]) * fraction >> 12) + symbol


def interval(mean, scale, symbol):
    start = below(mean, scale, symbol)
    return start, below(mean, scale, symbol + 1) - start


def shares(weights):
    total = sum(weights)
    n = max(0, total.bit_length() - 32)
    r = (65532 << 32) // ((total >> n) + 1)
    sizes = [1 + ((weight >> n) * r >> 32) for weight in weights]
    sizes[weights.index(max(weights))] += 65536 - sum(sizes)
    return sizes


def shape(mean, scale):
    return limit(mean, -8192, 24512), limit(scale + 8 >> 4, 0, 127)


class Mixture:
    def __init__(self, outputs, base, growth, channels):
        self.parts = [outputs[10 * j:10 * j + 10] for j in range(4)]
        self.base, self.growth, self.channels = base, growth, channels
        top = max(part[9] for part in self.parts)
        self.prior = shares([LOGIT[top - part[9]] if top - part[9] < 384 else 0 for part in self.parts])
        self.residuals, self.sizes = [[] for _ in range(4)], [[] for _ in range(4)]

    def pop_component(self, stack, lane):
        slot, start, self.j = stack.slot(lane, 16), 0, 0
        while slot >= start + self.prior[self.j]:
            start += self.prior[self.j]
            self.j += 1
        stack.pop(lane, 16, start, self.prior[self.j])

    def shape(self, j, c):
        part, r, g = self.parts[j], self.residuals[j], self.growth
        mean, scale = 64 * self.base[c] + part[c], part[3 + c]
        if c == 1:
            mean += part[6] * r[0] + 512 >> 10
            scale += g[0] * GROWTH[abs(r[0]) >> 4] + 128 >> 8
        elif c == 2:
            mean += part[7] * r[0] + part[8] * r[1] + 512 >> 10
            scale += g[1] * GROWTH[abs(r[0]) >> 4] + g[2] * GROWTH[abs(r[1]) >> 4] + 128 >> 8
        return shape(mean, scale)

    def pop_value(self, stack, lane, c):
        value = stack.pop_logistic(lane, *self.shape(self.j, c))
        for j in range(4):
            mean, scale = self.shape(j, c)
            self.sizes[j].append(interval(mean, scale, value)[1])
            self.residuals[j].append(64 * value - mean)
        return value

    def push_component(self, stack, lane):
        x = [math.prod(sizes[:2]) for sizes in self.sizes]
        y = [prior * math.prod(sizes[2:]) for prior, sizes in zip(self.prior, self.sizes)]
        n, m = max(0, max(x).bit_length() - 31), max(0, max(y).bit_length() - 30)
        posterior = shares([(a >> n) * (b >> m) + 1 for a, b in zip(x, y)])
        stack.push(lane, 16, sum(posterior[:self.j]), posterior[self.j])


def pop_run(stack, mixtures):
    """The values of a run of pixels, or of groups of coefficients: channels of them each."""
    values = []
    for start in range(0, len(mixtures), stack.lanes):
        group = mixtures[start:start + stack.lanes]
        for lane, mixture in enumerate(group):
            mixture.pop_component(stack, lane)
        pixels = [[] for _ in group]
        for c in range(group[0].channels):
            for lane, mixture in enumerate(group):
                pixels[lane].append(mixture.pop_value(stack, lane, c))
        for lane, mixture in enumerate(group):
            mixture.push_component(stack, lane)
        values += pixels
    return values


class Planes:
    """The planes of a band, coded with a model. given: None, or (planes, which pixels of these are known)."""
    def __init__(self, model, width, height, count, head, phase, half_chroma, given=None):
        self.model, self.head, self.phase = model, head, phase
        self.planes, self.known = given or (np.zeros((count, height, width), np.int64), np.zeros((height, width), bool))
        self.count, self.half = count, half_chroma

    def decode(self, data, is_blended):
        blended, blend = 0, b""
        if is_blended:
            blended, data = min(2, self.model.levels), Cursor(data)
            data, blend = data.take(data.varint()), data.rest()
        stack, (_, height, width) = Stack(data), self.planes.shape
        corrections = {}
        if width >= 64 and height >= 64:
            for level in range(min(3, self.model.levels)):
                for number in range(2):
                    corrections[level, number] = self.pop_correction(stack, self.channels(level))
        self.pop_coarsest(stack)
        for level in reversed(range(blended, self.model.levels)):
            self.begin_level(level)
            for number in range(2):
                self.pop_pass(stack, level, number, corrections.get((level, number)))
        if self.half and self.model.levels == 0:
            interpolate_half(self.planes[1:])
        stack.expect_end()
        if is_blended:
            from decode_blend import Blender  # which needs this module
            Blender(self, blend, corrections).decode(blended)
        return self.planes

    def begin_level(self, level):
        if level == 0 and self.half:
            interpolate_half(self.planes[1:])

    def channels(self, level):
        return 1 if self.count == 1 or (self.half and level == 0) else 3

    def pop_correction(self, stack, channels):
        if not stack.pop_bits(0, 1):
            return None
        spread, numbers = stack.pop_bits(0, 3), []
        widths = [(84, 84)] * 3 + [(84, 90)] * 3 + [(96, 84)] * 3 + [(96, 96)]
        for output in range(40):
            used = channels == 3 or output % 10 in (0, 3, 9)
            numbers.append([stack.pop_logistic(0, 128 * 64, width - 6 * spread) - 128 if used else 0
                            for width in widths[output % 10]])
        return numbers

    def pop_coarsest(self, stack):
        view, known = (what[..., ::1 << self.model.levels, ::1 << self.model.levels] for what in (self.planes, self.known))
        for row in range(0, view.shape[1], 32):
            for column in range(0, view.shape[2], 32):
                if not known[row:row + 32, column:column + 32].all():
                    self.pop_top_tile(stack, view[:, row:row + 32, column:column + 32],
                                      known[row:row + 32, column:column + 32])

    def pop_top_tile(self, stack, tile, known):
        if not self.model.latents:
            for i, (row, column) in enumerate(np.ndindex(known.shape)):
                if not known[row, column]:
                    tile[:, row, column] = [stack.pop_bits(i % stack.lanes, 8) for _ in range(self.count)]
            return
        channels, layers, sides = self.model.channels, len(self.model.latents), [tile.shape[1:]]
        for cell in self.model.cells:
            sides.append(tuple(-(-side // cell) for side in sides[-1]))

        def padded(values, depth):
            return np.pad(values, ((depth + 1,) * 2, (depth + 1,) * 2, (0, 0)))

        def keys(layer):
            return list(np.ndindex(*sides[layer + 1], channels))

        def shapes(outputs, layer, cell):
            """Of the variables of a layer, from the outputs for cells of cell x cell of their positions."""
            for y, x, c in keys(layer):
                one = outputs[y // cell][x // cell][2 * channels * (y % cell * cell + x % cell):]
                yield shape(8192 + one[c], one[channels + c])

        def cells(values, layer, cell):
            """The inputs of the layer from [row][column][plane], whose last row and column repeat."""
            rows, columns = sides[layer + 1]
            return np.concatenate([values[np.ix_(np.minimum(np.arange(rows) * cell + s // cell, values.shape[0] - 1),
                                                 np.minimum(np.arange(columns) * cell + s % cell, values.shape[1] - 1))]
                                   for s in range(cell * cell)], 2)

        z = np.zeros((*sides[layers], channels), np.int64)
        for i, key in enumerate(keys(layers - 1)):
            z[key] = stack.pop_logistic(i % stack.lanes, 8192, 108)
        for layer in reversed(range(layers)):
            posterior, likelihood = self.model.latents[layer]
            head, cell = self.head if layer == 0 else 0, self.model.cells[layer]
            outputs = likelihood.evaluate(padded(z - 128, likelihood.depth), head)
            if layer > 0:
                down = np.zeros((*sides[layer], channels), np.int64)
                for i, (key, one) in enumerate(zip(keys(layer - 1), shapes(outputs, layer - 1, cell))):
                    down[key] = stack.pop_logistic(i % stack.lanes, *one)
                inputs = cells(down - 128, layer, cell)
            else:
                growth = likelihood.growth[likelihood.serving(head)]
                for i, (y, x) in enumerate(np.ndindex(*sides[1])):
                    for s in range(4):
                        row, column, lane = 2 * y + s // 2, 2 * x + s % 2, (4 * i + s) % stack.lanes
                        if row < tile.shape[1] and column < tile.shape[2] and not known[row, column]:
                            one = Mixture(outputs[y][x][40 * s:40 * s + 40], [128] * 3, growth, self.count)
                            one.pop_component(stack, lane)
                            tile[:, row, column] = [one.pop_value(stack, lane, c) for c in range(self.count)]
                            one.push_component(stack, lane)
                planes = np.zeros((*sides[0], 3), np.int64)
                planes[:, :, :self.count] = np.moveaxis(tile, 0, 2)[:, :, :self.count] - 128
                inputs = cells(planes, 0, 2)
            given = shapes(posterior.evaluate(padded(inputs, posterior.depth), head), layer, 1)
            for i, (key, one) in reversed(list(enumerate(zip(keys(layer), given)))):
                stack.push_logistic(i % stack.lanes, *one, int(z[key]))
            if layer > 0:
                z = down

    def pop_pass(self, stack, level, number, correction):
        view, channels = self.planes[:, ::1 << level, ::1 << level], self.channels(level)
        for tile in self.tiles(level, number, correction):
            for places, mixtures in tile:
                for (y, x), pixel in zip(places, pop_run(stack, mixtures)):
                    view[:channels, y, x] = pixel

    def tiles(self, level, number, correction):
        """Of each tile of a pass, for each of its sets: where its pixels are in the level, and their mixtures."""
        view, drawn = self.planes[:, ::1 << level, ::1 << level], self.known[::1 << level, ::1 << level]
        return self.tiles_of(view, drawn, self.phase, level, number, correction)

    def tiles_of(self, view, drawn, phase, level, number, correction):
        """Of a level, or of a view of it."""
        channels = self.channels(level)
        _, height, width = view.shape
        cells = (height // 2, width // 2) if number == 0 else ((height + 1) // 2, (width + 1) // 2)
        network = self.model.pair[self.head][level][number]
        growth, halo = network.growth[network.serving(self.head)], network.depth + 1
        odd = 1 if min(height, width) > 1 else 0  # where d is
        for row in range(0, cells[0], 32):
            for column in range(0, cells[1], 32):
                size = min(32, cells[0] - row), min(32, cells[1] - column)

                def known(odd, down, right):
                    def places(first, count, length):
                        last = (length - odd - 1) // 2
                        return np.clip(np.arange(first - halo, first + count + halo), 0, last) * 2 + odd
                    rows, columns = places(row + down, size[0], height), places(column + right, size[1], width)
                    return np.moveaxis(view[:, rows][:, :, columns], 0, 2)

                inputs = np.zeros((size[0] + 2 * halo, size[1] + 2 * halo, network.inputs), np.int64)
                a, right, under = known(0, 0, 0), known(0, 0, 1), known(0, 1, 0)
                if number == 0:
                    kinds = [(a + right + under + known(0, 1, 1) + 2 >> 2) - 128, right - a, under - a]
                else:
                    d = known(odd, 0, 0)
                    kinds = [(a + right + known(odd, -1, 0) + d + 2 >> 2) - 128,
                             (a + under + known(odd, 0, -1) + d + 2 >> 2) - 128, d - a, d - right, d - under]
                for i, kind in enumerate(kinds):
                    inputs[:, :, 3 * i:3 * i + self.count] = kind
                step = 2 << level
                place = None if phase is None else (
                    step * (row - halo + 1) - phase // 8, step * (column - halo + 1) - phase % 8, step)
                outputs = network.evaluate(inputs, self.head, place)
                tile = []
                for s, (down, across) in enumerate([(1, 1)] if number == 0 else [(0, 1), (1, 0)]):
                    places = [(y, x) for y in range(size[0]) for x in range(size[1])
                              if 2 * (row + y) + down < height and 2 * (column + x) + across < width and
                              not drawn[2 * (row + y) + down, 2 * (column + x) + across]]
                    mixtures = [Mixture(corrected(outputs[y][x][40 * s:40 * s + 40], correction),
                                        (inputs[y + halo, x + halo, 3 * s:3 * s + 3] + 128).tolist(), growth, channels)
                                for y, x in places]
                    tile.append(([(2 * (row + y) + down, 2 * (column + x) + across) for y, x in places], mixtures))
                yield tile


def corrected(outputs, correction):
    if correction is None:
        return outputs
    centre, unit = (0, 0, 0, 896, 896, 896, 0, 0, 0, 0), (4, 4, 4, 8, 8, 8, 16, 16, 16, 2)
    return [limit((32 + scale) * output - scale * centre[i % 10] + 32 * shift * unit[i % 10] + 16 >> 5, -32768, 32767)
            for i, (output, (scale, shift)) in enumerate(zip(outputs, correction))]


def interpolate_half(planes):
    """From the samples at even rows and columns."""
    rows, columns = planes.shape[1:]
    a = planes[:, ::2, ::2]
    right, down = np.concatenate([a, a[:, :, -1:]], 2)[:, :, 1:], np.concatenate([a, a[:, -1:]], 1)[:, 1:]
    both = np.concatenate([right, right[:, -1:]], 1)[:, 1:]
    planes[:, ::2, 1::2] = (a + right + 1 >> 1)[:, :, :columns // 2]
    planes[:, 1::2, ::2] = (a + down + 1 >> 1)[:, :rows // 2]
    planes[:, 1::2, 1::2] = (a + right + down + both + 2 >> 2)[:, :rows // 2, :columns // 2]


def to_rgb(origin, planes):
    """[rows, columns, 3] from planes."""
    p, q, r = planes
    if origin == 0:
        return np.stack([q, p, r], 2)
    if origin == 1:
        b, r = q - 128, r - 128
        red, green = p + (91881 * r + 32768 >> 16), p + (32768 - 22554 * b - 46802 * r >> 16)
        blue = p + (116130 * b + 32768 >> 16)
    else:
        c1, c2 = q - 156, r - 137
        red, blue = (13584 * p + 18215 * c2) // 10000, (13584 * p + 22179 * c1) // 10000
        green = (13584 * p - 1940 * (22179 * c1 // 10000) - 5090 * (18215 * c2 // 10000)) // 10000
    return np.clip(np.stack([red, green, blue], 2), 0, 255)


class BandOfPlanes:
    def __init__(self, payload, model, picture):
        self.payload, self.picture = payload, picture
        self.model = None if model is None else Model(model)

    def colours(self, colours, rows):
        """[rows, columns, 1 or 3], without alpha."""
        need(colours < 64, "kind of colours")
        origin, channels = colours & 3, self.picture.channels
        exceptions = None
        if channels < 3 or origin == 3:
            need(colours in (0, 3), "kind of colours")
            samples = self.single_plane(rows, not self.picture.indexed)[:, :, None]
            samples = np.repeat(samples, 3, 2) if channels >= 3 else samples
        else:
            exceptions = self.exceptions(rows) if colours & 32 else None
            planes = self.coded(rows, 3, origin, bool(colours & 4))
            samples = to_rgb(origin, planes)
            samples = samples[:, ::-1] if colours & 8 else samples
            samples = np.ascontiguousarray(samples[::-1] if colours & 16 else samples)
        if exceptions is not None:
            exceptions.apply(samples)
        return samples

    def exceptions(self, rows):
        return Exceptions(self.payload.take(self.payload.varint()), self.picture.width, rows, 3)

    def finish(self, samples, rows):
        """The samples of the band, with alpha."""
        if self.picture.channels % 2 == 0:
            samples = np.concatenate([samples, self.single_plane(rows, False)[:, :, None]], 2)
        need(self.payload.rest() == b"", "size of a payload")
        return samples.astype(np.uint8).tobytes()

    def single_plane(self, rows, is_grey, given=None):
        kind = self.payload.number(1)
        if kind == 0:
            known = None if given is None else lambda x, y: given[1][y, x]
            data = self.payload.take(self.payload.varint())
            samples = decode_drawing(data, self.picture.width, rows, 1, self.picture.indexed, known=known)
            return np.frombuffer(samples, np.uint8).reshape(rows, -1)
        need(kind == 1, "kind of plane")
        return self.coded(rows, 1, 4 if is_grey else 1, False, given)[0]

    def coded(self, rows, count, head, half, given=None):
        need(self.model is not None, "a frame that needs a model")
        phase = self.payload.number(1)
        is_blended, phase = phase >= 128, phase % 128
        need(phase <= 64 and not (is_blended and given is not None), "phase of the grid")
        phase = None if phase == 64 else phase
        head = head + {0: 3, 4: 1}.get(head, 0) if phase is not None else head
        coded = self.payload.take(self.payload.varint())
        return Planes(self.model, self.picture.width, rows, count, head, phase, half, given).decode(coded, is_blended)
