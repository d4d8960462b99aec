"""Disentangling in wavelength space: regularised least squares with a weight for every pixel.

The components reach beyond the observed range as far as they move, so nothing is periodic. Shifts are the
same phases as in `fourier`; the normal equations are solved by conjugate gradients, preconditioned with the
matrices of the Fourier solution, which are exact where nothing is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import ridge, solve_normal, taper
from deepaas_plugins.methods.disentangling.solvers.shifts import multiplicity, phases

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

#: Points beyond the farthest shift, over which nothing wraps around.
MARGIN = 16


@dataclass(frozen=True)
class Separated:
    """Components on the observed grid.

    Attributes
    ----------
    components
        Deviations from the continuum, shape (components, n).
    residuals
        Observed minus computed, shape (epochs, n); NaN where a pixel is missing.
    chi2
        Weighted sum of squared residuals.
    normal
        Matrices of the normal equations per frequency, shape (components, components, frequencies).
    coverage
        Total weight of the pixels that see each point of each component, shape (components, n).
    iterations
        Of conjugate gradients.
    """

    components: FloatArray
    residuals: FloatArray
    chi2: float
    normal: ComplexArray
    coverage: FloatArray
    iterations: int


class WavelengthSolver:
    """Solves for the components of given velocities with a weight for every pixel.

    Parameters
    ----------
    composites
        Spectra and weights.
    regularisation
        Multiplies the inverse of the power that components are expected to have (`fourier.ridge`): what is
        not determined stays at the continuum.
    tolerance
        Relative norm of the gradient at which it stops.
    most
        Iterations at most.
    """

    def __init__(
        self,
        composites: Composites,
        regularisation: float = 1.0,
        tolerance: float = 1e-6,
        most: int = 300,
    ) -> None:
        self.composites = composites
        self.regularisation = regularisation
        self.tolerance, self.most = tolerance, most

    def solve(self, shifts: FloatArray, strengths: FloatArray | None = None) -> Separated:
        """Solve for the components.

        Parameters
        ----------
        shifts : ndarray
            Pixels, shape (components, epochs).
        strengths : ndarray, optional
            Line strengths, shape (components, epochs); 1 by default.

        Returns
        -------
        Separated
            On the grid of the composites.
        """
        return _Problem(self, shifts, strengths).solved()


class _Problem:
    """The normal equations of one set of velocities."""

    def __init__(self, solver: WavelengthSolver, shifts: FloatArray, strengths: FloatArray | None) -> None:
        composites = solver.composites
        self.tolerance, self.most = solver.tolerance, solver.most
        self.flux, self.weights = composites.flux, composites.weights
        self.n = self.flux.shape[1]
        self.pad = int(np.ceil(np.abs(shifts).max(initial=0.0))) + MARGIN
        self.size = int(fft.next_fast_len(self.n + 2 * self.pad, real=True))
        frequencies = self.size // 2 + 1
        roots = np.sqrt(composites.epoch_weights)[:, None]
        transform = fft.rfft(composites.filled() * taper(self.n), self.size, axis=1) * roots
        weights = composites.epoch_weights
        self.ridge = solver.regularisation * ridge(transform, weights, self.size, len(shifts))
        self.strengths = np.ones_like(shifts) if strengths is None else strengths
        self.design = phases(shifts, self.size, frequencies, self.strengths)
        self.used = (multiplicity(self.size, frequencies) > 0).astype(np.float64)
        self.design *= self.used
        weighted = self.design * composites.epoch_weights[:, None]
        self.normal = np.einsum("jkf,lkf->jlf", self.design.conj(), weighted, optimize=True)

    def computed(self, components: FloatArray) -> FloatArray:
        """Return the composites of components, shape (epochs, n); components have shape (j, size)."""
        together = np.einsum("jkf,jf->kf", self.design, fft.rfft(components, axis=1))
        return np.asarray(fft.irfft(together, self.size, axis=1)[:, self.pad : self.pad + self.n])

    def gathered(self, spectra: FloatArray) -> FloatArray:
        """Return the adjoint of `computed`, shape (components, size)."""
        whole = np.zeros((len(spectra), self.size))
        whole[:, self.pad : self.pad + self.n] = spectra
        transform = fft.rfft(whole, axis=1)
        return np.asarray(
            fft.irfft(np.einsum("jkf,kf->jf", self.design.conj(), transform), self.size, axis=1)
        )

    def penalised(self, components: FloatArray) -> FloatArray:
        """Return the gradient of the regularisation, shape (components, size)."""
        return np.asarray(fft.irfft(self.ridge * fft.rfft(components, axis=1), self.size, axis=1))

    def conditioned(self, residual: FloatArray) -> FloatArray:
        """Return the Fourier solution of a residual, shape (components, size)."""
        right = fft.rfft(residual, axis=1)
        return np.asarray(fft.irfft(solve_normal(self.normal, right, self.ridge), self.size, axis=1))

    def solved(self) -> Separated:
        right = self.gathered(self.weights * self.flux)
        found = np.zeros_like(right)
        residual = right
        better = self.conditioned(residual)
        direction = better
        product = float((residual * better).sum())
        limit = self.tolerance**2 * product
        iterations = 0
        while iterations < self.most and product > max(limit, 0.0) and product > 0.0:
            image = self.gathered(self.weights * self.computed(direction)) + self.penalised(direction)
            step = product / float((direction * image).sum())
            found = found + step * direction
            residual = residual - step * image
            better = self.conditioned(residual)
            last, product = product, float((residual * better).sum())
            direction = better + (product / last) * direction
            iterations += 1
        return self._separated(found, iterations)

    def _separated(self, found: FloatArray, iterations: int) -> Separated:
        left = self.flux - self.computed(found)
        chi2 = float((self.weights * left**2).sum())
        inside = slice(self.pad, self.pad + self.n)
        return Separated(
            found[:, inside],
            np.where(self.weights > 0, left, np.nan),
            chi2,
            self.normal,
            np.maximum(self.gathered(self.weights)[:, inside], 0.0),
            iterations,
        )
