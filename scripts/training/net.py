# SPDX-License-Identifier: MIT
"""The networks of a lattice level: one for each of its two passes.

A network has a first layer and a last layer for each origin (RGB, JFIF, PhotoYCC) and
a trunk that they share.  Convolutions are 'valid': the caller supplies halo(depth) more
positions on every side, so that the edges of a training crop teach nothing wrong.

With `quantise`, hidden values are in 0 ... 255/32 in steps of 1/32, and weights
on the grids of src/model (see scripts/export): then the float network computes what the
integer engine computes, up to the rounding of the last layer.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .fused import hidden, hidden_on_grid

HEADS = ("rgb", "jfif", "photoycc")
PHOTOYCC = 2
# a model file has more, each trained with one of these until it gets networks of its own
GREY = ("grey", "grey-grid")
ORIGINS = HEADS + ("rgb-grid",) + GREY
HEAD_OF = {**{head: number for number, head in enumerate(HEADS)}, "rgb-grid": 0, "grey": 1, "grey-grid": 1}
PASS_PLANES = (9, 15)   # input planes of pass 1 and pass 2
PASS_PIXELS = (1, 2)    # pixels predicted at a position
HIDDEN_UNIT = 32.0      # hidden 1.0 is the integer 32
PIXEL_UNIT = 64.0       # input normalisation of pixels and of differences
DIFFERENCE_UNIT = 16.0
TRUNK_LIMIT = 127
WIDE_LIMIT = 2047       # first and last layer: 12-bit weights


def halo(depth):
    """How many positions a network sees on every side, given its number of 3x3 layers after the first."""
    return depth + 1


def round_through(x):
    """Round in the forward pass; the gradient ignores it."""
    return x + (x.round() - x).detach()


def exponents(weight, limit):
    """The power of two for each output channel that puts its largest weight just inside limit."""
    largest = weight.detach().abs().flatten(1).amax(1).clamp_min(1e-6)
    return torch.floor(torch.log2(limit / largest)).clamp(-8, 20)


def pair_exponents(weight):
    """As exponents(weight, 127), and neighbours along the input channels sum to at most
    128 in magnitude, so that 8-bit multiply-add instructions do not saturate."""
    w = weight.detach().abs()
    channels = w.shape[1]
    pairs = w.view(w.shape[0], channels // 2, 2, -1).sum(2).flatten(1).amax(1).clamp_min(1e-6)
    return torch.minimum(exponents(weight, TRUNK_LIMIT), torch.floor(torch.log2(127.0 / pairs))).clamp(-8, 20)


def on_grid(weight, exponent):
    scale = torch.exp2(exponent).view(-1, 1, 1, 1)
    return round_through(weight * scale) / scale


class PassNet(nn.Module):
    def __init__(self, which, width, depth):
        super().__init__()
        self.which, self.width, self.depth = which, width, depth
        planes, outputs = PASS_PLANES[which], 40 * PASS_PIXELS[which]
        heads = len(HEADS)
        self.first = nn.ParameterList([nn.Parameter(torch.randn(width, planes, 3, 3) * (1.0 / (planes * 9)) ** 0.5) for _ in range(heads)])
        self.first_bias = nn.ParameterList([nn.Parameter(torch.full((width,), 0.2)) for _ in range(heads)])
        self.grid = nn.ParameterList([nn.Parameter(torch.zeros(8, width * 8)) for _ in range(heads)])
        self.trunk = nn.ParameterList()
        self.trunk_bias = nn.ParameterList()
        for layer in range(depth + 1):
            size = 3 if layer < depth else 1
            self.trunk.append(nn.Parameter(torch.randn(width, width, size, size) * (1.5 / (width * size * size)) ** 0.5))
            self.trunk_bias.append(nn.Parameter(torch.full((width,), 0.05)))
        self.last = nn.ParameterList()
        self.last_bias = nn.ParameterList()
        self.growth = nn.Parameter(torch.tensor([[0.3, 0.2, 0.2]]).repeat(heads, 1))
        for head in range(heads):
            bias = torch.zeros(PASS_PIXELS[which], 4, 10)
            bias[:, :, 3:6] = torch.tensor([0.0, 0.7, 1.3, 2.1]).view(1, 4, 1)
            if head == 0:
                bias[:, :, 6] = 1.0    # R follows G
                bias[:, :, 7] = 1.0    # B follows G
            self.last.append(nn.Parameter(torch.randn(outputs, width, 1, 1) * 0.02))
            self.last_bias.append(nn.Parameter(bias.flatten()))

    def forward(self, inputs, rows, columns, counts, quantise=False, mixed=True):
        """inputs: [samples, planes, h + 2 halo, ..], samples ordered by head, counts[head] of
        each; rows, columns: int32 [samples, h + 2 halo - 2], the position in the JPEG grid of every
        output of the first layer, -1 for none.  Returns [samples, outputs, h * w]."""
        heads = [head for head, count in enumerate(counts) if count]
        # split() and not slices: the gradient of a slice is as large as the whole
        parts = inputs.split([counts[head] for head in heads])
        with torch.autocast(inputs.device.type, dtype=torch.bfloat16, enabled=mixed):
            first = []
            for head, part in zip(heads, parts):
                w = self.first[head]
                if quantise:
                    planes = self.input_units().to(inputs.device)
                    w = on_grid(w / planes, exponents(w / planes, WIDE_LIMIT)) * planes
                # the inputs are integers over their units: exact in bf16 up to 256
                first.append(F.conv2d(part, w, self.first_bias[head]))
            # [row][width * 8 columns] -> [head][row][column][width]
            tables = torch.stack([grid.view(8, self.width, 8).transpose(1, 2) for grid in self.grid])
            owner = torch.tensor([head for head, count in enumerate(counts) for _ in range(count)], dtype=torch.int32,
                                 device=inputs.device)
            x = hidden_on_grid(torch.cat(first), tables, owner, rows, columns, HIDDEN_UNIT, quantise)
            for w, b in zip(self.trunk, self.trunk_bias):
                if quantise:
                    w = on_grid(w, pair_exponents(w))
                x = hidden(F.conv2d(x, w, b), HIDDEN_UNIT, quantise)
        parts = x.float().contiguous().flatten(2).split([counts[head] for head in heads])
        last = []
        for head, part in zip(heads, parts):
            w = self.last[head]
            if quantise:
                w = on_grid(w, exponents(w, WIDE_LIMIT))
            w = w.flatten(1).unsqueeze(0).expand(len(part), -1, -1)
            last.append(torch.baddbmm(self.last_bias[head].view(1, -1, 1), w, part))
        return torch.cat(last)

    def last_layer(self, head):
        """Weight [outputs, width, 1, 1] and bias [outputs]."""
        return self.last[head], self.last_bias[head]

    def input_units(self):
        """The divisor of each integer input plane: [1, planes, 1, 1]."""
        pixels = 3 * PASS_PIXELS[self.which]
        units = torch.full((PASS_PLANES[self.which],), DIFFERENCE_UNIT)
        units[:pixels] = PIXEL_UNIT
        return units.view(1, -1, 1, 1)


class LevelNet(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.passes = nn.ModuleList([PassNet(0, width, depth), PassNet(1, width, depth)])

    def begin_with(self, other):
        """Take the weights of a network of the same width with at most as many layers: additional 3x3 layers begin by
        passing on their input."""
        with torch.no_grad():
            for mine, theirs in zip(self.passes, other.passes):
                state = theirs.state_dict()
                for layer in range(mine.depth, theirs.depth - 1, -1):
                    if layer == mine.depth:     # the 1x1
                        weight, bias = theirs.trunk[theirs.depth], theirs.trunk_bias[theirs.depth]
                    else:
                        weight, bias = torch.zeros_like(mine.trunk[layer]), torch.zeros(mine.width)
                        weight[:, :, 1, 1] = torch.eye(mine.width)
                    state["trunk.%d" % layer], state["trunk_bias.%d" % layer] = weight, bias
                mine.load_state_dict(state)


def load_checkpoint(path):
    """A checkpoint of scripts/train, and its network, on the CPU."""
    saved = torch.load(path, map_location="cpu")
    net = LevelNet(saved["width"], saved["depth"])
    net.load_state_dict(saved["net"])
    return saved, net
