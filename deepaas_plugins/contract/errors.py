"""The two ways in which a run ends early on purpose: its input is invalid, or it was cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: Reasons that a sentence about many rejected spectra gives.
SHOWN = 3


class InvalidInput(ValueError):
    """Parameters or input that a method cannot work with; its text is one sentence for a person.

    The batch entry ends with exit code 2 and this sentence as the reason; serving answers it to the caller.
    """


class Cancelled(Exception):
    """The run was asked to stop and did."""


def none_usable(rejected: Sequence[Mapping[str, str]]) -> str:
    """Return a sentence that says that every spectrum of a request was rejected, and why.

    Parameters
    ----------
    rejected
        ``{"name", "reason"}`` of each.
    """
    reasons = "; ".join(f"{each['name']}: {each['reason']}" for each in rejected[:SHOWN])
    if len(rejected) == 1:
        return f"The spectrum cannot be used: {reasons}."
    more = f"; and {len(rejected) - SHOWN} more" if len(rejected) > SHOWN else ""
    return f"None of the {len(rejected)} spectra can be used: {reasons}{more}."
