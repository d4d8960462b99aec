"""Presets for the real sets, and the figures that they are to reach.

Recipe and parameters are those of ``presets`` in each module's ``module.yaml``, which its page offers, too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.accuracy import lamost, miles, supernovae
from benchmarks.prepare import data_folder
from benchmarks.training_job import FinishedJob, Input, Json
from catalog.module import Module
from spectra.features.exchange import import_features

MODULES = Path(__file__).parent.parent / "modules"
SEQUENCE = "OBAFGKM"
#: An answer is near the border if the true subtype is at most so many subtypes from the class that was told.
BORDER = 2.0


@dataclass(frozen=True)
class Figure:
    """A figure of a goal.

    Attributes
    ----------
    name, title
        Of the claim; for people.
    goal
        What is to be reached.
    of
        Takes it from a finished job.
    lower
        Whether less is better.
    digits
        Format of its value.
    """

    name: str
    title: str
    goal: float
    of: Callable[[FinishedJob], float]
    lower: bool = False
    digits: str = ".3f"

    @property
    def told(self) -> str:
        """Return what is to be reached, for people."""
        return f"{'≤' if self.lower else '≥'} {self.goal:g}"

    def holds(self, value: float) -> bool:
        """Return whether a value reaches the goal."""
        return value <= self.goal if self.lower else value >= self.goal


@dataclass(frozen=True)
class Goal:
    """A preset on a real set, and its figures.

    Attributes
    ----------
    name, module
        Of the row; which is trained.
    given, steps, parameters
        Input, recipe (None for a feature set) and parameters.
    figures
        What is measured.
    """

    name: str
    module: str
    given: Input
    steps: Sequence[Json] | None
    parameters: Json
    figures: Sequence[Figure] = field(default=())


def metric(name: str, title: str, goal: float, *, lower: bool = False, digits: str = ".3f") -> Figure:
    """Return a figure that is a metric of the job.

    Parameters
    ----------
    name, title : str
        Of the metric; for people.
    goal : float
        What is to be reached.
    lower : bool
        Whether less is better.
    digits : str
        Format of its value.

    Returns
    -------
    Figure
        Reads the job's summary.
    """
    return Figure(name.replace(":", "_"), title, goal, lambda job: job.metrics[name], lower, digits)


def near_border(job: FinishedJob) -> float:
    """Return the share of MILES stars whose class is right, or whose subtype is near its border.

    Parameters
    ----------
    job : FinishedJob
        Its rows are those of `miles` in their order.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        The job had other rows: some were rejected.
    """
    with (data_folder() / "miles" / "labels.csv").open(newline="", encoding="utf-8") as stream:
        types = [row["sptype"] for row in csv.DictReader(stream) if row["mk_class"] in set("BAFGKM")]
    marks, classes = job.arrays["confusion-marks"], job.classes or []
    if len(types) != len(marks):
        raise ValueError(f"the job had {len(marks)} rows, the table {len(types)} stars")
    true, told = np.divmod(marks, len(classes))
    near = [
        true[row] == told[row] or _outside(place_of(types[row]), classes[told[row]]) <= BORDER
        for row in np.flatnonzero(marks >= 0)
    ]
    return float(np.mean(near))


def _outside(place: float, letter: str) -> float:
    """Return how many subtypes a place on the sequence is outside a class: 0 inside, NaN where unknown."""
    start = 10.0 * SEQUENCE.index(letter)
    return float(max(start - place, place - (start + 9.0), 0.0))


def place_of(sptype: str) -> float:
    """Return the place of an MK type in tens of subtypes from O0, NaN where it has no subclass."""
    found = re.match(r"\s*[a-z]*([OBAFGKM])\s*(\d+(?:\.\d+)?)", sptype)
    return 10.0 * SEQUENCE.index(found[1]) + float(found[2]) if found else float("nan")


def spex(data: Path, job: Path) -> Json:
    """Give single SpeX dwarfs of S/N > 20 by their type: spex_type, else another column's."""
    folder = data / "spex"
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if _typed_dwarf(row)]
    with np.load(folder / "spex_matrix.npz", allow_pickle=False) as arrays:
        places = [int(row["row"]) for row in rows]
        np.savez(
            job / "matrix.npz",
            features=arrays["flux"][places],
            wavelength=arrays["wave"].astype(np.float64),
            labels=np.array([_dwarf_type(row) for row in rows]),
            groups=np.array([row["object"] for row in rows]),
        )
    return _imported(job, "spex")


def _dwarf_type(row: dict[str, str]) -> str | None:
    for column in ("spex_type", "nir_type", "opt_type", "lit_type"):
        found = re.match(r"[MLT]\d+\.?\d*", row[column].strip())
        if found:
            return found[0]
    return None


def _typed_dwarf(row: dict[str, str]) -> bool:
    single = not row["binary"] and not row["sbinary"]
    return single and bool(row["snr"]) and float(row["snr"]) > 20 and _dwarf_type(row) is not None


def miles_parameters(lowest: float, highest: float) -> Input:
    """Give the MILES stars of a range of temperature with temperature, gravity and metallicity as label."""

    def given(data: Path, job: Path) -> Json:
        folder = data / "miles"
        with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
            stars = [row for row in csv.DictReader(stream) if row["teff"] and row["logg"] and row["feh"]]
        (job / "in" / "data").symlink_to(folder)
        with (job / "in" / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["path", "row", "label", "group"])
            for star in stars:
                if lowest <= float(star["teff"]) <= highest:
                    label = "; ".join(f"{name}={star[name]}" for name in ("teff", "logg", "feh"))
                    writer.writerow(["miles_matrix.npz", star["row"], label, star["name"]])
        return {"kind": "spectra", "path": "in/data", "manifest": "in/manifest.csv", "name": "miles"}

    return given


def _cool(job: FinishedJob) -> np.ndarray:
    """Return which rows are of FGK stars, 4000–7500 K."""
    teff = job.arrays["predicted-true-teff-x"]
    return np.asarray((teff >= 4000) & (teff <= 7500))


def robust(target: str, title: str, goal: float, digits: str) -> Figure:
    """Return the robust σ of a target over FGK stars.

    Parameters
    ----------
    target, title : str
        Name of the target; for people.
    goal : float
        What is to be reached.
    digits : str
        Format of its value.

    Returns
    -------
    Figure
        Of left-out predictions.
    """

    def of(job: FinishedJob) -> float:
        error = (job.arrays[f"residuals-{target}-y"])[_cool(job)]
        return float(1.4826 * np.median(np.abs(error - np.median(error))))

    return Figure(f"robust_sigma_{target}", title, goal, of, lower=True, digits=digits)


def coverage_error(target: str) -> Figure:
    """Return how far the coverage of 90 % intervals over FGK stars is from 90 %."""

    def of(job: FinishedJob) -> float:
        return abs(float(np.mean(np.abs(job.arrays[f"pull-{target}-y"][_cool(job)]) <= 1)) - 0.9)

    return Figure(
        f"coverage_error_{target}", f"distance of the coverage from 0.9, {target}", 0.02, of, lower=True
    )


def subtypes(least: int) -> Input:
    """Give the supernovae of subtypes with at least so many objects, as the matrix they come as."""

    def given(data: Path, job: Path) -> Json:
        with np.load(data / "supernovae" / "sn_snid_matrix.npz", allow_pickle=False) as arrays:
            names, groups = arrays["subtype"], arrays["group"]
            kept = np.isin(
                names, [name for name in np.unique(names) if _objects(names, groups, name) >= least]
            )
            np.savez(
                job / "matrix.npz",
                features=arrays["flux"][kept],
                wavelength=arrays["wave"].astype(np.float64),
                labels=names[kept],
                groups=groups[kept],
            )
        return _imported(job, "supernova subtypes")

    return given


def _objects(names: np.ndarray, groups: np.ndarray, name: str) -> int:
    return len(np.unique(groups[names == name])) if name else 0


def _imported(job: Path, name: str) -> Json:
    import_features(job / "matrix.npz", job / "in" / "data.parquet").close()
    return {"kind": "features", "path": "in/data.parquet", "manifest": None, "name": name}


def _goal(name: str, module: str, given: Input, *figures: Figure) -> Goal:
    """Return the goal of a module's preset of this name."""
    preset = Module.load(MODULES / module).preset(name)
    if preset is None:
        raise ValueError(f"the module {module} has no preset {name}")
    steps = None if preset.recipe is None else preset.recipe["steps"]
    return Goal(name, module, given, steps, dict(preset.parameters), figures)


def _goals() -> Iterator[Goal]:
    classes = (
        metric("balanced_accuracy", "balanced accuracy", 0.86),
        Figure("near_border", "right or within 2 subtypes of the border", 0.95, near_border),
    )
    yield _goal("lamost", "rdf", lamost, metric("balanced_accuracy", "balanced accuracy", 0.83))
    yield _goal("miles_class", "rdf", miles("mk_class"), *classes)
    yield _goal("miles_class_convolutions", "convolutions", miles("mk_class"), *classes)
    yield _goal(
        "spex_type",
        "rdf",
        spex,
        metric("within_1", "type within ±1", 0.92),
        metric("within_half", "type within ±0.5", 0.78),
    )
    fast = metric("balanced_accuracy", "balanced accuracy", 0.86)
    yield _goal("supernova_types_fast", "rdf", supernovae, fast)
    best = metric("balanced_accuracy", "balanced accuracy", 0.875)
    yield _goal("supernova_types", "ensemble", supernovae, best)
    yield _goal("supernova_subtypes", "ensemble", subtypes(19), metric("f1_macro", "macro F1", 0.79))
    yield _goal(
        "miles_parameters",
        "parameters",
        miles_parameters(3500.0, 9500.0),
        robust("teff", "robust σ of T_eff (K), FGK", 80.0, ".1f"),
        robust("logg", "robust σ of log g, FGK", 0.21, ".3f"),
        robust("feh", "robust σ of [Fe/H], FGK", 0.12, ".3f"),
        *(coverage_error(name) for name in ("teff", "logg", "feh")),
    )


GOALS = {goal.name: goal for goal in _goals()}
