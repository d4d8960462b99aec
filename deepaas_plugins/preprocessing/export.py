"""Write the feature set in other formats too."""

from __future__ import annotations

from deepaas_plugins.run import Run
from spectra import FeatureSet


def export(features: FeatureSet, kind: str, run: Run) -> None:
    """Write ``features.csv``, ``.h5`` or ``.npz`` beside the feature set; "none" does nothing."""
