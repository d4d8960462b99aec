"""Writing the job folder (contracts.md, section 6), and saying how it is mounted."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from dashboard.jobs.inputs import InputGone, JobInputs
from dashboard.jobs.job import Attempt, Job
from launchers import LaunchSpec, Mount

COMMAND = ("python", "-m", "deepaas_plugins.batch")
INSIDE = "/job"


def job_document(job: Job, attempt: Attempt, image: str, manifest: bool) -> dict[str, Any]:
    """Return ``job.json``."""
    return {
        "schema": 1,
        "job": job.id,
        "attempt": attempt.id,
        "action": job.action,
        "module": job.module,
        "module_version": job.module_version,
        "image": image,
        "parameters": dict(job.parameters),
        "recipe": job.recipe,
        "input": {
            "kind": job.input["kind"],
            "path": "in/data",
            "manifest": "in/manifest.csv" if manifest else None,
            "name": job.input["name"],
            "sha256": job.input["sha256"],
            "synthetic": job.input["synthetic"],
        },
        "resources": job.resources.to_json(),
    }


async def write_job_folder(folder: Path, job: Job, attempt: Attempt, image: str, inputs: JobInputs) -> Path:
    """Write ``job.json`` and the manifest; doing it again, also after a crash half-way, gives the same.

    Returns
    -------
    Path
        What is to be mounted at ``in/data``.

    Raises
    ------
    InputGone
        If the dataset is not there any more.
    OSError
        If the disk does not take it.
    """
    source = await inputs.source(job.dataset or "")
    spectra = job.input["kind"] == "spectra"
    await asyncio.to_thread(_make_folders, folder)
    if spectra:
        new = folder / "in" / "manifest.csv.new"
        await inputs.write_manifest(job.dataset or "", new)
        await asyncio.to_thread(_settle, new, folder / "in" / "manifest.csv")
    document = job_document(job, attempt, image, manifest=spectra)
    await asyncio.to_thread(_write_json, folder / "job.json", document)
    return source


def launch_spec(
    folder: Path, source: Path, job: Job, attempt: Attempt, *, image: str, owner: str
) -> LaunchSpec:
    """Return how the attempt is run; ValueError when it cannot be said (a path with a colon)."""
    needs = job.resources
    return LaunchSpec(
        name=attempt.id,
        image=image,
        command=COMMAND,
        mounts=(
            Mount(folder, INSIDE, read_only=False),
            Mount(source, f"{INSIDE}/in/data", read_only=True),
        ),
        workdir=INSIDE,
        cpus=needs.cpus,
        memory_mb=needs.memory_mb,
        gpus=needs.gpus,
        walltime_s=needs.walltime_s,
        owner=owner,
    )


def _make_folders(folder: Path) -> None:
    for part in ("in", "out"):
        (folder / part).mkdir(parents=True, exist_ok=True)


def _write_json(path: Path, document: dict[str, Any]) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(document, indent=1), "utf-8")
    _settle(new, path)


def _settle(new: Path, path: Path) -> None:
    """Put a new file in place so that a power cut leaves the whole of it or nothing."""
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)


__all__ = ["InputGone", "job_document", "launch_spec", "write_job_folder"]
