"""Models of random parts of the training set, whose disagreement says where a label would change most."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Method, Model
from deepaas_plugins.contract.run import Run
from deepaas_plugins.learning.training_set import TrainingSet, subsample
from spectra import Batch

FloatArray = npt.NDArray[np.float64]

FOLDER = ".committee"
#: Of the objects of each class that a member learns from: what a bootstrap sample has of different ones.
SHARE = 0.632
#: Parameters of methods that cost time and change no prediction of a member.
CHEAP = {"folds": 0, "members": 1, "teacher": "none", "calibration": "none"}


class Committee:
    """Several models; `probabilities` asks all of them."""

    def __init__(self, models: list[Model]) -> None:
        self._models = models

    @classmethod
    def train(
        cls, method: Method, data: TrainingSet, parameters: dict[str, Any], count: int, *, seed: int, run: Run
    ) -> Committee:
        """Train the members.

        Parameters
        ----------
        method : Method
            That trains.
        data : TrainingSet
            Of the round's model.
        parameters : dict
            Complete parameters of the round's model; what only judges it is switched off.
        count : int
            Members.
        seed : int
            Of the parts and the members.
        run : Run
            Takes progress; asked whether to stop.

        Returns
        -------
        Committee
            Of `count` models.
        """
        folder = run.folder / FOLDER
        changed = parameters | {name: value for name, value in CHEAP.items() if name in parameters}
        if parameters.get("prior") not in (None, "none"):
            changed["prior"] = "none"
        models = []
        for number in range(count):
            run.stop_if_cancelled()
            run.progress(number, count, "committee")
            rng = np.random.default_rng((seed, number))
            own = changed | ({"seed": int(rng.integers(2**31))} if "seed" in parameters else {})
            with Run(folder / str(number), run.cancel_file) as inside:
                part = subsample(data, SHARE, folder / str(number) / "features.parquet", rng)
                models.append(method.train(part, own, inside))
        shutil.rmtree(folder, ignore_errors=True)
        run.progress(count, count, "committee")
        return cls(models)

    def probabilities(self, batch: Batch) -> FloatArray:
        """Return the predictions of every member.

        Parameters
        ----------
        batch : Batch
            Rows of the pool.

        Returns
        -------
        ndarray
            Shape (members, rows, classes).
        """
        return np.stack([each.class_probabilities(batch) for each in self._models])
