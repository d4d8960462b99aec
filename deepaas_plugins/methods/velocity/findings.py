"""What is remembered of every row: a few numbers, and the correlation of some."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.velocity.measuring import Measured, speed

Floats = npt.NDArray[np.float64]

KEPT = ("velocity", "sigma", "correlation", "r", "second", "second_velocity", "bisector")
#: Rows whose correlation the report draws.
DRAWN = 200


class Findings:
    """Takes chunks of measurements.

    Parameters
    ----------
    rows
        How many there will be.
    velocities
        Of the lags, km/s.
    two
        Whether there are two components.

    Attributes
    ----------
    figures
        `KEPT` and, of two components, ``velocity_1, velocity_2, ratio``; shape (rows,) each.
    flag, template
        Numbers of each row, shape (rows,).
    double
        Whether two components are seen, shape (rows,).
    curves
        Correlations of the first rows, shape (drawn, lags).
    """

    def __init__(self, rows: int, velocities: Floats, *, two: bool) -> None:
        keys = (*KEPT, "velocity_1", "velocity_2", "ratio") if two else KEPT
        self.figures = {key: np.full(rows, np.nan) for key in keys}
        self.flag = np.zeros(rows, dtype=np.int64)
        self.template = np.zeros(rows, dtype=np.int64)
        self.double = np.zeros(rows, dtype=bool)
        self.velocities = velocities
        self.curves = np.zeros((min(rows, DRAWN), len(velocities)), dtype=np.float32)

    def add(self, first: int, measured: Measured, step: float) -> None:
        """Take the measurements of a chunk.

        Parameters
        ----------
        first : int
            Number of its first row.
        measured : Measured
            Of the chunk.
        step : float
            Of the grid, km/s.
        """
        here = slice(first, first + len(measured.flag))
        for key in KEPT:
            self.figures[key][here] = getattr(measured, key)
        self.flag[here], self.template[here] = measured.flag, measured.template
        for row, pair in enumerate(measured.pairs or (), first):
            both = speed(np.array(pair.places) * step)
            self.figures["velocity_1"][row], self.figures["velocity_2"][row] = both
            self.figures["ratio"][row], self.double[row] = pair.ratio, pair.double
        left = max(len(self.curves) - first, 0)
        some = measured.curve[:left]
        self.curves[first : first + len(some)] = some
