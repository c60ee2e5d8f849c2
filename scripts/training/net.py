"""The nets of a lattice level: one for each of its two passes.

A net has a first layer and a last layer for each origin (RGB, JFIF, PhotoYCC) and
a trunk that they share.  Convolutions are 'valid': the caller supplies HALO more
positions on every side, so that the edges of a training crop teach nothing wrong.

Hidden values live in 0 ... 255/32 in steps of 1/32 once `quantise` is on, weights
on the grids of src/model (see export.py): then the float net computes what the
integer engine computes, up to the rounding of the last layer.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .fused import hidden

HEADS = ("rgb", "jfif", "photoycc")
PHOTOYCC = 2
HALO = 3
PASS_PLANES = (9, 15)   # input planes of pass 1 and pass 2
PASS_PIXELS = (1, 2)    # pixels predicted at a position
HIDDEN_UNIT = 32.0      # hidden 1.0 is the integer 32
PIXEL_UNIT = 64.0       # input normalisation of pixels and of differences
DIFFERENCE_UNIT = 16.0
TRUNK_LIMIT = 127
WIDE_LIMIT = 2047       # first and last layer: 12-bit weights


def round_through(x):
    """Round in the forward pass; the gradient ignores it."""
    return x + (x.round() - x).detach()


def exponents(weight, limit):
    """The power of two for each output channel that puts its largest weight just inside limit."""
    largest = weight.detach().abs().flatten(1).amax(1).clamp_min(1e-6)
    return torch.floor(torch.log2(limit / largest)).clamp(-8, 20)


def pair_exponents(weight):
    """As exponents(weight, 127), and neighbours along the input channels sum to at most
    128 in magnitude, which is what lets 8-bit multiply-add instructions not saturate."""
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

    def grid_bias(self, head, rows, columns):
        """The first layer's bias by position in the JPEG grid: [samples, width, h, w], from
        one-hot rows [samples, h, 8] and columns [samples, w, 8] (all zero: no grid)."""
        samples, height, _ = rows.shape
        by_row = (rows.reshape(-1, 8) @ self.grid[head]).view(samples * height, self.width, 8)
        each = columns.unsqueeze(1).expand(-1, height, -1, -1).reshape(samples * height, -1, 8)
        return torch.bmm(each, by_row.transpose(1, 2)).view(samples, height, -1, self.width).permute(0, 3, 1, 2)

    def forward(self, inputs, rows, columns, counts, quantise=False, mixed=True):
        """inputs: [samples, planes, h + 6, w + 6], samples ordered by head, counts[head]
        of each; rows, columns: see grid_bias, of size h + 4.  Returns [samples, outputs, h * w]."""
        parts, start = [], 0
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed):
            for head, count in enumerate(counts):
                if not count:
                    continue
                part = slice(start, start + count)
                w = self.first[head]
                if quantise:
                    planes = self.input_units()
                    w = on_grid(w / planes, exponents(w / planes, WIDE_LIMIT)) * planes
                # the inputs are integers over their units: exact in bf16 up to 256
                x = F.conv2d(inputs[part], w, self.first_bias[head])
                if head != PHOTOYCC:
                    x = x + self.grid_bias(head, rows[part], columns[part]).to(x.dtype)
                parts.append(x)
                start += count
            x = hidden(torch.cat(parts), HIDDEN_UNIT, quantise)
            for w, b in zip(self.trunk, self.trunk_bias):
                if quantise:
                    w = on_grid(w, pair_exponents(w))
                x = hidden(F.conv2d(x, w, b), HIDDEN_UNIT, quantise)
        x = x.float().contiguous().flatten(2)
        parts, start = [], 0
        for head, count in enumerate(counts):
            if count:
                w = self.last[head]
                if quantise:
                    w = on_grid(w, exponents(w, WIDE_LIMIT))
                w = w.flatten(1).unsqueeze(0).expand(count, -1, -1)
                parts.append(torch.baddbmm(self.last_bias[head].view(1, -1, 1), w, x[start:start + count]))
                start += count
        return torch.cat(parts)

    def input_units(self):
        """What an integer input plane is divided by: [1, planes, 1, 1]."""
        pixels = 3 * PASS_PIXELS[self.which]
        units = torch.full((PASS_PLANES[self.which],), DIFFERENCE_UNIT)
        units[:pixels] = PIXEL_UNIT
        return units.view(1, -1, 1, 1)


class LevelNet(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.passes = nn.ModuleList([PassNet(0, width, depth), PassNet(1, width, depth)])
