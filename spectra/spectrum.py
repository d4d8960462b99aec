"""A spectrum, where it came from, and the error of one that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault

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
    """

    def __init__(self, source: str, reason: str, kind: Fault = Fault.MALFORMED) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
        self.kind = kind

    def __reduce__(self) -> tuple[type[UnreadableSpectrum], tuple[str, str, Fault]]:
        """Cross process borders whole (the default would pass the joined message only)."""
        return (type(self), (self.source, self.reason, self.kind))


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
        Whatever else the reader found (redshift, signal to noise, survey …), JSON types only.
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
