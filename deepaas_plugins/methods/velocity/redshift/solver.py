"""Fits sets of templates with a polynomial at all redshifts at once.

On a logarithmic grid a redshift is a shift, so that every element of the normal equations of a least-squares
fit, Σ w bᵢ(x + k) bⱼ(x + k), is a correlation: FFT gives it for all shifts k. Coefficients of templates are
not negative: where one would be, its χ² is that without the template, as far as one alone is concerned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.velocity.correlation import LIGHT_SPEED
from deepaas_plugins.methods.velocity.redshift.bases import (
    Basis,
    galaxy_basis,
    quasar_basis,
    rest_grid,
    star_bases,
)

Floats = npt.NDArray[np.float64]

#: Terms of the polynomial that is fitted beside the templates.
TERMS = 4
#: Added to the diagonal of the normal equations, whose elements are at most 1.
RIDGE = 1e-6
#: Columns over which the noise is measured.
WINDOW = 61
#: Redshifts nearer than this are the same, km/s.
APART = 3000.0
TEMPERATURES = (3300.0, 4200.0, 5200.0, 6200.0, 7500.0, 10_000.0, 15_000.0, 28_000.0)


@dataclass(frozen=True)
class Solution:
    """The best redshift of a spectrum, and the next.

    Attributes
    ----------
    redshift, sigma
        Of the best.
    name, kind
        Its class, and which template of it.
    chi2
        Of it, over the degrees of freedom.
    margin
        How much greater χ² is at the next best redshift, `second`, of the class `second_name`, or without any
        template, where that is less; over the scale of χ².
    curves
        Redshifts and χ² less its minimum, of each class.
    """

    redshift: float
    sigma: float
    name: str
    kind: str
    chi2: float
    margin: float
    second: float
    second_name: str
    curves: dict[str, tuple[Floats, Floats]]


class RedshiftSolver:
    """Finds redshifts of spectra on one grid.

    Parameters
    ----------
    wavelength
        Even in the logarithm, Å in vacuum, shape (columns,).
    bases
        At rest, from ``origin`` on.
    origin
        First wavelength of the bases, Å.
    """

    def __init__(self, wavelength: Floats, bases: Sequence[Basis], origin: float) -> None:
        self.wavelength, self._bases = wavelength, bases
        self.step = float(np.log10(wavelength[-1] / wavelength[0])) / (len(wavelength) - 1)
        self._first = round(float(np.log10(wavelength[0] / origin)) / self.step)
        # What the rounding to whole columns leaves belongs to every redshift.
        self._rest = float(np.log10(wavelength[0] / origin)) - self._first * self.step
        place = np.linspace(-1.0, 1.0, len(wavelength))
        self._polynomials = np.array([place**power for power in range(TERMS)])

    @classmethod
    def of(cls, wavelength: Floats, highest: float) -> Self:
        """Return a solver with the synthetic bases.

        Parameters
        ----------
        wavelength : ndarray
            Of the spectra, Å in vacuum, shape (columns,).
        highest : float
            Redshift.

        Raises
        ------
        InvalidInput
            The grid is not even in the logarithm, or covers too little.
        """
        steps = np.diff(np.log10(wavelength))
        if len(steps) < 200 or np.ptp(steps) > 1e-3 * steps.mean():
            raise InvalidInput(
                "Redshifts need at least 200 points that are even in the logarithm of the "
                "wavelength: let the step "
                "resample of the recipe sample log."
            )
        if wavelength[-1] / wavelength[0] < 1.25:
            raise InvalidInput(
                f"The spectra reach from {wavelength[0]:.0f} to {wavelength[-1]:.0f} Å, too few lines for a "
                "redshift: take a wider range."
            )
        step = float(steps.mean())
        first = float(wavelength[0]) / (1.0 + highest) * 10 ** (-3 * step)
        grid = rest_grid(first, float(wavelength[-1]) * 1.01, step)
        bases = [*star_bases(grid, TEMPERATURES), galaxy_basis(grid), quasar_basis(grid, highest)]
        return cls(wavelength, bases, first)

    def solve(self, flux: npt.NDArray[np.floating]) -> Solution:
        """Find the redshift of a spectrum.

        Parameters
        ----------
        flux : ndarray
            Shape (columns,); zeros and values that are no numbers count as missing.

        Returns
        -------
        Solution
            The best of all classes.
        """
        values = np.nan_to_num(np.asarray(flux, dtype=np.float64))
        weight = weights(values)
        found = []
        for basis in self._bases:
            shifts, chi2 = self._curve(values, weight, basis)
            found.append((basis, 10.0 ** (shifts * self.step + self._rest) - 1.0, chi2))
        return _best(found, self._none(values, weight), int((weight > 0).sum()), self.step)

    def _none(self, flux: Floats, weight: Floats) -> float:
        """Return χ² of the polynomial alone: what no object at all leaves."""
        right = self._polynomials @ (weight * flux)
        normal = (weight * self._polynomials) @ self._polynomials.T
        solved = np.linalg.lstsq(normal, right, rcond=None)[0]
        return float((weight * flux**2).sum() - right @ solved)

    def _curve(self, flux: Floats, weight: Floats, basis: Basis) -> tuple[Floats, Floats]:
        """Return shifts in columns, and χ² at each, penalised by the number of free coefficients."""
        low, high = (np.log10(1.0 + z) / self.step for z in basis.range)
        shifts = np.arange(int(np.floor(low)), int(np.ceil(high)) + 1)
        lags = self._first - shifts
        inside = (lags >= 0) & (lags + len(flux) <= basis.columns.shape[1])
        shifts, lags = shifts[inside], lags[inside]
        normal, right = self._equations(flux, weight, basis.columns, lags)
        # A unit diagonal and a small ridge: templates that are alike, or lie outside, make no fit singular.
        length = np.sqrt(np.maximum(np.einsum("kii->ki", normal), 0.0))
        length = np.where(length > 1e-5 * length.max(axis=0), length, np.inf)
        normal = normal / length[:, :, None] / length[:, None, :] + RIDGE * np.eye(normal.shape[1])
        right = right / length
        inverse = np.linalg.inv(normal)
        solved = np.einsum("kij,kj->ki", inverse, right)
        chi2 = float((weight * flux**2).sum()) - (solved * right).sum(axis=1)
        own = slice(0, len(basis.columns))
        negative = np.minimum(solved[:, own], 0.0)
        chi2 = chi2 + (negative**2 / np.einsum("kii->ki", inverse)[:, own]).sum(axis=1)
        return shifts.astype(np.float64), chi2 + len(basis.columns) * np.log(len(flux))

    def _equations(
        self, flux: Floats, weight: Floats, columns: Floats, lags: npt.NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        size = next_fast_len(columns.shape[1] + len(flux), real=True)

        def correlated(values: Floats, templates: Floats) -> Floats:
            product = np.conj(rfft(values, size)) * rfft(templates, size)
            return np.asarray(irfft(product, size)[lags])

        many, terms = len(columns), len(self._polynomials)
        normal = np.empty((len(lags), many + terms, many + terms))
        right = np.empty((len(lags), many + terms))
        for i in range(many):
            right[:, i] = correlated(weight * flux, columns[i])
            for j in range(i + 1):
                normal[:, i, j] = normal[:, j, i] = correlated(weight, columns[i] * columns[j])
            for p, polynomial in enumerate(self._polynomials):
                normal[:, i, many + p] = normal[:, many + p, i] = correlated(weight * polynomial, columns[i])
        normal[:, many:, many:] = (weight * self._polynomials) @ self._polynomials.T
        right[:, many:] = self._polynomials @ (weight * flux)
        return normal, right


def weights(flux: Floats) -> Floats:
    """Return the weight of each pixel, one over the variance of its neighbourhood.

    Parameters
    ----------
    flux : ndarray
        Shape (columns,); zeros are missing.

    Returns
    -------
    ndarray
        Shape (columns,); 0 where nothing is known. From differences to the second neighbours (Stoehr et al.
        2008).
    """
    known = flux != 0.0
    difference = np.abs(2.0 * flux[2:-2] - flux[:-4] - flux[4:])
    padded = np.pad(difference, (WINDOW // 2 + 2, WINDOW // 2 + 2), mode="reflect")
    blocks = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: len(flux)]
    sigma = 0.6052697 * np.median(blocks, axis=1)
    typical = float(np.median(sigma[known])) if known.any() else 0.0
    if typical <= 0.0:
        return np.asarray(known, dtype=np.float64)
    return np.asarray(known / np.maximum(sigma, 0.3 * typical) ** 2)


def _best(found: list[tuple[Basis, Floats, Floats]], none: float, pixels: int, step: float) -> Solution:
    best = min(range(len(found)), key=lambda one: float(found[one][2].min()))
    basis, redshifts, chi2 = found[best]
    at = int(chi2.argmin())
    # Weights are estimated: what a perfect model leaves sets the scale of χ².
    scale = max(float(chi2[at]) / max(pixels, 1), 1.0)
    fraction, curvature = 0.0, float("nan")
    if 0 < at < len(chi2) - 1:
        low, mid, high = chi2[at - 1 : at + 2]
        curvature = float(low - 2.0 * mid + high)
        if curvature > 0:
            fraction = float(np.clip(0.5 * (low - high) / curvature, -0.5, 0.5))
    redshift = (1.0 + float(redshifts[at])) * 10.0 ** (fraction * step) - 1.0
    sigma = float("nan")
    if curvature > 0:
        sigma = (1.0 + redshift) * np.log(10.0) * step * float(np.sqrt(2.0 * scale / curvature))
    # No clearer than how much better than nothing it is.
    second, second_name, margin = float("nan"), "", none - float(chi2[at])
    curves: dict[str, tuple[Floats, Floats]] = {}
    least = float(chi2[at])
    for other, zs, values in found:
        away = np.abs(np.log((1.0 + zs) / (1.0 + redshift))) * LIGHT_SPEED > APART
        if other.name != basis.name:
            away[:] = True
        if away.any():
            where = int(np.where(away, values, np.inf).argmin())
            if float(values[where]) - least < margin:
                margin, second, second_name = float(values[where]) - least, float(zs[where]), other.name
        if other.name not in curves or values.min() < curves[other.name][1].min() + least:
            curves[other.name] = (zs, values - least)
    return Solution(
        redshift, sigma, basis.name, basis.kind, scale, margin / scale, second, second_name, curves
    )
