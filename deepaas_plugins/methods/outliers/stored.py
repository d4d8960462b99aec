"""A model's files: one archive of arrays for each detector and one for what they share; checked when read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array, read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.outliers.detectors import fitting
from deepaas_plugins.methods.outliers.detectors.reconstruction import Reconstruction
from deepaas_plugins.methods.outliers.parameters import DETECTORS
from deepaas_plugins.methods.outliers.ranking import NODES
from deepaas_plugins.methods.outliers.remembered import Remembered
from deepaas_plugins.methods.outliers.scorer import Scorer
from deepaas_plugins.methods.unsupervised.frame import Frame
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

SHARED, REMEMBERED, RESIDUALS = "frame.npz", "remembered.npz", "residuals.npz"


def save(model: Scorer, folder: Path) -> None:
    """Write the arrays of a model.

    Parameters
    ----------
    model : Scorer
        To be saved.
    folder : Path
        Exists.
    """
    nodes = {f"nodes_{name}": values for name, values in model.score_nodes.items()}
    _write(folder / SHARED, {**model.frame.arrays(), **nodes, "mean_nodes": model.mean_nodes})
    _write(folder / REMEMBERED, model.remembered.arrays())
    _write(folder / RESIDUALS, model.residuals.arrays())
    for name, detector in model.detectors.items():
        if detector is not model.residuals:
            _write(folder / f"{name}.npz", detector.arrays())


def _write(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    np.savez(path, allow_pickle=False, **arrays)


def load(folder: Path, card: ModelCard) -> Scorer:
    """Read the arrays of a model.

    Parameters
    ----------
    folder : Path
        That `save` wrote to; not trusted.
    card : ModelCard
        Of the model; names the detectors.

    Returns
    -------
    Scorer
        Checked.

    Raises
    ------
    InvalidInput
        It is none, it is damaged, or its arrays do not belong together.
    """
    names = card.details.get("detectors")
    if not isinstance(names, list) or not names or not set(map(str, names)) <= set(DETECTORS):
        raise InvalidInput(f"{folder}: the card names unknown detectors, {names!r}.")
    shared = read_arrays(folder / SHARED)
    try:
        columns = len(checked_array(shared, "centre", (None,)))
        if card.wavelength is not None and len(card.wavelength) != columns:
            raise ValueError(f"model.json has {len(card.wavelength)} wavelengths for {columns} columns")
        principal = read_arrays(folder / RESIDUALS)
        axes = PrincipalAxes.of_arrays(principal, columns)
        residuals = Reconstruction.of_arrays(principal, columns, PrincipalAxes)
        found = {
            str(name): residuals
            if name == "pca"
            else fitting.of_arrays(str(name), read_arrays(folder / f"{name}.npz"), columns)
            for name in names
        }
        size = (len(NODES),)
        return Scorer(
            frame=Frame.of_arrays(shared, columns),
            axes=axes,
            detectors=found,
            residuals=residuals,
            score_nodes={name: checked_array(shared, f"nodes_{name}", size) for name in found},
            mean_nodes=checked_array(shared, "mean_nodes", size),
            remembered=Remembered.of_arrays(read_arrays(folder / REMEMBERED), axes.axes.shape[1]),
            wavelength=None if card.wavelength is None else np.asarray(card.wavelength, dtype=np.float64),
        )
    except InvalidInput:
        raise
    except ValueError as error:
        raise InvalidInput(f"{folder} is damaged: {error}. The model is not loaded.") from error
