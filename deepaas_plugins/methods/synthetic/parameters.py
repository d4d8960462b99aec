"""Parameters of training and prediction, as forms show them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from deepaas_plugins.methods.lines.line_list import LINES
from deepaas_plugins.methods.spectral_features.fields import seed as seed_field
from spectra.simulation.profiles import KINDS
from spectra.steps.parameters import choice, integer, number


def _kinds() -> fields.List:
    """Return the field of the kinds of profiles, each of which is made alike often."""
    told = {
        "title": "Profiles",
        "description": "Kinds of line profiles, which are also the labels; each is made alike often.",
        "unit": "",
        "group": "basic",
    }
    return fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        load_default=lambda: list(KINDS),
        validate=validate.Length(min=1),
        metadata=told,
    )


class TrainParameters(Schema):
    """What is made."""

    what = choice(
        "What", "One line with its continuum, or whole stars by temperature.", ["line profiles", "stars"],
        "line profiles",
    )  # fmt: skip
    count = integer("Spectra", "How many are made.", 300, minimum=1, maximum=200_000)
    visits = integer(
        "Spectra of an object",
        "So many show the same star, with a velocity and noise of their own; their group says so.",
        1,
        minimum=1,
        maximum=1000,
    )
    layout = choice(
        "Layout",
        "Parameters drawn at random, or on a regular grid of two of them.",
        ["random", "grid"],
        "random",
    )
    profiles = _kinds()
    line = choice(
        "Line", "Of profiles.", [*(line.name for line in LINES if not line.forbidden), "other"], "Hα"
    )
    rest = number(
        "Rest wavelength", "Of the line, where it is none of the list; in vacuum.", None, above=0.0, unit="Å"
    )
    strength_minimum = number(
        "Least strength",
        "Of the line, over its continuum: height of an emission, depth of an absorption (at most 0.95).",
        0.3,
        minimum=0.01,
        maximum=100.0,
    )
    strength_maximum = number("Greatest strength", "As above.", 2.0, minimum=0.01, maximum=100.0)
    temperature_minimum = number(
        "Lowest temperature", "Of stars; effective.", 3500.0, minimum=2500.0, maximum=50_000.0, unit="K"
    )
    temperature_maximum = number(
        "Highest temperature", "Of stars; effective.", 25_000.0, minimum=2500.0, maximum=50_000.0, unit="K"
    )
    vsini_minimum = number(
        "Slowest rotation",
        "v sin i; discs turn with it, too.",
        20.0,
        minimum=0.0,
        maximum=1000.0,
        unit="km/s",
    )
    vsini_maximum = number("Fastest rotation", "v sin i.", 350.0, minimum=0.0, maximum=1000.0, unit="km/s")
    limb_darkening = number(
        "Limb darkening", "Linear coefficient ε of the star's disc.", 0.6, minimum=0.0, maximum=1.0
    )
    minimum = number(
        "From", "First wavelength, in vacuum.", 6480.0, minimum=1000.0, maximum=30_000.0, unit="Å"
    )
    maximum = number("To", "Last wavelength.", 6770.0, minimum=1000.0, maximum=30_000.0, unit="Å")
    points = integer("Points", "Pixels of a spectrum.", 450, minimum=16, maximum=50_000)
    sampling = choice(
        "Sampling", "Of pixels: even in wavelength or in its logarithm.", ["linear", "log"], "linear"
    )
    resolution = number(
        "Resolving power", "λ/FWHM of the instrument.", 2000.0, minimum=20.0, maximum=200_000.0
    )
    snr_minimum = number(
        "Lowest signal-to-noise ratio", "Of the continuum, per pixel.", 20.0, minimum=0.5, maximum=1e6
    )
    snr_maximum = number(
        "Highest signal-to-noise ratio", "Drawn evenly in the logarithm.", 150.0, minimum=0.5, maximum=1e6
    )
    velocity = number(
        "Spread of velocities",
        "Standard deviation of the radial velocity of each spectrum.",
        30.0,
        minimum=0.0,
        maximum=1000.0,
        unit="km/s",
    )
    slope = number(
        "Slope of the continuum",
        "Standard deviation of its change over the range; stars also have that of a black body.",
        0.1,
        minimum=0.0,
        maximum=0.5,
        advanced=True,
    )
    gaps = number(
        "Share with a gap", "Of the spectra, which lack pixels somewhere.", 0.0, minimum=0.0, maximum=1.0,
        advanced=True,
    )  # fmt: skip
    gap_width = number(
        "Width of gaps", "As a share of the range.", 0.05, minimum=0.001, maximum=0.5, advanced=True
    )
    seed = seed_field("spectra")


class PredictParameters(Schema):
    """Prediction has no parameters: it answers with the nearest synthetic spectrum."""
