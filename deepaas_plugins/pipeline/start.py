"""A model that a training starts from: what must agree is checked, and what differs is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import spectra
from deepaas_plugins.contract import views
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.model_card import FILE, ModelCard, sha256
from jobfolder.label_classes import class_difference

if TYPE_CHECKING:
    from deepaas_plugins.contract.method import Json, Method, Model
    from deepaas_plugins.contract.run import Run
    from spectra import FeatureSet


@dataclass(frozen=True)
class Start:
    """A start model.

    Attributes
    ----------
    card, model
        What it is, and the model itself.
    identifier
        Of the model on the platform, or None.
    sha256
        Of its ``model.json``, which has the hashes of the other files.
    """

    card: ModelCard
    model: Model
    identifier: str | None
    sha256: str

    @classmethod
    def load(cls, method: Method, folder: Path, identifier: str | None = None) -> Start:
        """Read a start model.

        Parameters
        ----------
        method : Method
            That goes on from it.
        folder : Path
            Where it lies; it is not trusted.
        identifier : str or None
            Of the model on the platform.

        Raises
        ------
        InvalidInput
            The method cannot start from a model, there is none, or another method made it.
        """
        if not method.starts:
            raise InvalidInput(f"{method.title} cannot start from a model: train without one.")
        card = ModelCard.load(folder)
        if card.method != method.name:
            raise InvalidInput(f"The start model was made by {card.method}, not by {method.name}.")
        return cls(card, method.load(folder), identifier, sha256(folder / FILE))

    def completed(self, method: Method, given: Mapping[str, Any]) -> Json:
        """Return parameters with those of the start model where they must agree and none is given.

        Parameters
        ----------
        method : Method
            Says which must agree.
        given : mapping
            Parameters as they were given.
        """
        kept = {
            name: self.card.parameters[name] for name in method.kept_by_start if name in self.card.parameters
        }
        return {
            **kept,
            **{name: value for name, value in given.items() if value is not None or name not in kept},
        }

    def check(self, method: Method, parameters: Mapping[str, Any], recipe: Mapping[str, Any] | None) -> None:
        """Check parameters and recipe, before anything is prepared.

        Parameters
        ----------
        method : Method
            Says which parameters must agree.
        parameters : mapping
            Complete.
        recipe : mapping or None
            As JSON, where one is given.

        Raises
        ------
        InvalidInput
            They differ from the start model's; the difference is named.
        """
        for name in method.kept_by_start:
            theirs = self.card.parameters.get(name)
            if name in self.card.parameters and parameters.get(name) != theirs:
                raise InvalidInput(
                    f"The start model was trained with {name} = {theirs!r}, not {parameters.get(name)!r}: "
                    "leave it as it was, or train without a start model."
                )
        if recipe is not None and (difference := spectra.recipe_difference(recipe, self.card.recipe)):
            raise InvalidInput(
                f"The recipe is not the start model's: {difference}. Leave the recipe out to use the model's."
            )

    def check_features(self, method: Method, features: FeatureSet) -> None:
        """Check the prepared rows.

        Parameters
        ----------
        method : Method
            Says whether it learns from labels.
        features : FeatureSet
            The prepared rows.

        Raises
        ------
        InvalidInput
            They were prepared by another recipe, lie on another grid, or are of other classes than those that
            the start model knows; the difference is named.
        """
        if not spectra.prepared_for(features, self.model.recipe, self.card.wavelength):
            difference = spectra.recipe_difference(features.recipe.to_json(), self.card.recipe)
            told = difference or "its steps learned from other data, or its grid is another"
            raise InvalidInput(f"The feature set was not prepared as the start model needs it: {told}.")
        grid = self.card.wavelength
        if grid is not None and features.wavelength is not None and len(grid) != features.columns:
            raise InvalidInput(
                f"The spectra have {features.columns} wavelengths, the start model's have {len(grid)}."
            )
        if not method.needs_labels or self.card.classes is None:
            return
        if difference := class_difference(filter(None, features.labels()), self.card.classes):
            raise InvalidInput(f"The start model is of other classes: {difference}.")

    def report(self, method: Method, run: Run) -> None:
        """Say in the report what the training starts from, and what is not measured with it."""
        name = self.identifier or f"a model of {self.card.created}"
        rows = (self.card.training_set or {}).get("rows")
        note = f"The training starts from {name}" + (f", which learned from {rows} spectra." if rows else ".")
        if method.needs_labels:
            note += (
                " That model may have seen spectra of this training set: scores, sets and intervals are of "
                "models that learned from this training set alone."
            )
        run.report(views.metrics("start", "Start model", values=[], note=note))
        run.log(note)

    def lineage(self) -> Json:
        """Return what the card of the trained model says of its start."""
        return {
            "model": self.identifier,
            "job": self.card.job,
            "version": self.card.version,
            "sha256": self.sha256,
        }


def reject_test_set(params: Mapping[str, Any]) -> None:
    """Reject parameters that hold a test set out beside a start model.

    Parameters
    ----------
    params : mapping
        Of the training.

    Raises
    ------
    InvalidInput
        They do: the start model may have learned from it.
    """
    if params["test_fraction"]:
        raise InvalidInput(
            "Parameter test_fraction: the start model may have learned from spectra of a test set. Set it "
            "to 0, and judge the model by predicting spectra that neither has seen."
        )
