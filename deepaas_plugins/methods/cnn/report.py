"""Views of a training: its curves, quality, and what mattered in the spectra."""

from __future__ import annotations

import math
import time

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.cnn.fits.inputs import Inputs
from deepaas_plugins.methods.cnn.fits.keras_training import Trainer
from deepaas_plugins.methods.cnn.problem import Problem
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]

#: Seconds between two drawings of the curves of a training that goes on.
DRAWN_EVERY_S = 2.0
#: Spectra of a class whose attribution is averaged, spectra whose mean they are compared with, and classes
#: that are shown with their spectrum.
AVERAGED, COMPARED, SHOWN = 64, 1024, 12


class Curve:
    """Tells progress and the curves of one fit, epoch by epoch."""

    def __init__(self, run: Run, params: Json, phase: str, told: str, member: int) -> None:
        self.run, self.params, self.phase, self.told, self.member = run, params, phase, told, member
        self.lines: list[tuple[float, float, float, float]] = []
        self._drawn = 0.0

    def __call__(self, epoch: int, line: tuple[float, float, float, float]) -> None:
        """Take an epoch: (number, loss, validation loss or NaN, learning rate)."""
        self.lines.append(line)
        _, loss, validation, rate = line
        told = f"{self.told}{', ' if self.told else ''}epoch {epoch}, loss {loss:.3g}"
        self.run.progress(epoch, self.params["epochs"], self.phase, told)
        if self.phase != "train":
            return
        tail = f":{self.member + 1}" if self.params["members"] > 1 else ""
        self.run.metric(f"loss{tail}", loss, epoch)
        if math.isfinite(validation):
            self.run.metric(f"validation_loss{tail}", validation, epoch)
        self.run.metric(f"learning_rate{tail}", rate, epoch)
        if time.monotonic() - self._drawn > DRAWN_EVERY_S:
            self._drawn = time.monotonic()
            self.draw()

    def draw(self) -> None:
        """Report the curves so far."""
        draw(self.run, {self.member: np.array(self.lines)})


def draw(run: Run, histories: dict[int, FloatArray]) -> None:
    """Report the curves of members.

    Parameters
    ----------
    run : Run
        Takes the view.
    histories : dict
        Number of the member to (epoch, loss, validation loss, learning rate), shape (epochs, 4).
    """
    series: list[views.Series] = []
    for member, lines in histories.items():
        tail = f" {member + 1}" if len(histories) > 1 else ""
        series.append({"name": f"training{tail}", "x": lines[:, 0], "y": lines[:, 1]})
        if np.isfinite(lines[:, 2]).any():
            series.append({"name": f"validation{tail}", "x": lines[:, 0], "y": lines[:, 2]})
    run.report(
        views.curves(
            "training",
            "Loss",
            x_title="epoch",
            y_title="loss",
            series=series,
            note="In training spectra are changed at random and features left out, in validation not; the "
            "validation part are other objects, and the epoch with its lowest loss is kept.",
        )
    )


def mattered(
    trainer: Trainer,
    inputs: Inputs,
    problem: Problem,
    *,
    scale: tuple[FloatArray, FloatArray],
    features: FeatureSet,
    run: Run,
) -> None:
    """Report what mattered over wavelength: of all classes, and of each on its mean spectrum.

    Parameters
    ----------
    trainer : Trainer
        Has the network of the first member.
    inputs : Inputs
        The spectra.
    problem : Problem
        Classes or numbers.
    scale : tuple of ndarray
        Centre and scale of the channels.
    features : FeatureSet
        Has the wavelengths.
    run : Run
        Takes the views.
    """
    names = problem.names
    found, spectra = _attributions(trainer, inputs, problem, scale)
    highest = max(float(np.max(found)), np.finfo(float).tiny)
    axis, over_wavelength = inputs.axis, features.wavelength is not None
    axes = {
        "x_title": "wavelength" if over_wavelength else "feature",
        "x_unit": "Å" if over_wavelength else "",
    }
    run.report(
        views.curves(
            "importance",
            "What mattered",
            y_title="attribution",
            series=[
                {"name": name, "x": axis, "y": one / highest} for name, one in zip(names, found, strict=True)
            ],
            note="What each point adds to the answer (integrated gradients from the mean spectrum), mean of "
            f"up to {AVERAGED} spectra of each class, relative to the highest.",
            **axes,
        )
    )
    whole = features.wavelength if features.wavelength is not None else np.arange(features.columns)
    for name, one, spectrum in list(zip(names, found, spectra, strict=True))[:SHOWN]:
        reach = float(np.ptp(spectrum)) or 1.0
        drawn = spectrum.min() + reach * one / max(float(one.max()), np.finfo(float).tiny)
        run.report(
            views.curves(
                f"importance-{names.index(name)}",
                f"What mattered: {name}",
                y_title="flux",
                series=[
                    {"name": "mean spectrum", "x": whole, "y": spectrum},
                    {"name": "attribution, scaled to the spectrum", "x": axis, "y": drawn},
                ],
                **axes,
            )
        )


def _attributions(
    trainer: Trainer, inputs: Inputs, problem: Problem, scale: tuple[FloatArray, FloatArray]
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return attribution over the points, and mean spectrum, of each class or number."""
    data, found, spectra = problem.data, [], []
    every = np.arange(len(data.rows))
    baseline = inputs.cube(every[:: -(-len(every) // COMPARED)], *scale).mean(axis=0)
    for number in range(problem.outputs):
        rows = every if data.classes is None else np.flatnonzero(data.target == number)
        rows = rows[:: -(-len(rows) // AVERAGED)]
        each = trainer.attribution(inputs.cube(rows, *scale), baseline, np.full(len(rows), number))
        # Of a class, what speaks for it in its spectra; of a number, what moves it either way.
        classes = data.classes is not None
        found.append(np.maximum(each.mean(axis=0), 0) if classes else np.abs(each).mean(axis=0))
        spectra.append(data.matrix[rows].mean(axis=0).astype(np.float64))
    return found, spectra
