"""Prepares a source in parts, on several machines, and joins them to the feature set of a single run.

Each part reads its share of the files and takes them through the steps before the first one that learns. What
learns must know all spectra: so it does that when the parts are joined, and so do the steps behind it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from spectra.batch import Batch
from spectra.batches import Part, Progress, SourceBatches
from spectra.features.feature_set import FeatureSet
from spectra.portion import CHUNK
from spectra.preparation import NothingPrepared, Prepared, finish, read_with, write
from spectra.recipe import Recipe
from spectra.rejection_log import RejectionLog
from spectra.synthetic_marker import is_synthetic

#: What a part leaves in its folder; no features where none of its spectra could be prepared.
FEATURES, REJECTED = "features.parquet", "rejected.csv"


def prepare_part(
    source: str | os.PathLike[str],
    recipe: Recipe,
    folder: Path,
    part: Part,
    *,
    manifest: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Prepare a share of a folder's files, up to the first step that learns.

    Parameters
    ----------
    folder
        Where its features and rejections are written.
    source, recipe, manifest, workers, progress
        See `spectra.prepare`.

    Returns
    -------
    int
        How many spectra were prepared; a part may have none.

    Raises
    ------
    NotInParts
        The source or the recipe cannot be shared out.
    UnreadableSpectrum
        The source or the manifest itself cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source_batches, steps = SourceBatches(source, manifest, workers, progress, part=part), read_with(recipe)
    with RejectionLog(folder / REJECTED) as rejections:
        batches = source_batches.batches(steps, rejections)
        try:
            return write(batches, steps, folder / FEATURES, rejections, synthetic=is_synthetic(source))
        except NothingPrepared:
            return 0


def join_parts(
    folders: Sequence[Path],
    source: str | os.PathLike[str],
    recipe: Recipe,
    out: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
) -> Prepared:
    """Join the parts that `prepare_part` left, in their order, into what `spectra.prepare` would have made.

    Parameters
    ----------
    folders
        All parts', first to last.
    source, recipe, out, progress
        See `spectra.prepare`; `recipe` is fitted then.

    Raises
    ------
    NothingPrepared
        Every spectrum was rejected.
    RecipeError
        A step cannot learn from these spectra.
    """
    path, source_batches = Path(out), SourceBatches(source, progress=progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    with RejectionLog(path.parent / REJECTED) as rejections:
        batches = _batches(folders, rejections, source_batches)
        rows = finish(batches, recipe, path, rejections, source_batches.tell, synthetic=is_synthetic(source))
    return Prepared(rows, rejections.first, rejections.count, path)


def _batches(
    folders: Sequence[Path], rejections: RejectionLog, source_batches: SourceBatches
) -> Iterator[Batch]:
    for number, folder in enumerate(folders):
        source_batches.tell(number, len(folders), "joining the parts")
        rejections.add_all_of(folder / REJECTED)
        if (folder / FEATURES).exists():
            features = FeatureSet.open(folder / FEATURES)
            yield from features.chunks(CHUNK)
            features.close()
    source_batches.tell(len(folders), len(folders), "joining the parts")
