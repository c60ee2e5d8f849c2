# SPDX-License-Identifier: MIT
"""Train the networks for DC coefficients: small ones, which see only the neighbours of a position."""
import math

import numpy as np
import torch

from . import jpegs
from .coefficients import DC_MEAN_UNIT, DcNet
from .fused import coefficient_likelihood
from .session import Session


def gather(files, kind):
    """For both types of positions: inputs, coefficients minus the base in steps, steps."""
    result = []
    for which_type in (0, 1):
        inputs, targets, steps = [], [], []
        for one in files:
            for dc, step, coefficients, others, which in jpegs.dc_views(one, kind):
                for level in range(jpegs.dc_levels(dc.shape)):
                    planes, base, rows, columns = jpegs.dc_inputs(dc, step, others, which, level, which_type)
                    inputs.append(planes)
                    targets.append((coefficients[rows, columns] - base / step).astype(np.float32))
                    steps.append(np.full(rows.shape, step, np.float32))
        result.append([torch.from_numpy(np.concatenate(part)) for part in (inputs, targets, steps)])
    return result


def nats(net, inputs, targets, steps, which_type, quantise):
    outputs = net(inputs.float(), which_type, quantise)
    # each position is a sample of its own, with its own step
    return coefficient_likelihood(outputs.unsqueeze(2), targets.view(-1, 1, 1), steps.view(-1, 1),
                                  torch.tensor([DC_MEAN_UNIT], device=inputs.device))


def run(options):
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind = options.dc
    net = DcNet(kind, options.width).to(device)
    session = Session(net, options.out, "dc-" + kind, options, {"kind": kind, "width": options.width})
    if options.start and not session.resumed:
        net.load_state_dict(torch.load(options.start, map_location=device)["net"])
    data = gather(jpegs.Pictures(options.data, limit=options.limit).files, kind)
    random = torch.Generator().manual_seed(options.seed * 1000003 + session.iteration)
    bits, positions = np.zeros(2), np.zeros(2)

    def rounding():
        return session.progress() > options.rounding_from

    def loss():
        total, count = 0.0, 0
        for which_type, (inputs, targets, steps) in enumerate(data):
            chosen = torch.randint(len(targets), (options.blocks // 3 * (1 + which_type),), generator=random)
            one = nats(net, *(part[chosen].to(device) for part in (inputs, targets, steps)), which_type, rounding()).sum()
            bits[which_type] += float(one) / math.log(2)
            positions[which_type] += len(chosen)
            total, count = total + one, count + len(chosen)
        return total / float(count)

    def report():
        line = "bits a position %.3f %.3f" % tuple(bits / np.maximum(1, positions))
        bits[:] = positions[:] = 0
        return line + (" rounded" if rounding() else "")

    session.run(loss, report)
