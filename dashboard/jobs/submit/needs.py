"""What a job gets of a node: what its module recommends, needs at least, and what no node could give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog import Module
from dashboard.base.errors import FieldError
from dashboard.base.resources import Resources
from dashboard.jobs.folder.job_dataset import JobDataset
from dashboard.settings import JobsSettings
from launchers.spec import MOST_PARTS

MEMORY_LEAST_MB = 64


def recommended(module: Module | None, settings: JobsSettings) -> Resources:
    """Return what a module's publisher recommends to train it.

    Parameters
    ----------
    module : Module or None
        None: it is not known.
    settings : JobsSettings
        What a job gets where the module says nothing.
    """
    least = module.resources.get("training", {}) if module else {}
    said = {**least, **(module.recommended.get("training", {}) if module else {})}
    return Resources(
        cpus=float(said.get("cpu") or settings.cpus),
        memory_mb=int(said.get("memory_MB") or settings.memory_mb),
        gpus=int(said.get("gpu") or 0),
        walltime_s=settings.walltime_s,
    )


def least_errors(module: Module | None, needs: Resources) -> list[FieldError]:
    """Return where less is asked for than the module's publisher says that it needs."""
    least = least_resources(module)
    rows = (
        ("cpus", needs.cpus, "processors"),
        ("memory_mb", needs.memory_mb, "MB of memory"),
        ("gpus", needs.gpus, "GPUs"),
    )
    return [
        FieldError(f"resources.{name}", f"This module needs at least {least[name]:g} {words}.")
        for name, asked, words in rows
        if least[name] and asked < least[name]
    ]


def least_resources(module: Module | None) -> dict[str, float]:
    """Return what a module needs at least to train, by field of `Resources`; 0: not said."""
    said = module.resources.get("training", {}) if module else {}
    names = {"cpus": "cpu", "memory_mb": "memory_MB", "gpus": "gpu"}
    return {name: said.get(key) or 0 for name, key in names.items()}


def part_errors(
    parts: int, description: Mapping[str, Any] | None, dataset: JobDataset | None
) -> list[FieldError]:
    """Return why a job cannot be shared out to so many parts.

    Parameters
    ----------
    parts : int
        How many; 1 always can.
    description : mapping or None
        The module's, None where it is not known.
    dataset : JobDataset or None
        What would be shared out.
    """
    if parts == 1:
        return []
    why = ""
    if not 1 <= parts <= MOST_PARTS:
        why = f"Must be 1 to {MOST_PARTS} parts."
    elif description is not None and description.get("kind") != "huggins":
        why = "This module comes from elsewhere and does not know parts: leave it at 1."
    elif dataset is not None and dataset.input.kind != "spectra":
        why = "A feature set is prepared already, there is nothing to share out: leave it at 1."
    return [FieldError("resources.parts", why)] if why else []


def resource_errors(needs: Resources) -> list[FieldError]:
    """Return what no node could give."""
    errors = []
    if not 0 < needs.cpus <= 4096:
        errors.append(FieldError("resources.cpus", "Must be more than 0 processors."))
    if needs.memory_mb < MEMORY_LEAST_MB:
        errors.append(FieldError("resources.memory_mb", f"Must be at least {MEMORY_LEAST_MB} MB."))
    if needs.gpus < 0:
        errors.append(FieldError("resources.gpus", "Must not be negative."))
    if needs.walltime_s is not None and needs.walltime_s <= 0:
        errors.append(FieldError("resources.walltime_s", "Must be more than 0 seconds."))
    return errors
