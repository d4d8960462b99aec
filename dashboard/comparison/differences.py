"""How runs were made: parameters, data, recipe, module and resources, side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from dashboard.comparison.compared_run import ComparedRun
from dashboard.jobs.job import Job

#: Parameters that only repeat a run: those that differ in nothing else are one group.
SEEDS = frozenset({"seed"})


class Absent:
    """What a run does not have."""


ABSENT = Absent()


@dataclass(frozen=True)
class Row:
    """One property of all runs.

    Attributes
    ----------
    name
        Its name.
    values
        A value for each run; `ABSENT` where a run has none.
    """

    name: str
    values: tuple[Any, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same value."""
        return any(value != self.values[0] for value in self.values[1:])

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; what is absent is null, and named in ``absent`` by the index of its run."""
        absent = [index for index, value in enumerate(self.values) if value is ABSENT]
        values = [None if value is ABSENT else value for value in self.values]
        return {"name": self.name, "values": values, "absent": absent, "differs": self.differs}


def parameter_rows(runs: Sequence[ComparedRun]) -> list[Row]:
    """Return the parameters of all runs, those that differ first."""
    names = dict.fromkeys(name for run in runs for name in run.job.parameters)
    rows = [Row(name, tuple(run.job.parameters.get(name, ABSENT) for run in runs)) for name in names]
    return sorted(rows, key=lambda row: not row.differs)


def setting_rows(runs: Sequence[ComparedRun]) -> list[Row]:
    """Return what else a run is made of; steps of recipes are compared one by one."""
    settings = [_settings(run.job) for run in runs]
    rows = [Row(name, tuple(one[name] for one in settings)) for name in dict.fromkeys(chain(*settings))]
    return rows + _recipe_rows(runs)


def _settings(job: Job) -> dict[str, Any]:
    return {
        "action": job.action,
        "module": job.module,
        "version": job.module_version,
        "image": job.image or ABSENT,
        "spectra": job.input.get("name", ABSENT),
        "hash of the data": job.input.get("sha256", ABSENT),
        "excluded classes": job.input.get("exclude") or ABSENT,
        "start model": job.start or ABSENT,
        "resources": asdict(job.resources),
    }


def _recipe_rows(runs: Sequence[ComparedRun]) -> list[Row]:
    recipes = [list((run.job.recipe or {}).get("steps", ())) for run in runs]
    longest = max(map(len, recipes), default=0)
    return [
        Row(f"recipe, step {at + 1}", tuple(one[at] if at < len(one) else ABSENT for one in recipes))
        for at in range(longest)
    ]


def group_key(run: ComparedRun) -> str:
    """Return what runs have in common that differ in their seed alone."""
    job = run.job
    parameters = {name: value for name, value in job.parameters.items() if name not in SEEDS}
    said = [job.module, job.module_version, job.input.get("sha256"), job.recipe, job.start, parameters]
    return json.dumps(said, sort_keys=True, default=str)
