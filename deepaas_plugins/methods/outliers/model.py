"""Fitted detectors: the scores of new spectra, their quantiles, and what is odd in them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.outliers import marks
from deepaas_plugins.methods.outliers.detectors import Detector
from deepaas_plugins.methods.outliers.ranking import quantile_of
from deepaas_plugins.methods.outliers.reconstruction import Reconstruction
from deepaas_plugins.methods.outliers.relevance import Relevance
from deepaas_plugins.methods.outliers.remembered import Remembered
from deepaas_plugins.methods.spectral_features.answers import check_columns
from deepaas_plugins.methods.unsupervised.frame import Frame, Matrix, Rows
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

if TYPE_CHECKING:
    from deepaas_plugins.contract.view import View
    from spectra import Batch, FeatureSet, Recipe

FloatArray = npt.NDArray[np.float64]

#: Points that an answer names as odd, at most, and the least deviation of one, in units of the scatter.
ODD_POINTS, ODD = 5, 5.0
#: Sets of marks whose forests are kept.
LEARNED = 4


@dataclass
class OutlierModel(Model):
    """Detectors and what their scores were on the training set.

    Attributes
    ----------
    recipe, classes
        See `Model`; there are no classes.
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
    parameters
        Of the training; its marks hold where a prediction gives none.
    """

    recipe: Recipe
    classes: list[str] | None
    frame: Frame
    axes: PrincipalAxes
    detectors: Mapping[str, Detector]
    residuals: Reconstruction
    score_nodes: Mapping[str, FloatArray]
    mean_nodes: FloatArray
    remembered: Remembered
    wavelength: FloatArray | None
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._relevance = functools.lru_cache(LEARNED)(self._learn)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="outliers",
            recipe=self.recipe.to_json(),
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=dict(self.parameters),
            details={"columns": len(self.frame.centre), "detectors": list(self.detectors)},
        )

    def save_files(self, folder: Path) -> None:
        """Write the arrays."""
        from deepaas_plugins.methods.outliers.stored import save  # noqa: PLC0415 - it reads models, too

        save(self, folder)

    def predict(self, batch: Batch, params: Json) -> list[Json]:
        """Score spectra by every detector.

        Parameters
        ----------
        batch : Batch
            Prepared spectra.
        params : Json
            Of `PredictParameters`.

        Returns
        -------
        list of Json
            For each row `oddness` (the share of the training set that is less odd, all detectors together),
            `is_outlier`, `disagreement` (standard deviation of the detectors' quantiles), `scores` and
            `quantiles` of each detector, and `odd_at`: where it differs most, with the deviation in units of
            the scatter. With marks also `expected_mark` and `relevance`, the oddness re-ranked.

        Raises
        ------
        InvalidInput
            The rows have other columns, one has no value, or a mark is of an unknown spectrum.
        """
        check_columns(batch.flux.shape[1], len(self.frame.centre))
        empty = np.flatnonzero(~np.isfinite(batch.flux).any(axis=1))
        if len(empty):
            raise InvalidInput(f"{batch.names[empty[0]]} holds no finite value.")
        rows = self.frame.rows(batch.flux)
        scores = {name: each.score(rows) for name, each in self.detectors.items()}
        quantiles = {name: quantile_of(each, self.score_nodes[name]) for name, each in scores.items()}
        together = np.stack(list(quantiles.values()))
        oddness = quantile_of(together.mean(axis=0), self.mean_nodes)
        answers: list[Json] = [
            {
                "name": name,
                "oddness": float(oddness[row]),
                "is_outlier": bool(oddness[row] > params["outlier_quantile"]),
                "disagreement": float(together[:, row].std()),
                "scores": {key: float(each[row]) for key, each in scores.items()},
                "quantiles": {key: float(each[row]) for key, each in quantiles.items()},
            }
            for row, name in enumerate(batch.names)
        ]
        self._add_points(answers, rows)
        self._add_relevance(answers, rows, oddness, params.get("marks"))
        return answers

    @property
    def place(self) -> str:
        """Return what columns are: "wavelength" or "column"."""
        return "column" if self.wavelength is None else "wavelength"

    @property
    def unit(self) -> str:
        """Return the unit of places, empty for columns."""
        return "" if self.wavelength is None else "Å"

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
        told = [f"{self._at(column):.1f} ({deviations[column]:+.0f})" for column in odd_points(deviations)]
        return ", ".join(told) or "–"

    def _add_points(self, answers: list[Json], rows: Rows) -> None:
        for answer, row in zip(answers, self.residuals.deviations(rows), strict=True):
            answer["odd_at"] = [
                {self.place: self._at(column), "deviation": float(row[column])} for column in odd_points(row)
            ]

    def _at(self, column: int) -> float:
        return float(column) if self.wavelength is None else float(self.wavelength[column])

    def _add_relevance(self, answers: list[Json], rows: Rows, oddness: FloatArray, given: str | None) -> None:
        relevance = self.relevance(given)
        if relevance is None:
            return
        features = self.axes.coordinates(rows.values)
        expected, weight = relevance.expected(features), relevance.weight(features)
        for answer, mark, one, odd in zip(answers, expected, weight, oddness, strict=True):
            answer |= {"expected_mark": float(mark), "relevance": float(odd * one)}

    def relevance(self, given: str | None) -> Relevance | None:
        """Return what marks teach, or None without any.

        Parameters
        ----------
        given : str or None
            Marks as JSON; those of the training where there are none.

        Returns
        -------
        Relevance or None
            Learned once for each set of marks.

        Raises
        ------
        InvalidInput
            A mark is of a spectrum that the model does not remember.
        """
        text = given if given is not None and given.strip() else self.parameters.get("marks")
        return self._relevance(text) if text else None

    def _learn(self, text: str) -> Relevance | None:
        try:
            wanted = marks.parse(text)
        except ValueError as error:
            raise InvalidInput(f"Parameter marks: {error}.") from error
        return self.remembered.relevance(wanted) if wanted else None

    def prediction_views(
        self, numbers: Mapping[str, npt.NDArray[np.float32]], features: FeatureSet
    ) -> list[View]:
        """Return how odd the predicted spectra are, the oddest, and what is odd in them."""
        from deepaas_plugins.methods.outliers.prediction_report import views_of  # noqa: PLC0415 - for jobs only

        return views_of(self, numbers, features)


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
