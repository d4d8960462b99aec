"""The HDUs beside an image of flux: its errors, its mask, its wavelengths, by their names and shapes.

ESO's HDRL says more than a name: HDUCLAS2 is ERROR or QUALITY, HDUCLAS3 the kind of error, and ERRDATA and
QUALDATA of the flux name the HDUs (ESO Data Interface Control Document, GEN-SPE-ESO-33000-5335, 7).
"""

from __future__ import annotations

import re

from spectra.fault import Fault
from spectra.reading.fits_file.hdu import Hdu
from spectra.reading.fits_file.structure import FitsFile
from spectra.reading.planes.errors import Errors
from spectra.reading.planes.masks import Mask
from spectra.reading.planes.words import ERROR_KINDS, Role, role_of_text, words_of
from spectra.reading.read_error import ReadError
from spectra.spectrum import ErrorSource

_ESO = {
    ("ERROR", "MSE"): Role.VARIANCE,
    ("ERROR", "RMSE"): Role.SIGMA,
    ("ERROR", "INVMSE"): Role.IVAR,
    ("ERROR", ""): Role.SIGMA,
}
_NAMES = ("EXTNAME", "HDUNAME", "IMAGE")
_LAMPS = frozenset(("cal", "fp", "lfc", "etalon", "lamp"))
_QUANTITIES = frozenset(("flux", "wave", "wavl", "wavelength", "spec", "spectrum", "var", "variance", "data"))
_OF_AXES = frozenset(
    (
        "wave", "waves", "wavelength", "wavelengths", "wavl", "lambda", "lam", "loglam", "wl", "log", "air",
        "vac", "vacuum", "nm", "um", "micron", "angstrom", "aa", "bary", "obs", "data",
    )
)  # fmt: skip
"""Words of an image of wavelengths that do not tell one arm or fibre from another."""
_BEAM = re.compile(r"(FLUX|WAVE|BLAZE)(AB|[ABC])")
_MADE = frozenset(("template", "model"))
_ERROR_OF_FLUX = re.compile(r"(?:E|D|DELTA)[_ ]?FLUX")
_NUMBERS = re.compile(r"\d+")
_NAMED_BY = ("ERRDATA", "QUALDATA")


def role_of_hdu(hdu: Hdu) -> Role | None:
    """Tell what an image holds from its keywords and its name; None where they say nothing known."""
    kind = hdu.header.text("HDUCLAS2").upper()
    if kind == "DATA":
        return Role.FLUX
    if kind == "QUALITY":
        return Role.MASK
    if kind == "ERROR":
        return _ESO.get((kind, hdu.header.text("HDUCLAS3").upper()), Role.OTHER)
    if beam := _BEAM.fullmatch(hdu.name):
        return role_of_text(beam[1])
    if _ERROR_OF_FLUX.fullmatch(hdu.name):
        return Role.SIGMA
    return role_of_text(hdu.name) if hdu.name else None


def may_hold_flux(hdu: Hdu) -> bool:
    """Whether the only image or table of its kind in a file may be a spectrum of an object, by its name.

    Errors, masks, sky and calibrations are none; a template or a model is one where nothing is beside it.
    """
    role = role_of_hdu(hdu)
    return role in {None, Role.FLUX} or (role is Role.OTHER and bool(_MADE & set(hdu_words(hdu))))


def no_flux(hdu: Hdu) -> ReadError:
    """Return the reason why an image or table is no spectrum: what its name says."""
    return ReadError(
        f"HDU {hdu.index} is called {hdu.name[:40]}: it is no spectrum of an object, and nothing else is",
        Fault.NO_SPECTRUM,
    )


def hdu_words(hdu: Hdu) -> tuple[str, ...]:
    """Return the words of a name; of FluxAB (APERO) the beam is one of its own."""
    beam = _BEAM.fullmatch(hdu.name)
    return (beam[1].lower(), beam[2].lower()) if beam else words_of(hdu.name)


def is_other_light(hdu: Hdu) -> bool:
    """Whether a name says that the light is not the object's: CAL FLUX, GREEN_CAL_FLUX (not FLUX_CAL)."""
    words = hdu_words(hdu)
    light = next((place for place, word in enumerate(words) if word in _LAMPS), None)
    return light is not None and any(word in _QUANTITIES for word in words[light + 1 :])


def beside(file: FitsFile, flux: Hdu, roles: set[Role]) -> Hdu | None:
    """Return the HDU of one of these roles that belongs to a flux, or None.

    Of several, the one that the flux names, then the one whose name shares most with that of the flux (its
    arm or order), then the nearest behind it.

    Parameters
    ----------
    file
        The whole file.
    flux
        The HDU with the flux.
    roles
        What is looked for.

    Raises
    ------
    ReadError
        When it is there and cut short, and nothing else can stand in for it.
    """
    named = {flux.header.text(keyword).upper() for keyword in _NAMED_BY} - {""}
    words = set(hdu_words(flux))
    best: tuple[tuple[int, int, int, int, int], Hdu] | None = None
    for hdu in file.hdus:
        if hdu is flux or role_of_hdu(hdu) not in roles or not (hdu.is_image or hdu.fault):
            continue
        if not fits_beside(hdu, flux, Role.WAVELENGTH in roles):
            continue
        version = int(hdu.header.number("EXTVER") == flux.header.number("EXTVER"))
        away = hdu.index - flux.index
        score = (
            int(hdu.name in named),
            len(words & set(hdu_words(hdu))),
            int(_NUMBERS.findall(hdu.name) == _NUMBERS.findall(flux.name)),
            version,
            -away if away > 0 else away - len(file.hdus),
        )
        if best is None or score > best[0]:
            best = (score, hdu)
    return best[1] if best else None


def fits_beside(hdu: Hdu, flux: Hdu, may_be_shared: bool) -> bool:
    """Return whether an image has the shape of a flux, or of each of its rows.

    Parameters
    ----------
    hdu : Hdu
        The image.
    flux : Hdu
        The image of the flux.
    may_be_shared : bool
        Whether one row may belong to all rows of the flux, as wavelengths do.

    Returns
    -------
    bool
        Axes of length 1 are not counted.
    """
    own, its = ([length for length in each.shape if length > 1] for each in (hdu, flux))
    return own == its or (may_be_shared and own == its[-1:])


def hdu_errors(file: FitsFile, flux: Hdu) -> Errors | None:
    """Return the errors of the rows of an image from another HDU, or None."""
    hdu = beside(file, flux, set(ERROR_KINDS))
    role = None if hdu is None else role_of_hdu(hdu)
    if hdu is None or role is None or not hdu.is_image:
        return None
    return Errors(ErrorSource(f"HDU {hdu.name or hdu.index}", ERROR_KINDS[role]), hdu.lines())


def hdu_mask(file: FitsFile, flux: Hdu) -> Mask | None:
    """Return the mask of the rows of an image from another HDU, or None."""
    hdu = beside(file, flux, {Role.MASK})
    if hdu is None or not hdu.is_image:
        return None
    place = f"HDU {hdu.name or hdu.index}"
    return Mask(place, hdu.name, hdu.lines(), (hdu.header, file.primary.header))


def other_wavelengths(file: FitsFile, flux: Hdu, wavelength: Hdu) -> list[Hdu]:
    """Return the other images of the same wavelengths: names that differ in unit and frame alone.

    Parameters
    ----------
    file
        The whole file.
    flux
        The HDU with the flux.
    wavelength
        The likeliest one, which is left out.
    """
    own = set(hdu_words(wavelength)) - _OF_AXES
    return [
        hdu
        for hdu in file.hdus
        if hdu is not wavelength and hdu is not flux and hdu.is_image and hdu.shape == wavelength.shape
        and role_of_hdu(hdu) is Role.WAVELENGTH and set(hdu_words(hdu)) - _OF_AXES == own
        and _NUMBERS.findall(hdu.name) == _NUMBERS.findall(wavelength.name)
    ]  # fmt: skip


def hdu_wavelength(file: FitsFile, flux: Hdu) -> Hdu | None:
    """Return the image with the wavelengths of another one, of all its rows or of each; or None.

    Raises
    ------
    ReadError
        When it is cut short.
    """
    hdu = beside(file, flux, {Role.WAVELENGTH})
    if hdu is not None and hdu.fault is not None:
        raise hdu.fault
    return hdu
