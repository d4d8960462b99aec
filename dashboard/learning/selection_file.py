"""Reading what a round selected, ``out/selection.json``; a container wrote it, and it is not trusted."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.base.errors import Invalid
from dashboard.base.untrusted_folder import ConfinedFolder, readable
from dashboard.data.dataset import SpectrumLocation, SpectrumRow
from dashboard.data.service import DataService
from dashboard.labels.spectrum_key import SpectrumKey
from dashboard.learning.session import EntryKind, Round
from jobfolder.names import SELECTION

LIMIT = 64 * 2**20
MOST_ENTRIES = 50_000
NAME_LENGTH = 500
#: What is kept of a selection beside its entries.
KEPT = (
    "trained", "pool", "classes", "predicted", "predicted_targets", "labelled", "left_out", "lost", "strata",
    "notes",
)  # fmt: skip


def read(folder: ConfinedFolder) -> dict[str, Any]:
    """Return the content; it blocks for a file's time.

    Raises
    ------
    Invalid
        If there is none, or it makes no sense.
    """
    try:
        content = folder.json(SELECTION, LIMIT)
    except (OSError, ValueError) as error:
        raise Invalid(f"The job completed, but {SELECTION} cannot be used: {error}.") from error
    if content is None:
        raise Invalid(f"The job completed, but wrote no {SELECTION}.")
    entries = content.get("entries")
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise Invalid(f"{SELECTION} has no list of at most {MOST_ENTRIES} entries.")
    if not all(isinstance(one, dict) and one.get("kind") in set(EntryKind) for one in entries):
        raise Invalid(f"{SELECTION} has an entry that is none.")
    return content


def result_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a selection beside its entries."""
    return {name: content.get(name) for name in KEPT} | {
        "set_aside": len(content.get("set_aside") or ()),
    }


async def rows_of(
    content: Mapping[str, Any], round_: Round, dataset: str, features: bool, data: DataService
) -> list[dict[str, Any]]:
    """Return the rows of `learning_entries`; spectra that are not in the dataset are left out.

    The samples come after the batch, in random order: nobody can tell a predicted target from the others.

    Parameters
    ----------
    content : mapping
        Of `read`.
    round_ : Round
        Whose.
    dataset : str
        The pool's id.
    features : bool
        Whether it is a feature set, whose rows have the numbers of the pool.
    data : DataService
        Knows the spectra.
    """
    entries = content["entries"]
    found = await _spectra(entries, dataset, features, data)
    batch = [pair for pair in found if pair[0]["kind"] == EntryKind.BATCH]
    samples = [pair for pair in found if pair[0]["kind"] != EntryKind.BATCH]
    random.Random(f"{round_.session}:{round_.number}").shuffle(samples)  # noqa: S311 - no secret
    return [
        {
            "session": round_.session,
            "round": round_.number,
            "position": position,
            "kind": EntryKind(entry["kind"]),
            "row": spectrum.number,
            "spectrum": SpectrumKey.of(spectrum).text,
            "name": spectrum.name,
            "label": _text(entry.get("label")),
            "probability": _share(entry.get("probability")),
            "score": _number(entry.get("score")),
            "stratum": entry["stratum"] if isinstance(entry.get("stratum"), int) else None,
            "probabilities": _probabilities(entry.get("probabilities")),
        }
        for position, (entry, spectrum) in enumerate([*batch, *samples])
    ]


async def _spectra(
    entries: Sequence[Mapping[str, Any]], dataset: str, features: bool, data: DataService
) -> list[tuple[Mapping[str, Any], SpectrumRow]]:
    if features:
        numbers = [one["pool_row"] for one in entries if isinstance(one.get("pool_row"), int)]
        there = await data.rows.numbered(dataset, numbers)
        pairs = [(one, there.get(one.get("pool_row", -1))) for one in entries]
    else:
        places = [
            SpectrumLocation(str(one.get("path")), _whole(one.get("hdu")), _whole(one.get("row")))
            for one in entries
        ]
        at = await data.rows.at_locations(dataset, places)
        pairs = [(one, at.get(place)) for one, place in zip(entries, places, strict=True)]
    seen: set[int] = set()
    kept = []
    for entry, spectrum in pairs:
        if spectrum is not None and spectrum.number not in seen:
            seen.add(spectrum.number)
            kept.append((entry, spectrum))
    return kept


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None  # type: ignore[arg-type]


def _share(value: object) -> float | None:
    found = _number(value)
    return found if found is not None and 0 <= found <= 1 else None


def _text(value: object) -> str | None:
    return readable(value, NAME_LENGTH) if isinstance(value, str) else None


def _probabilities(value: object) -> dict[str, float] | None:
    if not isinstance(value, dict):
        return None
    return {
        readable(str(name), NAME_LENGTH): share
        for name, told in value.items()
        if (share := _share(told)) is not None
    }
