"""Import and export of feature sets, by the ending of the file: ``.csv``, ``.h5``/``.hdf5``, ``.npz``."""

from __future__ import annotations

from pathlib import Path

from spectra.features.archive import read_npz, write_npz
from spectra.features.feature_set import FeatureSet
from spectra.features.hdf5 import read_hdf5, write_hdf5
from spectra.features.layout import FeatureSetError
from spectra.features.text import read_csv, write_csv

_READ = {".csv": read_csv, ".txt": read_csv, ".h5": read_hdf5, ".hdf5": read_hdf5, ".npz": read_npz}
_WRITE = {".csv": write_csv, ".h5": write_hdf5, ".hdf5": write_hdf5, ".npz": write_npz}


def import_features(source: Path | str, out: Path | str, *, frame: str = "vacuum") -> FeatureSet:
    """Import a table of another program as a feature set.

    Parameters
    ----------
    source
        CSV in either dialect of VO-CLOUD, HDF5 or NPZ; see `text`, `hdf5` and `archive` for what they hold.
    out
        The Parquet file.
    frame
        "air" where the wavelengths are in air.

    Raises
    ------
    FeatureSetError
        The ending is not known, or the table is nonsense.
    """
    path = Path(source)
    if path.suffix.lower() not in _READ:
        raise FeatureSetError(path, f"feature sets are imported from {', '.join(_READ)}")
    if frame not in {"vacuum", "air"}:
        raise FeatureSetError(path, f"the frame is air or vacuum, not {frame!r}")
    return _READ[path.suffix.lower()](path, Path(out), frame=frame)


def export_features(features: FeatureSet, out: Path | str) -> None:
    """Write a feature set as a table for other programs.

    Raises
    ------
    FeatureSetError
        The ending is not known.
    """
    path = Path(out)
    if path.suffix.lower() not in _WRITE:
        raise FeatureSetError(path, f"feature sets are exported to {', '.join(_WRITE)}")
    _WRITE[path.suffix.lower()](features, path)
