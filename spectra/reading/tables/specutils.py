"""Everything else that `specutils` has a loader for.

specutils wants a file by name, so the bytes go into a temporary one; its sizes were checked before
(`formats`).
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.column_names import FLUX
from spectra.reading.content import Content
from spectra.reading.fits.describe import header_meta
from spectra.reading.fits_file.contents import contents
from spectra.reading.fits_file.header import Header, read_header
from spectra.reading.grid import AIR
from spectra.reading.provenance import with_errors
from spectra.reading.read_error import ReadError
from spectra.reading.units.axis_name import AXIS
from spectra.reading.units.meaning import Said, axis_meaning
from spectra.spectrum import FloatArray, Spectrum

_MOST = 100_000
_MOST_HDUS, _MOST_HEADER = 300, 1 << 21
"""Of a file that specutils is asked about: each of its loaders opens it, and parses every header again."""
_MOST_NAMES = 100
_CLOSE = 0.75
_MOST_HEADERS = 8
_ASKED = {
    "OBJECT", "OBJNAME", "TARGNAME", "SRCNAME", "TARGET",
    "RA", "DEC", "RA_TARG", "DEC_TARG", "SRCRA", "SRCDEC",
    "TCS_RA", "TCS_DEC", "EQUINOX", "RADECSYS", "TELESCOP", "INSTRUME", "DATE-OBS", "SPECTYPE", "SPTYPE",
    "REDSHIFT", "SNR", "SPEC_RP", "SPEC_RES",
}  # fmt: skip
"""What `header_meta` looks at."""


def read_specutils(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read what specutils recognises.

    Raises
    ------
    ReadError
        When it recognises nothing, or fails.
    """
    most = content.limits.text
    if len(content.data) > most:
        raise ReadError(
            f"it has no spectral axis or columns that are known, and more than {most:,} bytes",
            Fault.NO_SPECTRUM,
        )
    if content.head[:6] == b"SIMPLE":
        # Rejects a header that promises more than the file holds, before others allocate.
        content.fits.check()
        headers = sum(hdu.header.layout.data_start for hdu in content.fits.hdus)
        if len(content.fits.hdus) > _MOST_HDUS or headers > _MOST_HEADER:
            raise ReadError(_unknown(content), Fault.UNKNOWN_FORMAT)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"spectrum{content.suffix or '.fits'}"
        path.write_bytes(content.data)
        found = _loaded(path, content)
    if len(found) > _MOST:
        raise ReadError(
            f"specutils finds {len(found):,} spectra in it, the most is {_MOST:,}", Fault.TOO_LARGE
        )
    for row, spectrum in enumerate(found):
        try:
            yield from _converted(content, spectrum, row if len(found) > 1 else None)
        except ReadError as error:
            yield error.within(f"spectrum {row}") if len(found) > 1 else error


def _loaded(path: Path, content: Content) -> list[Any]:
    import specutils  # noqa: PLC0415 - takes seconds to load, and most readings never need it

    reasons = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in (specutils.SpectrumList, specutils.Spectrum):
            try:
                found = kind.read(str(path))
            except Exception as error:  # noqa: BLE001 - loaders raise whatever the file made them trip over
                reasons.append(" ".join(str(error).split("\n")[0].split())[:160])
                continue
            return list(found) if isinstance(found, list) else [found]
    if all("identified" in reason.lower() or "could not identify" in reason.lower() for reason in reasons):
        raise ReadError(_unknown(content), Fault.UNKNOWN_FORMAT)
    raise ReadError(
        f"it is of no known form, and specutils fails on it ({reasons[-1]})", Fault.UNKNOWN_FORMAT
    )


def _unknown(content: Content) -> str:
    """Say what a file holds in which nothing is found, and what was looked for."""
    if content.head[:6] != b"SIMPLE":
        return "it is of no format that is known to hold spectra, and specutils does not recognise it either"
    file = content.fits
    names = [name for hdu in file.tables() for name, column in hdu.columns.items() if column.is_numeric]
    renamed = [
        f"rename {name} to {close[0].upper()}"
        for name in names[:_MOST_NAMES]
        for wanted in (AXIS, FLUX)
        if name.lower() not in wanted and (close := get_close_matches(name.lower(), wanted, 1, _CLOSE))
    ]
    axis, flux = (", ".join(known[:4]).upper() for known in (AXIS, FLUX))
    advice = f"; {', '.join(renamed[:2])}" if renamed else ""
    return (
        f"it has no spectral axis or columns that are known: {contents(file)}. Looked for are columns or "
        f"HDUs of wavelength ({axis} …) and flux ({flux} …), or CRVAL1 with CDELT1 or CD1_1 of an image, and "
        f"specutils does not recognise it either{advice}"
    )


def _converted(content: Content, spectrum: Any, row: int | None) -> Iterator[Spectrum | ReadError]:
    axis = spectrum.spectral_axis
    values = np.asarray(axis.value, dtype=np.float64)
    fluxes = np.atleast_2d(np.asarray(spectrum.flux.value, dtype=np.float64))
    ivars = _ivar(spectrum.uncertainty, fluxes.shape)
    masks = None if spectrum.mask is None else np.atleast_2d(np.asarray(spectrum.mask, dtype=bool))
    codes = getattr(getattr(spectrum, "wcs", None), "wcs", None)
    if np.array_equal(values, np.round(values)) and np.array_equal(np.diff(values), np.ones(len(values) - 1)):
        what = f" ({contents(content.fits)})" if content.head[:6] == b"SIMPLE" else ""
        raise ReadError(
            f"its header has no spectral axis{what}: specutils counts its pixels instead", Fault.NO_SPECTRUM
        )
    in_air = codes is not None and any("AWAV" in str(code) for code in codes.ctype)
    meaning = axis_meaning(
        units=[Said(str(axis.unit), "specutils")],
        frame=Said(AIR, "CTYPE AWAV") if in_air else None,
        values=values,
    )
    known = meaning.provenance(
        "as specutils reads it", mask="as specutils reads it" if masks is not None else None
    )
    if ivars is not None:
        known = with_errors(known, f"specutils' {type(spectrum.uncertainty).__name__}", "ivar")
    headers = (*_own_header(spectrum), *_file_headers(content))
    for index, flux in enumerate(fluxes.reshape(-1, fluxes.shape[-1])):
        place = index if len(fluxes) > 1 else row
        name = content.stem if place is None else f"{content.stem}:{place}"
        meta = header_meta(headers, content.source(None, place), name, unit="", frame="")
        ivar = None if ivars is None else ivars.reshape(-1, fluxes.shape[-1])[index]
        flags = (
            masks.reshape(-1, fluxes.shape[-1])[index]
            if masks is not None and masks.shape == fluxes.shape
            else None
        )
        wavelengths = Axis(values, meaning.unit, meaning.frame)
        yield assemble(wavelengths, flux, meta, ivar=ivar, flags=flags, provenance=known)


def _own_header(spectrum: Any) -> list[Header]:
    """Return what specutils keeps with a spectrum: a FITS header, or a dictionary, often within another."""
    from astropy.io import fits  # noqa: PLC0415

    found: dict[str, object] = {}
    waiting: list[Any] = [spectrum.meta or {}]
    while waiting and len(found) < _MOST_NAMES:
        for key, value in waiting.pop().items():
            if isinstance(value, Mapping):
                waiting.append(value)
            elif str(key).upper() in _ASKED and isinstance(value, (str, int, float)):
                found.setdefault(str(key).upper(), value)
    if not found:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = fits.Header(found).tostring()
        except ValueError:
            return []  # of characters that no header may have
    return [read_header(text.encode("ascii", "replace"))[0]]


def _file_headers(content: Content) -> list[Header]:
    if content.head[:6] != b"SIMPLE":
        return []
    return [hdu.header for hdu in content.fits.hdus[:_MOST_HEADERS]]


def _ivar(uncertainty: Any, shape: tuple[int, ...]) -> FloatArray | None:
    if uncertainty is None:
        return None
    from astropy.nddata import InverseVariance  # noqa: PLC0415

    ivar = np.atleast_2d(np.asarray(uncertainty.represent_as(InverseVariance).array, dtype=np.float64))
    return np.where(np.isfinite(ivar) & (ivar > 0.0), ivar, 0.0) if ivar.shape == shape else None
