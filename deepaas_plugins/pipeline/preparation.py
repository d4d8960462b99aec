"""From a job's input to the feature set that the method sees."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import spectra
from deepaas_plugins.contract import views
from deepaas_plugins.contract.errors import InvalidInput
from jobfolder import names
from jobfolder.dataset_path import data_prefix, dataset_path

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline import relabelled

#: Rejected spectra shown in the report; all are in ``rejected.csv``.
SHOWN = 1000


@dataclass(frozen=True)
class Input:
    """What a run works on: spectra (a file, folder or archive, perhaps with a manifest) or a feature set.

    With `parts` the spectra have been prepared already, into those folders (`prepare_part`).
    """

    kind: str
    path: Path
    manifest: Path | None = None
    name: str = ""
    sha256: str | None = None
    synthetic: bool = False
    parts: tuple[Path, ...] = ()


def prepare_part(
    given: Input,
    recipe: dict[str, Any] | spectra.Recipe,
    part: spectra.Part,
    out: Path,
    run: Run,
    *,
    tell: Callable[[int, int], None],
) -> int:
    """Prepare a part of the spectra; return how many there are.

    Parameters
    ----------
    given
        The input of all parts together.
    recipe
        As JSON, or one that has learned.
    part
        Which part, of how many.
    out
        The folder that the part's results go into.
    run
        Asked whether to stop.
    tell
        Called with the files that are done, and their number (0: unknown).

    Raises
    ------
    InvalidInput
        There is no input, or it cannot be prepared in parts.
    """
    _check(given)

    def progress(done: int, total: int | None, _: str) -> None:
        run.stop_if_cancelled()
        tell(done, total or 0)

    try:
        return spectra.prepare_part(
            given.path,
            recipe if isinstance(recipe, spectra.Recipe) else spectra.Recipe.from_json(recipe),
            out,
            part,
            manifest=given.manifest,
            progress=progress,
        )
    except spectra.NotInParts as error:
        raise InvalidInput(f"It cannot be prepared in parts: {error}. Run it in one.") from error


def feature_set(
    given: Input, recipe: dict[str, Any] | spectra.Recipe, run: Run, name: str = names.FEATURES
) -> spectra.FeatureSet:
    """Open the feature set, or prepare the spectra into a file of the run's folder.

    Parameters
    ----------
    given : Input
        Of the run.
    recipe : dict or Recipe
        As JSON, or one that has learned.
    run : Run
        Takes progress and the rejected spectra; asked whether to stop.
    name : str
        Of the file.

    Returns
    -------
    FeatureSet
        Opened.

    Raises
    ------
    InvalidInput
        There is no input, or none of its spectra could be prepared; the message has the commonest reasons.
    """
    _check(given)
    if given.kind == "features":
        features = spectra.FeatureSet.open(given.path)
        if given.manifest is None:
            return features
        return relabelled.by_manifest(features, given.manifest, run.folder / name)
    if not isinstance(recipe, spectra.Recipe):
        recipe = spectra.Recipe.from_json(recipe)

    def progress(done: int, total: int | None, message: str) -> None:
        run.stop_if_cancelled()
        run.progress(done, total or 0, "prepare", message)

    out = run.folder / name
    try:
        if given.parts:
            prepared = spectra.join_parts(given.parts, given.path, recipe, out, progress=progress)
        else:
            prepared = spectra.prepare(given.path, recipe, out, manifest=given.manifest, progress=progress)
    except spectra.NothingPrepared as error:
        _call_as_the_dataset_does(run.folder / names.REJECTED, given.path)
        raise InvalidInput(_nothing_left(run.folder / names.REJECTED) or f"{error}.") from error
    _call_as_the_dataset_does(run.folder / names.REJECTED, given.path)
    run.stop_if_cancelled()
    run.metric("spectra_prepared", prepared.rows)
    run.metric("spectra_rejected", prepared.rejected_count)
    if prepared.rejected:
        run.report(_rejected(prepared, given.path))
    return spectra.FeatureSet.open(prepared.path)


def _call_as_the_dataset_does(rejections: Path, data: Path) -> None:
    """Name what was rejected by the dataset's own paths; line by line, as there may be millions."""
    prefix = data_prefix(data)
    new = rejections.with_name(f".{rejections.name}.new")
    with (
        rejections.open(encoding="utf-8", newline="") as old,
        new.open("w", encoding="utf-8", newline="") as file,
    ):
        lines, told = csv.reader(old), csv.writer(file)
        for source, reason, kind, path, *place in lines:
            shown = dataset_path(source, prefix)
            told.writerow([shown, reason, kind, dataset_path(path, prefix), *place])
    new.replace(rejections)


def _check(given: Input) -> None:
    if not given.path.exists():
        raise InvalidInput(f"The input {given.path} does not exist.")


def _nothing_left(rejections: Path) -> str | None:
    """Return a sentence with the commonest kinds of rejections, each by its first reason."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    with rejections.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            counts[line["kind"]] += 1
            examples.setdefault(line["kind"], line["reason"])
    if not counts:
        return None
    common = "; ".join(f"{examples[kind].rstrip('.')} ({count}×)" for kind, count in counts.most_common(3))
    return f"None of the {counts.total()} spectra could be prepared: {common}."


def _rejected(prepared: spectra.Prepared, data: Path) -> views.View:
    """Show what was left out, named as in the data it came from, not by where this container sees it."""
    prefix = data_prefix(data)
    count, shown = prepared.rejected_count, prepared.rejected[:SHOWN]
    more = f" The first {SHOWN} are shown; rejected.csv has all." if count > SHOWN else ""
    return views.table(
        "rejected",
        f"Rejected spectra ({count})",
        columns=[{"name": "source", "title": "File"}, {"name": "reason", "title": "Reason"}],
        rows=[[dataset_path(each.source, prefix), each.reason] for each in shown],
        places=[
            views.Place(dataset_path(each.origin.path, prefix), each.origin.hdu, each.origin.row)
            for each in shown
        ],
        note="Spectra that could not be read or prepared; the method has not seen them." + more,
    )
