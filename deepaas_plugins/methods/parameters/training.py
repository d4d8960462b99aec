"""Trains a model of several numbers, measures it on held-out objects, and reports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.parameters import report, targets
from deepaas_plugins.methods.parameters.fitting import INNER_FOLDS, Fitted, fit
from deepaas_plugins.methods.parameters.model import ParameterModel, representation
from deepaas_plugins.pipeline.processors import processors
from deepaas_plugins.pipeline.reliability.calibration_report import half_widths
from deepaas_plugins.pipeline.validation import baselines, comparison, scores
from deepaas_plugins.pipeline.validation.labelled import Labelled, of_rows
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Fewer rows tell nothing of an error.
FEWEST = 20


def train(features: FeatureSet, params: Json, run: Run) -> ParameterModel:
    """Train, cross-validate and report.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows; labels as in `targets.parse`.
    params : Json
        Of `TrainSchema`.
    run : Run
        Takes progress, metrics and the report.

    Returns
    -------
    ParameterModel
        Trained on all labelled rows.

    Raises
    ------
    InvalidInput
        Labels that are no numbers, a value that never varies, too few spectra.
    Cancelled
        The run was asked to stop.
    """
    names, rows, values = targets.table(features.labels(), features.names())
    _check(names, values)
    if len(rows) > params["maximum_rows"]:
        random, most = np.random.default_rng(params["seed"]), params["maximum_rows"]
        kept = np.sort(random.choice(len(rows), most, replace=False))
        run.log(f"{most} of {len(rows)} labelled spectra are drawn: maximum_rows.")
        rows, values = rows[kept], values[kept]
    data = of_rows(features, rows, values[:, 0], None)
    every = np.arange(len(rows))
    parts = data.folds(params["folds"], every, params["seed"])
    trainer = _Trainer(data, values, representation(params).of_spectra(data.matrix), params, run)
    found = trainer.cross_validate(parts, "evaluate")
    held = HeldOut(rows, found, values, data.objects.members, None, tuple(names))
    half = half_widths(held, params["coverage"])
    for place, name in enumerate(names):
        one = replace(data, target=values[:, place])
        report.target(one, name, found[:, place], half[:, place], features=features, run=run)
    report.overview(names, values, found, half, coverage=params["coverage"], run=run)
    comparison.report(
        data,
        every,
        parts,
        found[:, 0],
        lambda folds: trainer.cross_validate(folds, comparison.PHASE)[:, 0],
        method=f"The model (of {names[0]})",
        params=params,
        features=features,
        run=run,
    )
    for place, name in enumerate(names[1:], 1):
        one = replace(data, target=values[:, place])
        baselines.report(
            one,
            parts,
            found[:, place],
            score=scores.OF_VALUES,
            method=f"The model (of {name})",
            seed=params["seed"],
            run=run,
            value_name=name,
        )
    model = ParameterModel(
        fitted=trainer.fit(every, "train"),
        targets=names,
        columns=features.columns,
        recipe=features.recipe,
        parameters=params,
        wavelength=features.wavelength,
    )
    model.held_out = held
    return model


def _check(names: list[str], values: FloatArray) -> None:
    if len(values) < FEWEST:
        raise InvalidInput(f"{len(values)} labelled spectra are too few: {FEWEST} are needed.")
    for name, column in zip(names, values.T, strict=True):
        if np.ptp(column) == 0:
            raise InvalidInput(
                f"All {len(column)} values of {name} are {column[0]:g}: there is nothing to learn."
            )


@dataclass(frozen=True)
class _Trainer:
    data: Labelled
    values: FloatArray
    matrix: npt.NDArray[Any]
    params: Json
    run: Run

    def fit(self, learn: IntArray, phase: str, done: int = 0, total: int = 1) -> Fitted:
        inner = self.data.folds(INNER_FOLDS, learn, self.params["seed"])
        place = np.full(len(self.data.rows), -1)
        place[learn] = np.arange(len(learn))
        step = [done * (INNER_FOLDS + 1)]

        def after() -> None:
            step[0] += 1
            self.run.stop_if_cancelled()
            self.run.progress(step[0], total * (INNER_FOLDS + 1), phase)

        return fit(
            self.matrix[learn],
            self.values[learn],
            [(place[some], place[others]) for some, others in inner],
            self.params,
            threads=processors(),
            after=after,
        )

    def cross_validate(self, parts: list[Split], phase: str) -> FloatArray:
        """Predict each fold by the others; return values, shape (rows, targets)."""
        found = np.full(self.values.shape, np.nan)
        for number, (learn, judge) in enumerate(parts):
            fitted = self.fit(learn, phase, number, len(parts))
            found[judge] = fitted.scaling.values(fitted.standard(self.matrix[judge]))
        return found
