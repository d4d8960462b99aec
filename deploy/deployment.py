"""A deployment: a module's image and a model, on the air under a name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


class DeploymentError(Exception):
    """A deployment cannot be made, found or used; the message says why and what to do."""


class UnknownDeployment(DeploymentError):
    """There is no deployment of that name."""


class NameTaken(DeploymentError):
    """The name is in use by another deployment."""


class Condition(StrEnum):
    """How a deployment is right now (its wanted state is `Deployment.enabled`)."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be on the air.

    Parameters
    ----------
    name
        The stable part of its address: lower-case letters, digits and hyphens, at most 40.
    module, module_version, image
        The module, and its image by digest.
    model, model_folder
        The trained model and where it lies, or None for the model that the image brings itself.
    node
        Where its replicas run.
    enabled
        Whether it should be on the air.
    created
        ISO 8601, UTC.
    entry
        "batch" for our modules, "deepaas" for a third party's.
    settings
        cpus, memory_mb, gpus.
    """

    name: str
    module: str
    module_version: str
    image: str
    node: str
    created: str
    model: str | None = None
    model_folder: Path | None = None
    enabled: bool = True
    entry: str = "batch"
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise DeploymentError(
                f"{self.name!r} is no deployment name: use 1 to 40 lower-case letters, digits and hyphens, "
                "beginning and ending with a letter or digit"
            )


@dataclass(frozen=True, slots=True)
class Situation:
    """How a deployment is, for the pages and the proxy.

    Parameters
    ----------
    condition
        Stopped, starting, ready or failed.
    reason
        One sentence where it is not simply ready.
    address
        Where the replica listens (``http://127.0.0.1:41234``), when ready.
    since
        When this condition began, ISO 8601, UTC.
    restarts
        How often the replica was started again since the platform came up.
    """

    condition: Condition
    reason: str
    since: str
    address: str | None = None
    restarts: int = 0
