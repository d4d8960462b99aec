"""What an ordinary FITS header (IRAF, ESO, VO) says about the object and the frame of its wavelengths."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from spectra.fault import Fault
from spectra.reading.fits.keywords import known, put
from spectra.reading.fits_file.header import Header, Layout
from spectra.reading.grid import AIR, VACUUM
from spectra.reading.objects.header_times import moment_of
from spectra.reading.read_error import ReadError
from spectra.reading.units.frames import FRAME_KEYWORDS, frame_of_keyword, frame_word
from spectra.reading.units.meaning import Said
from spectra.spectrum import Source, SpectrumMeta

_SEXAGESIMAL = re.compile(r"([+-]?)\s*(\d{1,3})[:\s]\s*(\d{1,2})[:\s]\s*(\d{1,2}(?:\.\d*)?)")
_MOST_AXES = 4
_OF_AXIS = re.compile(
    r"wavelength|lambda|\bwaves?\b|\bwl\b|spectral[ _-]?axis|dispersion axis|x[ _-]?(?:axis|units?)",
    re.IGNORECASE,
)
_SPACE = ("HST", "FUSE", "IUE", "JWST", "CHANDRA", "XMM", "GALEX", "EUCLID", "HUT")


_HEADER_KEYWORDS = (*FRAME_KEYWORDS, "METADATA")
"""What `frame_said` looks at, beside CTYPE and TELESCOP."""


def frame_said(*headers: Header) -> Said | None:
    """Return "air" or "vacuum" and the keyword, from the first of some headers that says so, else None.

    The keywords of `units.frames`: VACUUM (logical, 1 or 0, 'T', 'true' …: Marz), AIRORVAC, WAVETYPE (IRTF),
    VACWAVE, AIR …, the `airvac` of linetools' METADATA, and the FITS axis codes AWAV (air) and WAVE (vacuum)
    of the spectral axis (FITS paper III, Greisen et al. 2006, A&A 446, 747, table 1).

    Raises
    ------
    ReadError
        When keywords of one header contradict each other.
    """
    return next((said for header in headers if (said := _frame_of(header))), None)


def _frame_of(header: Header) -> Said | None:
    found: Said | None = None
    for keyword in _asked(header.layout):
        value = header.get(keyword)
        if keyword == "METADATA":
            frame = frame_word(_airvac(header.text(keyword)))
        else:
            frame = None if value is None else frame_of_keyword(keyword, value)
        if frame is None:
            continue
        if found is not None and found.text != frame:
            raise ReadError(
                f"its header says {found.text} by {found.place} and {frame} by {keyword}: correct one",
                Fault.BAD_AXIS,
            )
        found = found or Said(frame, keyword)
    if found is not None:
        return found
    telescope = header.text("TELESCOP").upper()
    space = Said(VACUUM, f"TELESCOP {telescope}") if telescope.startswith(_SPACE) else None
    return _frame_of_codes(header) or space


@lru_cache(1024)
def _asked(layout: Layout) -> tuple[str, ...]:
    """Return the keywords of a frame that a header has: most have none, and files of a survey the same."""
    return tuple(keyword for keyword in _HEADER_KEYWORDS if layout.place(keyword) is not None)


def _frame_of_codes(header: Header) -> Said | None:
    for axis in range(1, min(max(header.integer("NAXIS", 0), 1), _MOST_AXES) + 1):
        code = header.text(f"CTYPE{axis}").upper()
        if code.startswith("AWAV"):
            return Said(AIR, f"CTYPE{axis} {code}")
        if code == "WAVE" or code.startswith("WAVE-"):
            return Said(VACUUM, f"CTYPE{axis} {code}")
    return None


def stated_frame(header: Header) -> str | None:
    """Return "air" or "vacuum" where a header says so, else None."""
    said = frame_said(header)
    return None if said is None else said.text


def axis_comments(header: Header) -> list[str]:
    """Return the texts of COMMENT and HISTORY cards that speak of the spectral axis."""
    if not header.layout.remark_places:
        return []
    return [text for text in header.remarks() if _OF_AXIS.search(text)]


def _airvac(metadata: str) -> str:
    match = re.search(r'"airvac":\s*"(\w+)"', metadata)
    return match[1] if match else ""


def angle(header: Header, keyword: str, *, hours: bool) -> float | None:
    """Return a position that is written in degrees or sexagesimally.

    Parameters
    ----------
    header : Header
        The FITS header.
    keyword : str
        The keyword of the position.
    hours : bool
        Whether a sexagesimal value is in hours, as a right ascension is.

    Returns
    -------
    float or None
        Degrees; None where there is no such position.
    """
    value = header.get(keyword)
    if isinstance(value, str):
        match = _SEXAGESIMAL.fullmatch(value.strip())
        if match is None:
            return _inside(header.number(keyword), hours=hours)
        degrees = int(match[2]) + int(match[3]) / 60 + float(match[4]) / 3600
        return _inside((-degrees if match[1] == "-" else degrees) * (15 if hours else 1), hours=hours)
    return _inside(header.number(keyword), hours=hours)


def _inside(degrees: float | None, *, hours: bool) -> float | None:
    if degrees is None:
        return None
    return degrees if (0.0 <= degrees <= 360.0 if hours else -90.0 <= degrees <= 90.0) else None


def header_meta(
    headers: tuple[Header, ...],
    source: Source,
    stem: str,
    *,
    unit: str,
    frame: str,
    stated: bool = True,
    flux_unit: str = "",
) -> SpectrumMeta:
    """Collect what headers say about the object; the first that says something wins.

    Parameters
    ----------
    headers
        The spectrum's own header first, then the primary.
    source, stem
        Where it is, and the name to fall back on.
    unit, frame
        As in the file; `stated` False when the frame is the family's rule, not the file's word.
    flux_unit
        Unit of the flux where a column states it; else BUNIT.
    """
    extra: dict[str, Any] = {} if stated else {"frame_assumed": True}
    name = object_name(headers)
    put(
        extra,
        telescope=_first_text(headers, "TELESCOP"),
        instrument=_first_text(headers, "INSTRUME"),
        date=_first_text(headers, "DATE-OBS"),
        spectral_type=_first_text(headers, "SPECTYPE", "SPTYPE"),
        redshift=next((z for header in headers if (z := header.number("REDSHIFT")) is not None), None),
        snr=next((snr for header in headers if (snr := header.number("SNR")) is not None), None),
        resolution=_resolving_power(headers),
        resolution_element=_resolution_element(headers),
        flux_unit=flux_unit or _first_text(headers, "BUNIT"),
    )
    ra, dec = next((place for header in headers if (place := position_of(header)) is not None), (None, None))
    return SpectrumMeta(
        name=stem, ra=ra, dec=dec, group=name, unit=unit, frame=frame, source=source,
        extra=extra | ({"object": name} if name else {}), moment=moment_of(*headers),
    )  # fmt: skip


#: Keywords of a resolving power: SPEC_RP of SSAP 1.1 (section 4.2.5.2), SPEC_RES of ESO's phase 3.
_POWERS = ("SPEC_RP", "SPEC_RES", "RESPOWER")
#: Those that mean one only where their comment says so; ``R`` is a magnitude as often.
_SAID = ("RP", "RES", "R", "RESOLVE", "RESOLUTN")
_LEAST_POWER = 10.0
_RESOLUTION_ELEMENT = re.compile(r"(resolution|line.spread).*\b(a|å|ang\w*|nm|nanomet\w*)\b", re.IGNORECASE)


def _resolving_power(headers: tuple[Header, ...]) -> float | None:
    """Return λ/Δλ as headers state it."""
    for header in headers:
        stated = [header.number(word) for word in _POWERS]
        stated += [header.number(word) for word in _SAID if "resolving power" in header.comment(word).lower()]
        for number in stated:
            if number is not None and number >= _LEAST_POWER:
                return number
    return None


def _resolution_element(headers: tuple[Header, ...]) -> float | None:
    """Return the width of a resolution element in Å, where the comment of FWHM says that it is one."""
    for header in headers:
        found = _RESOLUTION_ELEMENT.search(header.comment("FWHM"))
        width = header.number("FWHM")
        if found is not None and width is not None and width > 0.0:
            return width * (10.0 if found[2].lower().startswith("n") else 1.0)
    return None


def object_name(headers: tuple[Header, ...]) -> str | None:
    """Return what headers call the object: the group of its spectra; the first that says something wins."""
    return _first_text(headers, "OBJECT", "OBJNAME", "TARGNAME", "SRCNAME", "TARGET")


def position_of(header: Header) -> tuple[float, float] | None:
    """Return right ascension and declination for J2000 or ICRS; other equinoxes (B1950) are left out."""
    equinox = header.text("EQUINOX").lstrip("J")
    if equinox and header.text("RADECSYS") != "ICRS" and equinox not in {"2000", "2000.0"}:
        return None
    for first, second in (("RA", "DEC"), ("RA_TARG", "DEC_TARG"), ("SRCRA", "SRCDEC"), ("TCS_RA", "TCS_DEC")):
        ra, dec = angle(header, first, hours=True), angle(header, second, hours=False)
        if ra is not None and dec is not None:
            return ra, dec
    return None


def _first_text(headers: tuple[Header, ...], *keywords: str) -> str | None:
    for header in headers:
        for keyword in keywords:
            if word := known(header.text(keyword)):
                return word
    return None
