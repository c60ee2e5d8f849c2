# SPDX-License-Identifier: MIT
"""
Drawings of two values, for the decoder in decode.py, following bsw(5).
"""
from decode_adaptive import Cell, Cells, Curves, Mixer, hash_2, stretch


NEXT, BEFORE = ((0, 0), (1, 0), (0, 1), (-1, 1), (1, 1)), ((-1, 0), (0, -1), (-1, -1), (1, -1))
AFTER, WIDE = ((2, 0), (0, 2), (-2, 1), (2, 1), (3, 0)), ((-2, 0), (0, -2), (2, -1), (-2, -1))


class Matcher:
    """Finds earlier pixels with nearly the same surroundings. picture: as two_values has it."""

    def __init__(self, picture, width):
        self.picture, self.width = picture, width
        self.tables, self.matches = ({}, {}), []    # of (difference, place)

    def pixel(self, place, right, down):
        x, y = place[0] + right, place[1] + down
        here = self.here
        is_known = 0 <= x < self.width and 0 <= y and (y < here[1] or (y == here[1] and x < here[0]))
        return self.picture[y + 7][x + 32] if is_known else 0

    def difference(self, place):
        def differ(right, down):
            return self.pixel(place, right, down) ^ self.pixel(self.here, right, down)

        return (sum(differ(right, -up) for up, reach in enumerate((7, 7, 6, 6, 4, 4), 1)
                    for right in range(-reach, reach + 1)) +
                2 * sum(differ(-left, 0) for left in range(1, 8)))

    def enter(self, place):
        self.matches.append((self.difference(place), place))
        self.matches.sort(key=lambda match: match[0])   # equals keep their order
        del self.matches[8:]

    def find(self, x, y, hashes):
        self.here = (x, y)
        old, self.matches = self.matches, []
        for _, place in old:
            self.enter(place)
        for table, key in zip(self.tables, hashes):
            places = table.setdefault(hash_2(key, 77) >> 16, [])
            for place in places:
                if place not in [match[1] for match in self.matches]:
                    self.enter(place)
            places.insert(0, self.here)
            del places[4:]

    def around(self, place, places):
        return sum(self.pixel(place, *at) << i for i, at in enumerate(places))

    def templates(self, h0, h1):
        """Hashes, and which weights to use."""
        if not self.matches:
            return list(range(1, 10)), (0, 0)
        place = self.matches[0][1]
        a = [self.around(match[1], NEXT) for match in self.matches] + [31, 31]
        b, c, d = (self.around(place, places) for places in (BEFORE, AFTER, WIDE))
        q = [sum(match[0] >= least for least in (1, 2, 3, 5, 8, 12, 20)) for match in self.matches] + [8, 8]
        n = a[0] % 8 + (a[1] % 8 << 3) + (a[2] % 8 << 6)
        votes = [3 if match[0] < 3 else 2 if match[0] < 8 else 1 for match in self.matches]
        v = sum(votes)
        v0, v1, v2 = (sum(vote for vote, pixels in zip(votes, a) if pixels >> bit & 1) for bit in range(3))
        hashes = [hash_2(a[0] + (b << 5) + (q[0] << 9), 101),
                  hash_2(a[0] + (c << 5) + (b << 10) + (d << 14) + (q[0] << 20), 102),
                  hash_2(a[0] + (b << 5) + (h0 << 9) + (q[0] >> 1 << 20), 103),
                  hash_2(a[0] + (c << 5) + (b << 10) + (q[0] >> 1 << 15), hash_2(h1, 5)),
                  hash_2(a[0] + (a[1] << 5) + (a[2] << 10) + (q[0] << 16) + (q[1] << 20) + (q[2] << 24), 104),
                  hash_2(n + (h0 << 9) + (q[0] >> 1 << 20), 105), hash_2(n, hash_2(h1, 6)),
                  hash_2(v0 + (v << 5) + (v1 // 2 << 10) + (v2 // 2 << 15), 107), hash_2(v0 + (v << 5), hash_2(h0, 8))]
        return hashes, (1 + 4 * q[0] + 2 * (a[0] & 1) + (a[0] >> 1 & 1), 1 + 8 * (7 * v0 // v) + 7 * v1 // v)

    def go_on(self, x):
        """After the pixel at x."""
        moved = [(wrong, (place[0] + 1, place[1])) for wrong, place in self.matches]
        self.matches = [] if x + 1 == self.width else [match for match in moved if match[1][0] < self.width]


def two_values(decisions, width, height, setting, known):
    """[rows][columns] of 0 and 1. known: None, or is this pixel (x, y) not coded?"""
    count = 5 if setting == 0 else 10
    m = next((m for m in range(10, 21) if 1 << m >= width * height), 21)
    is_matched = setting == 2
    total = count + 9 * is_matched
    cells, curves = [Cells() for _ in range(total)], (Curves(), Curves(), Curves())
    flat = {}
    mixer = Mixer([5000] * (2 * count) + [4000] * (2 * (total - count)) + [0], 2 + 2 * is_matched,
                  *((7, 60, 16384) if is_matched else (12, 40, 32768)))
    picture = [[0] * (width + 64) for _ in range(height + 7)]  # 7 rows above, 32 columns to the left and right
    matcher = Matcher(picture, width)

    for y in range(7, height + 7):
        for x in range(32, width + 32):
            def part(k, before, after):
                value = 0
                for pixel in picture[y - k][x - before:x + after + 1]:
                    value = 2 * value + pixel
                return value, before + after + 1

            def left(n):
                return part(0, n, -1)

            def joined(*parts):
                value = shift = 0
                for number, bits in parts:
                    value |= number << shift
                    shift += bits
                return value

            c = picture[y][x - 1]
            if known is not None and known(x - 32, y - 7):
                picture[y][x] = c
                matcher.go_on(x - 32)
                continue
            near = picture[y][x - 12:x] + [pixel for k in range(1, 5) for pixel in picture[y - k][x - 12:x + 13]]
            if all(pixel == c for pixel in near):
                more = (all(pixel == c for pixel in picture[y][x - 32:x]),
                        all(pixel == c for pixel in picture[y - 5][x - 19:x + 13]))
                cell = flat.setdefault((c, more), Cell((500, 65000)[c], 20))
                picture[y][x] = decisions.by_cell(cell, 1000)
                matcher.go_on(x - 32)
                continue
            h = [joined(left(2), part(1, 2, 2), part(2, 1, 1)),
                 hash_2(joined(left(4), part(1, 3, 3), part(2, 2, 2)), 2),
                 hash_2(joined(left(6), part(1, 5, 5), part(2, 3, 3)), 1),
                 hash_2(joined(left(6), part(1, 4, 4), part(2, 4, 4)), joined(part(3, 3, 3))),
                 hash_2(hash_2(joined(left(8), part(1, 7, 7)), joined(part(2, 6, 6), part(3, 5, 5))),
                        joined(part(4, 4, 4), part(5, 3, 3)) + (1 << 30))]
            if count > 5:
                h += [hash_2(joined(left(11), part(1, 8, 11)), 5),
                      hash_2(joined(left(2), *(part(k, 1, 1) for k in range(1, 7))), 6),
                      hash_2(joined(left(5), part(2, 5, 5), part(4, 5, 5)), 7),
                      hash_2(hash_2(h[4], joined(left(12), part(1, 9, 9))),
                             hash_2(joined(part(2, 8, 8), part(6, 4, 4)), joined(part(3, 7, 7), part(7, 3, 3)))),
                      hash_2(joined(left(4), part(1, 2, 6), part(2, 2, 6), part(3, 1, 4)), 9)]
            by_match = ()
            if is_matched:
                matcher.find(x - 32, y - 7, (h[2], h[4]))
                more, by_match = matcher.templates(h[0], h[1])
                h += more
            used = [cells[i][hash_2(h[i], i) >> 32 - m] for i in range(total)]
            young = [cell.count < 20 for cell in used]
            inputs = []
            for cell, is_young in zip(used, young):
                inputs += [stretch(cell.p), 0] if is_young else [0, stretch(cell.p)]
            ages = sum(young[i] << bit for bit, i in enumerate((2, 3, 4, 8)) if i < count)
            mixed = mixer.mix(inputs + [100], (h[0], ages, *by_match))
            used_curves = [curves[0][h[0]]]
            if is_matched:
                used_curves += [curves[1][hash_2(h[2], 9) % 1024], curves[2][by_match[1] * 4 + (h[0] & 3)]]
            probabilities = [mixed] + [curve.probability(mixer.y) for curve in used_curves]
            bit = decisions.decide(sum(probabilities) // len(probabilities))
            mixer.update(bit)
            for curve in used_curves:
                curve.update(bit, 255)
            for cell in used:
                cell.update(bit, 1000)
            picture[y][x] = bit
            matcher.go_on(x - 32)
    return [row[32:width + 32] for row in picture[7:]]
