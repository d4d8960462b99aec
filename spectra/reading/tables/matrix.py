"""NumPy archives (.npz): a matrix of spectra as rows on one grid, labels, groups and names beside it.

Rows are streamed, whatever the size of the matrix; pickled objects are rejected. A row's exact zeros and NaNs
at its ends are taken as "not covered" and cut off, those inside are marked bad: template libraries (SNID)
write them so. Names of the arrays say what they are (`column_names`): wave_air is in air, wave_nm in nm; an
array of text called unit, or wave_unit beside wave, states the unit.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, numbers
from spectra.reading.column_names import FLUX, best_axis, first_of
from spectra.reading.content import Content
from spectra.reading.limits import UNLIMITED, Limits
from spectra.reading.objects.columns import FactColumns
from spectra.reading.packed.gunzip import MAX_UNPACKED
from spectra.reading.planes.errors import Errors, error_column, weighed
from spectra.reading.planes.masks import bad_of, mask_column
from spectra.reading.read_error import ReadError
from spectra.reading.units.frames import frame_of_keyword
from spectra.reading.units.meaning import Said, axis_meaning
from spectra.reading.units.several import chosen_axis
from spectra.spectrum import BoolArray, FloatArray, Provenance, Spectrum, SpectrumMeta

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
        if axis is None or flux is None:
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
        beside = _Beside(archive, arrays, flux, shape, limits)
        facts = _facts(archive, arrays, shape[0] if len(shape) == 2 else 1, limits)
        lines = _rows(archive, arrays[flux], limits)
        values = numbers(grid)
        axis, meaning, named = chosen_axis(
            axis,
            [name for name in arrays if name != flux],
            lambda name: _vector(archive, arrays[name], values.shape, limits),
            lambda name, one: axis_meaning(
                name,
                units=_stated_units(archive, arrays, name),
                comments=_remarks(archive, arrays),
                values=one,
            ),
        )
        values = numbers(_whole(archive, arrays[axis], limits))
        known = meaning.provenance(f"array {named}")
        wavelengths = Axis(values, meaning.unit, meaning.frame)
        rows = _Rows(content, wavelengths, known, many=len(shape) == 2, facts=facts)
        for row, values in enumerate(lines):
            yield rows.spectrum(row, values, beside.following())


class _RowBeside(NamedTuple):
    """The errors, the flags of one row, and where the flags come from."""

    errors: Errors | None
    flags: BoolArray | None
    mask: str | None


class _Beside:
    """The errors and flags of the rows of a matrix, streamed beside it."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        arrays: dict[str, str],
        flux: str,
        shape: tuple[int, ...],
        limits: Limits,
    ) -> None:
        def lines(name: str | None) -> Iterator[FloatArray] | None:
            if name is None or _header(archive, arrays[name]).shape != shape:
                return None
            return _rows(archive, arrays[name], limits)

        self.errors = error_column(arrays, flux)
        self.mask = mask_column(arrays, flux)
        self._errors = lines(self.errors.name if self.errors else None)
        self._flags = lines(self.mask)
        self._lines = lines
        self._said: bool | None = None

    def following(self) -> _RowBeside:
        """Return the errors and the flags of the next row."""
        errors = flags = place = None
        if self.errors is not None and self._errors is not None:
            errors = Errors(self.errors.source, [next(self._errors)], self._say_something)
        if self.mask is not None and self._flags is not None:
            flags, place = bad_of(next(self._flags), self.mask), f"array {self.mask}"
        return _RowBeside(errors, flags, place)

    def _say_something(self) -> bool:
        """Whether any row has a positive error; looked for once, mostly in the first row."""
        if self._said is None:
            again = self._lines(self.errors.name if self.errors else None)
            self._said = again is not None and any((one > 0.0).any() for one in again)
        return self._said


class _Rows:
    """Makes spectra of the rows of one matrix; rows that cover the same pixels share their grid."""

    def __init__(
        self,
        content: Content,
        axis: Axis,
        known: Provenance,
        *,
        many: bool,
        facts: _Facts,
    ) -> None:
        self._content, self._axis, self._many, self._facts = content, axis, many, facts
        self._known = known
        self._shared: dict[tuple[int, int], FloatArray] = {}

    def spectrum(self, row: int, flux: FloatArray, beside: _RowBeside) -> Spectrum | ReadError:
        missing = ~np.isfinite(flux) | (flux == 0.0)
        covered = np.flatnonzero(~missing)
        if covered.size == 0:
            return ReadError("its flux holds no number (all NaN or 0)", Fault.NOT_FINITE).within(f"row {row}")
        first, end = int(covered[0]), int(covered[-1]) + 1
        if end - first < 2:
            return ReadError("its flux covers one pixel only", Fault.TOO_SHORT).within(f"row {row}")
        if beside.flags is not None:
            missing |= beside.flags
        by = replace(self._known, mask=beside.mask)
        ivar, meta, traced = weighed(beside.errors, 0, flux.shape, self._meta(row), by)
        axis = replace(self._axis, values=self._axis.values[first:end])
        try:
            spectrum = assemble(
                axis,
                flux[first:end],
                meta,
                ivar=None if ivar is None else ivar[first:end],
                flags=missing[first:end],
                provenance=traced,
            )
        except ReadError as error:
            return error.within(f"row {row}")
        shared = self._shared.setdefault((first, end), spectrum.wavelength)
        shared.flags.writeable = False
        return Spectrum(shared, spectrum.flux, spectrum.ivar, spectrum.mask, spectrum.meta)

    def _meta(self, row: int) -> SpectrumMeta:
        stem = self._content.stem
        meta = SpectrumMeta(
            f"{stem}:{row}" if self._many else stem,
            source=self._content.source(None, row if self._many else None),
        )
        return self._facts.columns.told(meta, lambda name: self._facts.cell(name, row))


def _stated_units(archive: zipfile.ZipFile, arrays: dict[str, str], axis: str) -> list[Said]:
    """Return the units that arrays of one text state: ``unit``, or ``wave_unit`` beside ``wave``."""
    found = []
    for name in (f"{axis}_unit", f"{axis}_units", "wavelength_unit", "wave_unit", "unit", "units"):
        header = _header(archive, arrays[name]) if name in arrays else None
        if header is None or header.dtype.kind not in "US" or header.dtype.itemsize > 4 * _LONGEST_NAME:
            continue
        if math.prod(header.shape) == 1:
            text = _whole(archive, arrays[name], UNLIMITED).astype(str).item()
            found.append(Said(text, f"array {name}"))
    return found


def _vector(
    archive: zipfile.ZipFile, member: str, shape: tuple[int, ...], limits: Limits
) -> FloatArray | None:
    """Return an array of numbers of one shape, or None where it is another."""
    header = _header(archive, member)
    if header.shape != shape or header.dtype.kind not in "fiu":
        return None
    return numbers(_whole(archive, member, limits))


def _remarks(archive: zipfile.ZipFile, arrays: dict[str, str]) -> list[str]:
    """Return "name = value" of arrays of one text or logical: a frame may be stated so."""
    found = []
    for name, member in arrays.items():
        header = _header(archive, member)
        if header.shape == () and header.dtype.kind in "USb" and header.dtype.itemsize <= 4 * _LONGEST_NAME:
            text = _whole(archive, member, UNLIMITED).astype(str).item()
            found += [f"{name} = {text}"] if frame_of_keyword(name, text) else []
    return found


class _Facts(NamedTuple):
    """Label, group, name and position of each row, where arrays of text or numbers give them."""

    columns: FactColumns
    arrays: dict[str, npt.NDArray[Any]]

    def cell(self, name: str, row: int) -> object:
        values = self.arrays.get(name)
        if values is None:
            return None
        return str(values[row]).strip()[:_LONGEST_NAME] if values.dtype.kind == "U" else float(values[row])


def _facts(archive: zipfile.ZipFile, arrays: dict[str, str], rows: int, limits: Limits) -> _Facts:
    columns = FactColumns.of(arrays)
    found = {}
    for name in columns.names:
        header = _header(archive, arrays[name])
        is_number = header.dtype.kind in "fiu" and name in {columns.ra, columns.dec}
        if header.shape in {(rows,), ()} and (is_number or header.dtype.kind in "US"):
            values = np.broadcast_to(_whole(archive, arrays[name], limits), (rows,))
            found[name] = values if is_number else values.astype(str)
    return _Facts(columns, found)


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
    if header.dtype.kind not in "fiub":
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
