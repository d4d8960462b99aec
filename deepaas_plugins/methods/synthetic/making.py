"""Makes the spectra and writes them as files: a chunk at a time, each spectrum from a seed of its own."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.synthetic.truth import Truth, check, draw, rest_wavelength
from spectra.simulation import profiles, stars
from spectra.simulation.broadening import convolved, gaussian_kernel
from spectra.synthetic import LIGHT_SPEED
from spectra.synthetic_marker import mark_synthetic

Floats = npt.NDArray[np.float64]

#: Values of a file: memory does not grow with the number of spectra.
FILE_VALUES = 2_000_000
#: Columns of the truth that labels.csv has beside those of a manifest.
TRUTH = ("vsini", "velocity", "strength", "temperature", "snr")


def make(params: Json, folder: Path, run: Run) -> None:
    """Write the spectra as NumPy archives, their truth as ``labels.csv``, and the marker of synthetic
    spectra.

    Parameters
    ----------
    params : Json
        Of `TrainParameters`.
    folder : Path
        Empty.
    run : Run
        Takes progress; asked whether to stop.

    Raises
    ------
    InvalidInput
        The parameters contradict each other.
    Cancelled
        The run was asked to stop.
    """
    check(params)
    truth = draw(params)
    wavelength = grid(params)
    mark_synthetic(folder, _readme(params))
    rows = max(FILE_VALUES // len(wavelength), 1)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "row", "name", "label", "group", *TRUTH])
        for number, first in enumerate(range(0, len(truth), rows), 1):
            chosen, name = range(first, min(first + rows, len(truth))), f"synthetic-{number:04d}.npz"
            flux, error = np.empty((2, len(chosen), len(wavelength)), dtype=np.float32)
            for place, one in enumerate(chosen):
                run.stop_if_cancelled()
                flux[place], error[place] = _observed(truth, one, wavelength, params)
                run.progress(one + 1, len(truth), "make")
            _write(folder / name, {"wavelength": wavelength, "flux": flux, "error": error}, truth, chosen)
            table.writerows(_lines(truth, chosen, name))


def grid(params: Json) -> Floats:
    """Return the wavelengths of the pixels.

    Parameters
    ----------
    params : Json
        Of `TrainParameters`.

    Returns
    -------
    ndarray
        Å in vacuum, shape (points,).
    """
    make_grid = np.geomspace if params["sampling"] == "log" else np.linspace
    return np.asarray(make_grid(params["minimum"], params["maximum"], params["points"]))


def _observed(truth: Truth, one: int, wavelength: Floats, params: Json) -> tuple[Floats, Floats]:
    """Return flux and error of a spectrum; both are NaN in a gap."""
    clean = (
        _star(truth, one, wavelength, params)
        if params["what"] == "stars"
        else _line(truth, one, wavelength, params)
    )
    random = np.random.default_rng([params["seed"], 3, one])
    place = (wavelength - wavelength.mean()) / np.ptp(wavelength)
    clean = clean * np.maximum(1.0 + random.normal(0.0, 1.0) * params["slope"] * place, 0.05)
    # Photon noise: it falls in absorption lines as the square root of the flux.
    sigma = np.sqrt(np.maximum(clean, 0.05)) / truth.snr[one]
    flux = clean + sigma * random.standard_normal(len(clean))
    if random.uniform() < params["gaps"]:
        width = max(int(params["gap_width"] * len(flux)), 1)
        first = int(random.integers(max(len(flux) - width, 1)))
        flux[first : first + width] = sigma[first : first + width] = np.nan
    return flux, sigma


def _line(truth: Truth, one: int, wavelength: Floats, params: Json) -> Floats:
    strength = (
        min(float(truth.strength[one]), 0.95) if truth.label[one] == "absorption" else truth.strength[one]
    )
    model = profiles.LineModel(
        truth.label[one], float(truth.vsini[one]), float(strength), params["limb_darkening"]
    )
    sigma = LIGHT_SPEED / params["resolution"] / 2.3548
    flux = convolved(model.flux(), gaussian_kernel(sigma, profiles.STEP))
    speed = LIGHT_SPEED * (wavelength / rest_wavelength(params) - 1.0) - truth.velocity[one]
    return np.asarray(np.interp(speed, profiles.VELOCITY, flux))


def _star(truth: Truth, one: int, wavelength: Floats, params: Json) -> Floats:
    fine = stars.fine_grid(float(wavelength[0]), float(wavelength[-1]))
    temperature = float(truth.temperature[one])
    flux = stars.normalised(fine, temperature, float(truth.vsini[one]), params["limb_darkening"])
    flux = stars.at_resolution(flux * stars.black_body(fine, temperature), params["resolution"])
    return np.asarray(np.interp(wavelength / (1.0 + truth.velocity[one] / LIGHT_SPEED), fine, flux))


def name_of(number: int) -> str:
    """Return the name of a spectrum by its number."""
    return f"synthetic-{number:06d}"


def _write(path: Path, arrays: Mapping[str, npt.NDArray[Any]], truth: Truth, chosen: range) -> None:
    np.savez(
        path,
        allow_pickle=False,
        **arrays,
        name=np.array([name_of(one) for one in chosen]),
        label=np.array([truth.label[one] for one in chosen]),
        group=np.array([_star_name(truth, one) for one in chosen]),
        wavelength_unit=np.array("Angstrom"),
        frame=np.array("vacuum"),
    )


def _star_name(truth: Truth, one: int) -> str:
    return f"synthetic-star-{truth.star[one]:06d}"


def _lines(truth: Truth, chosen: range, path: str) -> list[list[object]]:
    table: list[list[object]] = []
    for one in chosen:
        values = (float(getattr(truth, key)[one]) for key in TRUTH)
        numbers = [f"{value:.6g}" if np.isfinite(value) else "" for value in values]
        known = [path, one - chosen.start, name_of(one), truth.label[one], _star_name(truth, one)]
        table.append([*known, *numbers])
    return table


def _readme(params: Json) -> str:
    said = ", ".join(f"{name} = {value}" for name, value in sorted(params.items()))
    return (
        "These spectra are SYNTHETIC: made by a generator (the module synthetic of Huggins), not observed.\n"
        "Their truth stands in labels.csv. Flux in arbitrary units, wavelength in vacuum, Angstrom.\n"
        f"Made with {said}.\n"
    )
