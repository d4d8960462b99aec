"""Previews of recipes, made by a process within a time limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboard.data.curve import Window
from dashboard.data.dataset import SpectrumRow
from dashboard.data.preview import FITTED_ON, MOST_SHOWN, SHOWN, PreviewTask, preview, recipe_field
from dashboard.data.processes import Processes, WorkerLost
from dashboard.data.rows import SpectrumRows
from dashboard.data.store import DatasetStore
from dashboard.data.worker import Place
from dashboard.errors import Conflict, FieldError, Invalid, Unavailable
from spectra import RecipeError

PREVIEW_S = 30.0


class Previews:
    """Tries recipes on spectra of datasets.

    Parameters
    ----------
    store, rows
        Where they are recorded.
    processes
        Who does it.
    folder
        ``<home>/data``.
    """

    def __init__(self, store: DatasetStore, rows: SpectrumRows, processes: Processes, folder: Path) -> None:
        self._store = store
        self._rows = rows
        self._processes = processes
        self._folder = folder

    async def make(
        self, dataset: str, recipe: Any, numbers: Sequence[int] | None, window: Window
    ) -> dict[str, Any]:
        """Try a recipe on a few spectra; the JSON of ``POST /preview``.

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
        task = PreviewTask(
            self._folder / dataset / "files",
            row.kind,
            recipe,
            [_place(spectrum) for spectrum in shown],
            [
                _place(spectrum)
                for number, spectrum in others.items()
                if number not in {each.number for each in shown}
            ],
            window,
        )
        try:
            found = await self._processes.run(preview, task, limit_s=PREVIEW_S)
        except RecipeError as error:
            raise Invalid(
                f"The recipe cannot be used: {str(error).rstrip('.')}.", [recipe_field(error)]
            ) from error
        except WorkerLost as lost:
            raise Unavailable(f"The preview was stopped: {lost}. The job itself may take its time.") from lost
        return {"dataset": dataset, **found, "spectra": _named(shown, found["spectra"])}

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


def _place(row: SpectrumRow) -> Place:
    return Place(row.path, row.hdu, row.row)


def _named(shown: Sequence[SpectrumRow], found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"number": row.number, "name": row.name, "label": row.label, **item}
        for row, item in zip(shown, found, strict=True)
    ]
