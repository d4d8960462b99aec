"""Records how a job ended: hashes its artefacts and keeps its model, before its container is removed."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from dashboard.base import clock
from dashboard.base.errors import Invalid, ServiceError
from dashboard.jobs.failure import Failure
from dashboard.jobs.folder import checkpoints
from dashboard.jobs.folder.results import JobResults
from dashboard.jobs.job import Artefact, Attempt, DesiredState, Job, Phase
from dashboard.jobs.retry_policy import RetryPolicy
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.supervisor import messages
from dashboard.jobs.supervisor.completion_rows import Completion
from dashboard.jobs.supervisor.decision import Finish
from dashboard.jobs.supervisor.retry import ScheduledRetry, next_attempt
from dashboard.jobs.supervisor.store import SupervisorStore
from dashboard.models.model import BELOW, ModelFile, NewModel
from dashboard.models.store import ModelStore
from launchers import Handle, Launcher, LaunchError

TAIL_BYTES = 8192
TAIL_LINES = 4
TAIL_LENGTH = 600

Hook = Callable[[str], Awaitable[None]]


class CompletionRecorder:
    """Records ends of jobs. It is idempotent: repeating it after a crash gives the same result.

    Parameters
    ----------
    store : SupervisorStore
        Records the end.
    jobs : JobStore
        Gives attempts and their folders; publishes the state.
    models : ModelStore
        Keeps the model of a completed job.
    at : Hook
        Called at each point where a crash must be harmless (tests crash there).
    """

    def __init__(self, store: SupervisorStore, jobs: JobStore, models: ModelStore, at: Hook) -> None:
        self._store = store
        self._jobs = jobs
        self._models = models
        self._at = at

    async def record(
        self, job: Job, attempt: Attempt | None, finish: Finish, launcher: Launcher | None
    ) -> None:
        """Record the end of a job, or of an attempt that is retried.

        Parameters
        ----------
        job : Job
            Its row.
        attempt : Attempt or None
            None: the job had none.
        finish : Finish
            What was decided.
        launcher : Launcher or None
            Gives the log of a container whose runner wrote none.

        Raises
        ------
        OSError
            If the model cannot be written; then nothing is recorded.
        """
        completion = Completion(finish.phase, finish.reason, finish.exit_code, None, {}, [], None)
        scheduled = None
        if attempt is not None:
            completion = await self._gather(job, attempt, finish, launcher)
            scheduled = await self._scheduled_retry(job, completion)
        await self._at("results-gathered")
        if attempt is not None and scheduled is not None:
            recorded = await self._store.retry(job, attempt, completion, scheduled)
        else:
            recorded = await self._store.finish(job, attempt, completion)
        if recorded:
            if completion.model is not None:
                self._models.announce(completion.model["id"], job.owner)
            await self._at("end-recorded")
        self._jobs.publish(await self._jobs.get(job.id))

    async def _scheduled_retry(self, job: Job, completion: Completion) -> ScheduledRetry | None:
        """Return when the job is retried, or None."""
        if completion.phase is not Phase.ERROR or job.desired_state is DesiredState.ABORT:
            return None
        policy = RetryPolicy.from_json(job.retry)
        attempts = await self._jobs.attempts(job.id)
        return next_attempt(policy, attempts, completion.failure, completion.reason, clock.now())

    async def _gather(
        self, job: Job, attempt: Attempt, finish: Finish, launcher: Launcher | None
    ) -> Completion:
        results = JobResults(self._jobs.out_folder(attempt))
        ended = await asyncio.to_thread(results.exit, attempt.id)
        artefacts = await asyncio.to_thread(_artefacts, results, attempt.id)
        phase, reason, failure, model = finish.phase, finish.reason, finish.failure, None
        checkpoint = None
        metrics = await asyncio.to_thread(results.summary)
        if phase is Phase.COMPLETED:
            try:
                model = await self._kept_model(job, results, artefacts)
            except ServiceError as error:
                phase, reason, failure = Phase.ERROR, error.detail, Failure.ERROR
        else:
            checkpoint = await asyncio.to_thread(checkpoints.find, results.folder)
        if finish.explain:
            reason = await self._explained(reason, attempt, results, launcher)
        began = ended.begin if ended else None
        code = finish.exit_code
        life = await asyncio.to_thread(results.life, attempt.id)
        held_s = await _held_s(attempt, launcher) if job.resources.parts > 1 else None
        return Completion(
            phase, reason, code, began, metrics, artefacts, model, failure, finish.cause, checkpoint, life,
            held_s,
        )  # fmt: skip

    async def _kept_model(
        self, job: Job, results: JobResults, artefacts: Sequence[Artefact]
    ) -> Mapping[str, Any] | None:
        """Keep the model of a job and return its row; None when the job made none.

        Raises
        ------
        Invalid
            If ``model.json`` cannot be read.
        OSError
            If the files cannot be written.
        """
        if job.action == "predict":
            return None
        try:
            card = await asyncio.to_thread(results.model_card)
        except ValueError as error:
            raise Invalid(f"The job completed, but its model cannot be used: {error}") from error
        if card is None:
            return None
        metrics = card.get("metrics")
        model = NewModel(
            id=f"m-{job.id}",
            name=job.label or (f"{job.module} on {job.input['name']}" if job.dataset else job.module),
            owner=job.owner,
            job=job.id,
            dataset=job.dataset,
            module=job.module,
            module_version=job.module_version,
            image=job.image,
            card=card,
            metrics=metrics if isinstance(metrics, dict) else await asyncio.to_thread(results.summary),
            input=dict(job.input),
        )
        files = [
            ModelFile(part.path, part.size, part.sha256) for part in artefacts if part.path.startswith(BELOW)
        ]
        return await self._models.keep(model, results.folder.root, files)

    async def _explained(
        self, reason: str, attempt: Attempt, results: JobResults, launcher: Launcher | None
    ) -> str:
        """Add the last lines of the log to a reason that the module did not give itself."""
        reason = reason or messages.FAILED
        log = await asyncio.to_thread(results.log, -TAIL_BYTES)
        lines = last_lines(log.text)
        if not lines and launcher is not None and attempt.handle is not None:
            try:
                printed = await launcher.logs(Handle.from_json(attempt.handle), tail=50)
                lines = last_lines(printed[-TAIL_BYTES:].decode("utf-8", "replace"))
            except LaunchError as error:
                return messages.without_log(reason, error.reason)
        return messages.with_log(reason, lines)


def last_lines(text: str) -> str:
    """Return the last lines of a log on one line, without control characters."""
    lines = [line for line in (_printable(line) for line in text.splitlines()) if line][-TAIL_LINES:]
    joined = " | ".join(lines)
    return joined if len(joined) <= TAIL_LENGTH else "…" + joined[-TAIL_LENGTH:]


def _printable(line: str) -> str:
    return "".join(letter for letter in line if unicodedata.category(letter)[0] != "C").strip()


async def _held_s(attempt: Attempt, launcher: Launcher | None) -> float | None:
    """Return for how long the parts of an attempt held their nodes; None where its node does not say."""
    if launcher is None or attempt.handle is None:
        return None
    try:
        return (await launcher.status(Handle.from_json(attempt.handle))).held_s
    except LaunchError:
        return None


def _artefacts(results: JobResults, attempt: str) -> list[Artefact]:
    found = []
    for file in results.files():
        try:
            found.append(Artefact(attempt, file.path, file.size, results.folder.sha256(file.path)))
        except OSError:  # removed or replaced meanwhile: there is nothing to record
            continue
    return found
