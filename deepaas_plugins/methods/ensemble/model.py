"""A trained ensemble: the folders of its members, and how their probabilities become one."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.convolutions.model import ConvolutionModel
from deepaas_plugins.methods.ensemble.stack import Stack
from deepaas_plugins.methods.rdf.model import ForestModel
from deepaas_plugins.methods.spectral_features import answers
from deepaas_plugins.methods.spectral_features.decision_rule import Decision

FloatArray = npt.NDArray[np.float64]

#: The members in the order of their weights; each lies in a folder of this name.
MEMBERS = ("trees", "convolutions")
FOLDER = "members"


class EnsembleModel(Model):
    """A forest, random convolutions, and their stack.

    Parameters
    ----------
    forest, ridge
        The members.
    stack
        Weights and steps.
    scale
        Place of each class where they are in an order, else None.
    recipe, classes, parameters, wavelength
        As in the model card.
    """

    classes: list[str]

    def __init__(
        self,
        *,
        forest: ForestModel,
        ridge: ConvolutionModel,
        stack: Stack,
        scale: FloatArray | None,
        recipe: spectra.Recipe,
        classes: list[str],
        parameters: Json,
        wavelength: npt.ArrayLike | None,
    ) -> None:
        self.forest, self.ridge, self.stack, self.scale = forest, ridge, stack, scale
        self.recipe, self.classes, self.parameters = recipe, classes, parameters
        self.wavelength = None if wavelength is None else np.asarray(wavelength, dtype=np.float64)

    def card(self) -> ModelCard:
        """Describe the ensemble."""
        return ModelCard(
            method="ensemble",
            recipe=self.recipe.to_json(),
            classes=self.classes,
            calibrated=True,
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=self.parameters,
            details={
                "members": list(MEMBERS),
                "weights": self.stack.weights.tolist(),
                "steps": self.stack.steps.tolist(),
                "scale": None if self.scale is None else self.scale.tolist(),
            },
        )

    def save_files(self, folder: Path) -> None:
        """Write the members."""
        for name, member in zip(MEMBERS, (self.forest, self.ridge), strict=True):
            member.save(folder / FOLDER / name)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read an ensemble with its members.

        Raises
        ------
        InvalidInput
            It is none, a member is damaged, or they are of other classes.
        """
        card = ModelCard.load(folder)
        classes = list(card.classes or [])
        forest = ForestModel.load(folder / FOLDER / MEMBERS[0])
        ridge = ConvolutionModel.load(folder / FOLDER / MEMBERS[1])
        if not classes or forest.classes != classes or ridge.classes != classes:
            raise InvalidInput(f"{folder}: the members of the ensemble are of other classes than its card.")
        stack = Stack(
            _numbers(folder, card, "weights", len(MEMBERS)), _numbers(folder, card, "steps", len(classes))
        )
        return cls(
            forest=forest,
            ridge=ridge,
            stack=stack,
            scale=None
            if card.details.get("scale") is None
            else _numbers(folder, card, "scale", len(classes)),
            recipe=spectra.Recipe.load(folder / "recipe"),
            classes=classes,
            parameters=dict(card.parameters),
            wavelength=card.wavelength,
        )

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
        """Predict classes with probabilities.

        Parameters
        ----------
        batch : spectra.Batch
            Prepared spectra.
        params : Json
            Checked parameters of the prediction.

        Returns
        -------
        list of Json
            One result for each row.

        Raises
        ------
        InvalidInput
            If the rows have another number of columns than the members were trained on.
        """
        answers.check_columns(batch.flux.shape[1], self.ridge.kernels.columns)
        return answers.of_classes(
            batch.names,
            self.probabilities(batch.flux),
            self.classes,
            decision=Decision.of(self.scale, self.parameters),
            calibrated=True,
            with_probabilities=params["probabilities"],
        )

    def probabilities(self, matrix: npt.NDArray[np.float32]) -> FloatArray:
        """Return class probabilities of prepared spectra, shape (rows, classes)."""
        return self.stack.combine(np.stack([self.forest.probabilities(matrix), self.ridge.outputs(matrix)]))


def _numbers(folder: Path, card: ModelCard, name: str, count: int) -> FloatArray:
    try:
        found = np.asarray(card.details.get(name), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{folder}: the card's {name} are no numbers.") from error
    if found.shape != (count,) or not np.isfinite(found).all():
        raise InvalidInput(f"{folder}: the card's {name} are not {count} finite numbers.")
    return found
