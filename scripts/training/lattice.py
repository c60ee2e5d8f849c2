# SPDX-License-Identifier: MIT
"""The inputs of a pass of a lattice level: the integer input planes and the interpolations.

This is the counterpart of src/model/lattice.c; tests/compare_lattice.py compares the two.
"""
import torch

from .net import DIFFERENCE_UNIT, PIXEL_UNIT


def split(x):
    """x [samples, 3, H, W], H and W even -> a, d, b, c, each [samples, 3, H/2, W/2]."""
    return x[:, :, 0::2, 0::2], x[:, :, 1::2, 1::2], x[:, :, 0::2, 1::2], x[:, :, 1::2, 0::2]


def _mean(*four):
    return torch.floor((four[0] + four[1] + four[2] + four[3] + 2.0) * 0.25)


def passes(x, halo):
    """x: float [samples, 3, H, W] of levels, H = W = 2 (size + 2 halo + 2).

    Returns, for both passes, (inputs [.., planes, size + 2 halo, ..], pixels and
    interpolation [samples, sets, 3, size * size]).
    """
    a, d, b, c = split(x)
    mid = slice(1, -1)      # a margin of one position on every side for the neighbours

    def at(t, row, column):
        rows, columns = t.shape[2] - 2, t.shape[3] - 2
        return t[:, :, 1 + row:1 + row + rows, 1 + column:1 + column + columns]

    inner = slice(halo, -halo)
    id_ = _mean(at(a, 0, 0), at(a, 0, 1), at(a, 1, 0), at(a, 1, 1))
    first = torch.cat([(id_ - 128.0) / PIXEL_UNIT,
                       (at(a, 0, 1) - at(a, 0, 0)) / DIFFERENCE_UNIT,
                       (at(a, 1, 0) - at(a, 0, 0)) / DIFFERENCE_UNIT], 1)
    ib = _mean(at(a, 0, 0), at(a, 0, 1), at(d, -1, 0), at(d, 0, 0))
    ic = _mean(at(a, 0, 0), at(a, 1, 0), at(d, 0, -1), at(d, 0, 0))
    dd = at(d, 0, 0)
    second = torch.cat([(ib - 128.0) / PIXEL_UNIT, (ic - 128.0) / PIXEL_UNIT,
                        (dd - at(a, 0, 0)) / DIFFERENCE_UNIT,
                        (dd - at(a, 0, 1)) / DIFFERENCE_UNIT,
                        (dd - at(a, 1, 0)) / DIFFERENCE_UNIT], 1)
    def cut(*sets):
        return torch.stack([t[:, :, inner, inner] for t in sets], 1).flatten(3)

    return ((first, cut(dd), cut(id_)),
            (second, cut(b[:, :, mid, mid], c[:, :, mid, mid]), cut(ib, ic)))
