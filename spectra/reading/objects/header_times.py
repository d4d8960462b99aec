"""When and where a spectrum was observed, from the headers of a FITS file.

The middle of the exposure is taken where it can be known: keywords of the middle (FITS Standard 4.0, section
9.5: MJD-AVG, DATE-AVG), both ends, or the beginning and the exposure time. Heliocentric and barycentric
dates go before the observatory's clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from spectra.observation.moment import Moment, Site, julian_date
from spectra.reading.fits_file.header import Header, Layout

_BARYCENTRIC = ("BJD", "BJD-MID", "BJD_MID", "BJDMID", "BJD_TDB", "BJD-TDB", "BJDTDB", "BJD-OBS", "BJD_OBS")
_HELIOCENTRIC = ("HJD", "HJD-MID", "HJD_MID", "HJDMID", "HELJD", "HELIOJD", "HELIO_JD", "HJD-OBS", "JD-HELIO")
_MIDDLES = (
    ("MJD-AVG", "MJD"), ("MJD-MID", "MJD"), ("MJD_MID", "MJD"), ("MJDMID", "MJD"), ("MIDMJD", "MJD"),
    ("JD-MID", "JD"), ("JD_MID", "JD"), ("JDMID", "JD"), ("MIDJD", "JD"),
)  # fmt: skip
_STARTS = (("MJD-BEG", "MJD"), ("MJD-OBS", "MJD"), ("MJD-STR", "MJD"), ("JD-BEG", "JD"), ("JD-OBS", "JD"))
_EXPOSURES = ("EXPTIME", "EXPOSURE", "EXP_TIME", "TEXP", "ITIME", "INTTIME", "XPOSURE")
_CLOCKS = ("TIME-OBS", "UT-START", "UTSTART", "TM-START", "UTC-OBS", "UT", "UTC", "UTSHUT")
_EARTH = ("BERV", "BARYCORR", "BARYCOR", "BARY_COR", "HELICORR", "HELCORR", "HELIOCOR", "HELIO_RV", "VHELCOR")
_SITES = (
    ("OBSGEO-L", "OBSGEO-B", "OBSGEO-H"),
    ("SITELONG", "SITELAT", "SITEELEV"),
    ("LONG-OBS", "LAT-OBS", "ALT-OBS"),
    ("GEOLON", "GEOLAT", "GEOELEV"),
    ("LONGITUD", "LATITUDE", "HEIGHT"),
)
_SCALES = {
    "UTC": "JD(UTC)", "UT": "JD(UTC)", "TAI": "JD(TAI)", "TT": "JD(TT)", "TDT": "JD(TT)", "TDB": "JD(TDB)",
}  # fmt: skip
_OTHERS = (
    "DATE-AVG", "DATE-BEG", "DATE-END", "DATE-OBS", "MJD-END", "TIMESYS", "JD", "TAI-BEG", "TAI-END",
)  # fmt: skip
_ALL = (
    *_BARYCENTRIC, *_HELIOCENTRIC, *(word for word, _ in (*_MIDDLES, *_STARTS)), *_EXPOSURES, *_CLOCKS,
    *_EARTH, *(word for words in _SITES for word in words), *_OTHERS,
)  # fmt: skip
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d):(\d\d(?:\.\d*)?)")
_DAY = 86400.0
#: Speeds of an observer are below that of the Earth and its rotation, km/s.
_FASTEST = 35.0


@dataclass(frozen=True)
class _Date:
    date: float
    known_by: str
    middle: bool | None


def moment_of(*headers: Header) -> Moment | None:
    """Return when and where a spectrum was observed.

    Parameters
    ----------
    headers
        The spectrum's own first; the first that states a time wins.
    """
    for header in headers:
        if _there(header.layout) and (found := _of_header(header)) is not None:
            return found
    return None


@lru_cache(1024)
def _there(layout: Layout) -> frozenset[str]:
    """Return the keywords that a header has: files of a survey have the same."""
    return frozenset(word for word in _ALL if layout.place(word) is not None)


def _of_header(header: Header) -> Moment | None:
    site, earth = _site(header), _earth(header)
    for words, system in ((_BARYCENTRIC, "BJD"), (_HELIOCENTRIC, "HJD")):
        if (found := _stated(header, [(word, "JD") for word in words])) is not None:
            # Programs that compute such a date compute it for the middle.
            return Moment(found.date, system, found.known_by, True, site, earth)
    system = _SCALES.get(header.text("TIMESYS").upper(), "JD(UTC)")
    if header.number("TAI-BEG") is not None:
        system = "JD(TAI)"
    clock = _middle(header) or _started(header)
    if clock is None:
        return None
    return Moment(clock.date, system, clock.known_by, clock.middle, site, earth)


def _stated(header: Header, words: list[tuple[str, str]], *, days: bool = False) -> _Date | None:
    """Return the date of the first keyword that gives one; a whole day is no time unless `days`."""
    there = _there(header.layout)
    for word, kind in words:
        if word in there and (value := header.number(word)) is not None:
            date = julian_date(value, kind)
            if date is not None and (days or value != int(value)):
                return _Date(date, word, None)
    return None


def _middle(header: Header) -> _Date | None:
    if (found := _stated(header, list(_MIDDLES))) is not None:
        return _Date(found.date, found.known_by, True)
    if (date := calendar_date(header, "DATE-AVG")) is not None:
        return _Date(date, "DATE-AVG", True)
    first, last = header.number("TAI-BEG"), header.number("TAI-END")
    if first is not None and last is not None:
        date = julian_date((first + last) / 2.0 / _DAY, "MJD")
        return None if date is None else _Date(date, "TAI-BEG, TAI-END", True)
    begin = _stated(header, list(_STARTS))
    end = _stated(header, [("MJD-END", "MJD")], days=True)
    if begin is not None and end is not None and 0.0 <= end.date - begin.date < 2.0:
        return _Date((begin.date + end.date) / 2.0, f"{begin.known_by}, MJD-END", True)
    return None


def _started(header: Header) -> _Date | None:
    found = _stated(header, list(_STARTS))
    if found is None:
        word = "DATE-BEG" if calendar_date(header, "DATE-BEG") is not None else "DATE-OBS"
        date = calendar_date(header, word)
        found = None if date is None else _Date(date, word, None)
    if found is None:
        return _stated(header, [("JD", "JD")])
    exposure = next((time for word in _EXPOSURES if (time := header.number(word)) is not None), None)
    if exposure is None or not 0.0 <= exposure < 2.0 * _DAY:
        return _Date(found.date, found.known_by, False)
    return _Date(found.date + exposure / 2.0 / _DAY, f"{found.known_by} and half of the exposure", True)


def calendar_date(header: Header, word: str) -> float | None:
    """Return the Julian date of a calendar date and time.

    Parameters
    ----------
    header : Header
        The FITS header.
    word : str
        Keyword of the date; the time of day is there too, or in a card of its own.

    Returns
    -------
    float or None
        None where there is no date, or no time of day.
    """
    if word not in _there(header.layout):
        return None
    text = header.text(word)
    day, clock = _DATE.match(text), _CLOCK.search(text)
    if clock is None:
        there = _there(header.layout)
        texts = (header.text(other) for other in _CLOCKS if other in there)
        clock = next((match for one in texts if (match := _CLOCK.match(one))), None)
    if day is None or clock is None:
        return None
    try:
        start = datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC)
    except ValueError:
        return None
    days = (start - datetime(1858, 11, 17, tzinfo=UTC)).days
    seconds = int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
    return julian_date(days + seconds / _DAY, "MJD") if seconds <= _DAY + 1 else None


def _site(header: Header) -> Site | None:
    there = _there(header.layout)
    for first, second, third in _SITES:
        if first not in there or second not in there:
            continue
        longitude, latitude = header.number(first), header.number(second)
        if longitude is None or latitude is None:
            continue
        if -180.0 <= longitude <= 360.0 and -90.0 <= latitude <= 90.0:
            altitude = header.number(third)
            return Site(longitude, latitude, 0.0 if altitude is None else altitude)
    return None


def _earth(header: Header) -> float | None:
    there = _there(header.layout)
    speeds = (header.number(word) for word in _EARTH if word in there)
    return next((speed for speed in speeds if speed is not None and abs(speed) < _FASTEST), None)
