"""Inspect one file: its parts, its spectra with their provenance, and what is rejected of it and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spectra.inspection.contents import Part, parts_of
from spectra.reading.content import Content
from spectra.reading.provenance import provenance_line
from spectra.reading.read_error import ReadError
from spectra.reading.walk import iter_spectra
from spectra.spectrum import Provenance, Spectrum, UnreadableSpectrum


@dataclass(frozen=True, slots=True)
class InspectedSpectrum:
    """One spectrum of a file.

    Parameters
    ----------
    name
        As it will be called.
    path
        Of the file, or of the member of an archive.
    row
        Place in its HDU or table, or None.
    first, last
        Å in vacuum.
    pixels
        How many.
    provenance
        How it is read.
    """

    name: str
    path: str
    row: int | None
    first: float
    last: float
    pixels: int
    provenance: Provenance

    @property
    def data(self) -> dict[str, Any]:
        """The same as JSON types, with the provenance as fields and as one line."""
        return {
            "name": self.name,
            "path": self.path,
            "row": self.row,
            "wavelength_min": self.first,
            "wavelength_max": self.last,
            "points": self.pixels,
            "provenance": provenance_data(self.provenance),
        }


@dataclass(slots=True)
class Inspection:
    """What was found in a file.

    Parameters
    ----------
    path
        The file, folder or archive.
    parts
        HDUs, tables, arrays and columns that were looked at; of a single file only.
    spectra
        The first of them.
    more
        Whether there are more than were asked for.
    rejected
        Where and why.
    """

    path: str
    parts: list[Part] = field(default_factory=list)
    spectra: list[InspectedSpectrum] = field(default_factory=list)
    more: bool = False
    rejected: list[tuple[str, str]] = field(default_factory=list)


def provenance_data(provenance: Provenance) -> dict[str, Any]:
    """Return a provenance as JSON types, with the line for people under ``line``."""
    errors = provenance.errors
    return {
        "line": provenance_line(provenance),
        "format": provenance.format,
        "hdu": None if provenance.hdu is None else {"index": provenance.hdu[0], "name": provenance.hdu[1]},
        "axis": provenance.axis,
        "unit": provenance.unit,
        "unit_known_by": provenance.unit_known_by,
        "unit_assumed": provenance.unit_assumed,
        "frame": provenance.frame,
        "frame_known_by": provenance.frame_known_by,
        "frame_assumed": provenance.frame_assumed,
        "errors": None if errors is None else {"place": errors.place, "kind": errors.kind},
        "mask": provenance.mask,
    }


def inspect_file(path: Path, most: int = 20, form: str | None = None) -> Inspection:
    """Inspect a file, folder or archive.

    Parameters
    ----------
    path
        What to read.
    most
        How many spectra are described; reading stops behind them.
    form
        Name of a format of `FORMATS`; None recognises it.

    Returns
    -------
    Inspection
        Parts, spectra, and what is rejected: nothing that the file holds raises.
    """
    found = Inspection(str(path))
    if path.is_file():
        try:
            found.parts = parts_of(Content.of_path(str(path)))
        except (OSError, ValueError, ReadError) as error:
            found.rejected.append((str(path), str(error)))
            return found
    for spectrum in _spectra(path, form, found):
        if len(found.spectra) == most:
            found.more = True
            break
        found.spectra.append(_described(spectrum))
    return found


def _spectra(path: Path, form: str | None, found: Inspection) -> Iterator[Spectrum]:
    def rejected(error: UnreadableSpectrum) -> None:
        found.rejected.append((error.source, error.reason))

    try:
        yield from iter_spectra(path, rejected=rejected, format=form)
    except UnreadableSpectrum as error:
        rejected(error)


def _described(spectrum: Spectrum) -> InspectedSpectrum:
    meta = spectrum.meta
    return InspectedSpectrum(
        meta.name,
        meta.source.path,
        meta.source.row,
        float(spectrum.wavelength[0]),
        float(spectrum.wavelength[-1]),
        len(spectrum.wavelength),
        spectrum.provenance,
    )
