"""A trained forest: saved without pickle, checked when it is loaded; its predictions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.arrays_file import read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.rdf.calibration import Calibration
from deepaas_plugins.methods.rdf.inputs import Inputs
from deepaas_plugins.methods.rdf.trees.stored_forest import StoredForest
from deepaas_plugins.methods.spectral_features import answers
from deepaas_plugins.methods.spectral_features import prior as prior_step
from deepaas_plugins.methods.spectral_features.decision_rule import Decision
from deepaas_plugins.methods.spectral_features.representation import REPRESENTATIONS, Representation
from deepaas_plugins.methods.spectral_features.templates import Templates
from deepaas_plugins.pipeline.start import reject_test_set

if TYPE_CHECKING:
    from deepaas_plugins.methods.rdf.trees.forest import Forest

CALIBRATION_FILE = "calibration.npz"
TEMPLATES_FILE = "templates.npz"

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
        inputs: Inputs | None = None,
        prior: FloatArray | None = None,
        scale: FloatArray | None = None,
    ) -> None:
        self.stored = forest
        self.recipe = recipe
        self.classes = classes
        self.calibration = calibration
        self.parameters = parameters
        self.inputs, self.prior, self.scale = inputs or Inputs(), prior, scale
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
            details={
                "features": self.stored.trees.features,
                "trees": len(self.stored.trees.roots),
                "prior": None if self.prior is None else self.prior.tolist(),
                "scale": None if self.scale is None else self.scale.tolist(),
            },
        )

    def save_files(self, folder: Path) -> None:
        """Write the forest with skops and as arrays, and the calibration's curves."""
        self.stored.save(folder)
        if self.calibration is not None:
            np.savez(folder / CALIBRATION_FILE, allow_pickle=False, **self.calibration.arrays())
        if self.inputs.templates is not None:
            spectra_of_classes = self.inputs.templates.spectra
            np.savez(folder / TEMPLATES_FILE, allow_pickle=False, spectra=spectra_of_classes)

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
        outputs = stored.trees.outputs
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
            inputs=_inputs(folder, card),
            prior=_of_classes(folder, card, "prior"),
            scale=_of_classes(folder, card, "scale"),
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
        self._check(batch.flux.shape[1])
        if self.classes is None:
            return self._values(batch)
        return answers.of_classes(
            batch.names,
            self.probabilities(batch.flux),
            self.classes,
            decision=Decision.of(self.scale, self.parameters),
            calibrated=self.calibration is not None,
            with_probabilities=params["probabilities"],
        )

    def class_probabilities(self, batch: spectra.Batch) -> FloatArray:
        """See `Model.class_probabilities`."""
        if self.classes is None:
            raise InvalidInput("The model predicts numbers, and has no classes.")
        self._check(batch.flux.shape[1])
        return self.probabilities(batch.flux)

    def _check(self, columns: int) -> None:
        expected = self.stored.trees.features
        templates = self.inputs.templates
        wrong = templates is not None and columns != templates.spectra.shape[1]
        if wrong or self.inputs.size(columns) != expected:
            told = f"are {self.inputs.size(columns)} for the forest, which was trained on {expected}"
            if self.inputs.representation.plain and templates is None:
                told = f"the forest was trained on {expected}"
            raise InvalidInput(f"The spectra have {columns} features, {told}.")

    def probabilities(self, matrix: npt.NDArray[np.float32]) -> FloatArray:
        """Return class probabilities, calibrated where the forest was.

        Parameters
        ----------
        matrix : ndarray
            Prepared spectra, shape (rows, columns), float32.

        Returns
        -------
        ndarray
            Shape (rows, classes).
        """
        probabilities = self.stored.trees.mean(self.inputs.features(matrix))
        if self.prior is not None:
            probabilities = prior_step.apply(probabilities, self.prior)
        return probabilities if self.calibration is None else self.calibration.apply(probabilities)

    def _values(self, batch: spectra.Batch) -> list[Json]:
        values, spreads = self.stored.trees.values_and_spreads(self.inputs.features(batch.flux))
        told = [None] * len(values) if spreads is None else spreads.tolist()
        rows = zip(batch.names, values.tolist(), told, strict=True)
        return [{"name": name, "value": value, "spread": spread} for name, value, spread in rows]


def start_forest(start: Model | None, params: Json) -> ForestModel | None:
    """Return the forest that a training starts from.

    Parameters
    ----------
    start : Model or None
        As `Method.train` gets it.
    params : Json
        Of `TrainSchema`.

    Returns
    -------
    ForestModel or None
        None where the training starts from nothing.

    Raises
    ------
    InvalidInput
        It is no forest, or a test set is asked for: the forest may have learned from its spectra.
    """
    if start is None:
        return None
    if not isinstance(start, ForestModel):
        raise InvalidInput("The start model is no forest.")
    reject_test_set(params)
    return start


def _inputs(folder: Path, card: ModelCard) -> Inputs:
    representation = Representation.of(dict(card.parameters))
    if representation.name not in REPRESENTATIONS:
        raise InvalidInput(f"{folder}: the card names an unknown representation, {representation.name!r}.")
    if not card.parameters.get("templates") or card.classes is None:
        return Inputs(representation)
    found = read_arrays(folder / TEMPLATES_FILE).get("spectra")
    if (
        found is None
        or found.dtype.kind not in "fiu"
        or found.ndim != 2
        or not found.size
        or not np.isfinite(found).all()
    ):
        raise InvalidInput(f"{folder / TEMPLATES_FILE} is damaged: it holds no spectra of classes.")
    return Inputs(representation, Templates(found.astype(np.float32)))


def _of_classes(folder: Path, card: ModelCard, name: str) -> FloatArray | None:
    """Return numbers of the card, one for each class, or None."""
    given = card.details.get(name)
    if given is None:
        return None
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{folder}: the card's {name} are no numbers.") from error
    if found.shape != (len(card.classes or []),) or not np.isfinite(found).all():
        raise InvalidInput(f"{folder}: the card's {name} is not one finite number for each class.")
    return found
