"""Write the feature set in other formats too."""

from __future__ import annotations

from deepaas_plugins.contract.run import Run
from spectra import FeatureSet
from spectra.features.exchange import export_features
from spectra.features.text import write_csv

#: Names of the files by the choices of the parameter `export`.
FILES = {"csv": "features.csv", "som-csv": "features-som.csv", "hdf5": "features.h5", "npz": "features.npz"}


def export(features: FeatureSet, kind: str, run: Run) -> None:
    """Write the features in another format beside the feature set.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    kind : str
        A key of `FILES`, or ``none``: nothing is written. ``csv`` and ``som-csv`` are VO-CLOUD's dialects
        with and without a header.
    run : Run
        Has the folder.

    Raises
    ------
    Cancelled
        If the run was asked to stop.
    """
    if kind == "none":
        return
    run.stop_if_cancelled()
    out = run.folder / FILES[kind]
    if kind == "som-csv":
        write_csv(features, out, header=False)
    else:
        export_features(features, out)
    run.log(f"exported to {out.name}")
