# SPDX-License-Identifier: MIT
"""Lossless picture compression with libbswz.

    stream = bswz.compress(open("photo.png", "rb").read())      # any bytes
    png = bswz.decompress(stream)                               # a PNG file with the same pixels
    array = bswz.decode(stream)                                 # its pixels: shape (height, width, 3), uint8
    small = bswz.decode(stream, scale=3)                        # every 8th row and column
    stream = bswz.encode(array)                                 # pixels to a stream; it restores to a PNG file
    with bswz.open("photos.tar.bsw") as tar: ...                # a file object; also for writing
    bits = bswz.map(stream)[0].bits                             # where the bits go: one number for each tile

`import bswz.pillow` makes Pillow read and write .bsw files.

Arrays are those of numpy if it is installed, and memoryviews of the same shape otherwise. The library decodes and
encodes without holding the interpreter's lock, with one thread per core unless `threads` says otherwise; the result
does not depend on that.

Every function raises bswz.Error if the library reports one (MemoryError if memory ran out, and TypeError or ValueError
for arguments of the wrong kind).
"""
from __future__ import annotations

import builtins
import ctypes
import dataclasses
import os
import struct
import sys
from typing import Any, ClassVar, List, Optional, Tuple, Union

from . import _library
from ._files import BswFile, open  # pylint: disable=redefined-builtin
from ._library import Error, Status

__all__ = [
    "BswFile", "Error", "Info", "Map", "Status", "compress", "decode", "decompress", "encode", "info", "map", "open", "version",
]  # fmt: skip

Bytes = Union[bytes, bytearray, memoryview]
TARGETS = {"source": 0, "png": 1, "ppm": 2, "pam": 3, "raw": 4, "webp": 5}


def version() -> str:
    """The version of the library, such as "0.1.0"."""
    return str(_library.lib.bswz_version().decode())


def _compress_options(level: int, threads: int, exact: bool, origin: bool) -> _library.CompressOptions:
    if not 1 <= level <= 9:
        raise ValueError("the level is 1 to 9")
    if threads < 0:
        raise ValueError("the number of threads is 0 (one per core) or more")
    return _library.CompressOptions(
        size=ctypes.sizeof(_library.CompressOptions), level=level, threads=threads, exact=exact, no_origin=not origin)


def _decompress_options(threads: int, scale: int, rescue: bool, to: str = "source") -> _library.DecompressOptions:
    if not 0 <= scale <= 4:
        raise ValueError("the scale is 0 to 4, for 1 to 1/16")
    if threads < 0:
        raise ValueError("the number of threads is 0 (one per core) or more")
    if to not in TARGETS:
        raise ValueError("the target is one of " + ", ".join(TARGETS))
    return _library.DecompressOptions(size=ctypes.sizeof(_library.DecompressOptions), threads=threads, scale=scale,
                                      rescue=rescue, target=TARGETS[to])


def compress(data: Bytes, level: int = 5, *, threads: int = 0, exact: bool = False, origin: bool = True) -> bytes:
    """Compress bytes of any kind to a stream.

    A single picture (PNG, JPEG, WebP, ...) restores to the same pixels in its own format, or to the same bytes with
    exact; everything else restores to the same bytes. level: 1 (fast) to 9 (small). origin=False codes RGB as RGB.
    """
    options = _compress_options(level, threads, exact, origin)
    source, error = _library.MemoryInput(bytes(data)), _library.CError()
    with _library.MemoryOutput() as result:
        _library.check(_library.lib.bswz_compress(source.input, result.output, options, error), error)
        return result.take()


def decompress(data: Bytes, *, to: str = "source", scale: int = 0, threads: int = 0, limit: int = 0) -> bytes:
    """Restore what was compressed.

    to: "source", or the format in which pictures are written: "png", "ppm", "pam", "raw" or "webp". scale: 0 to 4, only
    every 2**scale-th row and column of pictures. limit: the largest size of the result in bytes, 0: none; Error with
    Status.WRITE if it is larger.
    """
    options = _decompress_options(threads, scale, False, to)
    source, error = _library.MemoryInput(bytes(data)), _library.CError()
    with _library.MemoryOutput(limit) as result:
        _library.check(_library.lib.bswz_decompress(source.input, result.output, options, error), error)
        return result.take()


@dataclasses.dataclass(frozen=True)
class Info:
    """What a stream holds; from width on, its first picture (0 and None if there is none)."""

    compressed_size: int
    restored_size: int
    pictures: int  #: the number of parts that are pictures
    others: int  #: and of those that are not
    has_pixels: bool  #: a single picture, which decode() takes
    width: int
    height: int
    channels: int  #: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; palettes count as expanded
    depth: int  #: bits of a sample in the source, 1 to 16
    maxval: int  #: the largest possible sample
    band_rows: int  #: rows that are coded together
    format: Optional[str]  #: "PNG", "JPEG", ...
    promise: Optional[str]  #: "pixels" or "bytes": what comes back exactly


def info(data: Union[Bytes, str, "os.PathLike[str]"]) -> Info:
    """Describe a stream, given as bytes or as the name of a file, without decoding it."""
    if isinstance(data, (str, os.PathLike)):
        with builtins.open(data, "rb") as file:
            data = file.read()
    source, error = _library.MemoryInput(bytes(data)), _library.CError()
    found = _library.CInfo(size=ctypes.sizeof(_library.CInfo))
    _library.check(_library.lib.bswz_get_info(source.input, found, error), error)
    values = {field.name: getattr(found, field.name) for field in dataclasses.fields(Info)}
    values["has_pixels"] = bool(found.has_pixels)
    for name in ("format", "promise"):
        values[name] = values[name].decode() if values[name] is not None else None
    return Info(**values)


def encode(array: Any, level: int = 5, *, threads: int = 0, origin: bool = True) -> bytes:
    """Compress pixels to a stream that restores to a PNG file.

    array: a numpy array, or any other object with such a buffer, of shape (height, width), or (height, width, channels)
    with 1 to 4 channels: grey, grey and alpha, RGB, RGB and alpha; dtype uint8 or uint16 (native byte order), 0 to 255
    or 65535. TypeError: another dtype. ValueError: another shape.
    """
    view = memoryview(array)
    if view.format not in ("B", "H", "=H", "@H", "<H" if sys.byteorder == "little" else ">H"):
        raise TypeError(f"pixels are uint8 or uint16 in native byte order, not of format {view.format!r}")
    shape: Any = view.shape
    if len(shape) not in (2, 3) or 0 in shape or (len(shape) == 3 and shape[2] > 4):
        raise ValueError(f"pixels have the shape (height, width) or (height, width, 1 ... 4), not {shape}")
    if max(shape) > 0xFFFFFFFF:
        raise ValueError(f"{shape} is too large")
    samples = view.tobytes()
    pixels = _library.CPixels(
        size=ctypes.sizeof(_library.CPixels), height=shape[0], width=shape[1],
        channels=shape[2] if len(shape) == 3 else 1, bits=8 * view.itemsize,
        samples=ctypes.cast(ctypes.c_char_p(samples), ctypes.c_void_p))
    options, error = _compress_options(level, threads, False, origin), _library.CError()
    with _library.MemoryOutput() as result:
        _library.check(_library.lib.bswz_compress_pixels(pixels, result.output, options, error), error)
        return result.take()


def decode(data: Bytes, *, scale: int = 0, rows: Optional[Tuple[int, int]] = None, channels: int = 0, bits: int = 0,
           threads: int = 0, rescue: bool = False) -> Any:
    """Restore a stream that is a single picture (Info.has_pixels) to its pixels.

    Returns an array of shape (height, width) if there is one channel, else (height, width, channels); dtype uint8 if
    samples have at most 8 bits, else uint16. Samples are those of the source, 0 to Info.maxval, with palettes expanded.

    scale: 0 to 4, only every 2**scale-th row and column: the height is ceil(height / 2**scale). rows=(first, end): only
    these rows, at that scale; other bands of rows are not decoded. channels: 1 to 4; grey becomes colour, alpha
    is added as opaque or left out. bits: 8 or 16, samples are scaled to 0 to 255 or 65535 and rounded. rescue: restore
    a truncated or damaged stream as far as possible instead of raising Error.
    """
    options, error = _decompress_options(threads, scale, rescue), _library.CError()
    if channels not in (0, 1, 2, 3, 4) or bits not in (0, 8, 16):
        raise ValueError("there are 1 to 4 channels of 8 or 16 bits")
    pixels = _library.CPixels(size=ctypes.sizeof(_library.CPixels), channels=channels, bits=bits)
    if rows is not None:
        first, end = rows
        if not 0 <= first < end <= 0xFFFFFFFF:
            raise ValueError("rows are (first, end), with 0 <= first < end")
        pixels.first_row, pixels.height = first, end - first
    source = _library.MemoryInput(bytes(data))
    try:
        status = _library.lib.bswz_decompress_pixels(source.input, pixels, options, error)
        if not (rescue and status in (Status.TRUNCATED, Status.CORRUPT, Status.VERSION) and pixels.samples):
            _library.check(status, error)
        found = bytearray(_library.memory_at(pixels.samples, pixels.height * pixels.stride))
    finally:
        _library.lib.bswz_free(pixels.samples)
    shape = [pixels.height, pixels.width] + ([pixels.channels] if pixels.channels > 1 else [])
    return _array(memoryview(found).cast("B" if pixels.bits == 8 else "H", shape))


def _array(view: memoryview) -> Any:
    try:
        import numpy
    except ImportError:
        return view
    return numpy.asarray(view)


@dataclasses.dataclass(frozen=True, eq=False)
class Map:
    """Where in a picture its bits go: in tiles of 32 x 32 pixels, those at the right and lower edge may be smaller."""

    TILE: ClassVar[int] = 32

    width: int  #: of the picture, in pixels
    height: int
    bits: Any  #: of each tile: an array of shape (rows, columns), dtype float64; some may be slightly negative
    coding: Tuple[Tuple[str, ...], ...]  #: of most of these bits, as coding[row][column]: "pyramid", "drawing", "deep", ...
    origin: Tuple[Tuple[str, ...], ...]  #: for "pyramid": "RGB", "JFIF", ...; else "-"
    compressed_size: int  #: bytes in the stream: all tiles, and what has no place in the picture


def _map_of(found: _library.CPictureMap) -> Map:
    rows, columns = found.rows, found.columns
    tiles = [[found.tiles[row * columns + column] for column in range(columns)] for row in range(rows)]
    bits = bytearray(struct.pack(f"{rows * columns}d", *(tile.bits for row in tiles for tile in row)))
    return Map(found.width, found.height, _array(memoryview(bits).cast("d", [rows, columns])),
               tuple(tuple(tile.coding.decode() for tile in row) for row in tiles),
               tuple(tuple(tile.origin.decode() for tile in row) for row in tiles), found.compressed_size)


def map(data: Bytes, *, threads: int = 0) -> List[Map]:  # pylint: disable=redefined-builtin
    """Say where the bits of a stream go, for each of its pictures, in their order; it is decoded for that.

    Raises Error with Status.UNSUPPORTED if there is no picture.
    """
    options, source, error = _decompress_options(threads, 0, False), _library.MemoryInput(bytes(data)), _library.CError()
    maps: List[Map] = []
    failures: List[BaseException] = []

    def report(_: Any, found: Any) -> None:  # no exception may pass through C
        try:
            maps.append(_map_of(found.contents))
        except BaseException as failure:  # pylint: disable=broad-except
            failures.append(failure)

    nothing = _library.Output()
    status = _library.lib.bswz_map(source.input, nothing, options, _library.REPORT(report), None, error)
    if failures:
        raise failures[0]
    _library.check(status, error)
    return maps
