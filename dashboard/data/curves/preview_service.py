"""Previews of recipes, computed in a process within a time limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboard.base.errors import Conflict, FieldError, Invalid, Unavailable
from dashboard.data.curve import Window
from dashboard.data.dataset import Kind, SpectrumLocation, SpectrumRow
from dashboard.data.isolated.preview import (
    FITTED_ON,
    MOST_SHOWN,
    SHOWN,
    PreviewTask,
    preview,
    recipe_field,
    unprepared,
)
from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from dashboard.data.missing_files import Fill, nothing_to_bring
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.spectra import SpectrumRows
from spectra import FeatureSetError, RecipeError

PREVIEW_S = 30.0


class PreviewService:
    """Applies recipes to spectra of datasets.

    Parameters
    ----------
    store, rows
        Where they are recorded.
    processes
        Who does it.
    folder
        ``<home>/data``.
    """

    def __init__(
        self,
        store: DatasetStore,
        rows: SpectrumRows,
        processes: ProcessPool,
        folder: Path,
        fill: Fill = nothing_to_bring,
    ) -> None:
        self._fill = fill
        self._store = store
        self._rows = rows
        self._processes = processes
        self._folder = folder

    async def make(
        self, dataset: str, recipe: Any, numbers: Sequence[int] | None, window: Window
    ) -> dict[str, Any]:
        """Apply a recipe to a few spectra and return the JSON of ``POST /preview``.

        Raises
        ------
        Invalid
            If the recipe is nonsense; its errors name step and parameter.
        Unavailable
            If it takes too long.
        """
        row = await self._store.get(dataset)
        if not row.count:
            raise Conflict(f"{row.name} has no spectra yet: it is {row.state}.")
        shown = await self._chosen(dataset, numbers)
        others = await self._rows.numbered(dataset, await self._rows.sample(dataset, FITTED_ON))
        if row.refers:
            await self._fill(dataset, [one.path.partition("!/")[0] for one in (*shown, *others.values())])
        task = PreviewTask(
            self._folder / dataset / "files",
            row.kind,
            recipe,
            [_location(spectrum) for spectrum in shown],
            [
                _location(spectrum)
                for number, spectrum in others.items()
                if number not in {each.number for each in shown}
            ],
            window,
        )
        try:
            found = await self._processes.run(preview, task, limit_s=PREVIEW_S, reads=task.reads)
        except RecipeError as error:
            raise Invalid(
                f"The recipe cannot be used: {str(error).rstrip('.')}.", [recipe_field(error)]
            ) from error
        except WorkerLost as lost:
            raise Unavailable(f"The preview was stopped: {lost}. The job itself may take its time.") from lost
        return {"dataset": dataset, **found, "spectra": _named(shown, found["spectra"])}

    async def misfit(self, dataset: str, model: Path, wavelength: Sequence[float] | None) -> str:
        """Return why a model cannot be asked about a dataset, or "".

        A feature set must have been prepared for it; of spectra a few are tried, and one must pass.

        Parameters
        ----------
        model
            Its folder, with its recipe.
        wavelength
            Its grid, Å in vacuum, or None.
        """
        if not (model / "recipe").is_dir():
            return ""  # a model that takes spectra as they are
        try:
            if (await self._store.get(dataset)).kind is Kind.SPECTRA:
                return _none_fits((await self.make(dataset, model / "recipe", None, Window(2)))["spectra"])
            [first] = (await self._rows.numbered(dataset, [0])).values()
            features = self._folder / dataset / "files" / first.path
            return await self._processes.run(
                unprepared, features, model, wavelength, limit_s=PREVIEW_S, reads=[features, model]
            )
        except Invalid as error:
            return error.detail
        except (RecipeError, FeatureSetError) as error:
            return str(error)
        except (Unavailable, WorkerLost):
            return ""  # the check takes too long; the job reports the reason

    async def _chosen(self, dataset: str, numbers: Sequence[int] | None) -> list[SpectrumRow]:
        if numbers is None:
            numbers = await self._rows.sample(dataset, SHOWN)
        if not 1 <= len(numbers) <= MOST_SHOWN:
            raise Invalid(
                f"A preview shows 1 to {MOST_SHOWN} spectra.", [FieldError("rows", f"1 to {MOST_SHOWN}")]
            )
        found = await self._rows.numbered(dataset, numbers)
        missing = [number for number in numbers if number not in found]
        if missing:
            raise Invalid(
                f"There is no spectrum {missing[0]}.", [FieldError("rows", f"there is no {missing[0]}")]
            )
        return [found[number] for number in numbers]


def _none_fits(tried: Sequence[Mapping[str, Any]]) -> str:
    """Return why a recipe rejects all of some spectra; "" where it accepts one."""
    if not tried or any(one["rejected"] is None for one in tried):
        return ""
    first = tried[0]
    return (
        f"none of {len(tried)} spectra that were tried fits the model's recipe; "
        f"{first['name']}: {first['rejected']}"
    )


def _location(row: SpectrumRow) -> SpectrumLocation:
    return SpectrumLocation(row.path, row.hdu, row.row)


def _named(shown: Sequence[SpectrumRow], found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"number": row.number, "name": row.name, "label": row.label, **item}
        for row, item in zip(shown, found, strict=True)
    ]
