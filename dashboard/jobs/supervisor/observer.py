"""Observes an attempt: its files, the state that its node reports, and what its runner has written since."""

from __future__ import annotations

import asyncio
from typing import Any

from dashboard.base import clock
from dashboard.jobs.folder.follower import Follower
from dashboard.jobs.folder.results import JobResults
from dashboard.jobs.job import Attempt, AttemptState, Job
from dashboard.jobs.store.live_events import publish_update
from dashboard.jobs.store.supervised_jobs import SupervisedJob
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.decision import Observation
from jobfolder import names
from launchers import Handle, LaunchError, State


class AttemptObserver:
    """Observes the attempts of one job; it remembers how far it has read their files.

    Attributes
    ----------
    progress : dict or None
        The newest progress that is not stored yet.
    held_s : float or None
        For how long the parts of a job array have held their nodes (`launchers.Status`).
    """

    def __init__(self, context: SupervisorContext) -> None:
        self.progress: dict[str, Any] | None = None
        self.held_s: float | None = None
        self._context = context
        self._follower: Follower | None = None

    def forget(self) -> None:
        """Start again with the next attempt: this one has ended."""
        self.progress, self.held_s, self._follower = None, None, None

    async def observe(self, supervised: SupervisedJob) -> Observation:
        """Return what is seen of the attempt, and publish what is new."""
        job, attempt = supervised.job, supervised.attempt
        if attempt is None or attempt.state is AttemptState.ENDED:
            return Observation()
        results = JobResults(self._context.jobs.out_folder(attempt))
        # The exit file is read after the node was queried: by then an exited container has written it.
        answer = await self._query(attempt)
        document = self._context.jobs.attempt_folder(attempt) / names.JOB
        there = self._context.home_there if attempt.handle is None else document.is_file
        ended, begun, visible = await asyncio.to_thread(
            lambda: (results.exit(attempt.id), results.begun(), there())
        )
        silent = await self._follow(job, attempt)
        waited = clock.seconds_since(attempt.missing_since) if attempt.missing_since else 0.0
        return Observation(
            exit=ended,
            begun=begun,
            silent_since=silent,
            hidden=not visible,
            missing_long=waited >= self._context.settings.missing_grace_s
            and attempt.missing_since is not None,
            **answer,
        )

    async def _query(self, attempt: Attempt) -> dict[str, Any]:
        launcher, why = self._context.launcher_of(attempt)
        if launcher is None:
            return {"unreachable": why}
        try:
            if attempt.handle is None:
                return {"found": await launcher.find(attempt.id)}
            status = await launcher.status(Handle.from_json(attempt.handle))
            self.held_s = status.held_s
            if attempt.missing_since is not None and status.state is not State.MISSING:
                await self._context.store.missing(attempt, None)
        except LaunchError as error:
            return {"node_error": error.reason}
        return {"status": status}

    async def _follow(self, job: Job, attempt: Attempt) -> str | None:
        if self._follower is None:
            self._follower = Follower(self._context.jobs.out_folder(attempt))
        follower, grace_s = self._follower, self._context.settings.heartbeat_grace_s
        news, silent = await asyncio.to_thread(lambda: (follower.look(), follower.silent_since(grace_s)))
        if news.progress is not None:
            self.progress = dict(news.progress)
        publish_update(self._context.live, job.id, news, job.ownership)
        return silent
