"""Accuracy of radial velocities and redshifts on real spectra.

`python -m benchmarks.velocity FOLDER`: the folder with `miles`, `sdss` and `redshift` (see
`docs/accuracy.md`). Radial velocities: spectra of MILES are moved by known velocities and given noise; what
is found is held against what is found of the spectrum that was not moved, since stars have velocities of
their own. Redshifts: all files of SDSS with a known one. The network: the greatest difference from its
published outputs, where its weights are there.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

import spectra
from benchmarks.result import Result, machine, print_result
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.velocity import templates
from deepaas_plugins.methods.velocity.correlation import LIGHT_SPEED
from deepaas_plugins.methods.velocity.measuring import FLAGS, Meter
from deepaas_plugins.methods.velocity.parameters import TrainParameters
from deepaas_plugins.methods.velocity.redshift.model import answer
from deepaas_plugins.methods.velocity.redshift.network import Network
from deepaas_plugins.methods.velocity.redshift.solver import RedshiftSolver
from deepaas_plugins.methods.velocity.redshift.training import CATASTROPHIC
from spectra.air import air_to_vacuum

Floats = npt.NDArray[np.float64]

SNR, HIGHEST, EVERY = 50.0, 300.0, 4
#: First and last wavelength (Å), and points: of BOSS, and of the spectrograph before it.
BOSS, LEGACY = (3605.0, 10_300.0, 2280), (3840.0, 9170.0, 1900)


def velocities(folder: Path) -> None:
    """Print the accuracy of velocities with synthetic templates, a mask, and real templates."""
    with np.load(folder / "miles" / "miles_matrix.npz", allow_pickle=False) as file:
        wavelength, flux = air_to_vacuum(file["wave_air"]), file["flux"]
    flux = flux[(np.isfinite(flux) & (flux > 0)).all(axis=1)][::EVERY]
    flux = flux / np.median(flux, axis=1, keepdims=True)
    random = np.random.default_rng(0)
    true = random.uniform(-HIGHEST, HIGHEST, len(flux))
    grid = np.geomspace(4000.0, 6800.0, 7950)
    moved = np.array(
        [
            np.interp(wavelength / (1.0 + v / LIGHT_SPEED), wavelength, one)
            for v, one in zip(true, flux, strict=True)
        ]
    )
    moved += random.normal(0.0, 1.0 / SNR, moved.shape) * np.sqrt(np.maximum(moved, 0.05))
    noisy, still = (np.array([np.interp(grid, wavelength, one) for one in some]) for some in (moved, flux))
    pixel = float(np.median(np.diff(wavelength))) / 5200.0 * LIGHT_SPEED
    for kind in ("synthetic", "mask", "dataset"):
        meter, own = _meter(kind, grid, still)
        began = time.process_time()
        found, zero = meter.measure(noisy, own), meter.measure(still, own)
        seconds = (time.process_time() - began) / 2 / len(flux)
        away = found.velocity - zero.velocity - true
        scatter = 1.4826 * float(np.median(np.abs(away - np.median(away))))
        good = sum(FLAGS[one] == "good" for one in found.flag)
        print(
            f"{kind}: offset {np.median(away):+.2f}, robust σ {scatter:.2f}, rms {np.std(away):.2f} km/s, "
            f"{good} of {len(flux)} good, "
            f"median formal σ {np.nanmedian(found.sigma):.1f}, {1e3 * seconds:.0f} ms a spectrum"
        )
        _claim(f"velocity_{kind}", scatter / pixel, "pixel", 0.05)


def _meter(kind: str, grid: Floats, still: Floats) -> tuple[Meter, npt.NDArray[np.int64] | None]:
    params = load_parameters(TrainParameters, {"templates": kind, "bisector": False})
    on = templates.Grid.of(grid, params["highest"])
    if kind != "dataset":
        return Meter(on, templates.synthetic(on, params)[1], params), None
    rows = np.arange(0, len(still), 6)
    own = np.full(len(still), -1)
    own[rows] = np.arange(len(rows))
    return Meter(on, templates.given(on, still[rows], params), params), own


def redshifts(folder: Path) -> None:
    """Print every SDSS file with its redshift, the misses marked, and the share of them."""
    solvers: dict[tuple[float, float, int], RedshiftSolver] = {}
    missed = flagged = total = 0
    for line, spectrum in _known(folder / "sdss"):
        grid = BOSS if spectrum.wavelength[-1] > BOSS[1] else LEGACY
        if grid not in solvers:
            solvers[grid] = RedshiftSolver.of(np.geomspace(*grid), 5.0)
        flux = _prepared(spectrum, grid)
        found = answer(solvers[grid].solve(flux), flux)
        true = float(line["Z"])
        away = LIGHT_SPEED * (found["redshift"] - true) / (1.0 + true)
        wrong = abs(away) > CATASTROPHIC
        total, missed = total + 1, missed + wrong
        flagged += wrong and found["flag"] != "good"
        print(
            f"{Path(line['file']).name:32s} {line['CLASS']:6s} S/N {float(line['SN_MEDIAN_ALL']):5.1f} "
            f"z {true:8.5f} found {found['label']:7s} {found['redshift']:8.5f} ({away:+7.0f} km/s) "
            f"{found['flag']}" + (" MISSED" if wrong else "")
        )
    print(f"{missed} of {total} missed, {flagged} of these flagged as weak")
    _claim("redshift_catastrophic", missed / total, "", 0.01)


def _known(folder: Path) -> Iterator[tuple[dict[str, str], spectra.Spectrum]]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["Z"]:
                yield line, spectra.read(folder / line["file"])[0]


def _prepared(spectrum: spectra.Spectrum, grid: tuple[float, float, int]) -> npt.NDArray[np.float32]:
    low, high, points = grid
    sample = {
        "minimum": low,
        "maximum": high,
        "points": points,
        "sampling": "log",
        "method": "flux-conserving",
    }
    steps = [{"step": "mask"}, {"step": "resample", **sample}, {"step": "scale", "method": "median"}]
    recipe = spectra.Recipe.from_json({"schema": 1, "steps": steps})

    def rejected(rejection: spectra.Rejection) -> None:
        raise ValueError(rejection.reason)

    return np.asarray(next(iter(recipe.prepare([spectrum], rejected))).flux[0])


def network(folder: Path) -> None:
    """Print the greatest difference of the network's outputs from the published ones."""
    made = Network.read(folder / "test_weights_6_layer.h5").outputs(np.load(folder / "coadd_x.npy"))
    away = float(np.abs(made - np.load(folder / "qnet_output_6_layer.npy")).max())
    _claim("redshift_network", away, "", 1e-4)


def _claim(name: str, value: float, unit: str, most: float) -> None:
    print_result(Result(name, value, most, value / most, unit, f"≤ {most:g}", value <= most))


if __name__ == "__main__":
    data = Path(sys.argv[1])
    print(machine())
    velocities(data)
    redshifts(data)
    network(data / "redshift")
