"""Trains on the example: to the end, again with the same result, stopped, and gone on with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from dashboard.publishing.check.contract.bench import Ran
from dashboard.publishing.check.contract.jobs import Job, memory_of
from dashboard.publishing.check.contract.session import Session
from dashboard.publishing.finding import note, warning
from jobfolder import names

COMMAND = ("python", "-m", "deepaas_plugins.batch")
#: Relative difference of two metrics that count as the same: other processors sum in another order.
SAME = 1e-9
#: Seconds that a method may take to stop; the batch entry ends it soon after.
PATIENCE_S = 5.5
#: Phase of the pipeline after the method's own, and the share of the last one of these after which a training
#: that has left no checkpoint is stopped.
AFTER, STOP_AT = "save", 0.5


async def _attempt(session: Session, job: Job, **options: object) -> Ran:
    needs = session.module.resources.get("training") or {}
    return await session.bench.run(
        COMMAND,
        job.mounts,
        walltime_s=session.example.walltime_s,
        memory_mb=memory_of(session.module, "training"),
        cpus=max(float(needs.get("cpu", 1)), 0.1),
        **options,  # type: ignore[arg-type]  # `until` alone
    )


async def train(session: Session) -> Job:
    """Train to the end; what is wrong goes into the report."""
    job = Job(session.bench.place("train"), session.data)
    job.write(session.module, session.example)
    ran = await _attempt(session, job)
    memory, walltime = memory_of(session.module, "training"), session.example.walltime_s
    session.found(*session.secrets("train", job.log() + ran.output))
    if session.found(*session.limits("train", ran, memory, walltime)):
        return job
    end = job.exit()
    if not end:
        what = f"It ended without exit.json: {ran.status.reason or ran.last_line}."
        mend = "Keep the batch entry of the base image, and let no code end the process."
        session.found(session.error("train.no-exit", "train", what, mend))
        return job
    if end.get("outcome") != names.COMPLETED:
        what = f"The training failed: {str(end.get('reason'))[:400]}"
        session.found(session.error("train.failed", "train", what, _last_traceback(job)))
        return job
    _judge(session, job)
    return job


def _last_traceback(job: Job) -> str:
    lines = [line.strip() for line in job.log().splitlines() if line.strip().startswith("File ")]
    return f"Look at {lines[-1]}." if lines else "Look at the log, and mend the method."


def _judge(session: Session, job: Job) -> None:
    if job.out.size(names.MODEL_CARD) is None:
        mend = "Return a Model from train, whose card names the method."
        session.found(session.error("train.no-model", "train", "It left no model.", mend))
    for path in job.pickles():
        mend = "Write npz without objects, skops, safetensors, .keras or ONNX."
        what = f"{path} is a pickle: serving it would run the code in it."
        session.found(session.error("model.pickle", "train", what, mend))
    metrics = job.metrics()
    if not metrics:
        mend = "Report at least one by run.metric, measured on objects that were left out."
        session.found(session.error("train.metrics", "train", "It measured nothing that is a number.", mend))
    if lost := job.without_value() - metrics.keys():
        what = f"{', '.join(sorted(lost)[:5])}: no finite number."
        session.found(warning("train.metrics-lost", "train", what, "Leave it out, or measure it otherwise."))
    session.report.metrics = metrics
    if (report := job.out.size(names.REPORT)) is not None and report:
        job.out.json(names.REPORT)


def differences(first: Mapping[str, float], second: Mapping[str, float]) -> str:
    """Return the first metric in which two trainings differ, in words; empty if there is none."""
    for name in sorted(first.keys() | second.keys()):
        one, other = first.get(name), second.get(name)
        if one is None or other is None:
            return f"{name} is measured only once"
        if abs(one - other) > SAME * max(1.0, abs(one)):
            return f"{name} is {one:.10g} and then {other:.10g}"
    return ""


async def repeat(session: Session, first: Job) -> None:
    """Train a second time: the metrics are the same."""
    job = Job(session.bench.place("again"), session.data)
    job.write(session.module, session.example)
    await _attempt(session, job)
    if told := differences(first.metrics(), job.metrics()):
        mend = "Seed every generator of random numbers from a parameter, and sum in one order."
        what = f"The same data and parameters give other metrics: {told}."
        session.found(session.error("train.not-repeatable", "repeat", what, mend))


def _last_phase(job: Job) -> str:
    """Return the last phase of the method itself, in which it is stopped."""
    phases = [str(line.get("phase")) for line in job.progress()]
    before = phases[: phases.index(AFTER)] if AFTER in phases else phases
    return before[-1] if before else ""


def _share(line: Mapping[str, object]) -> float:
    step, total = line.get("step"), line.get("total")
    known = isinstance(step, int) and isinstance(total, int) and total > 0
    return step / total if known else 1.0  # type: ignore[operator]  # they are integers


async def stop(session: Session, whole: Job) -> Job:
    """Ask a training to stop in the middle: it ends by itself, and says so."""
    job = Job(session.bench.place("stopped"), session.data)
    job.write(session.module, session.example, checkpoint_s=0.0)
    phase = _last_phase(whole)

    def midway() -> bool:
        if job.card() is not None:
            return True
        lines = [line for line in job.progress() if line.get("phase") == phase]
        shares = [
            line["step"] / line["total"]
            for line in lines
            if isinstance(line.get("total"), int) and line["total"]
        ]
        return bool(lines) and max(shares, default=1.0) >= STOP_AT

    ran = await _attempt(session, job, until=midway)
    end = job.exit()
    if not ran.stopped or end.get("outcome") == names.COMPLETED:
        what = "It had ended before it could be asked to stop."
        mend = "Give the example more to do (examples/job.json), so that stopping can be checked."
        session.found(note("cancel.too-short", f"cancel ({session.bench.kind})", what, mend))
    elif not end:
        what = "It did not end on SIGTERM, and was killed: nothing says how far it was."
        mend = "Call run.stop_if_cancelled() in every loop, and catch no BaseException."
        session.found(session.error("cancel.ignored", "cancel", what, mend))
    elif (took := job.ended - ran.asked) > PATIENCE_S:
        what = f"It went on for {took:.0f} s after SIGTERM, and was ended from outside."
        mend = "Call run.stop_if_cancelled() in every loop."
        session.found(session.error("cancel.ignored", "cancel", what, mend))
    elif end.get("outcome") != names.ABORTED:
        what = f"Asked to stop, it ended with {end.get('outcome')}: {str(end.get('reason'))[:200]}"
        mend = "Let Cancelled, which run.stop_if_cancelled() raises, pass."
        session.found(session.error("cancel.ignored", "cancel", what, mend))
    return job


async def resume(session: Session, whole: Job, stopped: Job) -> None:
    """Go on from the checkpoint of a training that was stopped: the result is that of a whole one.

    Parameters
    ----------
    session : Session
        Gets the findings.
    whole, stopped : Job
        A training at one go, and one that was stopped.
    """
    where = f"resume ({session.bench.kind})"
    card = stopped.card()
    if card is None:
        what = "It leaves no checkpoints: a training that is cut off begins anew."
        mend = "Save the state with run.checkpoints.save(step) where run.checkpoints.due."
        session.found(note("resume.none", where, what, mend))
        return
    folder: Path = stopped.folder / names.OUT / names.CHECKPOINTS / card.folder
    if not await asyncio.to_thread(lambda: folder.is_dir() and not folder.is_symlink()):
        mend = "Save with run.checkpoints.save."
        session.found(session.error("resume.differs", "resume", "The checkpoint is no folder.", mend))
        return
    job = Job(session.bench.place("resumed"), session.data, checkpoint=folder)
    step = card.step if isinstance(card.step, int) else 0
    job.write(session.module, session.example, step=step)
    await _attempt(session, job)
    if job.exit().get("outcome") != names.COMPLETED:
        what = f"It cannot go on from its checkpoint: {str(job.exit().get('reason'))[:300]}"
        session.found(session.error("resume.failed", "resume", what, "Read what save wrote."))
    elif told := differences(whole.metrics(), job.metrics()):
        what = f"Gone on from step {step}, it gives another result than at one go: {told}."
        mend = "Store everything that the next step needs: weights, optimiser, random state, step."
        session.found(session.error("resume.differs", "resume", what, mend))
