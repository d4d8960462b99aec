"""Labelled sets as pools: an oracle knows the labels of a part, held-out objects judge the models."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepaas_plugins.learning.pool import NOWHERE
from spectra import Batch, FeatureSetWriter

TYPES = ("Ia", "Ib", "Ic", "II", "IIb")
MK_CLASSES = ("B", "A", "F", "G", "K", "M")
HELD_OUT = 0.25

Strings = npt.NDArray[np.str_]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Labelled:
    """A labelled set.

    Attributes
    ----------
    flux
        Shape (rows, columns).
    labels, groups
        Class and object of each row, shape (rows,).
    """

    flux: Matrix
    labels: Strings
    groups: Strings

    def split(self, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the rows of the pool and those of held-out objects, stratified by class."""
        rng = np.random.default_rng(seed)
        held = np.zeros(len(self.labels), dtype=bool)
        for name in np.unique(self.labels):
            objects = np.unique(self.groups[self.labels == name])
            count = max(1, round(HELD_OUT * len(objects)))
            held |= np.isin(self.groups, rng.choice(objects, count, replace=False))
        return np.flatnonzero(~held), np.flatnonzero(held)


def supernovae(data: Path) -> Labelled:
    """Return the SNID templates of five types; objects are supernovae."""
    with np.load(data / "supernovae" / "sn_snid_matrix.npz", allow_pickle=False) as arrays:
        flux, kinds, groups = arrays["flux"], arrays["type"], arrays["group"]
    kept = np.isin(kinds, TYPES)
    low, high = np.percentile(flux[kept], (0.1, 99.9))
    return Labelled(np.clip(flux[kept], low, high), kinds[kept], groups[kept])


def miles(data: Path) -> Labelled:
    """Return the MILES stars of classes B to M: logarithm of flux less a smooth continuum."""
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415 - takes long to import

    with np.load(data / "miles" / "miles_matrix.npz", allow_pickle=False) as arrays:
        flux, names = arrays["flux"], arrays["name"]
    with (data / "miles" / "labels.csv").open(newline="") as stream:
        classes = {int(line["row"]): line["mk_class"] for line in csv.DictReader(stream)}
    labels = np.array([classes.get(row, "") for row in range(len(flux))])
    kept = np.isin(labels, MK_CLASSES)
    log = np.log(np.maximum(flux[kept], 1e-3))
    return Labelled((log - gaussian_filter1d(log, 40, axis=1)).astype(np.float32), labels[kept], names[kept])


SETS: dict[str, Callable[[Path], Labelled]] = {"supernovae": supernovae, "MILES": miles}


def write_pool(labelled: Labelled, rows: npt.NDArray[np.int64], path: Path) -> None:
    """Write rows as a feature set without labels.

    Parameters
    ----------
    labelled : Labelled
        The set.
    rows : ndarray
        Of the pool, shape (n,).
    path : Path
        The file.
    """
    with FeatureSetWriter(path, wavelength=None) as writer:
        writer.write(
            Batch(
                flux=labelled.flux[rows],
                wavelength=None,
                names=[f"row {row}" for row in rows],
                labels=[None] * len(rows),
                groups=[str(name) for name in labelled.groups[rows]],
                sources=[NOWHERE] * len(rows),
            )
        )
