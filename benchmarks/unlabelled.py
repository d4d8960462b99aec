"""How well `outliers` and `embedding` do on real spectra: `python -m benchmarks.unlabelled [--quick]`.

Both learn without labels; labels judge them. Sets of HUGGINS_DATA (else shared/data beside the project).

`embedding`: precision@10, the share of the ten nearest spectra of other objects that are of the same class,
in the space of the search, against that by chance; planes are printed beside it. Stars of LAMOST (A, F, G, K)
and MILES (B to M), and supernovae (five types).

`outliers`: quasars of SDSS among stars of LAMOST, and kinds of transients and galaxies among supernovae; the
area under the ROC curve (AUROC) of strangers by oddness, all detectors together, and by each detector.

Claims
------
embedding_lamost, embedding_miles, embedding_supernovae
    Precision@10 over that by chance.
outliers_quasars
    AUROC.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from benchmarks import domain
from benchmarks.accuracy import LAMOST, MILES, lamost, miles, spectral_grid, supernovae
from benchmarks.prepare import data_folder
from benchmarks.result import Result, machine, print_result, print_table
from benchmarks.training_job import Input, Json, run_job
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.outliers.parameters import TrainParameters
from deepaas_plugins.methods.outliers.training import train
from spectra import Batch, FeatureSet, FeatureSetWriter, Source

Matrix = npt.NDArray[np.float32]

_MEDIAN = {"step": "scale", "method": "median"}
_POLYNOMIAL = {"step": "continuum", "method": "polynomial", "degree": 5}
#: Name, input and steps of each set; the first is the quick one.
SETS: tuple[tuple[str, Input, list[Json] | None], ...] = (
    ("lamost", lamost, spectral_grid(*LAMOST, _POLYNOMIAL)),
    ("miles", miles("mk_class"), spectral_grid(*MILES, _MEDIAN)),
    ("supernovae", supernovae, None),
)


def embedding(name: str, given: Input, steps: list[Json] | None, data: Path) -> Result:
    """Measure precision among neighbours."""
    metrics = run_job("embedding", data, given, steps, {"stability_runs": 2}).metrics
    for key, value in sorted(metrics.items()):
        if key.startswith("precision") or key.endswith("stability"):
            print(f"{name}: {key} {value:.3f}")
    precise, chance = metrics["precision_at_10"], metrics["precision_by_chance"]
    ratio = precise / chance
    return Result(f"embedding_{name}", precise, chance, ratio, "", "≥ 2", ratio >= 2.0)


def outliers(name: str, known: Matrix, strange: Matrix, **given: bool) -> float:
    """Return the AUROC of strangers among known spectra, and print it for every detector."""
    matrix = np.concatenate([known, strange]).astype(np.float32)
    stranger = np.arange(len(matrix)) >= len(known)
    with tempfile.TemporaryDirectory() as folder, Run(Path(folder) / "out") as run:
        features = _feature_set(Path(folder) / "features.parquet", matrix)
        model = train(features, load_parameters(TrainParameters, given), run)
    scored = model.scorer.score(model.scorer.frame.rows(matrix))
    for detector, scores in scored.scores.items():
        print(f"{name}: {detector} AUROC {roc_auc_score(stranger, scores):.3f}")
    area = float(roc_auc_score(stranger, scored.oddness))
    print(
        f"{name}: {stranger.sum()} strangers among {len(known)}, all detectors AUROC {area:.3f}", flush=True
    )
    return area


def _feature_set(path: Path, matrix: Matrix) -> FeatureSet:
    names = [f"row {row}" for row in range(len(matrix))]
    # What the columns are tells only that zeros are points without flux.
    grid = np.linspace(4000.0, 9000.0, matrix.shape[1])
    nothing: list[str | None] = [None] * len(matrix)
    with FeatureSetWriter(path, wavelength=grid) as writer:
        writer.write(Batch(matrix, grid, names, nothing, nothing, [Source(name) for name in names]))
    return FeatureSet.open(path)


def main() -> int:
    """Measure, print, and return 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="LAMOST and quasars alone")
    quick = parser.parse_args().quick
    data = data_folder()
    print(machine())
    (known, _), _, (strange, _) = domain.quasars(data)
    area = outliers("quasars", known, strange)
    results = [Result("outliers_quasars", area, 0.5, area, "", "≥ .90", area >= 0.90)]
    if not quick:
        (known, _), _, (strange, _) = domain.supernovae(data)
        outliers("open set", known, strange)
        outliers("open set, not standardised", known, strange, standardise=False)
    results += [embedding(*each, data) for each in (SETS[:1] if quick else SETS)]
    columns = ["claim", "ours", "peer", "ratio", "unit", "target", "holds"]
    print_table(columns, [[r.claim, r.ours, r.peer, r.ratio, r.unit, r.target, r.holds] for r in results])
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
