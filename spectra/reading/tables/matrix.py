"""NumPy archives (.npz): a matrix of spectra as rows on one grid, labels, groups and names beside it.

Rows are streamed, whatever the size of the matrix; pickled objects are rejected. A row's exact zeros and NaNs
at its ends are taken as "not covered" and cut off, those inside are marked bad: template libraries (SNID)
write them so. Names of the arrays say what they are (`names`): wave_air is in air, wave_nm in nm; nothing
said is Å in vacuum.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, ivar_of_error, numbers
from spectra.reading.column_names import (
    ERROR,
    FLUX,
    GROUP,
    IVAR,
    LABEL,
    NAME,
    AxisName,
    axis_name,
    best_axis,
    first_of,
)
from spectra.reading.content import Content
from spectra.reading.grid import VACUUM
from spectra.reading.gunzip import MAX_UNPACKED
from spectra.reading.limits import Limits
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray, Spectrum, SpectrumMeta

_CHUNK_BYTES = 8 * 1024**2
_LONGEST_NAME = 400


@dataclass(frozen=True, slots=True)
class Array:
    """The header of an .npy member: shape, type, and whether it is stored column by column."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool


def read_npz(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per row.

    Raises
    ------
    ReadError
        When the arrays are missing, do not fit each other, or promise more than the file holds.
    """
    with content.file() as file, zipfile.ZipFile(file) as archive:
        arrays = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
        axis, flux = best_axis(arrays), first_of(arrays, FLUX)
        known = axis_name(axis) if axis else None
        if axis is None or flux is None or known is None:
            held = ", ".join(sorted(arrays)) or "none"
            raise ReadError(
                f"it has no arrays of wavelength and flux (its arrays: {held})",
                Fault.NO_SPECTRUM,
            )
        limits = content.limits
        grid = _whole(archive, arrays[axis], limits)
        shape = _header(archive, arrays[flux]).shape
        if grid.ndim != 1 or shape[-1:] != grid.shape or len(shape) not in {1, 2}:
            raise ReadError(f"its wavelengths have shape {grid.shape} and its fluxes {shape}", Fault.BAD_AXIS)
        ivar, error = first_of(arrays, IVAR), first_of(arrays, ERROR)
        weights = ivar or error
        facts = _facts(archive, arrays, shape[0] if len(shape) == 2 else 1, limits)
        lines = _rows(archive, arrays[flux], limits)
        errors = (
            _rows(archive, arrays[weights], limits)
            if weights and _header(archive, arrays[weights]).shape == shape
            else None
        )
        rows = _Rows(content, numbers(grid), known, len(shape) == 2, facts)
        for row, values in enumerate(lines):
            beside = next(errors) if errors is not None else None
            if beside is not None and ivar is None:
                beside = ivar_of_error(beside)
            yield rows.spectrum(row, values, beside)


class _Rows:
    """Makes spectra of the rows of one matrix; rows that cover the same pixels share their grid."""

    def __init__(
        self,
        content: Content,
        grid: FloatArray,
        known: AxisName,
        many: bool,
        facts: dict[str, npt.NDArray[Any]],
    ) -> None:
        self._content, self._grid, self._many, self._facts = content, grid, many, facts
        self._known = known
        self._shared: dict[tuple[int, int], FloatArray] = {}

    def spectrum(self, row: int, flux: FloatArray, ivar: FloatArray | None) -> Spectrum | ReadError:
        missing = ~np.isfinite(flux) | (flux == 0.0)
        covered = np.flatnonzero(~missing)
        if covered.size == 0:
            return ReadError(f"row {row}: its flux holds no number (all NaN or 0)", Fault.NOT_FINITE)
        first, end = int(covered[0]), int(covered[-1]) + 1
        if end - first < 2:
            return ReadError(f"row {row}: its flux covers one pixel only", Fault.TOO_SHORT)
        frame = self._known.frame
        axis = Axis(self._grid[first:end], self._known.unit, frame or VACUUM)
        try:
            spectrum = assemble(
                axis,
                flux[first:end],
                self._meta(row),
                ivar=None if ivar is None else ivar[first:end],
                flags=missing[first:end],
            )
        except ReadError as error:
            return error.within(f"row {row}")
        shared = self._shared.setdefault((first, end), spectrum.wavelength)
        shared.flags.writeable = False
        return Spectrum(shared, spectrum.flux, spectrum.ivar, spectrum.mask, spectrum.meta)

    def _meta(self, row: int) -> SpectrumMeta:
        words = {key: str(values[row]).strip()[:_LONGEST_NAME] or None for key, values in self._facts.items()}
        stem = self._content.stem
        known = self._known
        extra: dict[str, Any] = {} if known.frame else {"frame_assumed": True}
        return SpectrumMeta(
            words.get("name") or (f"{stem}:{row}" if self._many else stem),
            label=words.get("label"),
            group=words.get("group"),
            unit=known.unit.name,
            frame=known.frame or VACUUM,
            source=self._content.source(None, row if self._many else None),
            extra=extra,
        )


def _facts(
    archive: zipfile.ZipFile, arrays: dict[str, str], rows: int, limits: Limits
) -> dict[str, npt.NDArray[Any]]:
    """Read the label, group and name of each row, where arrays of text give them."""
    found = {}
    for key, wanted in (("label", LABEL), ("group", GROUP), ("name", NAME)):
        name = first_of(arrays, wanted)
        if name is not None:
            header = _header(archive, arrays[name])
            if header.shape == (rows,) and header.dtype.kind in "US":
                found[key] = _whole(archive, arrays[name], limits).astype(str)
    return found


def _header(archive: zipfile.ZipFile, member: str) -> Array:
    with archive.open(member) as stream:
        return _read_header(stream, archive.getinfo(member).file_size)


def _read_header(stream: IO[bytes], size: int) -> Array:
    version = np.lib.format.read_magic(stream)
    readers: dict[tuple[int, int], Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ReadError(f"its arrays are of the unknown .npy version {version}", Fault.UNKNOWN_FORMAT)
    shape, fortran, dtype = readers[version](stream)
    if dtype.hasobject:
        raise ReadError("it holds pickled objects, which are never read; save plain arrays", Fault.FORBIDDEN)
    promised = (
        int(np.prod([int(length) for length in shape], dtype=object)) * dtype.itemsize
        if shape
        else dtype.itemsize
    )
    if promised > size:
        raise ReadError(
            f"an array promises {promised:,} bytes, the file holds {size:,}: it is cut short or broken",
            Fault.TRUNCATED,
        )
    return Array(shape, dtype, fortran)


def _whole(archive: zipfile.ZipFile, member: str, limits: Limits) -> npt.NDArray[Any]:
    with archive.open(member) as stream:
        header = _read_header(stream, archive.getinfo(member).file_size)
        if header.dtype.kind in "fiu":
            limits.check(header.shape[-1] if header.shape else 1, math.prod(header.shape[:-1]))
        count, most = math.prod(header.shape) * header.dtype.itemsize, min(MAX_UNPACKED, limits.unpacked)
        if count > most:
            raise ReadError(f"an array of it takes {count:,} bytes, the most is {most:,}", Fault.TOO_LARGE)
        values = np.frombuffer(_exactly(stream, count), header.dtype)
    return values.reshape(header.shape, order="F" if header.fortran else "C")


def _rows(archive: zipfile.ZipFile, member: str, limits: Limits) -> Iterator[FloatArray]:
    """Walk through the rows of a matrix (or the one row of a vector) as float64."""
    header = _header(archive, member)
    if header.dtype.kind not in "fiu":
        raise ReadError(f"its fluxes are of type {header.dtype}, not numbers")
    if len(header.shape) == 1 or header.fortran:
        yield from np.atleast_2d(numbers(_whole(archive, member, limits)))
        return
    rows, n = header.shape
    limits.check(n)
    width = n * header.dtype.itemsize
    at_once = max(1, _CHUNK_BYTES // max(width, 1))
    with archive.open(member) as stream:
        _read_header(stream, archive.getinfo(member).file_size)
        for start in range(0, rows, at_once):
            count = min(at_once, rows - start)
            yield from numbers(np.frombuffer(_exactly(stream, count * width), header.dtype)).reshape(count, n)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise ReadError("an array is cut short", Fault.TRUNCATED)
    return data
