"""Reads feature sets for the data service, in isolated processes, like `read_spectra.py`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from dashboard.data.isolated.read_spectra import Rejections, file_line, hash_of
from spectra import (
    Batch,
    FeatureSet,
    FeatureSetError,
    FeatureSetWriter,
    Source,
    Spectrum,
    SpectrumMeta,
    import_features,
)

FORMAT = "feature set"
ROWS_AT_ONCE = 4096
IMPORTED = (".csv", ".txt", ".h5", ".hdf5", ".npz")


def is_feature_set(path: Path) -> bool:
    """Return whether a file is a feature set."""
    try:
        FeatureSet.open(path).close()
    except FeatureSetError:
        return False
    return True


def index_features(root: Path, path: str, sha256: str | None, spool: Path) -> None:
    """Write the rows of a feature set as lines of JSON, as `read_spectra.index_files` does for spectra.

    The location of a spectrum is then its row in the feature set, not the file that it was prepared from.

    Parameters
    ----------
    root : Path
        Folder of the dataset's files.
    path : str
        The feature set below it.
    sha256 : str or None
        Of the file, where it is known; None: it is computed.
    spool : Path
        The file that is written.
    """
    count = 0
    rejections = Rejections()
    with spool.open("w", encoding="utf-8") as lines:
        try:
            features = _opened(root, path)
            grid = features.wavelength
            same = {
                "path": made_of(path),
                "hdu": None,
                "wavelength_min": None if grid is None else float(grid[0]),
                "wavelength_max": None if grid is None else float(grid[-1]),
                "points": features.columns,
                "snr": None,
                "format": FORMAT,
            }
            for batch in features.chunks():
                for name, label, group in zip(batch.names, batch.labels, batch.groups, strict=True):
                    item = {**same, "row": count, "name": name, "label": label, "object_group": group}
                    lines.write(json.dumps({"spectrum": item}) + "\n")
                    count += 1
        except FeatureSetError as error:
            rejections.add_reason(error.reason)
        except (OSError, ValueError) as error:
            rejections.add_reason(f"it is damaged from row {count} on ({error})")
        lines.write(file_line(path, count, rejections, sha256 or hash_of(root / path)))


def _opened(root: Path, path: str) -> FeatureSet:
    """Open a feature set; a table of another format is imported beside the files (`made_of`)."""
    if Path(path).suffix.lower() not in IMPORTED:
        return FeatureSet.open(root / path)
    return import_features(root / path, root / made_of(path))


def made_of(path: str) -> str:
    """Return the path of the feature set that an uploaded table becomes; the table is kept."""
    return f"{path}.parquet" if Path(path).suffix.lower() in IMPORTED else path


def take_rows(path: Path, rows: Sequence[int]) -> Batch:
    """Return some rows of a feature set.

    Raises
    ------
    FeatureSetError
        If the file is no feature set.
    IndexError
        If it has no such row.
    """
    features = FeatureSet.open(path)
    try:
        return features.take(rows)
    finally:
        features.close()


def sources_of_rows(path: Path, rows: Sequence[int]) -> list[Source]:
    """Return where some rows of a feature set came from.

    Raises
    ------
    FeatureSetError
        If the file is no feature set.
    IndexError
        If it has no such row.
    """
    features = FeatureSet.open(path)
    try:
        parts = (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))
        return [source for part in parts for source in features.take(part).sources]
    finally:
        features.close()


def select_rows(path: Path, rows: Sequence[int], out: Path) -> None:
    """Write some rows of a feature set, in ascending order, into another one.

    Parameters
    ----------
    path : Path
        The feature set.
    rows : sequence of int
        Numbers of the rows.
    out : Path
        The file that is written.

    Raises
    ------
    FeatureSetError
        If the file is no feature set.
    IndexError
        If it has no such row.
    """
    features = FeatureSet.open(path)
    try:
        with FeatureSetWriter(
            out,
            wavelength=features.wavelength,
            recipe=features.recipe,
            columns=features.column_names,
            unit=features.unit,
            synthetic=features.synthetic,
        ) as writer:
            for start in range(0, len(rows), ROWS_AT_ONCE):
                writer.write(features.take(rows[start : start + ROWS_AT_ONCE]))
    finally:
        features.close()


def row_spectrum(batch: Batch, index: int) -> Spectrum:
    """Return a prepared row as a spectrum; without wavelengths its axis is empty."""
    wavelength = batch.wavelength if batch.wavelength is not None else batch.flux[index, :0].astype(float)
    meta = SpectrumMeta(
        batch.names[index], label=batch.labels[index], group=batch.groups[index], source=batch.sources[index]
    )
    return Spectrum(wavelength, batch.flux[index].astype(float), meta=meta)
