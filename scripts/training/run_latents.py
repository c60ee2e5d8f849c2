# SPDX-License-Identifier: MIT
"""Train the latent part of a model: for the coarsest image of a lattice, or, without a lattice, for whole pictures
(photographs in tiles, or MNIST)."""
import gzip
import math
import os

import numpy as np
import torch

from . import data
from .latents import Latents, load_latents
from .net import HEADS
from .session import Session

JFIF = 1    # also the head for grey pictures
MNIST_SIDE, MNIST_HEADER = 28, 16
RAMP = 0.3  # the fraction of the time after which the divergence has its full weight
FREE, FREE_UNTIL = 0.03, 0.4    # bits per value that a new layer may use for free, until this fraction of the time


class Mnist:
    """Batches of the training images, in a new order each time."""

    def __init__(self, folder, samples, seed, limit):
        with gzip.open(os.path.join(folder, "mnist", "train-images-idx3-ubyte.gz")) as handle:
            raw = np.frombuffer(handle.read(), np.uint8, offset=MNIST_HEADER)
        self.images = raw.reshape(-1, MNIST_SIDE, MNIST_SIDE)[:limit]
        self.samples, self.random, self.order = samples, np.random.default_rng(seed), []

    def batch(self):
        """pixels [samples, 3, side, side], chroma 128; head; channels [samples]."""
        if len(self.order) < self.samples:
            self.order = list(self.random.permutation(len(self.images)))
        chosen, self.order = self.order[:self.samples], self.order[self.samples:]
        pixels = np.full((len(chosen), 3, MNIST_SIDE, MNIST_SIDE), 128, np.float32)
        pixels[:, 0] = self.images[chosen]
        return torch.from_numpy(pixels), JFIF, torch.ones(len(chosen), dtype=torch.int32)


class Photos:
    """Batches of crops of lattice level n; now and then of the level below it, in which the same networks see
    more. All crops of a batch have the same head."""

    NAMES = [("jpeg_rgb", "lossless_rgb"), ("jpeg_ycc",), ("lossless_pycc",)]

    def __init__(self, options, seed):
        self.groups = data.load(options.data, limit=options.limit)
        self.level, self.samples, self.side = options.lattice, options.samples, options.size
        counts = np.array([float(n) for n in options.counts.split(",")])
        self.shares = counts / counts.sum()
        self.random = np.random.default_rng(seed)

    def batch(self):
        """pixels [samples, 3, side, side] of one head; head; channels [samples]."""
        random = self.random
        head = random.choice(len(HEADS), p=self.shares)
        level, side = self.level, self.side
        if level > 0 and random.random() < 0.5:
            level, side = level - 1, 2 * side
        step, out, channels, tries = 1 << level, [], [], 0
        names = self.NAMES[head]
        pictures = self.groups[names[random.integers(len(names))]]
        while len(out) < self.samples:
            tries += 1
            if tries > data.TRIES:
                raise SystemExit("train: no %s picture is large enough" % HEADS[head])
            planes = pictures[random.integers(len(pictures))]
            start = random.integers(0, step, 2)
            planes = planes[:, start[0]::step, start[1]::step]
            room = np.array(planes.shape[1:]) - side
            if (room < 0).any():
                continue
            at = random.integers(0, room + 1)
            one = planes[:, at[0]:at[0] + side, at[1]:at[1] + side].astype(np.float32)
            grey = head == JFIF and random.random() < 0.12
            if grey:
                one[1:] = 128.0
            if random.random() < 0.5:
                one = one[:, :, ::-1]
            out.append(one)
            channels.append(1 if grey else 3)
        return torch.from_numpy(np.stack(out)), int(head), torch.tensor(channels, dtype=torch.int32)


def run(options):
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # means of whole pictures range from black to white
    latents = Latents(options.latents, options.channels, options.width, options.depth, 16.0,
                      [int(n) for n in options.cells.split(",")] if options.cells else None).to(device)
    session = Session(latents, options.out, "latents", options, {"shape": latents.shape()})
    if options.averages and not session.resumed:
        latents.begin_as_averages()
    known = options.latents
    if options.start:
        below = load_latents(options.start)[1]
        known = below.layers
        if not session.resumed:
            latents.begin_with(below)
    seed = options.seed * 1000003 + session.iteration
    mnist = options.pictures == "mnist"
    pictures = Mnist(options.data, options.samples, seed, options.limit) if mnist else Photos(options, seed)
    sums = np.zeros((len(HEADS), options.latents + 2))     # divergences, pixels, number of coded values

    def rounding():
        return session.progress() > options.rounding_from

    def loss():
        pixels, head, channels = pictures.batch()
        pixels, channels = pixels.to(device), channels.to(device)
        divergences, of_pixels = latents(pixels, head, channels, rounding(), not options.no_mixed)
        coded = float(channels.sum()) * pixels.shape[2] * pixels.shape[3]
        sums[head] += [float(d.sum()) / math.log(2) for d in divergences] + [float(of_pixels.sum()) / math.log(2), coded]
        # otherwise, latents that do not yet pay for themselves would be dropped at once
        ramp = 1.0 if options.start else min(1.0, 0.1 + session.progress() / RAMP)
        free = FREE * math.log(2) * coded * max(0.0, 1.0 - session.progress() / FREE_UNTIL)
        divergence = sum(d.sum() if layer < known else d.sum().clamp_min(free) for layer, d in enumerate(divergences))
        return (ramp * divergence + of_pixels.sum()) / coded

    def report():
        parts = []
        for name, row in zip(HEADS, sums):
            if row[-1] > 0:
                rates = row[:-1] / row[-1]
                parts.append("%s %.4f (pixels %.3f, z %s)" % (name, rates.sum(), rates[-1], " ".join("%.3f" % r for r in rates[:-1])))
        sums[:] = 0
        return " ".join(parts) + (" rounded" if rounding() else "")

    session.run(loss, report)
