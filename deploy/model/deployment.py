"""A deployment: versions of a model on the air under one name, where they run and who may call them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
MOST_REPLICAS = 64


class DeploymentError(Exception):
    """A deployment cannot be made, found or used; the message says why and what to do."""


class UnknownDeployment(DeploymentError):
    """There is no deployment of that name."""


class NameTaken(DeploymentError):
    """The name is in use by another deployment."""


class Access(StrEnum):
    """Who may call a deployment."""

    PUBLIC = "public"  # whoever reaches the platform may predict
    USERS = "users"  # whoever is signed in, and every token
    TOKENS = "tokens"  # its tokens only


@dataclass(frozen=True, slots=True)
class Version:
    """What one version of a deployment serves; never changed, only replaced by another.

    Parameters
    ----------
    number
        1, 2, … within its deployment.
    module, module_version, image
        The module, and its image by digest.
    created
        ISO 8601, UTC.
    model, model_folder
        The trained model and where it lies, or None for the model that the image brings itself.
    entry
        "batch" for our modules, "deepaas" for a third party's.
    resources
        cpus, memory_mb, gpus of each replica.
    """

    number: int
    module: str
    module_version: str
    image: str
    created: str
    model: str | None = None
    model_folder: Path | None = None
    entry: str = "batch"
    resources: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scaling:
    """How many replicas a version has.

    Parameters
    ----------
    minimum, maximum
        Replicas; a minimum of 0 lets it go to zero.
    concurrency
        Requests at once that one replica is meant to have.
    idle_s
        Seconds without a request after which the last replica goes, where the minimum is 0.
    stabilisation_s
        Replicas go only when none of the last so many seconds needed them.
    standby
        Replicas kept ready beyond what the load needs, also when there is none.
    """

    minimum: int = 1
    maximum: int = 1
    concurrency: int = 16
    idle_s: float = 600.0
    stabilisation_s: float = 60.0
    standby: int = 0

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            whole = entry.name in {"minimum", "maximum", "concurrency", "standby"}
            if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
                raise DeploymentError(f"{entry.name} must be a {'whole ' if whole else ''}number")
            if not 0 <= value < 1e7:
                raise DeploymentError(f"{entry.name} must be from 0 to 10000000")
        if not 1 <= self.maximum <= MOST_REPLICAS:
            raise DeploymentError(f"maximum must be from 1 to {MOST_REPLICAS}")
        if self.minimum > self.maximum:
            raise DeploymentError("minimum must not be above maximum")
        if self.concurrency < 1:
            raise DeploymentError("concurrency must be at least 1")

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Make it from `to_json`'s form; missing keys take the defaults; `DeploymentError` on nonsense."""
        if unknown := obj.keys() - {entry.name for entry in fields(cls)}:
            raise DeploymentError(f"scaling knows no {', '.join(sorted(unknown))}")
        return cls(**obj)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be on the air.

    Parameters
    ----------
    name
        The stable part of its address: lower-case letters, digits and hyphens, at most 40.
    nodes
        Where its replicas run, in turn.
    created
        ISO 8601, UTC.
    versions
        Its history, by number.
    stable
        Number of the version that answers.
    canary, share
        Number of a version on trial, and the part of the requests that it gets in per cent.
    previous
        Number of the version that was stable before; where a roll-back goes.
    enabled
        Whether it should be on the air.
    scaling, access
        How many replicas, and who may call.

    Raises
    ------
    DeploymentError
        If the name is none, or a number names no version.
    """

    name: str
    nodes: tuple[str, ...]
    created: str
    versions: tuple[Version, ...]
    stable: int = 1
    canary: int | None = None
    share: int = 0
    previous: int | None = None
    enabled: bool = True
    scaling: Scaling = field(default_factory=Scaling)
    access: Access = Access.PUBLIC

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise DeploymentError(
                f"{self.name!r} is no deployment name: use 1 to 40 lower-case letters, digits and hyphens, "
                "beginning and ending with a letter or digit"
            )
        if not self.nodes:
            raise DeploymentError("say on which node it is to run")
        if not 0 <= self.share <= 100:
            raise DeploymentError("a share must be from 0 to 100 per cent")
        for number in (self.stable, self.canary, self.previous):
            if number is not None:
                self.version(number)

    def version(self, number: int | None = None) -> Version:
        """Return the version of that number (None: the stable one); `DeploymentError` if there is none."""
        wanted = self.stable if number is None else number
        for version in self.versions:
            if version.number == wanted:
                return version
        raise DeploymentError(f"{self.name!r} has no version {wanted}")

    @property
    def serving(self) -> tuple[int, ...]:
        """Numbers of the versions that get requests, the stable one first."""
        return (self.stable,) if self.canary is None else (self.stable, self.canary)

    def replica(self, version: int, index: int, owner: str) -> str:
        """Return the name of a replica's container.

        It holds a digest of all that the replica is made of, so that whoever finds a container of that name
        knows that it serves just this, also when a deployment was deleted and another got its name; and of
        its owner, so that gateways on one node keep apart.
        """
        parts = (
            owner,
            self.created,
            *(str(getattr(self.version(version), entry.name)) for entry in fields(Version)),
        )
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
        return f"d-{self.name}-{digest}-{index}"


def now(after_s: float = 0.0) -> str:
    """Return the present moment as it is stored, or another: ISO 8601, UTC, milliseconds, ``Z``.

    Parameters
    ----------
    after_s
        Seconds from now; negative: ago.
    """
    moment = datetime.now(UTC) + timedelta(seconds=after_s)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
