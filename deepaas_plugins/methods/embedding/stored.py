"""A model's files: arrays without pickle, checked when they are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepaas_plugins.contract.arrays_file import checked_array, read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.embedding.fitted import FittedEmbedding
from deepaas_plugins.methods.embedding.layouts import OPTIMISED, LatentPlane, PrincipalPlane
from deepaas_plugins.methods.embedding.parameters import LAYOUTS, SPACES
from deepaas_plugins.methods.embedding.placement import Placement
from deepaas_plugins.methods.embedding.references import References
from deepaas_plugins.methods.embedding.space import Space
from deepaas_plugins.methods.unsupervised.autoencoder import Autoencoder
from deepaas_plugins.methods.unsupervised.frame import Frame
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

FRAME, AXES, CODER, PLACEMENT, REFERENCES = (
    f"{name}.npz" for name in ("frame", "components", "autoencoder", "placement", "references")
)


def save(fitted: FittedEmbedding, folder: Path) -> None:
    """Write the arrays of an embedding.

    Parameters
    ----------
    fitted : FittedEmbedding
        To be saved.
    folder : Path
        Exists.
    """
    parts = {
        FRAME: fitted.space.frame.arrays(),
        AXES: fitted.space.axes.arrays(),
        PLACEMENT: fitted.placement.arrays(),
        REFERENCES: fitted.references.arrays(),
    }
    if fitted.space.coder is not None:
        parts[CODER] = fitted.space.coder.arrays()
    if "autoencoder" in fitted.planes:
        parts[CODER] |= fitted.planes["autoencoder"].arrays()
    for name, arrays in parts.items():
        np.savez(folder / name, allow_pickle=False, **arrays)


def load(folder: Path, card: ModelCard) -> FittedEmbedding:
    """Read the arrays of an embedding.

    Parameters
    ----------
    folder : Path
        That `save` wrote to; not trusted.
    card : ModelCard
        Of the model; names layouts and space.

    Returns
    -------
    FittedEmbedding
        Checked.

    Raises
    ------
    InvalidInput
        It is none, it is damaged, or its arrays do not belong together.
    """
    names, kind = card.details.get("layouts"), card.details.get("space")
    if (
        not isinstance(names, list)
        or not names
        or not set(map(str, names)) <= set(LAYOUTS)
        or kind not in SPACES
    ):
        raise InvalidInput(f"{folder}: the card names unknown layouts or no space, {names!r}, {kind!r}.")
    try:
        return _load(folder, card, [str(name) for name in names], str(kind))
    except InvalidInput:
        raise
    except (ValueError, KeyError) as error:
        raise InvalidInput(f"{folder} is damaged: {error}. The model is not loaded.") from error


def _load(folder: Path, card: ModelCard, names: list[str], kind: str) -> FittedEmbedding:
    arrays = read_arrays(folder / FRAME)
    columns = len(checked_array(arrays, "centre", (None,)))
    if card.wavelength is not None and len(card.wavelength) != columns:
        raise ValueError(f"model.json has {len(card.wavelength)} wavelengths for {columns} columns")
    coder, of_coder = None, {}
    if "autoencoder" in names or kind == "autoencoder":
        of_coder = read_arrays(folder / CODER)
        coder = Autoencoder.of_arrays(of_coder, columns)
    axes = PrincipalAxes.of_arrays(read_arrays(folder / AXES), columns)
    space = Space(Frame.of_arrays(arrays, columns), axes, coder, kind)
    planes: dict[str, PrincipalPlane | LatentPlane] = {}
    if "pca" in names:
        planes["pca"] = PrincipalPlane(axes)
    if "autoencoder" in names and coder is not None:
        planes["autoencoder"] = LatentPlane.of_arrays(of_coder, coder)
    optimised = [name for name in names if name in OPTIMISED]
    return FittedEmbedding(
        space=space,
        planes=planes,
        placement=Placement.of_arrays(read_arrays(folder / PLACEMENT), optimised, space.dimensions),
        references=References.of_arrays(read_arrays(folder / REFERENCES), space.dimensions),
        wavelength=None if card.wavelength is None else np.asarray(card.wavelength, dtype=np.float64),
    )
