"""Write the feature set in other formats too."""

from __future__ import annotations

from deepaas_plugins.contract.run import Run
from spectra import FeatureSet
from spectra.features.exchange import export_features
from spectra.features.text import write_csv

#: Names of the files by the choices of the parameter `export`.
FILES = {"csv": "features.csv", "som-csv": "features-som.csv", "hdf5": "features.h5", "npz": "features.npz"}


def export(features: FeatureSet, kind: str, run: Run) -> None:
    """Write the file of `FILES` beside the feature set; "none" does nothing.

    "csv" and "som-csv" are VO-CLOUD's dialects with and without a header.
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
