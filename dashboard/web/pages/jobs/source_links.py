"""Links from the column ``source`` of a report's table to the files of the dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.data.dataset import FileState, SpectrumLocation
from dashboard.data.service import DataService

COLUMN = "source"
LINKED = 500  # rows of a table
LARGEST = 2**53  # of a number that a container wrote


def location_of(value: object) -> SpectrumLocation | None:
    """Read an entry of a table's ``places`` (contracts.md, section 7); None when it is none."""
    if not isinstance(value, dict) or not isinstance(value.get("path"), str):
        return None
    numbers = [value.get(name) for name in ("hdu", "row")]
    if not all(number is None or (type(number) is int and 0 <= number < LARGEST) for number in numbers):
        return None
    return SpectrumLocation(value["path"], *numbers)


async def sources(service: DataService, dataset: str, view: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the links of the column ``source`` of a table.

    The location of each spectrum is taken from the table's ``places``; the text is for people only. The page
    is the spectrum's own, or, for a file that could not be read, the dataset's list of those.

    Parameters
    ----------
    service : DataService
        Knows the spectra.
    dataset : str
        The dataset's id.
    view : mapping
        The table.

    Returns
    -------
    dict
        ``{text: {"name", "url"}}``; `url` is None without a page. At most `LINKED` rows are linked.
    """
    locations = dict(list(_locations(view).items())[:LINKED])
    there = await service.rows.at_locations(dataset, list(locations.values()))
    found: dict[str, dict[str, Any]] = {}
    for text, at in locations.items():
        url = None
        if at in there:
            url = f"/data/{dataset}/spectra/{there[at].number}"
        else:
            file = await service.store.files.get(dataset, at.path.partition("!/")[0])
            if file is not None and file.state is FileState.REJECTED:
                url = f"/data/{dataset}#rejected"
        found[text] = {"name": text, "url": url}
    return found


def _locations(view: Mapping[str, Any]) -> dict[str, SpectrumLocation]:
    data = view["data"]
    try:
        at = [column["name"] for column in data["columns"]].index(COLUMN)
        rows = zip(data["rows"], data["places"], strict=True)
        return {
            row[at]: found
            for row, value in rows
            if (found := location_of(value)) and isinstance(row[at], str)
        }
    except (KeyError, TypeError, ValueError, IndexError):
        return {}  # no such column, or a table that is none
