"""The pool that an earlier round prepared: a later one that would prepare the same reads no file again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.data.dataset import Kind
from dashboard.jobs.job import Artefact, Job
from dashboard.jobs.request import CheckedRequest
from jobfolder import names


def prepares_the_same(job: Job, checked: CheckedRequest) -> bool:
    """Return whether a request would prepare the pool that a job prepared.

    Parameters
    ----------
    job : Job
        Of an earlier round, completed.
    checked : CheckedRequest
        Of the later one.
    """
    return (
        checked.input.kind == Kind.SPECTRA
        and checked.input.sha256 is not None
        and job.input["sha256"] == checked.input.sha256
        and (job.module, job.module_version) == (checked.request.module, checked.module_version)
        and dict(job.parameters) == dict(checked.parameters)
        and job.recipe == checked.recipe
    )


def pool_of(job: Job, artefacts: Sequence[Artefact]) -> dict[str, Any] | None:
    """Return where a job left its pool, for the input of another; None: nowhere.

    Parameters
    ----------
    job : Job
        Of a round.
    artefacts : sequence of Artefact
        What it left.
    """
    for one in reversed(artefacts):
        if one.path == names.POOL:
            return {"job": job.id, "attempt": one.attempt, "size": one.size, "sha256": one.sha256}
    return None
