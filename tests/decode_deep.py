# SPDX-License-Identifier: MIT
"""
Deep samples, for the decoder in decode.py, following bsw(5): the values of each channel, and the pixels. Predictions
are in decode_predictions.py.
"""
import bisect
import math

from decode_adaptive import Cells, Curves, Decisions, Mixer, hash_2, limit, nearest, stretch
from decode_fields import need
from decode_predictions import Predictor, quarter_log

TAIL = [nearest(2 ** 30 / (1 + math.exp(i / 64))) for i in range(1026)]
TAIL_PARTS = 666, 970, 1400, 2050, 3070, 4600, 6900, 10200, 15400


def grid_value(grid, place):
    if grid == 0:
        return place
    steps, bits = (32768 if grid == 22 else (1 << 9 + (grid - 1) // 3) - 1), 9 + (grid - 1) // 3
    if grid != 22 and grid % 3 == 1:
        return place << 16 - bits | place >> 2 * bits - 16
    return (place * 65535 + (steps // 2 if grid == 22 or grid % 3 == 2 else 0)) // steps


def channel_values(decisions, size):
    """The values of a channel, and which of them are coarse, or None; size: bytes of a sample."""
    grid = decisions.number(5) if size == 2 else 0
    need(grid <= 22, "grid")
    first, last, step = decisions.number(8 * size), decisions.number(8 * size), decisions.number(8 * size) + 1
    places = 256 ** size if grid == 0 else 32769 if grid == 22 else 1 << 9 + (grid - 1) // 3
    has_list = decisions.number(1)
    need(first + last * step < places, "values of a channel")
    if not has_list:
        coarse = Coarse(decisions, last + 1) if size == 2 else None
        return [grid_value(grid, first + i * step) for i in range(last + 1)], coarse
    cells, values, ago, before = Cells(), [], 1, 1
    for i in range(last + 1):
        if i in (0, last) or decisions.by_cell(cells[min(ago, 63), min(before, 63)], 60):
            values.append(grid_value(grid, first + i * step))
            before, ago = ago, 0
        ago += 1
    return values, None


class Coarse:
    """Which numbers of a channel have fewer bits than others."""

    def __init__(self, decisions, count):
        self.bits = decisions.number(4)
        self.rest = decisions.number(self.bits)
        need(self.bits <= 8 and self.rest < count, "coarse numbers")

    def is_one(self, number):
        return number % (1 << self.bits) == self.rest


def numbers_of(samples, values, width, size, channels):
    """The rows of a channel of another picture, as numbers of the next values at or below its samples."""
    numbers = [max(bisect.bisect_right(values, int.from_bytes(samples[at:at + size], "little")) - 1, 0)
               for at in range(0, len(samples), channels * size)]
    return [numbers[at:at + width] for at in range(0, len(numbers), width)]


def relative(off, scale, most):
    steps = (2 * abs(off) + scale // 2) // scale
    return limit(-steps if off < 0 else steps, -most, most) + most


def edges(curves, at):
    """[(what lies below, what lies above)] a value, of each distribution."""
    result = []
    for mean, inverse in curves:
        off = 1024 * at - 512 - mean
        x = min(abs(off) * inverse >> 20, 65536)
        low, high = TAIL[x >> 6], TAIL[(x >> 6) + 1]
        tail = low - ((low - high) * (x & 63) >> 6)
        result.append((tail, (1 << 30) - tail) if off < 0 else ((1 << 30) - tail, tail))
    return result


def rough(p):
    """Stretched, from the upper 12 bits."""
    return stretch(16 * (p >> 4) + 8)


class Placer:
    """Decodes samples around their predictions."""
    FIRST = [16384 // 11] * 15 + [16384 // 7] * 9  # weights of the inputs

    def __init__(self, decisions, samples):
        self.decisions = decisions
        self.exact_bits = next((bits for bits in range(8, 16) if samples >> bits - 2 == 0), 16)
        self.cells, self.exact, self.curves = Cells(), Cells(), Curves()
        self.mixers = [Mixer(self.FIRST, 4, 6, 60, 16384) for _ in range(32)]
        for mixer in self.mixers[1:]:
            mixer.sets = self.mixers[0].sets  # only the weights of sets differ

    def place(self, p, contexts, exact, weights_set, spread, level, low, bits, top):
        """low: the least value; values are 2^bits apart."""
        self.p, self.contexts, self.hashes, self.weights_set, self.spread = p, contexts, exact, weights_set, spread
        self.level, self.bits = level, bits
        self.distributions = [(mean, 5954088144 // size) for mean, size in p.distributions]
        self.low, self.high = low, top - (top - low) % (1 << bits)
        self.lows, self.highs = edges(self.distributions, 0), edges(self.distributions, top + 1)
        self.walk()
        while self.low < self.high:
            steps = self.high - self.low >> bits
            at = self.low + ((steps + 1) // 2 << bits)
            if steps < 16:
                self.ask(16, at)
            else:
                here = edges(self.distributions, at - (1 << bits >> 1))
                self.narrow(at, here, self.decisions.decide(self.halving_share(at, here)))
        return self.low

    def walk(self):
        above = self.ask(0, self.threshold(1, 0))
        if not self.is_outside(above, 1, 180):
            self.is_outside(above, 2, 82)
        elif not self.is_outside(above, 3, 448):
            self.is_outside(above, 4, 295)
        else:
            part, node = 0, 5
            while self.low < self.high and part < 1 << 30:
                part = TAIL_PARTS[node - 5] if node < 14 else 2 * part
                if not self.is_outside(above, min(node, 15), part):
                    break
                node += 1

    def is_outside(self, above, node, part):
        return self.ask(node + 16 * above, self.threshold(above, part)) == above

    def threshold(self, above, part):
        off = self.p.whole.size * part >> 8
        return (self.p.mean + (off if above else -off) + 1535) >> 10

    def shares(self, here):
        result = []
        for (low_below, low_above), (high_below, high_above), (below, above) in zip(self.lows, self.highs, here):
            is_high = low_above <= low_below
            part = above - high_above if is_high else high_below - below
            whole = low_above - high_above if is_high else high_below - low_below
            share = part * 65536 // whole if whole > 0 else 8192 if is_high else 57344
            result.append(limit(share, 1, 65535))
        return result

    def halving_share(self, _, here):
        return self.shares(here)[0]

    def inputs(self, _, cells, here):
        return [rough(cell.p) for cell in cells] + [rough(p) for p in self.shares(here)] + [256]

    def narrow(self, at, here, is_above):
        if is_above:
            self.low, self.lows = at, here
        else:
            self.high, self.highs = at - (1 << self.bits), here

    def ask(self, node, at):
        """Is the value at least at?"""
        if at <= self.low or at > self.high:
            return int(at <= self.low)
        at = self.low + ((at - self.low + (1 << self.bits) - 1) >> self.bits << self.bits)
        middle = at - (1 << self.bits >> 1)
        here = edges(self.distributions, middle)
        where = limit(((1024 * middle - 512 - self.p.mean) * self.distributions[0][1] >> 30) + 16, 0, 31)
        step = limit(at - self.p.w, -15, 15) + 16
        above, below = self.high - at >> self.bits, at - self.low >> self.bits
        third = above * 16 + below if above + below < 16 else 256 + node
        cells = [self.cells[i, (context, where) if i == 0 else context, node] for i, context in enumerate(self.contexts)]
        cells += [self.exact[i, hash_2(*pair) >> 32 - self.exact_bits]
                  for i, pair in enumerate(((self.hashes[0], step), (self.hashes[1], step), (at, third)))]
        mixer = self.mixers[node]
        mixed = mixer.mix(self.inputs(at, cells, here),
                          (node, self.weights_set, (self.spread, node), (self.level, node)))
        curve = self.curves[node, where // 2]
        bit = self.decisions.decide((3 * mixed + curve.probability(mixer.y) + 2) >> 2)
        mixer.update(bit)
        curve.update(bit, 250)
        for cell in cells:
            cell.update(bit, 250)
        self.narrow(at, here, bit)
        return bit


class Deep:
    def __init__(self, data, width, height, channels, size, earlier):
        self.decisions, self.width = Decisions(data), width
        setting = self.decisions.number(2)
        need(setting < 3, "setting")
        before = self.decisions.reference(earlier)
        values, coarse = zip(*[channel_values(self.decisions, size) for _ in range(channels)])
        self.order = [c for c in ((1, 0, 2) if channels > 2 else (0,)) if len(values[c]) > 1]
        self.alpha = channels - 1 if channels % 2 == 0 and len(values[-1]) > 1 else None
        self.predictors, self.alpha_predictor, self.coarse = [], None, coarse
        self.coarse_cells = Cells()
        if self.alpha is not None:
            there = None
            if before is not None:
                there = numbers_of(before[size * self.alpha:], values[self.alpha], width, size, channels)
            self.alpha_predictor = Predictor(setting, [], None, width, len(values[self.alpha]) - 1, there)
            self.alpha_placer = Placer(self.decisions, width * height)
        for i, c in enumerate(self.order):
            there = None if before is None else numbers_of(before[size * c:], values[c], width, size, channels)
            self.predictors.append(Predictor(setting, self.predictors[:i], self.alpha_predictor, width,
                                             len(values[c]) - 1, there))
        self.placer = Placer(self.decisions, width * height * len(self.order))
        self.repeats, out = Cells(), []
        for y in range(height):
            for predictor in self.predictors + ([] if self.alpha is None else [self.alpha_predictor]):
                predictor.begin_row(y)
            for x in range(width):
                numbers = self.pixel(x, y)
                out += [values[c][numbers.get(c, 0)] for c in range(channels)]
        self.decisions.expect_end()
        self.samples = b"".join(value.to_bytes(size, "little") for value in out)

    def pixel(self, x, y):
        numbers, alpha = {}, 0
        if self.alpha is not None:
            number = self.sample(self.alpha_predictor, self.alpha_placer, self.alpha, 0, 0, x, y)
            alpha = 1 if number == 0 else 0 if number == self.alpha_predictor.top else 2
            numbers[self.alpha] = number
        if not (self.order and self.is_repeat(alpha, x, y)):
            for i, predictor in enumerate(self.predictors):
                self.sample(predictor, self.placer, self.order[i], i, alpha, x, y)
        for c, predictor in zip(self.order, self.predictors):
            numbers[c] = predictor.rows[0][x]
        return numbers

    def is_repeat(self, alpha, x, y):
        if x == 0 or y == 0:
            return False

        def same(row, at, other_row, other):
            return all(p.rows[row][at] == p.rows[other_row][other] for p in self.predictors)

        w_n, n_nw, n_ne = same(0, x - 1, 1, x), same(1, x, 1, x - 1), same(1, x, 1, x + 1)
        if not (w_n and n_nw and n_ne and self.predictors[0].fading.is_calm(x) if len(self.predictors) == 1 else
                w_n or alpha == 1):
            return False
        context = alpha, w_n, n_nw, n_ne, same(0, x - 1, 0, x - 2), same(1, x, 2, x)
        for up in range(1 if w_n else 2):
            if self.decisions.by_cell(self.repeats[context, up], 250):
                for predictor in self.predictors:
                    predictor.learn_repeat(x, up)
                return True
        return False

    def sample(self, predictor, placer, channel, index, alpha, x, y):
        p = predictor.predict(x)
        s, mean, rows, (here, up) = p.whole.size, p.mean, predictor.rows, predictor.residuals

        def off(value, most):
            return relative((value << 10) - mean, s, most)

        def residual(value, most=6):
            return relative(value, (s >> 6) + 1, most)

        def earlier(i):
            other = self.predictors[i]
            return relative(other.residuals[0][x], (other.p.whole.size >> 6) + 1, 8)

        log = quarter_log(s)
        steps = min(0 if log < 24 else log // 2 - 12, 31)
        equality = p.w == p.n, p.n == p.ne, p.n == p.nw, p.w == p.ww
        def nearest_to(i):
            return relative(p.values[i] - mean, s, 8)

        last = off(p.nn, 6) * 13 + off(p.ww, 6) if index == 0 else earlier(0) * 17 + earlier(index - 1)
        if predictor.there is not None:
            last = nearest_to(7) * 17 + nearest_to(10)
        contexts = [steps, (p.spread, off(p.w, 8)), (off(p.n, 6), off(p.ne, 6)), (residual(here[x - 1]), residual(up[x])),
                    (residual(up[x - 1]), residual(up[x + 1])),
                    (nearest_to(1), nearest_to(5)), (alpha, equality, mean >> 8 & 3, off(p.w, 4)), last,
                    (off(2 * p.n - p.nn, 6), off(2 * p.w - p.ww, 6), off(p.w + p.ne - p.n, 6)),
                    (off(rows[3][x], 6), off(rows[0][x - 3], 6), off(rows[1][x - 2], 6)),
                    (tuple(residual(r, 1) for r in (here[x - 1], here[x - 2], *(up[x + i] for i in (0, -1, 1, 2)))), p.wide),
                    tuple(off(value, 2) for value in (p.w, p.n, p.nw, p.ne, p.ww, p.nn))]
        exact = (hash_2(p.w - p.n, hash_2(p.ne - p.n, p.nw - p.n)), hash_2(p.w, hash_2(p.n, index)))
        coarse, low, bits = self.coarse[channel], 0, 0
        if coarse is not None and coarse.bits > 0:
            around = tuple(map(coarse.is_one, (p.w, p.n, p.nw, p.ne)))
            if self.decisions.by_cell(self.coarse_cells[channel, around], 250):
                low, bits = coarse.rest, coarse.bits
        level = mean >> 10 >> predictor.level_shift
        value = placer.place(p, contexts, exact, (index, steps), (p.spread, p.wide), level, low, bits, predictor.top)
        predictor.learn(x, y, value)
        return value
