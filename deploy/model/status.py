"""How a deployment is right now; what is wanted of it is `deploy.model.deployment.Deployment`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeploymentState(StrEnum):
    """How a deployment is right now (its wanted state is `Deployment.enabled`)."""

    STOPPED = "stopped"
    SCALED_TO_ZERO = "scaled_to_zero"  # scaled to zero: the next call starts a replica
    STARTING = "starting"
    DEPLOYED = "deployed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """How one replica is.

    Parameters
    ----------
    name, node, version
        Its container, where it runs, and what it serves.
    state
        See `deploy.control.replica.ReplicaState`.
    reason
        One sentence where it is not simply ready.
    since
        When the state began, ISO 8601, UTC.
    restarts
        How often it was started again.
    outstanding
        Requests that it has now.
    """

    name: str
    node: str
    version: int
    state: str
    reason: str
    since: str
    restarts: int
    outstanding: int


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """How a deployment is, for the pages and the proxy.

    Parameters
    ----------
    state
        Stopped, idle, starting, ready or failed.
    reason
        One sentence where it is not simply ready.
    since
        When this state began, ISO 8601, UTC.
    replicas
        All of it that there is, those that are leaving too.
    waiting
        Requests that wait for a replica to start.
    """

    state: DeploymentState
    reason: str
    since: str
    replicas: tuple[ReplicaStatus, ...] = ()
    waiting: int = 0

    @property
    def restarts(self) -> int:
        """How often replicas that are there were started again."""
        return sum(replica.restarts for replica in self.replicas)
