"""The quotas, and the error of a request that would exceed one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from dashboard.base.errors import FieldError, ServiceError


class Quota(StrEnum):
    """What is limited."""

    DISK = "disk_mb"
    UPLOAD = "upload_mb"
    DATASETS = "datasets"
    QUEUED = "queued_jobs"
    RUNNING = "running_jobs"
    CPU = "cpu_hours"
    GPU = "gpu_hours"
    MEMORY = "memory_gb_hours"
    DEPLOYMENTS = "deployments"
    REPLICAS = "replicas"


#: Hours of a calendar month, UTC.
HOURS = (Quota.CPU, Quota.GPU, Quota.MEMORY)
TITLES = {
    Quota.DISK: "disk space",
    Quota.UPLOAD: "size of one uploaded file",
    Quota.DATASETS: "datasets",
    Quota.QUEUED: "waiting jobs",
    Quota.RUNNING: "running jobs",
    Quota.CPU: "CPU-hours a month",
    Quota.GPU: "GPU-hours a month",
    Quota.MEMORY: "memory-hours a month",
    Quota.DEPLOYMENTS: "deployments",
    Quota.REPLICAS: "replicas",
}
UNITS = {
    Quota.DISK: "MB",
    Quota.UPLOAD: "MB",
    Quota.CPU: "CPU-h",
    Quota.GPU: "GPU-h",
    Quota.MEMORY: "GB-h",
}


class Subject(StrEnum):
    """Whose quota one is."""

    ROLE = "role"
    PERSON = "person"
    PROJECT = "project"


@dataclass(frozen=True)
class Limit:
    """A limit that holds.

    Attributes
    ----------
    quota : Quota
        What is limited.
    amount : float
        The most, in the unit of the quota.
    subject, name : Subject, str
        Whose limit it is: that of a role may be somebody's.
    """

    quota: Quota
    amount: float
    subject: Subject
    name: str


@dataclass(frozen=True)
class Balance:
    """A limit, and what of it is used and would be needed.

    Attributes
    ----------
    limit : Limit
        The limit.
    user : str
        Whose use is counted; empty: that of a project.
    used : float
        Used or reserved, without what is needed.
    reserved : float
        The part of `used` that running and waiting jobs may still use.
    needed : float
        What a request needs.
    """

    limit: Limit
    user: str
    used: float
    reserved: float = 0.0
    needed: float = 0.0

    @property
    def left(self) -> float:
        """What is left, without what is needed; at least 0."""
        return max(self.limit.amount - self.used, 0.0)

    @property
    def exceeded(self) -> bool:
        """Whether the request does not fit."""
        return self.used + self.needed > self.limit.amount * (1 + 1e-9) and self.needed > 0

    def to_json(self) -> dict[str, Any]:
        """Return the facts, and the sentence for a person."""
        return {
            "quota": str(self.limit.quota),
            "subject": str(self.limit.subject),
            "name": self.limit.name,
            "limit": self.limit.amount,
            "used": round(self.used, 6),
            "reserved": round(self.reserved, 6),
            "needed": round(self.needed, 6),
            "left": round(self.left, 6),
            "exceeded": self.exceeded,
            "message": self.sentence(),
        }

    def sentence(self) -> str:
        """Return what is needed of what is left."""
        quota = self.limit.quota
        if quota is Quota.UPLOAD:
            most = with_unit(quota, self.limit.amount)
            return f"The file has more than {most}, the most that one may have ({self._whose()})."
        if quota is Quota.RUNNING:
            return f"{self.used:g} of at most {self.limit.amount:g} jobs run ({self._whose()})."
        verb = "would need" if self.exceeded else "needs at most" if quota in HOURS else "needs"
        needed, left = with_unit(quota, self.needed), with_unit(quota, self.left)
        whose = "your" if self.user else "the project's"
        told = f"This {verb} {needed} of {whose} {left} left ({self._whose()}"
        if self.reserved:
            told += f"; {with_unit(quota, self.reserved)} are reserved for jobs that run or wait"
        return f"{told})."

    def _whose(self) -> str:
        named = f"{TITLES[self.limit.quota]}: {with_unit(self.limit.quota, self.limit.amount)}"
        return f"{named}, quota of the {self.limit.subject} {self.limit.name}"


class QuotaExceeded(ServiceError):
    """A request would exceed a quota; `balance` has the facts."""

    status: ClassVar[int] = 403
    kind: ClassVar[str] = "quota"
    title: ClassVar[str] = "Over the quota"

    def __init__(self, balance: Balance, field: str = "") -> None:
        sentence = balance.sentence()
        super().__init__(sentence, [FieldError(field, sentence)] if field else [])
        self.balance = balance

    def problem(self) -> dict[str, Any]:
        """Return the problem, with the facts of the quota as members."""
        facts = self.balance.to_json()
        del facts["message"], facts["exceeded"]
        return {**super().problem(), **facts}


class UploadTooLarge(QuotaExceeded):
    """A file is larger than a quota allows."""

    status: ClassVar[int] = 413


def with_unit(quota: Quota, amount: float) -> str:
    """Return an amount with its unit.

    Parameters
    ----------
    quota : Quota
        What it is an amount of.
    amount : float
        How much.
    """
    unit = {Quota.CPU: "h", Quota.GPU: "GPU-h", Quota.MEMORY: "GB-h"}.get(quota) or UNITS.get(quota, "")
    if quota in (Quota.DISK, Quota.UPLOAD) and amount >= 1000:
        return f"{amount / 1000:.4g} GB"
    return f"{amount:.4g} {unit}".rstrip()


def described() -> list[dict[str, str]]:
    """Return name, title and unit of every quota, in their order."""
    return [{"name": str(one), "title": TITLES[one], "unit": UNITS.get(one, "")} for one in Quota]
