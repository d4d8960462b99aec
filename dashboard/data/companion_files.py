"""Files that lie beside spectra and hold none: tables of labels, manifests, READMEs, licences."""

from __future__ import annotations

BESIDE = ("readme", "license", "manifest.csv", "rejected.csv")  # as `spectra` passes over them in folders


def is_labels(path: str) -> bool:
    """Return whether a file gives classes to the spectra beside it."""
    return path.rpartition("/")[2].lower() == "labels.csv"


def is_beside(path: str) -> bool:
    """Return whether a file lies beside spectra and is none: labels, a README."""
    return is_labels(path) or path.rpartition("/")[2].lower().startswith(BESIDE)
