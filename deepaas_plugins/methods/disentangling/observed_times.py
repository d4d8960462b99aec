"""The times of the epochs, in one system, and the motion of the Earth at each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.disentangling import barycentric
from deepaas_plugins.methods.disentangling.parameters import texts
from spectra.observation.moment import julian_date
from spectra.observation.times import Times

if TYPE_CHECKING:
    from spectra import Batch

FloatArray = npt.NDArray[np.float64]

#: Scales of the observatory's clock.
SCALES = {"JD(UTC)": "utc", "JD(TAI)": "tai", "JD(TT)": "tt", "JD(TDB)": "tdb"}


@dataclass(frozen=True)
class ObservedTimes:
    """Times of epochs.

    Attributes
    ----------
    dates
        Julian dates, shape (epochs,).
    system
        One of `spectra.observation.moment.SYSTEMS`.
    known_by
        What says so, for people.
    earth
        Velocity of the observer towards the star, km/s, shape (epochs,); NaN where it is not known.
    earth_by
        "computed", "file" or "" where it is not known.
    starts
        Whether some times are those of the beginning of the exposure.
    """

    dates: FloatArray
    system: str
    known_by: str
    earth: FloatArray
    earth_by: str
    starts: bool


def observed_times(batch: Batch, params: Json) -> ObservedTimes:
    """Return times and motions of the Earth.

    Parameters
    ----------
    batch : Batch
        The epochs.
    params : Json
        Of `TrainParameters`.

    Raises
    ------
    InvalidInput
        A time is missing, systems are mixed, or a correction lacks position or site.
    """
    known = batch.observations.times if batch.observations is not None else None
    times = Times.unknown(len(batch)) if known is None else known
    source = params["time_source"] if not (params["times"] or "").strip() else "list"
    if source == "file":
        dates, systems, known_by = _of_files(batch, times, params)
    else:
        dates, systems, known_by = _of_texts(batch, params, source)
    needed = params["barycentric_times"] or params["frame"] == "observatory" or params["telluric"]
    earth, earth_by = times.earth.copy(), "file"
    clock = all(system in SCALES for system in systems)
    if needed and (params["barycentric_times"] or not np.isfinite(earth).all()):
        position, site = _places(batch, times, params)
        if position is not None and site is not None and clock:
            late, earth = barycentric.corrections(dates, [SCALES[one] for one in systems], position, site)
            earth_by = "computed"
            if params["barycentric_times"]:
                dates, systems = late, ["BJD"] * len(batch)
        elif params["barycentric_times"]:
            raise InvalidInput(_lacking(systems, position, clock))
    if not np.isfinite(earth).all():
        earth_by = ""
    _check_systems(systems, batch)
    starts = source == "file" and "start" in times.middles
    return ObservedTimes(dates, systems[0], known_by, earth, earth_by, starts)


def _of_files(batch: Batch, times: Times, params: Json) -> tuple[FloatArray, list[str], str]:
    if params["velocities"] == "free" and not np.isfinite(times.dates).any():
        return np.arange(len(batch), dtype=np.float64), ["order"] * len(batch), "order of the spectra"
    lost = [name for name, date in zip(batch.names, times.dates, strict=True) if np.isnan(date)]
    if lost:
        raise InvalidInput(
            f"{len(lost)} of {len(batch)} spectra have no time ({lost[0]} …): headers state none that is "
            "known (BJD, HJD, MJD-OBS, DATE-OBS …). Give them as labels (time_source = label) or as a list "
            "(times)."
        )
    systems = [system or "" for system in times.systems]
    if params["time_system"] != "file":
        systems = [_system(params)] * len(batch)
    by = Counter(filter(None, times.known_by)).most_common(1)
    return times.dates.copy(), systems, str(by[0][0]) if by else ""


def _of_texts(batch: Batch, params: Json, source: str) -> tuple[FloatArray, list[str], str]:
    values = _labels(batch) if source == "label" else _listed(batch, params["times"])
    system = _system(params)
    kind = "MJD" if params["time_system"] == "MJD" else "JD"
    dates = []
    for name, value in zip(batch.names, values, strict=True):
        date = julian_date(value, kind)
        # Days since some zero of one's own are as good: an orbit needs differences of times only.
        dates.append(value if date is None else date)
        if not np.isfinite(dates[-1]):
            raise InvalidInput(f"The time of {name} is no number.")
    return np.array(dates), [system] * len(batch), "labels" if source == "label" else "list"


def _system(params: Json) -> str:
    return str({"file": "BJD", "MJD": "JD(UTC)"}.get(params["time_system"], params["time_system"]))


def _labels(batch: Batch) -> list[float]:
    found = []
    for name, label in zip(batch.names, batch.labels, strict=True):
        try:
            found.append(float(label or ""))
        except ValueError:
            raise InvalidInput(
                f"Times come from labels, but the label of {name} is {label!r}: no time."
            ) from None
    return found


def _listed(batch: Batch, text: str | None) -> list[float]:
    plain, named = texts.times(text)
    if plain:
        if len(plain) != len(batch):
            raise InvalidInput(f"Parameter times: {len(plain)} times for {len(batch)} spectra.")
        return plain
    lost = [name for name in batch.names if name not in named]
    if lost:
        raise InvalidInput(
            f"Parameter times: it has no time for {lost[0]} ({len(lost)} of {len(batch)} lack)."
        )
    return [named[name] for name in batch.names]


def _check_systems(systems: list[str], batch: Batch) -> None:
    counts = Counter(systems)
    if len(counts) > 1:
        told = ", ".join(f"{name} ({count})" for name, count in counts.most_common())
        raise InvalidInput(
            f"The times of the {len(batch)} spectra are in several systems: {told}. Correct them to the "
            "barycentre (barycentric_times), or say which system is meant (time_system)."
        )


def _places(batch: Batch, times: Times, params: Json) -> tuple[FloatArray | None, FloatArray | None]:
    """Return position and site of every epoch, or None where one is unknown."""
    rows = len(batch)
    position: FloatArray | None = batch.positions
    if params["right_ascension"] is not None:
        position = np.tile([params["right_ascension"], params["declination"]], (rows, 1))
    elif position is not None:
        middle = np.nanmedian(position, axis=0) if np.isfinite(position).any() else np.full(2, np.nan)
        position = np.where(np.isfinite(position), position, middle)
    site: FloatArray = times.sites
    if params["site_longitude"] is not None:
        place = [params["site_longitude"], params["site_latitude"], params["site_altitude"]]
        site = np.tile(place, (rows, 1))
    known = (position is not None and np.isfinite(position).all(), np.isfinite(site).all())
    return position if known[0] else None, site if known[1] else None


def _lacking(systems: list[str], position: FloatArray | None, clock: bool) -> str:
    if not clock:
        told = next(system for system in systems if system not in SCALES)
        return f"Times are {told}: only those of the observatory's clock can be corrected to the barycentre."
    lost = "right_ascension and declination" if position is None else "site_longitude and site_latitude"
    return f"The correction to the barycentre needs {lost}: the files do not state them."
