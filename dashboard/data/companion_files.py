"""Files that lie beside spectra and hold none: tables of labels, manifests, READMEs, licences."""

from __future__ import annotations

BESIDE = ("readme", "license", "manifest.csv", "rejected.csv")  # as `spectra` passes over them in folders


def is_labels(path: str) -> bool:
    """Return whether a file is a table of labels."""
    return path.rpartition("/")[2].lower() == "labels.csv"


def is_beside(path: str) -> bool:
    """Return whether a file holds no spectra: a table of labels, a manifest, a README, a licence."""
    return is_labels(path) or path.rpartition("/")[2].lower().startswith(BESIDE)
