"""The epochs of a training: rows, spectra on a logarithmic grid, times; what cannot be used is rejected here.

Everything that spectra and parameters together tell is checked before anything is fitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.disentangling.observed_times import ObservedTimes, observed_times
from deepaas_plugins.methods.disentangling.orbit.elements import SYSTEMS
from deepaas_plugins.methods.disentangling.parameters import texts
from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.log_grid import LogGrid

if TYPE_CHECKING:
    from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: Values of a training, at most: 400 MB, and as much for each transform.
MOST_VALUES = 50_000_000
#: Points of a spectrum, at least: fewer hold no line.
FEWEST_POINTS = 64
#: Exact zeros in a row that are a gap, not a flux.
GAP = 3
#: The continuum lies between these where it was divided out.
LOWEST_CONTINUUM, HIGHEST_CONTINUUM = 0.7, 1.3


@dataclass(frozen=True)
class Epochs:
    """What is disentangled, and where it comes from.

    Attributes
    ----------
    rows
        Numbers in the feature set, shape (epochs,).
    wavelength
        Of the feature set, Å, shape (columns,).
    names
        Of the spectra.
    composites
        On a logarithmic grid, every epoch of weight 1.
    times
        Dates and motions of the Earth.
    snr
        Signal-to-noise ratio per pixel of the spectra as they were read, shape (epochs,), NaN where unknown.
    negative
        Pixels of each spectrum below 0, shape (epochs,).
    """

    rows: npt.NDArray[np.int64]
    wavelength: FloatArray
    names: Sequence[str]
    composites: Composites
    times: ObservedTimes
    snr: FloatArray
    negative: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Count the epochs."""
        return len(self.rows)


def gather(features: FeatureSet, params: Json) -> Epochs:
    """Read the epochs of one star.

    Parameters
    ----------
    features : FeatureSet
        Rows are spectra.
    params : Json
        Of `TrainParameters`.

    Raises
    ------
    InvalidInput
        They cannot be disentangled; one sentence that says why.
    """
    if features.wavelength is None:
        raise InvalidInput(
            "The columns of the feature set are no wavelengths: use a recipe without PCA and the like."
        )
    rows = _rows(features, params)
    components = SYSTEMS[params["system"]] + int(params["telluric"])
    _check_count(len(rows), components, params)
    if features.columns < FEWEST_POINTS:
        raise InvalidInput(
            f"The spectra have {features.columns} points: a line and its shifts need {FEWEST_POINTS}."
        )
    grid = LogGrid.covering(features.wavelength, params["points"])
    if len(rows) * grid.size > MOST_VALUES:
        raise InvalidInput(
            f"{len(rows)} spectra of {grid.size} points are more than {MOST_VALUES:,} values: cut out a "
            "range, or give fewer points."
        )
    batch = features.take(rows)
    flux = batch.flux.astype(np.float64)
    missing = gaps(flux) | _masked(features.wavelength, params["mask"])
    _check_flux(flux, missing, batch.names)
    composites = _composites(grid, features.wavelength, flux, missing, components)
    observed = batch.observations
    snr = np.full(len(rows), np.nan) if observed is None else observed.numbers[:, 4].astype(np.float64)
    times = observed_times(batch, params)
    _check_times(times, params)
    negative = ((flux < 0) & ~missing).sum(axis=1)
    return Epochs(rows, features.wavelength, batch.names, composites, times, snr, negative)


def gaps(flux: FloatArray) -> BoolArray:
    """Return where spectra have no value: several exact zeros in a row.

    Parameters
    ----------
    flux : ndarray
        Shape (rows, n).

    Returns
    -------
    ndarray
        Shape (rows, n), bool.
    """
    zero: BoolArray = np.asarray(flux == 0.0)
    found = np.zeros_like(zero)
    if not zero.any():
        return found
    for row, places in enumerate(zero):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], places.astype(np.int8), [0]])))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            found[row, first:last] = last - first >= GAP
    return found


def deviations(
    grid: LogGrid, wavelength: FloatArray, flux: FloatArray, missing: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return deviations from the continuum on the grid, and weights of 1, or 0 where a pixel is missing.

    Parameters
    ----------
    grid : LogGrid
        Where they go.
    wavelength : ndarray
        Å, shape (n,).
    flux : ndarray
        Normalised to a continuum of 1, shape (rows, n).
    missing : ndarray
        Shape (rows, n), bool.

    Returns
    -------
    tuple of ndarray
        Shape (rows, size) each.
    """
    filled = np.where(missing, 1.0, flux)
    for row, lost in zip(filled, missing, strict=True):
        if lost.any() and not lost.all():
            row[lost] = np.interp(wavelength[lost], wavelength[~lost], row[~lost])
    places = np.clip(np.searchsorted(wavelength, grid.wavelength), 1, len(wavelength) - 1)
    lost = missing[:, places] | missing[:, places - 1]
    return grid.resampled(wavelength, filled) - 1.0, (~lost).astype(np.float64)


def _rows(features: FeatureSet, params: Json) -> npt.NDArray[np.int64]:
    """Return the rows of the star; all where there is one star."""
    groups = features.groups()
    wanted = (params["star"] or "").strip()
    if wanted:
        found = np.array([row for row, group in enumerate(groups) if group == wanted], dtype=np.int64)
        if not len(found):
            known = ", ".join(name for name, _ in Counter(filter(None, groups)).most_common(5)) or "none"
            raise InvalidInput(f"No spectrum is of the star {wanted!r}; the dataset's objects: {known}.")
        return found
    counts = Counter(filter(None, groups))
    if len(counts) > 1:
        first = ", ".join(f"{name} ({count})" for name, count in counts.most_common(3))
        raise InvalidInput(
            f"The spectra are of {len(counts)} objects, {first} …: name one by the parameter star."
        )
    return np.arange(features.rows, dtype=np.int64)


def _check_count(epochs: int, components: int, params: Json) -> None:
    if epochs == 1:
        raise InvalidInput(
            "There is one spectrum: components are told apart by their motion, which takes several epochs."
        )
    if epochs <= components:
        raise InvalidInput(
            f"There are {epochs} epochs for {components} components: {components + 1} epochs are the least."
        )
    rows = texts.rows_of_numbers(params["light_factors"])
    stars = SYSTEMS[params["system"]]
    if params["strengths"] == "given" and (len(rows) != epochs or len(rows[0]) != stars):
        raise InvalidInput(
            f"Parameter light_factors: {epochs} lines of {stars} numbers are needed, a line per spectrum; it "
            f"has {len(rows)} lines of {len(rows[0])}."
        )


def _masked(wavelength: FloatArray, mask: str | None) -> BoolArray:
    found = np.zeros(len(wavelength), dtype=bool)
    for low, high in texts.ranges(mask):
        found |= (wavelength >= low) & (wavelength <= high)
    if found.mean() > 0.8:
        raise InvalidInput("Parameter mask: it leaves less than a fifth of the spectrum.")
    return found


def _check_flux(flux: FloatArray, missing: BoolArray, names: Sequence[str]) -> None:
    for row, lost, name in zip(flux, missing, names, strict=True):
        if lost.mean() > 0.8:
            raise InvalidInput(f"{name} covers less than a fifth of the range: leave it out.")
        level = float(np.median(row[~lost]))
        if level <= 0.0:
            raise InvalidInput(f"The flux of {name} is negative or zero (median {level:.3g}): leave it out.")
        if not LOWEST_CONTINUUM <= level <= HIGHEST_CONTINUUM:
            raise InvalidInput(
                f"The continuum of {name} is not at 1 (median {level:.3g}): add the step continuum, which "
                "divides by it, to the recipe."
            )
        if np.std(row[~lost]) == 0.0:
            raise InvalidInput(f"{name} is constant: there is no line in it.")


def _composites(
    grid: LogGrid,
    wavelength: FloatArray,
    flux: FloatArray,
    missing: BoolArray,
    components: int,
) -> Composites:
    found = Composites(grid, *deviations(grid, wavelength, flux, missing))
    seen = (found.weights > 0).sum(axis=0)
    hidden = float((seen == 0).mean())
    if hidden > 0.5:
        raise InvalidInput("More than half of the range is missing in all spectra: choose another range.")
    if (seen[seen > 0] <= components).mean() > 0.5:
        raise InvalidInput(
            f"Most wavelengths are seen at {components} epochs or fewer: gaps leave the {components} "
            "components undetermined. Choose a range that the spectra share."
        )
    return found


def _check_times(times: ObservedTimes, params: Json) -> None:
    if params["velocities"] == "free" and params["period"] is None:
        return
    if np.ptp(times.dates) == 0.0:
        raise InvalidInput("All spectra have the same time: an orbit needs different phases.")
    period = params["period"]
    if period is None or (params["period_range"] is not None and "period" not in params["fixed"]):
        return
    phases = np.sort(np.remainder(times.dates / period, 1.0))
    largest = max(float(np.diff(phases).max(initial=0.0)), float(1.0 - phases[-1] + phases[0]))
    if largest > 0.98:
        raise InvalidInput(
            f"All {len(phases)} epochs lie within {1.0 - largest:.3f} of a phase of the period {period:g} d: "
            "the components do not move, and cannot be told apart."
        )
