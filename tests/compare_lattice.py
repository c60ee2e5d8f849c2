# SPDX-License-Identifier: MIT
"""Compare the input planes and interpolations of scripts/training/lattice.py with those of src/model/lattice.c.

    PYTHONPATH=scripts python3 tests/compare_lattice.py build/tools/lattice_input
"""
import subprocess
import sys

import numpy as np
import torch

from training.lattice import passes
from training.net import DIFFERENCE_UNIT, PIXEL_UNIT


def compare(tool, size, halo):
    side = 2 * (size + 2 * halo + 2)
    picture = np.random.default_rng(size).integers(0, 256, (3, side, side), dtype=np.uint8)
    run = subprocess.run([tool, str(size), str(halo)], input=picture.tobytes(), stdout=subprocess.PIPE, check=True)
    rest = run.stdout
    expected = passes(torch.from_numpy(picture.astype(np.float32))[None], halo)
    for number, (inputs, _, interpolation) in enumerate(expected):
        sets, wide = number + 1, size + 2 * halo
        planes = 6 * sets + 3
        units = torch.full((planes, 1, 1), float(DIFFERENCE_UNIT))
        units[:3 * sets] = PIXEL_UNIT
        count = wide * wide * planes
        coded = np.frombuffer(rest, np.int16, count).reshape(wide, wide, planes).transpose(2, 0, 1)
        base = np.frombuffer(rest, np.uint8, sets * size * size * 3, 2 * count).reshape(sets, size * size, 3)
        rest = rest[2 * count + base.size:]
        assert np.array_equal((inputs[0] * units).numpy(), coded), "inputs of pass %d" % (number + 1)
        assert np.array_equal(interpolation[0].numpy(), base.transpose(0, 2, 1)), "interpolation of pass %d" % (number + 1)
    assert not rest, "the tool has printed more"


for size, halo in (8, 1), (13, 3), (32, 5):
    compare(sys.argv[1], size, halo)
