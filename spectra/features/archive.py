"""Feature sets as NumPy archives: features, wavelength or columns, names, labels, groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.features.feature_set import FeatureSet
from spectra.features.layout import FeatureSetError
from spectra.features.table import Table
from spectra.npz import pack_arrays, unpack_arrays

#: In the order of `Table`.
TEXTS = ("columns", "names", "labels", "groups", "instruments")
_ARRAYS = ("features", "wavelength", "columns", "names", "labels", "groups", "instruments", "synthetic")


def write_npz(features: FeatureSet, out: Path) -> None:
    """Write a feature set as a NumPy archive, all in memory; unknown labels and groups are empty texts."""
    arrays: dict[str, npt.NDArray[Any]] = {
        "features": features.matrix(),
        "names": np.array(features.names()),
        "labels": np.array([label or "" for label in features.labels()]),
        "groups": np.array([group or "" for group in features.groups()]),
        "synthetic": np.array(features.synthetic),
    }
    observed = features.observations()
    if observed is not None and any(observed.instruments):
        arrays["instruments"] = np.array([name or "" for name in observed.instruments])
    if features.wavelength is not None:
        arrays["wavelength"] = features.wavelength
    if features.column_names is not None:
        arrays["columns"] = np.array(features.column_names)
    out.write_bytes(pack_arrays(arrays))


def read_npz(source: Path, out: Path, *, frame: str = "vacuum") -> FeatureSet:
    """Make a feature set of a NumPy archive with an array ``features`` (rows, n).

    Parameters
    ----------
    source
        Optional arrays: ``wavelength`` (n,) in Å, ``columns`` (n,), and ``names``, ``labels``, ``groups``,
        ``instruments`` (rows,).
    out, frame
        As for `exchange.import_features`.

    Raises
    ------
    FeatureSetError
        It is no such archive, or its arrays do not fit together.
    """
    try:
        arrays = unpack_arrays(source, _ARRAYS)
    except ValueError as error:
        raise FeatureSetError(source, str(error)) from error
    if "features" not in arrays:
        raise FeatureSetError(source, "it has no array features")
    texts = (_texts(source, arrays, name) for name in TEXTS)
    table = Table(source, arrays["features"], arrays.get("wavelength"), *texts)
    table.check()
    return table.copy(out, frame=frame, synthetic=bool(np.any(arrays.get("synthetic", False))))


def _texts(source: Path, arrays: dict[str, npt.NDArray[Any]], name: str) -> list[str] | None:
    array = arrays.get(name)
    if array is None:
        return None
    if array.ndim != 1 or array.dtype.kind not in "UiuS":
        raise FeatureSetError(source, f"its {name} is no list of texts or integers")
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    return [str(value) for value in array]
