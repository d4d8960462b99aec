"""Attending to one job: look at the world, decide, do it, until there is nothing to do for now."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from dashboard.base import clock
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.jobs.failure import Failure, failure_of
from dashboard.jobs.folder import checkpoints
from dashboard.jobs.folder.inputs import InputGone
from dashboard.jobs.folder.writer import Checkpoint, JobFolder
from dashboard.jobs.job import Attempt, DesiredState, Job, Phase
from dashboard.jobs.supervisor import decision
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.lease import LeaseLost
from dashboard.jobs.supervisor.messages import of_disk, why_not
from dashboard.jobs.supervisor.observer import AttemptObserver
from dashboard.jobs.supervisor.supervised_jobs import SupervisedJob
from launchers import Handle, Launcher, LaunchError, NodeDown

log = logging.getLogger(__name__)

ROUNDS = 12  # decisions in one visit; the next visit comes anyway


class JobReconciler:
    """Attends to one job for as long as it lives."""

    def __init__(self, job: str, context: SupervisorContext) -> None:
        self.job = job
        self.observer = AttemptObserver(context)
        self._context = context

    async def visit(self, known: SupervisedJob | None = None) -> None:
        """Do what is to be done now; errors of nodes and disks become the job's reason.

        Parameters
        ----------
        known : SupervisedJob, optional
            Its rows, if they were read a moment ago and nobody has attended to it since.
        """
        try:
            for _ in range(ROUNDS):
                supervised = known or await self._context.store.get(self.job)
                known = None
                if supervised is None or not await self._safely(supervised):
                    return
        except LeaseLost:
            log.warning("job %s is another supervisor's now", self.job)

    async def _safely(self, supervised: SupervisedJob) -> bool:
        try:
            seen = await self.observer.observe(supervised)
            action = decision.decide(supervised.job, supervised.attempt, seen)
            if isinstance(action, decision.Finish) and action.phase is Phase.ERROR:
                action = replace(action, failure=failure_of(seen.status, seen.exit))
            if isinstance(action, decision.Finish) and seen.status is not None:
                action = replace(action, cause=seen.status.cause or "")
            return await self._do(supervised, action)
        except LeaseLost:
            raise
        except NodeDown as error:
            await self._say(supervised.job, f"node {_node(supervised)} does not answer: {error.reason}")
        except LaunchError as error:
            await self._say(supervised.job, f"node {_node(supervised)} rejected: {error.reason}")
        except OSError as error:
            await self._say(
                supervised.job, f"{of_disk(error)}. What was computed is kept; it goes on once that is mended"
            )
        except Exception as error:
            log.exception("job %s", self.job)
            await self._say(supervised.job, f"a defect of the platform keeps it from going on: {error!r}")
        return False

    async def _do(self, supervised: SupervisedJob, action: decision.Action) -> bool:
        """Do it; return whether to look again at once."""
        job, attempt = supervised.job, supervised.attempt
        if isinstance(action, decision.Finish):
            await self._finish(job, attempt, action)
            return False  # clearing away can wait: another job may have the place now
        if attempt is None:  # placement gives it a node
            return False
        return await self._do_with(job, attempt, action)

    async def _do_with(self, job: Job, attempt: Attempt, action: decision.Action) -> bool:
        again = True
        match action:
            case decision.Launch():
                again = await self._launch(job, attempt)
            case decision.Attach(handle):
                await self._context.store.launched(attempt, handle, found=True)
            case decision.Execute():
                await self._execute(job, attempt)
            case decision.Stop():
                await self._stop(attempt)
            case decision.Missing():
                again = await self._note_missing(job, attempt)
            case decision.Remove():
                again = await self._remove(attempt)
            case decision.Wait(reason):
                await self._say(job, reason)
                again = False
        return again

    async def _execute(self, job: Job, attempt: Attempt) -> None:
        if await self._context.store.executing(job, attempt):
            self._context.jobs.publish(await self._context.jobs.get(job.id))
        await self._context.at("executing-recorded")

    async def _note_missing(self, job: Job, attempt: Attempt) -> bool:
        if attempt.missing_since is None:
            await self._context.store.missing(attempt, clock.now())
        await self._say(job, f"node {attempt.node} has nothing called {attempt.id}; looking again")
        return False

    async def _launch(self, job: Job, attempt: Attempt) -> bool:
        launcher, trouble = self._context.launcher_of(attempt)
        if launcher is None:
            await self._say(job, trouble)
            return False
        try:
            handle = await self._start(job, attempt, launcher)
        except NodeDown:
            raise  # it may have started: the next visit looks its name up
        except (LaunchError, InputGone, OSError, ValueError) as error:
            if await launcher.find(attempt.id) is None:
                failure = Failure.NOT_STARTED if isinstance(error, LaunchError | OSError) else Failure.INPUT
                rejection = decision.Finish(Phase.ERROR, why_not(error, attempt.node), failure=failure)
                await self._finish(job, attempt, rejection)
            return True
        if handle is not None:
            await self._context.at("started")
            await self._context.store.launched(attempt, handle, found=False)
            await self._context.at("handle-recorded")
        return True

    async def _start(self, job: Job, attempt: Attempt, launcher: Launcher) -> Handle | None:
        """Write the job's folder and start it; None when it is not wanted any more."""
        context, folder = self._context, self._context.jobs.attempt_folder(attempt)
        image = await context.image(job.module, job.module_version, launcher)
        if image != job.image:
            await context.store.imaged(job.id, image)
        checkpoint = await self._checkpoint(attempt)
        writing = JobFolder(folder, job, attempt, image, checkpoint, context.settings.checkpoint_s)
        source = await writing.write(context.inputs)
        await context.at("folder-written")
        if await self._aborted_meanwhile(job):
            return None
        spec = writing.launch_spec(source, context.owner)
        context.lease.check()
        return await launcher.start(spec)

    async def _checkpoint(self, attempt: Attempt) -> Checkpoint | None:
        """Bring what an earlier attempt left beside the folder of this one; None: it begins anew."""
        if attempt.resumed is None:
            return None
        jobs = self._context.jobs
        before = ConfinedFolder(jobs.folder / attempt.job / attempt.resumed / "out")
        folder = jobs.folder / attempt.job / f"{attempt.id}.checkpoint"
        found = await asyncio.to_thread(checkpoints.bring, before, folder)
        return Checkpoint(folder, found["step"], attempt.resumed) if found else None

    async def _aborted_meanwhile(self, job: Job) -> bool:
        """Whether somebody aborted it while its image was fetched and its folder written."""
        now = await self._context.store.get(job.id)
        return now is None or now.job.desired_state is DesiredState.ABORT

    async def _finish(self, job: Job, attempt: Attempt | None, finish: decision.Finish) -> None:
        launcher = None
        if attempt is not None:
            await self._context.at("end-seen")
            launcher, _ = self._context.launcher_of(attempt)
            if launcher is not None and attempt.handle is not None:
                self._context.lease.check()
                try:  # after this nobody writes into the folder any more
                    await launcher.stop(Handle.from_json(attempt.handle), self._context.settings.stop_grace_s)
                except LaunchError as error:
                    log.warning("%s could not be stopped before its end is recorded: %s", attempt.id, error)
        self._context.lease.check()
        await self._context.recorder.record(job, attempt, finish, launcher)
        self.observer.forget()

    async def _stop(self, attempt: Attempt) -> None:
        launcher, _ = self._context.launcher_of(attempt)
        if launcher is not None and attempt.handle is not None:
            self._context.lease.check()
            await launcher.stop(Handle.from_json(attempt.handle), self._context.settings.stop_grace_s)
            await self._context.at("stopped")

    async def _remove(self, attempt: Attempt) -> bool:
        launcher, _ = self._context.launcher_of(attempt)
        if launcher is not None:
            handle = Handle.from_json(attempt.handle) if attempt.handle else await launcher.find(attempt.id)
            if handle is not None:
                self._context.lease.check()
                await launcher.remove(handle)
            await self._context.at("container-removed")
            await self._context.store.removed(attempt)
        elif not self._context.nodes.has(attempt.node):
            await self._context.store.removed(attempt)
        return False

    async def _say(self, job: Job, reason: str) -> None:
        if (
            not job.final
            and job.reason != reason
            and await self._context.store.explain(job, reason, bool(reason))
        ):
            self._context.jobs.publish(await self._context.jobs.get(job.id))


def _node(supervised: SupervisedJob) -> str:
    return supervised.attempt.node if supervised.attempt else supervised.job.node
