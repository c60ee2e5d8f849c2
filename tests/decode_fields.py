# SPDX-License-Identifier: MIT
"""
The fields of a stream, and the hash and zstd, for the decoder in decode.py.
"""
import ctypes

XXHASH = ctypes.CDLL("libxxhash.so.0")
XXHASH.XXH3_64bits_withSeed.restype = ctypes.c_uint64
XXHASH.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
ZSTD = ctypes.CDLL("libzstd.so.1")
ZSTD.ZSTD_createDStream.restype = ctypes.c_void_p
ZSTD.ZSTD_decompressStream.restype = ctypes.c_size_t
ZSTD.ZSTD_decompressStream.argtypes = [ctypes.c_void_p] * 3


class Damaged(Exception):
    pass


class Unsupported(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Damaged(what)


def xxh3(data, seed=0):
    return XXHASH.XXH3_64bits_withSeed(data, len(data), seed)


class Zstd:
    """A run of zstd data, which may come in pieces."""

    class Buffer(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("at", ctypes.c_size_t)]

    def __init__(self):
        self.stream, self.is_at_start = ZSTD.ZSTD_createDStream(), True

    def restore(self, packed, size):
        if self.is_at_start and packed[:3] == b"\1\0\0":
            packed = packed[3:]
        self.is_at_start = False
        source, room = ctypes.create_string_buffer(packed, len(packed)), ctypes.create_string_buffer(size + 1)
        given = self.Buffer(ctypes.cast(source, ctypes.c_void_p), len(packed), 0)
        got = self.Buffer(ctypes.cast(room, ctypes.c_void_p), size + 1, 0)
        while True:
            before = given.at, got.at
            code = ZSTD.ZSTD_decompressStream(self.stream, ctypes.byref(got), ctypes.byref(given))
            need(code < 1 << 63, "zstd data")  # error codes are negative
            if (given.at, got.at) == before or (code == 0 and given.at == given.size):
                break
        need(given.at == given.size and got.at == size, "size of zstd data")
        return room.raw[:size]


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        need(size <= len(self.data) - self.at, "the stream ends too early")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def varint(self, limit=(1 << 64) - 1):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                need(value <= limit and (byte > 0 or shift == 7), "number")
                return value

    def blob(self, size):
        if size == 0:
            return b""
        packed = self.varint(size - 1)
        return self.take(size) if packed == 0 else Zstd().restore(self.take(packed), size)

    def sized_blob(self):
        return self.blob(self.varint(64 << 20))

    def rest(self):
        return self.take(len(self.data) - self.at)

    def expect_check(self, start, what):
        expected = xxh3(self.data[start:self.at]) & 0xffffffff
        need(self.number(4) == expected, what)
