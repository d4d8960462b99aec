"""Parameters of prediction."""

from __future__ import annotations

from marshmallow import Schema

from spectra.steps.parameters import boolean, number


class PredictParameters(Schema):
    """Parameters of prediction."""

    time = number(
        "Time",
        "Of the spectrum, in the system of the model's times; by default as the file states it. Without a "
        "time there is no O−C.",
        None,
    )
    fit_strengths = boolean(
        "Fit line strengths", "Otherwise the components are as strong as in the mean of the epochs.", False
    )
    largest = number(
        "Largest velocity",
        "Velocities are looked for within ± so many km/s; by default twice those of the training.",
        None,
        above=0.0,
        maximum=5000.0,
        unit="km/s",
    )
