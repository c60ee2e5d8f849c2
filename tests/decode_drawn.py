# SPDX-License-Identifier: MIT
"""
Drawings, for the decoder in decode.py, following bsw(5): the header and the palette. Pictures of two values are in
decode_two_values.py, those of more in decode_candidates.py.
"""
import decode_start
from decode_adaptive import Cell, Decisions
from decode_candidates import Model, decode_rows
from decode_fields import need
from decode_two_values import two_values


class Differences(dict):
    """Cells of the bits of differences, by what came before."""

    def __missing__(self, key):
        context, node = key
        bits, trained = node.bit_length() - 1, decode_start.PALETTE[context]
        p = (trained[0] if node == 1 else trained[2 * bits - 1] if node == 1 << bits else
             trained[2 * bits] if node == (2 << bits) - 1 else None)
        cell = self[key] = Cell(32768, 1) if p is None else Cell(64 * p, 2)
        return cell


def palette(decisions, count, channels):
    cells = Differences()
    colours, last = [], [0] * channels
    for _ in range(count):
        colour, first, most = [0] * channels, 0, 0
        for k, c in enumerate((1, 0, 2, 3)[:channels] if channels >= 3 else range(channels)):
            context = 0 if k == 0 else 3 * (3 if channels == 2 else k) - 2 + (most > 0) + (most > 7)
            node = 1
            for _ in range(8):
                node = 2 * node + decisions.by_cell(cells[context, node], 30)
            difference = node & 255
            most = max(most, min(difference, 256 - difference))
            colour[c] = (last[c] + difference + (first if c < 3 and k > 0 else 0)) % 256
            first = difference if k == 0 else first
        colours.append(colour)
        last = colour
    return colours


def repeats(decisions, width, height):
    """[(rows upwards, columns to the right)]"""
    result = []
    if width < 48 or height < 48:
        return result
    for _ in range(decisions.number(2)):
        rows, columns, is_left = decisions.number(12), decisions.number(24), decisions.number(1)
        need(rows <= 2048 and rows < height and columns < width and (rows > 0 or (is_left and columns >= 2)), "repeat")
        result.append((rows, -columns if is_left else columns))
    need(len(result) <= 2, "number of repeats")
    return result


def decode_drawing(data, width, height, channels, is_indexed, earlier=(), known=None):
    """The samples, interleaved; None for those of pixels that are not coded. earlier: the samples of pictures that this
    one may refer to; known: is this pixel (x, y) not coded?"""
    decisions = Decisions(data)
    setting = decisions.number(2)
    need(setting < 3, "setting")
    asks = decisions.number(1)
    if decisions.number(1):
        count = decisions.number(8) + 1
        colours = palette(decisions, count, channels)
        samples_of = colours.__getitem__
        numbers = {tuple(colour): i for i, colour in enumerate(colours)}

        def pixel_of(samples):
            return numbers.get(tuple(samples), 0)
    else:
        kinds, constants = [], []
        for _ in range(channels):
            kinds.append(decisions.number(2))
            constants.append(decisions.number(8) if kinds[-1] == 1 else None)
        coded = [c for c, kind in enumerate(kinds) if kind in (0, 3)]
        need(coded, "channels")
        count = decisions.number(8) + 1 if is_indexed else 0

        def pixel_of(samples):
            if count:
                return samples[0] if samples[0] < count else 0
            return sum(samples[c] << 8 * i for i, c in enumerate(coded))

        def samples_of(pixel):
            samples = list(constants)
            for i, c in enumerate(coded):
                samples[c] = pixel >> 8 * i & 255
            return [samples[0] if kind == 2 else sample for kind, sample in zip(kinds, samples)]

    if count == 1:
        rows = [[0] * width] * height
    elif count == 2:
        rows = two_values(decisions, width, height, setting, known)
    else:
        samples, before = decisions.reference(earlier), None
        if samples is not None:
            pixels = [pixel_of(samples[at:at + channels]) for at in range(0, len(samples), channels)]
            before = [pixels[at:at + width] for at in range(0, len(pixels), width)]
        model = Model(decisions, setting, bool(asks), 1 if count else len(coded), count, width * height,
                      [] if before else repeats(decisions, width, height), before is not None)
        rows = decode_rows(model, width, height, known, before)
    decisions.expect_end()
    samples = [sample for row in rows for pixel in row for sample in samples_of(pixel)]
    return bytes(samples)
