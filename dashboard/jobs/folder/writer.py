"""Writing the job folder (contracts.md, section 6), and saying how it is mounted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from catalog import local_name
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.job import Attempt, Job
from deepaas_entry import mounting
from jobfolder import names
from jobfolder.json_file import put_in_place, temporary_beside, write_json
from launchers import LaunchSpec, Mount

COMMAND = ("python", "-m", "deepaas_plugins.batch")


@dataclass(frozen=True)
class Checkpoint:
    """What an earlier attempt left, brought here: its folder, the step it was at, and the attempt."""

    folder: Path
    step: int | None
    attempt: str


class Sources(NamedTuple):
    """What is mounted read-only, if there is any: data, a model (``in/model``, ``in/start``), a pool."""

    data: Path | None
    model: Path | None
    pool: Path | None = None


@dataclass(frozen=True)
class JobFolder:
    """One try's folder, from the platform's side.

    Attributes
    ----------
    path : Path
        Mounted as the container's working directory.
    image : str
        What runs.
    checkpoint : Checkpoint or None
        To go on from.
    checkpoint_s : float
        Seconds between two checkpoints that are requested.
    third_party : bool
        Whether the image is somebody else's, and our entry is mounted into it.
    """

    path: Path
    job: Job
    attempt: Attempt
    image: str
    checkpoint: Checkpoint | None = None
    checkpoint_s: float = names.CHECKPOINT_S
    third_party: bool = False

    def document(self) -> dict[str, Any]:
        """Return ``job.json``."""
        job, brought = self.job, self.checkpoint
        manifest = names.MANIFEST if _has_manifest(job) else None
        return {
            "schema": names.SCHEMA,
            "job": job.id,
            "attempt": self.attempt.id,
            "action": job.action,
            "model": job.predicts,
            "module": local_name(job.module),
            "module_version": job.module_version,
            "image": self.image,
            "parameters": dict(job.parameters),
            "recipe": job.recipe,
            "input": {
                "kind": job.input["kind"],
                "path": names.DATA if job.input["kind"] != "none" else None,
                "manifest": manifest,
                "name": job.input["name"],
                "sha256": job.input["sha256"],
                "synthetic": job.input["synthetic"],
            },
            "resources": job.resources.to_json(),
            "checkpoint_s": self.checkpoint_s,
            "checkpoint": {"path": names.CHECKPOINT_IN, "step": brought.step, "attempt": brought.attempt}
            if brought
            else None,
            "start": {"path": names.START_IN, "model": job.start} if job.start else None,
            "request": job.request_id,
            "learning": job.input.get("learning"),
        }

    async def write(self, inputs: JobInputs) -> Sources:
        """Write ``job.json`` and the manifest; doing it again, also after a crash half-way, gives the same.

        What is written has a name of its own until it is put in place: a supervisor that was stopped in the
        middle, and goes on when another has done it all, writes into nothing that is in use.

        Raises
        ------
        InputGone
            If the dataset, or the model that is to be asked or started from, is not there any more.
        OSError
            If the disk does not take it.
        """
        dataset = self.job.dataset or ""
        source = await inputs.source(dataset) if self.job.input["kind"] != "none" else None
        model = await inputs.model(self.job.model) if self.job.model else None
        await asyncio.to_thread(_make_folders, self.path)
        if _has_manifest(self.job):
            manifest = self.path / names.MANIFEST
            new = temporary_beside(manifest)
            await inputs.write_manifest(
                dataset, new, frozenset(self.job.input.get("excluded", ())), self.job.input.get("labels")
            )
            await asyncio.to_thread(put_in_place, new, manifest, durable=True)
        if learning := self.job.input.get("learning"):
            labels = self.path / names.LABELS_IN
            new = temporary_beside(labels)
            await inputs.write_labels(learning, dataset, new)
            await asyncio.to_thread(put_in_place, new, labels, durable=True)
        await asyncio.to_thread(write_json, self.path / names.JOB, self.document(), indent=1, durable=True)
        return Sources(source, model, await inputs.pool(self.job.input.get("learning") or {}))

    def launch_spec(self, sources: Sources, owner: str) -> LaunchSpec:
        """Return how the attempt is run; ValueError when it cannot be said (a path with a colon)."""
        needs = self.job.resources
        mounts = [Mount(self.path, names.MOUNT, read_only=False)]
        if sources.data is not None:
            mounts.append(Mount(sources.data, f"{names.MOUNT}/{names.DATA}", read_only=True))
        if sources.model is not None:
            place = names.START_IN if self.job.start else names.MODEL_IN
            mounts.append(Mount(sources.model, f"{names.MOUNT}/{place}", read_only=True))
        if sources.pool is not None:
            mounts.append(Mount(sources.pool, f"{names.MOUNT}/{names.POOL_IN}", read_only=True))
        if self.checkpoint is not None:
            mounts.append(
                Mount(self.checkpoint.folder, f"{names.MOUNT}/{names.CHECKPOINT_IN}", read_only=True)
            )
        if self.third_party:
            mounts.append(Mount(mounting.SOURCE, mounting.TARGET))
        return LaunchSpec(
            name=self.attempt.id,
            image=self.image,
            command=mounting.command("train") if self.third_party else COMMAND,
            mounts=tuple(mounts),
            env={names.REQUEST: self.job.request_id} if self.job.request_id else {},
            unchanged_image=self.third_party,
            workdir=names.MOUNT,
            cpus=needs.cpus,
            memory_mb=needs.memory_mb,
            gpus=needs.gpus,
            walltime_s=needs.walltime_s,
            parts=needs.parts,
            owner=owner,
        )


def _has_manifest(job: Job) -> bool:
    """Return whether labels are beside the data: a feature set has its own, unless a version is named."""
    kind = job.input["kind"]
    return bool(kind == "spectra" or (kind == "features" and job.input.get("labels")))


def _make_folders(folder: Path) -> None:
    for part in ("in", names.OUT):
        (folder / part).mkdir(parents=True, exist_ok=True)
