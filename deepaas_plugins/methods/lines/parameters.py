"""Parameters of training and prediction, as forms show them."""

from __future__ import annotations

from marshmallow import Schema

from deepaas_plugins.methods.lines.line_list import LINES
from deepaas_plugins.methods.spectral_features.fields import seed as seed_field
from spectra.steps.parameters import boolean, choice, integer, number


class TrainParameters(Schema):
    """What is measured, and how."""

    line = choice(
        "Line",
        "The line whose profile is classified and measured.",
        [*(line.name for line in LINES), "other"],
        "Hα",
    )
    rest = number(
        "Rest wavelength", "Of the line, where it is none of the list; in vacuum.", None, above=0.0, unit="Å"
    )
    width = number(
        "Half width",
        "The profile reaches so far to both sides of the line; the continuum is taken from outside.",
        1000.0,
        minimum=50.0,
        maximum=30_000.0,
        unit="km/s",
    )
    redshift = number(
        "Redshift",
        "Of all spectra, which are taken as observed; 0 where a step of the recipe removes it.",
        0.0,
        minimum=-0.5,
        maximum=20.0,
    )
    threshold = number(
        "Threshold",
        "Lines count from so many times their noise on.",
        5.0,
        minimum=2.0,
        maximum=100.0,
        unit="σ",
    )
    degree = integer(
        "Degree of the continuum",
        "Of the polynomial that is fitted beside the line. Spectra of wide range need one more for every few "
        "hundred Å, or the recipe's step continuum.",
        1,
        minimum=0,
        maximum=10,
    )
    find_all = boolean("Find all lines", "Also find and identify every other line of the range.", True)
    fit_redshift = boolean(
        "Fit the redshift",
        "Of every spectrum by the lines found in it, within the range below; needs two known lines in it.",
        False,
    )
    highest_redshift = number(
        "Highest redshift", "That is tried.", 0.4, minimum=0.001, maximum=7.0, advanced=True
    )
    tolerance = number(
        "Tolerance",
        "A line found is identified where a known one is no further away.",
        300.0,
        minimum=1.0,
        maximum=5000.0,
        unit="km/s",
        advanced=True,
    )
    most_lines = integer(
        "Most lines", "Of one spectrum, the most significant.", 30, minimum=1, maximum=500, advanced=True
    )
    injected = integer(
        "Injected profiles",
        "Synthetic profiles that the classes are learned from; a fifth as many measure how well.",
        20_000,
        minimum=500,
        maximum=500_000,
        advanced=True,
    )
    catalogue = choice(
        "Catalogue",
        "Also write all measurements as a table, and all lines as another.",
        ["none", "parquet", "votable", "both"],
        "both",
        advanced=True,
    )
    seed = seed_field("classifier")


class PredictParameters(Schema):
    """Parameters of prediction."""

    lines = boolean("Lines", "Answer with all lines that are found, where the model finds them.", True)
