"""One training job, run by a module's own batch entry in a folder of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Json = dict[str, Any]
#: Prepares a job's ``in`` folder and returns what ``job.json`` says of it.
Input = Callable[[Path, Path], Json]


@dataclass(frozen=True)
class FinishedJob:
    """What a job left.

    Attributes
    ----------
    metrics
        Last values.
    spectra
        Rows that it was given.
    arrays
        Those of the report, by their file's name without the ending.
    classes
        Of the model, or None.
    """

    metrics: dict[str, float]
    spectra: int
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    classes: list[str] | None = None


def run_job(
    module: str, data: Path, given: Input, steps: Sequence[Json] | None, parameters: Json, *, words: str = ""
) -> FinishedJob:
    """Run a training job and read what it left.

    Parameters
    ----------
    module : str
        Which is trained.
    data : Path
        The data folder.
    given : Input
        Makes the input.
    steps : sequence of Json or None
        Of the recipe; None where the input is a feature set.
    parameters : Json
        Of the module.
    words : str
        What the job is called where it fails; the module's name if empty.

    Returns
    -------
    FinishedJob
        Metrics and arrays of the report.

    Raises
    ------
    SystemExit
        The job failed; with its reason.
    """
    with tempfile.TemporaryDirectory() as temporary:
        job = Path(temporary)
        (job / "in").mkdir()
        content = {
            "schema": 1,
            "job": "quality",
            "attempt": "quality-1",
            "action": "train",
            "module": module,
            "parameters": parameters,
            "recipe": None if steps is None else {"schema": 1, "steps": list(steps)},
            "input": given(data, job),
        }
        (job / "job.json").write_text(json.dumps(content), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "deepaas_plugins.batch"], cwd=job, check=False)
        end = json.loads((job / "out" / "exit.json").read_text(encoding="utf-8"))
        if end["outcome"] != "completed":
            sys.exit(f"{words or module}: {end['reason']}")
        summary = json.loads((job / "out" / "summary.json").read_text(encoding="utf-8"))
        card = json.loads((job / "out" / "model" / "model.json").read_text(encoding="utf-8"))
        arrays = {path.stem: np.load(path) for path in (job / "out" / "report").glob("*.npy")}
    return FinishedJob(summary["metrics"], card["training_set"]["rows"], arrays, card["classes"])
