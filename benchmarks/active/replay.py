"""A session replayed with the oracle: the rounds that a job runs, one after the other, in this process."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.active.pools import Labelled, write_pool
from dashboard.learning.oracle import Oracle
from deepaas_plugins.contract import registry
from deepaas_plugins.contract.run import Run
from deepaas_plugins.learning.pool import unnamed
from deepaas_plugins.learning.round import run_round
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training
from jobfolder.names import LABEL_COLUMNS
from spectra import FeatureSet


@dataclass(frozen=True)
class Replay:
    """What is replayed.

    Attributes
    ----------
    module, parameters
        That train.
    strategy
        Of the session.
    batch
        Labels of each round.
    noise
        Share of wrong labels.
    seed
        Of the split, the session and the oracle.
    balance
        Of the session.
    """

    module: str
    parameters: dict[str, Any]
    strategy: str
    batch: int
    noise: float = 0.0
    seed: int = 0
    balance: float = 0.0

    def run(self, labelled: Labelled, most: int, folder: Path) -> Iterator[tuple[int, float]]:
        """Replay until so many labels are used.

        Parameters
        ----------
        labelled : Labelled
            The set.
        most : int
            Labels.
        folder : Path
            For the files of rounds.

        Yields
        ------
        labels : int
            That the model learned from.
        score : float
            Its balanced accuracy on held-out objects.
        """
        rows, held = labelled.split(self.seed)
        folder.mkdir(parents=True, exist_ok=True)
        write_pool(labelled, rows, folder / "pool.parquet")
        truth = {number: str(name) for number, name in enumerate(labelled.labels[rows])}
        oracle = Oracle(truth, self.noise, self.seed)
        told: dict[int, str] = {}
        number = 0
        while True:
            number += 1
            selection = self._round(number, told, min(self.batch, most - len(told)) or 1, folder)
            if selection["trained"]:
                yield len(told), self._judge(labelled, held, folder)
            if len(told) >= most:
                return
            told |= {one["pool_row"]: oracle.label(one["pool_row"]) or "" for one in selection["entries"]}

    def _round(self, number: int, told: dict[int, str], batch: int, folder: Path) -> dict[str, Any]:
        with (folder / "labels.csv").open("w", newline="") as stream:
            lines = csv.writer(stream)
            lines.writerow(LABEL_COLUMNS)
            lines.writerows([row, "", "", "", label] for row, label in told.items())
        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        settings = {"strategy": self.strategy, "batch": batch, "performance": 0, "seed": self.seed}
        settings |= {"balance": self.balance}
        training = Training(Input("features", folder / "pool.parquet", name="pool"), self.parameters)
        with redirect_stdout(StringIO()), Run(out) as run:
            run_round(
                registry.method(self.module),
                training,
                settings | {"round": number},
                folder / "labels.csv",
                run,
            )
        found: dict[str, Any] = json.loads((out / "selection.json").read_text())
        return found

    def _judge(self, labelled: Labelled, held: npt.NDArray[np.int64], folder: Path) -> float:
        model = Predictor(folder / "out" / "model").model
        features = FeatureSet.open(folder / "out" / "features.parquet")
        found = model.class_probabilities(unnamed(features, labelled.flux[held])).argmax(axis=1)
        return balanced_accuracy(labelled.labels[held], np.array(model.classes)[found])


def balanced_accuracy(true: npt.NDArray[np.str_], predicted: npt.NDArray[np.str_]) -> float:
    """Return the mean of the shares of each class that are right.

    Parameters
    ----------
    true, predicted : ndarray
        Classes, shape (rows,).
    """
    return float(np.mean([(predicted[true == name] == name).mean() for name in np.unique(true)]))
