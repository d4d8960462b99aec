"""The launches on a cluster: the same folders as udocker's on a machine, but Slurm starts what is in them.

Runs on the login node. The standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from launchers import outcome, slurm_commands, supervisor
from launchers.base import Handle, LaunchError, LaunchSpec, NodeDown
from launchers.slurm_commands import SlurmRefused, SlurmSilent
from launchers.slurm_words import ACTIVE, GRACE_S, WAITING, Job, code_of, killed, waiting
from launchers.supervised import how_it_ended
from launchers.udocker import UdockerLauncher

#: Days after which copied inputs that no launch uses are removed.
KEPT_DAYS = 7


class SlurmLaunches(UdockerLauncher):
    """What is asked of launches on the login node; see `launchers.slurm.SlurmLauncher` for who asks.

    Parameters
    ----------
    state : Path
        A folder that login and compute nodes see under the same path.
    """

    kind = "slurm"

    def submit(self, spec: LaunchSpec, script: str, settle_s: float) -> Handle:
        """Make the launch's folder and submit its job, or find what an earlier try made of it.

        Parameters
        ----------
        settle_s : float
            Seconds after a try whose answer was lost in which Slurm may still bring its job to light.
        """
        folder = self.folder / spec.name
        with self._alone(spec.name):
            found = supervisor.read(folder / "launch.json")
            if found is None:
                prepared = self._prepare_folder(spec)
                (prepared / _workdir(prepared)).mkdir()
                prepared.rename(folder)
            elif self._job(folder, settle_s) is not None:
                return Handle.from_json(found["handle"])
            handle = Handle.from_json((supervisor.read(folder / "launch.json") or {})["handle"])
            supervisor.write(folder / "submitting.json", {"time": time.time()})
            options = [f"--chdir={folder / handle.identifier}", f"--output={folder / 'slurm.out'}"]
            try:
                job = slurm_commands.submit(script, *options)
            except SlurmSilent as error:
                raise NodeDown(self.kind, f"sbatch gave no answer ({error}); its job is looked up") from error
            except SlurmRefused as error:
                shutil.rmtree(folder)
                raise LaunchError(self.kind, f"Slurm refused it: {error}") from error
            supervisor.write(folder / "submitted.json", {"job": job})
            return handle

    def found(self, name: str, settle_s: float) -> Handle | None:
        """Return the handle of a name; what was prepared and never submitted is nothing."""
        folder = self.folder / name
        launch = supervisor.read(folder / "launch.json")
        if launch is None or self._job(folder, settle_s) is None:
            return None
        return Handle.from_json(launch["handle"])

    def look(self) -> dict[str, Any]:
        """Return every launch and where it stands, with one query of the queue for all of them."""
        folders = {path.parent.name: path.parent for path in self.folder.glob("[!.]*/launch.json")}
        launches = {name: supervisor.read(folder / "launch.json") for name, folder in folders.items()}
        known = {name: launch for name, launch in launches.items() if launch is not None}
        states = {name: self._settled(folders[name], known[name]) for name in known}
        self._ask_slurm(folders, known, states)
        return {
            name: {**(states[name] or {}), "handle": launch["handle"], "owner": launch["owner"]}
            for name, launch in known.items()
        }

    def _ask_slurm(
        self,
        folders: Mapping[str, Path],
        known: Mapping[str, Mapping[str, Any]],
        states: dict[str, dict[str, Any] | None],
    ) -> None:
        jobs = {}
        for name in [name for name, state in states.items() if state is None]:
            submitted = supervisor.read(folders[name] / "submitted.json")
            if submitted is None:
                states[name] = {"state": "unknown", "reason": "sbatch gave no answer; its job is looked up"}
            else:
                jobs[name] = str(submitted["job"])
        if not jobs:
            return
        queued = {job.job: job for job in slurm_commands.queue()}
        gone = [job for job in jobs.values() if job not in queued or _ended(queued[job])]
        past = {job.job: job for job in slurm_commands.completed(gone)} if gone else {}
        for name, job in jobs.items():
            seen = [found for found in (past.get(job), queued.get(job)) if found is not None]
            states[name] = self._judge(folders[name], known[name], seen[0] if seen else None, job)

    def cancel(self, name: str, grace_s: float, settle_s: float) -> None:
        """Ask a launch to end; returns at once."""
        folder = self.folder / name
        supervisor.write(folder / "stop", grace_s)
        if (job := self._job(folder, settle_s)) is not None:
            slurm_commands.cancel(job)
        else:
            self._final(folder, None, "stopped as asked, before it was submitted")

    def kill(self, name: str) -> None:
        """End a launch that does not listen."""
        if (job := self._job(self.folder / name, 0)) is not None:
            slurm_commands.kill(job)

    def forget(self, name: str, files: Path) -> None:
        """Remove what has ended, its log and its copied files."""
        with self._alone(name):
            for place in (self.folder / name, files):
                gone = place.with_name(f".{place.name}.{time.time_ns()}.gone")
                with contextlib.suppress(FileNotFoundError):
                    place.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
        self._prune()

    def _settled(self, folder: Path, launch: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what our own files say of an end; None: Slurm must be asked."""
        if (final := supervisor.read(folder / "final.json")) is not None:
            return final
        ended = supervisor.read(folder / "exit.json")
        if ended is None:
            return None
        # Slurm's signal may reach the command before the runner, which then saw a plain end by a signal.
        signalled = ended["cause"] == "stop" or (not ended["cause"] and ended["code"] > 128)
        if signalled and not (folder / "stop").exists():
            return None
        return self._final(folder, ended["code"], how_it_ended(ended, launch))

    def _judge(self, folder: Path, launch: Mapping[str, Any], job: Job | None, number: str) -> dict[str, Any]:
        ended = supervisor.read(folder / "exit.json")
        if job is None or _ended(job):
            return self._judge_end(folder, launch, job, number, ended)
        (folder / "unseen").unlink(missing_ok=True)
        if job.state in WAITING:
            return {"state": "starting", "reason": waiting(job)}
        begun = (folder / "begin.json").exists()
        if job.state == "SUSPENDED":
            return {"state": "running", "reason": f"Slurm has suspended job {job.job}"}
        where = f"is being started on {job.nodes} as Slurm's job {job.job}"
        return {"state": "running", "reason": ""} if begun else {"state": "starting", "reason": where}

    def _judge_end(
        self,
        folder: Path,
        launch: Mapping[str, Any],
        job: Job | None,
        number: str,
        ended: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        asked = (folder / "stop").exists()
        if ended is not None:  # Slurm, or somebody through it, asked the runner to stop
            by_slurm = job is not None and job.state not in {"COMPLETED", "FAILED"}
            reason = killed(job, launch) if job and by_slurm else how_it_ended(ended, launch)
            return self._final(folder, ended["code"], reason)
        if job is not None and asked:
            began = (folder / "claim.json").exists()
            code = code_of(job) if began else None
            reason = outcome.stopped(code or 143) if began else "stopped as asked, before it began"
            return self._final(folder, code or (143 if began else None), reason)
        if job is not None and job.state not in {"COMPLETED", "FAILED"}:
            return self._final(folder, code_of(job), killed(job, launch))
        if _age(folder / "unseen") < GRACE_S:
            seen = f"Slurm says {job.state}" if job else f"Slurm's queue has no job {number} any more"
            return {"state": "unknown", "reason": f"{seen}; its files are waited for"}
        if job is not None:
            return self._final(folder, code_of(job), killed(job, launch))
        return self._final(
            folder, None, f"its job {number} left Slurm's queue, and neither Slurm nor its runner says how"
        )

    def _final(self, folder: Path, code: int | None, reason: str) -> dict[str, Any]:
        """Note an end for good: Slurm forgets."""
        final = {"state": "exited", "code": code, "reason": reason}
        supervisor.write(folder / "final.json", final)
        return final

    def _job(self, folder: Path, settle_s: float) -> str | None:
        """Return the number of a launch's job, asking Slurm by name where the answer of sbatch was lost.

        Raises
        ------
        NodeDown
            While the job may still come to light.
        """
        if (submitted := supervisor.read(folder / "submitted.json")) is not None:
            return str(submitted["job"])
        tried = supervisor.read(folder / "submitting.json")
        if tried is None:
            return None
        claimed = supervisor.read(folder / "claim.json")
        job = str(claimed["job"]) if claimed else self._job_by_name(folder)
        if job is not None:
            supervisor.write(folder / "submitted.json", {"job": job})
        elif time.time() - tried["time"] < settle_s:
            raise NodeDown(self.kind, "sbatch gave no answer, and its job may still come; looking again")
        return job

    def _job_by_name(self, folder: Path) -> str | None:
        launch = supervisor.read(folder / "launch.json") or {}
        workdir = str(folder / launch["handle"]["identifier"])
        for jobs in (
            slurm_commands.queue(name=folder.name), slurm_commands.completed(name=folder.name),
        ):  # fmt: skip
            for job in jobs:
                if job.workdir == workdir:
                    return job.job
        return None

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        locks = self.state / "locks"
        locks.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (locks / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _prune(self) -> None:
        used = "".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*/launch.json"))
        for place in (self.state / "data").glob("*"):
            if place.name not in used and _age(place, make=False) > KEPT_DAYS * 86400:
                shutil.rmtree(place, ignore_errors=True)


def _ended(job: Job) -> bool:
    return job.state not in WAITING and job.state not in ACTIVE


def _workdir(prepared: Path) -> str:
    launch = supervisor.read(prepared / "launch.json") or {}
    return str(launch["handle"]["identifier"])


def _age(path: Path, *, make: bool = True) -> float:
    """Return the seconds since a file was made; it is made if it is not there."""
    if make and not path.exists():
        path.touch()
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
