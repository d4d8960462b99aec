"""Velocities of known components in one spectrum: all pairs of shifts at once, then Gauss–Newton.

χ² of every pair of shifts of two stars follows from three cross-correlations (Zucker & Mazeh 1994, the idea
of TODCOR, with strengths held); a third star and telluric lines are searched in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import taper
from deepaas_plugins.methods.disentangling.solvers.log_grid import LogGrid
from deepaas_plugins.methods.disentangling.solvers.shifts import multiplicity, phases

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

_STEPS, _SETTLED = 40, 1e-4
#: Points of the widest search, to either side.
_REACH = 400


@dataclass(frozen=True)
class Components:
    """Components of a model.

    Attributes
    ----------
    grid
        Logarithmic.
    spectra
        Contributions as deviations from the continuum, shape (components, n).
    telluric
        Whether the last is that of telluric lines.
    sigma
        Noise of the training's spectra.
    fastest
        Velocities are looked for within ± so many km/s.
    """

    grid: LogGrid
    spectra: FloatArray
    telluric: bool
    sigma: float
    fastest: float

    @property
    def stars(self) -> int:
        """Components that are stars."""
        return len(self.spectra) - int(self.telluric)

    def arrays(self) -> dict[str, npt.NDArray[np.float64]]:
        """Return what is stored.

        Returns
        -------
        dict
            By name; `check` and `load` know them.
        """
        return {
            "grid": np.array([self.grid.start, self.grid.step, self.grid.size]),
            "components": self.spectra,
            "sigma": np.array(self.sigma),
            "fastest": np.array(self.fastest),
        }

    def check(self) -> None:
        """Reject what is no grid or no spectrum.

        Raises
        ------
        ValueError
            With what is wrong.
        """
        if self.grid.size < 8 or not self.grid.step > 0 or not np.isfinite(self.spectra).all():
            raise ValueError("its grid or its components are none")
        if not (
            np.isfinite(self.sigma) and self.sigma > 0 and np.isfinite(self.fastest) and self.fastest > 0
        ):
            raise ValueError("its noise or its largest velocity is none")


@dataclass(frozen=True)
class Measured:
    """What a spectrum tells.

    Attributes
    ----------
    velocities, errors
        Of the stars, km/s, shape (stars,) each.
    strengths
        Of all components, where they were fitted; else empty.
    rms, chi2
        Of the residuals; χ² per pixel for the noise of the training.
    """

    velocities: FloatArray
    errors: FloatArray
    strengths: FloatArray
    rms: float
    chi2: float


def measure(
    components: Components,
    flux: FloatArray,
    weights: FloatArray,
    near: FloatArray | None,
    *,
    fit_strengths: bool,
    largest: float | None,
) -> Measured:
    """Measure a spectrum.

    Parameters
    ----------
    components : Components
        Of the model.
    flux, weights : ndarray
        Deviations from the continuum and weights (0: missing), shape (n,).
    near : ndarray or None
        Velocities of the orbit at its time, km/s, shape (stars,): one more start.
    fit_strengths : bool
        Whether strengths vary.
    largest : float or None
        Velocities are looked for within ± so many km/s.
    """
    state = _Spectrum(components, flux, weights)
    reach = int(np.clip((largest or components.fastest) / components.grid.velocity_step, 4, _REACH * 4))
    starts = [state.searched(reach)]
    if near is not None:
        shifts = np.zeros(len(components.spectra))
        shifts[: components.stars] = components.grid.shift(near)
        starts.append(shifts)
    found = min((state.refined(start) for start in starts), key=lambda one: one[1])[0]
    strengths = np.ones(len(found))
    if fit_strengths:
        for _ in range(3):
            strengths = state.strengths(found)
            found = state.refined(found, strengths)[0]
    return state.measured(found, strengths, fit_strengths)


class _Spectrum:
    """One spectrum with the components' transforms."""

    def __init__(self, components: Components, flux: FloatArray, weights: FloatArray) -> None:
        self.known = components
        n = len(flux)
        self.size = int(fft.next_fast_len(n, real=True))
        window = taper(n)
        filled = Composites(components.grid, flux[None], weights[None]).filled()[0]
        self.flux = filled * window
        self.frequencies = self.size // 2 + 1
        self.counts = multiplicity(self.size, self.frequencies)
        self.data = fft.rfft(self.flux, self.size)
        self.lines = fft.rfft(components.spectra * window, self.size, axis=1)
        self.slope = (-2j * np.pi / self.size) * np.arange(self.frequencies)
        self.good = weights > 0

    def searched(self, reach: int) -> FloatArray:
        """Return the best shifts in whole pixels, shape (components,); two stars at once."""
        stars = self.known.stars
        shifts = np.zeros(len(self.lines))
        left = self.data - self.lines[stars:].sum(axis=0)
        stride = max(1, reach // _REACH + (reach % _REACH > 0))
        lags = np.arange(-reach, reach + 1, stride)
        if stars == 1:
            shifts[0] = lags[int(self._correlation(left, self.lines[0])[lags].argmax())]
            return shifts
        third = self.lines[2:stars].sum(axis=0) if stars > 2 else 0.0
        first, second = (self._correlation(left - third, line)[lags] for line in self.lines[:2])
        across = self._correlation(self.lines[1], self.lines[0])
        gain = first[:, None] + second[None, :] - across[lags[:, None] - lags[None, :]]
        best = np.unravel_index(int(gain.argmax()), gain.shape)
        shifts[0], shifts[1] = lags[best[0]], lags[best[1]]
        if stars > 2:
            moved = phases(shifts[:2], self.size, self.frequencies) * self.lines[:2]
            rest = left - moved.sum(axis=0)
            shifts[2] = lags[int(self._correlation(rest, self.lines[2])[lags].argmax())]
        return shifts

    def _correlation(self, data: ComplexArray, line: ComplexArray) -> FloatArray:
        """Return Σ data(x) line(x − lag) of every lag; negative ones count from the end."""
        return np.asarray(fft.irfft(data * line.conj(), self.size))

    def refined(self, start: FloatArray, strengths: FloatArray | None = None) -> tuple[FloatArray, float]:
        """Return shifts after Gauss–Newton steps, and the sum of squared residuals."""
        shifts = start.astype(np.float64)
        value = self._square(shifts, strengths)
        for _ in range(_STEPS):
            step, _ = self._step(shifts, strengths)
            step = np.clip(step, -4.0, 4.0)
            share = 1.0
            while share > 1e-3 and (tried := self._square(shifts + share * step, strengths)) >= value:
                share *= 0.5
            if share <= 1e-3:
                break
            shifts, value = shifts + share * step, tried
            if np.abs(share * step).max() < _SETTLED:
                break
        return shifts, value

    def _moved(self, shifts: FloatArray, strengths: FloatArray | None) -> ComplexArray:
        return np.asarray(phases(shifts, self.size, self.frequencies, strengths) * self.lines)

    def _square(self, shifts: FloatArray, strengths: FloatArray | None) -> float:
        left = self.data - self._moved(shifts, strengths).sum(axis=0)
        return float((np.abs(left) ** 2) @ self.counts)

    def _step(self, shifts: FloatArray, strengths: FloatArray | None) -> tuple[FloatArray, FloatArray]:
        lines = self._moved(shifts, strengths)
        left = self.data - lines.sum(axis=0)
        moved = lines * self.slope
        counted = (moved * self.counts).conj()
        normal = (counted @ moved.T).real
        right = (counted @ left).real
        normal += (1e-9 * np.trace(normal) + 1e-300) * np.eye(len(normal))
        return np.linalg.solve(normal, right), np.diag(np.linalg.inv(normal))

    def strengths(self, shifts: FloatArray) -> FloatArray:
        """Return the best strengths of all components, shape (components,)."""
        lines = phases(shifts, self.size, self.frequencies) * self.lines
        counted = (lines * self.counts).conj()
        normal = (counted @ lines.T).real
        normal += (1e-9 * np.trace(normal) + 1e-300) * np.eye(len(normal))
        return np.asarray(np.linalg.solve(normal, (counted @ self.data).real))

    def measured(self, shifts: FloatArray, strengths: FloatArray, fitted: bool) -> Measured:
        """Return velocities with errors, and how well they fit."""
        stars, grid = self.known.stars, self.known.grid
        _, variance = self._step(shifts, strengths)
        left = self.data - self._moved(shifts, strengths).sum(axis=0)
        residual = fft.irfft(left, self.size)[: len(self.good)][self.good]
        rms = float(np.sqrt(np.mean(residual**2)))
        noise = max(rms, self.known.sigma)
        return Measured(
            grid.velocity(shifts[:stars]),
            np.sqrt(variance[:stars]) * noise * grid.velocity_step,
            strengths if fitted else np.zeros(0),
            rms,
            float((rms / self.known.sigma) ** 2),
        )
