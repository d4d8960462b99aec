"""Profiles of a single line, as simple models of stars, discs and winds have them. They are synthetic.

A profile is the star's own line (a Gaussian with Lorentzian wings, broadened by rotation) with, by its kind,
the emission of a Keplerian disc (Huang 1972, ApJ 171, 549), the absorption of a disc before the star, or a
wind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spectra.simulation.broadening import convolved, gaussian_kernel, rotation_kernel
from spectra.spectrum import FloatArray
from spectra.synthetic import disc_profile

#: What profiles there are; also their labels.
KINDS = ("absorption", "single peak", "double peak", "P Cygni", "inverse P Cygni", "shell")
#: km/s between the points of the grid that profiles are made on.
STEP = 5.0
#: Velocities of the grid, km/s.
VELOCITY: FloatArray = np.arange(-4000.0, 4000.0 + STEP, STEP)


@dataclass(frozen=True)
class LineModel:
    """What a profile depends on.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    vsini : float
        Of the star and, for a disc, of its inner edge; km/s.
    strength : float
        Height of the emission over the continuum, or of an absorption its depth.
    limb_darkening : float
        0 to 1.
    depth : float
        Of the star's own line beneath an emission.
    width : float
        Standard deviation of the star's own line without rotation, km/s.
    """

    kind: str
    vsini: float
    strength: float
    limb_darkening: float = 0.6
    depth: float = 0.3
    width: float = 60.0

    def flux(self) -> FloatArray:
        """Return the flux over the continuum.

        Returns
        -------
        ndarray
            At `VELOCITY`, shape (points,); never negative.
        """
        depth = self.strength if self.kind == "absorption" else self.depth
        core = np.exp(-0.5 * (VELOCITY / self.width) ** 2) + 0.15 / (1.0 + (VELOCITY / (5 * self.width)) ** 2)
        rotation = rotation_kernel(self.vsini, self.limb_darkening, STEP)
        photosphere = 1.0 - min(depth, 0.98) * convolved(core / 1.15, rotation)
        if self.kind == "absorption":
            return photosphere
        return np.asarray(np.maximum(photosphere + self._around(), 0.0))

    def _around(self) -> FloatArray:
        """Return what the matter around the star adds."""
        speed = max(self.vsini, 60.0)
        if self.kind == "single peak":  # a disc nearly pole-on: turbulence hides its two peaks
            return self.strength * _unit(np.exp(-0.5 * (VELOCITY / (0.5 * speed)) ** 2))
        if self.kind in ("P Cygni", "inverse P Cygni"):
            side = -1.0 if self.kind == "P Cygni" else 1.0
            emission = _unit(np.exp(-0.5 * (VELOCITY / (0.7 * speed)) ** 2))
            wind = np.exp(-0.5 * ((VELOCITY - side * 1.4 * speed) / (0.35 * speed)) ** 2)
            return np.asarray(self.strength * emission - min(0.5 * self.strength + 0.3, 0.9) * wind)
        outer = 0.5 * speed
        disc = disc_profile(VELOCITY, outer, 2.2 * outer, 2.0)
        disc = _unit(convolved(disc, gaussian_kernel(0.12 * speed, STEP)))
        if self.kind == "double peak":
            return self.strength * disc
        core = np.exp(-0.5 * (VELOCITY / (0.2 * speed)) ** 2)
        return np.asarray(self.strength * disc - (0.45 * self.strength + 0.5) * core)


def _unit(values: FloatArray) -> FloatArray:
    return np.asarray(values / values.max())
