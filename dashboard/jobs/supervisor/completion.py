"""Recording how a job ended: what it left is hashed and its model kept, before anything is taken away."""

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
from dashboard.jobs.supervisor.decision import Finish
from dashboard.jobs.supervisor.retry import ScheduledRetry, next_attempt
from dashboard.jobs.supervisor.store import Completion, SupervisorStore
from dashboard.models.store import BELOW, ModelFile, ModelStore, NewModel
from launchers import Handle, Launcher, LaunchError

WORDS_BYTES = 8192
WORDS_LINES = 4
WORDS_LENGTH = 600

Hook = Callable[[str], Awaitable[None]]


class CompletionRecorder:
    """Records ends. Doing it again after a crash half-way gives the same.

    Parameters
    ----------
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
        """Record the end of a job.

        Raises
        ------
        OSError
            If the disk does not take the model; nothing is recorded then and nothing lost.
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
        """Return whether, and when, it is tried again."""
        if completion.phase is not Phase.ERROR or job.desired_state is DesiredState.ABORT:
            return None
        policy = RetryPolicy.from_json(job.retry)
        tried = await self._jobs.attempts(job.id)
        return next_attempt(policy, tried, completion.failure, completion.reason, clock.now())

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
        return Completion(
            phase, reason, code, began, metrics, artefacts, model, failure, finish.cause, checkpoint
        )

    async def _kept_model(
        self, job: Job, results: JobResults, artefacts: Sequence[Artefact]
    ) -> Mapping[str, Any] | None:
        """Keep the model that a job left; return its row, or None when it left none.

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
            raise Invalid(f"The job ended well, but its model cannot be used: {error}") from error
        if card is None:
            return None
        metrics = card.get("metrics")
        model = NewModel(
            id=f"m-{job.id}",
            name=job.label or f"{job.module} on {job.input['name']}",
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
        """Add the last words of the log to a reason that the module did not give itself."""
        reason = reason or "it failed and did not say why"
        log = await asyncio.to_thread(results.log, -WORDS_BYTES)
        words = last_words(log.text)
        if not words and launcher is not None and attempt.handle is not None:
            try:
                printed = await launcher.logs(Handle.from_json(attempt.handle), tail=50)
                words = last_words(printed[-WORDS_BYTES:].decode("utf-8", "replace"))
            except LaunchError as error:
                return f"{reason}. Its output cannot be had: {error.reason}"
        return f"{reason}. Its last words: {words}" if words else f"{reason}. It printed nothing"


def last_words(text: str) -> str:
    """Return the last lines of a log as one sentence's end, without control characters."""
    lines = [line for line in (_printable(line) for line in text.splitlines()) if line][-WORDS_LINES:]
    words = " | ".join(lines)
    return words if len(words) <= WORDS_LENGTH else "…" + words[-WORDS_LENGTH:]


def _printable(line: str) -> str:
    return "".join(letter for letter in line if unicodedata.category(letter)[0] != "C").strip()


def _artefacts(results: JobResults, attempt: str) -> list[Artefact]:
    found = []
    for file in results.files():
        try:
            found.append(Artefact(attempt, file.path, file.size, results.folder.sha256(file.path)))
        except OSError:  # gone or replaced while we looked: it is not there to be recorded
            continue
    return found
