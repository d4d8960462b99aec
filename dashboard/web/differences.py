"""A run's parameters beside the module's defaults and those of the run that it repeats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.jobs.job import Job


def parameter_rows(
    job: Job, description: Mapping[str, Any] | None, parent: Job | None
) -> list[dict[str, Any]]:
    """Return ``{"name", "value", "default", "parent", "changed", "differs"}`` each, changed ones first.

    `changed`: not the default; `differs`: not the parent's value. Without a description no default is known.
    """
    described = {one["name"]: one.get("default") for one in (description or {}).get("train", ())}
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
