"""Fourier disentangling: one small linear problem per frequency, all solved together.

With the transform D_k(f) of epoch k, shifts x_jk and strengths s_jk, the components c_j minimise
Σ_k w_k |D_k(f) − Σ_j s_jk exp(−2πi f x_jk / n) c_j(f)|² at every frequency f (Hadrava 1995, equation 7).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.shifts import multiplicity, phases

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

#: Frequencies that are worked on together.
BLOCK = 512
#: Power of a composite over that of a component is their number to this: 2 where their lines add up in
#: phase, 1 where they do not.
SHARED = 1.5
#: Bands of frequencies over which the expected power is averaged.
BANDS = 40
#: Power of a component at any frequency, at least, as a share of the largest.
LEAST_POWER = 1e-8
#: Share of either end of a spectrum over which it is brought to the continuum: the transform is periodic.
TAPER = 0.03


@dataclass(frozen=True)
class Solution:
    """Components of one set of velocities.

    Attributes
    ----------
    components
        Transforms, shape (components, frequencies).
    normal
        Matrices of the normal equations, shape (components, components, frequencies), without regularisation.
    chi2
        Weighted sum of squared residuals over all pixels.
    """

    components: ComplexArray
    normal: ComplexArray
    chi2: float


#: Regularisation of fits of velocities: as good as none. More of it would favour orbits by which the
#: components reproduce more of the noise.
VELOCITY_REGULARISATION = 1e-4
#: Frequencies at least, of fits of velocities.
FEWEST = 48


class FourierSolver:
    """Solves for the components of given velocities.

    Parameters
    ----------
    composites
        Missing pixels are interpolated; an epoch has one weight.
    frequencies
        How many are used; fewer are faster and see only what is wider. None: all.
    regularisation
        Multiplies the inverse of the power that the components are expected to have (`prior`); what the
        spectra do not determine stays at the continuum.
    stars
        Components that share the power.
    """

    def __init__(
        self,
        composites: Composites,
        frequencies: int | None = None,
        regularisation: float = 1.0,
        stars: int = 2,
    ) -> None:
        n = composites.flux.shape[1]
        self.size = int(fft.next_fast_len(n, real=True))
        most = self.size // 2 + 1
        self.frequencies = most if frequencies is None else min(frequencies, most)
        self.weights = composites.epoch_weights
        self.counts = multiplicity(self.size, self.frequencies)
        tapered = composites.filled() * taper(n)
        transform = fft.rfft(tapered, self.size, axis=1)[:, : self.frequencies]
        self.roots = np.sqrt(self.weights)
        self.data: ComplexArray = transform * self.roots[:, None]
        self.power = float(((np.abs(self.data) ** 2) @ self.counts).sum())
        self.ridge = regularisation * ridge(self.data, self.weights, self.size, stars)

    @classmethod
    def for_velocities(cls, composites: Composites, stars: int) -> FourierSolver:
        """Return the solver that velocities are fitted with.

        It has the frequencies at which all epochs together show more than their noise: components of noise
        alone would take part in the fit as if they were lines.

        Parameters
        ----------
        composites : Composites
            Spectra and weights.
        stars : int
            Components.
        """
        whole = cls(composites, None, 1.0, stars)
        signal = np.flatnonzero(stars**SHARED / whole.ridge > 1.0 / max(float(whole.weights.sum()), 1e-300))
        last = int(signal[-1]) + 1 if len(signal) else 0
        return cls(composites, max(last, FEWEST), VELOCITY_REGULARISATION, stars)

    def design(self, shifts: FloatArray, strengths: FloatArray | None = None) -> ComplexArray:
        """Return the weighted factors of the components, shape (components, epochs, frequencies).

        Parameters
        ----------
        shifts : ndarray
            Pixels, shape (components, epochs).
        strengths : ndarray, optional
            Line strengths of the same shape.

        Returns
        -------
        ndarray
            Complex, shape (components, epochs, frequencies).
        """
        scale = np.broadcast_to(self.roots, shifts.shape)
        return phases(shifts, self.size, self.frequencies, scale if strengths is None else scale * strengths)

    def solve(self, shifts: FloatArray, strengths: FloatArray | None = None) -> Solution:
        """Solve for the components.

        Parameters
        ----------
        shifts : ndarray
            Of each component at each epoch, in pixels, shape (components, epochs).
        strengths : ndarray, optional
            Line strengths of the same shape; 1 by default.

        Returns
        -------
        Solution
            With transforms of the components.
        """
        scale = np.broadcast_to(self.roots, shifts.shape)
        scale = scale if strengths is None else scale * strengths
        count = len(shifts)
        normal = np.empty((count, count, self.frequencies), dtype=np.complex128)
        right = np.empty((count, self.frequencies), dtype=np.complex128)
        # Block by block, so that the factors of a block stay in the processor's cache.
        for first in range(0, self.frequencies, BLOCK):
            part = slice(first, min(first + BLOCK, self.frequencies))
            design = phases(shifts, self.size, part.stop - part.start, scale, first)
            _accumulate(design, self.data[:, part], normal[:, :, part], right[:, part])
        return self._solution(normal, right)

    def solved(self, design: ComplexArray) -> Solution:
        """Solve with factors that `design` returned.

        Parameters
        ----------
        design : ndarray
            Shape (components, epochs, frequencies).

        Returns
        -------
        Solution
            With transforms of the components.
        """
        count = len(design)
        normal = np.empty((count, count, self.frequencies), dtype=np.complex128)
        right = np.empty((count, self.frequencies), dtype=np.complex128)
        _accumulate(design, self.data, normal, right)
        return self._solution(normal, right)

    def _solution(self, normal: ComplexArray, right: ComplexArray) -> Solution:
        components = solve_normal(normal, right, self.ridge)
        fitted = (right.conj() * components).real.sum(axis=0)
        penalty = self.ridge * (np.abs(components) ** 2).sum(axis=0)
        # |D − A c|² = |D|² − 2 Re(b* c) + c* N c, and N c = b − ridge c.
        chi2 = self.power - float((fitted + penalty) @ self.counts)
        return Solution(components, normal, max(chi2, 0.0))

    def chi2(self, shifts: FloatArray, strengths: FloatArray | None = None) -> float:
        """Return χ² of velocities: that of the best components.

        Parameters
        ----------
        shifts : ndarray
            Pixels, shape (components, epochs).
        strengths : ndarray, optional
            Line strengths of the same shape.

        Returns
        -------
        float
            Weighted sum of squared residuals.
        """
        return self.solve(shifts, strengths).chi2

    def explained(self, solution: Solution) -> float:
        """Return what the components explain of `power`; the rest is χ² with the regularisation's penalty."""
        penalty = self.ridge * (np.abs(solution.components) ** 2).sum(axis=0)
        return self.power - solution.chi2 - float(penalty @ self.counts)

    def objective(self, solution: Solution) -> float:
        """Return χ² with the penalty of the regularisation: what the components minimise."""
        return self.power - self.explained(solution)

    def residuals(self, design: ComplexArray, solution: Solution) -> ComplexArray:
        """Return weighted residuals of the transforms, shape (epochs, frequencies).

        Parameters
        ----------
        design : ndarray
            As `design` returned it.
        solution : Solution
            Of that design.

        Returns
        -------
        ndarray
            Complex, shape (epochs, frequencies).
        """
        return np.asarray(self.data - np.einsum("jkf,jf->kf", design, solution.components))

    def spectra(self, solution: Solution, n: int) -> FloatArray:
        """Return components as deviations from the continuum, shape (components, n).

        Parameters
        ----------
        solution : Solution
            With transforms.
        n : int
            Points.

        Returns
        -------
        ndarray
            Shape (components, n).
        """
        whole = np.zeros((len(solution.components), self.size // 2 + 1), dtype=np.complex128)
        whole[:, : self.frequencies] = solution.components
        return np.asarray(fft.irfft(whole, self.size, axis=1)[:, :n])


def _accumulate(design: ComplexArray, data: ComplexArray, normal: ComplexArray, right: ComplexArray) -> None:
    """Write the normal equations of some frequencies into `normal` and `right`."""
    conjugate = design.conj()
    for first in range(len(design)):
        right[first] = (conjugate[first] * data).sum(axis=0)
        normal[first, first] = (design[first].real ** 2 + design[first].imag ** 2).sum(axis=0)
        for second in range(first + 1, len(design)):
            normal[first, second] = (conjugate[first] * design[second]).sum(axis=0)
            normal[second, first] = normal[first, second].conj()


def solve_normal(normal: ComplexArray, right: ComplexArray, ridge: FloatArray) -> ComplexArray:
    """Solve Hermitian systems, one per frequency.

    Parameters
    ----------
    normal : ndarray
        Shape (components, components, frequencies).
    right : ndarray
        Shape (components, frequencies).
    ridge : ndarray
        Added to the diagonals, shape (frequencies,); positive where a system may be singular.

    Returns
    -------
    ndarray
        Shape (components, frequencies).
    """
    count = len(normal)
    if count == 1:
        return np.asarray(right / (normal[0, 0].real + ridge))
    if count == 2:
        first, second = normal[0, 0].real + ridge, normal[1, 1].real + ridge
        across = normal[0, 1]
        determinant = first * second - np.abs(across) ** 2
        return np.stack(
            [
                (second * right[0] - across * right[1]) / determinant,
                (first * right[1] - across.conj() * right[0]) / determinant,
            ]
        )
    systems = np.moveaxis(normal, 2, 0) + ridge[:, None, None] * np.eye(count)
    return np.asarray(np.linalg.solve(systems, right.T[..., None])[..., 0].T)


def ridge(data: ComplexArray, weights: FloatArray, size: int, stars: int) -> FloatArray:
    """Return the inverse of the power that components are expected to have at each frequency.

    The mean power of the composites, smoothed over frequencies, less that of the noise, is shared by the
    components; as in Wiener's filter, what lies below the noise is not believed.

    Parameters
    ----------
    data : ndarray
        Transforms of the composites times the roots of the weights, shape (epochs, frequencies).
    weights : ndarray
        Inverse variances of a pixel, shape (epochs,).
    size : int
        Points of the periodic spectra.
    stars : int
        Components.

    Returns
    -------
    ndarray
        Shape (frequencies,), positive.
    """
    total = float(weights.sum())
    power = (np.abs(data) ** 2).sum(axis=0) / max(total, 1e-300) / size
    noise = float((weights > 0).sum()) / max(total, 1e-300)
    edges = np.unique(np.geomspace(1, len(power), BANDS).astype(int))
    middles = 0.5 * (edges[1:] + edges[:-1] - 1)
    means = [power[low:high].mean() for low, high in itertools.pairwise(edges)]
    smooth = np.interp(np.arange(len(power)), middles, means)
    least = max(LEAST_POWER * float(smooth.max(initial=0.0)), 1e-300)
    return np.asarray(stars**SHARED / np.maximum(smooth - noise, least))


def taper(n: int) -> FloatArray:
    """Return weights that fall to 0 at both ends as a cosine, shape (n,).

    Parameters
    ----------
    n : int
        Points.

    Returns
    -------
    ndarray
        Shape (n,), 1 in the middle.
    """
    width = max(round(TAPER * n), 1)
    ends = 0.5 - 0.5 * np.cos(np.pi * (np.arange(width) + 0.5) / width)
    found = np.ones(n)
    found[:width] = ends
    found[-width:] = ends[::-1]
    return found
