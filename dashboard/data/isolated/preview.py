"""Applies a recipe to a few spectra for a preview, in an isolated process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.base.errors import FieldError
from dashboard.data.curve import Window, curve, curve_of
from dashboard.data.dataset import Kind, SpectrumLocation, Unreadable
from dashboard.data.isolated.features import row_spectrum, take_rows
from dashboard.data.isolated.read_spectra import files_of, read_locations
from spectra import (
    Batch,
    FeatureSet,
    Recipe,
    RecipeError,
    Rejection,
    Source,
    Spectrum,
    prepared_for,
)

SHOWN = 5
MOST_SHOWN = 20
FITTED_ON = 200  # spectra that steps which learn see in a preview; the job shows them all


@dataclass(frozen=True)
class PreviewTask:
    """The spectra and the recipe of a preview.

    Attributes
    ----------
    root : Path
        The dataset's ``files/``.
    shown, others : sequence of SpectrumLocation
        What is shown; what steps that learn may see beside it.
    recipe : mapping or Path
        JSON, or the folder of one with what its steps learned.
    """

    root: Path
    kind: Kind
    recipe: Any
    shown: Sequence[SpectrumLocation]
    others: Sequence[SpectrumLocation]
    window: Window

    @property
    def reads(self) -> list[Path]:
        """The spectra that are read for a preview."""
        recipe = [self.recipe] if isinstance(self.recipe, Path) else []
        return [*files_of(self.root, [*self.shown, *self.others]), *recipe]


def preview(task: PreviewTask) -> dict[str, Any]:
    """Return ``{"axis", "spectra": [{"original", "prepared", "rejected"}], "fitted_on"}``, spectra in the
    order of `shown`.

    Raises
    ------
    RecipeError
        If the recipe is nonsense, or a step cannot learn from these spectra.
    """
    recipe = Recipe.load(task.recipe) if isinstance(task.recipe, Path) else Recipe.from_json(task.recipe)
    fitted_on = _fit(recipe, task) if recipe.learns and not recipe.fitted else None
    read = _read(task, task.shown)
    reasons = {index: item.reason for index, item in enumerate(read) if isinstance(item, Unreadable)}
    prepared = _prepare(recipe, task.kind, read, reasons)
    found: list[dict[str, Any]] = []
    for index, item in enumerate(read):
        flux = None if prepared is None else prepared.get(index)
        found.append(
            {
                "original": curve(item, task.window) if isinstance(item, Spectrum) else None,
                "prepared": None if flux is None else curve_of(flux[0], flux[1], task.window),
                "rejected": None if flux is not None else reasons.get(index, "it was left out"),
            }
        )
    axes = {item["prepared"]["axis"] for item in found if item["prepared"]}
    return {"axis": axes.pop() if axes else None, "spectra": found, "fitted_on": fitted_on}


def unprepared(features: Path, model: Path, wavelength: Sequence[float] | None) -> str:
    """Return why a feature set is not what a model was trained on.

    Parameters
    ----------
    features : Path
        The feature set.
    model : Path
        The model's folder, with its recipe.
    wavelength : sequence of float or None
        The model's grid in Å, or None where it has none.

    Returns
    -------
    str
        A sentence without a full stop; empty where it is.

    Raises
    ------
    spectra.FeatureSetError, spectra.RecipeError
        If either file cannot be read.
    """
    opened = FeatureSet.open(features)
    try:
        if prepared_for(opened, Recipe.load(model / "recipe"), wavelength):
            return ""
    finally:
        opened.close()
    return "it was prepared by another recipe than the model's: choose the raw spectra"


def _read(task: PreviewTask, locations: Sequence[SpectrumLocation]) -> Sequence[Spectrum | Unreadable]:
    if task.kind is Kind.SPECTRA:
        return read_locations(task.root, locations)
    if not locations:
        return []
    batch = take_rows(task.root / locations[0].path, [location.row or 0 for location in locations])
    return [row_spectrum(batch, index) for index in range(len(batch))]


def _fit(recipe: Recipe, task: PreviewTask) -> int:
    """Fit the steps that learn on a sample; return the number of its spectra."""
    read = [item for item in _read(task, [*task.shown, *task.others]) if isinstance(item, Spectrum)]
    batches = list(_batches(recipe.head, task.kind, read, lambda _rejection: None))
    if not batches:
        raise RecipeError(
            "", None, "no spectrum is left for its steps that learn; look at the steps before them"
        )
    matrix = np.concatenate([batch.flux for batch in batches])
    recipe.fit(matrix, [label for batch in batches for label in batch.labels])
    return len(matrix)


def _prepare(
    recipe: Recipe, kind: Kind, read: Sequence[Spectrum | Unreadable], reasons: dict[int, str]
) -> dict[int, tuple[Any, Any]]:
    """Return axis and flux by index of what was prepared; the reasons of the others go into `reasons`."""
    numbered = [
        replace(item, meta=replace(item.meta, source=Source(str(index))))
        for index, item in enumerate(read)
        if isinstance(item, Spectrum)
    ]
    rejections: list[Rejection] = []
    batches = _batches(recipe, kind, numbered, rejections.append)
    prepared = {
        int(source.path): (batch.wavelength, batch.flux[row].astype(float))
        for batch in batches
        for row, source in enumerate(batch.sources)
    }
    reasons.update({int(rejection.source): rejection.reason for rejection in rejections})
    return prepared


def _batches(recipe: Recipe, kind: Kind, spectra: Sequence[Spectrum], rejected: Any) -> list[Batch]:
    if not spectra:
        return []
    if kind is Kind.SPECTRA:
        return list(recipe.prepare(spectra, rejected))
    first = spectra[0]
    batch = Batch(
        np.stack([spectrum.flux for spectrum in spectra]).astype(np.float32),
        first.wavelength if len(first.wavelength) else None,
        [spectrum.meta.name for spectrum in spectra],
        [spectrum.meta.label for spectrum in spectra],
        [spectrum.meta.group for spectrum in spectra],
        [spectrum.meta.source for spectrum in spectra],
    )
    return [recipe.apply(batch, rejected)]


def recipe_field(error: RecipeError) -> FieldError:
    """Return the error as that of a field: ``recipe.2.minimum``, steps counted from 0."""
    parts = ("recipe", error.index, error.parameter)
    return FieldError(".".join(str(part) for part in parts if part is not None), error.reason)
