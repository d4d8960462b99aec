"""Measures a training on objects that were left out, reports it, and learns how outputs are to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.cnn.calibration import Calibration
from deepaas_plugins.methods.cnn.fits.course import Arrays
from deepaas_plugins.methods.cnn.fold_fits import FoldFits
from deepaas_plugins.methods.cnn.problem import Problem, Values
from deepaas_plugins.methods.convolutions import report as quality
from deepaas_plugins.methods.parameters import report as numbers_report
from deepaas_plugins.methods.parameters.targets import Scaling
from deepaas_plugins.methods.spectral_features import weights
from deepaas_plugins.pipeline import regression
from deepaas_plugins.pipeline.reliability.calibration_report import half_widths
from deepaas_plugins.pipeline.validation import baselines, comparison, scores
from deepaas_plugins.pipeline.validation.splits import Split
from jobfolder.label_numbers import ALONE
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Judge:
    """Judges what was learned.

    Parameters
    ----------
    problem
        What is learned.
    fits
        Does the fits of folds.
    features, params, run
        Names of rows; of `TrainSchema`; takes metrics and views.
    """

    def __init__(
        self, problem: Problem, fits: FoldFits, features: FeatureSet, params: Json, run: Run
    ) -> None:
        self.problem, self.fits, self.features, self.params, self.run = problem, fits, features, params, run
        self.held_out: HeldOut | None = None
        self._left_out: FloatArray | None = None

    def cross_validate(self, learn: IntArray, parts: list[Split]) -> None:
        """Cross-validate, and report; nothing is done where there are no folds."""
        if not parts:
            return
        raw = self.fits.cross_validate(parts, "evaluate")
        self._left_out = raw
        self._report(raw, parts, learn)

    def outputs(self, learn: IntArray, results: list[Arrays]) -> Calibration | Scaling:
        """Return how outputs of the model are read, by the objects that were left out.

        Parameters
        ----------
        learn : ndarray
            The training part, shape (n,).
        results : list of Arrays
            Of the members of the model.
        """
        if self._left_out is None:
            # No folds: the rows by which members decided when to stop were not learned from either.
            raw = self.fits.left_out(learn, results)
            self._left_out = raw
            if np.isfinite(raw).any():
                self._report(raw, [], learn)
        raw = self._left_out
        if isinstance(self.problem, Values):
            return self.problem.scaling(learn)
        return self._calibration(raw, np.isfinite(raw[:, 0]))

    def test(self, rows: IntArray, answers: FloatArray, outputs: Calibration | Scaling) -> None:
        """Report the test set.

        Parameters
        ----------
        rows : ndarray
            Of the test set, shape (n,).
        answers : ndarray
            Mean probabilities or values for them, shape (n, outputs).
        outputs : Calibration or Scaling
            How they are read.
        """
        whole = np.full((len(self.problem.data.rows), self.problem.outputs), np.nan)
        whole[rows] = outputs.apply(answers) if isinstance(outputs, Calibration) else answers
        self._quality(whole, "test set", "test")

    def _report(self, raw: FloatArray, parts: list[Split], learn: IntArray) -> None:
        split = "cross-validation" if parts else "validation part"
        answers = self._honest(raw, parts)
        self._quality(answers, split, "")
        self.held_out = self._held_out(answers)
        if parts:
            self._compare(answers, parts, learn)

    def _honest(self, raw: FloatArray, parts: list[Split]) -> FloatArray:
        """Return probabilities calibrated by the other folds, or values as they are."""
        if self.problem.data.classes is None:
            return raw
        judged = np.isfinite(raw[:, 0])
        found = raw.copy()
        if not parts:
            found[judged] = self._calibration(raw, judged).apply(raw[judged])
        for _, rows in parts:
            others = judged.copy()
            others[rows] = False
            found[rows] = self._calibration(raw, others).apply(raw[rows])
        return found

    def _calibration(self, raw: FloatArray, rows: npt.NDArray[np.bool_]) -> Calibration:
        if not rows.any():
            return Calibration.none(raw.shape[1])
        data = self.problem.data
        of_objects = weights.of_objects(data.objects.members[rows], self.params["object_weight"])
        step = self.params["prior_step"] and self.params["folds"] > 1
        return Calibration.fit(raw[rows], data.target[rows], of_objects, prior_step=step)

    def _quality(self, answers: FloatArray, split: str, prefix: str) -> None:
        problem, features, run = self.problem, self.features, self.run
        if not isinstance(problem, Values) or problem.names == [ALONE]:
            quality.quality(problem.data, answers, features, run, split=split, prefix=prefix)
        elif prefix:
            for place, name in enumerate(problem.names):
                known = np.isfinite(problem.values[:, place])
                one = replace(problem.data, target=problem.values[:, place]).some(np.flatnonzero(known))
                regression.report(
                    one,
                    answers[known, place],
                    features,
                    run,
                    split=f"{split}, {name}",
                    prefix=f"{prefix}-{name}",
                )
        else:
            self._numbers(problem, answers)

    def _held_out(self, answers: FloatArray) -> HeldOut:
        data = self.problem.data
        if not isinstance(self.problem, Values) or self.problem.names == [ALONE]:
            return data.held_out(answers)
        judged = np.isfinite(answers).all(axis=1)
        return HeldOut(
            data.rows[judged],
            answers[judged],
            self.problem.values[judged],
            data.objects.members[judged],
            None,
            tuple(self.problem.names),
        )

    def _numbers(self, problem: Values, answers: FloatArray) -> None:
        """Report several numbers, each with its intervals."""
        judged = np.flatnonzero(np.isfinite(answers).all(axis=1))
        half = np.full(answers.shape, np.inf)
        half[judged] = half_widths(self._held_out(answers), self.params["coverage"])
        for place, name in enumerate(problem.names):
            known = judged[np.isfinite(problem.values[judged, place])]
            one = replace(problem.data, target=problem.values[:, place]).some(known)
            numbers_report.target(
                one, name, answers[known, place], half[known, place], features=self.features, run=self.run
            )

    def _compare(self, answers: FloatArray, parts: list[Split], learn: IntArray) -> None:
        data = self.problem.data
        values = self.problem if isinstance(self.problem, Values) else None
        several = values is not None and values.names != [ALONE]
        if values is not None and several:
            whole = bool(np.isfinite(data.target).all())
            for place, name in enumerate(values.names[1:] if whole else values.names, int(whole)):
                self._beside(values, place, name, answers, parts)
            if not whole:
                self.run.log(
                    f"No random split: the first of the numbers, {values.names[0]}, is not known everywhere."
                )
                return

        def told(found: FloatArray) -> npt.NDArray[Any]:
            return found[:, 0] if data.classes is None else np.nan_to_num(found).argmax(axis=1)

        def again(folds: list[Split]) -> npt.NDArray[Any]:
            return told(self._honest(self.fits.cross_validate(folds, comparison.PHASE), folds))

        named = (
            "" if not isinstance(self.problem, Values) or self.problem.outputs == 1 else self.problem.names[0]
        )
        comparison.report(
            data,
            learn,
            parts,
            told(answers),
            again,
            method=f"The network (of {named})" if named else "The network",
            params=self.params,
            features=self.features,
            run=self.run,
        )

    def _beside(self, values: Values, place: int, name: str, answers: FloatArray, parts: list[Split]) -> None:
        """Report the baselines of one of several numbers, on the rows where it is known."""
        known = np.isfinite(values.values[:, place]) & np.isfinite(answers[:, place])
        rows = np.flatnonzero(known)
        number = np.full(len(known), -1)
        number[rows] = np.arange(len(rows))
        folds = [(number[learn[known[learn]]], number[judge[known[judge]]]) for learn, judge in parts]
        folds = [(learn, judge) for learn, judge in folds if len(learn) > 1 and len(judge)]
        if not folds:
            return
        one = replace(values.data, target=values.values[:, place]).some(rows)
        baselines.report(
            one,
            folds,
            answers[rows, place],
            score=scores.OF_VALUES,
            method=f"The network (of {name})",
            seed=self.params["seed"],
            run=self.run,
            value_name=name,
        )
