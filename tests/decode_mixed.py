# SPDX-License-Identifier: MIT
"""
Mixed pictures, for the decoder in decode.py, following bsw(5): some blocks are drawn, the others coded with the
model, which sees the drawn ones.
"""
import numpy as np

from decode_drawn import decode_drawing
from decode_fields import need
from decode_planes import BandOfPlanes, limit, to_rgb


class BandOfMixed(BandOfPlanes):
    def samples(self, colours, rows):
        """The samples of the band."""
        payload, width, channels = self.payload, self.picture.width, self.picture.channels
        origin = colours & 3
        need(origin in (0, 1, 3) and colours >> 2 in ((0, 8) if origin == 1 else (0,)), "kind of colours")
        blocks = (width + 31) // 32, (rows + 31) // 32
        drawn = decode_drawing(payload.take(payload.varint()), *blocks, 1, False)
        drawn = np.frombuffer(drawn, np.uint8).reshape(blocks[1], -1).repeat(32, 0).repeat(32, 1)[:rows, :width] != 0
        samples = decode_drawing(payload.take(payload.varint()), width, rows, channels, self.picture.indexed,
                                 known=lambda x, y: not drawn[y, x])
        samples = np.frombuffer(samples, np.uint8).astype(np.int64).reshape(rows, width, channels)
        exceptions = self.exceptions(rows) if colours & 32 else None
        planes = np.moveaxis(samples[:, :, [0] if origin == 3 else [1, 0, 2]], 2, 0).copy()
        if origin == 1:
            for y, x in zip(*drawn.nonzero()):
                planes[:, y, x] = nearest_planes(*samples[y, x, :3].tolist())
        planes = self.coded(rows, len(planes), 4 if origin == 3 else origin, False, (planes, drawn))
        colours = planes[0][:, :, None] if origin == 3 else np.ascontiguousarray(to_rgb(origin, planes))
        if exceptions is not None:
            exceptions.apply(colours)
        out = samples.copy()
        count = channels - (channels % 2 == 0)
        out[:, :, :count] = np.where(drawn[:, :, None], samples[:, :, :count], colours)
        if channels % 2 == 0:
            alpha = self.single_plane(rows, False, (samples[None, :, :, -1].copy(), drawn))
            out[:, :, -1] = np.where(drawn, samples[:, :, -1], alpha)
        need(payload.rest() == b"", "size of a payload")
        return out.astype(np.uint8).tobytes()


def chroma(value, y, factor):
    s, t = 4 * (32768 - 128 * factor), 4 * 255 * factor
    return limit((((value - y << 18) + (1 << 17) - s) * ((255 << 40) // t) + (1 << 39)) >> 40, 0, 255)


def nearest_planes(red, green, blue):
    rounded, first = 19595 * red + 38470 * green + 7471 * blue + 32768 >> 16, None
    for y in (rounded, rounded - 1, rounded + 1):
        if not 0 <= y <= 255:
            continue
        cb, cr = chroma(blue, y, 116130), chroma(red, y, 91881)
        if y == rounded:
            first = y, cb, cr
        b, r = cb - 128, cr - 128
        if (red, green, blue) == (y + (91881 * r + 32768 >> 16), y + (32768 - 22554 * b - 46802 * r >> 16),
                                  y + (116130 * b + 32768 >> 16)):
            return y, cb, cr
    return first
