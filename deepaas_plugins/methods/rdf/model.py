"""A trained forest: saved without pickle, checked when it is loaded; its predictions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.rdf.calibration import Calibration
from deepaas_plugins.methods.rdf.stored_forest import StoredForest

if TYPE_CHECKING:
    from deepaas_plugins.methods.rdf.forest import Forest

CALIBRATION_FILE = "calibration.npz"

FloatArray = npt.NDArray[np.float64]


class ForestModel(Model):
    """A forest with its recipe, and its calibration where it has one."""

    def __init__(
        self,
        *,
        forest: StoredForest,
        recipe: spectra.Recipe,
        classes: list[str] | None,
        calibration: Calibration | None,
        parameters: Json,
        wavelength: npt.ArrayLike | None,
    ) -> None:
        self.stored = forest
        self.recipe = recipe
        self.classes = classes
        self.calibration = calibration
        self.parameters = parameters
        self.wavelength = None if wavelength is None else np.asarray(wavelength, dtype=np.float64)

    @property
    def forest(self) -> Forest:
        """Return scikit-learn's forest, which a loaded model reads on first use."""
        return self.stored.forest

    def card(self) -> ModelCard:
        """Describe the forest."""
        return ModelCard(
            method="rdf",
            recipe=self.recipe.to_json(),
            classes=self.classes,
            calibrated=None if self.classes is None else self.calibration is not None,
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=self.parameters,
            details={"features": self.stored.trees.features, "trees": len(self.stored.trees.roots)},
        )

    def save_files(self, folder: Path) -> None:
        """Write the forest with skops and as arrays, and the calibration's curves."""
        self.stored.save(folder)
        if self.calibration is not None:
            np.savez(folder / CALIBRATION_FILE, allow_pickle=False, **self.calibration.arrays())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a forest.

        Raises
        ------
        InvalidInput
            It is not one, or holds anything but scikit-learn's trees.
        """
        card = ModelCard.load(folder)
        stored = StoredForest.load(folder)
        outputs = stored.trees.values.shape[1]
        classes = list(card.classes) if card.classes is not None else None
        if (classes is None) != (outputs == 1):  # a forest of one class is never trained
            raise InvalidInput(f"{folder}: the forest and the card disagree whether there are classes.")
        if classes is not None and len(classes) != outputs:
            raise InvalidInput(f"{folder}: the forest has {outputs} classes, the card {len(classes)}.")
        calibration = None
        if card.calibrated and classes is not None:
            with np.load(folder / CALIBRATION_FILE, allow_pickle=False) as arrays:
                calibration = Calibration.of_arrays(arrays, len(classes))
        recipe = spectra.Recipe.load(folder / "recipe")
        return cls(
            forest=stored,
            recipe=recipe,
            classes=classes,
            calibration=calibration,
            parameters=dict(card.parameters),
            wavelength=card.wavelength,
        )

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
        """Predict classes with probabilities, or values with the spread of the trees.

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
            If the rows have another number of features than the forest was trained on.
        """
        expected = self.stored.trees.features
        if batch.flux.shape[1] != expected:
            raise InvalidInput(
                f"The spectra have {batch.flux.shape[1]} features, the forest was trained on {expected}."
            )
        if self.classes is None:
            return self._values(batch)
        probabilities = self.probabilities(batch.flux)
        winners = probabilities.argmax(axis=1)
        results: list[Json] = []
        for name, winner, row in zip(batch.names, winners, probabilities.tolist(), strict=True):
            result: Json = {"name": name, "label": self.classes[winner]}
            if params["probabilities"]:
                result["probabilities"] = dict(zip(self.classes, row, strict=True))
            result["calibrated"] = self.calibration is not None
            results.append(result)
        return results

    def probabilities(self, matrix: npt.NDArray[np.float32]) -> FloatArray:
        """Return class probabilities, calibrated where the forest was.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features), float32.

        Returns
        -------
        ndarray
            Shape (rows, classes).
        """
        probabilities = self.stored.trees.mean(matrix)
        return probabilities if self.calibration is None else self.calibration.apply(probabilities)

    def _values(self, batch: spectra.Batch) -> list[Json]:
        each = self.stored.trees.each(batch.flux)[:, :, 0]
        values, spreads = each.mean(axis=0).tolist(), each.std(axis=0).tolist()
        rows = zip(batch.names, values, spreads, strict=True)
        return [{"name": name, "value": value, "spread": spread} for name, value, spread in rows]
