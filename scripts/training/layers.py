# SPDX-License-Identifier: MIT
"""Layers as stored in model files: integers on the grids of the engine (src/model/layer_file.h)."""
import numpy as np

from .net import WIDE_LIMIT

SCALE = 16 * 12 / np.log(2)     # log-scales: sixteenths of a scale index per nat
LOWEST = np.log(1 / 32)         # the log-scale of index 0
BOUND = 1 << 24


def layer(out, weight, bias, exponent, unit, largest, wide):
    """Append shift, bias, weights: integer output = (W x + B) >> s for float weight * unit[o]."""
    weight, bias = weight.detach().double().numpy(), bias.detach().double().numpy()
    rows = weight.shape[0]
    unit = np.broadcast_to(np.asarray(unit, float), (rows,))
    exponent = np.array(exponent, float)
    for row in range(rows):
        s = int(exponent[row])
        while True:
            w = np.round(weight[row] * unit[row] * 2.0 ** s)
            fits = np.abs(w).max() <= (WIDE_LIMIT if wide else 127) and np.abs(w).sum() * largest < BOUND - 1
            if (fits and s <= 20) or s == 0:
                break
            s -= 1
        exponent[row] = s
    assert (exponent >= 0).all()
    out += exponent.astype(np.uint8).tobytes()
    b = np.clip(np.round(bias * 2.0 ** exponent), -(2 ** 30) + 1, 2 ** 30 - 1)
    out += b.astype("<i4").tobytes()
    w = np.round(weight * unit.reshape(-1, 1, 1, 1) * 2.0 ** exponent.reshape(-1, 1, 1, 1))
    w = w.transpose(0, 2, 3, 1)     # [out][tap row][tap column][in]
    out += w.astype("<i2" if wide else "<i1").tobytes()
    return exponent


def mixture_units(pixels):
    """Units and additions of the 40 outputs of each pixel."""
    unit = np.array([64.0] * 3 + [SCALE] * 3 + [1024.0] * 3 + [32.0])
    bias = np.array([0.0] * 3 + [-LOWEST * SCALE] * 3 + [0.0] * 4)
    return np.tile(unit, 4 * pixels), np.tile(bias, 4 * pixels)


def latent_output_units(channels, positions=1):
    """Units and additions of the means and the scales of z, for each of the positions that one output has."""
    unit = np.array([16.0 * 64.0] * channels + [SCALE] * channels)
    bias = np.array([0.0] * channels + [(np.log(16.0) - LOWEST) * SCALE] * channels)
    return np.tile(unit, positions), np.tile(bias, positions)


def group_output_units(mean_units, components):
    """Units and additions of the outputs of a group of coefficients: means, scales, logits."""
    count = len(mean_units)
    return (np.array([16.0 * unit for unit in mean_units] + [SCALE] * (components * count) + [32.0] * components),
            np.array([0.0] * count + [-LOWEST * SCALE] * (components * count) + [0.0] * components))
