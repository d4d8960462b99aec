"""Rows of jobs and attempts to objects, and the row of a new job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.base import clock
from dashboard.base.ownership import Visibility
from dashboard.base.resources import Resources
from dashboard.jobs.job import Attempt, AttemptState, DesiredState, Job, Phase
from dashboard.jobs.request import CheckedRequest
from wire.json_records import REQUEST


def job_of(row: Mapping[Any, Any]) -> Job:
    """Return the job of a row of `jobs`."""
    values = {str(key): value for key, value in row.items()}
    values["phase"] = Phase(values["phase"])
    values["desired_state"] = DesiredState(values["desired_state"])
    values["resources"] = Resources.from_json(values["resources"])
    return Job(**values)


def attempt_of(row: Mapping[Any, Any]) -> Attempt:
    """Return the attempt of a row of `attempts`."""
    values = {str(key): value for key, value in row.items()}
    return Attempt(**{**values, "state": AttemptState(values["state"])})


def queued_row(job: str, checked: CheckedRequest, owner: str, parent: str | None) -> dict[str, Any]:
    """Return the row of a new job that waits.

    Parameters
    ----------
    job : str
        Its id.
    checked : CheckedRequest
        What to run.
    owner : str
        Its owner.
    parent : str or None
        The job that it repeats.
    """
    request = checked.request
    return {
        "id": job,
        "owner": owner,
        "visibility": Visibility.PROJECT if request.project else Visibility.PRIVATE,
        "project": request.project or None,
        "label": request.label,
        "note": request.note,
        "action": checked.action,
        "module": request.module,
        "module_version": checked.module_version,
        "image": "",
        "phase": Phase.QUEUED,
        "desired_state": DesiredState.RUN,
        "reason": "waits for its turn",
        "parameters": dict(checked.parameters),
        "recipe": checked.recipe,
        "dataset": request.dataset or None,
        "model": checked.model,
        "input": checked.input.to_json(),
        "node": request.node,
        "resources": checked.resources.to_json(),
        "notify": request.notify,
        "parent": parent,
        "retry": checked.retry,
        "request_id": REQUEST.get(),
        "created": clock.now(),
    }
