# SPDX-License-Identifier: MIT
"""
Blended levels, for the decoder in decode.py, following bsw(5): samples around predictions that are made of what a
network says and of what was learned from the samples before.
"""
import numpy as np

from decode_adaptive import RECIPROCAL, Decisions, hash_2, limit, stretch, truncated
from decode_deep import Placer, relative, rough
from decode_planes import below, interval
from decode_predictions import (Bias, Expected, Fading, Line, Prediction, near_error, new_row, quarter_log,
                                relative_class, step_class, sums_of_errors, weighted_average, weighted_between)
from decode_squares import Squares

SEEN = 76  # samples around
WINDOWS = (12, 1, 1, 1), (24, 2, 1, 1), (40, 4, 2, 2), (80, 8, 2, 4)
NET, AVERAGE, STACKED = 4, 5, 6
PIXELS = (1, 1), (0, 1), (1, 0)  # of a cell, in the order of phases
SIZES = [round(32 * 2 ** (k / 12)) for k in range(128)]


def around(phase):
    """Where known samples are, nearest first: rows down and columns to the right."""
    found, (y, x) = [], PIXELS[phase]
    for down in range(-8, 9):
        for right in range(-8, 9):
            place = (y + down) % 2, (x + right) % 2
            other = -1 if place == (0, 0) else PIXELS.index(place)
            if other < phase or (other == phase and (down, right) < (0, 0)):
                found.append((down ** 2 + right ** 2, other == phase, down > 0, right > 0, down, right))
    return [place[-2:] for place in sorted(found)[:SEEN]]


AROUND = [around(phase) for phase in range(3)]


class Given:
    """What a network says about a channel in all views, given those before it."""

    def __init__(self, mixtures):
        self.mixtures, self.weights = mixtures, sum((mixture.prior for mixture in mixtures), [])

    def begin_channel(self, c):
        self.shapes = [mixture.shape(j, c) for mixture in self.mixtures for j in range(4)]
        total = sum(self.weights)
        self.mean = sum(w * (mean + 8192) for w, (mean, _) in zip(self.weights, self.shapes)) // total - 8192
        self.error = sum(w * (16 * abs(mean - self.mean) + (1420 * SIZES[k] >> 10))
                         for w, (mean, k) in zip(self.weights, self.shapes)) // total

    def below(self, value):
        return sum(w * below(*shape, value) for w, shape in zip(self.weights, self.shapes))

    def learn(self, value):
        self.weights = [w * interval(*shape, value)[1] for w, shape in zip(self.weights, self.shapes)]
        shift = max(0, max(self.weights).bit_length() - 31)
        self.weights = [(w >> shift) + 1 for w in self.weights]
        residuals = [one for mixture in self.mixtures for one in mixture.residuals]
        for one, (mean, _) in zip(residuals, self.shapes):
            one.append(64 * value - mean)


class GivenPlacer(Placer):
    """Decodes samples around predictions that come with a mixture, p.given."""
    FIRST = [16384 // 32] * 15 + [16384 // 20] * 8 + [0, 16384 * 9 // 10]

    def given_share(self, at):
        low, here, high = (self.p.given.below(value) for value in (self.low, at, self.high + 1))
        shift = max(0, (high - low).bit_length() - 47)
        if high == low:
            return 32768
        return limit(((high - here >> shift) << 16) // (high - low >> shift), 1, 65535)

    def halving_share(self, at, _):
        return self.given_share(at)

    def inputs(self, at, cells, here):
        share = self.given_share(at)
        own, inputs = stretch(share), []
        for cell in cells:
            if cell.count == 0:
                cell.precise = 64 * share
            trust = 65536 - (3 * RECIPROCAL[cell.count] >> 1)
            inputs.append(limit((rough(cell.p) - own) * trust >> 16, -3071, 3071))
        return inputs + [rough(p) for p in self.shares(here)] + [256, own]


class BlendedPlane:
    def __init__(self, index, planes, decisions, pixels):
        """planes: of the band"""
        self.index, self.planes, self.placer = index, planes, GivenPlacer(decisions, pixels)
        self.scales, self.wide_scales, self.scales_of = {}, {}, [{} for _ in range(7)]
        self.biases = {}

    def begin_phase(self, level, phase, width):
        self.view = self.planes[:, ::1 << level, ::1 << level]
        self.level, self.phase, self.width = level, phase, width
        self.squares, self.stack = Squares(WINDOWS, width), Squares([(5, 4, 1, 1)], width)
        self.residuals, self.net_residuals = ([Line(width, 0) for _ in range(2)] for _ in range(2))
        self.errors = [Line(width, [0] * 7) for _ in range(2)]
        self.fading = Fading(width)

    def begin_row(self):
        for lines in (self.residuals, self.net_residuals, self.errors):
            new_row(lines, self.width)
        self.fading.begin_row()

    def seen(self, plane, number, row, column, other):
        down, right = AROUND[self.phase][number]
        y, x = row + down, column + right
        return int(self.view[plane, y, x]) if 0 <= y < self.view.shape[1] and 0 <= x < self.view.shape[2] else other

    def later(self, row, column, x):
        """What is known of this plane while one before it is predicted."""
        first = self.seen(self.index, 0, row, column, 128)
        values = [self.seen(self.index, i, row, column, first) for i in range(8)]
        return [64 * value - 8 * sum(values) for value in values] + self.last_residuals(x)

    def last_residuals(self, x):
        here, up = self.net_residuals
        return [here[x - 1], up[x]]

    def look(self, given, planes, values, row, column, x):
        """planes: of the level; values: the samples of those before."""
        p, (here, up) = Prediction(), self.net_residuals
        before, after = planes[:self.index], planes[self.index + 1:]
        p.given, p.net, middle = given, given.mean, given.mean + 32 >> 6
        own = [self.seen(self.index, i, row, column, middle) for i in range(SEEN)]
        p.near, p.w, others, own = own[:8], own[0], [], [64 * value - p.net for value in own]
        for i, value in enumerate(values):
            others += [64 * (self.seen(i, j, row, column, value) - value) for j in range(8)]
        p.regressors = [64 * value - plane.p.net for plane, value in zip(before, values)]
        p.regressors += own[:4] + [here[x - 1], up[x]] + others + [up[x - 1], up[x + 1]]
        for plane in after:
            p.regressors += plane.later(row, column, x)
        for plane in before:
            p.regressors += plane.last_residuals(x)
        p.regressors = (p.regressors + own[4:])[:80]
        return p

    def predict(self, p, x):
        self.p = p
        self.squares.begin_pixel(x)
        p.values = [in_range(16 * p.net + (self.squares.sum(i, p.regressors) >> 12)) for i in range(4)]
        p.values.append(in_range(16 * p.net))
        errors = sums_of_errors(self.errors, x)
        average = weighted_average(p.values, errors[:5])
        p.apart = [value - average >> 4 for value in p.values]
        self.stack.begin_pixel(x)
        stacked = in_range(average + (self.stack.sum(0, p.apart) >> 12))
        p.values += [average, stacked]
        p.mean = weighted_between(average, errors[AVERAGE], stacked, errors[STACKED])
        self.expect(p, x, errors)
        pattern = tuple(value > p.mean >> 10 for value in p.near[:6])
        p.bias = self.biases.setdefault((pattern, p.spread), Bias())
        p.biased = in_range(p.mean + p.bias.value)
        p.distributions = [(p.mean, p.whole.size), (p.biased, p.wide.size)]
        p.distributions += [(p.values[i], p.of[i].size) for i in (0, 1, 2, 3, AVERAGE, STACKED)]

    def expect(self, p, x, errors):
        p.error, far, p.net_error = near_error(self.residuals, x), self.fading.far(x), (p.given.error >> 2) + 8
        both, wide = (p.error + 3 * p.net_error) // 4, (far + p.net_error) // 2
        apart = sum(abs(value - p.mean) >> 6 for value in p.values[:5])
        apart += sum(abs((value << 10) - p.mean) >> 8 for value in p.near[:4])
        p.calm, p.trend, p.spread = (relative_class(quarter_log(error), quarter_log(both))
                                     for error in (p.error, far, apart))
        p.whole = Expected(both, self.scales, (step_class(both), p.calm, p.spread))
        p.wide = Expected(wide, self.wide_scales, (p.mean >> 12, step_class(wide)))
        own = [(error + p.net_error) // 2 for error in errors]
        p.of = [Expected(error, scales, step_class(error)) for error, scales in zip(own, self.scales_of)]

    def place(self, before, x):
        p, (here, up), r = self.p, self.residuals, self.p.whole.size

        def off(value, most):
            return relative((value << 10) - p.mean, r, most)

        def residual(value, most):
            return relative(value, (r >> 6) + 1, most)

        def nearest_to(*predictors):
            return tuple(relative(p.values[i] - p.mean, r, 8) for i in predictors)

        log, near = quarter_log(r), p.near
        steps = min(0 if log < 24 else log // 2 - 12, 31)
        eighth = (off(near[4], 6), off(near[5], 6))
        if before:
            eighth = tuple(residual(plane.residuals[0][x], 8) for plane in (before[0], before[-1]))
        contexts = [steps, (p.spread, p.calm, p.trend), (off(near[0], 6), off(near[1], 6)),
                    (off(near[2], 6), off(near[3], 6)), (residual(here[x - 1], 6), residual(up[x], 6)),
                    tuple(min(quarter_log(error) // 2, 31) for error in (p.net_error, p.error)),
                    nearest_to(1, NET), nearest_to(3, 0), eighth, (p.mean >> 8 & 3, p.mean >> 10),
                    tuple(off(value, 2) for value in near[:6]),
                    (*(residual(value, 1) for value in (here[x - 1], here[x - 2], *(up[x + i] for i in (0, -1, 1, 2)))),
                     p.trend)]
        exact = (hash_2(near[0], hash_2(near[1], near[2])), hash_2(near[0], 3 * near[1] + self.index))
        return self.placer.place(p, contexts, exact, (self.level > 0, steps), (p.spread, p.calm),
                                 (self.phase, p.mean >> 14), 0, 0, 255)

    def learn(self, x, value):
        p, exact = self.p, value << 10
        self.errors[0][x] = [abs(exact - other) >> 6 for other in p.values]
        self.residuals[0][x] = residual = truncated(exact - p.mean, 64)
        self.net_residuals[0][x] = 64 * value - p.net
        self.fading.learn(x, residual)
        p.whole.learn(abs(exact - p.mean))
        p.wide.learn(abs(exact - p.mean))
        for other, expected in zip(p.values, p.of):
            expected.learn(abs(exact - other))
        p.bias.learn(exact - p.mean, p.whole.size)
        noise = quarter_log(p.whole.error) // 4
        self.squares.end_pixel(x, p.regressors, 64 * value - p.net, noise, 6)
        self.stack.end_pixel(x, p.apart, exact - p.values[AVERAGE] >> 4, noise, 6)


def in_range(value):
    return limit(value, 0, 255 << 10)


def mirrored(last, size):
    """The rows or columns of a mirrored level: one beyond its edge repeats the last a."""
    return [at if at < size else size - 2 for at in range(last, -1, -1)]


class View:
    """A level as it is; mirrored left to right; transposed; mirrored top to bottom, then transposed."""

    def __init__(self, planes, level, across, down, transposed):
        self.across, self.down, self.transposed = across, down, transposed
        samples = planes.planes[:, ::1 << level, ::1 << level]
        _, height, width = samples.shape
        self.rows, self.columns = height & ~1, width & ~1
        if across:
            samples = samples[:, :, mirrored(self.columns, width)]
        if down:
            samples = samples[:, mirrored(self.rows, height)]
        self.phase = planes.phase
        if self.phase is not None:
            row, column = divmod(self.phase, 8)
            row = ((self.rows << level) + 1 - row) % 8 if down else row
            column = ((self.columns << level) + 1 - column) % 8 if across else column
            self.phase = 8 * column + row if transposed else 8 * row + column
        self.samples = np.swapaxes(samples, 1, 2) if transposed else samples
        self.drawn = np.zeros(self.samples.shape[1:], bool)

    def source(self, place):
        row, column = reversed(place) if self.transposed else place
        return self.rows - row if self.down else row, self.columns - column if self.across else column

    @staticmethod
    def all_of(planes, level):
        return [View(planes, level, *which) for which in ((0, 0, 0), (1, 0, 0), (0, 0, 1), (0, 1, 1))]


class Blender:
    def __init__(self, planes, data, corrections):
        """planes: decoded up to the blended levels."""
        self.planes, self.decisions, self.corrections = planes, Decisions(data), corrections
        self.blended = [BlendedPlane(c, planes.planes, self.decisions, planes.planes[0].size)
                        for c in range(planes.count)]

    def decode(self, levels):
        for level in reversed(range(levels)):
            self.planes.begin_level(level)
            for number in range(2):
                for phase in (0,) if number == 0 else (1, 2):
                    self.decode_phase(level, number, phase)
        self.decisions.expect_end()

    def decode_phase(self, level, number, phase):
        mixtures, correction = {}, self.corrections.get((level, number))
        for view in View.all_of(self.planes, level):
            for tile in self.planes.tiles_of(view.samples, view.drawn, view.phase, level, number, correction):
                for places, one in tile:
                    for place, mixture in zip(places, one):
                        mixtures.setdefault(view.source(place), []).append(mixture)
        view, (first_row, first_column) = self.planes.planes[:, ::1 << level, ::1 << level], PIXELS[phase]
        rows, columns = np.arange(first_row, view.shape[1], 2), np.arange(first_column, view.shape[2], 2)
        planes = self.blended[:self.planes.channels(level)]
        for plane in planes if len(rows) > 0 and len(columns) > 0 else []:
            plane.begin_phase(level, phase, len(columns))
        for y, row in enumerate(rows.tolist()):
            for plane in planes if y > 0 else []:
                plane.begin_row()
            for x, column in enumerate(columns.tolist()):
                self.decode_pixel(planes, view, Given(mixtures[row, column]), row, column, x)

    def decode_pixel(self, planes, view, given, row, column, x):
        values = []
        for c, plane in enumerate(planes):
            given.begin_channel(c)
            plane.predict(plane.look(given, planes, values, row, column, x), x)
            value = plane.place(planes[:c], x)
            plane.learn(x, value)
            given.learn(value)
            values.append(value)
            view[c, row, column] = value
