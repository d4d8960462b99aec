"""All SQL about models, and their folders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dashboard.identity import Identity
from dashboard.jobs.job import Page

DeployedCheck = Callable[[str], Awaitable[list[str]]]


@dataclass(frozen=True)
class Model:
    """A row of `models`."""

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

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


class ModelStore:
    """Models. `deployed` (set by the deployments' service) names the deployments that use a model."""

    deployed: DeployedCheck

    async def get(self, model: str) -> Model:
        """Return one; `NotFound`."""
        raise NotImplementedError

    async def list(self, module: str = "", q: str = "", page: int = 1, size: int = 50) -> Page[Model]:
        """Return one page, newest first."""
        raise NotImplementedError

    async def of_job(self, job: str) -> Model | None:
        """Return the model that a job made."""
        raise NotImplementedError

    def folder(self, model: str) -> Path:
        """Return the model's folder (to be mounted read-only)."""
        raise NotImplementedError

    async def delete(self, model: str, identity: Identity) -> None:
        """Delete it, folder last; `Conflict` naming the deployments while it is deployed."""
        raise NotImplementedError
