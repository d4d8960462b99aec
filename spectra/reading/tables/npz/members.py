"""The arrays of an .npz archive: their headers, whole or row by row; pickled objects are rejected."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.assemble import numbers
from spectra.reading.content import Content
from spectra.reading.limits import Limits
from spectra.reading.packed.gunzip import MAX_UNPACKED
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

_CHUNK_BYTES = 8 * 1024**2
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile and NumPy raise at broken bytes (a RuntimeError where they are encrypted)."""


@dataclass(frozen=True, slots=True)
class Array:
    """The header of an .npy member: shape, type, and whether it is stored column by column."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool


class Members:
    """The arrays of one archive.

    Parameters
    ----------
    archive
        Open.
    limits
        Of arrays of numbers.

    Attributes
    ----------
    names
        Of the arrays, without ``.npy``.
    """

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive, self._limits = archive, limits
        self._files = {
            name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")
        }
        self.names = list(self._files)

    def header(self, name: str) -> Array:
        """Return shape and type of an array.

        Raises
        ------
        ReadError
            When it is pickled, broken, or promises more than its member holds.
        """
        with self._archive.open(self._files[name]) as stream:
            return self._read_header(stream, name)

    def whole(self, name: str) -> npt.NDArray[Any]:
        """Return an array.

        Raises
        ------
        ReadError
            As `header`; also when it is over a limit.
        """
        with self._archive.open(self._files[name]) as stream:
            header = self._read_header(stream, name)
            if header.dtype.kind in "fiu":
                self._limits.check(header.shape[-1] if header.shape else 1, math.prod(header.shape[:-1]))
            count = math.prod(header.shape) * header.dtype.itemsize
            most = min(MAX_UNPACKED, self._limits.unpacked)
            if count > most:
                raise ReadError(
                    f"an array of it takes {count:,} bytes, the most is {most:,}", Fault.TOO_LARGE
                )
            values = np.frombuffer(_exactly(stream, count), header.dtype)
        return values.reshape(header.shape, order="F" if header.fortran else "C")

    def rows(self, name: str) -> Iterator[FloatArray]:
        """Walk through the rows of a matrix.

        Parameters
        ----------
        name
            Of the array.

        Yields
        ------
        ndarray
            Shape (n,), float64; of a vector the one row that it is.

        Raises
        ------
        ReadError
            When it holds no numbers, or is cut short.
        """
        header = self.header(name)
        if header.dtype.kind not in "fiub":
            raise ReadError(f"its fluxes are of type {header.dtype}, not numbers")
        if len(header.shape) == 1 or header.fortran:
            yield from np.atleast_2d(numbers(self.whole(name)))
            return
        rows, n = header.shape
        self._limits.check(n)
        width = n * header.dtype.itemsize
        at_once = max(1, _CHUNK_BYTES // max(width, 1))
        with self._archive.open(self._files[name]) as stream:
            self._read_header(stream, name)
            for start in range(0, rows, at_once):
                count = min(at_once, rows - start)
                raw = np.frombuffer(_exactly(stream, count * width), header.dtype)
                yield from numbers(raw).reshape(count, n)

    def text(self, name: str, longest: int) -> str | None:
        """Return the text (or logical) of an array of one; None where it is something else or longer."""
        header = self.header(name)
        is_short = header.dtype.kind in "USb" and header.dtype.itemsize <= 4 * longest
        if not is_short or math.prod(header.shape) != 1:
            return None
        return str(self.whole(name).astype(str).item())

    def vector(self, name: str, shape: tuple[int, ...]) -> FloatArray | None:
        """Return an array of numbers.

        Parameters
        ----------
        name
            Of the array.
        shape
            That it must have.

        Returns
        -------
        ndarray or None
            Float64; None where it has another shape or holds no numbers.
        """
        header = self.header(name)
        if header.shape != shape or header.dtype.kind not in "fiu":
            return None
        return numbers(self.whole(name))

    def _read_header(self, stream: IO[bytes], name: str) -> Array:
        size = self._archive.getinfo(self._files[name]).file_size
        version = np.lib.format.read_magic(stream)
        readers: dict[tuple[int, int], Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        if version not in readers:
            raise ReadError(f"its arrays are of the unknown .npy version {version}", Fault.UNKNOWN_FORMAT)
        shape, fortran, dtype = readers[version](stream)
        if dtype.hasobject:
            raise ReadError(
                "it holds pickled objects, which are never read; save plain arrays", Fault.FORBIDDEN
            )
        promised = math.prod(int(length) for length in shape) * dtype.itemsize
        if promised > size:
            raise ReadError(
                f"an array promises {promised:,} bytes, the file holds {size:,}: it is cut short or broken",
                Fault.TRUNCATED,
            )
        return Array(shape, dtype, fortran)


@contextmanager
def opened(content: Content) -> Iterator[Members]:
    """Open an archive.

    Raises
    ------
    ReadError
        When it is broken, or turns out to be while it is read.
    """
    try:
        with content.file() as file, zipfile.ZipFile(file) as archive:
            yield Members(archive, content.limits)
    except _BROKEN as error:
        reason = " ".join(str(error).split())[:120]
        raise ReadError(f"its zip archive is broken or cut short ({reason})", Fault.TRUNCATED) from error


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise ReadError("an array is cut short", Fault.TRUNCATED)
    return data
