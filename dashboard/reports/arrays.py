"""NumPy files that a container wrote: read in pieces, never unpickled, never mapped.

Not mapped: a container that is still running may cut a mapped file short, and reading the lost pages would
end the platform.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from dashboard.base.errors import Invalid
from dashboard.base.untrusted_folder import ConfinedFolder

NUMBERS = "biuf"
PIECE = 1 << 20  # values read at once
LARGEST = 2**40  # the most values that a header may state
MOST_AXES = 4
MOST_FORTRAN = 1 << 25  # values that are read whole because their rows do not lie together

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class ArrayFile:
    """A NumPy file whose header was read; `name` is relative to the folder."""

    folder: ConfinedFolder
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    fortran: bool = False

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    @property
    def width(self) -> int:
        """The number of values of one entry of the first axis."""
        return math.prod(self.shape[1:])

    def pieces(self) -> Iterator[tuple[int, Array]]:
        """Yield a one-dimensional array in pieces, each with the index of its first value.

        Raises
        ------
        Invalid
            If the file is shorter than its header promises.
        """
        with self._open() as file:
            for start in range(0, self.size, PIECE):
                yield start, self._values(file, start, min(PIECE, self.size - start))

    def rows(self, first: int, count: int) -> Array:
        """Return entries of the first axis.

        Parameters
        ----------
        first : int
            The first entry.
        count : int
            How many; fewer are returned at the end of the array.

        Returns
        -------
        ndarray
            Shape (≤ `count`, …), in the file's type.

        Raises
        ------
        Invalid
            If the file is shorter than its header promises.
        """
        count = max(min(count, self.shape[0] - first), 0)
        if self.fortran:
            return self._columns_first()[first : first + count]
        with self._open() as file:
            values = self._values(file, first * self.width, count * self.width)
        return values.reshape(count, *self.shape[1:])

    def all(self) -> Array:
        """Return the whole array; the caller checks `size` before.

        Returns
        -------
        ndarray
            In the file's shape and type.
        """
        return self.rows(0, self.shape[0]) if self.shape else self._scalar()

    def _columns_first(self) -> Array:
        if self.size > MOST_FORTRAN:
            raise _unusable(
                self.name, f"{self.size} values in Fortran order are too many; write it in C order"
            )
        with self._open() as file:
            return self._values(file, 0, self.size).reshape(self.shape, order="F")

    def _scalar(self) -> Array:
        with self._open() as file:
            return self._values(file, 0, 1).reshape(())

    def _open(self) -> IO[bytes]:
        try:
            return self.folder.open(self.name)
        except OSError as error:
            raise _unusable(self.name, error.strerror or str(error)) from error

    def _values(self, file: IO[bytes], first: int, count: int) -> Array:
        file.seek(self.offset + first * self.dtype.itemsize)
        wanted = count * self.dtype.itemsize
        parts = bytearray()
        while len(parts) < wanted and (part := file.read(wanted - len(parts))):
            parts += part
        if len(parts) < wanted:
            raise _unusable(self.name, "it is shorter than its header promises")
        return np.frombuffer(bytes(parts), self.dtype)


def open_array(folder: ConfinedFolder, name: str) -> ArrayFile:
    """Read the header of a NumPy file.

    Raises
    ------
    Invalid
        If it is not there, is no NumPy file, or holds anything but numbers.
    """
    try:
        with folder.open(name) as file:
            version = np.lib.format.read_magic(file)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = read(file)
            offset, size = file.tell(), file.seek(0, 2)
    except OSError as error:
        raise _unusable(name, error.strerror or str(error)) from error
    except (ValueError, SyntaxError, EOFError, UnicodeError, MemoryError, RecursionError) as error:
        raise _unusable(name, f"it is no NumPy file ({error})") from error
    found = ArrayFile(
        folder, name, dtype, tuple(int(length) for length in shape), offset, fortran and len(shape) > 1
    )
    if dtype.hasobject or dtype.kind not in NUMBERS:
        raise _unusable(name, "it holds values that are not numbers")
    if len(shape) > MOST_AXES or any(length < 0 for length in shape):
        raise _unusable(name, f"it has the shape {shape}")
    if found.size > LARGEST or found.size * dtype.itemsize > size - offset:
        raise _unusable(name, f"its header promises {found.size} values, more than the file holds")
    return found


def _unusable(name: str, reason: str) -> Invalid:
    return Invalid(f"{name.removeprefix('report/')} of the report cannot be used: {reason}.")
