"""Links from what a report says of files (column ``source`` of a table) to the dataset that they are in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.data.dataset import FileState
from dashboard.data.isolated.features import place_of
from dashboard.data.isolated.read_spectra import Place
from dashboard.data.service import DataService

COLUMN = "source"
LINKED = 500  # rows of a table

# As `spectra.rejection.source_text` writes it: "a.zip!/b.fits (HDU 1, row 3)".
_SOURCE = re.compile(
    r"(?P<path>.+?)(?: \((?:HDU (?P<hdu>\d{1,9}))?(?:, )?(?:row (?P<row>\d{1,15}))?\))?", re.DOTALL
)


def named(text: str) -> tuple[str, Place]:
    """Return a source as the dataset calls it, for people and for the database."""
    shown = place_of(text)
    found = _SOURCE.fullmatch(shown)
    if found is None:
        return shown, Place(shown)
    hdu, row = found["hdu"], found["row"]
    return shown, Place(found["path"], None if hdu is None else int(hdu), None if row is None else int(row))


async def sources(service: DataService, dataset: str, view: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return ``{text: {"name", "url"}}`` for the column ``source`` of a table; `url` is None without a page.

    The page is the spectrum's own, or, for a file that could not be read, the dataset's list of those.
    """
    texts = _texts(view)[:LINKED]
    places = {text: named(text) for text in texts}
    there = await service.rows.placed(dataset, [place for _, place in places.values()])
    found: dict[str, dict[str, Any]] = {}
    for text, (name, place) in places.items():
        url = None
        if place in there:
            url = f"/data/{dataset}/spectra/{there[place].number}"
        else:
            file = await service.store.file(dataset, place.path.partition("!/")[0])
            if file is not None and file.state is FileState.REFUSED:
                url = f"/data/{dataset}#refused"
        found[text] = {"name": name, "url": url}
    return found


def _texts(view: Mapping[str, Any]) -> Sequence[str]:
    data = view["data"]
    try:
        at = [column["name"] for column in data["columns"]].index(COLUMN)
        return list(dict.fromkeys(row[at] for row in data["rows"] if isinstance(row[at], str)))
    except (KeyError, TypeError, ValueError, IndexError):
        return []  # no such column, or a table that is none
