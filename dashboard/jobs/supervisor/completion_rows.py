"""The rows that record how an attempt ended; called inside the supervisor's transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.database.tables import artefacts, attempts, jobs
from dashboard.jobs.job import LIVE, Artefact, Attempt, AttemptState, DesiredState, Job, Phase
from dashboard.jobs.store.event_log import add_event
from dashboard.jobs.store.value_index import index_values
from dashboard.jobs.supervisor.retry import ScheduledRetry
from dashboard.models.store import record_model
from dashboard.quotas import usage

SUPERVISOR = "supervisor"  # the author of its events


@dataclass(frozen=True)
class Completion:
    """How an attempt ended, and what it produced.

    Attributes
    ----------
    began : str or None
        When the runner started, by its ``exit.json``.
    model : Mapping or None
        A row of `models`.
    failure, cause : str
        `dashboard.jobs.failure.Failure` and `launchers.Cause`, or empty.
    checkpoint : Mapping or None
        ``{"folder", "step", "time", "bytes"}``.
    life : tuple
        When the attempt began and ended, by its own files; None where they do not say.
    held_s : float or None
        For how long the parts of a job array held their nodes (`launchers.Status`).
    """

    phase: Phase
    reason: str
    exit_code: int | None
    began: str | None
    metrics: Mapping[str, float]
    artefacts: Sequence[Artefact]
    model: Mapping[str, Any] | None
    failure: str = ""
    cause: str = ""
    checkpoint: Mapping[str, Any] | None = None
    life: tuple[str | None, str | None] = (None, None)
    held_s: float | None = None


async def end_job(
    connection: AsyncConnection, job: Job, attempt: Attempt | None, completion: Completion
) -> bool:
    """Write the end of a job: its phase, attempt, artefacts, model and events.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction.
    job : Job
        Its row.
    attempt : Attempt or None
        The attempt that ended; None: the job had none.
    completion : Completion
        How it ended.

    Returns
    -------
    bool
        False, and nothing is written, when the job had ended before.
    """
    moment = clock.now()
    values: dict[str, Any] = {"phase": completion.phase, "reason": completion.reason, "ended": moment}
    if completion.metrics:
        values["metrics"] = dict(completion.metrics)
    if attempt is not None and job.started is None:
        values["started"] = completion.began or attempt.launched
    done = await connection.execute(
        update(jobs).where(jobs.c.id == job.id, jobs.c.phase.in_(LIVE)).values(values)
    )
    if not done.rowcount:
        return False
    if completion.metrics:
        await index_values(connection, job.id)
    name = attempt.id if attempt else None
    if attempt is not None:
        await _end_attempt(connection, attempt, completion, moment)
    if completion.model is not None:
        await record_model(connection, completion.model)
        detail = {"model": completion.model["id"]}
        await add_event(connection, job.id, "model", SUPERVISOR, detail, attempt=name)
    await add_phase_event(connection, job, completion.phase, completion.reason, name)
    return True


async def requeue_job(
    connection: AsyncConnection, job: Job, attempt: Attempt, completion: Completion, scheduled: ScheduledRetry
) -> bool:
    """Write the end of an attempt, and put its job back into the queue.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction.
    job, attempt : Job, Attempt
        Their rows.
    completion : Completion
        How the attempt ended.
    scheduled : ScheduledRetry
        When the next attempt may start.

    Returns
    -------
    bool
        False, and nothing is written, when the job has ended or is to be aborted.
    """
    values = {
        "phase": Phase.QUEUED,
        "reason": scheduled.reason,
        "not_before": scheduled.not_before,
        "resume": True,
        "progress": None,
    }
    wanted = (jobs.c.id == job.id, jobs.c.phase.in_(LIVE), jobs.c.desired_state == DesiredState.RUN)
    done = await connection.execute(update(jobs).where(*wanted).values(values))
    if not done.rowcount:
        return False
    await _end_attempt(connection, attempt, completion, clock.now())
    detail = {"failure": completion.failure, "reason": completion.reason, "not_before": scheduled.not_before}
    await add_event(connection, job.id, "retry", SUPERVISOR, detail, attempt=attempt.id)
    await add_phase_event(connection, job, Phase.QUEUED, scheduled.reason, attempt.id)
    return True


async def add_phase_event(
    connection: AsyncConnection, job: Job, phase: Phase, reason: str, attempt: str | None
) -> None:
    """Record a change of a job's phase in its history.

    Parameters
    ----------
    connection : AsyncConnection
        In the transaction that changes the phase.
    job : Job
        The job, still with the phase before.
    phase : Phase
        The phase after.
    reason : str
        Why; a sentence for the job page.
    attempt : str or None
        Id of the attempt that caused it, or None.
    """
    detail = {"from": str(job.phase), "to": str(phase), "reason": reason}
    await add_event(connection, job.id, "phase", SUPERVISOR, detail, attempt=attempt)


async def _end_attempt(
    connection: AsyncConnection, attempt: Attempt, completion: Completion, moment: str
) -> None:
    ended = {
        "state": AttemptState.ENDED,
        "ended": moment,
        "exit_code": completion.exit_code,
        "reason": completion.reason,
        "failure": completion.failure,
        "cause": completion.cause,
        "checkpoint": completion.checkpoint,
    }
    await connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(ended))
    began, written = completion.life
    await usage.ended(
        connection,
        attempt.id,
        launched=attempt.launched,
        began=began,
        written=written,
        held_s=completion.held_s,
    )
    if completion.artefacts:
        rows = [{"job": attempt.job, **artefact.to_json()} for artefact in completion.artefacts]
        await connection.execute(insert(artefacts), rows)
