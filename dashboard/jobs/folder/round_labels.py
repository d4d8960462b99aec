"""The labels of a round of active learning: what the log of its label set says up to one event.

A log is only ever added to, so the same event gives the same labels whenever the file is written.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dashboard.labels.current import CurrentLabels, LabelState, SpectrumLabels
from dashboard.labels.service import LabelService
from jobfolder.names import LABEL_COLUMNS


class RoundLabels:
    """Writes ``in/labels.csv`` (contracts.md, section 6).

    Parameters
    ----------
    labels : LabelService
        Has the log.
    """

    def __init__(self, labels: LabelService) -> None:
        self._labels = labels

    async def state(self, label_set: str, last_event: int) -> CurrentLabels:
        """Return what a log said after an event."""
        found = CurrentLabels()
        async for events in self._labels.log.read(label_set, last=last_event):
            found.add(events)
        return found

    async def write(self, learning: Mapping[str, Any], dataset: str, path: Path) -> None:
        """Write the labels of a round.

        Spectra that were skipped, are unsure or in conflict have an empty label: they leave the pool, and
        nothing is learned from them.

        Parameters
        ----------
        learning : mapping
            Of the job's input; names the label set and the last event that counts.
        dataset : str
            Id of the pool.
        path : Path
            The file to write.
        """
        state = await self.state(str(learning["label_set"]), int(learning["last_event"]))
        told = [one for one in state if one.state()[0] is not LabelState.NONE]
        numbers = await self._labels.spectra.numbers(dataset, [one.spectrum for one in told])
        await asyncio.to_thread(_write, path, told, numbers)


def _write(path: Path, told: Iterable[SpectrumLabels], numbers: Mapping[str, int]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(LABEL_COLUMNS)
        for one in told:
            number = numbers.get(one.spectrum.text)
            place = one.spectrum.location
            if number is not None:
                lines.writerow([number, place.path, place.hdu, place.row, one.state()[1] or ""])
