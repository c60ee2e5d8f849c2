# SPDX-License-Identifier: MIT
"""
Drawings of more than two values, for the decoder in decode.py, following bsw(5): the rows, flat surroundings,
repeats, and candidates. The samples of other pixels are in decode_samples.py.
"""
from decode_adaptive import Cell, Cells, Curves, Mixer, RECIPROCAL, hash_2, stretch
import decode_start
from decode_samples import Samples, clamp, class_of_distance, class_of_offset, energy_class, gradient, sample

PAD = 16  # made-up pixels at both ends of a row
W, N, NW, NE, WW, NN, NEE, NWW, NNE, NNW, WWW, NNN = range(12)
FACTOR = 0x2c1b3c6d
COUNT_CLASS = 0, 0, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 7
COUNTS, OTHERS = (1, 2, 3, 4, 6, 8, 12, 15), (0, 1, 2, 4, 7, 15)  # what the classes stand for at first
CONTEXTS = (
    ("big", 34), ("8", 28), ("4", 19), ("wn", 16), ("n", 13)), (
    ("big", 34), ("10", 28), ("4", 19), ("cross", 40), ("above", 43), ("w", 10), ("n", 13)), (
    ("huge", 36), ("big", 34), ("rows", 33), ("12", 31), ("10", 28), ("8", 25), ("6", 22), ("row", 25), ("4", 19),
    ("cross", 40), ("wne", 37), ("above", 43), ("left", 25), ("wn", 16), ("w", 10), ("n", 13))
SHORTER = "8", "10", None  # asked if "big" is new
LIKELY = 62000, 62000, 64000
LONG = "big", "12", "10", "8", "6"


def class_of_others(count):
    return count if count < 4 else 3 if count == 4 else 4 if count < 9 else 5


def distance_of(a, b):
    return class_of_distance(max(abs(sample(a, c) - sample(b, c)) for c in range(4)))


class Row:
    """A row with its made-up ends: place x is at x + PAD."""

    def __init__(self, width, first, run):
        self.pixels, self.runs = [first] * (width + 2 * PAD), [run] * (width + 2 * PAD)
        self.missed, self.errors, self.strange = ([0] * (width + 2 * PAD) for _ in range(3))
        self.sums = [0] * (width + 8)

    def put(self, x, value):
        self.runs[x + PAD] = min(self.runs[x + PAD - 1] + 1, 255) if self.pixels[x + PAD - 1] == value else 1
        self.pixels[x + PAD] = value

    def end(self, width):
        for x in range(width, width + PAD):
            self.put(x, self.pixels[width - 1 + PAD])
        for x in range(width + 8):
            total = 0
            for pixel in self.pixels[x - 4 + PAD:x + 5 + PAD]:
                total = (total + pixel + 1) * FACTOR & 0xffffffff
            self.sums[x] = total


class Slot:
    def __init__(self):
        self.check, self.colours, self.counts, self.last = 0, [0] * 3, [0] * 3, 0

    def learn(self, colour):
        colours, counts = self.colours, self.counts
        place = 0
        while place < 3 and counts[place] and colours[place] != colour:
            place += 1
        is_new = place == 3 or counts[place] == 0
        place = min(place, 2)
        for i in range(3):
            if i != place and counts[i] > 2:
                counts[i] = counts[i] * 3 // 4
        if is_new:
            colours[place], counts[place] = colour, 1
        else:
            counts[place] = min(counts[place] + 1, 15)
            while place > 0 and counts[place] >= counts[place - 1]:
                for what in (colours, counts):
                    what[place - 1], what[place] = what[place], what[place - 1]
                place -= 1
        self.last = place


class Votes(dict):
    def __missing__(self, key):
        _, _, place, count, others, _ = key
        count, others = COUNTS[count], OTHERS[others]
        p = 65536 * (count + 1) // (count + others + 2)
        cell = self[key] = Cell(3300 + 19600 // (count + 1) if place == 3 else p if place == 0 else p * 7 // 10)
        return cell


class Sure(dict):
    def __missing__(self, key):
        count, others = COUNTS[key[1]], OTHERS[key[2]]
        cell = self[key] = Cell(63000 if others == 0 else 65536 * count // (count + others + 1), 3)
        return cell


class Near(dict):
    def __missing__(self, key):
        rank, _, mask = key
        cell = self[key] = Cell(64 * decode_start.NEAR[16 * rank + mask % 16][bin(mask >> 4).count("1")], 2)
        return cell


class Repeated:
    """What a repeat says about a pixel."""

    def __init__(self, here, above, below, at):
        self.there, self.east, self.south = here[at], here[at + 1], below[at]
        self.near = here[at - 1], above[at], above[at - 1], above[at + 1]
        self.ww = here[at - 2]


class Model:
    def __init__(self, decisions, setting, asks, channels, colours, pixels, repeats, is_sequence=False):
        self.decisions, self.setting, self.asks, self.channels = decisions, setting, asks, channels
        self.colours, self.repeats, self.is_sequence = colours, repeats, is_sequence
        self.has_repeats = is_sequence or len(repeats) > 0
        self.main = 1 if channels >= 3 else 0
        self.sets = 3 if setting > 0 else 2  # of weights
        self.palette = self.places = None  # of a picture in a sequence
        bits = next((bits for bits in range(10, 19) if 1 << bits >= 4 * pixels), 19)
        self.slot_bits, self.slots = bits, {}
        self.contexts = list(CONTEXTS[setting])
        if self.has_repeats:
            self.contexts += [("there", 43), ("expected", 30)]
        if is_sequence:
            self.contexts += [("around", 48), ("changed", 30)]
        self.votes = Votes()
        self.flat, self.groups = Cells(65000, 8), [Cells(64000 - 4000 * eighths, 2) for eighths in range(5)]
        self.in_group, self.flat_left = {}, 0
        self.still, self.still_run = Cells(64000, 10), 0
        self.sure, self.near, self.even = Sure(), Near(), Cells()
        more = [49152 // len(self.contexts), 750] * (len(self.contexts) - len(CONTEXTS[setting]))
        self.mixers = [Mixer(first[:-6] + more + first[-6:-1] + [1500] * self.has_repeats + first[-1:], self.sets, 20, 60,
                             65536 // self.sets) for first in decode_start.weights("candidates", setting)]
        self.by_near, self.by_colours = Curves(), Curves()
        self.samples = Samples(self, bits - 2)

    # ---- flat surroundings ----

    def is_possible(self, colour):
        return self.places is None or colour in self.places

    def is_flat(self, x):
        colour, at = self.rows[0].pixels[x + PAD - 1], x + PAD + 4
        return (self.rows[0].runs[x + PAD - 1] >= 6 and
                all(row.pixels[at] == colour and row.runs[at] >= 9 for row in self.rows[1:4]) and
                self.is_possible(colour))

    def flat_cell(self, x, group):
        row, above, at = self.rows[0], self.rows[1], x + PAD
        colour = row.pixels[at - 1]
        cells = self.flat if group is None else self.groups[group]
        return cells[hash_2(colour, 5) >> 24, row.runs[at - 1] >= 32, above.pixels[at + 8] == colour,
                     above.runs[at + 4] >= 32]

    def is_like_left(self, x):
        if self.flat_left == 0:
            return self.decisions.by_cell(self.flat_cell(x, None), 1000)
        self.flat_left -= 1
        if self.flat_left == 0:
            return 0
        left = self.flat_left
        if left not in self.in_group:
            self.in_group[left] = Cell(65535 * left // (left + 1), 20)
        return self.decisions.by_cell(self.in_group[left], 1000)

    def decode_pixels(self, x, end):
        row = self.rows[0]
        self.flat_left = 0
        while x < end:
            if self.flat_left == 0 and self.is_flat(x):
                colour, extent = row.pixels[x + PAD - 1], 1
                while extent < min(end - x, 32) and all(above.pixels[x + extent + 4 + PAD] == colour
                                                        for above in self.rows[1:4]):
                    extent += 1
                if extent >= 4:
                    if self.decisions.by_cell(self.flat_cell(x, extent // 8), 1000):
                        for _ in range(extent):
                            row.put(x, colour)
                            x += 1
                        continue
                    self.flat_left = extent
            row.put(x, self.pixel(x))
            x += 1

    # ---- a pixel ----

    def pixel(self, x):
        row, at = self.rows[0], x + PAD
        tried = []
        if self.is_flat(x):
            if self.is_like_left(x):
                return row.pixels[at - 1]
            self.flat_left = 0
            tried.append(row.pixels[at - 1])
        here, up, up_2 = row.pixels, self.rows[1].pixels, self.rows[2].pixels
        near = (here[at - 1], up[at], up[at - 1], up[at + 1], here[at - 2], up_2[at], up[at + 2], up[at - 2],
                up_2[at + 1], up_2[at - 1], here[at - 3], self.rows[3].pixels[at])
        repeated = self.find_repeated(x, near)
        result = (self.ask if self.asks else self.samples.decode)(x, near, repeated, tried)
        if repeated is not None:
            row.strange[at] = abs(sample(result, self.main) - sample(repeated.expected, self.main))
        return result

    def find_repeated(self, x, near):
        best, least = None, None
        for here, above, below, dx in self.sources:
            if not 0 <= x + dx < self.width:
                continue
            repeated, c = Repeated(here, above, below, x + dx + PAD), self.main
            there = [sample(value, c) for value in (*repeated.near, repeated.ww)]
            w, n, nw, ne, ww = (sample(value, c) - other for value, other in zip(near, there))
            spread = abs(w - n) + abs(w - nw) + abs(n - ne) + abs(w - ww)
            if best is None or spread < least:
                best, least = repeated, spread
        if best is None:
            return None
        best.expected = best.there
        if not self.colours:
            best.expected = 0
            for c in range(self.channels):
                total = sum(weight * (sample(a, c) - sample(b, c)) for weight, a, b in zip((3, 3, 1, 1), near, best.near))
                best.expected |= clamp(sample(best.there, c) + ((total + 4) >> 3)) << 8 * c
        best.strange = self.around(lambda row: row.strange, x)
        best.changed = sum((near[i] != best.near[i]) << i for i in range(4))
        return best

    def around(self, what, x):
        here, up, at = what(self.rows[0]), what(self.rows[1]), x + PAD
        return energy_class(2 * here[at - 1] + 2 * up[at] + up[at - 1] + up[at + 1])

    # ---- contexts ----

    def line(self, line):
        line >>= 34 - self.slot_bits
        if line not in self.slots:
            self.slots[line] = [Slot() for _ in range(4)]
        return self.slots[line]

    def known_slot(self, line, key):
        check = key & 65535 or 1
        return next((slot for slot in self.line(line) if slot.check == check), None)

    def slot(self, line, key):
        slot = self.known_slot(line, key)
        if slot is None:
            slot = min(self.line(line), key=lambda slot: sum(slot.counts))
            slot.check, slot.counts = key & 65535 or 1, [0] * 3
        return slot

    def hashes(self, x, near, repeated):
        h = {}
        row, up, up_2, at = self.rows[0].pixels, self.rows[1].sums, self.rows[2].sums, x + PAD
        wn = h["wn*"] = hash_2(near[W], near[N])
        h4 = hash_2(wn, hash_2(near[NW], near[NE]))
        h6 = hash_2(h4, hash_2(near[WW], near[NN]))
        left = hash_2(hash_2(near[WW], near[WWW]), hash_2(row[at - 4], row[at - 5]))
        big = hash_2(hash_2(up[x], up_2[x]), hash_2(self.rows[3].sums[x], left))
        h7 = hash_2(hash_2(hash_2(near[N], hash_2(near[NW], near[NE])), hash_2(near[WW], near[NN])),
                    hash_2(near[NEE], near[NWW]))
        h9 = hash_2(h7, hash_2(near[NNE], near[NNW]))
        h["big"], h["10"] = hash_2(big, near[W]), hash_2(h9, near[W])
        h["8"] = hash_2(h7, near[W]) if self.setting == 0 else hash_2(hash_2(h6, hash_2(near[NEE], near[NWW])), 8)
        lines = {"big": big, **({"8": h7} if self.setting == 0 else {"10": h9})}
        h["huge"] = hash_2(hash_2(h["big"], up[x + 4]), hash_2(up_2[x + 4], hash_2(row[at - 6], row[at - 7])))
        h["rows"] = hash_2(hash_2(hash_2(up[x], up_2[x]), near[W]), near[WW])
        h["row"] = hash_2(hash_2(up[x], near[W]), 11)
        h["12"] = hash_2(hash_2(h["10"], hash_2(near[WWW], near[NNN])), 12)
        h["6"], h["4"] = hash_2(h6, 6), hash_2(h4, 4)
        h["cross"] = hash_2(hash_2(near[W], near[WW]), hash_2(near[N], near[NN]))
        h["wne"] = hash_2(wn, near[NE])
        h["above"] = hash_2(hash_2(near[NW], near[N]), hash_2(near[NE], near[NN]))
        h["left"] = hash_2(hash_2(near[W], near[WW]), hash_2(near[WWW], near[NE]))
        h["wn"], h["w"], h["n"] = hash_2(wn, 3), hash_2(near[W], 1), hash_2(near[N], 2)
        h["expected"], h["there"] = 21, 22
        if repeated is not None:
            there, south, then = repeated.there, repeated.south, repeated.near
            h["expected"] = hash_2(repeated.expected, 21)
            h["there"] = hash_2(hash_2(hash_2(there, repeated.east), hash_2(south, near[W])), near[N])
            before = hash_2(hash_2(then[W], then[N]), hash_2(then[NW], then[NE]))
            h["around"] = hash_2(hash_2(hash_2(before, hash_2(repeated.east, south)), there), h4)
            h["changed"] = hash_2(hash_2(there, repeated.changed), near[W])
        return {name: (lines.get(name, key), key) for name, key in h.items()}

    def ask(self, x, near, repeated, tried):
        missed = self.rows[0].missed[x + PAD - 1] + sum(self.rows[1].missed[x + PAD - 1:x + PAD + 2])
        hashes = self.hashes(x, near, repeated)
        likely = None
        is_still = self.is_sequence and repeated.changed == 0 and self.is_possible(repeated.there)
        if not tried and is_still and self.still_run >= 16:
            there = repeated.there
            cell = self.still[there == near[W], there == repeated.east, there == repeated.south,
                              (self.still_run >= 64) + (self.still_run >= 512)]
            if self.decisions.by_cell(cell, 1000):
                self.still_run += 1
                return there
            tried.append(there)
        elif not tried:
            colour, likely = self.ask_longest(near, hashes, missed, tried)
            if colour is not None:
                return colour
        result = self.ask_candidates(x, near, repeated, hashes, missed, tried)
        if likely is not None:
            colour, cell = likely
            cell.update(int(result == colour), 1000)
        if is_still:
            self.still_run = self.still_run + 1 if result == repeated.there else 0
        return result

    def ask_longest(self, near, hashes, missed, tried):
        """The colour, if it was found; and otherwise what was not asked for, with its probability."""
        longest = self.known_slot(*hashes["big"])
        shorter = SHORTER[self.setting] and self.known_slot(*hashes[SHORTER[self.setting]])
        slot = longest or shorter
        if slot is None or not self.is_possible(slot.colours[0]):
            return None, None
        colour, counts = slot.colours[0], slot.counts
        agree = (4 if longest is None else 0 if shorter is None else 1 if shorter.colours[0] != colour
                 else 2 if sum(shorter.counts[1:]) else 3)
        cell = self.sure[agree, COUNT_CLASS[counts[0]], class_of_others(sum(counts[1:])), colour == near[W],
                         colour == near[N], missed]
        if cell.p < LIKELY[self.setting]:
            return None, (colour, cell)
        if not self.decisions.by_cell(cell, 1000):
            tried.append(colour)
            return None, None
        slot.learn(colour)
        if longest is None:
            self.slot(*hashes["big"]).learn(colour)
        return colour, None

    def ask_candidates(self, x, near, repeated, hashes, missed, tried):
        candidates, scores, slots = [], [], []

        def add(colour):
            if colour in candidates:
                return candidates.index(colour)
            if len(candidates) == 12 or not self.is_possible(colour):
                return None
            candidates.append(colour)
            scores.append(0)
            return len(candidates) - 1

        for name, weight in self.contexts:
            slot = self.slot(*hashes[name])
            total, places = sum(slot.counts), [None] * 3
            weight = weight * RECIPROCAL[total] >> (2 if total > 3 else 3)
            for place, (colour, count) in enumerate(zip(slot.colours, slot.counts)):
                if count:
                    places[place] = add(colour)
                    if places[place] is not None:
                        scores[places[place]] += weight * (2 * count + 1) >> 8
            slots.append((name, slot, places))
        for colour in ([] if repeated is None else [repeated.expected]) + [near[W], near[N], near[NE], near[NW]]:
            add(colour)
        look = Look(self, near)
        left = [i for i, colour in enumerate(candidates) if colour not in tried]
        result = None
        while result is None and left and len(tried) < (2 if missed >= 3 else 4):
            best = max(left, key=lambda i: (scores[i], -i))
            left.remove(best)
            if self.ask_candidate(best, candidates[best], len(tried), slots, near, repeated, look, missed):
                result = candidates[best]
            else:
                tried.append(candidates[best])
        if result is None:
            result = self.samples.decode(x, near, repeated, tried)
        self.rows[0].missed[x + PAD] = int(result not in candidates)
        for _, slot, _ in slots:
            slot.learn(result)
        return result

    def ask_candidate(self, number, colour, rank, slots, near, repeated, look, missed):
        rank = min(rank, 2)
        equal = [int(value == colour) for value in near]
        mask, label = sum(bit << i for i, bit in enumerate(equal[:8])), (equal + [1]).index(1)
        cells, inputs, agree, agree_long, found = [], [], 0, 0, 0

        def add(cell):
            cells.append(cell)
            inputs.append(stretch(cell.p))

        for k, (name, slot, places) in enumerate(slots):
            total = sum(slot.counts)
            if total == 0:
                inputs += [0, 0]
                continue
            place = places.index(number) if number in places else 3
            count = slot.counts[place if place < 3 else 0]
            cell = self.votes[name, rank, place, COUNT_CLASS[count], class_of_others(total - count), slot.last == place]
            add(cell)
            inputs.append((cell.p - 32768) >> 7)
            agree += place == 0
            agree_long += place == 0 and name in LONG
            found += k < 4
        add(self.near[rank, missed, mask])
        add(self.even["pattern", hash_2(look.pattern, label * 3 + rank) >> 16])
        add(self.even["pattern 2", hash_2(look.pattern_2, label * 3 + rank) >> 16])
        distance = distance_of(colour, look.expected)
        add(self.even["distance", rank, distance, look.energy])
        offset = sample(colour, self.main) - sample(look.expected_2, self.main)
        add(self.even["offset", rank, class_of_offset(offset), look.energy])
        select = look.energy
        if repeated is not None:
            distance, select = distance_of(colour, repeated.expected), 8 + repeated.strange
            kind = repeated.changed + 16 * (colour == repeated.there) if self.is_sequence else distance
            add(self.even["repeated", rank, kind, repeated.strange])
        elif self.has_repeats:
            inputs.append(0)
        mixer = self.mixers[rank]
        mixed = mixer.mix(inputs + [100], ((agree, min(agree_long, 5)), (mask & 15, found, missed), (select, distance)))
        curves = (self.by_near[rank, min(found, 3), mask & 15],
                  self.by_colours[hash_2(hash_2(near[W], near[N]), colour) >> 22])
        bit = self.decisions.decide((2 * mixed + sum(curve.probability(mixer.y) for curve in curves)) >> 2)
        mixer.update(bit)
        for cell in cells:
            cell.update(bit, 255)
        for curve in curves:
            curve.update(bit, 255)
        return bit


class Look:
    """What a pixel's neighbours look like."""

    def __init__(self, model, near):
        self.pattern = self.pattern_2 = self.expected = self.expected_2 = energy = 0
        for i, value in enumerate(near):
            self.pattern_2 = self.pattern_2 * 13 + near.index(value)
            self.pattern = self.pattern_2 if i == NN else self.pattern
        self.pattern_2 &= 0xffffffff
        for c in range(0 if model.colours else model.channels):
            w, n, nw, ne = (sample(value, c) for value in near[:4])
            self.expected |= gradient(w, n, nw) << 8 * c
            self.expected_2 |= (2 * w + n + ne + 2) >> 2 << 8 * c
            energy = max(energy, abs(w - nw) + abs(n - nw) + abs(n - ne))
        self.energy = energy_class(energy)


def begin(model, width):
    """Of a picture: no rows above it."""
    model.width = width
    model.rows = [Row(width, 0, 255) for _ in range(4)]


def begin_row(model, y):
    if y > 0:
        model.rows = [Row(model.width, model.rows[0].pixels[PAD], PAD), *model.rows[:3]]


def decode_rows(model, width, height, known, earlier=None):
    """earlier: the rows of a picture that this one refers to."""
    begin(model, width)
    done = []
    if earlier is not None:
        earlier = [[row[0]] * PAD + row + [row[-1]] * PAD for row in earlier]
    for y in range(height):
        begin_row(model, y)
        row = model.rows[0]
        done.append(row)
        model.sources = []
        if earlier is not None:
            model.sources = [(earlier[y], earlier[max(y - 1, 0)], earlier[min(y + 1, height - 1)], 0)]
        for up, dx in model.repeats:
            if up <= y:
                model.sources.append((done[y - up].pixels, done[y - up - (up < y)].pixels,
                                      done[y - up + (up > 1)].pixels, dx))
        for x in range(0, width, 32):
            if known is None or not known(x, y):
                model.decode_pixels(x, min(x + 32, width))
                continue
            for i in range(x, min(x + 32, width)):
                row.put(i, row.pixels[i + PAD - 1])
                row.strange[i + PAD] = done[y - 2].strange[i + PAD] if y > 1 else 0
        row.end(width)
    return [row.pixels[PAD:PAD + width] for row in done]
