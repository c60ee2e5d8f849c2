# SPDX-License-Identifier: MIT
"""
Deflate streams rebuilt from their content and a recipe, for the decoder in decode.py, following bsw(5).
"""
import collections

from decode_adaptive import Cell, Decisions, squash, stretch
from decode_fields import Cursor, need

GREEDY, LONGER, NEARER, OPTIMAL = range(4)
Z, N = 32768 - 262, 32768
PRESETS = [  # rule, hash bits, shortest; chain, good, nice, lazy; insert, far, too far, skip
    (GREEDY, 15, 3, 4, 258, 8, 258, 4, Z, N, 0), (GREEDY, 15, 3, 8, 258, 16, 258, 5, Z, N, 0),
    (GREEDY, 15, 3, 32, 258, 32, 258, 6, Z, N, 0), (LONGER, 15, 3, 16, 4, 16, 4, 258, Z, 4096, 0),
    (LONGER, 15, 3, 32, 8, 32, 16, 258, Z, 4096, 0), (LONGER, 15, 3, 128, 8, 128, 16, 258, Z, 4096, 0),
    (LONGER, 15, 3, 256, 8, 128, 32, 258, Z, 4096, 0), (LONGER, 15, 3, 1024, 32, 258, 128, 258, Z, 4096, 0),
    (LONGER, 15, 3, 4096, 32, 258, 258, 258, Z, 4096, 0), (GREEDY, 15, 3, 1, 258, 258, 258, 258, 1, N, 0),
    (GREEDY, 15, 3, 0, 258, 258, 258, 258, 1, N, 0), (GREEDY, 16, 3, 1, 258, 258, 258, 258, N, N, 0),
    (GREEDY, 16, 4, 1, 258, 258, 258, 258, N, N, 0), (GREEDY, 16, 3, 16, 258, 258, 258, 258, N, N, 0),
    (GREEDY, 16, 3, 64, 258, 258, 258, 258, N, N, 0), (GREEDY, 17, 3, 5, 258, 258, 258, 258, N, 4096, 0),
    (NEARER, 16, 3, 32, 258, 64, 258, 258, N, 4096, 0), (NEARER, 16, 3, 256, 258, 258, 258, 258, N, 8192, 0),
    (LONGER, 16, 3, 64, 258, 258, 258, 258, N, N, 0), (OPTIMAL, 16, 3, 300, 258, 258, 258, 258, N, N, 0),
    (OPTIMAL, 16, 3, 300, 258, 258, 258, 258, N, N, 258), (OPTIMAL, 16, 3, 100, 258, 150, 258, 258, N, N, 150),
    (OPTIMAL, 16, 3, 35, 258, 75, 258, 258, N, N, 75)]
CLASSES = 1, 3, 4, 5, 6, 8, 11, 16, 32, 80, 254
ORDER = 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
LENGTHS, DISTANCES = [], []  # smallest value and extra bits of the symbols
for code in range(28):
    extra = max(0, code // 4 - 1)
    LENGTHS.append(((4 + code % 4 << extra) + 3 if code >= 4 else code + 3, extra))
LENGTHS.append((258, 0))
for code in range(30):
    extra = max(0, code // 2 - 1)
    DISTANCES.append(((2 + code % 2 << extra) + 1 if code >= 2 else code + 1, extra))


def class_of(length):
    return sum(length > most for most in CLASSES)


def length_symbol(length, odd=False):
    return 284 if odd else 257 + max(i for i, (base, _) in enumerate(LENGTHS) if base <= length)


def distance_symbol(distance):
    return max(i for i, (base, _) in enumerate(DISTANCES) if base <= distance)


class Matcher:
    def __init__(self, plain, preset, bits, filtered, far):
        (self.rule, _, self.shortest, self.chain, self.good, self.nice, self.lazy, self.insert, _, self.too_far,
         self.skipping) = PRESETS[preset]
        self.plain, self.bits, self.filtered, self.far = plain, bits, filtered, far
        self.heads, self.previous = collections.defaultdict(int), {}
        self.threes, self.roots = collections.defaultdict(lambda: (-1, -1)), collections.defaultdict(lambda: -1)
        self.children = [[-1, -1] for _ in range(32768)]
        self.entered, self.known, self.next = 0, None, None
        self.steps = (1 << 20) + 384 * len(plain)

    def head(self, at):
        p = self.plain
        if self.bits == 17:
            return (int.from_bytes(p[at:at + 3], "little") * 0x9e3779b1 % (1 << 32)) >> 15
        shift = (self.bits + 2) // 3
        return (p[at] << 2 * shift ^ p[at + 1] << shift ^ p[at + 2]) % (1 << self.bits)

    def has(self, at):
        return len(self.plain) - at >= 3

    def enter(self, end):
        for at in range(self.entered, end):
            if self.rule == OPTIMAL:
                self.enter_trees(at)
            elif self.has(at):
                head = self.head(at)
                self.previous[at % 32768] = self.heads[head]
                self.heads[head] = at
        self.entered = max(self.entered, end)

    def common(self, a, b, most):
        length = 0
        while length < most and self.plain[a + length] == self.plain[b + length]:
            length += 1
        return length

    def follow(self, at, chain, best, most):
        """The best match longer than best, or None."""
        place, p, found = self.heads[self.head(at)], self.plain, None
        while best < most and place and at - place <= self.far and chain > 0 and self.steps > 0:
            self.steps -= 1
            if p[place + best] == p[at + best] and p[place] == p[at]:
                length = self.common(place, at, most)
                self.steps -= min(self.steps, length // 16)
                if length > best:
                    best, found = length, (length, at - place)
                    if length >= min(self.nice, most):
                        break
            following = self.previous.get(place % 32768, 0)
            if following >= place:
                break
            place, chain = following, chain - 1
        return found

    def find(self, at, before):
        chain = self.chain // 4 if before >= self.good else self.chain
        if not self.has(at) or before >= self.lazy:
            return None
        found = self.follow(at, chain, max(before, 2), min(len(self.plain) - at, 258))
        if found is None or found[0] < self.shortest or (self.filtered and found[0] <= 5):
            return None
        return None if found[0] == 3 and found[1] > self.too_far else found

    def guess(self, at):
        """The guess, and the match found here, or None."""
        here = self.known[1] if self.known and self.known[0] == at else self.find(at, 0)
        self.next = None
        if here is None:
            return (1, 0), None
        if self.rule == GREEDY or here[0] >= self.lazy or at + 1 >= len(self.plain):
            return here, here
        self.enter(at + 1)
        self.next = self.find(at + 1, here[0] - (self.rule == NEARER))
        passed = False
        if self.next and self.rule == NEARER:
            passed = (4 * (self.next[0] - here[0]) + here[1].bit_length() - self.next[1].bit_length()) > 2
        elif self.next and self.rule == LONGER:
            passed = self.next[0] > here[0]
        return (1, 0) if passed else here, here

    def pass_on(self, at, guess, here, length):
        self.known = None
        if length == 1 and here and self.next and guess[0] == 1:
            self.known = at + 1, self.next
        if length > self.insert:
            self.enter(at + 1)
            self.entered = at + length
        else:
            self.enter(at + length)

    def skip(self, end):
        self.known = None
        if self.rule == OPTIMAL:
            self.entered = max(self.entered, end - 32768)
        self.enter(end)

    def ranked(self, at, length, wanted):
        """The distance of a rank."""
        if not self.has(at) or len(self.plain) - at < length:
            return 0
        place, count = self.heads[self.head(at)], 0
        if place >= at and place:
            place = self.previous.get(place % 32768, 0)
        for _ in range(1024):
            if not place or self.steps <= 0 or at - place > 32768:
                return 0
            self.steps -= 1
            if self.plain[place + length - 1] == self.plain[at + length - 1] and self.common(place, at, length) == length:
                self.steps -= min(self.steps, length // 16)
                if count == wanted:
                    return at - place
                count += 1
                if count == 64:
                    return 0
            following = self.previous.get(place % 32768, 0)
            if following >= place:
                return 0
            place = following
        return 0

    def enter_trees(self, at):
        """The matches at a place, which becomes the root of its tree."""
        p, most, result, longest = self.plain, min(len(self.plain) - at, 258), [], 3
        if len(p) - at < 5:
            return result

        def of(count):
            return (int.from_bytes(p[at:at + count], "little") * 0x9e3779b1 % (1 << 32)) >> 16

        last = self.threes[of(3)]
        for place in last:
            if not result and place >= 0 and at - place < 32768 and p[place:place + 3] == p[at:at + 3]:
                result.append((3, at - place))
            elif place < 0 or at - place >= 32768:
                break
        self.threes[of(3)] = at, last[0]
        node, slots = self.roots[of(4)], [(at % 32768, 0), (at % 32768, 1)]
        self.roots[of(4)] = at
        shared, depth = [0, 0], self.chain
        while node >= 0 and at - node < 32768 and depth > 0 and self.steps > 0:
            children, before = self.children[node % 32768], min(shared)
            length = before + self.common(node + before, at + before, most - before)
            self.steps -= min(self.steps, 1 + (length - before) // 16)
            if length > longest:
                longest, result = length, result[:15] + [(length, at - node)]
            if length == most:
                for side in (0, 1):
                    self.children[slots[side][0]][slots[side][1]] = children[side]
                return result
            side = int(p[node + length] > p[at + length])
            self.children[slots[side][0]][slots[side][1]] = node
            slots[side], shared[side] = (node % 32768, 1 - side), length
            node, depth = children[1 - side], depth - 1
        for index, side in slots:
            self.children[index][side] = -1
        return result

    def listed(self, at):
        self.enter(at)
        if self.entered > at:
            return []
        self.entered += 1
        return self.enter_trees(at)


class Shortest:
    """The shortest path through a block, for optimising writers."""
    def __init__(self, matcher):
        self.matcher, self.start, self.end, self.matches, self.skipped = matcher, 0, 0, [], 0

    def begin(self, literals, distances):
        def bits(lengths, count):
            return [lengths[i] if i < len(lengths) and lengths[i] else 13 for i in range(count)]
        self.literals, self.distances, self.end = bits(literals, 286), bits(distances, 30), 0
        self.lengths = [0] * 3 + [self.literals[length_symbol(n)] + LENGTHS[length_symbol(n) - 257][1] for n in range(3, 259)]

    def list(self, at, count):
        passed = at - self.start
        kept = self.matches[passed:] if 0 <= passed < len(self.matches) else []
        if passed != len(self.matches) and not kept:
            self.skipped = 0
        self.matches = kept + [self.listed(at + i) for i in range(len(kept), count)]
        self.start, self.filled = at, count

    def calculate(self):
        self.prices, work = [0] * (self.filled + 1), self.filled
        for i in reversed(range(self.filled)):
            self.prices[i] = min(price for _, _, price in self.choices(self.start + i))
            work += self.matches[i][-1][0] if self.matches[i] else 0
        self.matcher.steps -= min(work // 128, self.matcher.steps)

    def fill(self, at):
        count = min(len(self.matcher.plain) - at, 16384 + 1024)
        self.list(at, count)
        self.end = at + (count if count < 16384 + 1024 else 16384)
        self.calculate()

    def foresee(self, at, count, places, before):
        """How often the symbols of literals and distances occur on the shortest path."""
        left = len(self.matcher.plain) - at
        most = min(left, 262144)
        self.begin(*before)
        self.list(at, most if count is None else min(most, places + 1024))
        for _ in range(2):
            self.calculate()
            literals, distances, place, tokens = [0] * 286, [0] * 30, at, 0
            end = at + self.filled - (0 if self.filled == left else 1024)
            while place < end and (count is None or tokens < count):
                length, distance, _ = min(self.choices(place), key=lambda choice: (choice[2], choice[0]))
                literals[self.matcher.plain[place] if length == 1 else length_symbol(length)] += 1
                if length > 1:
                    distances[distance_symbol(distance)] += 1
                place, tokens = place + length, tokens + 1
            literals[256] += 1
            self.begin(sorted_lengths(literals, 15), sorted_lengths(distances, 15))
            self.filled = min(self.filled, place - at + 1024)
        return literals, distances

    def listed(self, at):
        if self.skipped > 0:
            self.skipped -= 1
            return []
        matches, skip = self.matcher.listed(at), self.matcher.skipping
        if skip and matches and matches[-1][0] >= skip:
            self.skipped = matches[-1][0] - 1
        return matches

    def choices(self, at):
        i = at - self.start
        result, length = [(1, 0, self.literals[self.matcher.plain[at]] + self.prices[i + 1])], 3
        for most, distance in self.matches[i]:
            symbol = distance_symbol(distance)
            price = self.distances[symbol] + DISTANCES[symbol][1]
            while length <= min(most, self.filled - i):
                result.append((length, distance, self.lengths[length] + price + self.prices[i + length]))
                length += 1
        return result

    def sorted_choices(self, at):
        if not self.start <= at < self.end:
            self.fill(at)
        return sorted(self.choices(at), key=lambda choice: (choice[2], choice[0]))


def heap_lengths(counts, longest):
    count = len(counts)
    weights, heap = dict(enumerate(counts)), [0] + [i for i, one in enumerate(counts) if one]
    depth, parent, last = collections.defaultdict(int), {}, heap[-1] if len(heap) > 1 else -1
    while len(heap) < 3:
        last, more = (last + 1, last + 1) if last < 2 else (last, 0)
        weights[more] = 1
        heap.append(more)

    def first(a, b):
        return (weights[a], depth[a]) <= (weights[b], depth[b])

    def sift(at):
        node, child = heap[at], 2 * at
        while child < len(heap):
            if child + 1 < len(heap) and first(heap[child + 1], heap[child]):
                child += 1
            if first(node, heap[child]):
                break
            heap[at], at, child = heap[child], child, 2 * child
        heap[at] = node

    def sift_down(at):
        if at < len(heap):
            sift(at)

    for i in range((len(heap) - 1) // 2, 0, -1):
        sift(i)
    taken, node = [], count
    while True:
        a = heap[1]
        heap[1] = heap[-1]
        heap.pop()
        sift_down(1)
        b = heap[1]
        taken += [a, b]
        weights[node], depth[node] = weights[a] + weights[b], max(depth[a], depth[b]) + 1
        parent[a] = parent[b] = node
        heap[1] = node
        node += 1
        sift(1)
        if len(heap) < 3:
            break
    return measured(taken[::-1], node - 1, parent, count, longest)


def sorted_lengths(counts, longest):
    count, leaves = len(counts), sorted((one, i) for i, one in enumerate(counts) if one)
    if len(leaves) < 2:
        return [1 if one else 0 for one in counts]
    waiting, nodes, parent, node = [i for _, i in leaves], [], {}, count
    weights = dict(enumerate(counts))
    while waiting or len(nodes) > 1:
        pair = []
        for _ in range(2):
            pair.append(waiting.pop(0) if waiting and (not nodes or weights[waiting[0]] <= weights[nodes[0]]) else nodes.pop(0))
        weights[node] = weights[pair[0]] + weights[pair[1]]
        parent[pair[0]] = parent[pair[1]] = node
        nodes.append(node)
        node += 1
    order = list(range(node - 2, count - 1, -1)) + [i for _, i in reversed(leaves)]
    return measured(order, node - 1, parent, count, longest)


def measured(order, root, parent, count, longest):
    bits, of_length, excess, lengths = {root: 0}, [0] * (longest + 2), 0, [0] * count
    order = [one for one in order if one != root]
    for node in order:
        length = bits[parent[node]] + 1
        excess += length > longest
        bits[node] = min(length, longest)
        if node < count:
            lengths[node] = bits[node]
            of_length[bits[node]] += 1
    if not excess:
        return lengths
    while excess > 0:
        one = max(b for b in range(longest) if of_length[b])
        of_length[one] -= 1
        of_length[one + 1] += 2
        of_length[longest] -= 1
        excess -= 2
    leaves = [node for node in reversed(order) if node < count]
    for length in range(longest, 0, -1):
        for _ in range(of_length[length]):
            lengths[leaves.pop(0)] = length
    return lengths


def next_step(lengths, literals, at):
    start, end = (0, literals) if at < literals else (literals, len(lengths))
    run = 1
    while at + run < end and run < 138 and lengths[at + run] == lengths[at]:
        run += 1
    if lengths[at] == 0 and run >= 3:
        return (18, run) if run >= 11 else (17, run)
    if lengths[at] and at > start and lengths[at - 1] == lengths[at] and run >= 3:
        return 16, min(run, 6)
    return lengths[at], 1


class Writer:
    def __init__(self):
        self.value = self.bits = 0
        self.out = bytearray()

    def put(self, value, bits):
        self.value |= value << self.bits
        self.bits += bits
        while self.bits >= 8:
            self.out.append(self.value & 255)
            self.value >>= 8
            self.bits -= 8


def codes_of(lengths):
    """symbol -> (code, its first bit lowest, bits)."""
    codes, code = {}, 0
    for bits in range(1, 16):
        for symbol, length in enumerate(lengths):
            if length == bits:
                codes[symbol] = int(f"{code:0{bits}b}"[::-1], 2), bits
                code += 1
        code <<= 1
    return codes


class Rebuilder:
    def __init__(self, plain, recipe):
        cursor = Cursor(recipe)
        preset, flags = cursor.number(1), cursor.number(1)
        need(preset < len(PRESETS) and flags < 64 and flags & 15 <= 9, "recipe of a deflate stream")
        far = 32768 - cursor.varint(32767)
        self.usual, self.by_heap = cursor.varint(), flags >> 5 == 0
        self.plain, self.matcher = plain, Matcher(plain, preset, (flags & 15) + 8, flags >> 4 & 1, far)
        self.optimal = self.matcher.rule == OPTIMAL
        self.shortest = Shortest(self.matcher) if self.optimal else None
        self.decisions, self.cells = Decisions(cursor.rest()), {}
        self.type = self.stored = self.history = self.at = self.coded = self.passed = 0
        self.before = [8] * 286, [5] * 30

    def bit(self, *key):
        return self.decisions.by_cell(self.cells.setdefault(key, Cell(32768)), 1023)

    def tree(self, bits, *key):
        node = 1
        for _ in range(bits):
            node = 2 * node + self.bit(*key, node)
        return node - (1 << bits)

    def number(self, *key):
        bits, result = 0, 1
        while bits < 30 and self.bit(*key, "size", bits):
            bits += 1
        for _ in range(bits):
            result = 2 * result + (self.bit(*key, bits, result) if result < 4 else self.decisions.decide())
        return result - 1

    def mixed(self, one, other):
        """A bit with two cells."""
        a, b = (self.cells.setdefault(key, Cell(32768)) for key in (one, other))
        total = (stretch(a.p) + stretch(b.p)) * 5
        bit = self.decisions.decide(squash(-(-total // 8) if total < 0 else total // 8))
        a.update(bit, 255)
        b.update(bit, 255)
        return bit

    def length(self, here):
        group = class_of(here)
        if here >= 3 and self.bit("same length", group):
            return here
        node = 1
        for _ in range(8):
            bit = self.mixed(("lengths", node), ("lengths", group, node))
            node = 2 * node + bit
        return 3 + node - 256

    def far(self):
        bits = self.tree(4, "far")
        return 1 + ((1 << bits - 1 | self.decisions.number(bits - 1)) if bits else 0)

    def match(self, here):
        length = self.length(here)
        group, longest = class_of(length), length == here
        if not self.bit("ranked", longest, group):
            return length, self.far()
        rank = 0 if self.bit("nearest", longest, group) else 1 + self.number("ranks", longest)
        return length, self.matcher.ranked(self.at, length, rank)

    def token(self):
        guess, here = self.matcher.guess(self.at)
        kind, found = 2 if guess[0] > 1 else 1 if here else 0, here[0] if here else 0
        group, following = class_of(found), self.matcher.next[0] if self.matcher.next else 0
        outlook = 0 if following == 0 else 1 if following < found else 2 if following == found else 3
        hit, token = self.bit("hit", kind, group, self.history & 7, outlook), guess
        if not hit:
            literal = kind == 2 and self.bit("literal", group, self.history & 7, outlook)
            token = (1, 0) if literal else self.match(found)
        odd = self.check(token)
        self.history = 2 * self.history + (not hit)
        self.matcher.pass_on(self.at, guess, here, token[0])
        return token + (odd,)

    def check(self, token):
        length, distance = token
        need(length == 1 or (3 <= length <= min(258, len(self.plain) - self.at) and 0 < distance <= min(32768, self.at)),
             "token")
        return length == 258 and self.bit("odd")

    def optimal_token(self):
        choices = self.shortest.sorted_choices(self.at)
        excess = choices[1][2] - choices[0][2] if len(choices) > 1 else 99
        margin = excess if excess < 4 else 4 if excess < 6 else 5 if excess < 10 else 6 if excess < 20 else 7
        kind = choices[0][0] > 1
        hit = self.bit("choice", kind, margin, self.history & 15)
        token = choices[0][:2]
        if not hit and self.bit("listed"):
            rank = 1 + self.number("choices", kind)
            need(rank < len(choices), "rank")
            token = choices[rank][:2]
        elif not hit:
            token = self.length(0), self.far()
        self.history = 2 * self.history + (not hit)
        return token + (self.check(token),)

    def tokens(self, count):
        tokens = []
        while self.at < len(self.plain) if count is None else len(tokens) < count:
            need(self.at < len(self.plain), "tokens")
            tokens.append(self.optimal_token() if self.optimal else self.token())
            self.at += tokens[-1][0]
        self.coded, self.passed = self.coded + len(tokens), self.passed + sum(length for length, _, _ in tokens)
        return tokens

    def told(self, which, bits, least, guess):
        return guess if self.bit("told", which) else least + self.tree(bits, "told", which)

    def lengths(self, which, guesses, count):
        lengths, history = [], 0
        for guess in guesses[:count]:
            hit = self.bit("length hit", which, guess, history & 3)
            lengths.append(guess if hit else self.tree(3 if which == 2 else 4, "length", which, guess))
            history = 2 * history + (not hit)
        return lengths

    def foreseen(self, which, counts, before, count):
        """The lengths of codes that are guessed from these counts."""
        lengths, history, total = [], 0, sum(counts)
        for one, guess, last in zip(counts[:count], sorted_lengths(counts, 15), before):
            share = min(4 * total // one, 2**32 - 1) if one else 0
            above = share.bit_length() - 3
            fine = min(63, 1 + 4 * above + (share >> above & 3)) if one else 0
            other = ("alike", which, guess, last == guess, history & 1) if guess else ("none", which, last, history & 3)
            hit = self.mixed(("foreseen", which, fine), other)
            history = 2 * history + (not hit)
            if hit:
                lengths.append(guess)
            elif guess:
                up = guess == 1 or self.bit("up", which, fine)
                by, most = 1, 16 - guess if up else guess - 1
                while by < most and self.bit("more", which, up, by):
                    by += 1
                lengths.append((guess + by) % 16 if up else guess - by)
            else:
                lengths.append(self.tree(4, "new", which))
        return lengths

    def guessed(self, counts, longest):
        return (heap_lengths if self.by_heap else sorted_lengths)(counts, longest)

    def counted(self, tokens, start):
        literals, distances = [0] * 286, [0] * 30
        for length, distance, odd in tokens:
            if length == 1:
                literals[self.plain[start]] += 1
            else:
                literals[length_symbol(length, odd)] += 1
                distances[distance_symbol(distance)] += 1
            start += length
        literals[256] += 1
        return literals, distances

    def codes(self, literals, distances):
        """Lengths of literals and distances, lengths for lengths, their number, and the steps."""

        def used(lengths, least):
            return max([least] + [i + 1 for i, length in enumerate(lengths) if length])

        both = []
        for which, (bits, least, counts) in enumerate(((5, 257, literals), (5, 1, distances))):
            guesses = sorted_lengths(counts, 15) if self.optimal else self.guessed(counts, 15)
            count = self.told(which, bits, least, used(guesses, least))
            need(count <= len(guesses), "number of codes")
            both.append(self.foreseen(which, counts, self.before[which], count) if self.optimal
                        else self.lengths(which, guesses, count))
        steps, history, at, all_lengths = [], 0, 0, both[0] + both[1]
        while at < len(all_lengths):
            step, hit = next_step(all_lengths, len(both[0]), at), self.bit("step", history & 3)
            if not hit:
                kind = self.tree(2, "step kind")
                bits, base = ((0, 0), (2, 3), (3, 3), (7, 11))[kind]
                step = (all_lengths[at], 1) if kind == 0 else (15 + kind, base + self.tree(bits, "step count", kind))
            value = step[0] if step[0] < 16 else all_lengths[at - 1] if step[0] == 16 and at else 0
            need((step[0] != 16 or at > 0) and all_lengths[at:at + step[1]] == [value] * step[1], "steps")
            steps.append(step)
            history, at = 2 * history + (not hit), at + step[1]
        counts = [sum(symbol == one for one, _ in steps) for symbol in range(19)]
        guesses = self.guessed(counts, 7)
        number = self.told(2, 4, 4, used([guesses[i] for i in ORDER], 4))
        return both[0], both[1], self.lengths(2, guesses, 19), number, steps

    def block(self, writer):
        left, self.type = len(self.plain) - self.at, self.tree(2, "type", self.type)
        need(self.type <= 2, "type of a block")
        to_end = self.bit("ends", self.type == 0, left == 0)
        last = self.bit("last", to_end)
        writer.put(last, 1)
        writer.put(self.type, 2)
        if self.type == 0:
            writer.put(self.padding(), -writer.bits % 8)
            if not self.bit("same stored"):
                self.stored = self.number("stored")
            need(self.stored <= min(65535, left), "stored block")
            writer.put(self.stored, 16)
            writer.put(self.stored ^ 65535, 16)
            for byte in self.plain[self.at:self.at + self.stored]:
                writer.put(byte, 8)
            self.at += self.stored
            self.matcher.skip(self.at)
            return last
        count, start, codes = None, self.at, None
        if not to_end:
            count = self.usual if self.bit("usual") else self.number("counts")
        if self.optimal and self.type == 2:
            places = 2 * (count or 0) * self.passed // self.coded if self.coded else 256 * (count or 0)
            codes = self.codes(*self.shortest.foresee(self.at, count, places, self.before))
            self.before = codes[0] + [0] * (286 - len(codes[0])), codes[1] + [0] * (30 - len(codes[1]))
        fixed = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8, [5] * 32
        if self.optimal:
            self.shortest.begin(*(self.before if self.type == 2 else fixed))
        tokens = self.tokens(count)
        if not self.optimal and self.type == 2:
            codes = self.codes(*self.counted(tokens, start))
        self.write(writer, tokens, start, codes, fixed)
        return last

    def write(self, writer, tokens, start, codes, fixed):
        if codes:
            for value, bits in ((len(codes[0]) - 257, 5), (len(codes[1]) - 1, 5), (codes[3] - 4, 4)):
                writer.put(value, bits)
            for i in range(codes[3]):
                writer.put(codes[2][ORDER[i]], 3)
            of_steps = codes_of(codes[2])
            for symbol, count in codes[4]:
                writer.put(*of_steps[symbol])
                if symbol >= 16:
                    writer.put(count - (3, 3, 11)[symbol - 16], (2, 3, 7)[symbol - 16])
        literals, distances = (codes_of(lengths) for lengths in (codes[:2] if codes else fixed))
        for length, distance, odd in tokens:
            if length == 1:
                writer.put(*literals[self.plain[start]])
            else:
                symbol, far = length_symbol(length, odd), distance_symbol(distance)
                writer.put(*literals[symbol])
                writer.put(length - LENGTHS[symbol - 257][0], LENGTHS[symbol - 257][1])
                writer.put(*distances[far])
                writer.put(distance - DISTANCES[far][0], DISTANCES[far][1])
            start += length
        writer.put(*literals[256])

    def padding(self):
        return self.tree(8, "padding") & 127 if self.bit("padded") else 0

    def stream(self):
        writer = Writer()
        while not self.block(writer):
            pass
        writer.put(self.padding() & (1 << -writer.bits % 8) - 1, -writer.bits % 8)
        need(self.at == len(self.plain), "size of the content")
        self.decisions.expect_end()
        return bytes(writer.out)
