"""What people ask of datasets of datasets. No HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.data.dataset import (
    EVERY_SPECTRUM,
    Dataset,
    DatasetState,
    Kind,
    SpectrumFilter,
    SpectrumRow,
    dataset_name,
)
from dashboard.data.derive.objects import objects_of, split_objects
from dashboard.data.derive.union import UnionService
from dashboard.data.selection import SelectionService
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.duplicates import DuplicateRows
from dashboard.data.store.spectra import SpectrumRows

MOST_SPECTRA = 1_000_000
MOST_DATASETS = 100
Get = Callable[[str, Identity], Awaitable[Dataset]]


@dataclass(frozen=True)
class Split:
    """A training and a test part.

    Attributes
    ----------
    training, test : Dataset
        Their spectra show different objects.
    objects, test_objects : int
        Objects of the whole, and of the test part.
    """

    training: Dataset
    test: Dataset
    objects: int
    test_objects: int


class DerivedDatasets:
    """Makes datasets of datasets.

    Parameters
    ----------
    get : callable
        Returns a dataset that an identity may read.
    store, rows : DatasetStore, SpectrumRows
        Of all datasets.
    selections : SelectionService
        Makes those of one dataset.
    unions : UnionService
        Makes those of several.
    duplicates : DuplicateRows
        Finds files of the same content.
    """

    def __init__(
        self,
        get: Get,
        store: DatasetStore,
        rows: SpectrumRows,
        *,
        selections: SelectionService,
        unions: UnionService,
        duplicates: DuplicateRows,
    ) -> None:
        self._get = get
        self._store = store
        self._rows = rows
        self._selections = selections
        self._unions = unions
        self._duplicates = duplicates

    async def subset(
        self, dataset: str, wanted: SpectrumFilter, numbers: Sequence[int], name: str, identity: Identity
    ) -> Dataset:
        """Make a dataset of some spectra of another one.

        Parameters
        ----------
        dataset : str
            The other one.
        wanted : SpectrumFilter
            Words and class that its spectra must have.
        numbers : sequence of int
            Of them, only these; empty: all.
        name : str
            Of the new dataset; empty: as the other one.
        identity : Identity
            Who owns it.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the dataset; may not make one.
        Invalid
            If no spectrum is left.
        Conflict, QuotaExceeded
            As `SelectionService.create`.
        """
        source = await self._readable(dataset, identity)
        kept = set(numbers)
        spectra = [one for one in await self._all(source, wanted) if not kept or one.number in kept]
        if not spectra:
            raise Invalid("No spectrum is chosen.", [FieldError("numbers", "no spectrum matches")])
        return await self._selections.of_spectra(
            source, spectra, name or f"{source.name} (subset)", identity, how={"kind": "subset"}
        )

    async def split(self, dataset: str, share: float, seed: int, name: str, identity: Identity) -> Split:
        """Make a training and a test part of a dataset, so that no object is in both.

        Parameters
        ----------
        dataset : str
            Which is divided.
        share : float
            Of the objects of each class that go into the test part.
        seed : int
            Of the choice.
        name : str
            Of both, before their part; empty: that of the dataset.
        identity : Identity
            Who owns them.

        Raises
        ------
        NotFound, Denied, Conflict, QuotaExceeded
            As `subset`.
        Invalid
            If it has fewer than two objects of any class.
        """
        source = await self._readable(dataset, identity)
        spectra = await self._all(source)
        contents = {file.path: file.sha256 or "" async for file in self._store.files.all(source.id)}
        objects = objects_of(spectra, contents)
        parts = split_objects(spectra, objects, share, seed)
        if not all(parts):
            said = f"it has {len(objects)} objects, and no class of two or more"
            raise Invalid("It cannot be divided by object.", [FieldError("share", said)])
        made = []
        for kind, places in zip(("training", "test"), parts, strict=True):
            some, title = [spectra[place] for place in places], f"{name or source.name} ({kind})"
            made.append(await self._selections.of_spectra(source, some, title, identity, how={"kind": kind}))
        chosen = set(parts[1])
        return Split(made[0], made[1], len(objects), sum(one[0] in chosen for one in objects))

    async def unite(self, datasets: Sequence[str], name: str, identity: Identity) -> tuple[Dataset, int]:
        """Make a dataset of all spectra of others; a file that came before is left out.

        Parameters
        ----------
        datasets : sequence of str
            Two or more.
        name : str
            Of the new dataset.
        identity : Identity
            Who owns it.

        Returns
        -------
        dataset, left_out : Dataset, int
            The new one; spectra of files whose content is in it already.

        Raises
        ------
        Invalid
            If there are too few or too many, or one is no dataset of spectra.
        NotFound, Denied, Conflict, QuotaExceeded
            As `subset`.
        """
        authorize(identity, Action.CREATE, Resource("dataset"))
        given = list(dict.fromkeys(datasets))
        if not 2 <= len(given) <= MOST_DATASETS:
            said = f"name 2 to {MOST_DATASETS} different datasets"
            raise Invalid("No dataset is made.", [FieldError("datasets", said)])
        sources = [await self._readable(one, identity) for one in given]
        self._require_size(sum(one.count for one in sources))
        for one in sources:
            if one.kind is not Kind.SPECTRA:
                raise Invalid("No dataset is made.", [FieldError("datasets", f"{one.name} holds no spectra")])
        return await self._unions.create(sources, dataset_name(name), identity)

    async def duplicates(self, dataset: str, identity: Identity) -> list[dict[str, Any]]:
        """Return which other datasets have files of a dataset, as `DuplicateRows.find` does.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the dataset.
        """
        return await self._duplicates.find((await self._get(dataset, identity)).id, identity)

    async def _readable(self, dataset: str, identity: Identity) -> Dataset:
        source = await self._get(dataset, identity)
        if source.state is not DatasetState.READY:
            raise Conflict(f"{source.name} is {source.state}: use it when its spectra were read.")
        return source

    async def _all(self, source: Dataset, wanted: SpectrumFilter = EVERY_SPECTRUM) -> list[SpectrumRow]:
        self._require_size(source.count)
        return [one async for some in self._rows.all(source.id, wanted) for one in some]

    def _require_size(self, count: int) -> None:
        if count > MOST_SPECTRA:
            said = f"there are {count:,} spectra; at most {MOST_SPECTRA:,} can be used at once"
            raise Invalid("No dataset is made.", [FieldError("dataset", said)])
