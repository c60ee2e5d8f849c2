# SPDX-License-Identifier: MIT
"""The C interface of libbswz (bswz.h) for ctypes: structs, functions, and errors as exceptions.

The library is libbswz.so.0 of the system, or the one that the environment variable BSWZ_LIBRARY names.
"""
from __future__ import annotations

import ctypes
import enum
import os
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_double, c_int, c_size_t, c_uint, c_uint32, c_uint64, c_void_p
from typing import Any

READ = CFUNCTYPE(c_size_t, c_void_p, c_void_p, c_size_t)
WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)


class Status(enum.IntEnum):
    """What went wrong: enum bswz_status."""

    OK = 0
    MEMORY = 1
    LIMIT = 2
    READ = 3
    WRITE = 4
    FORMAT = 5
    TRUNCATED = 6
    CORRUPT = 7
    VERSION = 8
    MODEL = 9
    UNSUPPORTED = 10
    ARGUMENT = 11
    MACHINE = 12
    THREAD = 13


class Error(Exception):
    """What the library reports: one line of text, status, and offset, the position in the input of what is at fault (or
    0)."""

    def __init__(self, message: str, status: Status, offset: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.offset = offset

    def __reduce__(self) -> Any:  # for another process
        return type(self), (str(self), self.status, self.offset)


class CError(ctypes.Structure):
    _fields_ = [("status", c_int), ("offset", c_uint64), ("message", c_char * 240)]


class Input(ctypes.Structure):
    _fields_ = [("read", READ), ("context", c_void_p)]


class Output(ctypes.Structure):
    _fields_ = [("write", WRITE), ("context", c_void_p)]


class Memory(ctypes.Structure):
    _fields_ = [("bytes", c_void_p), ("size", c_size_t)]


class Buffer(ctypes.Structure):
    _fields_ = [("bytes", c_void_p), ("size", c_size_t), ("capacity", c_size_t), ("limit", c_size_t), ("is_fixed", c_int)]


class CompressOptions(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t), ("level", c_int), ("threads", c_uint), ("model", c_void_p),
        ("raw_width", c_uint32), ("raw_height", c_uint32), ("raw_channels", c_uint32),
        ("keep_pixels", c_int), ("exact", c_int), ("no_origin", c_int), ("memory_limit", c_uint64),
        ("notice", c_void_p), ("notice_context", c_void_p), ("progress", c_void_p), ("progress_context", c_void_p),
        ("no_verify", c_int), ("raw_bits", c_uint), ("raw_big_endian", c_int),
    ]  # fmt: skip


class DecompressOptions(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t), ("threads", c_uint), ("model", c_void_p), ("target", c_int), ("scale", c_uint),
        ("rescue", c_int), ("damage", c_void_p), ("damage_context", c_void_p), ("memory_limit", c_uint64),
        ("notice", c_void_p), ("notice_context", c_void_p), ("find_model", c_void_p), ("find_model_context", c_void_p),
        ("progress", c_void_p), ("progress_context", c_void_p),
    ]  # fmt: skip


class CInfo(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t), ("compressed_size", c_uint64), ("restored_size", c_uint64), ("pictures", c_uint64),
        ("others", c_uint64), ("has_pixels", c_int), ("width", c_uint32), ("height", c_uint32), ("channels", c_uint32),
        ("depth", c_uint32), ("maxval", c_uint32), ("band_rows", c_uint32), ("format", c_char_p), ("promise", c_char_p),
    ]  # fmt: skip


class CPixels(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t), ("width", c_uint32), ("height", c_uint32), ("channels", c_uint), ("bits", c_uint),
        ("samples", c_void_p), ("stride", c_size_t), ("first_row", c_uint32), ("maxval", c_uint32),
    ]  # fmt: skip


class CMapTile(ctypes.Structure):
    _fields_ = [("bits", c_double), ("coding", c_char_p), ("origin", c_char_p), ("colour", c_char_p)]


class CPictureMap(ctypes.Structure):
    _fields_ = [
        ("width", c_uint32), ("height", c_uint32), ("columns", c_uint32), ("rows", c_uint32),
        ("tiles", POINTER(CMapTile)), ("bits", c_double), ("compressed_size", c_uint64),
    ]  # fmt: skip


REPORT = CFUNCTYPE(None, c_void_p, POINTER(CPictureMap))


def _load() -> Any:
    library = ctypes.CDLL(os.environ.get("BSWZ_LIBRARY") or "libbswz.so.0")
    error = POINTER(CError)
    for name, result, arguments in (
        ("bswz_version", c_char_p, []),
        ("bswz_compress", c_int, [Input, Output, POINTER(CompressOptions), error]),
        ("bswz_decompress", c_int, [Input, Output, POINTER(DecompressOptions), error]),
        ("bswz_get_info", c_int, [Input, POINTER(CInfo), error]),
        ("bswz_compress_pixels", c_int, [POINTER(CPixels), Output, POINTER(CompressOptions), error]),
        ("bswz_decompress_pixels", c_int, [Input, POINTER(CPixels), POINTER(DecompressOptions), error]),
        ("bswz_map", c_int, [Input, Output, POINTER(DecompressOptions), REPORT, c_void_p, error]),
        ("bswz_from_memory", Input, [POINTER(Memory)]),
        ("bswz_to_buffer", Output, [POINTER(Buffer)]),
        ("bswz_free", None, [c_void_p]),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


lib = _load()


def check(status: int, error: CError) -> None:
    """Raise what the library reports, unless it is OK."""
    if status == Status.MEMORY:
        raise MemoryError(error.message.decode())
    if status != Status.OK:
        raise Error(error.message.decode(errors="replace"), Status(status), error.offset)


def memory_at(address: int, size: int) -> ctypes.Array[ctypes.c_ubyte]:
    """Memory of the library, to be copied. The size of ctypes.string_at is an int of C, which ends at 2 GiB."""
    return (ctypes.c_ubyte * size).from_address(address)


class MemoryInput:
    """Bytes as input. The object must outlive the call that it is passed to."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._memory = Memory(ctypes.cast(c_char_p(data), c_void_p), len(data))
        self.input = lib.bswz_from_memory(ctypes.byref(self._memory))


class MemoryOutput:
    """A growing buffer as output; limit: of its size, 0: none. Use it in a with statement."""

    def __init__(self, limit: int = 0) -> None:
        self._buffer = Buffer(limit=limit)
        self.output = lib.bswz_to_buffer(ctypes.byref(self._buffer))

    def __enter__(self) -> MemoryOutput:
        return self

    def __exit__(self, *_: object) -> None:
        lib.bswz_free(self._buffer.bytes)
        self._buffer = Buffer()

    def take(self) -> bytes:
        return bytes(memory_at(self._buffer.bytes, self._buffer.size)) if self._buffer.size else b""
