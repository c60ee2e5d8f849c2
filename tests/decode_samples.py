# SPDX-License-Identifier: MIT
"""
Pixels of a drawing that are none of the candidates, for the decoder in decode.py, following bsw(5): their samples, or
their numbers in a palette.
"""
import decode_start
from decode_adaptive import Cell, Cells, Curves, Mixer, hash_2, limit, stretch, truncated

W, N, NW, NE, WW, NN, NEE, NWW, NNE, NNW, WWW, NNN = range(12)
ORDERS = (0,), (1, 0), (1, 0, 2), (3, 1, 0, 2)


def sample(pixel, c):
    return pixel >> 8 * c & 255


def clamp(value):
    return limit(value, 0, 255)


def gradient(w, n, nw):
    return min(w, n) if nw >= max(w, n) else max(w, n) if nw <= min(w, n) else w + n - nw


def energy_class(energy):
    return min((energy + 1).bit_length() - 1, 7)


def class_of_distance(d):
    return d if d < 12 else 9 + d // 4 if d < 32 else 15 + d // 16 if d < 128 else 23 + d // 64


def class_of_offset(offset):
    d = abs(offset)
    part = (d if d < 16 else 8 + d // 2 if d < 32 else 20 + d // 8 if d < 64 else 26 + d // 32 if d < 128 else 31)
    return 31 - part if offset < 0 else 32 + part


OFFSETS = {}  # of each class
for value in range(-255, 256):
    OFFSETS.setdefault(class_of_offset(value), []).append(value)


class Predicted(dict):
    def __missing__(self, key):
        *_, level, offset, energy = key
        offset = truncated(OFFSETS[offset][0] + OFFSETS[offset][-1] + int(offset >= 32), 2)
        errors = decode_start.TABLES["errors"][energy]

        def often(first):
            return sum(errors[class_of_distance(min(abs(value - offset), 255))] for value in range(first, first + (1 << level)))

        zeros, ones = often(-1 << level), often(0)
        cell = self[key] = Cell(limit(65536 * ones // (zeros + ones), 1, 65535), 8)
        return cell


class Learned:
    """A predictor that learns."""

    def __init__(self, rate):
        first = {W: 45056, N: 45056, NW: -40960, NE: 12288}
        self.rate, self.weights = rate, [[first.get(k, 0) for k in range(18)] for _ in range(4)]
        self.errors = [0] * 4

    def predict(self, c, inputs, middle):
        value = 16 * middle + (sum(x * w >> 4 for x, w in zip(inputs, self.weights[c])) >> 8)
        self.predicted = limit(value, 0, 16 * 255)
        return (self.predicted + 8) >> 4

    def update(self, c, inputs, value):
        error = 16 * value - self.predicted
        step = truncated(error << self.rate, sum(x * x for x in inputs) + 30)
        self.weights[c] = [limit(w + ((step * x + 8) >> 4), -1 << 18, 1 << 18)
                           for w, x in zip(self.weights[c], inputs)]
        self.errors[c] = (3 * self.errors[c] + min(abs(error) // 8, 255) + 2) // 4


class Rests:
    """The last colours that began with certain samples."""

    def __init__(self, model):
        self.model, self.entries, self.cells = model, {}, Cells()
        self.mixer = Mixer(decode_start.weights("rests")[0], 1, 20, 60, 65536)
        self.least = 52000 if model.setting > 0 else 45000

    def places(self, known, guess):
        return hash_2(hash_2(known, guess), 31) >> 20, hash_2(known, 32) >> 20

    def ask(self, near, known, order, guess, error):
        """The colour, if a decision says so. order: the channels that are known."""
        mask = sum(255 << 8 * c for c in order)
        one, other = (entry if entry and entry[0] & mask == known else None
                      for entry in map(self.entries.get, self.places(known, guess)))
        self.asked = None
        if one is None and other is None:
            return None
        colour, count = one or other
        agree = 0 if one is None else 1 if other is None else 2 if one[0] == other[0] else 3
        distance = max(class_of_distance(abs(sample(colour, c) - first_predictions(near, c)[0]))
                       for c in range(self.model.channels))
        self.asked, self.used = colour, [self.cells[0, agree, count, error],
                                         self.cells[1, agree, other[1] if other else 0, distance],
                                         self.cells[2, hash_2(known, 33) >> 22]]
        p = self.mixer.mix([stretch(cell.p) for cell in self.used] + [100], ((agree, count),))
        return colour if p >= self.least and self.model.decisions.decide(p) else None

    def learn(self, colour, known, guess):
        if self.asked is not None:
            bit = int(colour == self.asked)
            self.mixer.update(bit)
            for cell in self.used:
                cell.update(bit, 255)
        for place in self.places(known, guess):
            last, count = self.entries.get(place, (None, 0))
            self.entries[place] = colour, min(count + 1, 15) if last == colour else 1


class Samples:
    def __init__(self, model, line_bits):
        self.model, self.line_bits, self.lines = model, line_bits, {}
        self.exact = (4, 12, 12)[model.setting] if model.colours else (4, 5, 12)[model.setting]
        self.near = (5, 7, 8)[model.setting]
        self.learned = [Learned(15), Learned(11)] if model.setting > 0 and not model.colours else []
        a, b = (36, 120) if model.asks else (12, 60)
        rows = decode_start.weights("numbers" if model.colours else "samples", model.setting)
        more = [3000] * (0 if model.colours else 4 * model.has_repeats)
        self.mixers = [Mixer(first[:-1] + more + first[-1:], model.sets, a, b, 65536 // model.sets)
                       for first in (rows[model.channels >= 3 and c % 2 == 0] for c in range(4))]
        self.curves, self.predicted = Curves(), Predicted()
        self.certain = 800 if model.setting > 0 else 1600
        self.rests = Rests(model) if model.channels > 1 else None

    def decode(self, x, near, repeated, tried):
        if self.model.places is not None:
            places = [self.model.places[colour] for colour in tried]
            return self.model.palette[self.number(near, repeated.there, places)]
        if self.model.colours:
            return self.number(near, repeated.there if self.model.is_sequence else None, tried)
        return self.channels(x, near, repeated, tried[0] if tried else near[W])

    def line(self, key, i, node):
        key = hash_2(key + i, node)
        at, check = key >> 32 - self.line_bits, key | 1
        if at not in self.lines or self.lines[at][0] != check:
            self.lines[at] = check, Cells()
        return self.lines[at][1]

    def find_lines(self, hashes, node):
        """Two hashes may share a line: then the last one has it."""
        for i, key in enumerate(hashes):
            self.line(key, i, node)
        return [self.lines[hash_2(key + i, node) >> 32 - self.line_bits][1] for i, key in enumerate(hashes)]

    def bit(self, channel, node, lines, others, select, level):
        """others: [(input, cell or None)]"""
        cells = [line[node if node < 16 else node & (1 << node.bit_length() - 5) - 1 | 1 << node.bit_length() - 5]
                 for line in lines]
        inputs, known = [], 0
        for cell in cells:
            x = stretch(cell.p)
            inputs += [x, 0] if cell.count < 4 else [0, x]
            known += cell.count > 0
        mixer = self.mixers[channel]
        mixed = mixer.mix(inputs + [x for x, _ in others] + [100], ((level, select), node, (level, known)))
        curve = self.curves[channel, node]
        bit = self.model.decisions.decide((3 * mixed + curve.probability(mixer.y)) >> 2)
        mixer.update(bit)
        most, most_of_others = (60, 255) if self.model.asks else (255, 1000)
        for cell in cells:
            cell.update(bit, most)
        for _, cell in others:
            if cell is not None:
                cell.update(bit, most_of_others)
        curve.update(bit, 255)
        return bit

    # ---- numbers in a palette ----

    def number(self, near, before, tried):
        wn = hash_2(near[W], near[N])
        last = hash_2(hash_2(near[N], near[NE]), 12) if before is None else hash_2(hash_2(before, near[W]), 13)
        hashes = [1, hash_2(near[W], 2), hash_2(near[N], 3), hash_2(wn, 4),
                  hash_2(hash_2(wn, hash_2(near[NW], near[NE])), 5), hash_2(near[NE], 6),
                  hash_2(tried[0] if tried else 0, 7), hash_2(hash_2(near[W], near[NE]), 8), hash_2(near[NW], 9),
                  hash_2(hash_2(near[W], near[WW]), 10), hash_2(hash_2(near[N], near[NN]), 11), last][:self.exact]
        node = 1
        for level in range(7, -1, -1):
            if level % 4 == 3:
                lines = self.find_lines(hashes, node)
            first = node << level + 1 & 255
            zeros, ones = (sum(value not in tried for value in range(start, min(start + (1 << level), self.model.colours)))
                           for start in (first, first + (1 << level)))
            bit = int(ones > 0)
            if zeros and ones:
                bit = self.bit(0, node, lines, [(stretch(65535 * ones // (ones + zeros)), None)], 0, level)
            node = 2 * node + bit
        return node & 255

    # ---- samples ----

    def channels(self, x, near, repeated, guess):
        model, order = self.model, ORDERS[self.model.channels - 1]
        lead = 1 if model.channels == 4 else 0  # the place of the first colour
        error = model.around(lambda row: row.errors, x)
        ends = near[W], next((value for value in near if value != near[W]), near[W])
        known = most = begun = 0
        for i, c in enumerate(order):
            if i == lead + 1:
                begun = known
                rest = self.rests.ask(near, known, order[:i], guess, error)
                if rest is not None:
                    known = rest
                    most = max(most, *(abs(sample(rest, k) - first_predictions(near, k)[0]) for k in order[i:]))
                    break
            exact = self.exact_hashes(near, known, order, i, guess, ends)
            follows = i > lead and model.channels > 2
            here = first_predictions(near, c)
            energy = sum(abs(sample(near[a], c) - sample(near[b], c)) for a, b in ((W, NW), (N, NW), (N, NE)))
            predictions = here
            if follows:
                value, there = sample(known, order[lead]), first_predictions(near, order[lead])
                energy = abs(value - there[0])
                predictions = following(near, c, known, order[lead], order[i - 1], ends)
            by_repeat = []
            if repeated is not None:
                there = sample(repeated.there, c)
                by_repeat = [sample(repeated.expected, c), clamp(there + sample(near[W], c) - sample(repeated.near[W], c)),
                             clamp(there + sample(near[N], c) - sample(repeated.near[N], c)), there]
                if follows:
                    by_repeat[:3] = [clamp(p + value - first) for p, first in zip(by_repeat[:3], first_by_repeat)]
                else:
                    first_by_repeat = by_repeat
            inputs, middle = self.regressors(near, known, order, i)
            energies = energy_class(energy), error
            sources = [(k, p, energies[k % 2]) for k, p in enumerate(predictions[:self.near])]
            sources += [(8 + k, one.predict(c, inputs, middle), energy_class(one.errors[c]))
                        for k, one in enumerate(self.learned)]
            sources += [(10 + k, p, repeated.strange) for k, p in enumerate(by_repeat)]
            if model.has_repeats and repeated is None:
                sources += [None] * 4
            select = error if repeated is None else 8 + repeated.strange
            result = self.value(c, exact, sources, select)
            known |= result << 8 * c
            for one in self.learned:
                one.update(c, inputs, result)
            most = max(most, abs(result - here[0]))
        if self.rests is not None:
            self.rests.learn(known, begun, guess)
        model.rows[0].errors[x + 16] = most
        return known

    def exact_hashes(self, near, known, order, i, guess, ends):
        c = order[i]
        coded, wn = hash_2(known, c + 1), hash_2(near[W], near[N])
        rough = 0
        for value in near[:6]:
            rough = rough << 3 | sample(value, c) >> 5
        before = sample(known, order[i - 1]) if i > 0 else 0
        expected = first_predictions(near, c)[0]
        deviation = before - first_predictions(near, order[i - 1])[0] if i > 0 else sample(near[NE], c)
        return [coded, hash_2(coded, hash_2(guess, 6)), hash_2(hash_2(rough, before), c + 20),
                hash_2(coded, hash_2(near[W], 1)), hash_2(coded, hash_2(near[NE], 7)), hash_2(coded, hash_2(near[N], 2)),
                hash_2(coded, hash_2(hash_2(wn, hash_2(near[NW], near[NE])), 4)),
                hash_2(sample(near[W], c) << 8 | sample(near[N], c), c + 10), hash_2(coded, hash_2(wn, 3)),
                hash_2(coded, hash_2(hash_2(*ends), 9)), hash_2(hash_2(expected, deviation), c + 30),
                hash_2(hash_2(coded, near[N]), hash_2(near[NE], 11))][:self.exact]

    def regressors(self, near, known, order, i):
        c = order[i]
        middle = (sample(near[W], c) + sample(near[N], c)) // 2
        inputs = [sample(value, c) - middle for value in near]
        for k in range(3):
            if k < i:
                w, n = sample(near[W], order[k]), sample(near[N], order[k])
                inputs += [sample(known, order[k]) - (w + n) // 2, w - n]
            else:
                inputs += [0, 0]
        return inputs, middle

    def value(self, c, exact, sources, select):
        node, lines = 1, None
        for level in range(7, -1, -1):
            if level % 4 == 3:
                lines = None
            middle = (2 * node + 1 << level) & 255
            cells = [None if source is None else
                     self.predicted[source[0], c, level, class_of_offset(source[1] - middle), source[2]]
                     for source in sources]
            p, q = cells[0].p, cells[1].p
            if max(p, q) < self.certain or min(p, q) > 65536 - self.certain:
                bit = self.model.decisions.decide((p + q) >> 1)
                cells[0].update(bit, 255)
                cells[1].update(bit, 255)
            else:
                if lines is None:
                    lines = self.find_lines(exact, node >> 3 - level % 4)
                others = [(0, None) if cell is None else (stretch(cell.p), cell) for cell in cells]
                bit = self.bit(c, node, lines, others, select, level)
            node = 2 * node + bit
        return node & 255


def first_predictions(near, c):
    w, n, nw, ne, ww, nn = (sample(value, c) for value in near[:6])
    nne = sample(near[NNE], c)
    return [gradient(w, n, nw), w, n, clamp(w + ne - n), clamp(2 * n - nn), clamp(n + ne - nne), clamp(2 * w - ww),
            (w + n + 1) // 2]


def following(near, c, known, lead, last, ends):
    """lead: the channel that this one follows; last: the last one that is known."""
    value, first, here = sample(known, lead), first_predictions(near, lead), first_predictions(near, c)
    result = [clamp(p + value - q) for p, q in zip(here, first)]
    low, span = sample(ends[0], lead), sample(ends[1], lead) - sample(ends[0], lead)
    low_here, span_here = sample(ends[0], c), sample(ends[1], c) - sample(ends[0], c)
    result[4] = result[1]
    if span != 0:
        result[4] = clamp(low_here + truncated(2 * (value - low) * span_here + abs(span), 2 * span))
    result[5] = here[0]
    result[6] = clamp(here[0] + sample(known, last) - first_predictions(near, last)[0])
    return result
