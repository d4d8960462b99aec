"""An asynchronous prediction: its record, its files, and the limits of all predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Any

from deploy.access.authorization import CallDenied

MEGABYTE = 10**6
USER = "user "  # before the name of a user, as the caller of a prediction
ADDRESS = "address "  # before the address of an anonymous caller: without a token and not signed in
ANONYMOUS_SHARE = 2  # anonymous callers together have this part of the predictions of a deployment: a half


class PredictionDenied(CallDenied):
    """A prediction cannot be accepted or found, or has no result to give."""


class PredictionState(StrEnum):
    """The state of a prediction."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLED = "cancelled"  # deleted as soon as its gateway has stopped it


UNFINISHED = (PredictionState.QUEUED, PredictionState.RUNNING)


@dataclass(frozen=True, slots=True)
class PredictionLimits:
    """Limits of asynchronous predictions.

    Parameters
    ----------
    body_limit_mb
        Most megabytes of one request body, and of one answer.
    disk_limit_mb
        Most megabytes of all bodies and answers of a gateway.
    per_deployment, per_caller
        Most predictions of one deployment, and of one caller (token, user or address) of it.
    at_once
        Most predictions that a gateway makes concurrently for one deployment.
    keep_hours
        Hours for which a result is kept.
    time_limit_s
        Most seconds that a prediction may take after its start.
    """

    body_limit_mb: int = 2000
    disk_limit_mb: int = 50_000
    per_deployment: int = 1000
    per_caller: int = 100
    at_once: int = 2
    keep_hours: float = 24.0
    time_limit_s: float = 21_600.0

    @property
    def for_anonymous(self) -> int:
        """Most predictions of one deployment by all anonymous callers: the others keep the rest."""
        return max(self.per_deployment // ANONYMOUS_SHARE, 1)

    @property
    def body_bytes(self) -> int:
        """Most bytes of one request body or answer."""
        return self.body_limit_mb * MEGABYTE


@dataclass(frozen=True, slots=True)
class Prediction:
    """A row of `deployment_predictions`.

    Parameters
    ----------
    id
        Unguessable: the only key of an anonymous caller.
    deployment, deployment_created
        The deployment, and when it was created, because names may be reused.
    gateway, folder
        The gateway that has its files and makes it, and their folder.
    caller
        ``"token ID"``, ``"user NAME"`` or ``"address ADDRESS"``; empty: anonymous, of earlier versions.
    state, reason
        Its state, and why it failed.
    request
        ``{"path", "headers": [[name, value], …]}``.
    size, answer_size
        Bytes of the request body and of the answer.
    created, started, ended, expires
        ISO 8601, UTC.
    version, status, content_type, spectra
        The version that answered; HTTP status and type of the answer; number of spectra.
    """

    id: str
    deployment: str
    deployment_created: str
    gateway: str
    folder: str
    caller: str
    state: PredictionState
    reason: str
    request: Mapping[str, Any]
    size: int
    created: str
    started: str | None = None
    ended: str | None = None
    expires: str | None = None
    version: int | None = None
    status: int | None = None
    content_type: str | None = None
    answer_size: int | None = None
    spectra: int | None = None
    owner: str = "owner"
    visibility: str = "private"
    project: str | None = None

    @property
    def anonymous(self) -> bool:
        """Whether its caller is known by an address only, so that its id is the key to it."""
        return not self.caller or self.caller.startswith(ADDRESS)

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.state not in UNFINISHED

    @property
    def address(self) -> str:
        """Path of its resource."""
        return f"/deployments/{self.deployment}/predictions/{self.id}"

    @property
    def body(self) -> Path:
        """The file of the request body."""
        return Path(self.folder) / "body"

    @property
    def answer(self) -> Path:
        """The file of the answer."""
        return Path(self.folder) / "answer"

    def to_json(self) -> dict[str, Any]:
        """Return its public fields as JSON."""
        known = self.state in (PredictionState.COMPLETED, PredictionState.ERROR)
        return {
            "id": self.id,
            "deployment": self.deployment,
            "state": str(self.state),
            "reason": self.reason,
            "caller": "" if self.anonymous else self.caller,
            "gateway": self.gateway,
            "version": self.version or None,
            "spectra": self.spectra,
            "size": self.size,
            "answer_size": self.answer_size,
            "content_type": self.content_type,
            "created": self.created,
            "started": self.started,
            "ended": self.ended,
            "expires": self.expires,
            "address": self.address,
            "result": f"{self.address}/result" if known else None,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a prediction ended.

    Parameters
    ----------
    status
        The HTTP status of the replica's answer, or of the reason why there is none.
    reason
        Why it failed; "" if it did not.
    version, content_type, answer_size, spectra
        Of the answer; `answer_size` is None if there is no answer.
    """

    status: int
    reason: str = ""
    version: int = 0
    content_type: str | None = None
    answer_size: int | None = None
    spectra: int = 0

    @property
    def state(self) -> PredictionState:
        """The state of the prediction after this outcome."""
        return PredictionState.ERROR if self.status >= 400 else PredictionState.COMPLETED


def prefers_async(prefer: Iterable[str]) -> bool:
    """Return whether ``Prefer`` headers hold ``respond-async`` (RFC 7240, section 4.1)."""
    preferences = (part for value in prefer for part in value.split(","))
    return any(part.split(";")[0].strip().lower() == "respond-async" for part in preferences)


# Files are opened without a thread: a call that is cancelled in the meantime would leave them open.


def open_for_reading(path: Path) -> BufferedReader:
    """Open a file of a prediction to read it."""
    return path.open("rb")


def open_for_writing(path: Path) -> BufferedWriter:
    """Open a file of a prediction to write it, empty."""
    return path.open("wb")
