"""The model: the recipe, the line, and the classifier of profiles on the grid of the recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from marshmallow import ValidationError

import spectra
from deepaas_plugins.contract.arrays_file import read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.lines.answers import answers
from deepaas_plugins.methods.lines.measuring import Region, measure_chunk
from deepaas_plugins.methods.lines.parameters import TrainParameters
from deepaas_plugins.methods.lines.profiles.classifier import ProfileClassifier
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES
from deepaas_plugins.methods.spectral_features.answers import check_columns

CLASSIFIER = "classifier.npz"


@dataclass
class LineModel(Model):
    """Measures spectra as those of the job were measured.

    Attributes
    ----------
    recipe, classes
        See `Model`; the classes are those of profiles.
    wavelength
        The grid, Å in vacuum, shape (columns,).
    classifier
        Of profiles.
    parameters
        Of the training.
    """

    recipe: spectra.Recipe
    wavelength: npt.NDArray[np.float64]
    classifier: ProfileClassifier
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.classes = list(CLASSES)
        self.region = Region.of(self.wavelength, self.parameters)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="lines",
            recipe=self.recipe.to_json(),
            classes=self.classes,
            wavelength=self.wavelength.tolist(),
            parameters=dict(self.parameters),
        )

    def save_files(self, folder: Path) -> None:
        """Write the arrays of the classifier."""
        np.savez(folder / CLASSIFIER, allow_pickle=False, **self.classifier.arrays())

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
        """Measure spectra.

        Parameters
        ----------
        batch : Batch
            Prepared spectra.
        params : Json
            Of `PredictParameters`.

        Returns
        -------
        list of Json
            See `answers.answers`.

        Raises
        ------
        InvalidInput
            The rows have another number of columns.
        """
        check_columns(batch.flux.shape[1], len(self.wavelength))
        measured = measure_chunk(
            batch.flux, self.region, self.classifier, self.parameters, lines=params["lines"]
        )
        return answers(batch.names, measured, str(self.parameters["line"]))


def load(folder: Path) -> LineModel:
    """Read a model that `LineModel.save` wrote.

    Raises
    ------
    InvalidInput
        It is none, or it is damaged.
    """
    card = ModelCard.load(folder)
    arrays = read_arrays(folder / CLASSIFIER)
    try:
        parameters = TrainParameters().load(dict(card.parameters))
        if card.wavelength is None or len(card.wavelength) < 2:
            raise ValueError("model.json has no wavelengths")
        classifier = ProfileClassifier.of_arrays(arrays)
    except (ValueError, ValidationError) as error:
        raise InvalidInput(f"{folder} is damaged: {error}. The model is not loaded.") from error
    grid = np.asarray(card.wavelength, dtype=np.float64)
    return LineModel(spectra.Recipe.load(folder / "recipe"), grid, classifier, parameters)
