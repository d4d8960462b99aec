"""A model of outliers: scores of new spectra, their quantiles, what is odd in them, their relevance."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.outliers import marks, stored
from deepaas_plugins.methods.outliers.relevance import Relevance
from deepaas_plugins.methods.outliers.scorer import Scorer, odd_points
from deepaas_plugins.methods.unsupervised.frame import Rows

if TYPE_CHECKING:
    from deepaas_plugins.contract.view import View

FloatArray = npt.NDArray[np.float64]

#: Sets of marks whose forests are kept.
LEARNED = 4


@dataclass
class OutlierModel(Model):
    """Fitted detectors with their recipe.

    Attributes
    ----------
    recipe, classes
        See `Model`; there are no classes.
    scorer
        The detectors.
    parameters
        Of the training; its marks hold where a prediction gives none.
    """

    recipe: spectra.Recipe
    classes: list[str] | None
    scorer: Scorer
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._relevance = functools.lru_cache(LEARNED)(self._learn)

    def card(self) -> ModelCard:
        """Describe the model."""
        grid = self.scorer.wavelength
        return ModelCard(
            method="outliers",
            recipe=self.recipe.to_json(),
            wavelength=None if grid is None else grid.tolist(),
            parameters=dict(self.parameters),
            details={"columns": len(self.scorer.frame.centre), "detectors": list(self.scorer.detectors)},
        )

    def save_files(self, folder: Path) -> None:
        """Write the arrays."""
        stored.save(self.scorer, folder)

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
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
        rows = self.scorer.frame.rows_of(batch)
        found = self.scorer.score(rows)
        answers: list[Json] = [
            {
                "name": name,
                "oddness": float(found.oddness[row]),
                "is_outlier": bool(found.oddness[row] > params["outlier_quantile"]),
                "disagreement": float(found.disagreement[row]),
                "scores": {key: float(each[row]) for key, each in found.scores.items()},
                "quantiles": {key: float(each[row]) for key, each in found.quantiles.items()},
            }
            for row, name in enumerate(batch.names)
        ]
        self._add_points(answers, rows)
        self._add_relevance(answers, rows, found.oddness, params.get("marks"))
        return answers

    def _add_points(self, answers: list[Json], rows: Rows) -> None:
        scorer = self.scorer
        for answer, row in zip(answers, scorer.residuals.deviations(rows), strict=True):
            answer["odd_at"] = [
                {scorer.place: scorer.at(column), "deviation": float(row[column])}
                for column in odd_points(row)
            ]

    def _add_relevance(self, answers: list[Json], rows: Rows, oddness: FloatArray, given: str | None) -> None:
        relevance = self.relevance(given)
        if relevance is None:
            return
        features = self.scorer.axes.coordinates(rows.values)
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
        return self.scorer.remembered.relevance(wanted) if wanted else None

    def prediction_views(
        self, numbers: Mapping[str, npt.NDArray[np.float32]], features: spectra.FeatureSet
    ) -> list[View]:
        """Return how odd the predicted spectra are, the oddest, and what is odd in them.

        Parameters
        ----------
        numbers : mapping
            Numbers of the answers, by name, shape (rows,) each.
        features : FeatureSet
            The predicted rows.

        Returns
        -------
        list of View
            The oddest, their odd parts, and the distribution of all.
        """
        from deepaas_plugins.methods.outliers.prediction_report import views_of  # noqa: PLC0415 - for jobs only

        return views_of(self.scorer, numbers, features)


def load(folder: Path) -> OutlierModel:
    """Read a model that `OutlierModel.save` wrote.

    Raises
    ------
    InvalidInput
        It is none, it is damaged, or its arrays do not belong together.
    """
    card = ModelCard.load(folder)
    scorer = stored.load(folder, card)
    return OutlierModel(spectra.Recipe.load(folder / "recipe"), None, scorer, dict(card.parameters))
