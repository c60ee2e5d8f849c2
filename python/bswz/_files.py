# SPDX-License-Identifier: MIT
"""bswz.open: file objects.

The library asks for bytes and hands bytes out, and so does the user of a file object. The library therefore runs in a
thread of its own, and a pipe connects the two: memory is bounded, and the interpreter is free in the meantime.
"""
from __future__ import annotations

import builtins
import ctypes
import errno
import io
import os
import threading
from typing import IO, Any, BinaryIO, Callable, Optional, Union

from . import _library

SIZE_MAX = ctypes.c_size_t(-1).value


class _Work:
    """The call of the library, in a thread that knows nothing of the file object: if that is dropped, the pipe is closed and
    the thread ends."""

    def __init__(self, file: Any, writes: bool, options: ctypes.Structure) -> None:
        self._file, self._writes, self._options = file, writes, options
        self._failure: Optional[BaseException] = None  # what a function of the file raised
        self._status, self._error = 0, _library.CError()
        self.is_aborted = False
        ends = os.pipe()
        self._inner, self.pipe = ends if writes else (ends[1], ends[0])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        source = _library.Input(_library.READ(self._read_pipe if self._writes else self._read_file), None)
        target = _library.Output(_library.WRITE(self._write_file if self._writes else self._write_pipe), None)
        function = _library.lib.bswz_compress if self._writes else _library.lib.bswz_decompress
        self._status = function(source, target, self._options, self._error)
        os.close(self._inner)  # so that the other side sees an end

    # No exception may pass through C: it is kept, and raised later.

    def _read(self, read: Callable[[int], Any], to: int, size: int) -> int:
        try:
            data = bytes(read(size))
            if len(data) > size:
                raise ValueError("read() has returned more than was asked for")
            if not data and self.is_aborted:
                return SIZE_MAX
            ctypes.memmove(to, data, len(data))
            return len(data)
        except BaseException as failure:  # pylint: disable=broad-except
            self._failure = failure
            return SIZE_MAX

    def _read_file(self, _: Any, to: int, size: int) -> int:
        return self._read(self._file.read, to, size)

    def _read_pipe(self, _: Any, to: int, size: int) -> int:
        return self._read(lambda most: os.read(self._inner, most), to, size)

    def _write_file(self, _: Any, data: int, size: int) -> int:
        try:
            left = memoryview(bytes(_library.memory_at(data, size)))
            while len(left) > 0:
                written = self._file.write(left)
                if written is None and isinstance(self._file, io.RawIOBase):  # by which it says that it would block
                    raise BlockingIOError(errno.EAGAIN, "the file does not take any more now", 0)
                left = left[len(left) if written is None else written :]
            return 0
        except BaseException as failure:  # pylint: disable=broad-except
            self._failure = failure
            return -1

    def _write_pipe(self, _: Any, data: int, size: int) -> int:
        left = memoryview(bytes(_library.memory_at(data, size)))
        try:
            while len(left) > 0:
                left = left[os.write(self._inner, left) :]
            return 0
        except OSError:  # the reader has closed
            return -1

    def wait(self) -> None:
        self._thread.join()

    def check(self) -> None:
        """Wait, and raise what went wrong."""
        self.wait()
        if self._failure is not None:
            raise self._failure
        _library.check(self._status, self._error)


class BswFile(io.RawIOBase):
    """A file that is decompressed while it is read, or compressed while it is written.

    It reads bytes like any raw file; bswz.open adds a buffer. close() waits until everything is written, and raises
    bswz.Error if that failed. If a with statement ends with an exception, the stream is left incomplete, so that nothing
    takes it for a whole one. Not for use by several threads at a time, and not seekable.
    """

    def __init__(self, file: Any, writes: bool, options: ctypes.Structure, owned: bool) -> None:
        super().__init__()
        self._file, self._writes, self._owned = file, writes, owned
        self._work = _Work(file, writes, options)

    def readable(self) -> bool:
        return not self._writes

    def writable(self) -> bool:
        return self._writes

    def readinto(self, buffer: Any) -> int:
        if self._writes:
            raise io.UnsupportedOperation("not open for reading")
        view = memoryview(buffer).cast("B")
        data = os.read(self._work.pipe, min(len(view), 1 << 20))
        if not data and len(view) > 0:
            self._work.check()
        view[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        if not self._writes:
            raise io.UnsupportedOperation("not open for writing")
        try:
            return os.write(self._work.pipe, data)
        except BrokenPipeError:
            self._work.check()
            raise

    def abort(self) -> None:
        """From now on, close() leaves the stream incomplete."""
        self._work.is_aborted = True

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is not None:
            self.abort()
        self.close()

    def close(self) -> None:
        if self.closed:
            return
        try:
            super().close()
            os.close(self._work.pipe)
            self._work.wait()
            if self._writes and not self._work.is_aborted:
                self._work.check()
        finally:
            if self._owned:
                self._file.close()


class _Writer(io.BufferedWriter):
    """Passes on how a with statement ends."""

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is not None:
            self.raw.abort()  # type: ignore[attr-defined]
        super().__exit__(kind, *rest)


class _TextWriter(io.TextIOWrapper):
    """The same for text."""

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is not None:
            self.buffer.raw.abort()  # type: ignore[attr-defined]
        super().__exit__(kind, *rest)


def open(  # pylint: disable=redefined-builtin
    file: Union[str, "os.PathLike[str]", BinaryIO], mode: str = "rb", level: int = 5, *, threads: int = 0,
    exact: bool = False, encoding: Optional[str] = None,
) -> IO[Any]:
    """A file object that restores what a .bsw file holds ("rb", "rt"), or compresses what is written ("wb", "xb", "wt").

    file: a name, or a binary file object, which is not closed. level and exact are those of bswz.compress, for writing.
    Raises bswz.Error while reading, and when a file that was written is closed; use a with statement.
    """
    from . import _compress_options, _decompress_options

    kind = mode.replace("t", "").replace("b", "")
    if kind not in ("r", "w", "x") or mode.count("t") + mode.count("b") > 1:
        raise ValueError(f"invalid mode {mode!r}")
    reads = kind == "r"
    options: ctypes.Structure = (
        _decompress_options(threads, 0, False) if reads else _compress_options(level, threads, exact, True))
    owned = isinstance(file, (str, os.PathLike))
    opened: Any = builtins.open(file, kind + "b") if isinstance(file, (str, os.PathLike)) else file
    try:
        raw = BswFile(opened, not reads, options, owned)
    except BaseException:
        if owned:
            opened.close()
        raise
    buffered = io.BufferedReader(raw, 1 << 16) if reads else _Writer(raw, 1 << 16)
    if "t" not in mode:
        return buffered
    return (io.TextIOWrapper if reads else _TextWriter)(buffered, encoding=encoding)
