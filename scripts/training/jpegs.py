# SPDX-License-Identifier: MIT
"""JPEG files as training data: their quantised coefficients, and the input planes of networks.

Amplitudes (coefficient times step) become integers of up to 255 in magnitude: once nearly linear, once the
logarithm of their magnitude. This is the counterpart of src/coefficients/amplitude.c and component.c.
"""
import ctypes
import os

import numpy as np
import torch

from .coefficients import DC_PLANES, GROUPS, LEVEL_INPUTS, OTHER_INPUTS, STEP_UNIT, dc_units, group_units
from .fused import coefficient_library, load_library

LARGEST = 2047      # the largest amplitude in the tables


def _tables():
    a = np.arange(LARGEST + 1)
    line = np.where(a <= 128, a, np.minimum(255, 128 + ((a - 128) >> 3)))
    magnitude = np.minimum(255, np.floor(24 * np.log2(1.0 + a) + 0.5))
    return line.astype(np.int32), magnitude.astype(np.int32)


LINE, MAGNITUDE = _tables()


def line(amplitude):
    size = np.minimum(np.abs(amplitude), LARGEST)
    return np.sign(amplitude) * LINE[size]


def magnitude(amplitude):
    return MAGNITUDE[np.minimum(np.abs(amplitude), LARGEST)]


def read(path):
    """[(sampling (h, v), steps [64], coefficients int16 [rows, columns, 64])] of the components, or None."""
    reader = load_library("jpeg.c", "-ljpeg")
    shape, step = np.zeros((3, 4), np.int32), np.zeros((3, 64), np.int32)
    arguments = [ctypes.c_char_p(os.fsencode(path)), shape.ctypes.data_as(ctypes.c_void_p), step.ctypes.data_as(ctypes.c_void_p)]
    count = reader.read_coefficients(*arguments, None)
    if count == 0:
        return None
    blocks = [np.zeros((shape[c, 3], shape[c, 2], 64), np.int16) for c in range(count)]
    pointers = (ctypes.c_void_p * 3)(*[b.ctypes.data for b in blocks])
    if reader.read_coefficients(*arguments, pointers) != count:
        return None
    return [(tuple(shape[c, :2]), step[c].copy(), blocks[c]) for c in range(count)]


def _halving():
    """[8][16]: the DCT of the means of pairs, from two neighbouring DCTs, times 4096."""
    dct = np.array([[(np.sqrt(0.125) if u == 0 else 0.5) * np.cos((2 * x + 1) * u * np.pi / 16) for x in range(8)] for u in range(8)])
    pairs = np.zeros((8, 16))
    for i in range(8):
        pairs[i, 2 * i] = pairs[i, 2 * i + 1] = 0.5
    both = np.zeros((16, 16))
    both[:8, :8] = both[8:, 8:] = dct.T
    return np.floor(4096 * (dct @ pairs @ both) + 0.5)     # whole numbers, and their sums, are exact


HALVING = _halving()


def halve(amplitude, axis):
    """Amplitudes [rows, columns, 64] of a component at half its resolution along axis 0 (rows) or 1."""
    rows, columns = amplitude.shape[:2]
    if amplitude.shape[axis] % 2:
        amplitude = np.concatenate([amplitude, amplitude[-1:] if axis == 0 else amplitude[:, -1:]], axis)
    a = amplitude.reshape(amplitude.shape[0], amplitude.shape[1], 8, 8).astype(np.float64)
    if axis == 0:
        out = HALVING @ np.concatenate([a[0::2], a[1::2]], 2)       # [.., 16 vertical, 8]
    else:
        out = np.concatenate([a[:, 0::2], a[:, 1::2]], 3) @ HALVING.T
    return np.floor((out + 2048) / 4096).reshape(out.shape[0], out.shape[1], 64).astype(np.int32)


def luma_at_chroma(luma, steps, sampling, chroma_sampling, shape):
    """The amplitudes of luma in the blocks of chroma [rows, columns, 64]; zeros if the sampling is unusual."""
    amplitude = luma.astype(np.int32) * steps
    for axis, (y, c) in ((1, (sampling[0], chroma_sampling[0])), (0, (sampling[1], chroma_sampling[1]))):
        if y == 2 * c:
            amplitude = halve(amplitude, axis)
        elif y != c:
            return np.zeros(shape + (64,), np.int32)
    return np.ascontiguousarray(amplitude[:shape[0], :shape[1]])


def _pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def _tensor(out, shape):
    """[blocks, planes] -> [samples, planes, rows, columns]."""
    return torch.from_numpy(out).view(*shape[:3], -1).permute(0, 3, 1, 2)


def dc_planes(amplitudes):
    """The planes of DC over their units, from amplitudes int32 [samples, rows, columns, 64]: the differences to eight
    neighbours (0 for one outside the picture), their magnitudes, and brightness."""
    shape, unit = amplitudes.shape, dc_units().numpy()
    out = np.empty((shape[0] * shape[1] * shape[2], DC_PLANES), np.float32)
    for sample in range(shape[0]):
        part = out[sample * shape[1] * shape[2]:]
        coefficient_library().dc_planes(_pointer(amplitudes[sample]), ctypes.c_long(shape[1]), ctypes.c_long(shape[2]),
                               _pointer(MAGNITUDE), _pointer(unit), _pointer(part))
    return _tensor(out, shape)


def group_planes(amplitudes, groups):
    """The planes of groups over their units."""
    shape, result = amplitudes.shape, []
    for group in groups:
        order, unit = np.array(group, np.int32), group_units(group).numpy()
        out = np.empty((shape[0] * shape[1] * shape[2], 2 * len(group)), np.float32)
        coefficient_library().group_planes(_pointer(amplitudes), ctypes.c_long(len(out)), _pointer(order), ctypes.c_long(len(group)),
                                  _pointer(MAGNITUDE), _pointer(unit), _pointer(out))
        result.append(_tensor(out, shape))
    return result


def step_planes(steps):
    """As inputs of the networks: sixteenths of a bit."""
    return np.minimum(255, (np.floor(192 * np.log2(steps) + 0.5) + 6) // 12).astype(np.float32)


def _mirror(blocks):
    """The picture mirrored left to right."""
    flip = np.where(np.arange(64) % 2 == 1, -1, 1).astype(blocks.dtype)
    return blocks[:, ::-1] * flip


def requantise(coefficients, steps, factor):
    """As if saved again with coarser steps."""
    coarser = np.clip(np.round(steps * factor), 1, 255).astype(np.int32)
    out = np.round(coefficients * (steps / coarser))
    return out.astype(np.int16), coarser


class Pictures:
    def __init__(self, root, which="train", limit=None):
        folder = os.path.join(root, which, "jpeg")
        self.files = [f for f in (read(os.path.join(folder, name)) for name in sorted(os.listdir(folder))[:limit]) if f]


class Sampler:
    """Batches of pictures of the same shape, luma or chroma."""

    def __init__(self, files, kind, blocks, seed):
        self.kind, self.blocks = kind, blocks
        self.random = np.random.default_rng(seed)
        self.shapes = {}
        self.luma = {}      # input for chroma, by file
        for one in files:
            if kind == "chroma" and len(one) != 3:
                continue
            component = one[1 if kind == "chroma" else 0]
            shape = component[2].shape[:2]
            if min(shape) >= 8:
                self.shapes.setdefault(shape, []).append(one)
        names = list(self.shapes)
        weights = np.array([float(len(self.shapes[n]) * n[0] * n[1]) for n in names])
        self.names, self.weights = names, weights / weights.sum()

    def _luma(self, one, shape):
        if id(one) not in self.luma:
            amplitude = luma_at_chroma(one[0][2], one[0][1], one[0][0], one[1][0], shape)
            self.luma[id(one)] = np.clip(amplitude, -LARGEST, LARGEST).astype(np.int16)
        return self.luma[id(one)].astype(np.int32)

    def batch(self):
        """A list of runs (planes, steps, which, coefficients [samples, 64, rows * columns], steps [samples, 64])."""
        random = self.random
        shape = self.names[random.choice(len(self.names), p=self.weights)]
        files = self.shapes[shape]
        count = max(1, int(round(self.blocks / (shape[0] * shape[1]))))
        drawn, luma = [], []
        for _ in range(count):
            one = files[random.integers(len(files))]
            mirrored, factor = random.random() < 0.5, random.uniform(1.3, 6.0) if random.random() < 0.1 else None
            components = []
            for sampling, steps, blocks in one if self.kind == "chroma" else one[:1]:
                if factor:
                    blocks, steps = requantise(blocks, steps, factor)
                components.append((sampling, steps, _mirror(blocks) if mirrored else blocks))
            drawn.append(components)
            if self.kind == "chroma":
                seen = self._luma(one, shape) if not factor else luma_at_chroma(*components[0][2:0:-1], one[0][0], one[1][0], shape)
                luma.append(_mirror(seen) if mirrored and not factor else seen)
        if self.kind == "luma":
            return [view([d[0] for d in drawn], {}, 0)]
        cb = [d[1][2].astype(np.int32) * d[1][1] for d in drawn]
        return [view([d[1] for d in drawn], {"luma": luma}, 0), view([d[2] for d in drawn], {"luma": luma, "cb": cb}, 1)]


def view(components, others, which):
    """The inputs of a network for components of the same shape: a run of Sampler.batch()."""
    amplitudes = np.stack([blocks.astype(np.int32) * steps for _, steps, blocks in components])
    planes = {"dc": dc_planes(amplitudes)}
    for g, part in enumerate(group_planes(amplitudes, GROUPS)):
        planes["own%d" % g] = part
    for other, seen in others.items():
        seen = np.ascontiguousarray(np.stack(seen), np.int32)
        planes[other + "dc"] = dc_planes(seen)
        planes[other] = torch.cat(group_planes(seen, GROUPS), 1)
    steps = np.stack([steps for _, steps, _ in components])
    told = torch.from_numpy(np.stack([step_planes(s) for s in steps])) / STEP_UNIT
    coefficients = torch.from_numpy(np.stack([blocks for _, _, blocks in components]).astype(np.float32)).flatten(1, 2).transpose(1, 2)
    return planes, told, which, coefficients.contiguous(), torch.from_numpy(steps.astype(np.float32))


# ---- DC coefficients ----

NEAR = (((-1, -1), (-1, 1), (1, -1), (1, 1), (-1, -3), (-1, 3), (1, -3), (1, 3), (-3, -1), (-3, 1), (3, -1), (3, 1),
         (-3, -3), (-3, 3), (3, -3), (3, 3)),
        ((-1, 0), (0, -1), (0, 1), (1, 0), (-2, -1), (-2, 1), (2, -1), (2, 1), (-1, -2), (-1, 2), (1, -2), (1, 2),
         (-3, 0), (0, -3), (0, 3), (3, 0)))


def _positions(shape, spacing, kind):
    rows, columns = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    odd_row, odd_column = rows // spacing % 2 == 1, columns // spacing % 2 == 1
    on = (rows % spacing == 0) & (columns % spacing == 0)
    chosen = on & (odd_row & odd_column if kind == 0 else odd_row != odd_column)
    return rows[chosen], columns[chosen]


def _neighbours(shape, rows, columns, spacing, kind):
    """Rows, columns and which are inside [16, positions]; mirrored if they are not."""
    ys, xs, inside = [], [], []
    for down, right in NEAR[kind]:
        y, x, found = rows.copy(), columns.copy(), np.zeros(rows.shape, bool)
        for mirror in range(4):
            ty = rows + (-down if mirror & 1 else down) * spacing
            tx = columns + (-right if mirror & 2 else right) * spacing
            fits = (ty >= 0) & (tx >= 0) & (ty < shape[0]) & (tx < shape[1]) & ~found
            y, x = np.where(fits, ty, y), np.where(fits, tx, x)
            found |= fits
        ys.append(y)
        xs.append(x)
        inside.append(found)
    return np.stack(ys), np.stack(xs), np.stack(inside)


def dc_inputs(dc, step, others, which, level, kind):
    """For all positions of a pass: inputs int16 [positions, planes], base [positions], rows, columns.  dc, others:
    amplitudes [rows, columns]; others: None for luma, else two, of which one may be None."""
    spacing = 1 << level
    rows, columns = _positions(dc.shape, spacing, kind)
    y, x, inside = _neighbours(dc.shape, rows, columns, spacing, kind)
    near = np.where(inside, dc[y, x], 0)
    count = np.maximum(inside[:4].sum(0), 1)
    base = np.floor_divide(near[:4].sum(0) + count // 2, count)
    difference = np.where(inside, near - base, 0)
    told = int(step_planes(np.array([step]))[0])
    flags = [np.full(rows.shape, 64 if min(level, LEVEL_INPUTS - 1) == i else 0) for i in range(LEVEL_INPUTS)]
    planes = list(line(difference >> 1)) + list(magnitude(difference)) + [np.clip(base >> 3, -255, 255), np.full(rows.shape, told)] + flags
    if others is not None:
        for other in others:
            if other is None:
                planes += [np.zeros(rows.shape, int)] * OTHER_INPUTS
                continue
            around = np.where(inside[:4], other[y[:4], x[:4]], 0)
            mean = np.floor_divide(around.sum(0) + count // 2, count)
            own = other[rows, columns] - mean
            planes += [line(own >> 1), magnitude(own)] + list(np.where(inside[:4], line((around - mean) >> 1), 0))
        planes += [np.full(rows.shape, 64 * which), np.zeros(rows.shape, int)]
    return np.stack(planes, 1).astype(np.int16), base, rows, columns


def dc_views(one, kind):
    """(amplitudes, step, coefficients, others, which) of the components of this kind in a file."""
    def dc(component):
        return component[2][..., 0].astype(np.int32) * component[1][0]
    if kind == "luma":
        return [(dc(one[0]), one[0][1][0], one[0][2][..., 0], None, 0)]
    if len(one) != 3:
        return []
    luma = luma_at_chroma(one[0][2], one[0][1], one[0][0], one[1][0], one[1][2].shape[:2])[..., 0]
    return [(dc(one[1]), one[1][1][0], one[1][2][..., 0], (luma, None), 0),
            (dc(one[2]), one[2][1][0], one[2][2][..., 0], (luma, dc(one[1])), 1)]


def dc_levels(shape):
    return max(1, int(np.ceil(np.log2(max(shape)))))
