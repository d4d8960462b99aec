"""The launches on a cluster: folders as those of udocker on a machine, with commands that Slurm starts.

Runs on the login node. The standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json, write_json
from launchers.apptainer import command as apptainer
from launchers.apptainer.store import ApptainerStore
from launchers.base import Handle, ImageMissing, LaunchError, LaunchSpec, NodeDown
from launchers.local.environment import environment, inherited
from launchers.outcome import Cause, End
from launchers.slurm import array as slurm_array
from launchers.slurm import commands as slurm_commands
from launchers.slurm import job as slurm_job
from launchers.slurm.array import array_status, count_of
from launchers.slurm.commands import SlurmRejected, SlurmUnavailable
from launchers.slurm.held import with_held
from launchers.slurm.states import Job, ended
from launchers.slurm.status import age, job_status, record_end, recorded_status
from launchers.spec import JOIN, PART, PARTS
from launchers.udocker.launcher import UdockerLauncher

#: Days after which copied inputs that no launch uses are removed.
KEPT_DAYS = 7


class SlurmLaunches(UdockerLauncher):
    """The launches of one user, on the login node; `launchers.slurm.launcher.SlurmLauncher` calls it.

    Parameters
    ----------
    state : Path
        A folder that login and compute nodes have under the same path.
    apptainer : ApptainerStore, optional
        Apptainer runs its images; None: udocker runs its own.
    """

    kind = "slurm"

    def __init__(self, state: Path, apptainer: ApptainerStore | None = None) -> None:
        super().__init__(state)
        self._apptainer = apptainer

    def submit(self, spec: LaunchSpec, script: str, settle_s: float) -> Handle:
        """Prepare the folder of a launch and submit its job, or find the job of an earlier attempt.

        Parameters
        ----------
        spec : LaunchSpec
            What to start.
        script : str
            The batch script.
        settle_s : float
            Seconds after a lost answer of sbatch in which its job may still appear.

        Raises
        ------
        NodeDown
            If sbatch gave no answer; its job may exist.
        LaunchError
            If Slurm rejects the job.
        """
        folder = self.folder / spec.name
        with self._alone(spec.name):
            found = read_json(folder / "launch.json")
            if found is None:
                self._prepare_launch(spec).rename(folder)
            elif self._job(folder, settle_s) is not None:
                return Handle.from_json(found["handle"])
            handle = Handle.from_json((read_json(folder / "launch.json") or {})["handle"])
            write_json(folder / "submitting.json", {"time": time.time()})
            options = [f"--chdir={folder / handle.identifier}", f"--output={folder / 'slurm.out'}"]
            try:
                job = slurm_commands.submit(script, *options)
            except SlurmUnavailable as error:
                raise NodeDown(self.kind, f"sbatch gave no answer ({error}); its job is looked up") from error
            except SlurmRejected as error:
                shutil.rmtree(folder)
                raise LaunchError(self.kind, f"Slurm rejected it: {error}") from error
            write_json(folder / "submitted.json", {"job": job})
            return handle

    def found(self, name: str, settle_s: float) -> Handle | None:
        """Return the handle of a launch that was submitted under this name, or None."""
        folder = self.folder / name
        launch = read_json(folder / "launch.json")
        if launch is None or self._job(folder, settle_s) is None:
            return None
        return Handle.from_json(launch["handle"])

    def statuses(self) -> dict[str, Any]:
        """Return the status of every launch, with one query of the queue."""
        folders = {path.parent.name: path.parent for path in self.folder.glob("[!.]*/launch.json")}
        launches = {name: read_json(folder / "launch.json") for name, folder in folders.items()}
        known = {name: launch for name, launch in launches.items() if launch is not None}
        states = {name: recorded_status(folders[name], known[name]) for name in known}
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
        for name, state in states.items():
            in_parts = count_of(known[name]) > 1
            if state is not None and (not in_parts or "held_s" in state):
                continue
            submitted = read_json(folders[name] / "submitted.json")
            if submitted is None and state is None:
                states[name] = {"state": "unknown", "reason": "sbatch gave no answer; its job is looked up"}
            elif submitted is not None:
                jobs[name] = str(submitted["job"])
        if not jobs:
            return
        queued = _by_number(slurm_commands.queue())
        gone = [job for job in jobs.values() if all(map(ended, queued.get(job, ())))]
        gone += [job for name, job in jobs.items() if count_of(known[name]) > 1]  # tasks may have left
        past = _by_number(slurm_commands.completed(gone)) if gone else {}
        for name, job in jobs.items():
            found = {seen.task: seen for seen in (*queued.get(job, ()), *past.get(job, ()))}
            if count_of(known[name]) > 1:
                tasks = [*found.values()]
                state = states[name] or array_status(folders[name], known[name], tasks, job)
                states[name] = with_held(folders[name], known[name], tasks, state)
            else:
                states[name] = job_status(folders[name], known[name], found.get(None), job)

    def cancel(self, name: str, grace_s: float, settle_s: float) -> None:
        """Request the end of a launch; does not wait for it.

        Parameters
        ----------
        name : str
            The launch.
        grace_s : float
            Seconds between SIGTERM and SIGKILL.
        settle_s : float
            Seconds after a lost answer of ``sbatch`` in which its job may still appear.
        """
        folder = self.folder / name
        write_json(folder / "stop", grace_s)
        if (job := self._job(folder, settle_s)) is not None:
            slurm_commands.cancel(job)
        else:
            record_end(folder, End(None, Cause.STOPPED))

    def kill(self, name: str) -> None:
        """Kill a launch that does not end."""
        if (job := self._job(self.folder / name, 0)) is not None:
            slurm_commands.kill(job)

    def forget(self, name: str, files: Path) -> None:
        """Remove a launch that has ended, with its log and copied files."""
        with self._alone(name):
            for place in (self.folder / name, files):
                gone = place.with_name(f".{place.name}.{time.time_ns()}.gone")
                with contextlib.suppress(FileNotFoundError):
                    place.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
        self._prune()

    def _ready_gpus(self, image: str) -> None:
        """Do nothing: the job does it on its node, which has the driver (`launchers.slurm.job`)."""

    def _plan(self, spec: LaunchSpec, prepared: Path, folder: Path, port: int | None) -> dict[str, Any]:
        for mount in spec.mounts:
            if not os.access(mount.source, os.F_OK):
                missing = slurm_job.missing(str(mount.source), mount.target)
                raise LaunchError(self.kind, f"{missing} on the login node: is it mounted? See 'shared'")
        if self._apptainer is None:
            return super()._plan(spec, prepared, folder, port)
        image = self._apptainer.image(spec.image)
        if image is None:
            raise ImageMissing(self.kind, f"image {spec.image} is not an id of one that prepare() made ready")
        (prepared / "tmp").mkdir()
        container = {
            "args": [*spec.command],
            "env": environment(spec),
            "cwd": spec.workdir,
            "mounts": [(str(mount.source), mount.target, mount.read_only) for mount in spec.mounts],
            "network": spec.network,
            "init": True,
        }
        return {
            "argv": apptainer.run_command(image, container, folder / "tmp", gpus=spec.gpus > 0),
            "cwd": "/",
            "env": apptainer.environment(container, inherited()),
            "container": container,
        }

    def _prepare_launch(self, spec: LaunchSpec) -> Path:
        """Prepare the folder of a launch, with those of its parts and Slurm's working directory."""
        in_parts = spec.parts > 1
        whole = _with(spec, JOIN) if in_parts else spec
        prepared, place = self._prepare_folder(whole), self.folder / spec.name
        launch = read_json(prepared / "launch.json") or {}
        (prepared / launch["handle"]["identifier"]).mkdir()
        parts = slurm_array.folders(prepared, spec.parts)
        for part in parts:
            part.mkdir(parents=True)
        plans = (
            self._plan(_with(spec, str(number)), part, place / part.relative_to(prepared), None)
            for number, part in enumerate(parts)
        )
        slurm_array.prepare(prepared, zip(parts, plans, strict=True))
        return prepared

    def _job(self, folder: Path, settle_s: float) -> str | None:
        """Return the job number of a launch; if the answer of sbatch was lost, Slurm is queried by name.

        Raises
        ------
        NodeDown
            While the job may still appear.
        """
        if (submitted := read_json(folder / "submitted.json")) is not None:
            return str(submitted["job"])
        tried = read_json(folder / "submitting.json")
        if tried is None:
            return None
        claims = (folder / "claim.json", *folder.glob("parts/*/claim.json"))
        claimed = next(filter(None, map(read_json, claims)), None)
        job = str(claimed["job"]) if claimed else self._job_by_name(folder)
        if job is not None:
            write_json(folder / "submitted.json", {"job": job})
        elif time.time() - tried["time"] < settle_s:
            raise NodeDown(self.kind, "sbatch gave no answer, and its job may still come; looking again")
        return job

    def _job_by_name(self, folder: Path) -> str | None:
        launch = read_json(folder / "launch.json") or {}
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
            if place.name not in used and age(place, make=False) > KEPT_DAYS * 86400:
                shutil.rmtree(place, ignore_errors=True)


def _with(spec: LaunchSpec, part: str) -> LaunchSpec:
    return replace(spec, env={**spec.env, PART: part, PARTS: str(spec.parts)})


def _by_number(jobs: Iterable[Job]) -> dict[str, list[Job]]:
    found: dict[str, list[Job]] = {}
    for job in jobs:
        found.setdefault(job.job, []).append(job)
    return found
