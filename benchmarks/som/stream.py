"""Train a map on a feature set as a job would and print what it cost: `python -m benchmarks.som.stream`.

A process of its own for `benchmarks.som`: its peak of memory is that of nothing else.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.som.method import SelfOrganisingMap
from spectra import FeatureSet


def main() -> None:
    """Train, save, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    given = parser.parse_args()
    method = SelfOrganisingMap()
    params = load_parameters(
        method.train_schema, {"rows": given.side, "columns": given.side, "epochs": given.epochs}
    )
    begin = time.perf_counter()
    with Run(given.folder) as run:
        features = FeatureSet.open(given.features)
        method.train(features, params, run).save(given.folder / "model")
        cost = {
            "rows": features.rows,
            "seconds": time.perf_counter() - begin,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
            "metrics": run.metrics,
        }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
