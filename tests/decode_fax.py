# SPDX-License-Identifier: MIT
"""
Fax compression, for the decoder in decode.py, following bsw(5), ITU-T T.4 and T.6.
"""
from decode_fields import need

# Of runs of 0 to 63, then 64, 128 ... 2560; white and black.
RUNS = """
00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101 101010
101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010
00000011 00011010 00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000 00101001 00101010
00101011 00101100 00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 01010101 00100100
00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100 11011 10010 010111
0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 011001101 011010010 011010011
011010100 011010101 011010110 011010111 011011000 011011001 011011010 011011011 010011000 010011001 010011010
011000 010011011 00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101
000000010110 000000010111 000000011100 000000011101 000000011110 000000011111
""".split(), """
0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 000011000
0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111
00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001 000001101010
000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 000001101100
000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111 000001100100
000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000
000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111 0000001111
000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101
0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 0000001110100
0000001110101 0000001110110 0000001110111 0000001010010 0000001010011 0000001010100 0000001010101
0000001011010 0000001011011 0000001100100 0000001100101 00000001000 00000001100 00000001101 000000010010
000000010011 000000010100 000000010101 000000010110 000000010111 000000011100 000000011101 000000011110
000000011111
""".split()
PASS, HORIZONTAL, LINE_END = "0001", "001", "000000000001"
VERTICAL = {-3: "0000010", -2: "000010", -1: "010", 0: "1", 1: "011", 2: "000011", 3: "0000011"}
ONE_WAY, LINES, TAGS, FILLED, ALIGNED, ENDS = (1 << i for i in range(6))


def changes(row):
    """The places where the colour changes, from white on, and the width."""
    return [x for x in range(len(row)) if row[x] != (row[x - 1] if x > 0 else 0)]


def run(colour, length):
    out = ""
    while length > 2623:
        out, length = out + RUNS[colour][-1], length - 2560
    if length >= 64:
        out, length = out + RUNS[colour][63 + length // 64], length % 64
    return out + RUNS[colour][length]


def one_way(row):
    out, at, colour = "", 0, 0
    for end in changes(row) + [len(row)]:
        out, at, colour = out + run(colour, end - at), end, 1 - colour
    return out


def two_way(row, above):
    out, a0, colour, width = "", -1, 0, len(row)
    own, others = changes(row), changes(above)
    while a0 < width:
        b1 = next((x for i, x in enumerate(others) if x > a0 and i % 2 == colour), width)
        b2 = next((x for x in others if x > b1), width)
        a1 = next((x for i, x in enumerate(own) if x > a0 and i % 2 == colour), width)
        if b2 < a1:
            out, a0 = out + PASS, b2
        elif abs(a1 - b1) <= 3:
            out, a0, colour = out + VERTICAL[a1 - b1], a1, 1 - colour
        else:
            a2 = next((x for x in own if x > a1), width)
            out += HORIZONTAL + run(colour, a1 - max(a0, 0)) + run(1 - colour, a2 - a1)
            a0 = a2
    return out


def fax(rows, notes):
    flags = notes.number(1) if notes.data else ENDS
    every = notes.varint() if flags & TAGS else 1
    need(flags < 64 and every > 0, "notes of a fax")
    out, above = "", [0] * len(rows[0])
    for y, row in enumerate(rows):
        refers = y % every != 0 if flags & TAGS else not flags & ONE_WAY
        if flags & ALIGNED:
            out += "0" * (-len(out) % 8)
        if flags & LINES:
            out += "0" * (-(len(out) + 12) % 8 if flags & FILLED else 0) + LINE_END
            out += ("0" if refers else "1") if flags & TAGS else ""
        out, above = out + (two_way(row, above) if refers else one_way(row)), row
    if flags & ENDS:
        out += (LINE_END + ("1" if flags & TAGS else "")) * (6 if flags & LINES else 2)
    out += "0" * (-len(out) % 8)
    return int("1" + out, 2).to_bytes(len(out) // 8 + 1, "big")[1:]
