"""The parameters of a query for spectra (SSA 1.1, section 4.1), and what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.data.curves.processed import CSV, FITS, VOTABLE
from dashboard.data.store.observations import Cone, Wanted
from dashboard.web.vo.sent import last, wrong

ANGSTROM_M = 1e-10
DEFAULT_ROWS, MOST_ROWS = 5000, 100_000
DEFAULT_SIZE = 0.2  # degrees, of a query with a position and no size
MOST_BANDS = 20
FRAMES = ("ICRS", "FK5")  # alike to a fraction of an arc second
#: What FORMAT may name, and the media type of the spectra that are then linked; empty: there are none.
FORMATS = {
    "": VOTABLE,
    "all": VOTABLE,
    "compliant": VOTABLE,
    "native": VOTABLE,
    "votable": VOTABLE,
    VOTABLE: VOTABLE,
    "fits": FITS,
    FITS: FITS,
    "image/fits": FITS,
    "csv": CSV,
    CSV: CSV,
    "graphic": "",
    "text/html": "",
    "xml": "",
}
METADATA = "metadata"


@dataclass(frozen=True)
class Query:
    """A query.

    Attributes
    ----------
    wanted : Wanted
        Which spectra.
    rows : int
        The most rows.
    media : str
        Of the files that are linked; empty: none of this format are there.
    metadata : bool
        The columns alone are wanted.
    """

    wanted: Wanted
    rows: int
    media: str
    metadata: bool = False


def query_of(sent: dict[str, list[str]]) -> Query:
    """Return the query of parameters.

    Parameters
    ----------
    sent : dict
        As `dashboard.web.vo.sent.parameters_of` returns them.

    Raises
    ------
    Invalid
        If one of them cannot be used; it names it.
    """
    kind = last(sent, "FORMAT") or last(sent, "RESPONSEFORMAT")
    if kind.lower() == METADATA:
        return Query(Wanted(), 0, VOTABLE, metadata=True)
    request = last(sent, "REQUEST", "queryData")
    if request.lower() != "querydata":
        raise wrong("REQUEST", f"must be queryData, not {request[:40]!r}")
    media = FORMATS.get(kind.lower())
    if media is None:
        media = next((FORMATS[one] for one in kind.lower().split(",") if one in FORMATS), "")
    wanted = Wanted(
        cone=_cone(last(sent, "POS"), last(sent, "SIZE")),
        bands=bands_of(last(sent, "BAND")),
        target=last(sent, "TARGETNAME"),
        dataset=last(sent, "COLLECTION"),
        nothing=_times(last(sent, "TIME")) or not media,
    )
    return Query(wanted, _rows(sent), media)


def _rows(sent: Mapping[str, list[str]]) -> int:
    text = last(dict(sent), "MAXREC")
    if not text:
        return DEFAULT_ROWS
    if not (text.isascii() and text.isdecimal()):
        raise wrong("MAXREC", "must be a number of rows, at least 0")
    return min(int(text[:12]), MOST_ROWS)


def _cone(position: str, size: str) -> Cone | None:
    if not position:
        if size:
            _number("SIZE", size)
        return None
    place, _, frame = position.partition(";")
    if frame and frame.strip().upper() not in FRAMES:
        raise wrong("POS", f"must be in {' or '.join(FRAMES)}, not {frame[:20]!r}")
    parts = place.replace(",", " ").split()
    if len(parts) != 2:
        raise wrong("POS", "must be two numbers, such as 180.0,-30.5: right ascension and declination")
    ra, dec = (_number("POS", part) for part in parts)
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise wrong("POS", "must have a right ascension of 0 to 360 and a declination of -90 to 90 degrees")
    diameter = _number("SIZE", size) if size else DEFAULT_SIZE
    if not 0 <= diameter <= 360:
        raise wrong("SIZE", "must be a diameter of 0 to 360 degrees")
    return Cone(ra % 360, dec, diameter / 2)


def bands_of(text: str) -> tuple[tuple[float, float], ...]:
    """Return the ranges of ``BAND`` in Å, vacuum: ``5e-7/6e-7``, ``/5e-7``, ``5e-7,7e-7`` in metres.

    Raises
    ------
    Invalid
        If it is something else, such as the name of a band.
    """
    given = text.partition(";")[0]  # what follows says "source" or "observer": wavelengths are as observed
    ranges = [part.strip() for part in given.split(",") if part.strip()]
    if len(ranges) > MOST_BANDS:
        raise wrong("BAND", f"may have {MOST_BANDS} ranges")
    return tuple(_band(part) for part in ranges)


def _band(text: str) -> tuple[float, float]:
    low, slash, high = (part.strip() for part in text.partition("/"))
    start = _metres(low) if low else -math.inf
    if not slash:
        return start, start
    end = _metres(high) if high else math.inf
    if start > end:
        raise wrong("BAND", "must have its shorter wavelength first")
    return start, end


def angstrom(metres: float) -> float:
    """Return a wavelength in metres as Å; 4.05e-7 is 4050, not the number before it."""
    return float(f"{metres / ANGSTROM_M:.12g}")


def _metres(text: str) -> float:
    value = _number("BAND", text)
    if value <= 0:
        raise wrong("BAND", "must be positive wavelengths in metres")
    return angstrom(value)


def _number(name: str, text: str) -> float:
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise wrong(name, f"must be made of numbers, not {text[:20]!r}")
    return value


def _times(text: str) -> bool:
    """Return whether a time is asked for: of no spectrum it is known, so none matches."""
    for part in filter(None, (piece.strip() for piece in text.replace(",", "/").split("/"))):
        try:
            datetime.fromisoformat(f"{part}-01-01" if part.isdecimal() and len(part) == len("2015") else part)
        except ValueError as error:
            raise wrong("TIME", "must be times such as 2015-01-01/2016-01-01") from error
    return bool(text)
