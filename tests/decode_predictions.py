# SPDX-License-Identifier: MIT
"""
Predictions of deep samples, for the decoder in decode.py, following bsw(5).
"""
import pathlib
import re

from decode_adaptive import RECIPROCAL, limit, nearest, truncated
from decode_squares import Squares

PAD = 8  # made-up pixels at both ends of a row
AROUND = ((-1, 1), (1, 1), (-2, 0), (0, 2), (1, 2), (-2, 1), (2, 1), (-1, 2), (-3, 0), (0, 3), (2, 2), (-2, 2), (3, 1),
          (-3, 1), (1, 3), (-1, 3), (4, 1), (-4, 0), (3, 2), (-3, 2), (2, 3), (-2, 3), (0, 4), (-4, 1), (-1, 4),
          (1, 4), (-3, 3), (3, 3), (-4, 2), (4, 2), (-2, 4), (2, 4), (-5, 0), (-4, 3), (4, 3), (-3, 4), (3, 4), (0, 5),
          (-5, 1), (5, 1), (-1, 5), (1, 5), (-5, 2), (5, 2), (-2, 5), (2, 5), (-4, 4), (4, 4), (-5, 3), (5, 3), (3, 5),
          (-3, 5), (-6, 0), (0, 6), (6, 1), (-6, 1), (1, 6), (-1, 6), (6, 2), (-6, 2), (2, 6), (-2, 6), (5, 4),
          (-5, 4), (4, 5), (-4, 5), (6, 3), (-6, 3), (3, 6), (-3, 6), (-7, 0), (0, 7), (7, 1), (-7, 1), (5, 5),
          (-5, 5), (1, 7), (-1, 7), (6, 4), (-6, 4), (4, 6), (-4, 6), (7, 2), (-7, 2), (2, 7), (-2, 7), (7, 3))
WINDOWS = (((4, 1, 2, 1), (6, 2, 2, 2), (8, 4, 4, 4), (10, 5, 8, 8), (12, 8, 8, 8)),
           ((6, 1, 1, 1), (10, 2, 1, 1), (20, 3, 2, 2), (30, 5, 8, 8), (40, 8, 16, 16)),
           ((6, 1, 1, 1), (12, 2, 1, 1), (24, 3, 2, 2), (40, 5, 4, 4), (88, 8, 8, 8)))
FROM_OTHERS = 3, 4, 4
WITH_SCALE = 0, 1, 2, 4, 11, 12
MEDIAN, SMOOTH, EXPERT, AVERAGE, STACKED = 5, 6, 7, 11, 12
SEES = 40
POWERS = [nearest(2 ** (14 + i / 16)) for i in range(16)]


def quarter_log(value):
    bits = (value + 1).bit_length() - 1
    return 4 * bits + ((value + 1 << 2 >> bits) & 3)


def median(w, n, nw):
    return min(w, n) if nw >= max(w, n) else max(w, n) if nw <= min(w, n) else w + n - nw


class Expert:
    """A trained network; its numbers are those of the program."""

    def __init__(self):
        text = (pathlib.Path(__file__).parent.parent / "src/deep/expert_numbers.c").read_text()
        lists = [[int(number) for number in re.findall(r"-?\d+", part)] for part in re.findall(r"{([-\d,\s]+)}", text)]
        first, others, self.last, biases, self.last_biases = lists
        pairs = [first, others[:64 * 64], others[64 * 64:]]
        # [layer][output][input]
        self.weights = [[[part[128 * (i // 2) + 2 * o + i % 2] for i in range(len(part) // 64)] for o in range(64)]
                        for part in pairs]
        self.biases = [biases[64 * i:64 * i + 64] for i in range(3)]

    def ask(self, sees):
        rough = 12 + 2 * sum(abs(one) for one in sees[:12])
        reciprocal = (24 << 26) // rough
        most = (511 << 20) // reciprocal + 1
        values = [limit(limit(one, -most, most) * reciprocal + (1 << 19) >> 20, -511, 511) for one in sees]
        values += [4 * (quarter_log(rough) - 30), 0]
        for weights, biases in zip(self.weights, self.biases):
            values = [limit(bias + sum(w * value for w, value in zip(row, values)) + 512 >> 10, 0, 1023)
                      for row, bias in zip(weights, biases)]
        mean, log = (self.last_biases[i] + sum(w * value for w, value in zip(self.last[64 * i:], values))
                     for i in range(2))
        sixteenths = limit(log >> 12, -160, 160)
        one = rough * 8 * POWERS[sixteenths & 15] // 3
        mean = limit(truncated(rough * mean * 128, 3) >> 16, -(2 ** 31 - 1) // 2 + 1, (2 ** 31 - 1) // 2)
        return mean, limit(one * 1024 >> 24 - (sixteenths >> 4), 8, 1 << 23)


class Line:
    """A row with its made-up ends."""

    def __init__(self, width, value):
        self.values = [value] * (width + 2 * PAD)

    def __getitem__(self, x):
        return self.values[x + PAD]

    def __setitem__(self, x, value):
        self.values[x + PAD] = value

    def end(self, width):
        self.values[width + PAD:] = [self.values[width + PAD - 1]] * PAD


class Fading:
    """Sums of the magnitudes of residuals, in each column and in rows; older ones fade."""

    def __init__(self, width):
        self.width, self.columns, self.row = width, Line(width, 0), 0

    def begin_row(self):
        self.columns.end(self.width)
        self.columns.values[:PAD] = [self.columns[0]] * PAD

    def is_calm(self, x):
        return self.row + self.columns[x] + self.columns[x + 1] < 8

    def far(self, x):
        return (2 * self.row + sum(self.columns[x + i] for i in range(-4, 4))) // 16 + 8

    def learn(self, x, residual):
        self.columns[x] += abs(residual) - (self.columns[x] >> 3)
        self.row += abs(residual) - (self.row >> 3)


class Scale:
    def __init__(self):
        self.ratio, self.count = 4096, 0


class Expected:
    """The size of the error that is to be expected."""

    def __init__(self, error, scales, key):
        self.error, self.scale = error, scales.setdefault(key, Scale())
        self.size = max((error << 3) * self.scale.ratio >> 12, 64)

    def learn(self, error):
        scale = self.scale
        ratio = min((error << 12) // (self.error << 3), 65536)
        scale.ratio = max(scale.ratio + ((ratio - scale.ratio) * RECIPROCAL[scale.count + 8] >> 16), 64)
        scale.count = min(scale.count + 1, 400)


class Bias:
    def __init__(self):
        self.value, self.count = 0, 0

    def learn(self, off, size):
        off = limit(off - self.value, -(size // 2), size // 2)
        self.value += off * RECIPROCAL[self.count + 6] >> 16
        self.count = min(self.count + 1, 200)


class Prediction:
    pass


def new_row(lines, width):
    """One of the lines becomes a new row, with what is to the left of it."""
    lines[0].end(width)
    lines.insert(0, Line(width, lines[0][0]))
    lines.pop()


def sums_of_errors(lines, x):
    here, up = lines
    return [2 * a + b + 2 * c + d + e + f + 8 for a, b, c, d, e, f in
            zip(here[x - 1], here[x - 2], up[x], up[x - 1], up[x + 1], up[x + 2])]


def near_error(residuals, x):
    here, up = residuals
    return 8 + (2 * abs(here[x - 1]) + abs(here[x - 2]) + 2 * abs(up[x]) + abs(up[x - 1]) + abs(up[x + 1]) +
                abs(up[x + 2]))


def weighted_average(values, errors):
    least, total, weights = min(errors), 0, 0
    for i, (value, error) in enumerate(zip(values, errors)):
        share = (least << 10) // error
        weight = (share * share >> 10) ** 2 >> (8 if i < 5 else 10)
        total += weight * (value - values[0])
        weights += weight
    return values[0] + truncated(total, weights)


def weighted_between(one, error, other, other_error):
    a, b = error ** 2, other_error ** 2
    while max(a, b) >= 32768:
        a, b = a >> 1, b >> 1
    return one + truncated((other - one) * a * a, a * a + b * b + 1)


def step_class(value):
    return min(quarter_log(value) // 2, 55)


def relative_class(log, other):
    return limit((log - other + 16) // 4, 0, 7)


class Predictor:
    """Of a channel. before: the predictors of the colours before it; alpha: that of alpha, or None; there: its rows in an
    earlier picture, or None."""

    def __init__(self, setting, before, alpha, width, top, there):
        self.before, self.width, self.top = before, width, top
        self.others = before if alpha is None else [alpha, *before]
        self.there = None if there is None else [[row[0], *row, row[-1]] for row in there]
        others = len(self.others) * FROM_OTHERS[setting] + (0 if there is None else 8)
        self.from_others, self.nearest, self.all = FROM_OTHERS[setting], WINDOWS[setting][0][0], WINDOWS[setting][4][0]
        self.squares = Squares([(n + others, *rest) for n, *rest in WINDOWS[setting]], width)
        self.expert = Expert() if setting > 0 and not before and there is None else None
        self.with_scale = WITH_SCALE if self.expert is None else (EXPERT, *WITH_SCALE[1:])
        self.stack = Squares([(11, 4, 4 if setting == 0 else 1, 1)], width)
        self.rows = [Line(width, 0) for _ in range(8)]
        self.residuals = [Line(width, 0) for _ in range(2)]
        self.errors = [Line(width, [0] * 13) for _ in range(2)]
        self.fading = Fading(width)
        self.biases, self.scales, self.level_scales, self.scales_of = {}, {}, {}, [{} for _ in WITH_SCALE]
        self.level_shift = max(top.bit_length() - 6, 0)

    def begin_row(self, y):
        if self.there is not None:
            self.then = [self.there[limit(at, 0, len(self.there) - 1)] for at in (y - 1, y, y + 1)]
        if y == 0:
            return
        for lines in (self.rows, self.residuals, self.errors):
            new_row(lines, self.width)
        self.fading.begin_row()

    def in_range(self, value):
        return limit(value, 0, self.top << 10)

    def look(self, x):
        p, rows = Prediction(), self.rows
        p.w, p.ww = rows[0][x - 1], rows[0][x - 2]
        p.n, p.nw, p.ne, p.nn = rows[1][x], rows[1][x - 1], rows[1][x + 1], rows[2][x]
        p.base = (p.w + p.n) >> 1
        own = [rows[up][x + right] - p.base for right, up in AROUND[:self.all - 1]]
        p.regressors = [p.w - p.n, *own[:self.nearest - 1]]
        for other in self.others:
            here, up = other.rows[0], other.rows[1]
            base = (here[x - 1] + up[x]) >> 1
            p.regressors += [here[x] - base, here[x - 1] - up[x], up[x - 1] - base, up[x + 1] - base][:self.from_others]
        if self.there is not None:
            (nw, n, ne), (w, here, e), (sw, below, se) = p.there = [row[x:x + 3] for row in self.then]
            base = (w + n) >> 1
            p.regressors += [here - base, w - n, *(value - base for value in (e, below, nw, ne, sw, se))]
        p.regressors += own[self.nearest - 1:]
        return p

    def predict(self, x):
        p = self.p = self.look(x)
        self.squares.begin_pixel(x)
        p.values = [self.in_range((p.base << 10) + (self.squares.sum(i, p.regressors) >> 6)) for i in range(5)]
        p.values += self.simple(p, x)
        errors = sums_of_errors(self.errors, x)
        average = weighted_average(p.values, errors[:11])
        p.apart = [(value - average) >> 4 for value in p.values]
        self.stack.begin_pixel(x)
        stacked = self.in_range(average + (self.stack.sum(0, p.apart) >> 12))
        p.values += [average, stacked]
        p.mean = weighted_between(average, errors[AVERAGE], stacked, errors[STACKED])
        self.expect(p, x, errors)
        level = p.mean >> 10
        pattern = tuple(value > level for value in (p.w, p.n, p.nw, p.ne, p.ww, p.nn))
        p.bias = self.biases.setdefault((pattern, p.spread), Bias())
        p.biased = self.in_range(p.mean + p.bias.value)
        p.distributions = [(p.mean, p.whole.size), (p.biased, p.level.size)]
        p.distributions += [(p.values[i], one.size) for i, one in zip(self.with_scale, p.of)]
        return p

    def simple(self, p, x):
        w, n, nw, ne = p.w, p.n, p.nw, p.ne
        middle, smooth = median(w, n, nw) << 10, self.in_range((2 * (w + n) + ne - nw) * 256)
        if self.there is not None:
            (nw2, n2, ne2), (w2, now, _), _ = p.there
            return [middle, smooth, self.in_range(middle + (now - median(w2, n2, nw2) << 10)),
                    self.in_range(smooth + (4 * now - 2 * (w2 + n2) - ne2 + nw2) * 256),
                    self.in_range((2 * now + w - w2 + n - n2) * 512), now << 10]
        if not self.before:
            return [middle, smooth, self.first_other(p), self.in_range((w + ne - n) << 10),
                    self.in_range((2 * n - p.nn) << 10), w << 10]
        other, now = self.before[-1].p, self.before[-1].rows[0][x] << 10
        return [middle, smooth, self.in_range(middle + now - other.values[MEDIAN]),
                self.in_range(smooth + now - other.values[SMOOTH]), self.in_range((w << 10) + now - (other.w << 10)),
                self.in_range((n << 10) + now - (other.n << 10))]

    def first_other(self, p):
        if self.expert is None:
            return self.in_range((p.w + p.n - p.nw) << 10)
        skipped = len(self.others) * self.from_others
        mean, p.expert_error = self.expert.ask(
            p.regressors[:self.nearest] + p.regressors[self.nearest + skipped:SEES + skipped])
        return self.in_range((p.base << 10) + mean)

    def expect(self, p, x, errors):
        error, wide = near_error(self.residuals, x), self.fading.far(x)
        apart = sum(abs(p.values[i] - p.mean) >> 6 for i in (1, 2, MEDIAN, SMOOTH))
        apart += (abs(p.w - p.n) + abs(p.n - p.ne)) << 3
        log = quarter_log(error)
        p.wide, p.spread = relative_class(quarter_log(wide), log), relative_class(quarter_log(apart), log)
        p.whole = Expected(error, self.scales, (step_class(error), p.wide, p.spread))
        p.level = Expected(wide, self.level_scales, (p.mean >> 10 >> self.level_shift, step_class(wide)))
        own = [errors[i] for i in self.with_scale]
        if self.expert is not None:
            own[0] = p.expert_error
        p.of = [Expected(error, scales, step_class(error)) for error, scales in zip(own, self.scales_of)]

    def learn(self, x, y, value):
        p, exact = self.p, value << 10
        self.rows[0][x] = value
        if y == 0:
            for row in self.rows[1:]:
                for i in range(PAD):
                    row[x + i] = value
            for row in self.rows if x == 0 else []:
                row.values[:PAD] = [value] * PAD
        self.errors[0][x] = [abs(exact - other) >> 6 for other in p.values]
        residual = truncated(exact - p.mean, 64)
        self.residuals[0][x] = residual
        self.fading.learn(x, residual)
        p.whole.learn(abs(exact - p.mean))
        p.level.learn(abs(exact - p.mean))
        for i, expected in zip(self.with_scale, p.of):
            expected.learn(abs(exact - p.values[i]))
        p.bias.learn(exact - p.mean, p.whole.size)
        noise = quarter_log(p.whole.error) // 4
        self.squares.end_pixel(x, p.regressors, value - p.base, noise, 0)
        self.stack.end_pixel(x, p.apart, (exact - p.values[AVERAGE]) >> 4, noise, 6)

    def learn_repeat(self, x, up):
        for lines in (self.rows, self.residuals, self.errors):
            lines[0][x] = lines[1][x] if up else lines[0][x - 1]
        self.squares.skip_pixel(x)
        self.stack.skip_pixel(x)
