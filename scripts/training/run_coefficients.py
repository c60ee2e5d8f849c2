# SPDX-License-Identifier: MIT
"""Train a network for JPEG coefficients."""
import math

import numpy as np
import torch

from . import jpegs
from .coefficients import GROUPS, CoefficientNet, checkerboard
from .fused import coefficient_likelihood
from .session import Session


def run(options):
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind = options.coefficients
    net = CoefficientNet(kind, options.sums, options.width).to(device)
    if options.only_odd:
        net.freeze_even()
    session = Session(net, options.out, kind, options, {"kind": kind, "sums": options.sums, "width": options.width})
    if options.start and not session.resumed:
        net.load_state_dict(torch.load(options.start, map_location=device)["net"])
    sampler = jpegs.Sampler(jpegs.Pictures(options.data, limit=options.limit).files, kind, options.blocks,
                            options.seed * 1000003 + session.iteration)
    bits, blocks = np.zeros(len(GROUPS)), 0

    def rounding():
        return session.progress() > options.rounding_from

    def loss():
        nonlocal blocks
        total, count = 0.0, 0
        for planes, told, which, coefficients, steps in sampler.batch():
            planes = {name: p.to(device).contiguous(memory_format=torch.channels_last) for name, p in planes.items()}
            shape = planes["dc"].shape[2:]
            outputs = net(planes, told.to(device), which, rounding(), not options.no_mixed, options.only_odd)
            coefficients, steps = coefficients.to(device), steps.to(device)
            if options.only_odd:
                odd = checkerboard(*shape, device).flatten() == 0
                outputs = [one.flatten(2)[:, :, odd].contiguous() for one in outputs]
                coefficients = coefficients[:, :, odd]
            for g, group in enumerate(GROUPS):
                nats = coefficient_likelihood(outputs[g], coefficients[:, group], steps[:, group],
                                              net.mean_units[g].to(device)).sum()
                total = total + nats
                bits[g] += float(nats) / math.log(2)
            count += coefficients.shape[0] * coefficients.shape[2]
        blocks += count
        return total / (63.0 * count)

    def report():
        nonlocal blocks
        line = "bits a block %.3f of groups %s" % (bits.sum() / blocks, " ".join("%.2f" % (b / blocks) for b in bits))
        bits[:] = blocks = 0
        return line + (" rounded" if rounding() else "")

    session.run(loss, report)
