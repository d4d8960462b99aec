"""Cut-out and linear resampling of spectra on many grids at once.

A chunk of a survey has some hundred grids: a handful of array operations per grid would cost more than the
work itself. Here the needed pixels of all spectra are laid behind each other once, and every point of every
spectrum is found by one gather: per spectrum there is one look-up and one copy of the few hundred pixels that
matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectra.fault import Reason
from spectra.spectrum import FloatArray, Spectrum
from spectra.steps.axis.air_to_vacuum import AirToVacuum
from spectra.steps.axis.cutout import Cutout
from spectra.steps.axis.resample import Resample, interpolated
from spectra.steps.axis.weights import IndexArray
from spectra.steps.block import Block
from spectra.steps.grid import GridCache
from spectra.steps.step import Step


@dataclass(frozen=True, slots=True)
class _Path:
    """The plan for spectra on one grid: why they are rejected, or the needed pixels and their weights."""

    reason: Reason | None
    window: slice
    left: IndexArray
    far: FloatArray


class Gatherer:
    """Applies the leading steps of a recipe, up to a linear resampling, while stacking.

    Parameters
    ----------
    steps
        Cut-outs (and air-to-vacuum, which is nothing for spectra), then the resampling.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.done = len(steps)
        self._cutouts = [step for step in steps if isinstance(step, Cutout)]
        self._resample = next(step for step in steps if isinstance(step, Resample))
        self._paths: GridCache[_Path] = GridCache()

    @classmethod
    def leading(cls, steps: Sequence[Step]) -> Gatherer | None:
        """Return the gatherer for the leading steps of a recipe, or None where they are others."""
        for index, step in enumerate(steps):
            if isinstance(step, Resample) and step.linear and not any(later.needs for later in steps[index:]):
                return cls(steps[: index + 1])
            if not isinstance(step, Cutout | AirToVacuum):
                return None
        return None

    def stack(self, spectra: Sequence[Spectrum], rejected: dict[int, Reason]) -> list[Block]:
        """Return one resampled block; arguments and rejections as `Stacker.stack`."""
        numbers, parts, lefts, fars = [], [], [], []
        start = 0
        for number, spectrum in enumerate(spectra):
            path = self._paths.get(spectrum.wavelength, self._path)
            if path.reason is not None:
                rejected[number] = path.reason
                continue
            part = spectrum.flux[path.window]
            numbers.append(number)
            parts.append(part)
            lefts.append(path.left + start)
            fars.append(path.far)
            start += len(part)
        if not numbers:
            return []
        flux = interpolated(np.concatenate(parts, dtype=np.float64), np.array(lefts), np.array(fars))
        extra = [spectrum.meta.extra for spectrum in spectra]
        places = np.array(numbers, dtype=np.int64)
        return [Block(flux, self._resample.target, places, extra=extra, rejected=rejected)]

    def _path(self, grid: FloatArray) -> _Path:
        start, stop = 0, len(grid)
        for cutout in self._cutouts:
            window, reason = cutout.cut(grid[start:stop])
            if reason is not None:
                return _Path(reason, window, np.zeros(0, np.intp), np.zeros(0))
            start, stop = start + window.start, start + window.stop
        plan = self._resample.plan(grid[start:stop])
        if plan.linear is None:  # `leading` takes linear resampling only, so there is a reason
            return _Path(plan.reason, plan.window, np.zeros(0, np.intp), np.zeros(0))
        window = slice(start + plan.window.start, start + plan.window.stop)
        return _Path(None, window, *plan.linear)
