"""Fitted detectors on new rows: scores, their quantiles, and where a row is odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.outliers.detectors.fitting import Detector
from deepaas_plugins.methods.outliers.detectors.reconstruction import Reconstruction
from deepaas_plugins.methods.outliers.ranking import quantile_of
from deepaas_plugins.methods.outliers.remembered import Remembered
from deepaas_plugins.methods.unsupervised.frame import Frame, Matrix, Rows
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

FloatArray = npt.NDArray[np.float64]

#: Points that an answer names as odd, at most, and the least deviation of one, in units of the scatter.
ODD_POINTS, ODD = 5, 5.0


@dataclass(frozen=True)
class Scored:
    """Rows by every detector.

    Attributes
    ----------
    scores, quantiles
        Of each detector, by name, shape (rows,) each; a quantile is the share of the training set with lower
        scores.
    oddness
        Share of the training set that is less odd, all detectors together, shape (rows,).
    disagreement
        Standard deviation of the detectors' quantiles, shape (rows,).
    """

    scores: Mapping[str, FloatArray]
    quantiles: Mapping[str, FloatArray]
    oddness: FloatArray
    disagreement: FloatArray


@dataclass(frozen=True)
class Scorer:
    """Detectors and what their scores were on the training set.

    Attributes
    ----------
    frame, axes
        The frame of the rows, and the principal axes in it.
    detectors
        By name, in the order of reports.
    residuals
        Says what is odd over wavelength.
    score_nodes
        Quantiles of the training scores of each detector, shape (nodes,) each.
    mean_nodes
        Quantiles of the mean of the detectors' quantiles.
    remembered
        Spectra that can be marked.
    wavelength
        Of the columns, Å in vacuum, shape (columns,), or None.
    """

    frame: Frame
    axes: PrincipalAxes
    detectors: Mapping[str, Detector]
    residuals: Reconstruction
    score_nodes: Mapping[str, FloatArray]
    mean_nodes: FloatArray
    remembered: Remembered
    wavelength: FloatArray | None

    def score(self, rows: Rows) -> Scored:
        """Score rows by every detector.

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        Scored
            A row's scores do not depend on those beside it.
        """
        scores = {name: each.score(rows) for name, each in self.detectors.items()}
        quantiles = {name: quantile_of(each, self.score_nodes[name]) for name, each in scores.items()}
        together = np.stack(list(quantiles.values()))
        oddness = quantile_of(together.mean(axis=0), self.mean_nodes)
        return Scored(scores, quantiles, oddness, together.std(axis=0))

    @property
    def place(self) -> str:
        """Return what columns are: "wavelength" or "column"."""
        return "column" if self.wavelength is None else "wavelength"

    @property
    def unit(self) -> str:
        """Return the unit of columns, empty where they are no wavelengths."""
        return "" if self.wavelength is None else "Å"

    def at(self, column: int) -> float:
        """Return the wavelength of a column, or its number."""
        return float(column) if self.wavelength is None else float(self.wavelength[column])

    def told_points(self, deviations: Matrix) -> str:
        """Return the odd points of a row for people: ``6564.6 (+12), 6580.1 (−7)``.

        Parameters
        ----------
        deviations : ndarray
            In units of the scatter, shape (columns,).

        Returns
        -------
        str
            Where, with the deviation, the strongest first; a dash where there are none.
        """
        told = [f"{self.at(column):.1f} ({deviations[column]:+.0f})" for column in odd_points(deviations)]
        return ", ".join(told) or "–"


def odd_points(deviations: Matrix, most: int = ODD_POINTS) -> list[int]:
    """Return the columns of the strongest peaks of a row's deviations, the strongest first.

    Parameters
    ----------
    deviations : ndarray
        In units of the scatter, shape (columns,).
    most : int
        How many, at most.

    Returns
    -------
    list of int
        Columns where the deviation is at least `ODD` and no neighbour's is larger.
    """
    size = np.abs(deviations)
    padded = np.pad(size, 1, constant_values=-1.0)
    peaks = np.flatnonzero((size >= ODD) & (size > padded[:-2]) & (size >= padded[2:]))
    return [int(column) for column in peaks[np.argsort(-size[peaks], kind="stable")][:most]]
