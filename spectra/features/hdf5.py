"""Feature sets as HDF5: ``features``, ``wavelength`` (or ``columns``), ``names``, ``labels``, ``groups``."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from spectra.features.archive import TEXTS
from spectra.features.feature_set import FeatureSet
from spectra.features.layout import FeatureSetError
from spectra.features.table import Table

_CHUNK = 4096
_TEXT = h5py.string_dtype("utf-8")
_MOST_TEXTS = 50_000_000
_RATIO = 1000
"""A dataset that promises more than this many times the bytes it stores is a bomb, or all fill values."""


def write_hdf5(features: FeatureSet, out: Path) -> None:
    """Write a feature set as HDF5; unknown labels and groups are empty texts."""
    with h5py.File(out, "w") as file:
        file.attrs["synthetic"] = features.synthetic
        if features.wavelength is not None:
            file["wavelength"] = features.wavelength
            file["wavelength"].attrs.update({"unit": "Angstrom", "frame": "vacuum"})
        if features.column_names is not None:
            file.create_dataset("columns", data=list(features.column_names), dtype=_TEXT)
        matrix = file.create_dataset("features", (features.rows, features.columns), dtype=np.float32)
        names, labels, groups = (
            file.create_dataset(name, features.rows, dtype=_TEXT) for name in ("names", "labels", "groups")
        )
        start = 0
        for batch in features.chunks(_CHUNK):
            here = slice(start, start + len(batch))
            matrix[here] = batch.flux
            names[here] = list(batch.names)
            labels[here] = [label or "" for label in batch.labels]
            groups[here] = [group or "" for group in batch.groups]
            start = here.stop


def read_hdf5(source: Path, out: Path, *, frame: str = "vacuum") -> FeatureSet:
    """Make a feature set of an HDF5 file with a dataset ``features`` (rows, n).

    Parameters
    ----------
    source
        Optional datasets: ``wavelength`` (n,) in Å, ``columns`` (n,), and ``names``, ``labels``, ``groups``,
        ``instruments`` (rows,). Links to other files are rejected.
    out, frame
        As for `exchange.import_features`.

    Raises
    ------
    FeatureSetError
        It is no such file, or its datasets do not fit together.
    """
    try:
        with h5py.File(source, "r") as file:
            matrix = _dataset(source, file, "features")
            if matrix is None:
                raise FeatureSetError(source, "it has no dataset features")
            wavelength = _dataset(source, file, "wavelength")
            table = Table(
                source,
                matrix,
                None if wavelength is None else np.asarray(wavelength[()]),
                *(_texts(source, file, name) for name in TEXTS),
            )
            table.check()
            return table.copy(out, frame=frame, synthetic=bool(file.attrs.get("synthetic", False)))
    except (OSError, RuntimeError, KeyError, UnicodeDecodeError) as error:
        raise FeatureSetError(source, f"it cannot be read as HDF5: {error}") from error


def _dataset(source: Path, file: h5py.File, name: str) -> h5py.Dataset | None:
    link = file.get(name, getlink=True)
    if link is None:
        return None
    if not isinstance(link, h5py.HardLink):
        raise FeatureSetError(source, f"its {name} is a link; links are not followed")
    found = file[name]
    if not isinstance(found, h5py.Dataset):
        raise FeatureSetError(source, f"its {name} is no dataset")
    if found.is_virtual or found.external:
        raise FeatureSetError(source, f"its {name} lies in other files, which are not read")
    stored = found.id.get_storage_size()
    if found.nbytes > _RATIO * max(stored, 1):
        raise FeatureSetError(source, f"its {name} promises {found.nbytes} bytes, but stores {stored}")
    return found


def _texts(source: Path, file: h5py.File, name: str) -> list[str] | None:
    found = _dataset(source, file, name)
    if found is None:
        return None
    if found.ndim != 1 or found.size > _MOST_TEXTS:
        raise FeatureSetError(source, f"its {name} has shape {found.shape}, not one entry per line")
    if h5py.check_string_dtype(found.dtype) is not None:
        values: npt.NDArray[np.object_] = found.asstr()[()]
        return [str(value) for value in values]
    if found.dtype.kind in "iu":
        return [str(value) for value in found[()]]
    raise FeatureSetError(source, f"its {name} holds {found.dtype}, neither texts nor integers")
