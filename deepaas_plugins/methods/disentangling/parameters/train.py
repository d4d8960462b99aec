"""Parameters of training."""

from __future__ import annotations

from typing import Any

from marshmallow import validates_schema

from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS
from deepaas_plugins.methods.disentangling.parameters import checks
from deepaas_plugins.methods.disentangling.parameters.observing import ObservingParameters
from deepaas_plugins.methods.disentangling.parameters.orbit import OrbitParameters
from deepaas_plugins.methods.disentangling.parameters.text_field import text
from deepaas_plugins.methods.spectral_features.fields import seed as seed_field
from spectra.steps.parameters import choice, integer, number, numbers


class TrainParameters(ObservingParameters, OrbitParameters):
    """Parameters of training."""

    light = numbers(
        "Light",
        "Share of each star in the continuum, in their order; divided by their sum. By default all the same. "
        "Components are scaled by it.",
        None,
    )
    strengths = choice(
        "Line strengths",
        "fixed: the same at every epoch; telluric: those of the telluric lines vary; fitted: all vary, as in "
        "eclipses (Hadrava 1997); given: by the list of light factors.",
        ["fixed", "telluric", "fitted", "given"],
        "telluric",
    )
    light_factors = text(
        "Light factors by epoch",
        "For line strengths that are given: a line per epoch in the order of the spectra, with the share of "
        "each star, separated by commas.",
        lines=True,
    )
    mask = text(
        "Masked ranges", "Wavelengths in vacuum (Å) that do not count: 6276–6282, 6295–6310.", longest=2000
    )
    weights = choice(
        "Weights",
        "noise: by the scatter of each epoch about the solution; snr: by the signal-to-noise ratio of the "
        "spectra; equal.",
        ["noise", "snr", "equal"],
        "noise",
        advanced=True,
    )
    solver = choice(
        "Solver",
        "wavelength: regularised least squares, with gaps and ends of spectra as they are; fourier: the "
        "periodic solution alone. The search is in Fourier space in both.",
        ["wavelength", "fourier"],
        "wavelength",
        advanced=True,
    )
    regularisation = number(
        "Regularisation",
        "Multiplies the inverse of the power expected at each frequency: 0 leaves what is not determined to "
        "the noise, larger values draw it to the continuum.",
        1.0,
        minimum=0.0,
        maximum=1e6,
        advanced=True,
    )
    points = integer(
        "Points of the grid",
        "Of the logarithmic grid; by default as many as keep the step of the spectra.",
        None,
        minimum=64,
        maximum=100_000,
        advanced=True,
    )
    generations = integer(
        "Generations", "Of differential evolution.", 60, minimum=1, maximum=5000, advanced=True
    )
    population = integer(
        "Population", "Of each generation, per free element.", 12, minimum=3, maximum=200, advanced=True
    )
    bootstrap = integer(
        "Bootstrap",
        "Refits to the solution with the residuals moved about; 0: formal errors alone.",
        20,
        minimum=0,
        maximum=2000,
    )
    map_x = choice("Map: x", "Element along the map of χ².", list(ELEMENTS), "k1", advanced=True)
    map_y = choice("Map: y", "The other element of the map.", list(ELEMENTS), "k2", advanced=True)
    map_points = integer(
        "Map: points", "Along each side; 0: no map.", 25, minimum=0, maximum=101, advanced=True
    )
    korel_par = text(
        "KOREL parameter file",
        "The text of a korel.par: elements, and which converge; values given above go first.",
        lines=True,
    )
    seed = seed_field("orbit")

    @validates_schema
    def _check(self, data: dict[str, Any], **_: Any) -> None:
        """Reject what cannot be fitted, before a spectrum is read."""
        checks.check(data)
