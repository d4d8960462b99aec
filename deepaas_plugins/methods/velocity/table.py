"""The table of all velocities, ``velocities.csv``, written row by row."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from deepaas_plugins.methods.velocity.measuring import Measured, answers, speed

if TYPE_CHECKING:
    from spectra import Batch

COLUMNS = (
    "velocity",
    "sigma",
    "flag",
    "template",
    "correlation",
    "r",
    "second",
    "second_velocity",
    "bisector",
)
TWO = ("velocity_1", "velocity_2", "ratio", "double")


class VelocityTable:
    """Writes velocities in km/s, one line a spectrum.

    Parameters
    ----------
    path
        Of the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="", encoding="utf-8")
        self._table = csv.writer(self._file)
        self._begun = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, batch: Batch, templates: list[str], measured: Measured, step: float) -> None:
        """Write the rows of a chunk.

        Parameters
        ----------
        batch : Batch
            Their names and files.
        templates : list of str
            Names of the templates.
        measured : Measured
            Of the chunk.
        step : float
            Of the grid, km/s.
        """
        if not self._begun:
            self._table.writerow(["name", "label", *COLUMNS, *(TWO if measured.pairs else ())])
            self._begun = True
        for row, answer in enumerate(answers(list(batch.names), templates, measured)):
            line = [batch.names[row], batch.labels[row] or "", *(_text(answer[key]) for key in COLUMNS)]
            if measured.pairs:
                pair = measured.pairs[row]
                both = speed(np.array(pair.places) * step)
                line += [
                    _text(float(both[0])),
                    _text(float(both[1])),
                    _text(pair.ratio),
                    str(pair.double).lower(),
                ]
            self._table.writerow(line)


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
