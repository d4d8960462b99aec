"""A trained forest: how it is saved without pickle, checked when it is loaded, and predicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import skops.io

import spectra
from deepaas_plugins.method import Json, Model
from deepaas_plugins.model_card import ModelCard
from deepaas_plugins.processors import processors
from deepaas_plugins.rdf.calibration import Calibration
from deepaas_plugins.rdf.forest import FOREST_TYPES, Forest
from deepaas_plugins.refused import Refused

FILE = "forest.skops"
CALIBRATION_FILE = "calibration.npz"

#: All that a file may hold beside what skops itself trusts (NumPy's and scikit-learn's own plain types).
TRUSTED = ["sklearn.tree._tree.Tree"]

FloatArray = npt.NDArray[np.float64]


class ForestModel(Model):
    """A forest with its recipe, and its calibration where it has one."""

    def __init__(
        self,
        *,
        forest: Forest,
        recipe: spectra.Recipe,
        classes: list[str] | None,
        calibration: Calibration | None,
        parameters: Json,
        wavelength: npt.ArrayLike | None,
    ) -> None:
        self.forest = forest
        self.recipe = recipe
        self.classes = classes
        self.calibration = calibration
        self.parameters = parameters
        self.wavelength = None if wavelength is None else np.asarray(wavelength, dtype=np.float64)

    def card(self) -> ModelCard:
        """Describe the forest."""
        return ModelCard(
            method="rdf",
            recipe=self.recipe.to_json(),
            classes=self.classes,
            calibrated=None if self.classes is None else self.calibration is not None,
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=self.parameters,
            details={"features": int(self.forest.n_features_in_), "trees": len(self.forest.estimators_)},
        )

    def save_files(self, folder: Path) -> None:
        """Write the forest with skops, and the calibration's curves."""
        skops.io.dump(self.forest, folder / FILE)
        if self.calibration is not None:
            np.savez(folder / CALIBRATION_FILE, allow_pickle=False, **self.calibration.arrays())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a forest.

        Raises
        ------
        Refused
            It is not one, or holds anything but scikit-learn's trees.
        """
        card = ModelCard.load(folder)
        forest = _load_forest(folder / FILE)
        classes = list(card.classes) if card.classes is not None else None
        if (classes is None) != (not hasattr(forest, "classes_")):
            raise Refused(f"{folder}: the forest and the card disagree whether there are classes.")
        if classes is not None and len(classes) != len(forest.classes_):
            raise Refused(
                f"{folder}: the forest has {len(forest.classes_)} classes, the card {len(classes)}."
            )
        calibration = None
        if card.calibrated and classes is not None:
            with np.load(folder / CALIBRATION_FILE, allow_pickle=False) as arrays:
                calibration = Calibration.of_arrays(arrays, len(classes))
        recipe = spectra.Recipe.load(folder / "recipe")
        return cls(
            forest=forest,
            recipe=recipe,
            classes=classes,
            calibration=calibration,
            parameters=dict(card.parameters),
            wavelength=card.wavelength,
        )

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
        """Predict classes with probabilities, or values with the spread of the trees."""
        expected = self.forest.n_features_in_
        if batch.flux.shape[1] != expected:
            raise Refused(
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
        """Return class probabilities, shape (rows, classes)."""
        probabilities = np.asarray(self.forest.predict_proba(matrix), dtype=np.float64)
        return probabilities if self.calibration is None else self.calibration.apply(probabilities)

    def _values(self, batch: spectra.Batch) -> list[Json]:
        each = np.stack([tree.predict(batch.flux, check_input=False) for tree in self.forest.estimators_])
        values, spreads = each.mean(axis=0).tolist(), each.std(axis=0).tolist()
        rows = zip(batch.names, values, spreads, strict=True)
        return [{"name": name, "value": value, "spread": spread} for name, value, spread in rows]


def _load_forest(path: Path) -> Forest:
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
        if unknown:
            raise Refused(f"{path} holds what no forest holds: {', '.join(unknown)}. It is not loaded.")
        forest: Any = skops.io.load(path, trusted=TRUSTED)
    except FileNotFoundError as error:
        raise Refused(f"{path} is missing: the model is not complete.") from error
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"{path} is damaged or not a forest: {error}.") from error
    if not isinstance(forest, FOREST_TYPES):
        raise Refused(f"{path} holds a {type(forest).__name__}, not a forest.")
    check_trees(forest, path)
    forest.set_params(n_jobs=processors())
    return forest


def check_trees(forest: Forest, path: Path) -> None:
    """Check that every tree stays within itself: compiled code follows these numbers without looking.

    Raises
    ------
    Refused
        A child or a feature is out of range.
    """
    for number, estimator in enumerate(forest.estimators_):
        tree = estimator.tree_
        nodes = tree.node_count
        places = np.arange(nodes)
        inner = tree.children_left != -1
        children = np.stack([tree.children_left[inner], tree.children_right[inner]])
        # Children come after their parent, which also rules out circles.
        forwards = (children > places[inner]) & (children < nodes)
        features = (tree.feature[inner] >= 0) & (tree.feature[inner] < forest.n_features_in_)
        if nodes == 0 or not forwards.all() or not features.all() or not np.isfinite(tree.value).all():
            raise Refused(f"{path}: tree {number} is damaged. The model is not loaded.")
