# SPDX-License-Identifier: MIT
"""A plugin for Pillow: after `import bswz.pillow`, Image.open("x.bsw") and image.save("x.bsw") work.

What is opened has the size, and one of the modes L, LA, RGB, RGBA and I (grey of more than 8 bits). Pixels, and what
PNG and JPEG files say in addition (icc_profile, exif, dpi, text), are read when they are first needed: by load(), like
most of what Pillow does. Image.thumbnail() and Image.draft() decode only every second, fourth, eighth or sixteenth row
and column. A stream that holds another file that Pillow knows, such as an animated GIF, gives that file's first image.

save(level=1 ... 9, and the options of Pillow's PNG format) writes a stream that restores to a PNG file.
"""
from __future__ import annotations

import io
from typing import Any, Optional, Tuple

from PIL import Image, ImageFile

import bswz

FORMAT = "BSW"
MAGIC = b"\xb5BSW\r\n\x1a\n"

#: The largest size of a file, not a picture, that is restored to be opened.
LIMIT = 1 << 30


def _accept(prefix: bytes) -> bool:
    return prefix[: len(MAGIC)] == MAGIC


class BswImageFile(ImageFile.ImageFile):
    """A picture in a .bsw file."""

    format = FORMAT
    fp: Any
    format_description = "bswz: lossless picture compression"

    def _open(self) -> None:
        stream: bytes = self.fp.read()
        self._stream: Optional[bytes] = stream
        self._scale = 0
        self._inner: Any = None
        try:
            self._found = bswz.info(stream)
            if self._found.has_pixels:
                self._describe(self._mode_of(self._found), (self._found.width, self._found.height))
            else:
                restored = bswz.decompress(stream, limit=LIMIT)
                if _accept(restored):  # no stream in a stream in ...
                    raise SyntaxError("not a picture")
                self._inner = Image.open(io.BytesIO(restored))
                self._describe(self._inner.mode, self._inner.size)
                self.info.update(self._inner.info)
        except bswz.Error as problem:
            raise SyntaxError(str(problem)) from problem  # by which Pillow knows that this is none
        self.tile: Any = []

    def _describe(self, mode: str, size: Tuple[int, int]) -> None:
        self._size = size
        if hasattr(Image.Image, "_mode") or not isinstance(getattr(Image.Image, "mode", None), property):
            self.mode = mode
        else:
            self._mode = mode

    @staticmethod
    def _mode_of(found: bswz.Info) -> str:
        if found.channels == 1 and found.depth > 8:
            return "I"
        return ("L", "LA", "RGB", "RGBA")[found.channels - 1]

    def draft(self, mode: Optional[str], size: Optional[Tuple[int, int]]) -> Any:
        """Choose the smallest scale that is at least as large as size; mode is not used."""
        if size is None or not self._found.has_pixels or self._stream is None:
            return None
        self._scale, whole = 0, (self._found.width, self._found.height)
        while self._scale < 4 and all(whole[i] / 2 ** (self._scale + 1) >= size[i] for i in range(2)):
            self._scale += 1
        step = 1 << self._scale
        self._size = (-(-whole[0] // step), -(-whole[1] // step))
        return self.mode, (0, 0, whole[0] / step, whole[1] / step)

    def _decoded(self, stream: bytes) -> Any:
        """The picture as PNG or JPEG, with what these say; or, if PNG cannot hold it, only its pixels."""
        target = "source" if self._found.format == "JPEG" and self._scale == 0 else "png"
        try:
            return Image.open(io.BytesIO(bswz.decompress(stream, to=target, scale=self._scale)))
        except bswz.Error as problem:
            if problem.status != bswz.Status.ARGUMENT:
                raise OSError(str(problem)) from problem
        is_deep = self.mode == "I"
        samples = memoryview(bswz.decode(stream, scale=self._scale, bits=16 if is_deep else 8)).tobytes()
        return Image.frombytes(self.mode, self.size, samples, "raw", "I;16N" if is_deep else self.mode)

    def load(self) -> Any:
        if self._stream is not None:
            inner = self._inner or self._decoded(self._stream)
            inner.load()
            for name, value in inner.info.items():
                if name not in ("transparency", "palette"):
                    self.info.setdefault(name, value)
            if inner.mode != self.mode:
                inner = inner.convert(self.mode)
            self.im = inner.im
            self.palette = inner.palette
            self.pyaccess = None
            self._stream = self._inner = None
            self._close_file()
        return Image.Image.load(self)

    def _close_file(self) -> None:
        if getattr(self, "_exclusive_fp", False) and self.fp is not None:
            self.fp.close()
        self.fp = None


def _save(image: Image.Image, file: Any, _: Any) -> None:
    options = dict(image.encoderinfo)
    level = options.pop("level", 5)
    options.pop("compress_level", None)
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=0, **options)
    file.write(bswz.compress(png.getvalue(), level))


Image.register_open(FORMAT, BswImageFile, _accept)
Image.register_save(FORMAT, _save)
Image.register_extension(FORMAT, ".bsw")
Image.register_mime(FORMAT, "image/x-bswz")
