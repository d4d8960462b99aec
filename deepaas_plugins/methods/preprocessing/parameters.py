"""Parameters of preprocessing: the usual choices, which replace steps of a recipe."""

from __future__ import annotations

from marshmallow import Schema

from spectra.steps.parameters import choice, integer, number

#: What `reduction` and `normalisation` are as steps of a recipe.
REDUCTIONS = ("pca", "ica", "kernel_pca")
SCALES = ("minmax", "unit", "l2", "median", "zscore")


class TrainSchema(Schema):
    """Parameters of training. Each that is given replaces the steps of its kind in the recipe."""

    minimum = number(
        "From", "First wavelength of the common grid; empty: as the recipe says.", None, above=0.0, unit="Å"
    )
    maximum = number(
        "To", "Last wavelength of the common grid; empty: as the recipe says.", None, above=0.0, unit="Å"
    )
    points = integer(
        "Points", "Points of the common grid; empty: as the recipe says.", None, minimum=2, maximum=100_000
    )
    normalisation = choice(
        "Normalisation",
        "Scale of each spectrum: minmax to [−1, 1], unit to [0, 1], l2 to length 1, median to 1, "
        "zscore to mean 0 and deviation 1; recipe: as the recipe says.",
        ["recipe", "none", *SCALES],
        "recipe",
    )
    reduction = choice(
        "Reduction",
        "Replace wavelengths by components: principal (pca), independent (ica), or of a Gaussian kernel.",
        ["recipe", "none", *REDUCTIONS],
        "recipe",
    )
    components = integer("Components", "How many components a reduction keeps.", 10, minimum=1, maximum=512)
    percentile = number(
        "Percentile",
        "Keep this share of the features: those that tell classes apart best. Needs labels; empty: all.",
        None,
        above=0.0,
        maximum=100.0,
        unit="%",
    )
    export = choice(
        "Export",
        "Also write the feature set in another format.",
        ["none", "csv", "som-csv", "hdf5", "npz"],
        "none",
    )


class PredictSchema(Schema):
    """Prediction has no parameters: it returns the prepared spectra."""
