"""The report: how many of each kind, what they look like, and what they were made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.synthetic.truth import Truth

if TYPE_CHECKING:
    from spectra import FeatureSet

BARS = 24


def report(
    run: Run, features: FeatureSet, truth: Truth, numbers: npt.NDArray[np.int64], params: Json
) -> None:
    """Report what was made.

    Parameters
    ----------
    run : Run
        Takes the views.
    features : FeatureSet
        The prepared rows.
    truth : Truth
        Of all spectra.
    numbers : ndarray
        Of the spectrum of each row, shape (rows,).
    params : Json
        Of `TrainParameters`.
    """
    labels = [truth.label[one] for one in numbers]
    names = sorted(set(labels), key="OBAFGKM".find if params["what"] == "stars" else None)
    marks = np.array([names.index(label) for label in labels])
    run.report(
        views.bars(
            "classes",
            "Synthetic spectra of each class",
            x_title="class",
            names=names,
            marks=marks,
            note="They are synthetic, none is observed. Click a bar for its spectra.",
        )
    )
    if features.wavelength is not None:
        run.report(_examples(features, features.wavelength, names, marks))
    stars = params["what"] == "stars"
    value = (truth.temperature if stars else truth.strength)[numbers]
    run.report(
        views.scatter(
            "truth",
            "What they were made with",
            x_title="effective temperature (K)" if stars else "strength over the continuum",
            y_title="v sin i (km/s)",
            x=value.astype(np.float32),
            y=truth.vsini[numbers].astype(np.float32),
            colour=labels,
            note="Click a point for its spectrum. labels.csv of the dataset has all of it.",
        )
    )
    for key, title in (("snr", "signal-to-noise ratio per pixel"), ("velocity", "radial velocity (km/s)")):
        values = getattr(truth, key)[numbers]
        if np.ptp(values):
            edges = np.linspace(values.min(), values.max(), BARS + 1)
            run.report(
                views.histogram(
                    key, title.capitalize(), x_title=title, values=values.astype(np.float32), edges=edges
                )
            )


def _examples(
    features: FeatureSet, wavelength: npt.NDArray[np.float64], names: list[str], marks: npt.NDArray[np.int64]
) -> views.View:
    rows = [int(np.flatnonzero(marks == one)[0]) for one in range(len(names))]
    return views.spectra_drawn(
        "examples",
        "One of each class",
        wavelength=wavelength,
        flux=features.take(rows).flux,
        names=names,
        note="As the recipe has prepared them.",
    )
