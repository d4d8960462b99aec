"""What is odd in a spectrum, drawn on it: the flux, what principal components expect, and where they part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.methods.outliers.scorer import ODD

if TYPE_CHECKING:
    from deepaas_plugins.methods.outliers.scorer import Scorer
    from deepaas_plugins.methods.unsupervised.frame import Matrix
    from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]


def of_rows(model: Scorer, features: FeatureSet, rows: IntArray) -> list[views.View]:
    """Return the views of some spectra.

    Parameters
    ----------
    model : Scorer
        Expects the flux.
    features : FeatureSet
        Has the spectra.
    rows : ndarray
        Their numbers, the oddest first.

    Returns
    -------
    list of View
        The deviations of all of them over wavelength, then one view for each spectrum.
    """
    if not len(rows):
        return []
    batch = features.take(rows)
    inside = model.frame.rows(batch.flux)
    deviations = model.residuals.deviations(inside)
    expected = model.frame.out_of(model.axes.expected(inside.values))
    flux = model.frame.out_of(inside.values)
    flux[~inside.known] = np.nan
    names = [f"{number}. {name}" for number, name in enumerate(batch.names, 1)]
    return [
        _deviations(model, deviations, names),
        *(
            _spectrum(model, number, batch.names[number - 1], drawn)
            for number, drawn in enumerate(zip(flux, expected, deviations, strict=True), 1)
        ),
    ]


def _x(model: Scorer, columns: int) -> npt.NDArray[np.float64]:
    return np.arange(columns, dtype=np.float64) if model.wavelength is None else model.wavelength


def _deviations(model: Scorer, deviations: Matrix, names: list[str]) -> views.View:
    x = _x(model, deviations.shape[1])
    return views.curves(
        "odd-over-wavelength",
        f"What is odd over {model.place}",
        x_title=model.place,
        x_unit=model.unit,
        y_title="deviation in units of the usual scatter",
        series=[{"name": name, "x": x, "y": row} for name, row in zip(names, deviations, strict=True)],
        note="Flux less what principal components expect, over the scatter of that in the training set.",
    )


def _spectrum(model: Scorer, number: int, name: str, drawn: tuple[Matrix, Matrix, Matrix]) -> views.View:
    flux, expected, deviation = drawn
    x = _x(model, len(flux))
    odd = np.abs(deviation) >= ODD
    wide = odd | np.roll(odd, 1) | np.roll(odd, -1)  # a single point is no line
    return views.curves(
        f"odd-{number}",
        f"{number}. {name}: what is odd in it",
        x_title=model.place,
        x_unit=model.unit,
        y_title="flux, standardised" if model.frame.standardise else "flux as preprocessed",
        series=[
            {"name": "flux", "x": x, "y": flux},
            {"name": "expected", "x": x, "y": expected},
            {"name": "odd", "x": x, "y": np.where(wide, flux, np.nan)},
        ],
        note=f"Odd: at least {ODD:g} times the usual scatter from what principal components expect.",
    )
