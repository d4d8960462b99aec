"""Designations of astronomical objects: the spellings of one name, and the position that a name states."""

from __future__ import annotations

import re

#: ``SN 2000cn``, ``sn00cn``, ``AT 2018cow``; one letter is upper case, two and more are lower case (IAU).
_SUPERNOVA = re.compile(
    r"(?:(?:SNe?|AT)[ _-]*)?((?:1[89]|20)?\d\d)[ _]?([A-Z]|[a-z]|[A-Za-z]{2,4})", re.IGNORECASE
)
#: The same at the begin of a file's name; there the prefix is required.
_SUPERNOVA_FILE = re.compile(r"(?:SN|AT)[ _-]?(?:1[89]|20)?\d\d[ _]?[A-Z]{1,4}(?=[ ._-]|$)", re.IGNORECASE)
#: Years of two digits from this one on are of the twentieth century (the first digital spectra).
_FIRST_SHORT_YEAR = 50

#: ``LAMOST J030220.94-023931.7``, ``2MASS J03022094-0239317``, ``SDSS J…``: sexagesimal.
_J_POSITION = re.compile(
    r"(?:J|2MASS[A-Z]*[ _-]*)"
    r"(?P<hour>[0-2]\d)(?P<minute>[0-5]\d)(?P<second>[0-5]\d(?:\.\d+|\d+))"
    r"(?P<sign>[+−-])(?P<degree>\d\d)(?P<arcminute>[0-5]\d)(?P<arcsecond>[0-5]\d(?:\.\d+|\d*))(?!\d)",
    re.IGNORECASE,
)
#: The survey that a designation by position is of, perhaps with its release: ``LAMOST DR7``.
_SURVEY = re.compile(r"(?:[A-Za-z0-9]+[ _-]+)?[A-Za-z0-9]*[ _-]*")
#: Sources of the early third release of Gaia keep their numbers in the full one.
_SAME = {"GAIAEDR3": "GAIADR3"}

#: Catalogues whose entries are numbered, and how their designations are written here.
_CATALOGUES = "HD|HDE|HR|HIP|KIC|EPIC|TIC|GJ|NGC|IC|UGC|Gaia[ _]?E?DR[1-4]|TYC|BD|CD|CPD"
_NUMBERED = re.compile(rf"({_CATALOGUES})[ _]*([+-]?)[ _]*0*(\d[\d _+-]*)[ _]*([A-Za-z]?)", re.IGNORECASE)


def designation(text: str) -> str | None:
    """Return the one spelling of a designation that has several.

    Supernovae (``SN 2000cn`` = ``sn00cn`` = ``2000cn`` = ``00cn``), entries of numbered catalogues
    (``HD 000358`` = ``hd358``) and designations by position (``LAMOST J…``, ``2MASS J…``) are known.

    Parameters
    ----------
    text : str
        A name, the whole of it.

    Returns
    -------
    str or None
        The designation; None where the text is none of those.
    """
    text = text.strip()
    if match := _SUPERNOVA.fullmatch(text):
        return _supernova(*match.groups())
    if match := _NUMBERED.fullmatch(text):
        catalogue, sign, number, component = match.groups()
        catalogue = re.sub(r"[ _]", "", catalogue).upper()
        rest = f"{sign}{number}{component}".replace(" ", "").replace("_", "").upper()
        return _SAME.get(catalogue, catalogue) + rest
    match = _J_POSITION.search(text)
    if match and match.end() == len(text) and _SURVEY.fullmatch(text[: match.start()]):
        sign = "+" if match["sign"] == "+" else "-"
        left = match["hour"] + match["minute"] + match["second"].replace(".", "")
        return f"J{left}{sign}{match['degree']}{match['arcminute']}{match['arcsecond'].replace('.', '')}"
    return None


def _supernova(year: str, letters: str) -> str:
    if len(year) == 2:
        year = f"{19 if int(year) >= _FIRST_SHORT_YEAR else 20}{year}"
    return f"SN {year}{letters.upper() if len(letters) == 1 else letters.lower()}"


def designation_in(name: str) -> str | None:
    """Return the designation that a spectrum's name is or begins with.

    Parameters
    ----------
    name : str
        As an archive names its files: ``sn2001ig-20020123``, ``LAMOST J030220.94-023931.7``.

    Returns
    -------
    str or None
        As `designation` spells it; None where the name has none.
    """
    if whole := designation(name):
        return whole
    if match := _SUPERNOVA_FILE.match(name):
        return designation(match.group())
    if match := _J_POSITION.search(name):
        return designation(match.group())
    return None


def stated_position(text: str) -> tuple[float, float] | None:
    """Return the position that a designation such as ``LAMOST J030220.94-023931.7`` states.

    Parameters
    ----------
    text : str
        A name that is or holds a designation by position. Without a decimal point (2MASS) seconds of time
        have two decimals and seconds of arc one (IAU, "Specifications concerning designations").

    Returns
    -------
    tuple of float or None
        Right ascension and declination in degrees; None where the text states none, or no real one.
    """
    match = _J_POSITION.search(text)
    if match is None:
        return None
    hours = int(match["hour"]) + int(match["minute"]) / 60 + _decimal(match["second"]) / 3600
    degrees = int(match["degree"]) + int(match["arcminute"]) / 60 + _decimal(match["arcsecond"]) / 3600
    if hours >= 24 or degrees > 90:
        return None
    return hours * 15, degrees if match["sign"] == "+" else -degrees


def _decimal(digits: str) -> float:
    return float(digits) if "." in digits else float(f"{digits[:2]}.{digits[2:] or 0}")
