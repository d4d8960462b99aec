"""The job of a round: what is asked of the check, before a session is made and before a round begins."""

from __future__ import annotations

from dashboard.jobs.request import JobRequest
from dashboard.learning.settings import SessionSettings

LABEL_LENGTH = 200  # of a job's label


def round_request(
    settings: SessionSettings, *, name: str, dataset: str, number: int, project: str | None
) -> JobRequest:
    """Return the request of a round.

    Parameters
    ----------
    settings : SessionSettings
        Of the round.
    name : str
        Of the session.
    dataset : str
        Id of the pool.
    number : int
        Of the round.
    project : str or None
        Of the session.
    """
    return JobRequest(
        settings.module,
        dataset,
        settings.parameters,
        settings.recipe,
        settings.node,
        settings.resources,
        label=f"{name[: LABEL_LENGTH - 20]}, round {number}",
        project=project or "",
    )
