"""A trained model: arrays only, checked when it is loaded; its predictions."""

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
from deepaas_plugins.methods.parameters.fitting import Combination, Fitted
from deepaas_plugins.methods.parameters.machine import Machine
from deepaas_plugins.methods.parameters.members import LAYOUTS, Members
from deepaas_plugins.methods.parameters.targets import Scaling
from deepaas_plugins.methods.rdf.trees.flat_forest import FlatForest
from deepaas_plugins.methods.spectral_features.answers import check_columns
from deepaas_plugins.methods.spectral_features.representation import Representation

FILE = "parameters.npz"
FloatArray = npt.NDArray[np.float64]
Arrays = Mapping[str, npt.NDArray[Any]]
Matrix = npt.NDArray[np.float32]


def representation(params: Json) -> Representation:
    """Return what members see, of checked parameters."""
    return Representation.of({**params, "representation": "log_stack"})


class ParameterModel(Model):
    """Members and their combination, with the recipe.

    Parameters
    ----------
    fitted
        What was learned.
    targets
        Names of the values.
    columns
        Of a prepared spectrum.
    recipe, parameters, wavelength
        As in the model card.
    """

    def __init__(
        self,
        *,
        fitted: Fitted,
        targets: list[str],
        columns: int,
        recipe: spectra.Recipe,
        parameters: Json,
        wavelength: npt.ArrayLike | None,
    ) -> None:
        self.fitted, self.targets, self.columns = fitted, targets, columns
        self.recipe, self.classes, self.parameters = recipe, None, parameters
        self.wavelength = None if wavelength is None else np.asarray(wavelength, dtype=np.float64)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="parameters",
            recipe=self.recipe.to_json(),
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=self.parameters,
            details={"targets": self.targets, "columns": self.columns},
        )

    def save_files(self, folder: Path) -> None:
        """Write the arrays."""
        fitted = self.fitted
        machines = [*fitted.members.machines, fitted.combination.second]
        arrays = {
            f"machine{number}_{name}": array
            for number, machine in enumerate(machines)
            for name, array in machine.arrays().items()
        }
        arrays |= {f"trees_{name}": array for name, array in fitted.members.trees.arrays().items()}
        scaling = fitted.scaling
        arrays |= {
            "weights": fitted.combination.weights,
            "share": fitted.combination.share,
            "logarithm": scaling.logarithm,
            "centre": scaling.centre,
            "scale": scaling.scale,
        }
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
        targets, columns = card.details.get("targets"), card.details.get("columns")
        if not isinstance(targets, list) or not all(isinstance(name, str) for name in targets) or not targets:
            raise InvalidInput(f"{folder}: the card names no targets.")
        if not isinstance(columns, int) or columns < 1:
            raise InvalidInput(f"{folder}: the card tells of no columns.")
        arrays = read_arrays(folder / FILE)
        try:
            size = representation(dict(card.parameters)).size(columns)
            fitted = _fitted(arrays, size, len(targets))
        except (ValueError, KeyError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(f"{folder / FILE} is damaged: {error}. The model is not loaded.") from error
        return cls(
            fitted=fitted,
            targets=list(targets),
            columns=columns,
            recipe=spectra.Recipe.load(folder / "recipe"),
            parameters=dict(card.parameters),
            wavelength=card.wavelength,
        )

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:  # noqa: ARG002 - there are none
        """Predict values.

        Parameters
        ----------
        batch : spectra.Batch
            Prepared spectra.
        params : Json
            Checked parameters of the prediction.

        Returns
        -------
        list of Json
            For each row ``name`` and the value of each target by its name; a single target without a name is
            ``value``.

        Raises
        ------
        InvalidInput
            If the rows have another number of columns than the model was trained on.
        """
        check_columns(batch.flux.shape[1], self.columns)
        values = self.values(batch.flux).tolist()
        return [
            {"name": name, **dict(zip(self.targets, row, strict=True))}
            for name, row in zip(batch.names, values, strict=True)
        ]

    def values(self, flux: Matrix) -> FloatArray:
        """Return the values of prepared spectra.

        Parameters
        ----------
        flux : ndarray
            Shape (rows, columns).

        Returns
        -------
        ndarray
            Shape (rows, targets).
        """
        fitted = self.fitted
        return fitted.scaling.values(fitted.standard(representation(self.parameters).of_spectra(flux)))


def _fitted(arrays: Arrays, features: int, targets: int) -> Fitted:
    count = len({name.partition("_")[0] for name in arrays if name.startswith("machine")}) - 1
    if count not in LAYOUTS:
        raise ValueError(f"{count} machines are those of no model")
    layout = LAYOUTS[count]
    settings = [setting for some in layout for setting in some]
    members = len(layout) + 1
    shapes = {"weights": (members, targets), "share": (targets,), "centre": (targets,)}
    shapes |= {"scale": (targets,), "logarithm": (targets,)}
    for name, shape in shapes.items():
        kinds = "b" if name == "logarithm" else "f"
        if arrays[name].dtype.kind not in kinds or arrays[name].shape != shape:
            raise ValueError(f"{name} is not an array of shape {shape}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} has numbers that are not finite")
    machines = []
    for number in range(len(settings) + 1):
        head = f"machine{number}_"
        part = {name.removeprefix(head): array for name, array in arrays.items() if name.startswith(head)}
        if number == len(settings):
            size = members * targets
        else:
            size = features if settings[number].part is None else features // 3
        machines.append(Machine.of_arrays(part, size, targets))
    trees = FlatForest.of_arrays(
        {name.removeprefix("trees_"): array for name, array in arrays.items() if name.startswith("trees_")}
    )
    if trees.features != features or trees.values.shape[1] != targets:
        raise ValueError("the trees are of other features or targets")
    return Fitted(
        Scaling(arrays["logarithm"], arrays["centre"], arrays["scale"]),
        Members(machines[:-1], trees, layout),
        Combination(arrays["weights"], machines[-1], arrays["share"]),
    )
