"""Reconciles one job with its node: observe, decide, act, until there is nothing to do for now."""

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
from dashboard.jobs.store.supervised_jobs import SupervisedJob
from dashboard.jobs.supervisor import decision, messages
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.lease import LeaseLost
from dashboard.jobs.supervisor.observer import AttemptObserver
from launchers import Handle, Launcher, LaunchError, NodeDown

log = logging.getLogger(__name__)

ROUNDS = 12  # decisions in one call; the next call goes on


class JobReconciler:
    """Reconciles one job until it is cleaned up."""

    def __init__(self, job: str, context: SupervisorContext) -> None:
        self.job = job
        self.observer = AttemptObserver(context)
        self._context = context

    async def reconcile(self, known: SupervisedJob | None = None) -> None:
        """Do everything that can be done now; errors of nodes and disks become the job's reason.

        Parameters
        ----------
        known : SupervisedJob, optional
            The job's rows, if they were just read; None: they are read here.
        """
        try:
            for _ in range(ROUNDS):
                supervised = known or await self._context.store.get(self.job)
                known = None
                if supervised is None or not await self._round(supervised):
                    return
        except LeaseLost:
            log.warning("job %s belongs to another supervisor now", self.job)

    async def _round(self, supervised: SupervisedJob) -> bool:
        """Observe, decide and act once; return whether to do it again at once."""
        try:
            observation = await self.observer.observe(supervised)
            action = decision.decide(supervised.job, supervised.attempt, observation)
            if isinstance(action, decision.Finish) and action.phase is Phase.ERROR:
                action = replace(action, failure=failure_of(observation.status, observation.exit))
            if isinstance(action, decision.Finish) and observation.status is not None:
                action = replace(action, cause=observation.status.cause or "")
            return await self._act(supervised, action)
        except LeaseLost:
            raise
        except NodeDown as error:
            await self._set_reason(supervised.job, messages.node_down(_node(supervised), error.reason))
        except LaunchError as error:
            await self._set_reason(supervised.job, messages.node_rejected(_node(supervised), error.reason))
        except OSError as error:
            await self._set_reason(supervised.job, messages.disk_interrupts(error))
        except Exception as error:
            log.exception("job %s", self.job)
            await self._set_reason(supervised.job, messages.defect(error))
        return False

    async def _act(self, supervised: SupervisedJob, action: decision.Action) -> bool:
        """Carry out an action; return whether to observe again at once."""
        job, attempt = supervised.job, supervised.attempt
        if isinstance(action, decision.Finish):
            await self._finish(job, attempt, action)
            return False  # cleaning up can wait: another job may take the free capacity first
        if attempt is None:  # placement gives it a node
            return False
        return await self._act_on_attempt(job, attempt, action)

    async def _act_on_attempt(self, job: Job, attempt: Attempt, action: decision.Action) -> bool:
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
                await self._set_reason(job, reason)
                again = False
        return again

    async def _execute(self, job: Job, attempt: Attempt) -> None:
        if await self._context.store.executing(job, attempt):
            self._context.jobs.publish(await self._context.jobs.get(job.id))
        await self._context.at("executing-recorded")

    async def _note_missing(self, job: Job, attempt: Attempt) -> bool:
        if attempt.missing_since is None:
            await self._context.store.missing(attempt, clock.now())
        await self._set_reason(job, messages.missing(attempt.node, attempt.id))
        return False

    async def _launch(self, job: Job, attempt: Attempt) -> bool:
        launcher, why = self._context.launcher_of(attempt)
        if launcher is None:
            await self._set_reason(job, why)
            return False
        try:
            handle = await self._start(job, attempt, launcher)
        except NodeDown:
            raise  # it may have started: the next call looks its name up
        except (LaunchError, InputGone, OSError, ValueError) as error:
            if await launcher.find(attempt.id) is None:
                failure = Failure.NOT_STARTED if isinstance(error, LaunchError | OSError) else Failure.INPUT
                rejection = decision.Finish(
                    Phase.ERROR, messages.not_started(error, attempt.node), failure=failure
                )
                await self._finish(job, attempt, rejection)
            return True
        if handle is not None:
            await self._context.at("started")
            await self._context.store.launched(attempt, handle, found=False)
            await self._context.at("handle-recorded")
        return True

    async def _start(self, job: Job, attempt: Attempt, launcher: Launcher) -> Handle | None:
        """Write the job folder and start the attempt; None when the job was aborted meanwhile."""
        context, folder = self._context, self._context.jobs.attempt_folder(attempt)
        image = await context.image(job.module, job.module_version, launcher)
        if image != job.image:
            await context.store.imaged(job.id, image)
        checkpoint = await self._checkpoint(attempt)
        third_party = context.third_party(job.module)
        every_s = context.settings.checkpoint_s
        job_folder = JobFolder(folder, job, attempt, image, checkpoint, every_s, third_party)
        sources = await job_folder.write(context.inputs)
        await context.at("folder-written")
        if await self._aborted_meanwhile(job):
            return None
        spec = job_folder.launch_spec(sources, context.owner)
        context.lease.check()
        return await launcher.start(spec)

    async def _checkpoint(self, attempt: Attempt) -> Checkpoint | None:
        """Copy the checkpoint to resume from beside the attempt's folder; None: the attempt starts anew."""
        if attempt.resumed is None:
            return None
        jobs = self._context.jobs
        before = ConfinedFolder(jobs.folder / attempt.job / attempt.resumed / "out")
        folder = jobs.folder / attempt.job / f"{attempt.id}.checkpoint"
        found = await asyncio.to_thread(checkpoints.copy_checked, before, folder)
        return Checkpoint(folder, found["step"], attempt.resumed) if found else None

    async def _aborted_meanwhile(self, job: Job) -> bool:
        """Return whether the job was aborted while its image was pulled and its folder written."""
        now = await self._context.store.get(job.id)
        return now is None or now.job.desired_state is DesiredState.ABORT

    async def _finish(self, job: Job, attempt: Attempt | None, finish: decision.Finish) -> None:
        launcher = None
        if attempt is not None:
            await self._context.at("end-seen")
            launcher, _ = self._context.launcher_of(attempt)
            if launcher is not None and attempt.handle is not None:
                self._context.lease.check()
                try:  # after this the container does not write into the folder any more
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

    async def _set_reason(self, job: Job, reason: str) -> None:
        if (
            not job.final
            and job.reason != reason
            and await self._context.store.explain(job, reason, bool(reason))
        ):
            self._context.jobs.publish(await self._context.jobs.get(job.id))


def _node(supervised: SupervisedJob) -> str:
    return supervised.attempt.node if supervised.attempt else supervised.job.node
