"""The two ways in which a run ends early on purpose: what it was given is refused, or a person stopped it."""

from __future__ import annotations


class Refused(ValueError):
    """Parameters or input that a method cannot work with; its text is one sentence for a person.

    The batch entry ends with exit code 2 and this sentence as the reason; serving answers it to the caller.
    """


class Cancelled(Exception):
    """The run was asked to stop and did."""
