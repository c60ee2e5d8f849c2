# SPDX-License-Identifier: MIT
"""Training pictures: decoded once to planes, then cut into crops.

A group is a list of pictures as uint8 arrays [3, H, W] in the planes of one origin,
with a flag that says whether an 8x8 JPEG grid starts at their corner.
"""
import os

import numpy as np
from PIL import Image

MARGIN = 12     # the cells at the edges of a picture repeat this far, so that crops may reach beyond them

TRIES = 1000    # random pictures until one must have been large enough


def photoycc(rgb):
    """RGB [3, H, W] -> PhotoYCC planes with chroma at half resolution, interpolated."""
    r, g, b = rgb.astype(np.float64)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    planes = [y / 1.3584, (b - y) / 2.2179 + 156.0, (r - y) / 1.8215 + 137.0]
    out = np.clip(np.round(np.stack(planes)), 0, 255).astype(np.int32)
    h, w = (rgb.shape[1] // 2) * 2, (rgb.shape[2] // 2) * 2
    out = out[:, :h, :w]
    for c in (1, 2):
        small = (out[c, 0::2, 0::2] + out[c, 1::2, 0::2] + out[c, 0::2, 1::2] + out[c, 1::2, 1::2] + 2) >> 2
        right = np.concatenate([small[:, 1:], small[:, -1:]], 1)
        below = np.concatenate([small[1:], small[-1:]], 0)
        corner = np.concatenate([right[1:], right[-1:]], 0)
        out[c, 0::2, 0::2] = small
        out[c, 0::2, 1::2] = (small + right + 1) >> 1
        out[c, 1::2, 0::2] = (small + below + 1) >> 1
        out[c, 1::2, 1::2] = (small + right + below + corner + 2) >> 2
    return out.astype(np.uint8)


def _planes(image):
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))


def jpeg_planes(path):
    """The YCbCr planes from libjpeg before its colour conversion."""
    image = Image.open(path)
    if image.mode != "RGB":
        return None
    image.draft("YCbCr", image.size)
    image.load()
    return _planes(image) if image.mode == "YCbCr" else _planes(image.convert("YCbCr"))


def luma(image, number):
    """A grey picture [1, H, W] from a colour one: by Rec. 601 like most programs, a fourth of them by Rec. 709."""
    if number % 4 == 3:
        image = image.convert("RGB", (0.2126, 0.7152, 0.0722, 0) * 3).getchannel(0)
    return np.asarray(image.convert("L"))[None].copy()


def smaller(image, number):
    """A JPEG photograph at half to four fifths of its size, which removes all traces of its grid."""
    scale = 0.5 + 0.3 * (number * 0.618 % 1.0)
    size = [max(1, round(side * scale)) for side in image.size]
    return image.resize(size, (Image.LANCZOS, Image.BICUBIC, Image.BOX)[number % 3])


def load_grey(root, which="train", limit=None):
    """Groups by name, of grey pictures [1, H, W]: grey, without a grid, and grey_grid, the luma of decoded JPEG
    files. A third of the training pictures without a grid are downscaled JPEG photographs."""
    groups = {"grey": [], "grey_grid": []}
    folder = os.path.join(root, which, "jpeg")
    for number, name in enumerate(sorted(os.listdir(folder))[:limit]):
        image = Image.open(os.path.join(folder, name)).convert("RGB")
        groups["grey_grid"].append(luma(image, number))
        if which == "train" and number % 3 == 0:
            groups["grey"].append(luma(smaller(image, number), number))
    folder = os.path.join(root, which, "lossless")
    for number, name in enumerate(sorted(os.listdir(folder))[:limit]):
        groups["grey"].append(luma(Image.open(os.path.join(folder, name)).convert("RGB"), number))
    return groups


def load(root, which="train", limit=None):
    """Groups by name: jpeg_ycc, jpeg_rgb (G, R, B), lossless_rgb (G, R, B), lossless_pycc."""
    groups = {"jpeg_ycc": [], "jpeg_rgb": [], "lossless_rgb": [], "lossless_pycc": []}
    folder = os.path.join(root, which, "jpeg")
    for name in sorted(os.listdir(folder))[:limit]:
        ycc = jpeg_planes(os.path.join(folder, name))
        if ycc is None:
            continue
        groups["jpeg_ycc"].append(ycc)
        rgb = _planes(Image.open(os.path.join(folder, name)).convert("RGB"))
        groups["jpeg_rgb"].append(rgb[[1, 0, 2]])
    for part in ("lossless", "synthetic"):
        folder = os.path.join(root, which, part)
        for name in sorted(os.listdir(folder))[:limit]:
            rgb = _planes(Image.open(os.path.join(folder, name)).convert("RGB"))
            if min(rgb.shape[1:]) < 48:
                continue
            groups["lossless_rgb"].append(rgb[[1, 0, 2]])
            if part == "lossless":
                groups["lossless_pycc"].append(photoycc(rgb))
    return groups


def repeat_cells(start, count, size):
    """The rows start, start + 1 ... of a picture of `size` rows whose 2 x 2 cells repeat beyond
    its edges, as in the codec: a repeats a, d repeats d."""
    index = np.arange(start, start + count)
    cell = np.clip(index // 2, 0, (size - 1) // 2)
    return np.minimum(2 * cell + index % 2, size - 1)


class Sampler:
    """Random crops of lattice level `level`, ordered by head.

    size: positions of a crop on the grid of the pass; the crop has 2 (size + 2 halo + 2) rows.
    grid_share: of the RGB crops, how many come from JPEG files.
    grey: the group of all crops for the JFIF head, if not JPEG planes.
    """

    def __init__(self, groups, level, size, halo, counts, seed, grid_share=0.4, grey=None):
        self.groups, self.level, self.counts, self.grid_share = groups, level, counts, grid_share
        self.grey = grey
        self.side = 2 * (size + 2 * halo + 2)
        self.biased = size + 2 * halo - 2       # outputs of the first layer, in each direction
        self.random = np.random.default_rng(seed)

    def _crop(self, name, aligned):
        """One crop and the grid position (row, column modulo 8) of its first pixel in x0."""
        pictures = self.groups[name]
        random, step = self.random, 1 << self.level
        for _ in range(TRIES):
            planes = pictures[random.integers(len(pictures))]
            # where the lattice starts: on the grid, or anywhere for phases of every kind
            start = np.zeros(2, int) if aligned else random.integers(0, 8, 2)
            if name == "lossless_pycc" and self.level == 0:
                start &= ~1     # the lattice is aligned with the known chroma
            lattice = planes[:, start[0]::step, start[1]::step]
            room = np.array(lattice.shape[1:]) + 2 * MARGIN - self.side
            if (room >= 0).all():
                break
        else:
            raise SystemExit("no picture of %s is large enough" % name)
        at = random.integers(0, room // 2 + 1) * 2
        # cut with edges repeated, without padding the whole picture
        rows = repeat_cells(at[0] - MARGIN, self.side, lattice.shape[1])
        columns = repeat_cells(at[1] - MARGIN, self.side, lattice.shape[2])
        crop = lattice[:, rows[:, None], columns[None, :]]
        first = (start + (at - MARGIN) * step) % 8
        return crop, first

    def batch(self):
        """pixels [samples, 3, side, side], grid rows and columns int32 [samples, size + 2 halo - 2]
        (0 ... 7, -1 without a grid), channels [samples]."""
        random = self.random
        total = sum(self.counts)
        pixels = np.empty((total, 3, self.side, self.side), np.float32)
        grid = np.full((2, total, self.biased), -1, np.int32)
        channels = np.full(total, 3, np.int32)
        index = 0
        for head, count in enumerate(self.counts):
            for number in range(count):
                gridded, mirrored = True, random.random() < 0.5
                if head == 0:
                    gridded = random.random() < self.grid_share
                    crop, first = self._crop("jpeg_rgb" if gridded else "lossless_rgb", random.random() < 0.5)
                    if gridded and self.grid_share < 1.0 and random.random() < 0.1:
                        gridded = False     # a grid that the encoder did not find
                elif head == 1 and self.grey:
                    gridded = self.grey == "grey_grid"
                    crop, first = self._crop(self.grey, random.random() < 0.5)
                    channels[index] = 1
                elif head == 1:
                    grey = random.random() < 0.12
                    if grey and random.random() < 0.5:
                        gridded = False
                        crop, first = self._crop("lossless_rgb", False)
                    else:
                        crop, first = self._crop("jpeg_ycc", random.random() < 0.7)
                    if grey:
                        channels[index] = 1
                        crop = crop[:1]
                else:
                    gridded = False
                    crop, first = self._crop("lossless_pycc", False)
                    if self.level == 0:
                        channels[index] = 1
                if mirrored and not gridded and head != 2:
                    crop = crop[:, :, ::-1]
                pixels[index] = 128.0
                pixels[index, :len(crop)] = crop
                if gridded:
                    step = 2 << self.level
                    # the first layer's outputs start two cells into the crop
                    offset = first + 2 * step
                    for axis in (0, 1):
                        grid[axis, index] = (offset[axis] + step * np.arange(self.biased)) % 8
                index += 1
        return pixels, grid[0], grid[1], channels
