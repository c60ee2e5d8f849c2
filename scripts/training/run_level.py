# SPDX-License-Identifier: MIT
"""Train the networks of one lattice level."""
import math

import numpy as np
import torch

from . import data, lattice
from .fused import likelihood
from .net import GREY, HEAD_OF, HEADS, LevelNet, halo, load_checkpoint
from .session import Session


def run(options):
    torch.manual_seed(options.seed)
    name = "level%d" % options.level + ("-" + options.origin if options.origin else "")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = LevelNet(options.width, options.depth).to(device)
    session = Session(net, options.out, name, options,
                      {"width": options.width, "depth": options.depth, "level": options.level})
    if options.start and not session.resumed:
        net.begin_with(load_checkpoint(options.start)[1])
    counts = [int(n) for n in options.counts.split(",")]
    if options.origin:
        counts = [sum(counts) if head == HEAD_OF[options.origin] else 0 for head in range(len(HEADS))]
    grey = options.origin.replace("-", "_") if options.origin in GREY else None
    groups = (data.load_grey if grey else data.load)(options.data, limit=options.limit)
    sampler = data.Sampler(groups, options.level, options.size, halo(options.depth), counts,
                           options.seed * 1000003 + session.iteration,
                           {"rgb": 0.0, "rgb-grid": 1.0}.get(options.origin, 0.4), grey)
    head = torch.tensor([h for h in range(3) for _ in range(counts[h])], dtype=torch.int32, device=device)
    bits, coded_values = np.zeros(len(HEADS)), np.zeros(len(HEADS))

    def rounding():
        return session.progress() > options.rounding_from

    def loss():
        pixels, rows, columns, channels = (torch.from_numpy(array).to(device) for array in sampler.batch())
        total = 0.0
        coded = options.size ** 2 * 3.0 * channels
        for which, (inputs, targets, bases) in enumerate(lattice.passes(pixels, halo(options.depth))):
            one = net.passes[which]
            outputs = one(inputs.contiguous(memory_format=torch.channels_last), rows, columns, counts, rounding(),
                          not options.no_mixed)
            losses = likelihood(outputs, one.growth, targets, bases, head, channels)
            total = total + losses.sum()
            for h in range(len(HEADS)):
                bits[h] += float(losses[head == h].sum()) / math.log(2)
        for h in range(len(HEADS)):
            coded_values[h] += float(coded[head == h].sum())
        return total / float(coded.sum())

    def report():
        line = " ".join("%s %.4f" % (h, bits[i] / max(1, coded_values[i])) for i, h in enumerate(HEADS))
        bits[:] = coded_values[:] = 0
        return line + (" rounded" if rounding() else "")

    session.run(loss, report)
