# SPDX-License-Identifier: MIT
"""
What models of drawings start from, for the decoder in decode.py: the tables are read from bsw(5) itself.
"""
import pathlib


def read_tables():
    """{name: rows}"""
    page = (pathlib.Path(__file__).resolve().parent.parent / "man/bsw.5").read_text()
    text = page.split(".Ss Starting values of drawings\n")[1].split(".Bd -literal\n")[1].split(".Ed\n")[0]
    tables, rows = {}, []
    for line in text.splitlines():
        if line[0].isalpha():
            rows = tables[line] = []
        elif line[0] == " ":
            rows[-1] += [int(word) for word in line.split()]
        else:
            rows.append([int(word) for word in line.split()])
    return tables


TABLES = read_tables()
NEAR, PALETTE = TABLES["near"], TABLES["palette"]


def weights(name, setting=None):
    """Rows of weights."""
    return [[100 * value for value in row] for row in TABLES[name if setting is None else f"{name} {setting}"]]
