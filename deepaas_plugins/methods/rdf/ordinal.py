"""Classes in an order: spectral types and other steps of a scale, and how near answers come to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.validation.labelled import Labelled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Letters of the spectral sequence, hot to cool; ten subclasses each.
SEQUENCE = "OBAFGKMLTY"
#: Within so many steps of the scale an answer counts as near.
NEAR = {"within_half": 0.5, "within_1": 1.0, "within_2": 2.0}
_TYPE = re.compile(r"([OBAFGKMLTY])\s*(\d+(?:\.\d+)?)?")


def step(name: str) -> float:
    """Return the place of a class on its scale.

    Parameters
    ----------
    name : str
        A number, or a spectral type such as ``M7.5`` or ``K3 V``: ten times the place of its letter in
        `SEQUENCE` plus the subclass; without a subclass the middle of the letter.

    Returns
    -------
    float
        In subclasses.

    Raises
    ------
    InvalidInput
        It is neither.
    """
    try:
        value = float(name)
    except ValueError:
        found = _TYPE.match(name.strip())
        if found is None:
            raise InvalidInput(
                f"The label {name!r} is neither a number nor a spectral type such as M7.5, as ordinal "
                "classes need: use classification."
            ) from None
        value = 10.0 * SEQUENCE.index(found[1]) + (float(found[2]) if found[2] else 4.5)
    if not np.isfinite(value):
        raise InvalidInput(f"The label {name!r} is no place on a scale.")
    return value


def ordered(data: Labelled) -> tuple[Labelled, FloatArray]:
    """Return the rows with classes numbered by their place on the scale.

    Parameters
    ----------
    data : Labelled
        Rows with classes.

    Returns
    -------
    tuple
        The rows with classes in order, and the place of each class, shape (classes,).

    Raises
    ------
    InvalidInput
        A class has no place.
    """
    names = data.classes or []
    scale = np.array([step(name) for name in names])
    order = np.argsort(scale, kind="stable")
    number_of = np.empty(len(order), dtype=np.int64)
    number_of[order] = np.arange(len(order))
    classes = [names[each] for each in order]
    return replace(data, target=number_of[data.target], classes=classes), scale[order]


def report(
    run: Run, scale: Sequence[float] | FloatArray, true: IntArray, predicted: IntArray, *, prefix: str = ""
) -> None:
    """Report the error in steps of the scale.

    Parameters
    ----------
    run : Run
        Takes metrics and the view.
    scale : sequence of float
        Place of each class.
    true, predicted : ndarray
        Class numbers of the rows of the feature set, −1 where a row was not judged, shape (rows,).
    prefix : str
        Before the names of metrics, and after the name of the view.
    """
    places = np.asarray(scale)
    both = (true >= 0) & (predicted >= 0)
    error = np.abs(places[predicted[both]] - places[true[both]])
    head, tail = (f"{prefix}_", f"-{prefix}") if prefix else ("", "")
    values: list[views.Value] = []
    for name, limit in NEAR.items():
        share = float(np.mean(error <= limit + 1e-9))
        run.metric(head + name, share)
        values.append(
            {
                "name": head + name,
                "title": f"Within ±{limit:g}",
                "value": share,
                "better": "higher",
                "help": "share of spectra whose predicted place on the scale is so near to the true one",
            }
        )
    mean = float(error.mean())
    run.metric(head + "error_in_steps", mean)
    values.append(
        {
            "name": head + "error_in_steps",
            "title": "Mean error in steps",
            "value": mean,
            "better": "lower",
            "help": "mean distance on the scale, in subclasses",
        }
    )
    run.report(views.metrics("ordinal" + tail, "Error on the scale", values=values))
    x = np.where(both, places[true], np.nan)
    y = np.where(both, places[predicted], np.nan)
    run.report(
        views.scatter(
            "scale-predicted-true" + tail,
            "Predicted against true place on the scale",
            x_title="true",
            y_title="predicted",
            x=x,
            y=y,
        )
    )
