# SPDX-License-Identifier: MIT
"""The latent part: pictures x^n under z1 ... zL, nested, each layer factorised given the one above.

This is the counterpart of src/pyramid/latents.c. A position represents 2 x 2 pixels; z has `channels` values per
position, on a grid of steps of 1/16 in the codec and continuous here.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from .fused import hidden, likelihood
from .net import HEADS, HIDDEN_UNIT, WIDE_LIMIT, exponents, on_grid, pair_exponents

STEP = 1.0 / 16.0
PIXELS = 4          # per position
LOWEST = math.log(STEP)
LEAST, MOST = -8.0, 127 * STEP     # of z
BEYOND = 8.0        # how far means may be outside


class LatentNet(nn.Module):
    """planes -> first 3x3 -> (3x3) * depth -> 1x1 -> last 1x1, zeros outside the tile.

    gain: a factor per output for the weights and biases of the last layer. It lets means that
    run over hundreds of levels be learned with steps that suit the other outputs.
    """

    def __init__(self, planes, outputs, width, depth, heads, unit, gain=None):
        super().__init__()
        self.planes, self.outputs, self.width, self.depth, self.heads, self.unit = planes, outputs, width, depth, heads, unit
        self.gain = torch.ones(outputs) if gain is None else gain
        self.first = nn.ParameterList([nn.Parameter(torch.randn(width, planes, 3, 3) * (1.0 / (planes * 9)) ** 0.5) for _ in range(heads)])
        self.first_bias = nn.ParameterList([nn.Parameter(torch.full((width,), 0.2)) for _ in range(heads)])
        self.trunk, self.trunk_bias = nn.ParameterList(), nn.ParameterList()
        for layer in range(depth + 1):
            size = 3 if layer < depth else 1
            self.trunk.append(nn.Parameter(torch.randn(width, width, size, size) * (1.5 / (width * size * size)) ** 0.5))
            self.trunk_bias.append(nn.Parameter(torch.full((width,), 0.05)))
        self.last = nn.ParameterList([nn.Parameter(torch.randn(outputs, width, 1, 1) * 0.02) for _ in range(heads)])
        self.last_bias = nn.ParameterList([nn.Parameter(torch.zeros(outputs)) for _ in range(heads)])
        self.growth = nn.Parameter(torch.zeros(heads, 3))

    def carry(self, head, to):
        """Let the first hidden channels carry the values to [values, planes] of the position's input planes, each as a
        pair: what is above zero, and what is below."""
        pairs = torch.stack([to, -to], 1).flatten(0, 1)
        self.first[head][:len(pairs)] = 0.0
        self.first[head][:len(pairs), :, 1, 1] = pairs
        self.first_bias[head][:len(pairs)] = 0.0
        for weight, bias in zip(self.trunk, self.trunk_bias):
            middle = weight.shape[2] // 2
            weight[:len(pairs)] = 0.0
            weight[:len(pairs), :len(pairs), middle, middle] = torch.eye(len(pairs))
            bias[:len(pairs)] = 0.0

    def put_out(self, head, output, row):
        """output = row [values] of what is carried."""
        pairs = torch.stack([row, -row], 1).flatten()
        self.last[head][output] = 0.0
        self.last[head][output, :len(pairs), 0, 0] = pairs

    def input_units(self):
        return torch.full((1, self.planes, 1, 1), self.unit)

    def last_layer(self, head):
        """Effective weight [outputs, width, 1, 1] and bias [outputs]."""
        gain = self.gain.to(self.last[head].device)
        return self.last[head] * gain.view(-1, 1, 1, 1), self.last_bias[head] * gain

    def forward(self, x, head, rounding, mixed=False):
        """x: integers over the input unit, [samples, planes, h, w] -> [samples, outputs, h, w]."""
        halo = self.depth + 1
        w = self.first[head]
        if rounding:
            w = on_grid(w / self.unit, exponents(w / self.unit, WIDE_LIMIT)) * self.unit
        with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=mixed):
            # the inputs are integers below 256 divided by their unit: exact in bf16
            x = F.conv2d(F.pad(x, (halo, halo, halo, halo)).contiguous(memory_format=torch.channels_last), w, self.first_bias[head])
            x = hidden(x, HIDDEN_UNIT, rounding)
            for w, b in zip(self.trunk, self.trunk_bias):
                if rounding:
                    w = on_grid(w, pair_exponents(w))
                x = hidden(F.conv2d(x, w, b), HIDDEN_UNIT, rounding)
        w, b = self.last_layer(head)
        if rounding:
            w = on_grid(w, exponents(w, WIDE_LIMIT))
        x = x.float().contiguous()
        out = torch.baddbmm(b.view(1, -1, 1), w.flatten(1).unsqueeze(0).expand(len(x), -1, -1), x.flatten(2))
        return out.view(len(x), -1, x.shape[2], x.shape[3])


def log_mass(z, mean, log_scale):
    """ln P of the step around z under a logistic; the first and the last step include the tails. If z is not
    yet on the grid, for a step with z in its middle."""
    inverse = torch.exp(-log_scale)
    upper, lower = (z + STEP / 2 - mean) * inverse, (z - STEP / 2 - mean) * inverse
    # sigmoid(u) - sigmoid(l) = sigmoid(u) sigmoid(-l) (1 - exp(l - u))
    below, above = F.logsigmoid(upper), F.logsigmoid(-lower)
    inside = below + above + torch.log(-torch.expm1(-STEP * inverse))
    return torch.where(z <= LEAST + STEP / 4, below, torch.where(z >= MOST - STEP / 4, above, inside))


def fold(x):
    """[samples, planes, h, w] -> [samples, 4 planes, ceil(h / 2), ceil(w / 2)]: the values of cells of 2 x 2, position
    by position. Beyond an odd edge, the last value repeats."""
    samples, planes, height, width = x.shape
    if height % 2 or width % 2:
        x = F.pad(x, (0, width % 2, 0, height % 2), mode="replicate")
    cells = x.view(samples, planes, x.shape[2] // 2, 2, x.shape[3] // 2, 2).permute(0, 3, 5, 1, 2, 4)
    return cells.reshape(samples, 4 * planes, x.shape[2] // 2, x.shape[3] // 2)


def unfold(x, height, width):
    """The inverse of fold() for height x width values."""
    samples, planes = x.shape[0], x.shape[1] // 4
    cells = x.view(samples, 2, 2, planes, x.shape[2], x.shape[3]).permute(0, 3, 4, 1, 5, 2)
    return cells.reshape(samples, planes, 2 * x.shape[2], 2 * x.shape[3])[:, :, :height, :width]


class Latents(nn.Module):
    """cells: how many rows and columns of the layer below a position of each layer represents, 1 or 2. By default, all
    layers are on the grid of z1, whose positions represent 2 x 2 pixels."""

    def __init__(self, layers=2, channels=4, width=48, depth=1, mean_gain=1.0, cells=None):
        super().__init__()
        self.layers, self.channels, self.width, self.depth, self.mean_gain = layers, channels, width, depth, mean_gain
        self.cells = tuple(cells) if cells else (2,) + (1,) * (layers - 1)
        heads = len(HEADS)
        self.posterior = nn.ModuleList()
        self.likelihood = nn.ModuleList()
        gain = torch.tensor(([mean_gain] * 3 + [1.0] * 7) * 4 * PIXELS)
        for layer in range(layers):
            pixels, each = layer == 0, self.cells[layer] ** 2
            self.posterior.append(LatentNet(3 * PIXELS if pixels else channels * each, 2 * channels, width, depth,
                                            heads if pixels else 1, 64.0 if pixels else 16.0))
            self.likelihood.append(LatentNet(channels, 40 * PIXELS if pixels else 2 * channels * each, width, depth,
                                             heads if pixels else 1, 16.0, gain if pixels else None))
        with torch.no_grad():
            # start with informative latents; the ramp of the divergence removes those that do not pay
            for net in self.posterior:
                for last, last_bias in zip(net.last, net.last_bias):
                    last[:channels].mul_(8.0)
                    last_bias[channels:].fill_(-2.0)
            for head in range(heads):
                bias = torch.zeros(PIXELS, 4, 10)
                if mean_gain > 1.0:     # apart from each other, from black to white
                    bias[:, :, 0:3] = torch.tensor([-130.0, -60.0, 40.0, 124.0]).view(1, 4, 1) / mean_gain
                bias[:, :, 3:6] = torch.tensor([1.5, 2.2, 2.9, 3.5]).view(1, 4, 1)
                if head == 0:
                    bias[:, :, 6:8] = 1.0
                self.likelihood[0].last_bias[head].copy_(bias.flatten())
            self.likelihood[0].growth.fill_(0.1)

    def shape(self):
        """The arguments with which Latents() creates such networks again."""
        return {"layers": self.layers, "channels": self.channels, "width": self.width, "depth": self.depth,
                "mean_gain": self.mean_gain, "cells": self.cells}

    def begin_with(self, other):
        """Take the layers of a model with fewer of them. The network that now predicts its last z begins near the
        previous prior; the posterior of a new layer begins as in a new model, informative."""
        with torch.no_grad():
            for mine, theirs in zip(self.posterior, other.posterior):
                mine.load_state_dict(theirs.state_dict())
            for mine, theirs in zip(self.likelihood, other.likelihood):
                mine.load_state_dict(theirs.state_dict())
                ratio = theirs.gain / mine.gain
                for last, last_bias in zip(mine.last, mine.last_bias):
                    last.mul_(ratio.view(-1, 1, 1, 1))
                    last_bias.mul_(ratio)

    def begin_as_averages(self):
        """Begin as a pyramid of averages: the first values of z1 are the mean colours of cells, those of the other
        layers the mean values of cells of the layer below, and each layer predicts what is below to be equal to its
        mean. The other values of z1 begin at random."""
        if self.width < 2 * self.channels:
            raise SystemExit("train: such a model needs a width of at least twice the channels of z")
        with torch.no_grad():
            for layer in range(self.layers):
                pixels = layer == 0
                values = 3 if pixels else self.channels
                for head in range(len(HEADS) if pixels else 1):
                    # to[value, plane] of a cell; back[plane, value]. Red and blue as half of their difference to green
                    to = torch.eye(values)
                    if pixels and HEADS[head] == "rgb":
                        to = torch.tensor([[1.0, 0, 0], [-0.5, 0.5, 0], [-0.5, 0, 0.5]])
                    back = torch.linalg.inv(to)
                    up = self.posterior[layer]
                    each = self.cells[layer] ** 2
                    up.carry(head, to.repeat(1, each) / each * (4.0 if pixels else 1.0))
                    up.last[head][values:] *= 0.1
                    up.last_bias[head][self.channels + 3:] = 0.0
                    for value in range(values):
                        up.put_out(head, value, torch.eye(values)[value])
                    down = self.likelihood[layer]
                    down.carry(head, torch.eye(self.channels))
                    for s in range(each):
                        for value in range(values):
                            row = torch.zeros(self.channels)
                            row[:values] = back[value]
                            if pixels:
                                for component in range(4):
                                    down.put_out(head, (s * 4 + component) * 10 + value, row)
                                    down.last_bias[head][(s * 4 + component) * 10 + value] = 0.0
                            else:
                                down.put_out(head, s * 2 * self.channels + value, row)

    def split(self, out):
        """The outputs of a position: all means, then all log-scales."""
        return out[:, :self.channels].clamp(LEAST - BEYOND, MOST + BEYOND), out[:, self.channels:].clamp(LOWEST, 3.0)

    def forward(self, pixels, head, channels, rounding=False, mixed=False):
        """pixels [samples, 3, H, W], H and W even, of one head; channels int32 [samples].
        Returns nats per sample, [samples] each: the divergence of every layer of latents, a list, and -ln p(x | z1);
        the sum of all is -ELBO."""
        samples = len(pixels)
        cells = fold(pixels)
        below = (cells - 128.0) / 64.0
        of_posterior, zs = [], []
        for layer in range(self.layers):
            mean, log_scale = self.split(self.posterior[layer](below, head if layer == 0 else 0, rounding, mixed))
            u = torch.rand_like(mean).clamp(1e-6, 1 - 1e-6)
            z = mean + torch.exp(log_scale) * (torch.log(u) - torch.log1p(-u))
            z = z.clamp(LEAST, MOST)
            if rounding:
                z = z + (torch.round(z / STEP) * STEP - z).detach()
            of_posterior.append(log_mass(z, mean, log_scale).flatten(1).sum(1))
            zs.append(z)
            below = fold(z) if layer + 1 < self.layers and self.cells[layer + 1] == 2 else z
        divergences = []
        for layer in range(1, self.layers):
            out = self.likelihood[layer](zs[layer], 0, rounding, mixed)
            mean, log_scale = self.split(unfold(out, *zs[layer - 1].shape[2:]) if self.cells[layer] == 2 else out)
            divergences.append(of_posterior[layer - 1] - log_mass(zs[layer - 1], mean, log_scale).flatten(1).sum(1))
        divergences.append(of_posterior[-1] - log_mass(zs[-1], zs[-1].new_zeros(()), zs[-1].new_zeros(())).flatten(1).sum(1))
        out = self.likelihood[0](zs[0], head, rounding, mixed).flatten(2)
        target = cells.reshape(samples, PIXELS, 3, -1)
        heads = torch.full((samples,), head, dtype=torch.int32, device=pixels.device)
        pixel_nats = likelihood(out, self.likelihood[0].growth, target, torch.full_like(target, 128.0), heads, channels)
        return divergences, pixel_nats


def load_latents(path):
    """A checkpoint of scripts/train --latents, and its networks, on the CPU."""
    saved = torch.load(path, map_location="cpu")
    latents = Latents(**saved.get("shape", {"layers": saved.get("layers"), "channels": saved.get("channels")}))
    latents.load_state_dict(saved["net"])
    return saved, latents
