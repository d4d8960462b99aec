"""The vocabulary of acquisitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from dashboard.base.ownership import Ownership, Visibility
from dashboard.data.sources.record import Record


class AcquisitionState(StrEnum):
    """The state of an acquisition; see the table."""

    LISTING = "listing"
    LISTED = "listed"
    FETCHING = "fetching"
    INDEXING = "indexing"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    STOPPED = "stopped"
    ERROR = "error"


#: States in which the platform works at an acquisition.
WORKING = (AcquisitionState.LISTING, AcquisitionState.FETCHING, AcquisitionState.INDEXING)
#: States from which failed records can be fetched again.
ENDED = (AcquisitionState.COMPLETED, AcquisitionState.INCOMPLETE, AcquisitionState.STOPPED)


class RecordState(StrEnum):
    """The state of a record; see the table."""

    LISTED = "listed"
    LEFT_OUT = "left_out"
    KNOWN = "known"
    QUEUED = "queued"
    FETCHED = "fetched"
    REFERENCED = "referenced"
    FAILED = "failed"


class Schedule(StrEnum):
    """When a source is listed again by itself."""

    NONE = ""
    NIGHTLY = "nightly"


@dataclass(frozen=True)
class SourceRow:
    """A row of `sources`, without its credentials."""

    id: str
    name: str
    owner: str
    visibility: str
    project: str | None
    created: str
    kind: str
    values: Mapping[str, Any]
    uploaded: bool
    schedule: str
    next_run: str | None
    has_credentials: bool

    @property
    def ownership(self) -> Ownership:
        """Its owner, and who else sees it."""
        return Ownership(self.owner, Visibility(self.visibility), self.project)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; whether it has credentials is all that is ever said of them."""
        return asdict(self)


@dataclass(frozen=True)
class Acquisition:
    """A row of `acquisitions`."""

    id: str
    source: str
    user: str
    created: str
    ended: str | None
    state: AcquisitionState
    fault: str
    detail: str
    name: str
    project: str | None
    dataset: str | None
    auto: bool
    only_new: bool
    notices: Sequence[Mapping[str, str]]
    token: str
    listed: int
    chosen: int
    fetched: int
    failed: int
    bytes: int
    expected_bytes: int
    by_reference: bool = False

    @property
    def queued(self) -> int:
        """Records that are still to be fetched."""
        return 0 if self.by_reference else max(self.chosen - self.fetched - self.failed, 0)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; the token is the platform's own."""
        told = {**asdict(self), "state": str(self.state), "queued": self.queued}
        del told["token"]
        return told


@dataclass(frozen=True)
class RecordRow:
    """A row of `acquisition_records`."""

    number: int
    address: str
    name: str
    path: str
    title: str
    label: str
    object: str
    ra: float | None
    dec: float | None
    size: int | None
    extra: Mapping[str, Any]
    state: RecordState
    fault: str
    detail: str
    attempts: int
    bytes: int | None

    @property
    def record(self) -> Record:
        """What the source opens."""
        return Record(
            self.address,
            self.name,
            self.title,
            self.label,
            self.object,
            self.ra,
            self.dec,
            self.size,
            self.extra,
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        told = {**asdict(self), "state": str(self.state)}
        del told["extra"]
        return told


@dataclass(frozen=True)
class RecordFilter:
    """Which records to list: with words in name, title or object; in a state; empty: all."""

    q: str = ""
    state: str = ""


@dataclass(frozen=True)
class Choice:
    """Which records are fetched.

    Attributes
    ----------
    ranges : sequence of (int, int)
        First and last number of each range; none: all.
    q : str
        Words in name, title or object; empty: all.
    """

    ranges: Sequence[tuple[int, int]] = ()
    q: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a record.

    Attributes
    ----------
    number : int
        The record's.
    fault : str
        Why it could not be fetched; empty: it was.
    detail : str
        What was seen.
    attempts : int
        Attempts at it, those before included.
    path : str
        In the dataset.
    size : int
        Bytes that were fetched.
    """

    number: int
    fault: str = ""
    detail: str = ""
    attempts: int = 1
    path: str = ""
    size: int = 0
