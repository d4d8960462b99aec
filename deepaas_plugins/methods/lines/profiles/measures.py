"""Equivalent width, centre, width and peaks of profiles, many at once.

An equivalent width is positive in absorption and negative in emission, as usual for stars. Its error is
that of the pixels (with the correlation of neighbours that the noise of the smoothed residual shows) and of
the continuum. Vollmann & Eversberg (2006, AN 327, 862) derive both from photons; here both are measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.lines.profiles.structure import dips

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Scale at which the extent of a line is seen; peaks are taken from the one before.
EXTENT, PEAKS = 2, 1
#: A line reaches to where it is no longer so many times its noise, or so large a share of its extremum.
EDGE_NOISE, EDGE_SHARE = 2.5, 0.03


@dataclass(frozen=True)
class Profiles:
    """The profiles of a chunk, and what is known of their noise.

    Attributes
    ----------
    smoothed
        ``flux / continuum - 1`` at every scale, shape (rows, columns) each.
    noise
        Its standard deviation at every scale, shape (scales, rows).
    velocity
        km/s from the line, shape (columns,).
    wavelength
        Å, shape (columns,).
    continuum_pixels
        Pixels that the continuum was fitted to, shape (rows,).
    correlation
        By how much the noise of a sum exceeds that of independent pixels, shape (rows,).
    """

    smoothed: list[Floats]
    noise: Floats
    velocity: Floats
    wavelength: Floats
    continuum_pixels: Floats
    correlation: Floats


@dataclass(frozen=True)
class Measures:
    """Measurements, shape (rows,) each; NaN where there is nothing to measure.

    Attributes
    ----------
    ew, ew_error
        Equivalent width, Å.
    velocity, velocity_error
        Centre of the line, weighted by its flux, km/s.
    fwhm
        Full width at half of the extremum, of both peaks together where there are two, km/s.
    peak
        Largest deviation from the continuum, in units of it: negative in absorption.
    snr
        Of the largest deviation, at the scale where it is most significant.
    violet, red
        Heights of the two peaks; `v_r` is their ratio.
    separation
        Of the two peaks, km/s.
    depth
        Of the dip between them below the lower one, over its noise.
    """

    ew: Floats
    ew_error: Floats
    velocity: Floats
    velocity_error: Floats
    fwhm: Floats
    peak: Floats
    snr: Floats
    violet: Floats
    red: Floats
    separation: Floats
    depth: Floats

    @property
    def v_r(self) -> Floats:
        """Violet over red peak, NaN unless both are above the continuum.

        Returns
        -------
        ndarray
            Shape (rows,).
        """
        ratio: Floats = np.where(
            (self.violet > 0) & (self.red > 0), self.violet / np.where(self.red > 0, self.red, 1.0), np.nan
        )
        return ratio


def measure(profiles: Profiles, emission: Mask, peaks: Mask) -> Measures:
    """Measure profiles.

    Parameters
    ----------
    profiles : Profiles
        Within the half width about the line.
    emission : ndarray
        Whether the profile is measured as an emission; shape (rows,).
    peaks : ndarray
        Whether it is of a class with two peaks; shape (rows,).

    Returns
    -------
    Measures
        One entry per row.
    """
    raw, fine = profiles.smoothed[0], profiles.smoothed[PEAKS]
    sign = np.where(emission, 1.0, -1.0)[:, None]
    rows = np.arange(len(raw))
    top = np.argmax(sign * fine, axis=1)
    peak = fine[rows, top]
    inside = extent(profiles, np.abs(peak))
    ew, ew_error = _equivalent_width(profiles, inside)
    centre, centre_error = _centroid(profiles, inside, sign)
    dip = dips(sign * fine)
    violet, violet_at = _refined(sign * fine, dip.left, profiles.velocity)
    red, red_at = _refined(sign * fine, dip.right, profiles.velocity)
    two = peaks & (dip.depth > np.maximum(3.0 * profiles.noise[PEAKS], 0.05 * np.abs(peak)))
    first, last = np.where(two, dip.left, top), np.where(two, dip.right, top)
    nothing = np.full(len(raw), np.nan)
    return Measures(
        ew=ew,
        ew_error=ew_error,
        velocity=centre,
        velocity_error=centre_error,
        fwhm=_half_width(sign * fine, np.abs(peak) / 2.0, first, last, profiles.velocity),
        peak=peak,
        snr=np.max(
            [
                np.abs(one).max(axis=1) / sigma
                for one, sigma in zip(profiles.smoothed, profiles.noise, strict=True)
            ],
            axis=0,
        ),
        violet=np.where(two, violet, nothing),
        red=np.where(two, red, nothing),
        separation=np.where(two, red_at - violet_at, nothing),
        depth=dip.depth / profiles.noise[PEAKS],
    )


def extent(profiles: Profiles, peak: Floats) -> Mask:
    """Return the columns that a line reaches over.

    Parameters
    ----------
    profiles : Profiles
        The rows.
    peak : ndarray
        Largest deviation of each, positive, shape (rows,).

    Returns
    -------
    ndarray
        Shape (rows, columns): from the first to the last column that deviates significantly, and one pixel
        to either side.
    """
    smooth = np.abs(profiles.smoothed[EXTENT])
    deviates = smooth > np.maximum(EDGE_NOISE * profiles.noise[EXTENT], EDGE_SHARE * peak)[:, None]
    columns = smooth.shape[1]
    any_one = deviates.any(axis=1)
    first = np.where(any_one, deviates.argmax(axis=1) - 1, 0)
    last = np.where(any_one, columns - deviates[:, ::-1].argmax(axis=1), columns - 1)
    places = np.arange(columns)
    found: Mask = (places >= first[:, None]) & (places <= last[:, None])
    return found


def _equivalent_width(profiles: Profiles, inside: Mask) -> tuple[Floats, Floats]:
    steps = np.gradient(profiles.wavelength)
    ew = -(profiles.smoothed[0] * inside * steps).sum(axis=1)
    pixel = profiles.noise[0] * profiles.correlation
    sums = np.sqrt((inside * steps**2).sum(axis=1))
    level = (inside * steps).sum(axis=1) / np.sqrt(np.maximum(profiles.continuum_pixels, 1.0))
    return ew, pixel * np.hypot(sums, level)


def _centroid(profiles: Profiles, inside: Mask, sign: Floats) -> tuple[Floats, Floats]:
    """Return the mean velocity, weighted by what exceeds half of nothing on the line's own side."""
    weight = np.maximum(sign * profiles.smoothed[0], 0.0) * inside
    total = np.maximum(weight.sum(axis=1), 1e-300)
    centre = (weight * profiles.velocity).sum(axis=1) / total
    away = (profiles.velocity - centre[:, None]) ** 2 * (weight > 0)
    error = profiles.noise[0] * np.sqrt(away.sum(axis=1)) / total
    return centre, error


def _refined(values: Floats, place: Integers, velocity: Floats) -> tuple[Floats, Floats]:
    """Return height and velocity of maxima by a parabola through three pixels, shape (rows,) each."""
    rows = np.arange(len(values))
    at = np.clip(place, 1, values.shape[1] - 2)
    before, here, after = (values[rows, at + shift] for shift in (-1, 0, 1))
    bend = before - 2.0 * here + after
    shift = np.where(bend < 0.0, 0.5 * (before - after) / np.where(bend < 0.0, bend, 1.0), 0.0)
    shift = np.clip(shift, -1.0, 1.0)
    height = here - 0.25 * (before - after) * shift
    step = 0.5 * (velocity[at + 1] - velocity[at - 1])
    return height, velocity[at] + shift * step


def _half_width(values: Floats, level: Floats, first: Integers, last: Integers, velocity: Floats) -> Floats:
    """Return the width at a level, from the left of one place to the right of another, shape (rows,).

    NaN where the profile does not fall below the level within its columns.
    """
    columns = values.shape[1]
    places = np.arange(columns)
    below = values < level[:, None]
    left = np.where(below & (places <= first[:, None]), places, -1).max(axis=1)
    right = np.where(below & (places >= last[:, None]), places, columns).min(axis=1)
    ends = [
        _crossing(values, level, left, left + 1, velocity),
        _crossing(values, level, right, right - 1, velocity),
    ]
    return np.where((left >= 0) & (right < columns), ends[1] - ends[0], np.nan)


def _crossing(values: Floats, level: Floats, out: Integers, inner: Integers, velocity: Floats) -> Floats:
    """Return where a line between a pixel below a level and its neighbour above it crosses the level."""
    rows = np.arange(len(values))
    columns = values.shape[1] - 1
    out, inner = np.clip(out, 0, columns), np.clip(inner, 0, columns)
    low, high = values[rows, out], values[rows, inner]
    rise = high - low
    share = np.where(rise > 0, (level - low) / np.where(rise > 0, rise, 1.0), 0.5)
    found: Floats = velocity[out] + np.clip(share, 0.0, 1.0) * (velocity[inner] - velocity[out])
    return found
