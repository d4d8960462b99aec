"""Datasets."""

from __future__ import annotations

from typing import Any

from dashboard.web.schemas.types import ANY_OBJECT, BOOLEAN, INTEGER, NUMBER, TEXT, TIME, listed, maybe, thing

DATASET = {
    "id": TEXT,
    "name": TEXT,
    "owner": TEXT,
    "created": TIME,
    "state": {"enum": ["uploading", "indexing", "ready", "error"]},
    "reason": TEXT,
    "kind": {"enum": ["spectra", "features"]},
    "count": INTEGER,
    "refused": INTEGER,
    "bytes": INTEGER,
    "wavelength_min": maybe(NUMBER),
    "wavelength_max": maybe(NUMBER),
    "formats": {"type": "object", "additionalProperties": INTEGER},
    "classes": {"type": "object", "additionalProperties": INTEGER},
    "synthetic": BOOLEAN,
    "sha256": maybe(TEXT),
    "progress": maybe(ANY_OBJECT),
}
DATA_FILE = {
    "path": TEXT,
    "size": INTEGER,
    "sha256": maybe(TEXT),
    "state": {"enum": ["uploading", "uploaded", "read", "refused"]},
    "reason": TEXT,
}

DATA: dict[str, Any] = {
    "Dataset": thing("Spectra, or a feature set", DATASET, ("id", "name", "state", "kind", "count")),
    "DatasetWish": thing(
        "A dataset to be", {"name": TEXT, "kind": {"enum": ["spectra", "features"]}}, ("name",)
    ),
    "DataFile": thing("A file of a dataset", DATA_FILE, ("path", "size", "state")),
    "PreviewWish": thing(
        "A recipe, and the spectra to try it on (a few of every class where none are named)",
        {"dataset": TEXT, "recipe": maybe(ANY_OBJECT), "rows": listed(INTEGER), "points": INTEGER},
        ("dataset",),
    ),
}
