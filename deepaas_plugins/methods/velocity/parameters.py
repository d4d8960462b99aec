"""Parameters of training and prediction, as forms show them."""

from __future__ import annotations

from marshmallow import Schema

from spectra.steps.parameters import boolean, choice, integer, number


class TrainParameters(Schema):
    """What is measured, and against what."""

    measure = choice(
        "Measure",
        "Radial velocities of stars, or redshifts of stars, galaxies and quasars (whose recipe should cover "
        "as wide a range as the spectra do).",
        ["velocity", "redshift"],
        "velocity",
    )
    templates = choice(
        "Templates",
        "Of velocities: simple synthetic stars of eleven temperatures; a mask of their lines; or the spectra "
        "of the dataset, at rest, which the model then measures others against.",
        ["synthetic", "mask", "dataset"],
        "synthetic",
    )
    components = integer(
        "Components", "2: also the velocities of a double-lined binary (TODCOR).", 1, minimum=1, maximum=2
    )
    highest = number(
        "Highest velocity",
        "That is tried, approaching and receding.",
        600.0,
        minimum=10.0,
        maximum=5000.0,
        unit="km/s",
    )
    resolution = number(
        "Resolving power",
        "λ/FWHM of the spectra: synthetic templates and the mask are as sharp.",
        2000.0,
        minimum=50.0,
        maximum=200_000.0,
    )
    smooth = number(
        "Width of the continuum",
        "What varies slower than this is taken out of spectra and templates.",
        6000.0,
        minimum=500.0,
        maximum=100_000.0,
        unit="km/s",
        advanced=True,
    )
    least_r = number(
        "Least R",
        "Height of the peak over its noise (Tonry & Davis) below which a velocity is flagged as weak.",
        4.0,
        minimum=0.0,
        maximum=100.0,
        advanced=True,
    )
    ambiguous = number(
        "Ambiguous from",
        "A second peak of this share of the best one makes a velocity ambiguous.",
        0.9,
        minimum=0.1,
        maximum=1.0,
        advanced=True,
    )
    bisector = boolean(
        "Bisector", "Also measure the inverse slope of the peak's bisector.", True, advanced=True
    )
    highest_redshift = number(
        "Highest redshift", "That is tried for quasars; galaxies go to 1.2.", 5.0, minimum=0.01, maximum=7.0
    )


class PredictParameters(Schema):
    """Prediction has no parameters: it measures as the model did."""
