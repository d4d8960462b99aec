"""The fits of a training: of each fold, and of the members of the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.cnn import report
from deepaas_plugins.methods.cnn.fits.course import Arrays
from deepaas_plugins.methods.cnn.fits.fitting import Fit, Fitter
from deepaas_plugins.methods.cnn.network_start import NetworkStart
from deepaas_plugins.methods.cnn.problem import Classes, Problem, Values
from deepaas_plugins.methods.spectral_features import smote
from deepaas_plugins.pipeline.validation import splits
from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.splits import Split

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class FoldFits:
    """Does the fits of a problem.

    Parameters
    ----------
    problem
        What is learned.
    fitter
        Does each fit.
    teacher
        Trains a larger network, from whose answers that of `fitter` learns, too; None: there is none.
    start
        What the members of the model begin with; folds begin with nothing. None: they do, too.
    params, run
        Of `TrainSchema`; takes progress, metrics and the curves.
    """

    def __init__(
        self,
        problem: Problem,
        fitter: Fitter,
        *,
        teacher: Fitter | None,
        start: NetworkStart | None = None,
        params: Json,
        run: Run,
    ) -> None:
        self.problem, self.fitter, self.teacher, self.start = problem, fitter, teacher, start
        self.params, self.run = params, run

    def cross_validate(self, parts: list[Split], phase: str) -> FloatArray:
        """Predict each fold by networks that were trained on the others.

        Parameters
        ----------
        parts : list of Split
            The folds.
        phase : str
            Of the run.

        Returns
        -------
        ndarray
            Probabilities or values, shape (rows, outputs), NaN for rows in no fold.
        """
        found = np.full((len(self.problem.data.rows), self.problem.outputs), np.nan)
        for number, (learn, judge) in enumerate(parts):
            told = f"fold {number + 1} of {len(parts)}"
            made = self._members(learn, judge, phase, told, keep=False)
            found[judge] = self.problem.answers([one["outputs"] for one in made], learn)
        return found

    def final(self, learn: IntArray, test: IntArray) -> list[Arrays]:
        """Train the members of the model; return the result of each, with weights."""
        return self._members(learn, test, "train", "", keep=True)

    def left_out(self, learn: IntArray, results: list[Arrays]) -> FloatArray:
        """Return the answers for the rows that decided when members stopped, NaN for others.

        Parameters
        ----------
        learn : ndarray
            The training part, shape (n,).
        results : list of Arrays
            Of `final`.

        Returns
        -------
        ndarray
            Shape (rows, outputs): the mean of those members that did not learn from the row.
        """
        rows, outputs = len(self.problem.data.rows), self.problem.outputs
        total, count = np.zeros((rows, outputs)), np.zeros((rows, 1))
        for member, result in enumerate(results):
            _, validate = self._parts(learn, self._seed("train", member))
            if len(validate):
                total[validate] += self.problem.answers([result["validation"]], learn)
                count[validate] += 1
        return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))

    def _members(
        self, learn: IntArray, judge: IntArray, phase: str, told: str, *, keep: bool
    ) -> list[Arrays]:
        made, target = list[Arrays](), self.problem.targets(learn)
        weights, members = self.problem.weights(learn, self.params), self.params["members"]
        for member in range(members):
            seed = self._seed(told or phase, member)
            inside, validate = self._parts(learn, seed)
            fit = Fit(f"{phase} {told} {member}", seed, inside, validate, judge, target, weights, keep)
            if isinstance(self.problem, Classes) and smote.wanted(self.params):
                fit = replace(fit, oversample=True)
            if keep and self.start is not None:
                scaling = self.problem.scaling(learn) if isinstance(self.problem, Values) else None
                begin = self.start.weights(member, scaling)
                fit = replace(fit, begin=begin, standard=self.start.standard)
            which = told if members == 1 else f"{told}{', ' if told else ''}member {member + 1} of {members}"
            if self.teacher is not None:
                fit = self._taught(fit, self.teacher, which)
            made.append(self.fitter.fit(fit, report.Curve(self.run, self.params, phase, which, member)))
            self.fitter.course.forget(_teacher_of(fit.key))
        return made

    def _taught(self, fit: Fit, teacher: Fitter, which: str) -> Fit:
        """Train the teacher of a fit on the same rows, and return the fit with it."""
        if self.fitter.course.finished(fit.key) is not None:
            return fit
        first = replace(fit, key=_teacher_of(fit.key), predict=np.arange(0), keep=True, begin=None)
        result = teacher.fit(first, report.Curve(self.run, self.params, "teacher", which, 0))
        teacher.trainer.use(weights_of(result))

        def answers(cube: npt.NDArray[np.float32]) -> FloatArray:
            return self.problem.as_targets(teacher.trainer.outputs(cube))

        return replace(fit, teacher=answers)

    def _seed(self, told: str, member: int) -> int:
        words = sum(ord(letter) for letter in told)
        return int((self.params["seed"] + 7919 * member + 104_729 * words) % 2**32)

    def _parts(self, learn: IntArray, seed: int) -> Split:
        """Split a training part into rows that are learned from and rows that validate, by object."""
        fraction = self.params["validation_fraction"]
        if not fraction:
            return learn, np.arange(0)
        data = self.problem.data
        target = None if data.strata is None else data.strata[learn]
        members = None if data.members is None else data.members[learn]
        try:
            inside, outside = splits.hold_back(fraction, target, members, len(learn), seed)
        except InvalidInput:
            return learn, np.arange(0)  # too few objects: all epochs are done
        inside, outside = learn[inside], learn[outside]
        lost = _lost(data, inside, outside)
        return np.sort(np.concatenate([inside, outside[lost]])), outside[~lost]


def _teacher_of(key: str) -> str:
    return f"teacher of {key}"


def weights_of(result: Arrays) -> dict[str, npt.NDArray[np.float32]]:
    """Return the weights of a fit that kept them, by name."""
    return {name.removeprefix("weights/"): one for name, one in result.items() if name.startswith("weights/")}


def _lost(data: Labelled, inside: IntArray, outside: IntArray) -> npt.NDArray[np.bool_]:
    """Return which rows are of classes that would not be learned at all."""
    if data.classes is None:
        return np.zeros(len(outside), dtype=bool)
    return ~np.isin(data.target[outside], data.target[inside])
