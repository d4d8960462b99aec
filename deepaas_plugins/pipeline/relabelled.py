"""Some rows of a feature set with labels of their own, as a feature set."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from jobfolder.names import TRAINING_ROWS
from spectra import FeatureSet, FeatureSetWriter

IntArray = npt.NDArray[np.int64]

#: Rows that are read at a time.
BLOCK = 2048


def write(pool: FeatureSet, rows: IntArray, labels: Sequence[str], path: Path) -> FeatureSet:
    """Write rows of a feature set with labels of their own.

    Parameters
    ----------
    pool : FeatureSet
        Where the rows are.
    rows : ndarray
        Ascending numbers, shape (n,), n > 0.
    labels : sequence of str
        Of the rows.
    path : Path
        The new feature set; a file of that name is replaced.

    Returns
    -------
    FeatureSet
        Opened.
    """
    with FeatureSetWriter(
        path,
        wavelength=pool.wavelength,
        recipe=pool.recipe,
        columns=pool.column_names,
        unit=pool.unit,
        synthetic=pool.synthetic,
    ) as writer:
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            writer.write(replace(pool.take(rows[part]), labels=list(labels[part])))
    return FeatureSet.open(path)


def by_manifest(features: FeatureSet, manifest: Path, path: Path) -> FeatureSet:
    """Write the rows that a manifest names, with its labels, and their numbers beside them.

    Parameters
    ----------
    features : FeatureSet
        Of the dataset.
    manifest : Path
        CSV with the columns ``row`` and ``label``.
    path : Path
        The new feature set; ``training_rows.npy`` is written into its folder.

    Returns
    -------
    FeatureSet
        Opened.

    Raises
    ------
    InvalidInput
        If the manifest names no row, or one that the feature set does not have.
    """
    with manifest.open(newline="", encoding="utf-8") as stream:
        told = {int(line["row"]): line["label"] for line in csv.DictReader(stream) if line["row"]}
    rows = np.array(sorted(told), dtype=np.int64)
    if not len(rows):
        raise InvalidInput("No row of the feature set has a label of the version that the job names.")
    if rows[0] < 0 or rows[-1] >= features.rows:
        raise InvalidInput(f"The labels are of row {rows[-1]}; the feature set has {features.rows} rows.")
    np.save(path.with_name(TRAINING_ROWS), rows)
    return write(features, rows, [told[int(row)] for row in rows], path)
