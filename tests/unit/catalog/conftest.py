"""Modules to write into folders."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

SOM: dict[str, Any] = {
    "metadata_version": "2.0.0",
    "title": "Self-organising map",
    "summary": "Orders spectra on a map, so that similar ones are neighbours.",
    "description": "Trains a map on prepared spectra and ranks **outliers**.",
    "license": "Apache-2.0",
    "dates": {"created": "2026-01-02", "updated": "2026-03-04"},
    "links": {"source_code": "https://example.org/som", "documentation": "https://example.org/som/docs"},
    "tags": ["emission lines", "outliers"],
    "tasks": ["Clustering", "Anomaly Detection"],
    "categories": ["AI4 trainable"],
    "libraries": ["Other"],
    "data-type": ["Tabular"],
    "resources": {"training": {"cpu": 1, "memory_MB": 2048}},
    "huggins": {
        "name": "som",
        "version": "0.1.0",
        "entry": "batch",
        "extras": ["som"],
        "spectral": {
            "wavelength": {"minimum": 651.9, "maximum": 673.2, "unit": "nm"},
            "resolution": {"minimum": 1000, "maximum": None},
            "frame": "vacuum",
            "instruments": ["LAMOST", "Ondřejov"],
            "normalisation": "each spectrum scaled to [-1, 1]",
            "training_set": {"name": "Ondřejov", "reference": "2020A&A...643A.122S", "rows": 12936},
        },
        "citation": "@article{skoda, author = {Škoda, P.}}",
        "quality": [
            {"dataset": "stelib", "metric": "purity", "value": 0.9, "date": "2026-03-04", "command": "make x"}
        ],
    },
}


def som(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SOM), **changes}


def huggins(**changes: Any) -> dict[str, Any]:
    return som(huggins={**copy.deepcopy(SOM["huggins"]), **changes})


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a module's file (a mapping, or the text itself) and return the folder of all modules."""

    def written(document: dict[str, Any] | str, name: str = "som") -> Path:
        folder = tmp_path / "modules" / name
        folder.mkdir(parents=True)
        text = document if isinstance(document, str) else yaml.safe_dump(document, allow_unicode=True)
        (folder / "module.yaml").write_text(text, encoding="utf-8")
        return folder.parent

    return written
