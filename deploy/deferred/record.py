"""A prediction that nobody waits for: what is kept of it, and what bounds all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Any

from deploy.access.authorization import CallDenied

MEGABYTE = 10**6
NOBODY = ""  # a caller who came without a token and is not signed in


class PredictionDenied(CallDenied):
    """A prediction cannot be accepted or found, or has no result to give."""


class PredictionState(StrEnum):
    """How far a prediction has come."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLED = "cancelled"  # to be forgotten as soon as whoever works at it has stopped


UNFINISHED = (PredictionState.QUEUED, PredictionState.RUNNING)


@dataclass(frozen=True, slots=True)
class PredictionLimits:
    """What bounds asynchronous predictions.

    Parameters
    ----------
    body_limit_mb
        Most megabytes of one body, and of one answer.
    disk_limit_mb
        Most megabytes of all bodies and answers that this gateway keeps.
    per_deployment, per_caller
        Most predictions that are kept of one deployment, and of one token (or user) of it.
    at_once
        Most that this gateway has under way at one deployment.
    keep_hours
        How long a result can be fetched.
    time_limit_s
        Most seconds that a prediction may take, once it has started.
    """

    body_limit_mb: int = 2000
    disk_limit_mb: int = 50_000
    per_deployment: int = 1000
    per_caller: int = 100
    at_once: int = 2
    keep_hours: float = 24.0
    time_limit_s: float = 21_600.0

    @property
    def body_bytes(self) -> int:
        """Most bytes of one body or answer."""
        return self.body_limit_mb * MEGABYTE


@dataclass(frozen=True, slots=True)
class Prediction:
    """A row of `deployment_predictions`.

    Parameters
    ----------
    id
        Cannot be guessed: whoever asked without a name has nothing else to show.
    deployment, deployment_created
        Whom it asks; `deployment_created` is the deployment's creation, as names may be used again.
    gateway, folder
        Who has its files and does the work, and where they lie.
    caller
        ``"token ID"``, ``"user NAME"`` or "".
    state, reason
        How far it is, and why it ended so.
    request
        ``{"path", "headers": [[name, value], …]}``.
    size, answer_size
        Bytes sent and answered.
    created, started, ended, expires
        ISO 8601, UTC.
    version, status, content_type, spectra
        Which version answered, and what HTTP says of the answer.
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

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.state not in UNFINISHED

    @property
    def address(self) -> str:
        """Where it can be asked about."""
        return f"/deployments/{self.deployment}/predictions/{self.id}"

    @property
    def body(self) -> Path:
        """The file of what was sent."""
        return Path(self.folder) / "body"

    @property
    def answer(self) -> Path:
        """The file of what was answered."""
        return Path(self.folder) / "answer"

    def to_json(self) -> dict[str, Any]:
        """Return what is told of it."""
        known = self.state in (PredictionState.COMPLETED, PredictionState.ERROR)
        return {
            "id": self.id,
            "deployment": self.deployment,
            "state": str(self.state),
            "reason": self.reason,
            "caller": self.caller,
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
        HTTP's, of the replica's answer or of what kept it from answering.
    reason
        Empty where it is answered.
    version, content_type, answer_size, spectra
        Of the answer; `answer_size` is None where there is none.
    """

    status: int
    reason: str = ""
    version: int = 0
    content_type: str | None = None
    answer_size: int | None = None
    spectra: int = 0

    @property
    def state(self) -> PredictionState:
        """What the prediction has become."""
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
