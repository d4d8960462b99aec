"""Unions: one dataset of the files and spectra of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dashboard.auth.identity import Identity
from dashboard.data.dataset import AT_ARCHIVE, DataFile, Dataset, FileState, SpectrumRow
from dashboard.data.linked import LinkedContent, LinkedDatasets
from dashboard.data.selection import rows_digest
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.spectra import SpectrumRows
from spectra.reading.archive import SEPARATOR


@dataclass
class _Union:
    """What a union will hold."""

    files: list[DataFile] = field(default_factory=list)
    links: list[tuple[Path, str]] = field(default_factory=list)
    spectra: list[SpectrumRow] = field(default_factory=list)
    left_out: int = 0
    _contents: set[str] = field(default_factory=set)
    _paths: set[str] = field(default_factory=set)

    def take(self, file: DataFile, root: Path, number: int) -> str | None:
        """Take a file of the dataset of that number; return its path, None where its content is there."""
        if file.identity in self._contents or (file.sha256 and file.sha256 in self._contents):
            return None
        self._contents |= {file.identity, file.sha256 or file.identity}
        path = file.path
        if path.casefold() in self._paths:
            path = f"{number}/{path}"
        self._paths.add(path.casefold())
        self.files.append(replace(file, path=path))
        self.links.append((root / file.path, path))
        return path


class UnionService:
    """Makes unions of datasets of spectra.

    Parameters
    ----------
    store, rows : DatasetStore, SpectrumRows
        Of all datasets.
    linked : LinkedDatasets
        Makes the dataset.
    folder : Path
        ``<home>/data``.
    """

    def __init__(self, store: DatasetStore, rows: SpectrumRows, linked: LinkedDatasets, folder: Path) -> None:
        self._store = store
        self._rows = rows
        self._linked = linked
        self._folder = folder

    async def create(self, sources: Sequence[Dataset], name: str, identity: Identity) -> tuple[Dataset, int]:
        """Make a dataset of all spectra of others; a file whose content came before is left out.

        Parameters
        ----------
        sources : sequence of Dataset
            Ready, of spectra; the identity may read them.
        name : str
            Of the new dataset.
        identity : Identity
            Who owns it.

        Returns
        -------
        dataset, left_out : Dataset, int
            The new one; how many spectra of files that are there already.

        Raises
        ------
        Conflict
            If a file is gone.
        QuotaExceeded
            If a quota does not allow another dataset, or its files.
        """
        union = _Union()
        for number, source in enumerate(sources, 1):
            await self._take(union, source, number)
        titles = ", ".join(source.name for source in sources)
        made = await self._linked.create(
            LinkedContent(union.files, union.links, union.spectra),
            name,
            identity,
            synthetic=all(source.synthetic for source in sources),
            origin={
                "kind": "union",
                "dataset": sources[0].id,
                "name": titles[:500],
                "sha256": rows_digest(union.spectra),
            },
        )
        return made, union.left_out

    async def _take(self, union: _Union, source: Dataset, number: int) -> None:
        root = self._folder / source.id / "files"
        paths = {
            file.path: union.take(file, root, number)
            async for file in self._store.files.all(source.id)
            if file.state in (FileState.READ, *AT_ARCHIVE)
        }
        async for some in self._rows.all(source.id):
            for row in some:
                file, separator, member = row.path.partition(SEPARATOR)
                path = paths.get(file)
                if path is None:
                    union.left_out += 1
                else:
                    union.spectra.append(replace(row, path=path + separator + member))
