"""The latent part: x^n under z1 ... zL, nested, each layer factorised given the one above.

The twin of src/pipeline/latents.c.  A position stands for 2 x 2 pixels; z has `channels`
values a position, on a grid of steps of 1/16 in the codec and continuous here.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from .fused import hidden, likelihood
from .net import HEADS, HIDDEN_UNIT, WIDE_LIMIT, exponents, on_grid, pair_exponents

STEP = 1.0 / 16.0
PIXELS = 4          # of a position
LOWEST = math.log(STEP)


class LatentNet(nn.Module):
    """planes -> first 3x3 -> (3x3) * depth -> 1x1 -> last 1x1, zeros outside the tile."""

    def __init__(self, planes, outputs, width, depth, heads, unit):
        super().__init__()
        self.planes, self.outputs, self.width, self.depth, self.heads, self.unit = planes, outputs, width, depth, heads, unit
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

    def input_units(self):
        return torch.full((1, self.planes, 1, 1), self.unit)

    def forward(self, x, head, rounding):
        """x: integers over the input unit, [samples, planes, h, w] -> [samples, outputs, h, w]."""
        halo = self.depth + 1
        w = self.first[head]
        if rounding:
            w = on_grid(w / self.unit, exponents(w / self.unit, WIDE_LIMIT)) * self.unit
        x = F.conv2d(F.pad(x, (halo, halo, halo, halo)), w, self.first_bias[head])
        x = hidden(x, HIDDEN_UNIT, rounding)
        for w, b in zip(self.trunk, self.trunk_bias):
            if rounding:
                w = on_grid(w, pair_exponents(w))
            x = hidden(F.conv2d(x, w, b), HIDDEN_UNIT, rounding)
        w = self.last[head]
        if rounding:
            w = on_grid(w, exponents(w, WIDE_LIMIT))
        return F.conv2d(x, w, self.last_bias[head])


def log_density(z, mean, log_scale):
    """Of a logistic."""
    t = (z - mean) * torch.exp(-log_scale)
    return -t - log_scale - 2.0 * F.softplus(-t)


class Top(nn.Module):
    def __init__(self, layers=2, channels=4, width=48, depth=1):
        super().__init__()
        self.layers, self.channels, self.width, self.depth = layers, channels, width, depth
        heads = len(HEADS)
        self.posterior = nn.ModuleList()
        self.likelihood = nn.ModuleList()
        for layer in range(layers):
            pixels = layer == 0
            self.posterior.append(LatentNet(3 * PIXELS if pixels else channels, 2 * channels, width, depth,
                                            heads if pixels else 1, 64.0 if pixels else 16.0))
            self.likelihood.append(LatentNet(channels, 40 * PIXELS if pixels else 2 * channels, width, depth,
                                             heads if pixels else 1, 16.0))
        with torch.no_grad():
            # begin with informative latents; the ramp of the divergence prunes what does not pay
            for net in self.posterior:
                for last, last_bias in zip(net.last, net.last_bias):
                    last[:channels].mul_(8.0)
                    last_bias[channels:].fill_(-2.0)
            for head in range(heads):
                bias = torch.zeros(PIXELS, 4, 10)
                bias[:, :, 3:6] = torch.tensor([1.5, 2.2, 2.9, 3.5]).view(1, 4, 1)
                if head == 0:
                    bias[:, :, 6:8] = 1.0
                self.likelihood[0].last_bias[head].copy_(bias.flatten())
            self.likelihood[0].growth.fill_(0.1)

    def split(self, out):
        """A position's outputs: all means, then all log-scales."""
        return out[:, :self.channels], out[:, self.channels:].clamp(LOWEST, 3.0)

    def forward(self, pixels, head, channels, rounding=False):
        """pixels [samples, 3, H, W], H and W even, of one head; channels int32 [samples].
        Returns nats a sample: the divergence of the latents and -ln p(x | z1); their sum is -ELBO."""
        samples, _, height, width = pixels.shape
        cells = pixels.view(samples, 3, height // 2, 2, width // 2, 2).permute(0, 3, 5, 1, 2, 4)
        below = (cells.reshape(samples, 12, height // 2, width // 2) - 128.0) / 64.0
        divergence, zs = 0.0, []
        for layer in range(self.layers):
            mean, log_scale = self.split(self.posterior[layer](below, head if layer == 0 else 0, rounding))
            u = torch.rand_like(mean).clamp(1e-6, 1 - 1e-6)
            z = mean + torch.exp(log_scale) * (torch.log(u) - torch.log1p(-u))
            if rounding:
                z = z + (torch.round(z / STEP) * STEP - z).detach()
            z = z.clamp(-8.0, 127 * STEP)
            divergence = divergence + log_density(z, mean, log_scale).flatten(1).sum(1)
            zs.append(z)
            below = z
        for layer in range(1, self.layers):
            mean, log_scale = self.split(self.likelihood[layer](zs[layer], 0, rounding))
            divergence = divergence - log_density(zs[layer - 1], mean, log_scale).flatten(1).sum(1)
        divergence = divergence - log_density(zs[-1], torch.zeros(()), torch.zeros(())).flatten(1).sum(1)
        out = self.likelihood[0](zs[0], head, rounding).flatten(2)
        target = cells.reshape(samples, PIXELS, 3, -1)
        heads = torch.full((samples,), head, dtype=torch.int32)
        pixel_nats = likelihood(out, self.likelihood[0].growth, target, torch.full_like(target, 128.0), heads, channels)
        return divergence, pixel_nats
