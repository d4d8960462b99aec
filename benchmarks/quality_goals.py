"""What modules reach with their presets: `python -m benchmarks.quality_goals [--quick] [--seeds N] [GOAL …]`.

Every figure is of a training job run by a module's own batch entry on the data folder, in five folds that
never part spectra of one object, for several split seeds. The presets (recipe and parameters) are in
`benchmarks.presets`. Without ``--quick`` the rows that are measured are written into ``docs/accuracy.md``.

Claims
------
NAME_FIGURE
    The mean over the seeds of a figure of a goal, against what is to be reached.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np

from benchmarks import accuracy_section
from benchmarks.accuracy import DOCUMENT, FOLDS
from benchmarks.accuracy_section import mean_and_spread
from benchmarks.prepare import data_folder
from benchmarks.presets import GOALS, Figure, Goal
from benchmarks.result import Result, print_result, print_table
from benchmarks.training_job import run_job

COMMAND = "python -m benchmarks.quality_goals"
SEEDS = (0, 1, 2)
TITLE = "Presets on real spectra"
HEAD = ("goal", "module", "spectra", "seeds", "figure", "reached", "to reach", "holds", "seconds a seed")
MEASURED_BY = f"""`{COMMAND}`, which runs modules with the presets of `module.yaml` through
their batch entry and writes this section. {FOLDS} folds by object for each split seed; mean ± standard
deviation over the seeds. Presets were chosen on these sets with the first seed, which flatters them a little.
"""


def measured(goal: Goal, seeds: Sequence[int]) -> tuple[list[list[str]], list[Result]]:
    """Train on a goal's data with each split seed.

    Parameters
    ----------
    goal : Goal
        Preset and figures.
    seeds : sequence of int
        Of folds and models.

    Returns
    -------
    tuple
        Rows of the table, one a figure, and claims.
    """
    found: dict[str, list[float]] = {figure.name: [] for figure in goal.figures}
    begin, spectra = time.monotonic(), 0
    for seed in seeds:
        parameters = {"folds": FOLDS, "seed": seed, "random_split": False}
        job = run_job(goal.module, data_folder(), goal.given, goal.steps, parameters | goal.parameters)
        spectra = job.spectra
        for figure in goal.figures:
            found[figure.name].append(figure.of(job))
    seconds = (time.monotonic() - begin) / len(seeds)
    rows = [_row(goal, figure, found[figure.name], f"{spectra}", f"{seconds:.0f}") for figure in goal.figures]
    return rows, [_claim(goal, figure, found[figure.name]) for figure in goal.figures]


def _row(goal: Goal, figure: Figure, values: Sequence[float], spectra: str, seconds: str) -> list[str]:
    return [
        goal.name,
        goal.module,
        spectra,
        str(len(values)),
        figure.title,
        mean_and_spread(values, figure.digits),
        figure.told,
        "yes" if figure.holds(float(np.mean(values))) else "no",
        seconds,
    ]


def _claim(goal: Goal, figure: Figure, values: Sequence[float]) -> Result:
    ours = float(np.mean(values))
    claim = f"{goal.name}_{figure.name}"
    return Result(claim, ours, figure.goal, ours / figure.goal, "", figure.told, holds=figure.holds(ours))


def section(page: str, rows: Sequence[Sequence[str]]) -> str:
    """Return the page with the section of the presets, in which rows of the same goals are replaced."""
    return accuracy_section.section(page, rows, title=TITLE, measured_by=MEASURED_BY, head=HEAD, names=GOALS)


def main() -> int:
    """Measure, print, and write the section; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("--quick", action="store_true", help="one seed; the page is not written")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="split seeds, from 0")
    parser.add_argument("goal", nargs="*", choices=[[], *GOALS], help="all, if none is named")
    given = parser.parse_args()
    results: list[Result] = []
    for name in given.goal or GOALS:
        rows, claims = measured(GOALS[name], range(1 if given.quick else given.seeds))
        print_table(list(HEAD), rows)
        if not given.quick:
            DOCUMENT.write_text(section(DOCUMENT.read_text(encoding="utf-8"), rows), encoding="utf-8")
        results += claims
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
