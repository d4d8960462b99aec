"""From files to a feature set, on all cores, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from spectra.features.batch import Batch
from spectra.features.feature_set import FeatureSet
from spectra.features.writer import FeatureSetWriter
from spectra.portion import CHUNK, MOST_FILES, Folder
from spectra.processes import in_processes, in_this_process
from spectra.reading.quicklook import QuickLook
from spectra.reading.walk import iter_spectra
from spectra.recipe import Recipe
from spectra.rejection import Rejection
from spectra.rejection_log import RejectionLog
from spectra.spectrum import UnreadableSpectrum
from spectra.synthetic_marker import is_synthetic

#: Called with what is done, how much there is (None: not known), and a few words.
Progress = Callable[[int, int | None, str], None]

NAMES_KEPT = 100_000
"""File names that are kept between counting and reading (some 10 MB); more are found by walking again."""
FEWEST_FILES = 2 * MOST_FILES
"""Below this many files, starting processes costs more than they save."""


class NothingPrepared(ValueError):
    """Not a single spectrum could be prepared; the message says why."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of it.

    Parameters
    ----------
    rows
        Of the feature set.
    rejected
        What was left out, in input order; at most the first 10,000. All are in `rejected.csv`.
    rejected_count
        How many were left out.
    path
        The feature set.
    """

    rows: int
    rejected: list[Rejection]
    rejected_count: int
    path: Path


def prepare(
    source: str | os.PathLike[str],
    recipe: Recipe,
    out: str | os.PathLike[str],
    *,
    manifest: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    synthetic: bool | None = None,
    hashing: bool = False,
) -> Prepared:
    """Read spectra, prepare them by a recipe and write a feature set.

    Rows come in the order of `spectra.iter_spectra`, whatever the number of processes. Memory does not grow
    with the number of spectra. If steps of the recipe learn and have not yet, the spectra are prepared up to
    the first of them into a file beside `out`, the steps learn from it in a stream, and it is carried on;
    `recipe` is then fitted.

    Parameters
    ----------
    source
        A folder (its files are shared out among processes), a file or an archive (one process).
    recipe
        Without a `resample` step all spectra must have the grid of the first one; then one process works.
    out
        The Parquet file; `rejected.csv` (`source,reason`) is written into the same folder.
    manifest
        CSV that picks and labels spectra (contract §1).
    workers
        Processes, this one among them; by default as many as cores are available.
    progress
        Called now and then. What it raises stops the work, and no feature set is left.
    synthetic
        Whether the spectra are made by a generator; by default, whether the source says so.
    hashing
        Whether each row keeps the SHA-256 of its file as stored (it costs as much as half of the rest).

    Raises
    ------
    NothingPrepared
        Every spectrum was rejected.
    UnreadableSpectrum
        The source or the manifest itself cannot be read.
    RecipeError
        A step cannot learn from these spectra.
    """
    path = Path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    made_up = is_synthetic(source) if synthetic is None else synthetic
    job = _Job(
        os.fspath(source), None if manifest is None else os.fspath(manifest), workers, progress, hashing
    )
    with RejectionLog(path.parent / "rejected.csv") as rejections:
        if recipe.learns and not recipe.fitted:
            rows = _fit_and_write(job, recipe, path, rejections, synthetic=made_up)
        else:
            rows = _write(job.batches(recipe, rejections), recipe, path, rejections, synthetic=made_up)
    return Prepared(rows, rejections.first, rejections.count, path)


def _fit_and_write(
    job: _Job, recipe: Recipe, path: Path, rejections: RejectionLog, *, synthetic: bool
) -> int:
    half_way = path.with_name(f".{path.name}.{os.getpid()}.head")
    head = recipe.head
    try:
        _write(job.batches(head, rejections), head, half_way, rejections, synthetic=synthetic)
        features = FeatureSet.open(half_way)
        job.tell(0, features.rows, "learning")
        recipe.fit(features)
        tail = recipe.tail
        batches = (tail.apply(batch, rejections.add) for batch in features.chunks(CHUNK))
        rows = _write(batches, recipe, path, rejections, synthetic=synthetic)
        features.close()
    finally:
        half_way.unlink(missing_ok=True)
    return rows


def _write(
    batches: Iterable[Batch], recipe: Recipe, path: Path, rejections: RejectionLog, *, synthetic: bool
) -> int:
    with ExitStack() as stack:
        writer: FeatureSetWriter | None = None
        for batch in batches:
            if not len(batch):
                continue
            if writer is None:
                writer = stack.enter_context(
                    FeatureSetWriter(
                        path,
                        wavelength=batch.wavelength,
                        recipe=recipe,
                        columns=batch.columns,
                        synthetic=synthetic,
                    )
                )
            writer.write(batch)
    if writer is None:
        raise NothingPrepared(rejections.summary())
    return writer.rows


class _Job:
    """The source, and how many processes read it."""

    def __init__(
        self,
        source: str,
        manifest: str | None,
        workers: int | None,
        progress: Progress | None,
        hashing: bool,
    ) -> None:
        self._hashing = hashing
        self._source = source
        self._manifest = manifest
        self._workers = workers if workers is not None else len(os.sched_getaffinity(0))
        self._progress = progress

    def tell(self, done: int, total: int | None, message: str) -> None:
        if self._progress is not None:
            self._progress(done, total, message)

    def batches(self, recipe: Recipe, rejections: RejectionLog) -> Iterator[Batch]:
        """Read and prepare everything, in order."""
        one_grid = any(step.name == "resample" for step in recipe.steps)
        if not Path(self._source).is_dir() or not one_grid:
            return self._stream(recipe, rejections)
        return self._folder(recipe, rejections)

    def _stream(self, recipe: Recipe, rejections: RejectionLog) -> Iterator[Batch]:
        done = 0

        def unreadable(error: UnreadableSpectrum) -> None:
            rejections.add(Rejection(error.source, error.reason))

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
                self._source, "the folder holds no spectra (hidden files, README and labels.csv do not count)"
            )
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
