"""How well random convolutions do on real spectra: `python -m benchmarks.quality [--quick] [DATASET …]`.

Every figure is that of training jobs run by the module's own batch entry on the data folder (HUGGINS_DATA,
else shared/data beside the project), in five folds that never part spectra of one object, for several seeds.
Without ``--quick`` the rows of the datasets that are measured are written into ``docs/accuracy.md``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import accuracy_section
from benchmarks.accuracy import (
    DOCUMENT,
    FOLDS,
    LAMOST,
    MILES,
    Measurement,
    lamost,
    measure,
    miles,
    spectral_grid,
    supernovae,
)
from benchmarks.accuracy_section import mean_and_spread
from benchmarks.prepare import data_folder
from benchmarks.result import print_table

COMMAND = "python -m benchmarks.quality"
MODULE = "convolutions"
SEEDS = (0, 1, 2)
TITLE = "Random convolutions"

_SPLINE = {"step": "continuum", "method": "spline", "knots": 15}
_POLYNOMIAL = {"step": "continuum", "method": "polynomial", "degree": 5}
_MEDIAN = {"step": "scale", "method": "median"}

#: One recipe a dataset, chosen before it was measured: no figure is the best of several.
MEASUREMENTS = {
    "lamost": Measurement("lamost", "polynomial continuum", lamost, spectral_grid(*LAMOST, _POLYNOMIAL)),
    "miles": Measurement("miles", "median 1", miles("mk_class"), spectral_grid(*MILES, _MEDIAN)),
    "supernovae": Measurement("supernovae", "matrix as it is", supernovae, None),
}
HEAD = (
    "dataset",
    "recipe",
    "spectra",
    "objects",
    "seeds",
    "balanced accuracy",
    "accuracy",
    "random split",
    "best baseline",
    "seconds",
)

MEASURED_BY = f"""`{COMMAND}`, which runs the module `{MODULE}` with its default parameters
through its batch entry and writes this section. {FOLDS} folds by object for each split seed; mean ± standard
deviation over the seeds. The random split (last seed) has spectra of one object on both sides: it is what a
split that ignores objects would claim. The best baseline is the best of most frequent class, PCA + logistic
regression and nearest template on the same folds. One recipe was measured for each dataset. Seconds are those
of one seed, on two cores that other processes used too.
"""

Json = dict[str, Any]


def measured(name: str, seeds: Sequence[int]) -> Iterator[list[str]]:
    """Train on a dataset with each split seed; yield its row of the table after each.

    The random split is measured with the last seed only: it takes as long as the folds.

    Parameters
    ----------
    name : str
        Key of `MEASUREMENTS`.
    seeds : sequence of int
        Of folds and kernels.

    Yields
    ------
    list of str
        One cell for each of `HEAD`.
    """
    each, data = MEASUREMENTS[name], data_folder()
    runs, begin = [], time.monotonic()
    for number, seed in enumerate(seeds):
        parameters = {"folds": FOLDS, "seed": seed, "random_split": number == len(seeds) - 1}
        runs.append(measure(each, data, MODULE, parameters))
        yield row(each, runs, (time.monotonic() - begin) / len(runs))


def row(each: Measurement, runs: Sequence[Json], seconds: float) -> list[str]:
    """Lay out the runs of a dataset: means over the seeds, and the standard deviation of one seed.

    Parameters
    ----------
    each : Measurement
        What was measured.
    runs : sequence of Json
        The metrics of each seed.
    seconds : float
        Of wall time for one seed.

    Returns
    -------
    list of str
        One cell for each of `HEAD`.
    """
    baselines = [max(run[name] for name in run if name.startswith("baseline_")) for run in runs]
    naive = runs[-1].get("naive_balanced_accuracy")
    return [
        each.dataset,
        each.words,
        str(runs[0]["rows"]),
        str(int(runs[0]["objects"])),
        str(len(runs)),
        mean_and_spread([run["balanced_accuracy"] for run in runs]),
        mean_and_spread([run["accuracy"] for run in runs]),
        "–" if naive is None else f"{naive:.3f}",
        mean_and_spread(baselines),
        f"{seconds:.0f}",
    ]


def section(page: str, rows: Sequence[Sequence[str]]) -> str:
    """Return the page with the section of this module, in which rows of the same dataset are replaced."""
    return accuracy_section.section(
        page, rows, title=TITLE, measured_by=MEASURED_BY, head=HEAD, names=MEASUREMENTS
    )


def main() -> int:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("--quick", action="store_true", help="one seed; the page is not written")
    parser.add_argument("dataset", nargs="*", choices=[[], *MEASUREMENTS], help="all, if none is named")
    given = parser.parse_args()
    for name in given.dataset or MEASUREMENTS:
        for cells in measured(name, SEEDS[:1] if given.quick else SEEDS):
            print_table(list(HEAD), [cells])
            if not given.quick:
                page = DOCUMENT.read_text(encoding="utf-8")
                DOCUMENT.write_text(section(page, [cells]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
