"""A run's parameters beside the module's defaults and those of the run that it repeats."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from dashboard.jobs.job import Job


def parameter_rows(
    job: Job, description: Mapping[str, Any] | None, parent: Job | None
) -> list[dict[str, Any]]:
    """Return the rows of the table of parameters, changed ones first.

    Parameters
    ----------
    job : Job
        The job.
    description : mapping or None
        The module's description; None: no default is known.
    parent : Job or None
        The job that it runs again, or None.

    Returns
    -------
    list of dict
        ``{"name", "value", "default", "parent", "changed", "differs"}`` each; `changed`: not the default,
        `differs`: not the parent's value.
    """
    described = {one["name"]: one.get("default") for one in (description or {}).get(job.action, ())}
    before = parent.parameters if parent else {}
    rows = [
        {
            "name": name,
            "value": value,
            "default": described.get(name),
            "parent": before.get(name),
            "changed": name in described and value != described[name],
            "differs": parent is not None and value != before.get(name),
        }
        for name, value in job.parameters.items()
    ]
    return sorted(rows, key=lambda row: (not row["differs"], not row["changed"]))


def other_differences(job: Job, parent: Job) -> list[dict[str, Any]]:
    """Return ``{"name", "value", "parent"}`` for what else differs from the run that it repeats.

    The recipe comes as ``{"name": "recipe", "diff": text}``, a line for each line of JSON that changed.
    """
    told = {
        "spectra": (job.input.get("name"), parent.input.get("name")),
        "data's hash": (job.input.get("sha256"), parent.input.get("sha256")),
        "module's version": (job.module_version, parent.module_version),
        "image": (job.image, parent.image),
        "start model": (job.start, parent.start),
        "resources": (job.resources, parent.resources),
    }
    found: list[dict[str, Any]] = [
        {"name": name, "value": value, "parent": before}
        for name, (value, before) in told.items()
        if value != before
    ]
    if job.recipe != parent.recipe:
        before, now = (json.dumps(one, indent=2).splitlines() for one in (parent.recipe, job.recipe))
        lines = list(difflib.unified_diff(before, now, lineterm="", n=1))[2:]  # without the names of files
        found.append({"name": "recipe", "diff": "\n".join(lines)})
    return found
