"""A trained model of random convolutions: arrays only, checked when it is loaded; its predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.arrays_file import checked_array, read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.convolutions.decision import Decision
from deepaas_plugins.methods.convolutions.kernels import GROUP, LENGTH, SERIES, Kernels, blocks
from deepaas_plugins.methods.spectral_features import answers
from deepaas_plugins.methods.spectral_features.representation import SINGLE, Representation

FILE = "convolutions.npz"
#: Spectra whose features are in memory at once.
ROWS = 256

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]


class ConvolutionModel(Model):
    """Kernels, a linear function of their features, and how its outputs are read.

    Parameters
    ----------
    kernels
        Make features of prepared spectra.
    coefficients, intercept
        Of the features as they are, shapes (features, outputs) and (outputs,).
    decision
        From outputs to probabilities, or None where the output is a value.
    spread
        Of values, in their unit, or None where there are classes.
    recipe, classes, parameters, wavelength
        As in the model card.
    """

    def __init__(
        self,
        *,
        kernels: Kernels,
        coefficients: Matrix,
        intercept: FloatArray,
        decision: Decision | None,
        spread: float | None,
        recipe: spectra.Recipe,
        classes: list[str] | None,
        parameters: Json,
        wavelength: npt.ArrayLike | None,
    ) -> None:
        self.kernels = kernels
        self.coefficients, self.intercept = coefficients, intercept
        self.decision, self.spread = decision, spread
        self.recipe, self.classes, self.parameters = recipe, classes, parameters
        self.representation = Representation.at_full_length(parameters)
        self.wavelength = None if wavelength is None else np.asarray(wavelength, dtype=np.float64)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="convolutions",
            recipe=self.recipe.to_json(),
            classes=self.classes,
            calibrated=None if self.classes is None else True,
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=self.parameters,
            details={"columns": self.kernels.columns, "features": self.kernels.size},
        )

    def save_files(self, folder: Path) -> None:
        """Write the arrays."""
        arrays: dict[str, Any] = {
            "kernels": self.kernels.weights,
            "shape": np.array([self.kernels.columns, self.kernels.points, self.kernels.segments]),
            "coefficients": self.coefficients,
            "intercept": self.intercept,
        }
        if self.decision is not None:
            arrays |= {"steps": self.decision.steps, "sharpness": np.array(self.decision.sharpness)}
        else:
            arrays["spread"] = np.array(self.spread)
        np.savez(folder / FILE, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model.

        Raises
        ------
        InvalidInput
            It is none, it is damaged, or its arrays do not belong together.
        """
        card = ModelCard.load(folder)
        classes = None if card.classes is None else list(card.classes)
        if (name := card.parameters.get("representation", "flux")) not in SINGLE:
            raise InvalidInput(f"{folder}: the card names an unknown representation, {name!r}.")
        arrays = read_arrays(folder / FILE)
        try:
            kernels = _kernels(arrays)
            outputs = 1 if classes is None else len(classes)
            coefficients = checked_array(arrays, "coefficients", (kernels.size, outputs)).astype(np.float32)
            intercept = checked_array(arrays, "intercept", (outputs,)).astype(np.float64)
            decision = spread = None
            if classes is None:
                spread = float(checked_array(arrays, "spread", ()))
            else:
                steps = checked_array(arrays, "steps", (outputs,)).astype(np.float64)
                decision = Decision(steps, float(checked_array(arrays, "sharpness", ())))
        except ValueError as error:
            raise InvalidInput(f"{folder / FILE} is damaged: {error}. The model is not loaded.") from error
        return cls(
            kernels=kernels,
            coefficients=coefficients,
            intercept=intercept,
            decision=decision,
            spread=spread,
            recipe=spectra.Recipe.load(folder / "recipe"),
            classes=classes,
            parameters=dict(card.parameters),
            wavelength=card.wavelength,
        )

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
        """Predict classes with probabilities, or values with their spread.

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
            If the rows have another number of columns than the model was trained on.
        """
        answers.check_columns(batch.flux.shape[1], self.kernels.columns)
        predicted = self.outputs(batch.flux)
        if self.classes is None or self.decision is None:
            values = zip(batch.names, predicted[:, 0].tolist(), strict=True)
            return [{"name": name, "value": value, "spread": self.spread} for name, value in values]
        return answers.of_classes(
            batch.names,
            predicted,
            self.classes,
            calibrated=True,
            with_probabilities=params["probabilities"],
        )

    def class_probabilities(self, batch: spectra.Batch) -> FloatArray:
        """See `Model.class_probabilities`."""
        if self.classes is None:
            raise InvalidInput("The model predicts numbers, and has no classes.")
        answers.check_columns(batch.flux.shape[1], self.kernels.columns)
        return self.outputs(batch.flux)

    def outputs(self, matrix: Matrix) -> FloatArray:
        """Return probabilities or values, a few hundred spectra at a time.

        Parameters
        ----------
        matrix : ndarray
            Prepared spectra, shape (rows, columns), float32.

        Returns
        -------
        ndarray
            Shape (rows, classes), or (rows, 1) for values.
        """
        found = np.empty((len(matrix), len(self.intercept)))
        for part in blocks(len(matrix), ROWS):
            spectra_of_part = self.representation.of_spectra(matrix[part])
            found[part] = self.kernels.features(spectra_of_part) @ self.coefficients + self.intercept
        return found if self.decision is None else self.decision.probabilities(found)


def _kernels(arrays: dict[str, npt.NDArray[Any]]) -> Kernels:
    columns, points, segments = (int(value) for value in checked_array(arrays, "shape", (3,)))
    found = arrays.get("kernels")
    weights = checked_array(arrays, "kernels", found.shape if found is not None else ())
    if weights.ndim != 4 or weights.shape[1] != SERIES or weights.shape[3] != LENGTH:
        raise ValueError("kernels have another shape")
    if min(columns, points, segments, *weights.shape) < 1 or weights.shape[2] % GROUP:
        raise ValueError("kernels are of no whole groups, or shape has no positive numbers")
    if not Kernels.fits(weights.shape[0], columns, points, segments):
        raise ValueError("the kernels do not fit spectra of so many columns")
    return Kernels(weights.astype(np.float32), columns, points, segments)
