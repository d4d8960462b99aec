"""The model: synthetic spectra as templates; the nearest one of a spectrum tells its class and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.arrays_file import read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.spectral_features.answers import check_columns
from deepaas_plugins.methods.synthetic.truth import Truth

if TYPE_CHECKING:
    from spectra import FeatureSet

Floats = npt.NDArray[np.float64]

TEMPLATES = "templates.npz"
MOST_KEPT = 2000
#: What a template was made with, and answers tell.
KEYS = ("vsini", "strength", "temperature")


@dataclass
class NearestSynthetic(Model):
    """Finds the synthetic spectrum that correlates best.

    Attributes
    ----------
    recipe
        See `Model`.
    wavelength
        The grid, None after steps that have none.
    templates
        Of zero mean and unit length, shape (templates, columns).
    labels
        Of the templates.
    truths
        `KEYS` of the templates, shape (templates,) each.
    parameters
        Of the training.
    """

    recipe: spectra.Recipe
    wavelength: Floats | None
    templates: npt.NDArray[np.float32]
    labels: list[str]
    truths: dict[str, Floats]
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.classes = None

    @classmethod
    def of(
        cls,
        features: FeatureSet,
        rows: npt.NDArray[np.int64],
        truth: Truth,
        numbers: npt.NDArray[np.int64],
        params: Json,
    ) -> Self:
        """Keep rows as templates.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows.
        rows : ndarray
            Which are kept, shape (templates,).
        truth : Truth
            Of all spectra.
        numbers : ndarray
            Of the kept spectra in it, shape (templates,).
        params : Json
            Of the training.
        """
        flux = features.take(rows.tolist()).flux
        truths = {key: getattr(truth, key)[numbers] for key in KEYS}
        labels = [truth.label[one] for one in numbers]
        return cls(features.recipe, features.wavelength, _standard(flux), labels, truths, params)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="synthetic",
            recipe=self.recipe.to_json(),
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=dict(self.parameters),
        )

    def save_files(self, folder: Path) -> None:
        """Write the templates and their truth."""
        arrays = {"templates": self.templates, "labels": np.array(self.labels), **self.truths}
        np.savez(folder / TEMPLATES, allow_pickle=False, **arrays)

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:  # noqa: ARG002 - it has none
        """Return the nearest synthetic spectrum of each: `label`, `correlation`, and what it was made with.

        Raises
        ------
        InvalidInput
            The rows have another number of columns.
        """
        check_columns(batch.flux.shape[1], self.templates.shape[1])
        agreement = _standard(batch.flux) @ self.templates.T
        best = agreement.argmax(axis=1)
        return [
            {"name": name, "label": self.labels[one], "correlation": float(agreement[row, one])}
            | {key: float(values[one]) for key, values in self.truths.items() if np.isfinite(values[one])}
            for row, (name, one) in enumerate(zip(batch.names, best, strict=True))
        ]


def _standard(flux: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return rows of zero mean and unit length; missing pixels count as the mean."""
    filled = np.where(np.isfinite(flux), flux, np.nan)
    with np.errstate(invalid="ignore"):
        centred = filled - np.nanmean(filled, axis=1, keepdims=True)
    known = np.nan_to_num(centred)
    length = np.linalg.norm(known, axis=1, keepdims=True)
    return np.asarray(known / np.maximum(length, 1e-12), dtype=np.float32)


def load(folder: Path) -> NearestSynthetic:
    """Read a model that `NearestSynthetic.save` wrote.

    Raises
    ------
    InvalidInput
        It is none, or it is damaged.
    """
    card = ModelCard.load(folder)
    arrays = read_arrays(folder / TEMPLATES)
    missing = [key for key in ("templates", "labels", *KEYS) if key not in arrays]
    if missing or any(len(arrays[key]) != len(arrays["templates"]) for key in ("labels", *KEYS)):
        raise InvalidInput(f"{folder} is damaged: its templates and their truth do not fit.")
    grid = None if card.wavelength is None else np.asarray(card.wavelength, dtype=np.float64)
    return NearestSynthetic(
        spectra.Recipe.load(folder / "recipe"),
        grid,
        arrays["templates"].astype(np.float32),
        [str(one) for one in arrays["labels"]],
        {key: arrays[key].astype(np.float64) for key in KEYS},
        dict(card.parameters),
    )
