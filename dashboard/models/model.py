"""A model that a job made, and what is recorded of a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dashboard.base.ownership import Ownership, Visibility

BELOW = "model/"  # where a job leaves its model, below out/


@dataclass(frozen=True)
class Model:
    """A row of `models`; lineage is in `job`, `dataset` and `input` (the training set as it was).

    Attributes
    ----------
    prose : Mapping
        What its owner writes on its card: ``description``, ``intended_use``, ``limitations``, ``doi``.
    aliases : sequence of str
        Such as ``production``: of the models of one owner and module, one has it at a time.
    """

    id: str
    name: str
    owner: str
    job: str | None
    dataset: str | None
    module: str
    module_version: str
    image: str
    card: Mapping[str, Any]
    classes: list[str] | None
    metrics: Mapping[str, Any] | None
    input: Mapping[str, Any]
    sha256: str
    size: int
    created: str
    visibility: str = Visibility.PRIVATE
    project: str | None = None
    prose: Mapping[str, str] = field(default_factory=dict)
    aliases: Sequence[str] = ()

    @property
    def ownership(self) -> Ownership:
        """Its owner, and who else sees it."""
        return Ownership(self.owner, Visibility(self.visibility), self.project)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class ModelFile:
    """A file of a model that a job wrote; `path` is below the job's ``out/``."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class NewModel:
    """The record of a model, besides its files.

    Attributes
    ----------
    card : Mapping
        ``model.json``.
    input : Mapping
        The training set as it was: name, sha256, synthetic, count.
    """

    id: str
    name: str
    owner: str
    job: str
    dataset: str | None
    module: str
    module_version: str
    image: str
    card: Mapping[str, Any]
    metrics: Mapping[str, Any]
    input: Mapping[str, Any]
