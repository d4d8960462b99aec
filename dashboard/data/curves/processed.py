"""A spectrum as a caller wants it: cut out, normalised, resampled. The steps are those of recipes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.base.errors import Invalid
from dashboard.data.curves.export import columns, csv_text, flux_unit, votable_text, vounit
from spectra import Recipe, Rejection, Spectrum

MOST_POINTS = 100_000  # of a grid to resample to
FITS, CSV, VOTABLE = "application/fits", "text/csv", "application/x-votable+xml"
UNNAMED = "spectrum"


@dataclass(frozen=True)
class Processing:
    """What is done with a spectrum.

    Attributes
    ----------
    band : tuple of float or None
        Å in vacuum, what is cut out; infinite ends are open.
    normalised : bool
        Whether the flux is divided by the continuum.
    points : int or None
        Of an equidistant grid over what is left.
    """

    band: tuple[float, float] | None = None
    normalised: bool = False
    points: int | None = None


def processed(spectrum: Spectrum, wanted: Processing) -> Spectrum | None:
    """Return a spectrum after the steps; None where nothing of it is in the band.

    A cut-out keeps errors and masks; steps that compute another flux give none.

    Raises
    ------
    Invalid
        If a step rejects the spectrum.
    """
    if len(spectrum.wavelength) != len(spectrum.flux):
        raise Invalid("This spectrum has no wavelengths.")
    cut = spectrum if wanted.band is None else _cut(spectrum, wanted.band)
    if cut is None or not (wanted.normalised or wanted.points):
        return cut
    steps: list[dict[str, Any]] = [{"step": "continuum"}] if wanted.normalised else []
    if wanted.points:
        ends = {"minimum": float(cut.wavelength[0]), "maximum": float(cut.wavelength[-1])}
        steps.append({"step": "resample", **ends, "points": wanted.points})
    rejections: list[Rejection] = []
    recipe = Recipe.from_json({"schema": 1, "steps": steps})
    batches = list(recipe.prepare([cut], rejections.append))
    if not batches or not len(batches[0].flux):
        reason = rejections[0].reason if rejections else "nothing is left of it"
        raise Invalid(f"The spectrum cannot be processed: {reason}.")
    grid = batches[0].wavelength
    unit = {} if wanted.normalised else {"flux_unit": flux_unit(spectrum)}
    return replace(
        cut,
        wavelength=cut.wavelength if grid is None else np.asarray(grid, dtype=np.float64),
        flux=batches[0].flux[0].astype(np.float64),
        ivar=None,
        mask=None,
        meta=replace(cut.meta, extra=unit),
    )


def _cut(spectrum: Spectrum, band: tuple[float, float]) -> Spectrum | None:
    low, high = band
    axis = spectrum.wavelength  # ascending: infinite ends are before and behind all of it
    first, last = int(np.searchsorted(axis, low, "left")), int(np.searchsorted(axis, high, "right"))
    if first >= last:
        return None
    part = slice(first, last)
    return replace(
        spectrum,
        wavelength=spectrum.wavelength[part],
        flux=spectrum.flux[part],
        ivar=None if spectrum.ivar is None else spectrum.ivar[part],
        mask=None if spectrum.mask is None else spectrum.mask[part],
    )


def pieces(spectrum: Spectrum, media: str) -> Iterator[bytes]:
    """Yield a spectrum as a file.

    Parameters
    ----------
    spectrum : Spectrum
        What is written.
    media : str
        `FITS`, `CSV` or `VOTABLE`.
    """
    if media == FITS:
        yield fits_bytes(spectrum)
        return
    for text in csv_text([spectrum]) if media == CSV else votable_text([spectrum]):
        yield text.encode("utf-8", "replace")


def fits_bytes(spectrum: Spectrum) -> bytes:
    """Return a spectrum as FITS: a table with a column for each array, with units (FITS 4.0, section 7.3)."""
    from astropy.io import fits  # noqa: PLC0415 - heavy, and only files need it

    formats = {"f": "D", "i": "K", "u": "K", "b": "L"}
    units = {"wavelength": "Angstrom", "flux": vounit(flux_unit(spectrum))}
    units["error"] = units["flux"]
    made = [
        fits.Column(name, formats[array.dtype.kind], units.get(name) or None, array=array)
        for name, array in columns(spectrum).items()
    ]
    table = fits.BinTableHDU.from_columns(made, name="SPECTRUM")
    meta = spectrum.meta
    name = "".join(letter if " " <= letter <= "~" else "?" for letter in meta.name)[:60]
    cards = {"OBJECT": name or UNNAMED, "RA": meta.ra, "DEC": meta.dec, "RADESYS": "ICRS"}
    for key, value in cards.items():
        if value is not None:
            table.header[key] = value
    table.header["SPECSYS"] = ("", "wavelengths are in vacuum")
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(buffer)
    return buffer.getvalue()
