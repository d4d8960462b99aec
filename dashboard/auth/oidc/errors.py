"""What keeps somebody from signing in by a provider, with a word for the audit log."""

from __future__ import annotations

from typing import ClassVar

from dashboard.base.errors import Conflict, Denied, ServiceError, Unavailable


class ProviderDenied(Denied):
    """The provider, or what it says of somebody, is no reason to sign them in.

    Parameters
    ----------
    detail : str
        A sentence for the person.
    reason : str
        A word for the audit log, such as ``nonce``.
    """

    title = "You are not signed in"

    def __init__(self, detail: str, reason: str) -> None:
        super().__init__(detail)
        self.reason = reason


class StaleFlow(Conflict):
    """A browser came back with what it did not take along, or too late."""

    title = "You are not signed in"
    reason: ClassVar[str] = "state"

    def __init__(self) -> None:
        super().__init__(
            "This sign-in was begun in another browser, was used, or took too long: begin again."
        )


class ProviderAway(Unavailable):
    """The provider does not answer, or says nothing of use."""

    reason: ClassVar[str] = "provider away"


def reason_of(error: ServiceError) -> str:
    """Return the word for the audit log."""
    return str(getattr(error, "reason", error.kind))
