"""Where the fit starts: values, and ranges of the elements that are free."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.disentangling.epochs import Epochs
from deepaas_plugins.methods.disentangling.fit.problem import Problem
from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS, SYSTEMS, elements_of
from deepaas_plugins.methods.disentangling.parameters import korel_par
from spectra.observation.moment import EARLIEST, LEAST_REDUCED, MJD_ZERO, REDUCED_ZERO

FloatArray = npt.NDArray[np.float64]

#: Share of the window's velocities that a semi-amplitude may reach.
WINDOW = 0.2
#: Semi-amplitude where a search starts, km/s.
FIRST_K = 50.0


def problem_of(epochs: Epochs, params: Json) -> Problem:
    """Return the problem that parameters and epochs state.

    Parameters
    ----------
    epochs : Epochs
        Times, grid and motions of the Earth.
    params : Json
        Of `TrainParameters`.

    Raises
    ------
    InvalidInput
        The motion of the Earth is needed and not known, or an element has no value.
    """
    given = _given(params, epochs)
    outer = any(given.get(name) is not None for name in ("outer_period", "k_pair"))
    outer = outer or params["outer_period_range"] is not None
    apsidal = given.get("apsidal") is not None or params["apsidal_range"] is not None
    names = elements_of(params["system"], outer=outer, apsidal=apsidal)
    fixed = {*params["fixed"], *(korel_par.parse(params["korel_par"]).fixed if params["korel_par"] else ())}
    ranges: dict[str, tuple[float, float]] = {}
    values: dict[str, float] = {}
    for name in names:
        low, high = _range(name, params, epochs, given)
        if name in fixed:
            if given.get(name) is None:
                raise InvalidInput(f"Parameter {name}: it is fixed but has no value.")
            values[name] = float(given[name])
            continue
        if params["search"] != "none":
            ranges[name] = (low, high)
        value = given.get(name)
        start = _first(name, low, high) if value is None else float(value)
        values[name] = float(np.clip(start, low, high))
    earth, telluric = motions(epochs, params)
    return Problem(
        params["system"],
        epochs.times.dates,
        epochs.composites.grid,
        params["telluric"],
        earth,
        telluric,
        values,
        ranges,
    )


def motions(epochs: Epochs, params: Json) -> tuple[FloatArray, FloatArray]:
    """Return what stars lack in these wavelengths, and the velocity of telluric lines, km/s.

    Parameters
    ----------
    epochs : Epochs
        Of the star.
    params : Json
        `frame` and `telluric` of `TrainParameters`.

    Returns
    -------
    tuple of ndarray
        Shape (epochs,) each.
    """
    nothing = np.zeros(len(epochs))
    if params["frame"] == "barycentric" and not params["telluric"]:
        return nothing, nothing
    known = epochs.times.earth
    if not np.isfinite(known).all():
        raise InvalidInput(
            "The motion of the Earth is needed (telluric lines, or wavelengths of the observatory) and not "
            "known: give right_ascension, declination, site_longitude and site_latitude, with times of the "
            "observatory's clock; or files that state BERV or HELIO_RV."
        )
    return (known, nothing) if params["frame"] == "observatory" else (nothing, known)


def _given(params: Json, epochs: Epochs) -> dict[str, float]:
    given = dict(korel_par.parse(params["korel_par"]).values)
    given |= {name: params[name] for name in ELEMENTS if params[name] is not None}
    for name in ("periastron", "outer_periastron"):
        if name in given:
            given[name] = _passage(given[name], epochs, params)
    return given


def _passage(value: float, epochs: Epochs, params: Json) -> float:
    """Return a time of periastron in the zero of the times."""
    if epochs.times.dates[0] < EARLIEST or not LEAST_REDUCED < value < EARLIEST:
        return value
    return value + (MJD_ZERO if params["time_system"] == "MJD" else REDUCED_ZERO)


def _range(name: str, params: Json, epochs: Epochs, given: Mapping[str, float]) -> tuple[float, float]:
    limits = params[f"{name}_range"]
    if limits is not None:
        low, high = (_passage(one, epochs, params) if "periastron" in name else one for one in limits)
        return float(low), float(high)
    times = epochs.times.dates
    span = float(np.ptp(times))
    window = WINDOW * epochs.composites.grid.velocity_step * epochs.composites.grid.size
    value = given.get(name)
    if name in {"period", "outer_period"}:
        return _period_range(value, span)
    if name in {"periastron", "outer_periastron"}:
        period = float(given.get("outer_period" if name.startswith("outer") else "period") or max(span, 1.0))
        middle = float(np.mean(times)) if value is None else float(value)
        return middle - period, middle + period
    if name.startswith("k"):
        return 0.0, max(min(window, ELEMENTS[name].high), 1.5 * (value or 0.0))
    return {
        "eccentricity": (0.0, 0.9),
        "outer_eccentricity": (0.0, 0.9),
        "omega": (-360.0, 720.0),
        "outer_omega": (-360.0, 720.0),
        "apsidal": (-20.0, 20.0),
    }[name]


def _period_range(value: float | None, span: float) -> tuple[float, float]:
    """Return the range of a period: within one cycle over the epochs of a given one, else what they show."""
    if value is None:
        return max(0.3, span / 2000.0), max(1.5 * span, 1.0)
    half = value**2 / max(span, value)
    return max(value - half, 0.3 * value), value + half


def _first(name: str, low: float, high: float) -> float:
    if name.startswith("k"):
        return min(FIRST_K, 0.5 * (low + high))
    if name in {"omega", "outer_omega"}:
        return min(max(90.0, low), high)
    if name.endswith("eccentricity"):
        return min(max(0.05, low), high)
    if name == "apsidal":
        return min(max(0.0, low), high)
    if name == "period":
        return float(np.sqrt(low * high))
    return 0.5 * (low + high)


def stars_of(params: Json) -> int:
    """Return how many stars a training separates."""
    return SYSTEMS[params["system"]]


def light_of(params: Json) -> FloatArray:
    """Return the shares of the stars in the continuum, shape (stars,), their sum 1.

    Parameters
    ----------
    params : Json
        Of `TrainParameters`.

    Returns
    -------
    ndarray
        Shape (stars,), positive, their sum 1.
    """
    shares = np.array(params["light"] or [1.0] * stars_of(params), dtype=np.float64)
    return np.asarray(shares / shares.sum())
