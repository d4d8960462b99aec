"""Fits a network to some rows: epochs, early stopping by objects that are left out, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.cnn.fits.augmentation import Augmentation, mixed, noise_levels
from deepaas_plugins.methods.cnn.fits.course import Arrays, Course
from deepaas_plugins.methods.cnn.fits.inputs import Inputs
from deepaas_plugins.methods.cnn.fits.keras_training import Trainer
from deepaas_plugins.methods.cnn.fits.oversampling import Examples
from deepaas_plugins.methods.cnn.fits.schedule import rate

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Share of the teacher's answer in the target of a batch (Hinton et al. 2015).
TAUGHT = 0.5
#: The moving average of the weights forgets its first steps: its decay is at most (1 + step) / (10 + step).
WARMING = 10.0


@dataclass(frozen=True)
class Fit:
    """A fit that is to be done.

    Attributes
    ----------
    key
        Unique in a training.
    seed
        Of weights, batches and augmentation.
    learn, validate, predict
        Rows that are learned from, that decide when to stop, and that are predicted at the end. Learning and
        validating rows are the training part, by which spectra are standardised.
    target
        Shares of classes or standardised values of all rows, shape (rows, outputs).
    weights
        Of all rows, shape (rows,).
    keep
        Whether the result has the weights of the network.
    teacher
        From spectra, shape (rows, points, channels), to what another network answers, in the form of targets;
        None: there is none.
    begin
        Weights to begin with, by name; None: they are drawn.
    standard
        Centre and scale of the channels, shape (channels,) each; None: they are measured.
    oversample
        Whether rare classes get synthetic spectra.
    """

    key: str
    seed: int
    learn: IntArray
    validate: IntArray
    predict: IntArray
    target: FloatArray
    weights: FloatArray
    keep: bool
    teacher: Callable[[npt.NDArray[np.float32]], FloatArray] | None = None
    begin: Mapping[str, npt.NDArray[np.float32]] | None = None
    standard: tuple[FloatArray, FloatArray] | None = None
    oversample: bool = False


@dataclass
class _State:
    """What a fit has come to, beside the trainer's own state."""

    epoch: int = 0
    best: float = np.inf
    best_epoch: int = 0
    best_weights: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    history: list[tuple[float, float, float, float]] = field(default_factory=list)


class Fitter:
    """Does fits, one after the other.

    Parameters
    ----------
    trainer
        Has the network; it is begun anew for each fit.
    inputs
        The spectra.
    params
        Of `TrainSchema`.
    course, run
        Take results and checkpoints; progress and metrics.
    """

    def __init__(self, trainer: Trainer, inputs: Inputs, params: Json, course: Course, run: Run) -> None:
        self.trainer, self.inputs, self.params, self.course, self.run = trainer, inputs, params, course, run

    def fit(self, fit: Fit, told: Callable[[int, tuple[float, float, float, float]], None]) -> Arrays:
        """Do a fit, or return its result where an earlier attempt did it.

        Parameters
        ----------
        fit : Fit
            What is to be done.
        told : callable
            Takes the number of each epoch and (epoch, loss, validation loss or NaN, learning rate).

        Returns
        -------
        dict
            ``outputs`` of the rows to predict, ``validation`` of those that validate, ``centre`` and
            ``scale`` of the channels, ``history``; weights as ``weights/NAME`` where they are kept.

        Raises
        ------
        Cancelled
            The run was asked to stop.
        """
        known = self.course.finished(fit.key)
        if known is not None:
            for line in known["history"]:
                told(int(line[0]), tuple(line))
            return known
        one = _OneFit(self, fit)
        state = one.train(told)
        self.trainer.use(state.best_weights)
        result: Arrays = {
            "outputs": self.trainer.outputs(one.cube(fit.predict)),
            "validation": self.trainer.outputs(one.cube(fit.validate)),
            "centre": one.centre,
            "scale": one.scale,
            "history": np.array(state.history),
        }
        if fit.keep:
            result |= {f"weights/{name}": array for name, array in state.best_weights.items()}
        self.course.finish(fit.key, result)
        return result


class _OneFit:
    """The epochs of a fit."""

    def __init__(self, fitter: Fitter, fit: Fit) -> None:
        self.trainer, self.run, self.course = fitter.trainer, fitter.run, fitter.course
        self.inputs, self.params, self.fit = fitter.inputs, fitter.params, fit
        part = np.sort(np.concatenate([fit.learn, fit.validate]))
        self.centre, self.scale = fit.standard or self.inputs.measure(part)
        self.augmentation = Augmentation(
            self.params, self.inputs.slope, self.inputs.tilted, self.inputs.empty(self.centre, self.scale)
        )
        size = max(2, self.params["batch_size"])
        self.examples = (
            Examples.oversampled(self.inputs.matrix, fit.learn, fit.target, fit.weights, fit.seed)
            if fit.oversample
            else Examples.plain(fit.learn, fit.weights)
        )
        self.batches = max(1, round(len(self.examples) / size))
        self.steps = self.batches * self.params["epochs"]

    def cube(self, rows: IntArray) -> npt.NDArray[np.float32]:
        return self.inputs.cube(rows, self.centre, self.scale)

    def _examples(self, places: IntArray) -> npt.NDArray[np.float32]:
        """Return spectra to learn from, of which some lie between two others."""
        examples = self.examples
        cube, share = self.cube(examples.first[places]), examples.share[places].astype(np.float32)
        made = np.flatnonzero(share)
        if len(made):
            other = self.cube(examples.second[places[made]])
            cube[made] += share[made, None, None] * (other - cube[made])
        return cube

    def train(self, told: Callable[[int, tuple[float, float, float, float]], None]) -> _State:
        state = self._begin()
        for line in state.history:
            told(int(line[0]), line)
        validated = self.cube(self.fit.validate)
        while state.epoch < self.params["epochs"] and not self._is_over(state):
            loss, last_rate = self._epoch(state.epoch)
            state.epoch += 1
            validation = self._validate(validated)
            if not len(self.fit.validate) or validation < state.best:
                state.best, state.best_epoch = validation, state.epoch
                state.best_weights = self.trainer.weights()
            state.history.append((float(state.epoch), loss, validation, last_rate))
            told(state.epoch, state.history[-1])
            self.course.epoch_ended(self.fit.key, lambda: self._state(state))
        return state

    def _is_over(self, state: _State) -> bool:
        patience = self.params["patience"] if len(self.fit.validate) else 0
        return bool(patience) and state.epoch - state.best_epoch >= patience

    def _epoch(self, number: int) -> tuple[float, float]:
        """Learn from all rows once; return the mean loss and the last learning rate."""
        fit, params, weights = self.fit, self.params, self.examples.weights
        random = np.random.default_rng([fit.seed, number])
        losses, step, used = [], number * self.batches, 0.0
        for places in np.array_split(random.permutation(len(self.examples)), self.batches):
            self.run.stop_if_cancelled()
            cube, target = self._examples(places), fit.target[self.examples.first[places]]
            cube = self.augmentation.apply(cube, noise_levels(cube), random)
            if params["mixup"]:
                cube, target = mixed(cube, target, params["mixup"], random)
            if fit.teacher is not None:
                taught = fit.teacher(cube)
                target = np.where(np.isfinite(target), (1 - TAUGHT) * target + TAUGHT * taught, taught)
            used = rate(params["schedule"], params["learning_rate"], step, self.steps)
            decay = min(params["averaging"], (1.0 + step) / (WARMING + step))
            decay = decay if params["averaging"] else 0.0
            losses.append(self.trainer.step(cube, target, weights[places], rate=used, decay=decay))
            step += 1
        return float(np.mean(losses)), used

    def _validate(self, validated: npt.NDArray[np.float32]) -> float:
        rows = self.fit.validate
        if not len(rows):
            return float("nan")
        found = self.trainer.outputs(validated)
        return self.trainer.loss_of(found, self.fit.target[rows], self.fit.weights[rows])

    def _begin(self) -> _State:
        self.trainer.reset(self.fit.seed, self.fit.begin)
        stored = self.course.state(self.fit.key)
        if stored is None:
            return _State()
        try:
            self.trainer.restore({name.removeprefix("trainer/"): one for name, one in stored.items()})
            epoch, best, best_epoch = stored["numbers"]
            weights = {
                name.removeprefix("best/"): one for name, one in stored.items() if name.startswith("best/")
            }
            history = [(line[0], line[1], line[2], line[3]) for line in stored["history"].tolist()]
            return _State(int(epoch), float(best), int(best_epoch), weights, history)
        except (ValueError, KeyError) as error:
            self.run.log(f"The checkpoint does not fit the network ({error}): this fit begins anew.")
            self.trainer.reset(self.fit.seed, self.fit.begin)
            return _State()

    def _state(self, state: _State) -> Arrays:
        arrays: dict[str, Any] = {f"trainer/{name}": one for name, one in self.trainer.state().items()}
        arrays |= {f"best/{name}": one for name, one in state.best_weights.items()}
        arrays["numbers"] = np.array([state.epoch, state.best, state.best_epoch])
        arrays["history"] = np.array(state.history)
        return arrays
