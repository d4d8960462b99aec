"""Attending to one job: look at the world, decide, do it, until there is nothing to do for now."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard import clock
from dashboard.jobs import decision
from dashboard.jobs.ending import Hook, Recorder
from dashboard.jobs.folder import launch_spec, write_job_folder
from dashboard.jobs.following import Follower
from dashboard.jobs.inputs import InputGone, JobInputs
from dashboard.jobs.job import Attempt, AttemptState, Job, Phase, Wanted
from dashboard.jobs.journal import Journal, Watched
from dashboard.jobs.results import JobResults
from dashboard.jobs.store import JobStore
from dashboard.live import Live
from dashboard.nodes.registry import Nodes
from dashboard.settings import JobsSettings
from launchers import Handle, ImageMissing, Launcher, LaunchError, NodeDown

log = logging.getLogger(__name__)

ROUNDS = 12  # decisions in one visit; the next visit comes anyway
ImageFinder = Callable[[str, str, Launcher], Awaitable[str]]  # (module, version, launcher) -> unchanging name


@dataclass(frozen=True)
class Surroundings:
    """What an attendant works with."""

    journal: Journal
    jobs: JobStore
    inputs: JobInputs
    nodes: Nodes
    recorder: Recorder
    live: Live
    settings: JobsSettings
    image: ImageFinder
    owner: str  # the label of this platform's containers
    at: Hook


class Attendant:
    """Attends to one job for as long as it lives."""

    def __init__(self, job: str, around: Surroundings) -> None:
        self.job = job
        self.progress: dict[str, Any] | None = None  # newest, not yet stored
        self._around = around
        self._follower: Follower | None = None

    async def visit(self) -> None:
        """Do what is to be done now. Errors of nodes and disks become the job's reason, never an exception."""
        for _ in range(ROUNDS):
            watched = await self._around.journal.look(self.job)
            if watched is None or not await self._safely(watched):
                return

    async def _safely(self, watched: Watched) -> bool:
        try:
            seen = await self._see(watched)
            return await self._do(watched, decision.decide(watched.job, watched.attempt, seen))
        except NodeDown as error:
            await self._say(watched.job, f"node {_node(watched)} does not answer: {error.reason}")
        except LaunchError as error:
            await self._say(watched.job, f"node {_node(watched)} refused: {error.reason}")
        except OSError as error:
            await self._say(
                watched.job, f"{_disk(error)}. What was computed is kept; it goes on once that is mended"
            )
        except Exception as error:
            log.exception("job %s", self.job)
            await self._say(watched.job, f"a defect of the platform keeps it from going on: {error!r}")
        return False

    async def _see(self, watched: Watched) -> decision.Seen:
        job, attempt = watched.job, watched.attempt
        if attempt is None or attempt.state is AttemptState.ENDED:
            return decision.Seen()
        results = JobResults(self._around.jobs.out_folder(attempt))
        # The exit file is read after the launcher was asked: what has exited by then has written it by then.
        answer = await self._ask(attempt)
        ended = await asyncio.to_thread(results.exit, attempt.id)
        begun = await asyncio.to_thread(results.begun)
        silent = await self._follow(job, attempt) if ended is None else None
        waited = clock.seconds_since(attempt.missing_since) if attempt.missing_since else 0.0
        return decision.Seen(
            exit=ended,
            begun=begun,
            silent_since=silent,
            missing_long=waited >= self._around.settings.missing_grace_s
            and attempt.missing_since is not None,
            **answer,
        )

    async def _ask(self, attempt: Attempt) -> dict[str, Any]:
        launcher, trouble = self._launcher(attempt)
        if launcher is None:
            return {"unreachable": trouble}
        try:
            if attempt.handle is None:
                return {"found": await launcher.find(attempt.id)}
            status = await launcher.status(Handle.from_json(attempt.handle))
        except LaunchError as error:
            return {"trouble": error.reason}
        return {"status": status}

    def _launcher(self, attempt: Attempt) -> tuple[Launcher | None, str]:
        """Return the launcher that can know of this try, or None and why not."""
        if not self._around.nodes.has(attempt.node):
            return None, f"node {attempt.node} is not in the settings"
        launcher = self._around.nodes.launcher(attempt.node)
        if launcher.kind and launcher.kind != attempt.launcher:
            return None, f"node {attempt.node} used {attempt.launcher} for it and uses {launcher.kind} now"
        return launcher, ""

    async def _follow(self, job: Job, attempt: Attempt) -> str | None:
        if self._follower is None:
            self._follower = Follower(self._around.jobs.out_folder(attempt))
        follower, topic, live = self._follower, f"job:{job.id}", self._around.live
        news = await asyncio.to_thread(follower.look)
        if news.progress is not None:
            self.progress = dict(news.progress)
            live.publish(topic, "progress", {"job": job.id, **news.progress})
            live.publish("jobs", "progress", {"job": job.id, **news.progress})
        if news.metrics:
            live.publish(topic, "metrics", {"job": job.id, "points": news.metrics})
        if news.log_size is not None:
            live.publish(topic, "log", {"job": job.id, "size": news.log_size})
        return await asyncio.to_thread(follower.silent_since, self._around.settings.heartbeat_grace_s)

    async def _do(self, watched: Watched, action: decision.Action) -> bool:
        """Do it; return whether to look again at once."""
        job, attempt, around = watched.job, watched.attempt, self._around
        match action:
            case decision.Finish():
                await self._finish(job, attempt, action)
                return True
            case decision.Rest():
                if attempt is not None:
                    await self._say(job, action.reason)
                return False
        if attempt is None:  # Place: that is the supervisor's
            return False
        match action:
            case decision.Launch():
                return await self._launch(job, attempt)
            case decision.Attach(handle):
                await around.journal.launched(attempt, handle, found=True)
                return True
            case decision.Execute():
                if await around.journal.executing(job, attempt):
                    around.jobs.publish(await around.jobs.get(job.id))
                await around.at("executing-recorded")
                return True
            case decision.Stop():
                await self._stop(attempt)
                return True
            case decision.Missing():
                if attempt.missing_since is None:
                    await around.journal.missing(attempt, clock.now())
                await self._say(job, f"node {attempt.node} has nothing called {attempt.id}; looking again")
            case decision.Remove():
                return await self._remove(attempt)
        return False

    async def _launch(self, job: Job, attempt: Attempt) -> bool:
        around, folder = self._around, self._around.jobs.attempt_folder(attempt)
        launcher, trouble = self._launcher(attempt)
        if launcher is None:
            await self._say(job, trouble)
            return False
        try:
            image = await around.image(job.module, job.module_version, launcher)
            await around.journal.imaged(job.id, image)
            source = await write_job_folder(folder, job, attempt, image, around.inputs)
            await around.at("folder-written")
            if await self._wanted_off(job):
                return True
            spec = launch_spec(folder, source, job, attempt, image, around.owner)
            handle = await launcher.start(spec)
        except NodeDown:
            raise  # it may have started: the next visit looks its name up
        except ImageMissing as error:
            return await self._fail(job, attempt, f"cannot start on node {attempt.node}: {error.reason}")
        except LaunchError as error:
            if await launcher.find(attempt.id) is not None:
                return True
            return await self._fail(job, attempt, f"node {attempt.node} refused it: {error.reason}")
        except InputGone as error:
            return await self._fail(job, attempt, f"cannot start: {error}")
        except OSError as error:
            return await self._fail(job, attempt, f"its folder cannot be written: {_disk(error)}")
        except ValueError as error:
            return await self._fail(job, attempt, f"cannot be started as asked: {error}")
        await around.at("started")
        await around.journal.launched(attempt, handle, found=False)
        await around.at("handle-recorded")
        return True

    async def _wanted_off(self, job: Job) -> bool:
        """Whether somebody aborted it while its image was fetched and its folder written."""
        now = await self._around.journal.look(job.id)
        return now is None or now.job.wanted is Wanted.ABORT

    async def _fail(self, job: Job, attempt: Attempt, reason: str) -> bool:
        await self._finish(job, attempt, decision.Finish(Phase.ERROR, reason))
        return True

    async def _finish(self, job: Job, attempt: Attempt | None, finish: decision.Finish) -> None:
        launcher = None
        if attempt is not None:
            await self._around.at("end-seen")
            launcher, _ = self._launcher(attempt)
            if launcher is not None and attempt.handle is not None:
                try:  # after this nobody writes into the folder any more
                    await launcher.stop(Handle.from_json(attempt.handle), self._around.settings.stop_grace_s)
                except LaunchError as error:
                    log.warning("%s could not be stopped before its end is recorded: %s", attempt.id, error)
        await self._around.recorder.record(job, attempt, finish, launcher)
        self.progress = None

    async def _stop(self, attempt: Attempt) -> None:
        launcher, _ = self._launcher(attempt)
        if launcher is not None and attempt.handle is not None:
            await launcher.stop(Handle.from_json(attempt.handle), self._around.settings.stop_grace_s)
            await self._around.at("stopped")

    async def _remove(self, attempt: Attempt) -> bool:
        launcher, _ = self._launcher(attempt)
        if launcher is not None:
            handle = Handle.from_json(attempt.handle) if attempt.handle else await launcher.find(attempt.id)
            if handle is not None:
                await launcher.remove(handle)
            await self._around.at("container-removed")
            await self._around.journal.removed(attempt)
        elif not self._around.nodes.has(attempt.node):
            await self._around.journal.removed(attempt)
        return False

    async def _say(self, job: Job, reason: str) -> None:
        if (
            not job.final
            and job.reason != reason
            and await self._around.journal.explain(job, reason, bool(reason))
        ):
            self._around.jobs.publish(await self._around.jobs.get(job.id))


def _node(watched: Watched) -> str:
    return watched.attempt.node if watched.attempt else watched.job.node


def _disk(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "the disk is full: make room below the platform's folder"
    return f"{error.strerror or error} ({Path(error.filename).name})" if error.filename else str(error)


__all__ = ["Attendant", "ImageFinder", "Surroundings"]
