"""Accuracy of the continua of the recipe's step.

`python -m benchmarks.continua [FOLDER]`: synthetic stars of all temperatures (module `synthetic`) are
multiplied by smooth curves and given noise; the root mean square is that of the normalised spectrum less the
true one. With a folder that has `miles`, its spectra are multiplied by such curves, too: since their
continuum is not known, what is told is by how much the normalised spectra then differ from those of the
spectra as they were.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.result import machine, print_table
from spectra import Recipe
from spectra.air import air_to_vacuum
from spectra.simulation import stars
from spectra.spectrum import Source, Spectrum, SpectrumMeta

Floats = npt.NDArray[np.float64]

SNR, COUNT = 50.0, 60
METHODS: dict[str, dict[str, object]] = {
    "polynomial": {"method": "polynomial", "degree": 5},
    "spline": {"method": "spline", "knots": 8},
    "quantile 0.9": {"method": "quantile", "quantile": 0.9, "window": 200.0},
    "asymmetric": {"method": "asymmetric", "smoothness": 1e7, "asymmetry": 0.95},
    "alpha-shape": {"method": "alpha-shape"},
}


def synthetic(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Make true normalised spectra.

    Parameters
    ----------
    random : Generator
        Of their temperatures.

    Returns
    -------
    grid, flux : ndarray
        Å, shape (points,); shape (spectra, points).
    """
    grid = np.geomspace(4000.0, 6900.0, 2000)
    fine = stars.fine_grid(float(grid[0]), float(grid[-1]))
    temperatures = np.exp(random.uniform(np.log(4200.0), np.log(28_000.0), COUNT))
    flux = [stars.at_resolution(stars.normalised(fine, one, 50.0), 2000.0) for one in temperatures]
    return grid, np.array([np.interp(grid, fine, one) for one in flux])


def curves(grid: Floats, count: int, random: np.random.Generator) -> Floats:
    """Return smooth positive curves: the exponentials of cubic polynomials.

    Parameters
    ----------
    grid : ndarray
        Shape (points,).
    count : int
        How many.
    random : Generator
        Of their coefficients.

    Returns
    -------
    ndarray
        Shape (count, points).
    """
    place = np.linspace(-1.0, 1.0, len(grid))
    return np.asarray(np.exp(random.normal(0.0, 0.3, (count, 3)) @ np.array([place, place**2, place**3])))


def normalised(grid: Floats, flux: Floats, step: dict[str, object]) -> Floats:
    """Return spectra divided by the continuum of a step.

    Parameters
    ----------
    grid : ndarray
        Å, shape (points,).
    flux : ndarray
        Shape (spectra, points).
    step : dict
        Its parameters.

    Returns
    -------
    ndarray
        NaN where a spectrum is rejected; shape (spectra, points).
    """
    recipe = Recipe.from_json({"schema": 1, "steps": [{"step": "continuum", **step}]})
    found = np.full(flux.shape, np.nan)
    spectra = [
        Spectrum(grid, one, None, None, SpectrumMeta(name=str(number), source=Source(str(number))))
        for number, one in enumerate(flux)
    ]
    for batch in recipe.prepare(spectra, lambda _rejection: None):
        found[[int(name) for name in batch.names]] = batch.flux
    return found


def main(folder: Path | None) -> None:
    """Print the table of all methods."""
    random = np.random.default_rng(0)
    grid, true = synthetic(random)
    seen = true * curves(grid, len(true), random)
    seen += random.normal(0.0, 1.0 / SNR, seen.shape) * np.sqrt(np.maximum(seen, 0.05))
    noise = np.sqrt(np.maximum(seen, 0.05)) / SNR
    real = _miles(folder) if folder else None
    rows = []
    for name, step in METHODS.items():
        made = normalised(grid, seen, step)
        # What noise alone makes is not the continuum's.
        away = np.sqrt(np.maximum(np.nanmean((made - true) ** 2 - noise**2, axis=1), 0.0))
        row = [name, float(np.nanmedian(away)), float(np.nanpercentile(away, 90)), int(np.isnan(away).sum())]
        if real is not None:
            row.append(_moved(*real, step))
        rows.append(row)
    print(machine())
    print_table(("method", "rms, median", "rms, 90 %", "rejected", "MILES: change")[: len(rows[0])], rows)


def _miles(folder: Path) -> tuple[Floats, Floats]:
    with np.load(folder / "miles" / "miles_matrix.npz", allow_pickle=False) as file:
        wavelength, flux = air_to_vacuum(file["wave_air"]), np.asarray(file["flux"], dtype=np.float64)
    some = (wavelength > 4000.0) & (wavelength < 6900.0)
    flux = flux[(np.isfinite(flux) & (flux > 0)).all(axis=1)][::8][:, some]
    return wavelength[some], flux / np.median(flux, axis=1, keepdims=True)


def _moved(grid: Floats, flux: Floats, step: dict[str, object]) -> float:
    curved = flux * curves(grid, len(flux), np.random.default_rng(1))
    away = normalised(grid, curved, step) - normalised(grid, flux, step)
    return float(np.nanmedian(np.sqrt(np.nanmean(away**2, axis=1))))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
