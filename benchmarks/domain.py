"""How well the domain tells strangers from spectra like those of training: `python -m benchmarks.domain`.

Sets of HUGGINS_DATA (else shared/data beside the project): quasars of SDSS given to a model of stars of
LAMOST, the same stars at half of their resolution, and kinds of transients and galaxies that a model of
supernovae never saw. The figure is the area under the ROC curve (AUROC) of the distance (in flux, coverage,
resolution and noise together), strangers against objects of the training kinds that were left out, in five
parts by object.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from sklearn.metrics import roc_auc_score

from benchmarks.accuracy import LAMOST, SUPERNOVAE, spectral_grid
from benchmarks.prepare import data_folder
from benchmarks.result import Result, print_result, print_table
from deepaas_plugins.pipeline.reliability.domain import Domain
from spectra import Recipe, Spectrum, iter_spectra
from spectra.batch import Observations

#: Parts by object: each is judged by the domain of the others.
PARTS = 5
#: Standard deviation, in pixels, that takes LAMOST's spectra to about half of their resolution.
SMOOTHING = 2.0
#: AUROC that quasars among stars must reach.
QUASARS = 0.90

Matrix = npt.NDArray[np.float32]
#: Prepared spectra, shape (rows, columns), and how they were observed.
Prepared = tuple[Matrix, Observations]
_POLYNOMIAL = {"step": "continuum", "method": "polynomial", "degree": 5}


def areas(known: Prepared, members: npt.NDArray[Any], strangers: Prepared) -> tuple[float, float, float]:
    """Return AUROC, and the shares of known and of strange spectra that are said to be outside.

    Parameters
    ----------
    known, strangers : tuple
        Prepared spectra, shape (rows, columns), float32, and their observations.
    members : ndarray
        Object of each known row, shape (rows,).

    Returns
    -------
    tuple of float
        Means over `PARTS` parts of the objects.
    """
    flux, observed = known
    objects, place = np.unique(members, return_inverse=True)
    part = np.random.default_rng(0).permutation(len(objects))[place] % PARTS
    found = []
    for number in range(PARTS):
        learn, judge = np.flatnonzero(part != number), np.flatnonzero(part == number)
        domain = Domain.fit(flux[learn], place[learn], observed.select(learn.tolist()))
        if domain is None:
            raise SystemExit("too few objects")
        inside = domain.answers(flux[judge], observed.select(judge.tolist()))
        outside = domain.answers(*strangers)
        scores = np.array([one["distance"] for one in [*inside, *outside]])
        strange = np.arange(len(scores)) >= len(inside)
        states = np.array([one["state"] == "outside" for one in [*inside, *outside]])
        area = float(roc_auc_score(strange, scores))
        found.append((area, float(states[~strange].mean()), float(states[strange].mean())))
    area, false, true = np.mean(found, axis=0)
    return float(area), float(false), float(true)


def quasars(data: Path) -> tuple[Prepared, npt.NDArray[Any], Prepared]:
    """Return LAMOST's stars and quasars of SDSS.

    Parameters
    ----------
    data : Path
        Folder of the sets.

    Returns
    -------
    tuple
        The stars, their designations, and the quasars.
    """
    stars, recipe = _stars(data)
    strange = [row["file"] for row in _rows(data / "sdss") if row["CLASS"] == "QSO"]
    known, names = _prepared(recipe, data / "lamost", list(stars))
    return known, np.array([stars[name] for name in names]), _prepared(recipe, data / "sdss", strange)[0]


def smoothed(data: Path) -> tuple[Prepared, npt.NDArray[Any], Prepared]:
    """Return LAMOST's stars, and the same at about half of their resolution on the same pixels.

    Parameters
    ----------
    data : Path
        Folder of the sets.

    Returns
    -------
    tuple
        The stars, their designations, and the smoothed ones.
    """
    stars, recipe = _stars(data)
    known, names = _prepared(recipe, data / "lamost", list(stars))
    coarse, _ = _prepared(recipe, data / "lamost", list(stars), smoothing=SMOOTHING)
    return known, np.array([stars[name] for name in names]), coarse


def _stars(data: Path) -> tuple[dict[str, str], Recipe]:
    """Return the files of LAMOST's stars with their designations, and the recipe."""
    stars = {
        row["file"]: row["designation"]
        for row in _rows(data / "lamost")
        if row["cls"] == "STAR" and row["subclass"][:1] in set("AFGK")
    }
    return stars, Recipe.from_json({"schema": 1, "steps": spectral_grid(*LAMOST, _POLYNOMIAL)})


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _prepared(
    recipe: Recipe, folder: Path, files: list[str], smoothing: float = 0.0
) -> tuple[Prepared, list[str]]:
    """Prepare files, smoothed by a Gaussian (pixels) where asked; those that are rejected are left out."""
    batches, names = [], []
    for file in files:
        read = iter_spectra(folder / file)
        if smoothing:
            read = (replace(one, flux=gaussian_filter1d(one.flux, smoothing)) for one in read)
        for batch in recipe.prepare(read):
            batches.append(batch)
            names += [file] * len(batch)
    observed = Observations.joined(
        [batch.observations for batch in batches], [len(batch) for batch in batches]
    )
    return (
        np.concatenate([batch.flux for batch in batches]),
        observed or Observations.unknown(len(names)),
    ), names


def _rows_of(grid: npt.NDArray[Any], flux: Matrix) -> Prepared:
    """Take the rows of a matrix for spectra, as uploading it does."""
    axis = grid.astype(np.float64)
    (batch,) = Recipe([]).prepare((Spectrum(axis, row) for row in flux), chunk=len(flux))
    return batch.flux, batch.observations or Observations.unknown(len(batch))


def supernovae(data: Path) -> tuple[Prepared, npt.NDArray[Any], Prepared]:
    """Return supernovae of the types that models know, and the open set.

    Parameters
    ----------
    data : Path
        Folder of the sets.

    Returns
    -------
    tuple
        The supernovae, their objects, and the open set.
    """
    with np.load(data / "supernovae" / "sn_snid_matrix.npz", allow_pickle=False) as arrays:
        kept = np.isin(arrays["type"], SUPERNOVAE)
        known, members = _rows_of(arrays["wave"], arrays["flux"][kept]), arrays["group"][kept]
    with np.load(data / "supernovae_open" / "open_matrix.npz", allow_pickle=False) as arrays:
        return known, members, _rows_of(arrays["wave"], arrays["flux"])


def main() -> int:
    """Measure all; print a table and the RESULT lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same: it takes seconds")
    parser.parse_args()
    data = data_folder()
    star = areas(*quasars(data))
    kinds = areas(*supernovae(data))
    coarse = areas(*smoothed(data))
    cells = [[f"{value:.3f}" for value in row] for row in (star, kinds, coarse)]
    print_table(
        ("strangers", "AUROC", "known outside", "strangers outside"),
        [
            ["quasars, LAMOST stars known", *cells[0]],
            ["open set, supernovae known", *cells[1]],
            ["LAMOST stars smoothed, LAMOST stars known", *cells[2]],
        ],
    )
    print_result(Result("domain_quasars", star[0], 0.5, star[0], "AUROC", f"≥ {QUASARS}", star[0] >= QUASARS))
    print_result(Result("domain_supernovae_open", kinds[0], 0.5, kinds[0], "AUROC", "printed", holds=True))
    print_result(Result("domain_smoothed", coarse[0], 0.5, coarse[0], "AUROC", "printed", holds=True))
    return 0 if star[0] >= QUASARS else 1


if __name__ == "__main__":
    sys.exit(main())
