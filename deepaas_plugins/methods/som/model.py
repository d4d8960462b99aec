"""A trained map: the cell of a spectrum, its distance from the prototype, and the classes of the cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.som.map.grid import Grid, IntArray
from deepaas_plugins.methods.som.map.matching import Matcher
from deepaas_plugins.methods.som.map.measures import distances
from deepaas_plugins.methods.som.map.rows import Frame, Values
from deepaas_plugins.methods.som.prediction_report import TrainedMap, prediction_views
from spectra import Recipe

if TYPE_CHECKING:
    from deepaas_plugins.contract.view import View
    from spectra import Batch, FeatureSet

#: Quantiles of the training distances that are kept: 0, 0.001, … 1.
QUANTILES = 1001

#: The model's arrays, each in a file of its own: npy declares its size, which is checked before it is read.
ARRAYS = ("prototypes", "offset", "class_counts", "distance_quantiles")


@dataclass
class SomModel(Model):
    """A trained self-organising map.

    Attributes
    ----------
    recipe, classes
        See `Model`; `classes` is None where no training spectrum had a label.
    grid, frame
        The map, and the frame that rows are compared in.
    prototypes
        In feature units, shape (cells, columns).
    class_counts
        Training spectra of each class in each cell, shape (classes, cells).
    distance_quantiles
        Quantiles of the distances of the training spectra to their prototypes, shape (QUANTILES,).
    wavelength
        Of the columns, Å in vacuum, shape (columns,), or None.
    parameters
        What the map was trained with.
    """

    recipe: Recipe
    classes: list[str] | None
    grid: Grid
    frame: Frame
    prototypes: Values
    class_counts: IntArray
    distance_quantiles: Values
    wavelength: Values | None
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._matcher = Matcher(self.frame.into(self.prototypes), np.float64)
        self._inside = self.frame.into(self.prototypes)
        self._labelled_cell = self._nearest_labelled()

    def _nearest_labelled(self) -> IntArray:
        """Return for each cell itself, or the cell with labels whose prototype is nearest to its own."""
        here = np.arange(self.grid.cells)
        labelled = np.flatnonzero(self.class_counts.sum(axis=0) > 0)
        if len(labelled) in (0, self.grid.cells):
            return here
        ones = np.ones((self.grid.cells, 1))
        nearest = Matcher(self._inside[labelled], np.float64).best(
            np.concatenate([self._inside, ones], axis=1)
        )
        is_labelled = np.isin(here, labelled)
        return np.where(is_labelled, here, labelled[nearest.cell])

    def predict(self, batch: Batch, params: Json) -> list[Json]:
        """Place spectra on the map.

        Each prediction holds `cell` (``row``, ``column``), `distance` to its prototype in feature units and
        `is_outlier`. Where the training set had labels, also: `label` (the most frequent class in the cell),
        `probabilities` (the shares of the classes in it; not calibrated), `purity` (the share of the most
        frequent) and `label_cell`, the cell that they come from: the nearest with labels where the spectrum's
        own has none.

        Raises
        ------
        InvalidInput
            The rows have another number of columns than the map, or hold values that are not finite.
        """
        self._check(batch)
        rows = self.frame.rows(batch.flux, np.float64)
        cell = self._matcher.best(rows).cell
        distance = distances(rows, self._inside, cell) / self.frame.factor
        limit = np.interp(
            params["outlier_quantile"],
            np.linspace(0.0, 1.0, len(self.distance_quantiles)),
            self.distance_quantiles,
        )
        answers: list[Json] = [
            {
                "name": name,
                "cell": {"row": int(number) // self.grid.columns, "column": int(number) % self.grid.columns},
                "distance": float(far),
                "is_outlier": bool(far > limit),
            }
            for name, number, far in zip(batch.names, cell, distance, strict=True)
        ]
        if self.classes:
            self._add_classes(answers, cell)
        return answers

    def prediction_views(
        self, numbers: Mapping[str, npt.NDArray[np.float32]], features: FeatureSet
    ) -> list[View]:
        """Return the map with the predicted spectra on it, and how far from it they are.

        Parameters
        ----------
        numbers : mapping
            ``cell_row``, ``cell_column`` and ``distance``, shape (rows,) each.
        features : FeatureSet
            The predicted rows.

        Returns
        -------
        list of View
            Views of the report.
        """
        trained = TrainedMap(self.grid, self.prototypes, self.wavelength, self.classes, self.class_counts)
        return prediction_views(trained, numbers, features)

    def _add_classes(self, answers: list[Json], cell: IntArray) -> None:
        classes = self.classes or []
        source = self._labelled_cell[cell]
        counts = self.class_counts[:, source].T
        shares = counts / counts.sum(axis=1, keepdims=True)
        best = shares.argmax(axis=1)
        for answer, number, share, top in zip(answers, source, shares, best, strict=True):
            answer["label"] = classes[top]
            answer["probabilities"] = dict(zip(classes, share.tolist(), strict=True))
            answer["calibrated"] = False
            answer["purity"] = float(share[top])
            answer["label_cell"] = {
                "row": int(number) // self.grid.columns,
                "column": int(number) % self.grid.columns,
            }

    def _check(self, batch: Batch) -> None:
        columns = self.prototypes.shape[1]
        if batch.flux.shape[1] != columns:
            raise InvalidInput(
                f"the spectra have {batch.flux.shape[1]} columns, the map was trained on {columns}"
            )
        bad = np.flatnonzero(~np.isfinite(batch.flux).all(axis=1))
        if len(bad):
            raise InvalidInput(f"{batch.names[bad[0]]} holds values that are not finite")

    def card(self) -> ModelCard:
        """Describe the model."""
        details = {
            "rows": self.grid.rows,
            "columns": self.grid.columns,
            "topology": self.grid.topology,
            "factor": self.frame.factor,
            "unit_length": self.frame.unit_length,
        }
        return ModelCard(
            method="som",
            recipe=self.recipe.to_json(),
            classes=self.classes,
            calibrated=False if self.classes else None,
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=dict(self.parameters),
            details=details,
        )

    def save_files(self, folder: Path) -> None:
        """Write the arrays as ``.npy`` files."""
        arrays = (self.prototypes, self.frame.offset, self.class_counts, self.distance_quantiles)
        for name, values in zip(ARRAYS, arrays, strict=True):
            np.save(folder / f"{name}.npy", values, allow_pickle=False)


def load(folder: Path) -> SomModel:
    """Read what `SomModel.save` wrote.

    Raises
    ------
    InvalidInput
        The card or the arrays are missing, broken or do not fit together.
    """
    card = ModelCard.load(folder)
    arrays = {name: _array(folder / f"{name}.npy") for name in ARRAYS}
    try:
        details = card.details
        grid = Grid(int(details["rows"]), int(details["columns"]), details["topology"])
        frame = Frame(arrays["offset"], float(details["factor"]), bool(details["unit_length"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{folder}: model.json does not describe a map: {error}") from error
    classes = None if card.classes is None else [str(name) for name in card.classes]
    columns = frame.offset.size
    expected = {
        "prototypes": (grid.cells, columns),
        "offset": (columns,),
        "class_counts": (len(classes or []), grid.cells),
        "distance_quantiles": (QUANTILES,),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise InvalidInput(
                f"{folder}: {name}.npy has shape {arrays[name].shape}, the map asks for {shape}"
            )
    if card.wavelength is not None and len(card.wavelength) != columns:
        raise InvalidInput(
            f"{folder}: model.json has {len(card.wavelength)} wavelengths for {columns} columns"
        )
    return SomModel(
        recipe=Recipe.load(folder / "recipe"),
        classes=classes,
        grid=grid,
        frame=frame,
        prototypes=arrays["prototypes"],
        class_counts=arrays["class_counts"].astype(np.int64),
        distance_quantiles=arrays["distance_quantiles"],
        wavelength=None if card.wavelength is None else np.asarray(card.wavelength, dtype=np.float64),
        parameters=card.parameters,
    )


def _array(path: Path) -> npt.NDArray[Any]:
    """Read an array of numbers; mapping it first makes NumPy compare the size it declares with the file's."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
    if values.dtype.kind not in "fi" or (values.size == 0 and values.ndim < 2):
        raise InvalidInput(f"{path} holds no numbers")
    copied: npt.NDArray[Any] = np.array(values, dtype=np.float64 if values.dtype.kind == "f" else np.int64)
    if not np.isfinite(copied).all():
        raise InvalidInput(f"{path} holds values that are not finite")
    return copied
