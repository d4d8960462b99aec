"""The observed state of a deployment; its desired state is `deploy.model.deployment.Deployment`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeploymentState(StrEnum):
    """The state of a deployment."""

    STOPPED = "stopped"
    SCALED_TO_ZERO = "scaled_to_zero"  # scaled to zero: the next call starts a replica
    STARTING = "starting"
    DEPLOYED = "deployed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """The observed state of a replica.

    Parameters
    ----------
    name, node, version
        Its container, its node, and the number of its version.
    state
        See `deploy.control.replica.ReplicaState`.
    reason
        Why it is not ready, for a person; "" if it is.
    since
        Start of the state, ISO 8601, UTC.
    restarts
        Number of restarts.
    outstanding
        Requests in progress.
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
    """The observed state of a deployment.

    Parameters
    ----------
    state
        See `DeploymentState`.
    reason
        Why it does not serve, or which replica fails, for a person; else "".
    since
        Start of the state, ISO 8601, UTC.
    replicas
        All its replicas, including those that are draining.
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
        """Number of restarts of the present replicas."""
        return sum(replica.restarts for replica in self.replicas)
