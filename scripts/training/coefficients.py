# SPDX-License-Identifier: MIT
"""The networks for JPEG coefficients: one for luma, one for chroma.

The AC coefficients of a component are coded in groups of increasing frequency, each given the preceding groups in
all blocks. Every group adds a convolution of its coefficients to sums that all later groups share; a group's own
bias, two layers and a last layer turn the sums into predictions of its coefficients:

    sums += first[g](group g's coefficients)                 3x3, from amplitudes
    hidden = sums + bias[g] -> 3x3 -> 1x1 -> last[g] -> means, scales, logits of group g + 1

Everything known in advance is added to the sums: the DC coefficients (group 0), the quantisation steps, for chroma
the luma at the same position, for Cr also Cb. Edges are filled with zeros, as in the engine (src/coefficients,
whose layers and units these are).
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from .fused import hidden
from .net import HIDDEN_UNIT, TRUNK_LIMIT, WIDE_LIMIT, exponents, on_grid, pair_exponents

COMPONENTS = 4
DIAGONALS = [[8 * v + d - v for v in range(8) if 0 <= d - v < 8] for d in range(15)]
GROUPS = [list(d) for d in DIAGONALS[1:11]] + [sum(DIAGONALS[11:], [])]
DC_PLANES = 18      # differences to eight neighbours, their magnitudes, brightness, nothing
MAGNITUDE_UNIT = 64.0
STEP_UNIT = 64.0    # steps come as 16 log2


def line_unit(index):
    """The divisor of the amplitude of a frequency."""
    diagonal = index // 8 + index % 8
    return (64.0, 32.0, 32.0, 16.0, 16.0, 8.0, 8.0, 8.0)[diagonal] if diagonal < 8 else 4.0


def group_units(group):
    """Units for the planes of a group: amplitudes, then magnitudes."""
    return torch.tensor([line_unit(i) for i in group] + [MAGNITUDE_UNIT] * len(group))


def dc_units():
    return torch.tensor([64.0] * 8 + [MAGNITUDE_UNIT] * 8 + [64.0, 64.0])


def outputs_of(group):
    return len(group) * (1 + COMPONENTS) + COMPONENTS


class CoefficientNet(nn.Module):
    """kind: luma or chroma. sums: their width; width: of the layers that read them."""

    def __init__(self, kind, sums, width):
        super().__init__()
        self.kind, self.sums, self.width = kind, sums, width

        def first(planes, size):
            return nn.Parameter(torch.randn(sums, planes, size, size) * (0.5 / (planes * size * size)) ** 0.5)

        self.units = {"dc": dc_units()}
        self.first = nn.ParameterDict({"dc": first(DC_PLANES, 1)})
        for g, group in enumerate(GROUPS):
            self.first["own%d" % g] = first(2 * len(group), 3)
            self.units["own%d" % g] = group_units(group)
        if kind == "chroma":
            for other in ("luma", "cb"):
                self.first[other + "dc"] = first(DC_PLANES, 1)
                self.units[other + "dc"] = dc_units()
                self.first[other] = first(126, 1)
                self.units[other] = torch.cat([group_units(group) for group in GROUPS])
        self.steps = nn.Parameter(torch.randn(sums, 64) * 0.05)
        self.start = nn.Parameter(torch.zeros(2 if kind == "chroma" else 1, sums))
        self.bias = nn.Parameter(torch.full((2 * len(GROUPS), sums), 0.2))
        self.trunk, self.trunk_bias = nn.ParameterList(), nn.ParameterList()
        self.last, self.last_bias = nn.ParameterList(), nn.ParameterList()
        for group in [group for group in GROUPS for _ in range(2)]:
            self.trunk.append(nn.Parameter(torch.randn(width, sums, 3, 3) * (1.5 / (sums * 9)) ** 0.5))
            self.trunk.append(nn.Parameter(torch.randn(width, width, 1, 1) * (1.5 / width) ** 0.5))
            self.trunk_bias.append(nn.Parameter(torch.full((width,), 0.05)))
            self.trunk_bias.append(nn.Parameter(torch.full((width,), 0.05)))
            self.last.append(nn.Parameter(torch.randn(outputs_of(group), width, 1, 1) * 0.02))
            scale = torch.tensor([math.log(0.5 * line_unit(i)) for i in group])
            spread = torch.tensor([-1.0, -0.3, 0.4, 1.2]).view(-1, 1)
            self.last_bias.append(nn.Parameter(torch.cat([torch.zeros(len(group)), (scale + spread).flatten(),
                                                          torch.zeros(COMPONENTS)])))
        self.mean_units = [torch.tensor([line_unit(i) for i in group]) for group in GROUPS]

    def sum_exponents(self):
        """The power of two of every channel of the sums, the same for all layers that add to it."""
        scaled = [(self.first[name] / units.to(self.first[name].device).view(1, -1, 1, 1)).flatten(1)
                  for name, units in self.units.items()]
        scaled.append(self.steps / STEP_UNIT)
        return exponents(torch.cat(scaled, 1), WIDE_LIMIT)

    def freeze_even(self):
        """Train only what the second rounds have of their own."""
        for name, parameter in self.named_parameters():
            kind, _, rest = name.partition(".")
            per_round = {"trunk": 2, "trunk_bias": 2, "last": 1, "last_bias": 1}.get(kind)
            is_odd = per_round is not None and int(rest) // per_round % 2 == 1
            parameter.requires_grad_(is_odd or name in ("bias", "first.own%d" % (len(GROUPS) - 1)))
        odd = (torch.arange(2 * len(GROUPS)) % 2).float().view(-1, 1)
        self.bias.register_hook(lambda gradient: gradient * odd.to(gradient.device))

    def forward(self, planes, steps, which, quantise=False, mixed=True, only_odd=False):
        """planes: a dictionary of inputs over their units, [samples, planes, rows, columns], under the names
        of first; steps: 16 log2 of the steps [samples, 64] over STEP_UNIT; which: 0, or for chroma 1: Cr.
        only_odd: those of even blocks may be anything. Returns for every group [samples, outputs, positions]."""
        exponent = self.sum_exponents() if quantise else None

        def weight(name):
            w = self.first[name]
            if quantise:
                units = self.units[name].to(w.device).view(1, -1, 1, 1)
                w = on_grid(w / units, exponent) * units
            return w

        result = []
        with torch.autocast(steps.device.type, dtype=torch.bfloat16, enabled=mixed):
            sums = F.conv2d(planes["dc"], weight("dc"))
            for other in ("luma", "cb"):
                if other in planes:
                    sums = sums + F.conv2d(planes[other + "dc"], weight(other + "dc")) + F.conv2d(planes[other], weight(other))
        w = self.steps
        if quantise:
            w = on_grid((w / STEP_UNIT).view(self.sums, -1, 1, 1), exponent).flatten(1) * STEP_UNIT
        told = steps.float() @ w.T + self.start[which]
        rows, columns = sums.shape[2:]
        even = checkerboard(rows, columns, sums.device)
        flat = even.flatten().bool()
        for g in range(len(GROUPS)):
            with torch.autocast(steps.device.type, dtype=torch.bfloat16, enabled=mixed):
                own = planes["own%d" % g] * even
                half = sums + F.conv2d(own, weight("own%d" % g), padding=1)
            odd = self.head(2 * g + 1, half, told, quantise, mixed)
            result.append(odd if only_odd else torch.where(flat, self.head(2 * g, sums, told, quantise, mixed), odd))
            if g + 1 < len(GROUPS):
                with torch.autocast(steps.device.type, dtype=torch.bfloat16, enabled=mixed):
                    sums = half + F.conv2d(planes["own%d" % g] - own, weight("own%d" % g), padding=1)
        return result

    def head(self, r, sums, told, quantise, mixed):
        """The outputs of the layers of round r: of group r // 2, for the even blocks or the odd ones."""
        with torch.autocast(sums.device.type, dtype=torch.bfloat16, enabled=mixed):
            x = hidden(sums + (told + self.bias[r]).to(sums.dtype).unsqueeze(2).unsqueeze(3), HIDDEN_UNIT, quantise)
            for layer in (2 * r, 2 * r + 1):
                w = self.trunk[layer]
                if quantise:
                    w = on_grid(w, pair_exponents(w))
                x = hidden(F.conv2d(x, w, self.trunk_bias[layer], padding=w.shape[2] // 2), HIDDEN_UNIT, quantise)
        w = self.last[r]
        if quantise:
            w = on_grid(w, exponents(w, WIDE_LIMIT))
        x = x.float().contiguous().flatten(2)
        return torch.baddbmm(self.last_bias[r].view(1, -1, 1), w.flatten(1).unsqueeze(0).expand(len(x), -1, -1), x)


def checkerboard(rows, columns, device):
    """1 for the blocks that are coded first, 0 for the others: [1, 1, rows, columns]."""
    at = torch.arange(rows, device=device).view(-1, 1) + torch.arange(columns, device=device)
    return (1 - at % 2).float().view(1, 1, rows, columns)


def load_coefficients(path):
    """A checkpoint of scripts/train, and its network, on the CPU."""
    saved = torch.load(path, map_location="cpu")
    net = CoefficientNet(saved["kind"], saved["sums"], saved["width"])
    net.load_state_dict(saved["net"])
    return saved, net


# ---- DC coefficients: the counterpart of src/coefficients/dc.c ----

NEIGHBOURS = 16
LEVEL_INPUTS = 4
OTHER_INPUTS = 6
DC_INPUTS = {"luma": 2 * NEIGHBOURS + 2 + LEVEL_INPUTS, "chroma": 2 * NEIGHBOURS + 2 + LEVEL_INPUTS + 2 * OTHER_INPUTS + 2}
DC_MEAN_UNIT = 32.0


def dc_input_units(kind):
    """Units for the inputs of a position."""
    units = [16.0] * NEIGHBOURS + [MAGNITUDE_UNIT] * NEIGHBOURS + [64.0] * (2 + LEVEL_INPUTS)
    if kind == "chroma":
        units += ([16.0, MAGNITUDE_UNIT] + [16.0] * 4) * 2 + [64.0] * 2
    return torch.tensor(units)


class DcNet(nn.Module):
    """One for each type of position."""

    def __init__(self, kind, width):
        super().__init__()
        self.kind, self.width = kind, width
        planes, outputs = DC_INPUTS[kind], 1 + 2 * COMPONENTS
        self.units = dc_input_units(kind)
        self.first, self.first_bias = nn.ParameterList(), nn.ParameterList()
        self.trunk, self.trunk_bias = nn.ParameterList(), nn.ParameterList()
        self.last, self.last_bias = nn.ParameterList(), nn.ParameterList()
        for _ in range(2):
            self.first.append(nn.Parameter(torch.randn(width, planes, 1, 1) * (1.0 / planes) ** 0.5))
            self.first_bias.append(nn.Parameter(torch.full((width,), 0.2)))
            for _ in range(2):
                self.trunk.append(nn.Parameter(torch.randn(width, width, 1, 1) * (1.5 / width) ** 0.5))
                self.trunk_bias.append(nn.Parameter(torch.full((width,), 0.05)))
            self.last.append(nn.Parameter(torch.randn(outputs, width, 1, 1) * 0.02))
            self.last_bias.append(nn.Parameter(torch.tensor([0.0, 1.5, 2.7, 3.7, 5.0, 0.0, 0.0, 0.0, 0.0])))

    def forward(self, inputs, kind, quantise=False):
        """inputs [positions, planes], as integers; kind: 0 or 1, the type of the positions."""
        x = inputs / self.units.to(inputs.device)
        w = self.first[kind]
        if quantise:
            units = self.units.to(inputs.device).view(1, -1, 1, 1)
            w = on_grid(w / units, exponents(w / units, WIDE_LIMIT)) * units
        x = hidden(F.linear(x, w.flatten(1), self.first_bias[kind]), HIDDEN_UNIT, quantise)
        for layer in (2 * kind, 2 * kind + 1):
            w = self.trunk[layer]
            if quantise:
                w = on_grid(w, pair_exponents(w))
            x = hidden(F.linear(x, w.flatten(1), self.trunk_bias[layer]), HIDDEN_UNIT, quantise)
        w = self.last[kind]
        if quantise:
            w = on_grid(w, exponents(w, WIDE_LIMIT))
        return F.linear(x, w.flatten(1), self.last_bias[kind])


def load_dc(path):
    saved = torch.load(path, map_location="cpu")
    net = DcNet(saved["kind"], saved["width"])
    net.load_state_dict(saved["net"])
    return saved, net
