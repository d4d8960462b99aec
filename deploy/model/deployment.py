"""A deployment: versions of a model under one name, their nodes and scaling, and who has access."""

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
    """A deployment cannot be created, found or used; the message says why and what to do."""


class UnknownDeployment(DeploymentError):
    """There is no deployment of that name."""


class NameTaken(DeploymentError):
    """The name is in use by another deployment."""


class Access(StrEnum):
    """Who may call a deployment."""

    PUBLIC = "public"  # everyone who reaches the platform may predict
    USERS = "users"  # signed-in users, and tokens
    TOKENS = "tokens"  # its tokens only


@dataclass(frozen=True, slots=True)
class Version:
    """What a version of a deployment serves; immutable.

    Parameters
    ----------
    number
        1, 2, …; unique within its deployment.
    module, module_version, image
        The module, its version, and its image by digest.
    created
        ISO 8601, UTC.
    model, model_folder
        Id and folder of the trained model; None for the model that the image contains.
    entry
        "batch" for modules of this platform, "deepaas" for third-party modules.
    resources
        ``cpus``, ``memory_mb`` and ``gpus`` of each replica.
    training
        Whether its replicas also train, for tokens of scope ``all``.
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
    training: bool = False


@dataclass(frozen=True, slots=True)
class Scaling:
    """The number of replicas of a version.

    Parameters
    ----------
    minimum, maximum
        Limits of the number of replicas; a minimum of 0 allows scaling to zero.
    concurrency
        Concurrent requests per replica that the autoscaler aims at.
    idle_s
        Scale-to-zero timeout: seconds without a request after which the last replica stops.
    stabilisation_s
        Seconds over which the load must be lower before replicas stop.
    standby
        Replicas beyond the need of the load, also without a load.

    Raises
    ------
    DeploymentError
        If a value is not valid.
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
        """Return the scaling as JSON, as `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Return the scaling that `to_json` described.

        Parameters
        ----------
        obj : mapping
            The JSON object; missing keys get the defaults.

        Returns
        -------
        Self
            The scaling.

        Raises
        ------
        DeploymentError
            If a key is unknown or a value not valid.
        """
        if unknown := obj.keys() - {entry.name for entry in fields(cls)}:
            raise DeploymentError(f"scaling knows no {', '.join(sorted(unknown))}")
        return cls(**obj)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The desired state of a deployment.

    Parameters
    ----------
    name
        Part of its address: lower-case letters, digits and hyphens, at most 40.
    nodes
        Names of the nodes that its replicas are spread over.
    created
        ISO 8601, UTC.
    versions
        All its versions, by number.
    stable
        Number of the active version.
    canary, share
        Number of the canary, and its share of the requests in per cent.
    previous
        Number of the version that was stable before; the target of a rollback.
    enabled
        Whether it should serve.
    owner, visibility, project
        Whose it is, and who else sees it (``private``, ``project``, ``public``).
    scaling, access
        The number of replicas, and who may call.

    Raises
    ------
    DeploymentError
        If the name is not valid, or a number names no version.
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
    owner: str = "owner"
    visibility: str = "private"
    project: str | None = None

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise DeploymentError(
                f"{self.name!r} is not a deployment name: use 1 to 40 lower-case letters, digits and "
                "hyphens, beginning and ending with a letter or digit"
            )
        if not self.nodes:
            raise DeploymentError("name at least one node")
        if not 0 <= self.share <= 100:
            raise DeploymentError("a share must be from 0 to 100 per cent")
        for number in (self.stable, self.canary, self.previous):
            if number is not None:
                self.version(number)

    def version(self, number: int | None = None) -> Version:
        """Return a version of the deployment.

        Parameters
        ----------
        number : int, optional
            Its number; None: the stable version.

        Returns
        -------
        Version
            The version.

        Raises
        ------
        DeploymentError
            If there is no version of that number.
        """
        wanted = self.stable if number is None else number
        for version in self.versions:
            if version.number == wanted:
                return version
        raise DeploymentError(f"{self.name!r} has no version {wanted}")

    @property
    def serving(self) -> tuple[int, ...]:
        """Numbers of the versions that get requests, the stable version first."""
        return (self.stable,) if self.canary is None else (self.stable, self.canary)

    def replica(self, version: int, index: int, owner: str) -> str:
        """Return the name of a replica's container.

        The name holds a digest of everything that the replica serves, and of its owner. A container of that
        name therefore serves exactly this, also if another deployment of that name existed before, and
        gateways on one node have containers of different names.

        Parameters
        ----------
        version, index
            Number of the version, and of the replica within it.
        owner
            Label of the service that runs it.
        """
        parts = (
            owner,
            self.created,
            *(str(getattr(self.version(version), entry.name)) for entry in fields(Version)),
        )
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
        return f"d-{self.name}-{digest}-{index}"


def now(after_s: float = 0.0) -> str:
    """Return the current or another time as it is stored: ISO 8601, UTC, milliseconds, ``Z``.

    Parameters
    ----------
    after_s
        Seconds from now; negative for the past.
    """
    moment = datetime.now(UTC) + timedelta(seconds=after_s)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
