"""Tables of labels applied to datasets: those among the uploaded files, and those posted later.

Posted tables are kept (``labels/1.csv``, …), so that reading the files again loses none of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.base.errors import FieldError, Invalid
from dashboard.data.companion_files import is_labels
from dashboard.data.ingest.label_table import LONGEST, SHOWN, Columns, LabelTable, read_labels, reject_unknown
from dashboard.data.ingest.upload_stream import TooLarge, telling_full
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.spectra import SpectrumRows


@dataclass(frozen=True)
class LabelResult:
    """What a table of labels did.

    Attributes
    ----------
    named, changed : int
        Lines of the table; spectra that have what it says.
    unknown : sequence of str
        The first names that name no spectrum; `unknown_count` of them in all.
    """

    named: int
    changed: int
    unknown: Sequence[str]
    unknown_count: int
    columns: Columns

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "named": self.named,
            "changed": self.changed,
            "unknown": list(self.unknown),
            "unknown_count": self.unknown_count,
            "columns": self.columns.to_json(),
        }


class LabelService:
    """Sets the labels of the spectra of datasets.

    Parameters
    ----------
    store, rows
        Where they are.
    folder
        ``<home>/data``.
    """

    def __init__(self, store: DatasetStore, rows: SpectrumRows, folder: Path) -> None:
        self._store = store
        self._rows = rows
        self._folder = folder

    async def post(self, dataset: str, table: bytes, *, partial: bool) -> LabelResult:
        """Apply a table and keep it.

        Raises
        ------
        Invalid
            If it is no such table, or (without `partial`) names spectra that are not there: then nothing is
            changed.
        StorageFull
            If it cannot be kept: then nothing is changed either.
        """
        labels = await asyncio.to_thread(read_labels, text_of(table))
        await self._look_up(dataset, labels)
        if not partial:
            await asyncio.to_thread(reject_unknown, labels)
        await asyncio.to_thread(_keep, self._folder / dataset / "labels", table)
        return await self._apply(dataset, labels)

    async def apply_kept(self, dataset: str) -> None:
        """Apply the tables among the files, then those posted; unmatched names are noted on the file."""
        async for file in self._store.files.all(dataset):
            if is_labels(file.path):
                await self._store.files.note(dataset, file.path, await self._apply_file(dataset, file.path))
        for path in await asyncio.to_thread(kept, self._folder / dataset):
            table = text_of(await asyncio.to_thread(path.read_bytes))
            await self._apply(dataset, await asyncio.to_thread(read_labels, table))

    async def _apply_file(self, dataset: str, path: str) -> str:
        """Apply a table among the files; return the note for the file."""
        base = path.rpartition("/")[0]
        try:
            table = await asyncio.to_thread(_bounded, self._folder / dataset / "files" / path)
            done = await self._apply(dataset, await asyncio.to_thread(read_labels, text_of(table), base))
        except (Invalid, TooLarge) as error:
            return error.detail
        if not done.unknown_count:
            return ""
        first = ", ".join(done.unknown[:5]) + (", …" if done.unknown_count > 5 else "")
        return f"{done.unknown_count} of {done.named} lines name no spectrum of this dataset: {first}."

    async def _look_up(self, dataset: str, labels: LabelTable) -> int:
        count = 0
        async for some in self._rows.all(dataset):
            count += len(await asyncio.to_thread(labels.changes, some))
        return count

    async def _apply(self, dataset: str, labels: LabelTable) -> LabelResult:
        count = 0
        async for some in self._rows.all(dataset):
            changes = await asyncio.to_thread(labels.changes, some)
            await self._rows.relabel(dataset, changes)
            count += len(changes)
        missing = await asyncio.to_thread(labels.unknown)
        return LabelResult(len(labels.lines), count, missing[:SHOWN], len(missing), labels.columns)


def kept(folder: Path) -> list[Path]:
    """Return the tables that were posted to the dataset in `folder`, oldest first."""
    return sorted((folder / "labels").glob("*.csv"), key=lambda path: int(path.stem))


def text_of(table: bytes) -> str:
    """Return a table's text.

    Raises
    ------
    Invalid
        If it is no UTF-8.
    TooLarge
        If it is larger than any table of labels.
    """
    if len(table) > LONGEST:
        raise TooLarge(f"A table of labels may have at most {LONGEST // 2**20} MiB.")
    try:
        return table.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"it is no text in UTF-8 (byte {error.start})"
        raise Invalid(
            f"The table of labels cannot be used: {reason}.", [FieldError("labels", reason)]
        ) from error


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST + 1)


def _keep(folder: Path, table: bytes) -> None:
    with telling_full("the labels"):
        folder.mkdir(parents=True, exist_ok=True)
        number = max((int(path.stem) for path in folder.glob("*.csv")), default=0) + 1
        new = folder / f"{number}.new"
        try:
            new.write_bytes(table)
            new.replace(folder / f"{number}.csv")
        finally:
            new.unlink(missing_ok=True)
