"""A trained model: an ONNX graph, checked when it is loaded, and how its outputs are read; its predictions.

Neither Keras nor TensorFlow is imported here: ``.keras`` files are kept for people who go on with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.arrays_file import read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.cnn.calibration import Calibration
from deepaas_plugins.methods.cnn.networks import keras_archive
from deepaas_plugins.methods.cnn.networks.stored_graph import StoredGraph
from deepaas_plugins.methods.parameters.targets import Scaling
from deepaas_plugins.methods.spectral_features import answers
from deepaas_plugins.methods.spectral_features.representation import REPRESENTATIONS, Representation

GRAPH, ARRAYS = "network.onnx", "outputs.npz"
#: The network of a member, for Keras.
ARCHIVE = "network-{}.keras"
#: Spectra whose representations are in memory at once.
ROWS = 4096

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
Outputs = Calibration | Scaling


class NetworkModel(Model):
    """A graph and the meaning of its outputs.

    Parameters
    ----------
    graph
        From representations to mean probabilities, or to standardised numbers.
    outputs
        From those to calibrated probabilities, or to values.
    archives
        Content of the ``.keras`` file of each member, by name.
    columns
        Of a prepared spectrum.
    targets
        Names of the numbers; empty where there are classes.
    recipe, classes, parameters, wavelength
        As in the model card.
    """

    def __init__(
        self,
        *,
        graph: StoredGraph,
        outputs: Outputs,
        archives: Mapping[str, bytes],
        columns: int,
        targets: list[str],
        recipe: spectra.Recipe,
        classes: list[str] | None,
        parameters: Json,
        wavelength: npt.ArrayLike | None,
    ) -> None:
        self.graph, self.outputs, self.archives = graph, outputs, archives
        self.columns, self.targets = columns, targets
        self.recipe, self.classes, self.parameters = recipe, classes, parameters
        self.representation = Representation.of(parameters)
        self.wavelength = None if wavelength is None else np.asarray(wavelength, dtype=np.float64)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="cnn",
            recipe=self.recipe.to_json(),
            classes=self.classes,
            calibrated=None if self.classes is None else True,
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=self.parameters,
            details={"columns": self.columns, "targets": self.targets},
        )

    def save_files(self, folder: Path) -> None:
        """Write the graph, the arrays and the files for Keras."""
        (folder / GRAPH).write_bytes(self.graph.content)
        np.savez(folder / ARRAYS, allow_pickle=False, **_arrays(self.outputs))
        for name, content in self.archives.items():
            (folder / name).write_bytes(content)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model.

        Raises
        ------
        InvalidInput
            It is none, it is damaged, its parts do not belong together, or a file of it holds custom code.
        """
        card = ModelCard.load(folder)
        classes = None if card.classes is None else list(card.classes)
        targets, columns = card.details.get("targets"), card.details.get("columns")
        if not isinstance(targets, list) or not all(isinstance(name, str) for name in targets):
            raise InvalidInput(f"{folder}: the card names no targets.")
        if not isinstance(columns, int) or columns < 1 or bool(targets) == bool(classes):
            raise InvalidInput(f"{folder}: the card tells of no columns, or of no classes or targets.")
        if (name := card.parameters.get("representation", "flux")) not in REPRESENTATIONS:
            raise InvalidInput(f"{folder}: the card names an unknown representation, {name!r}.")
        graph = StoredGraph.load(folder / GRAPH)
        size = Representation.of(dict(card.parameters)).size(columns)
        if (graph.columns, graph.outputs) != (size, len(classes or targets)):
            raise InvalidInput(f"{folder / GRAPH} is of other spectra or outputs than the card says.")
        archives = {}
        for path in sorted(folder.glob(ARCHIVE.format("*"))):
            keras_archive.check(path)
            archives[path.name] = path.read_bytes()
        return cls(
            graph=graph,
            outputs=_outputs(folder / ARRAYS, len(classes or targets), classes is not None),
            archives=archives,
            columns=columns,
            targets=list(targets),
            recipe=spectra.Recipe.load(folder / "recipe"),
            classes=classes,
            parameters=dict(card.parameters),
            wavelength=card.wavelength,
        )

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
        """Predict classes with probabilities, or values by their names.

        Parameters
        ----------
        batch : spectra.Batch
            Prepared spectra.
        params : Json
            Checked parameters of the prediction.

        Returns
        -------
        list of Json
            One result for each row; a single number without a name is ``value``.

        Raises
        ------
        InvalidInput
            If the rows have another number of columns than the model was trained on.
        """
        answers.check_columns(batch.flux.shape[1], self.columns)
        if self.classes is None:
            rows = zip(batch.names, self.values(batch.flux).tolist(), strict=True)
            return [{"name": name, **dict(zip(self.targets, row, strict=True))} for name, row in rows]
        return answers.of_classes(
            batch.names,
            self.probabilities(batch.flux),
            self.classes,
            calibrated=True,
            with_probabilities=params["probabilities"],
        )

    def class_probabilities(self, batch: spectra.Batch) -> FloatArray:
        """See `Model.class_probabilities`."""
        if self.classes is None:
            raise InvalidInput("The model predicts numbers, and has no classes.")
        answers.check_columns(batch.flux.shape[1], self.columns)
        return self.probabilities(batch.flux)

    def probabilities(self, matrix: Matrix) -> FloatArray:
        """Return calibrated probabilities of prepared spectra, shape (rows, classes)."""
        assert isinstance(self.outputs, Calibration)  # noqa: S101 - checked when it is loaded
        return self.outputs.apply(self._raw(matrix))

    def values(self, matrix: Matrix) -> FloatArray:
        """Return the values of prepared spectra, shape (rows, numbers)."""
        assert isinstance(self.outputs, Scaling)  # noqa: S101 - checked when it is loaded
        return self.outputs.values(self._raw(matrix))

    def _raw(self, matrix: Matrix) -> FloatArray:
        found = np.empty((len(matrix), self.graph.outputs))
        for start in range(0, len(matrix), ROWS):
            part = self.representation.of_spectra(matrix[start : start + ROWS])
            found[start : start + ROWS] = self.graph.answers(part)
        return found


def _arrays(outputs: Outputs) -> dict[str, npt.NDArray[Any]]:
    if isinstance(outputs, Calibration):
        return {"steps": outputs.steps, "sharpness": np.array(outputs.sharpness)}
    return {"logarithm": outputs.logarithm, "centre": outputs.centre, "scale": outputs.scale}


def _outputs(path: Path, size: int, classes: bool) -> Outputs:
    arrays = read_arrays(path)

    def array(name: str, shape: tuple[int, ...], kinds: str = "f") -> npt.NDArray[Any]:
        found = arrays.get(name)
        if (
            found is None
            or found.shape != shape
            or found.dtype.kind not in kinds
            or not np.isfinite(found).all()
        ):
            raise InvalidInput(f"{path} has no {name} of shape {shape}. The model is not loaded.")
        return found

    if classes:
        return Calibration(array("steps", (size,)), float(array("sharpness", ())))
    return Scaling(array("logarithm", (size,), "b"), array("centre", (size,)), array("scale", (size,)))
