"""The vocabulary of reference datasets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dashboard.data.sources.record import Fault, FetchError


@dataclass(frozen=True)
class CacheStatus:
    """What of a dataset is here.

    Attributes
    ----------
    holding : str
        `dashboard.data.dataset.Holding`.
    files : int
        All.
    cached, cached_bytes : int
        Files in the cache, and their size.
    pinned : int
        Files that are copies.
    failed : int
        Files that could not be fetched when it was last tried.
    fetched : str or None
        When a file was last fetched.
    reason : str
        Why copying stopped; empty: it did not.
    limit_bytes, used_bytes : int
        Of the whole cache.
    """

    holding: str
    files: int
    cached: int
    cached_bytes: int
    pinned: int
    failed: int
    fetched: str | None
    reason: str
    limit_bytes: int
    used_bytes: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


class CacheFull(FetchError):
    """The cache has no room, as what is in it is in use.

    Parameters
    ----------
    detail : str
        What was seen.
    hopeless : bool
        Whether the dataset alone does not fit.
    """

    def __init__(self, detail: str, *, hopeless: bool) -> None:
        super().__init__(Fault.STORAGE, detail)
        self.hopeless = hopeless
