"""A spectrum, where it came from, and the error of one that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.observation.moment import Moment

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class UnreadableSpectrum(Exception):
    """A file, or one spectrum of it, cannot be read.

    Parameters
    ----------
    source
        What was being read: a path, or ``archive.zip!/member.fits``.
    reason
        One sentence that says what is wrong and, where possible, what to do.
    kind
        The class of the fault.
    place
        The part of the file that cannot be read ("row 3", "order 12"), where other spectra of the file are
        read; "" where it is the whole file.
    """

    def __init__(self, source: str, reason: str, kind: Fault = Fault.MALFORMED, place: str = "") -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
        self.kind = kind
        self.place = place

    def __reduce__(self) -> tuple[type[UnreadableSpectrum], tuple[str, str, Fault, str]]:
        """Cross process borders whole (the default would pass the joined message only)."""
        return (type(self), (self.source, self.reason, self.kind, self.place))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a spectrum was read from, enough to find it again.

    Parameters
    ----------
    path
        As given; a member of an archive as ``archive.zip!/member.fits``.
    hdu, row
        Place in a file that holds several spectra (both counted from 0), or None.
    sha256
        Hash of the file's bytes as stored, in hexadecimal, or None where it was not asked for.
    """

    path: str
    hdu: int | None = None
    row: int | None = None
    sha256: str | None = None


ErrorKind = Literal["sigma", "variance", "ivar"]


@dataclass(frozen=True, slots=True)
class ErrorSource:
    """The source of the errors of a spectrum: a column, plane or HDU, and the kind of its numbers.

    Parameters
    ----------
    place
        For example "column ERR", "HDU IVAR", "plane 1".
    kind
        What stands there: standard deviation, variance, or inverse variance.
    """

    place: str
    kind: ErrorKind


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a spectrum was read: the source of each of its arrays. Spectra of one family share one.

    `spectra.reading.provenance` makes them and writes the line that people read.

    Parameters
    ----------
    format
        Name of a format of `FORMATS`.
    hdu
        Index (from 0) and name of the HDU, or None where the file has none.
    axis
        Where the wavelengths come from: "column WAVE", "CRVAL1/CD1_1 linear", "HDU WAVELENGTH" …
    unit, unit_known_by
        Unit of the axis as in the file, and what says so: "TUNIT1", "the column's name" …
    unit_assumed
        True where the file says nothing and a plausible unit was taken.
    frame, frame_known_by, frame_assumed
        The same of air or vacuum.
    errors
        Source of the errors, or None where there are none.
    mask
        Source of the mask: a column, plane or HDU; or None.
    """

    format: str = ""
    hdu: tuple[int, str] | None = None
    axis: str = ""
    unit: str = ""
    unit_known_by: str = ""
    unit_assumed: bool = False
    frame: str = ""
    frame_known_by: str = ""
    frame_assumed: bool = False
    errors: ErrorSource | None = None
    mask: str | None = None


UNKNOWN_PROVENANCE = Provenance()
"""Of spectra that were not read from a file."""


@dataclass(frozen=True, slots=True)
class SpectrumMeta:
    """What is known about a spectrum beside its numbers.

    Parameters
    ----------
    name
        A short name for people: the object's or the file's.
    ra, dec
        Position, ICRS, in degrees.
    label
        The class, where known.
    group
        The object: all spectra of one object share it, and splits keep them together.
    unit, frame
        Wavelength unit and frame ("air", "vacuum") as they were in the file.
    source
        Where it was read from.
    extra
        Whatever else the reader found (redshift, signal to noise, survey …), JSON types only. `unit_assumed`
        and `frame_assumed` are True here where the file states no unit or no frame.
    provenance
        How it was read.
    moment
        When and where it was observed, or None.
    """

    name: str
    ra: float | None = None
    dec: float | None = None
    label: str | None = None
    group: str | None = None
    unit: str = ""
    frame: str = ""
    source: Source = field(default_factory=lambda: Source(""))
    extra: Mapping[str, Any] = field(default_factory=dict)
    provenance: Provenance = UNKNOWN_PROVENANCE
    moment: Moment | None = None


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One spectrum on its own grid.

    Parameters
    ----------
    wavelength
        Å, in vacuum, strictly ascending, shape (n,).
    flux
        Any unit, shape (n,).
    ivar
        Inverse variance of the flux, shape (n,), or None.
    mask
        True where a pixel is bad, shape (n,), or None.
    meta
        Name, position, class, origin.
    """

    wavelength: FloatArray
    flux: FloatArray
    ivar: FloatArray | None = None
    mask: BoolArray | None = None
    meta: SpectrumMeta = field(default_factory=lambda: SpectrumMeta(""))

    @property
    def provenance(self) -> Provenance:
        """How it was read: format, HDU, and the sources of axis, unit, frame, errors and mask."""
        return self.meta.provenance


class SpectrumList(list[Spectrum]):
    """The spectra of a file, folder or archive: a list that also says which ones of it are missing.

    Parameters
    ----------
    spectra
        What was read.
    missing
        The parts of files that could not be read beside them: dead fibres, broken rows. Each names its
        `source`, its `place` in it, and the `reason`.
    """

    def __init__(self, spectra: Iterable[Spectrum] = (), missing: Iterable[UnreadableSpectrum] = ()) -> None:
        super().__init__(spectra)
        self.missing = tuple(missing)
