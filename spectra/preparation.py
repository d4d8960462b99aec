"""From files to a feature set, on all cores, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from spectra.batch import Batch
from spectra.batches import Progress, SourceBatches
from spectra.features.feature_set import FeatureSet
from spectra.features.writer import FeatureSetWriter
from spectra.portion import CHUNK
from spectra.recipe import Recipe
from spectra.rejection import Rejection
from spectra.rejection_log import RejectionLog
from spectra.synthetic_marker import is_synthetic


class NothingPrepared(ValueError):
    """No spectrum could be prepared; the message has the reasons."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The result of a preparation.

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
        The Parquet file; `rejected.csv` (`spectra.rejection_log.COLUMNS`) is written into the same folder.
    manifest
        CSV that picks and labels spectra (contract 1).
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
    source_batches = SourceBatches(source, manifest, workers, progress, hashing=hashing)
    with RejectionLog(path.parent / "rejected.csv") as rejections:
        batches = source_batches.batches(read_with(recipe), rejections)
        rows = finish(batches, recipe, path, rejections, source_batches.tell, synthetic=made_up)
    return Prepared(rows, rejections.first, rejections.count, path)


def read_with(recipe: Recipe) -> Recipe:
    """Return the steps before the first one that is not fitted yet and needs all spectra."""
    return recipe.head if recipe.learns and not recipe.fitted else recipe


def finish(
    batches: Iterable[Batch],
    recipe: Recipe,
    path: Path,
    rejections: RejectionLog,
    tell: Progress,
    *,
    synthetic: bool,
) -> int:
    """Write the feature set of prepared batches; a recipe that learns is fitted to them first.

    Parameters
    ----------
    batches
        Prepared by the steps of the recipe before the first that learns; by all where it is fitted.
    recipe
        The whole recipe; it is fitted here where it learns and is not.
    path
        The Parquet file.
    rejections
        Gets what the later steps leave out.
    tell
        Called when learning begins, with the rows to learn from.
    synthetic
        Whether the spectra are simulated; the file says so.

    Returns
    -------
    int
        Rows of the feature set.

    Raises
    ------
    NothingPrepared
        No row is left.
    """
    if not recipe.learns or recipe.fitted:
        return write(batches, recipe, path, rejections, synthetic=synthetic)
    half_way = path.with_name(f".{path.name}.{os.getpid()}.head")
    try:
        write(batches, recipe.head, half_way, rejections, synthetic=synthetic)
        features = FeatureSet.open(half_way)
        tell(0, features.rows, "learning")
        recipe.fit(features)
        tail = recipe.tail
        carried = (tail.apply(batch, rejections.add) for batch in features.chunks(CHUNK))
        rows = write(carried, recipe, path, rejections, synthetic=synthetic)
        features.close()
    finally:
        half_way.unlink(missing_ok=True)
    return rows


def write(
    batches: Iterable[Batch], recipe: Recipe, path: Path, rejections: RejectionLog, *, synthetic: bool
) -> int:
    """Write batches as they are.

    Parameters
    ----------
    batches
        Rows of the feature set.
    recipe
        The recipe that made them; it is stored in the file.
    path
        The Parquet file.
    rejections
        What was left out, for the error.
    synthetic
        Whether the spectra are simulated; the file says so.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    NothingPrepared
        There are none.
    """
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
