"""The batches of a source: a folder, a share of its files, or a single stream."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from spectra.batch import Batch
from spectra.fault import Fault
from spectra.portion import CHUNK, MOST_FILES, Folder
from spectra.processes import in_processes, in_this_process
from spectra.reading.quicklook import QuickLook
from spectra.reading.walk import iter_spectra
from spectra.recipe import Recipe
from spectra.rejection import Rejection
from spectra.rejection_log import RejectionLog
from spectra.spectrum import UnreadableSpectrum

#: Called with what is done, how much there is (None: not known), and a few words.
Progress = Callable[[int, int | None, str], None]

NAMES_KEPT = 100_000
"""File names that are kept between counting and reading (some 10 MB); more are found by walking again."""
FEWEST_FILES = 2 * MOST_FILES
"""Below this many files, starting processes costs more than they save."""


class NotInParts(ValueError):
    """The source or the recipe cannot be prepared in parts; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of several that share a source: consecutive files, the same ones in every process.

    Parameters
    ----------
    number
        From 0.
    count
        How many there are.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.count:
            raise ValueError(f"there is no part {self.number + 1} of {self.count}")

    def share(self, total: int) -> range:
        """Return which of so many files are its own; all parts together have each once."""
        return range(self.number * total // self.count, (self.number + 1) * total // self.count)


class SourceBatches:
    """The source, and how many processes read it.

    Parameters
    ----------
    source, manifest, workers, progress, hashing
        See `spectra.prepare`.
    part
        Read that share of the files only.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        manifest: str | os.PathLike[str] | None = None,
        workers: int | None = None,
        progress: Progress | None = None,
        *,
        hashing: bool = False,
        part: Part | None = None,
    ) -> None:
        self._hashing = hashing
        self._source = os.fspath(source)
        self._manifest = None if manifest is None else os.fspath(manifest)
        self._workers = workers if workers is not None else len(os.sched_getaffinity(0))
        self._progress = progress
        self._part = part

    def tell(self, done: int, total: int | None, message: str) -> None:
        """Report the progress, where a callback was given.

        Parameters
        ----------
        done : int
            Number of spectra that are prepared.
        total : int or None
            Number of spectra in all; None: not known yet.
        message : str
            What is being done.
        """
        if self._progress is not None:
            self._progress(done, total, message)

    def batches(self, recipe: Recipe, rejections: RejectionLog) -> Iterator[Batch]:
        """Read and prepare everything, in order.

        Raises
        ------
        NotInParts
            A part of it was asked for, and the source or the recipe has none.
        """
        one_grid = any(step.name == "resample" for step in recipe.steps)
        if not Path(self._source).is_dir() or not one_grid:
            if self._part is not None:
                raise NotInParts(
                    "the recipe has no step resample, so each spectrum is compared with the first one"
                    if not one_grid
                    else f"{Path(self._source).name} is one file, and only files are shared out"
                )
            return self._stream(recipe, rejections)
        return self._folder(recipe, rejections)

    def _stream(self, recipe: Recipe, rejections: RejectionLog) -> Iterator[Batch]:
        done = 0

        def unreadable(error: UnreadableSpectrum) -> None:
            rejections.add(Rejection.of(error))

        window = recipe.flux_window
        spectra = iter_spectra(
            self._source,
            manifest=self._manifest,
            rejected=unreadable,
            hashing=self._hashing,
            quick=None if window is None else QuickLook(window),
        )
        for batch in recipe.prepare(spectra, rejections.add, CHUNK):
            done += len(batch)
            self.tell(done, None, "preparing spectra")
            yield batch

    def _folder(self, recipe: Recipe, rejections: RejectionLog) -> Iterator[Batch]:
        folder = Folder(self._source, self._manifest, hashing=self._hashing)
        walk = folder.files()
        names = list(islice(walk, NAMES_KEPT))
        rest = sum(1 for _ in walk)
        total = len(names) + rest
        files = chain(names, islice(folder.files(), len(names), None)) if rest else iter(names)
        if not total:
            raise UnreadableSpectrum(
                self._source,
                "the folder holds no spectra (hidden files, README and labels.csv do not count)",
                Fault.EMPTY,
            )
        if self._part is not None:
            share = self._part.share(total)
            files, total = islice(files, share.start, share.stop), len(share)
        done = 0
        self.tell(0, total, "preparing spectra")
        parallel = self._workers > 1 and total >= FEWEST_FILES
        outcomes = (
            in_processes(folder, files, recipe, self._workers)
            if parallel
            else in_this_process(folder, files, recipe)
        )
        for portion, outcome in outcomes:
            for rejection in outcome.rejected:
                rejections.add(rejection)
            yield from outcome.batches
            if portion.large:
                yield from recipe.prepare(folder.spectra(portion, rejections.add), rejections.add, CHUNK)
            done += len(portion.files)
            self.tell(done, total, "preparing spectra")
