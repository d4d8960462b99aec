"""``model.json``: what a saved model is, for people, the platform and `Method.load`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from deepaas_plugins.contract.errors import InvalidInput
from jobfolder import stamps
from jobfolder.json_file import write_json

FILE = "model.json"

#: A card larger than this (bytes) is rejected before it is parsed; large arrays live in files of their own.
MAXIMUM_SIZE = 64 * 2**20


def method_version() -> str:
    """Return the version of the installed methods ("0" where run from a bare tree)."""
    try:
        return version("huggins")
    except PackageNotFoundError:
        return "0"


def sha256(path: Path) -> str:
    """Hash a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model.

    Attributes
    ----------
    method, version
        Name of the method, version of its code.
    recipe
        The recipe as JSON (what is fitted lies in ``recipe/``).
    classes
        In the order of probabilities, or None.
    calibrated
        Whether probabilities are calibrated; None where there are none.
    wavelength
        Grid that the model sees, Å in vacuum, or None after PCA and the like.
    parameters
        What it was trained with.
    details
        Whatever the method needs to load itself again; JSON.
    metrics
        Last values of the training's metrics.
    module, module_version, image, job
        What made it, where that is known.
    training_set
        ``{"name", "sha256", "rows", "synthetic"}``.
    start
        ``{"model", "job", "version", "sha256"}`` of the model that its training started from, or None.
    created
        ISO 8601, UTC.
    files
        ``[{"path", "size", "sha256"}]`` of the model's other files.
    """

    method: str
    recipe: Mapping[str, Any]
    classes: Sequence[str] | None = None
    calibrated: bool | None = None
    wavelength: Sequence[float] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    version: str = field(default_factory=method_version)
    metrics: Mapping[str, float] = field(default_factory=dict)
    module: str | None = None
    module_version: str | None = None
    image: str | None = None
    job: str | None = None
    training_set: Mapping[str, Any] | None = None
    start: Mapping[str, Any] | None = None
    created: str = field(default_factory=stamps.now)
    files: Sequence[Mapping[str, Any]] = ()

    def save(self, folder: Path) -> None:
        """Write ``model.json`` by rename, listing the files that lie in the folder now, with their hashes."""
        files = [
            {"path": path.relative_to(folder).as_posix(), "size": path.stat().st_size, "sha256": sha256(path)}
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != FILE and not path.name.startswith(".")
        ]
        write_json(folder / FILE, {"schema": 1, **asdict(self), "files": files})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``model.json``.

        Raises
        ------
        InvalidInput
            There is none, or it is not a model card.
        """
        path = folder / FILE
        try:
            if path.stat().st_size > MAXIMUM_SIZE:
                raise InvalidInput(f"{path}: larger than any model card ({MAXIMUM_SIZE} bytes)")
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InvalidInput(
                f"{folder} holds no model: {FILE} cannot be read ({error.strerror})"
            ) from error
        except ValueError as error:
            raise InvalidInput(f"{path} is not JSON: {error}") from error
        if not isinstance(content, dict) or content.get("schema") != 1:
            raise InvalidInput(f"{path} is not a model card of schema 1")
        known = {name: content[name] for name in cls.__dataclass_fields__ if name in content}
        if not isinstance(known.get("method"), str) or not isinstance(known.get("recipe"), dict):
            raise InvalidInput(f"{path} names no method or no recipe")
        return cls(**known)
