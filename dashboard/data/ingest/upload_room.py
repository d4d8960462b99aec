"""How much the quotas of a dataset's owner and project leave for an upload."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from dashboard.base.ownership import Ownership
from dashboard.quotas.quota import Balance, Quota
from dashboard.quotas.service import Quotas, exceeded
from dashboard.quotas.store import Limits

MB = 10**6


@dataclass
class UploadRoom:
    """What one upload may take; asked before each block of it.

    Parameters
    ----------
    limits : Limits
        Those that hold for the dataset.
    balances : list of Balance
        Of disk space, as it was when the upload began or is placed.
    coming : Counter
        Bytes of all unfinished uploads by subject and name, of which this one is a part.
    replaced : int
        Bytes of the file that it replaces.
    mine : int
        Bytes that this one has reserved.
    """

    limits: Limits
    balances: list[Balance]
    coming: Counter[tuple[str, str]]
    replaced: int
    mine: int = 0
    _keys: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._keys = [(str(one.limit.subject), one.limit.name + " " + one.user) for one in self.balances]

    def require(self, size: int) -> None:
        """Return if so many bytes may come.

        Parameters
        ----------
        size : int
            Bytes of the whole file.

        Raises
        ------
        QuotaExceeded
            If the file, or all that its owner or project stores with it, is too large.
        """
        for user, limit in self.limits.of(Quota.UPLOAD):
            if size > limit.amount * MB:
                raise exceeded(Balance(limit, user, 0.0, needed=size / MB))
        self.require_disk(size)

    def require_disk(self, size: int) -> None:
        """Return if so many bytes of one or more files fit; `QuotaExceeded` else."""
        for balance, key in zip(self.balances, self._keys, strict=True):
            others = self.coming[key] - self.mine
            needed = max(size - self.replaced, 0) / MB
            asked = replace(balance, used=balance.used + others / MB, needed=needed)
            if asked.exceeded:
                raise exceeded(asked)

    def reserve(self, size: int) -> None:
        """Count so many bytes as coming, if they may come."""
        self.require(size)
        for key in self._keys:
            self.coming[key] += size - self.mine
        self.mine = size

    def release(self) -> None:
        """Count nothing as coming any more."""
        for key in self._keys:
            self.coming[key] -= self.mine
            if not self.coming[key]:
                del self.coming[key]
        self.mine = 0


async def upload_room(
    quotas: Quotas | None, ownership: Ownership, coming: Counter[tuple[str, str]], replaced: int
) -> UploadRoom:
    """Return how much may be uploaded into something of that ownership.

    Parameters
    ----------
    quotas : Quotas or None
        None: as much as one likes.
    ownership : Ownership
        Of the dataset.
    coming : Counter
        Bytes of all unfinished uploads.
    replaced : int
        Bytes of the file that it replaces.
    """
    limits = Limits(ownership.owner) if quotas is None else await quotas.limits_of(ownership)
    balances = await quotas.balances(limits, {Quota.DISK: 0.0}) if quotas and limits.of(Quota.DISK) else []
    return UploadRoom(limits, balances, coming, replaced)
