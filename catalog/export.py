"""A module in other formats: AI4 metadata, MLDCAT-AP, OCI labels; and plain JSON for pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from catalog.module import Module

#: Context of AI4's mapping to MLDCAT-AP (the data catalogue profile for machine-learning models).
CONTEXT = "https://docs.ai4os.eu/projects/ai4-metadata/latest/_static/json-ld/mldcat-ap-context-2.0.0.jsonld"

_CONCEPTS = {"categories": "Concept", "tasks": "TaskType", "libraries": "Library"}
_REPOSITORIES = {
    "source_code": ("Repository", "Source code"),
    "docker_image": ("Repository", "Docker image"),
    "dataset": ("Dataset", "Dataset"),
}


def to_ai4(module: Module) -> dict[str, Any]:
    """Return AI4 metadata 2.x: the file without the key ``huggins``."""
    copied: dict[str, Any] = _copy(module.metadata)
    return copied


def to_json(module: Module) -> dict[str, Any]:
    """Return everything as plain data: AI4's keys, and ours under ``huggins`` with wavelengths in Å."""
    spectral = asdict(module.spectral)
    for key in ("wavelength", "resolution"):
        if spectral[key] is not None:
            spectral[key] = dict(zip(("minimum", "maximum"), spectral[key], strict=True))
    if spectral["wavelength"] is not None:
        spectral["wavelength"]["unit"] = "Angstrom"
    ours = {
        "name": module.name,
        "version": module.version,
        "entry": module.entry,
        "extras": list(module.extras),
        "spectral": {**spectral, "instruments": list(module.spectral.instruments)},
        "citation": module.citation,
        "quality": [asdict(row) for row in module.quality],
        "presets": [asdict(row) for row in module.presets],
        "trainable": module.trainable,
        "warnings": list(module.warnings),
    }
    return {"schema": 1, **to_ai4(module), "huggins": ours}


def to_json_ld(module: Module) -> dict[str, Any]:
    """Return MLDCAT-AP in JSON-LD, key by key as ``ai4-metadata``'s own mapping does."""
    document = to_ai4(module)
    links: dict[str, str] = document.pop("links")
    document["@context"] = CONTEXT
    document["uri"] = links.get("self") or links["source_code"]
    document["type"] = "MachineLearningModel"
    document["links"] = {key: _link(key, address) for key, address in links.items()}
    for key, kind in _CONCEPTS.items():
        document[key] = [_concept(name, kind) for name in document[key]]
    if name := document.pop("license", None):
        document["license"] = _concept(name, "LicenseDocument")
    return document


def to_labels(module: Module) -> dict[str, str]:
    """Return OCI labels (``org.opencontainers.image.*``, the image specification's annotations) and ours.

    A label that would have no value is left out.
    """
    prefix = "org.opencontainers.image"
    labels = {
        f"{prefix}.title": module.title,
        f"{prefix}.description": module.summary,
        f"{prefix}.version": module.version,
        f"{prefix}.licenses": module.license,
        f"{prefix}.source": module.links["source_code"],
        f"{prefix}.documentation": module.links.get("documentation", ""),
        "io.huggins.module": module.name,
        "io.huggins.entry": module.entry,
    }
    return {key: value for key, value in labels.items() if value}


def _link(key: str, address: str) -> str | dict[str, str]:
    if key not in _REPOSITORIES:
        return address
    kind, title = _REPOSITORIES[key]
    return {"uri": address, "type": kind, "title": title}


def _concept(name: str, kind: str) -> dict[str, str]:
    return {"uri": name.replace(" ", "_"), "title": name, "type": kind}


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(below) for key, below in value.items()}
    return [_copy(below) for below in value] if isinstance(value, list) else value
