"""Reports what was made, and keeps a part of it as the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.synthetic.model import MOST_KEPT, NearestSynthetic
from deepaas_plugins.methods.synthetic.report import report
from deepaas_plugins.methods.synthetic.truth import draw

if TYPE_CHECKING:
    from spectra import FeatureSet


def train(features: FeatureSet, params: Json, run: Run) -> NearestSynthetic:
    """Report the spectra and keep some as templates.

    Parameters
    ----------
    features : FeatureSet
        What the recipe made of the spectra.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes metrics and views.

    Returns
    -------
    NearestSynthetic
        Of at most `MOST_KEPT` spectra.

    Raises
    ------
    Cancelled
        The run was asked to stop.
    """
    truth = draw(params)
    numbers = np.array([int(name.rsplit("-", 1)[1]) for name in features.names()])
    run.metric("spectra", features.rows)
    run.metric("objects", len(np.unique(truth.star[numbers])))
    run.metric("median_snr", float(np.median(truth.snr[numbers])))
    run.progress(0, 1, "report")
    report(run, features, truth, numbers, params)
    run.stop_if_cancelled()
    kept = np.linspace(0, features.rows - 1, min(features.rows, MOST_KEPT)).astype(int)
    run.progress(1, 1, "report")
    return NearestSynthetic.of(features, kept, truth, numbers[kept], params)
