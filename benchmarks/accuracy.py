"""How well the forest does on real spectra: `python -m benchmarks.accuracy [--quick]`.

Every measurement is a training job run by the module's own batch entry on the data folder (HUGGINS_DATA, else
shared/data beside the project), cross-validated in five folds that never part spectra of one object. Without
``--quick`` it writes ``docs/accuracy.md``.

Claims
------
accuracy_NAME, balanced_NAME
    Accuracy and balanced accuracy of the best of the recipes tried on a dataset, against the data folder's
    baseline (one untuned scikit-learn run on a held-out fifth).
"""

from __future__ import annotations

import argparse
import csv
import datetime
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy_section import NEXT_SECTION
from benchmarks.prepare import data_folder
from benchmarks.result import Result, print_result, print_table
from benchmarks.training_job import Input, run_job
from spectra.features.exchange import import_features

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "accuracy.md"
COMMAND = "python -m benchmarks.accuracy"
FOLDS = 5
TREES, QUICK_TREES = 300, 50
SUPERNOVAE = ("Ia", "II", "IIb", "Ib", "Ic")

Json = dict[str, Any]


@dataclass(frozen=True)
class Measurement:
    """One training job.

    Attributes
    ----------
    dataset, words
        Key of `BASELINES`; what is special about recipe and parameters, for people.
    given
        Makes the input.
    steps
        Of the recipe; None where the input is a feature set.
    parameters
        Beside trees and folds.
    """

    dataset: str
    words: str
    given: Input
    steps: Sequence[Json] | None
    parameters: Json = field(default_factory=dict)


def _spectra(folder: Path, job: Path, lines: Iterator[Sequence[str]]) -> Json:
    """Give a folder of the data, and a manifest of `lines`: path, row, label, group."""
    (job / "in" / "data").symlink_to(folder)
    with (job / "in" / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "row", "label", "group"])
        writer.writerows(lines)
    return {"kind": "spectra", "path": "in/data", "manifest": "in/manifest.csv", "name": folder.name}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def supernovae(data: Path, job: Path) -> Json:
    """Give the SNID templates as the matrix they come as: 0 where a spectrum does not reach."""
    with np.load(data / "supernovae" / "sn_snid_matrix.npz", allow_pickle=False) as arrays:
        kept = np.isin(arrays["type"], SUPERNOVAE)
        np.savez(
            job / "matrix.npz",
            features=arrays["flux"][kept],
            wavelength=arrays["wave"].astype(np.float64),
            labels=arrays["type"][kept],
            groups=arrays["group"][kept],
        )
    import_features(job / "matrix.npz", job / "in" / "data.parquet").close()
    return {"kind": "features", "path": "in/data.parquet", "manifest": None, "name": "supernovae"}


def miles(label: str) -> Input:
    """Give the MILES stars of types B to M with a column of their table as label."""

    def given(data: Path, job: Path) -> Json:
        folder = data / "miles"
        stars = [
            row for row in _rows(folder / "labels.csv") if row["mk_class"] in set("BAFGKM") and row[label]
        ]
        lines = (["miles_matrix.npz", row["row"], row[label], row["name"]] for row in stars)
        return _spectra(folder, job, lines)

    return given


def lamost(data: Path, job: Path) -> Json:
    """Give the LAMOST stars of types A, F, G and K; visits of one star are one object."""
    folder = data / "lamost"
    stars = [
        row
        for row in _rows(folder / "labels.csv")
        if row["cls"] == "STAR" and row["subclass"][:1] in set("AFGK")
    ]
    return _spectra(folder, job, ([row["file"], "", row["subclass"][0], row["designation"]] for row in stars))


def spectral_grid(minimum: float, maximum: float, *more: Json) -> list[Json]:
    """Return the steps of a recipe: 1000 logarithmic points of a range, then others.

    Parameters
    ----------
    minimum, maximum : float
        Å in vacuum.
    more : Json
        The steps that follow.

    Returns
    -------
    list of Json
        The steps.
    """
    return [
        {"step": "mask", "maximum_fraction": 0.5},
        {
            "step": "resample",
            "minimum": minimum,
            "maximum": maximum,
            "points": 1000,
            "sampling": "log",
            "method": "flux-conserving",
        },
        *more,
    ]


_MEDIAN = {"step": "scale", "method": "median"}
_POLYNOMIAL = {"step": "continuum", "method": "polynomial", "degree": 5}
_SPLINE = {"step": "continuum", "method": "spline", "knots": 15}
_QUANTILE = {"step": "continuum", "method": "quantile", "window": 150.0, "quantile": 0.8}
_EXTRA = {"variant": "extra_trees", "max_features": "fraction", "feature_fraction": 0.3}

#: Accuracy and balanced accuracy that must be reached; README of the data folder.
BASELINES = {
    "supernovae": (0.874, 0.790),
    "miles": (0.793, 0.796),
    "miles_continuum": (0.835, 0.834),
    "lamost": (0.731, 0.633),
}
MILES, LAMOST = (3600.0, 7400.0), (3850.0, 8900.0)
MEASUREMENTS = (
    Measurement("supernovae", "matrix as it is", supernovae, None),
    Measurement("supernovae", "leaves of 5 spectra", supernovae, None, {"min_samples_leaf": 5}),
    Measurement("supernovae", "extra trees, leaves of 3", supernovae, None, _EXTRA | {"min_samples_leaf": 3}),
    Measurement("miles", "median 1", miles("mk_class"), spectral_grid(*MILES, _MEDIAN)),
    Measurement("miles_continuum", "spline continuum", miles("mk_class"), spectral_grid(*MILES, _SPLINE)),
    Measurement("miles_continuum", "quantile continuum", miles("mk_class"), spectral_grid(*MILES, _QUANTILE)),
    Measurement(
        "miles_continuum",
        "quantile continuum, extra trees",
        miles("mk_class"),
        spectral_grid(*MILES, _QUANTILE),
        _EXTRA,
    ),
    Measurement("lamost", "median 1", lamost, spectral_grid(*LAMOST, _MEDIAN)),
    Measurement("lamost", "polynomial continuum", lamost, spectral_grid(*LAMOST, _POLYNOMIAL)),
    Measurement(
        "lamost",
        "polynomial continuum, extra trees",
        lamost,
        spectral_grid(*LAMOST, _POLYNOMIAL),
        _EXTRA,
    ),
    Measurement("lamost", "spline continuum, extra trees", lamost, spectral_grid(*LAMOST, _SPLINE), _EXTRA),
)
TEMPERATURE = Measurement(
    "miles_teff",
    "spline continuum",
    miles("teff"),
    spectral_grid(*MILES, _SPLINE),
    {"task": "regression"},
)


def measure(each: Measurement, data: Path, module: str, parameters: Json) -> Json:
    """Run the training job of a measurement and return its metrics, and what it was given.

    Parameters
    ----------
    each : Measurement
        Input, recipe, and parameters that go before those given.
    data : Path
        The data folder.
    module : str
        Which is trained.
    parameters : Json
        Of the module.

    Returns
    -------
    Json
        The metrics of the job, and ``rows``.

    Raises
    ------
    SystemExit
        The job failed; with its reason.
    """
    parameters = parameters | each.parameters
    job = run_job(module, data, each.given, each.steps, parameters, words=f"{each.dataset}, {each.words}")
    return {**job.metrics, "rows": job.spectra}


def claims(measured: Sequence[tuple[Measurement, Json]]) -> Iterator[Result]:
    """Compare the best of each dataset with its baseline."""
    for dataset, (accuracy, balanced) in BASELINES.items():
        of_dataset = [metrics for each, metrics in measured if each.dataset == dataset]
        best = max(of_dataset, key=lambda metrics: float(metrics["accuracy"] + metrics["balanced_accuracy"]))
        for claim, ours, peer in (
            ("accuracy", best["accuracy"], accuracy),
            ("balanced", best["balanced_accuracy"], balanced),
        ):
            yield Result(
                f"{claim}_{dataset}", ours, peer, ours / peer, "fraction right", "≥ 1", holds=ours >= peer
            )


def table(measured: Sequence[tuple[Measurement, Json]]) -> list[list[str]]:
    """Lay the measurements out, one per row."""
    rows = []
    for each, metrics in measured:
        accuracy, balanced = BASELINES[each.dataset]
        rows.append(
            [
                each.dataset,
                each.words,
                str(metrics["rows"]),
                f"{metrics['accuracy']:.3f}",
                f"{accuracy:.3f}",
                f"{metrics['balanced_accuracy']:.3f}",
                f"{balanced:.3f}",
            ]
        )
    return rows


HEAD = ["dataset", "recipe and forest", "spectra", "accuracy", "baseline", "balanced", "baseline"]


def document(measured: Sequence[tuple[Measurement, Json]], temperature: Json, trees: int) -> str:
    """Return the page that shows the measurements.

    Parameters
    ----------
    measured : sequence of tuple
        Each measurement with its result.
    temperature : Json
        The result of the regression of temperatures.
    trees : int
        Trees of each forest.

    Returns
    -------
    str
        Markdown.
    """
    lines = ["| " + " | ".join(row) + " |" for row in [HEAD, ["---"] * len(HEAD), *table(measured)]]
    day = datetime.datetime.now(datetime.UTC).date()
    return f"""# Accuracy of the random forest on real spectra

Measured {day} by `{COMMAND}`, which runs the module `rdf` as training jobs through its batch entry
and writes this page. Forests of {trees} trees, {FOLDS} folds; spectra of one object are never on both sides
of a fold. The baselines are one untuned scikit-learn run each on a held-out fifth (README of the data).
Several recipes were tried on each dataset and all are listed: the best of several is a little flattered.

{chr(10).join(lines)}

- **supernovae**: SNID templates, types Ia, II, IIb, Ib, Ic, as the matrix they are published as (0 where a
  spectrum does not reach), imported as a feature set; objects are supernovae.
- **miles**: MILES stars of types B to M, 3600–7400 Å in vacuum, 1000 logarithmic points; every star once.
- **lamost**: LAMOST stars of types A, F, G, K, 3850–8900 Å, 1000 logarithmic points; visits of a star are one
  object. It is small ({_count(measured, "lamost")} spectra): differences below 0.03 mean nothing.
- Spectra whose continuum cannot be divided by are rejected by the recipe, hence the different counts.
- The Ondřejov Hα spectra have labels too, but one double peak and four emissions are too few for folds.

Regression: effective temperature of {temperature["rows"]} MILES stars ({TEMPERATURE.words}), {FOLDS} folds:
root mean square error {temperature["rmse"]:.0f} K, mean absolute error {temperature["mae"]:.0f} K,
R² {temperature["r2"]:.3f}.
"""


def _count(measured: Sequence[tuple[Measurement, Json]], dataset: str) -> int:
    return max(int(metrics["rows"]) for each, metrics in measured if each.dataset == dataset)


def main() -> int:
    """Measure, print, and write the page; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("--quick", action="store_true", help="small forests; the page is not written")
    quick: bool = parser.parse_args().quick
    data, trees = data_folder(), QUICK_TREES if quick else TREES
    parameters = {"trees": trees, "folds": FOLDS}
    measured = [(each, measure(each, data, "rdf", parameters)) for each in MEASUREMENTS]
    temperature = measure(TEMPERATURE, data, "rdf", parameters)
    print_table(HEAD, table(measured))
    if not quick:
        _, heading, rest = DOCUMENT.read_text(encoding="utf-8").partition(NEXT_SECTION)
        DOCUMENT.write_text(document(measured, temperature, trees) + heading + rest, encoding="utf-8")
    results = list(claims(measured))
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
