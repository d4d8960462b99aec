"""What a source lists: records, and why one could not be fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """Why a record, or a list of records, could not be fetched."""

    DENIED = "denied"  # its address is neither public nor in an allowed network
    ADDRESS = "address"  # its address is none, or of a scheme that is not fetched
    CREDENTIALS = "credentials"  # the service asks for other credentials (401, 403)
    NOT_FOUND = "not-found"  # 404, 410
    STATUS = "status"  # another status that is no success
    BUSY = "busy"  # 429, 503
    UNREACHABLE = "unreachable"  # no connection, no name, TLS
    SLOW = "slow"  # it said nothing for too long, or trickles
    CUT = "cut"  # the connection ended before the file did
    TOO_LARGE = "too-large"
    HTML = "html"  # a page came in place of data
    DAMAGED = "damaged"  # it is not what it says to be, such as a gzip
    TABLE = "table"  # the list cannot be read
    SERVICE = "service"  # the service says that it failed, in its own words
    NO_LINK = "no-link"  # the list has no link for it
    NAME = "name"  # it cannot be stored under its name
    QUOTA = "quota"  # a quota was reached
    STORAGE = "storage"  # the disk is full
    INTERNAL = "internal"  # a fault of ours; the log says more


#: Another attempt may succeed.
PASSING = frozenset({Fault.BUSY, Fault.UNREACHABLE, Fault.SLOW, Fault.CUT})


class FetchError(Exception):
    """A record or list could not be fetched.

    Parameters
    ----------
    fault : Fault
        Why.
    detail : str
        What was seen, for a person: a status, or the service's own words.
    status : int
        HTTP status, where there is one.
    retry_s : float or None
        Seconds after which the server wants to be asked again.
    """

    def __init__(self, fault: Fault, detail: str, *, status: int = 0, retry_s: float | None = None) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail
        self.retry_s = retry_s
        self.status = status

    @property
    def passing(self) -> bool:
        """Whether another attempt may succeed."""
        return self.fault in PASSING or (self.fault is Fault.STATUS and self.status >= 500)


@dataclass(frozen=True)
class Record:
    """One file of a source.

    Attributes
    ----------
    address : str
        What the source opens, and what tells one record from another; empty: the list has no link.
    name : str
        File name as the source gives it; it is made safe where it is stored.
    title : str
        What the list calls it.
    label : str
        Class of the object; empty: not known.
    object : str
        Designation of the object; empty: not known.
    ra, dec : float or None
        ICRS, in degrees.
    size : int or None
        Bytes, as the list says; an estimate.
    extra : mapping
        What the kind needs beside the address to open it; JSON.
    """

    address: str
    name: str
    title: str = ""
    label: str = ""
    object: str = ""
    ra: float | None = None
    dec: float | None = None
    size: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class NoticeKind(StrEnum):
    """What is to be known of a list that was made."""

    OVERFLOW = "overflow"  # the service has more than it listed
    LIMIT = "limit"  # we list no more
    SKIPPED = "skipped"  # parts of it could not be listed
    SERVICE = "service"  # the service's own words


@dataclass(frozen=True)
class Notice:
    """One thing to know of a list; `detail` are the service's words, or what was skipped."""

    kind: NoticeKind
    detail: str

    def to_json(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"kind": str(self.kind), "detail": self.detail}


@dataclass(frozen=True)
class RecordPage:
    """Some records of a list.

    Attributes
    ----------
    records : tuple of Record
        In the order of the source.
    notices : tuple of Notice
        What is to be known of the list.
    resume : str
        Token by which a list that is made again saves what was done so far, such as a query of the
        service; empty: none, or that of the page before.
    """

    records: tuple[Record, ...]
    notices: tuple[Notice, ...] = ()
    resume: str = ""
