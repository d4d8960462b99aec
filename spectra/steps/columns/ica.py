"""Independent components."""

from __future__ import annotations

import warnings

import numpy as np
from marshmallow import Schema

from spectra.steps.columns.projection import Projection, upright
from spectra.steps.parameters import integer, number
from spectra.steps.sample import sample_rows
from spectra.steps.step import Chunks, RecipeError


class IcaSchema(Schema):
    """Parameters of `Ica`."""

    components = integer("Components", "How many components are kept.", 10, minimum=1, maximum=512)
    sample = integer(
        "Sample",
        "At most so many rows, drawn at random, are learned from.",
        20_000,
        minimum=10,
        maximum=200_000,
        advanced=True,
    )
    iterations = integer("Iterations", "Most iterations.", 300, minimum=1, maximum=100_000, advanced=True)
    tolerance = number("Tolerance", "Change at which it has converged.", 1e-4, above=0.0, advanced=True)
    seed = integer(
        "Seed", "Seed of the sample and of the start.", 0, minimum=0, maximum=2**32 - 1, advanced=True
    )


class Ica(Projection):
    """Independent components (FastICA of scikit-learn; Hyvärinen & Oja 2000), learned from a sample of rows.

    Components are scaled to unit variance in the sample; their sign is fixed as in `Pca`.
    """

    name = "ica"
    title = "Independent components"
    help = "Replaces the columns by independent components (FastICA), learned from a random sample of rows."
    schema = IcaSchema
    prefix = "IC"

    def fit(self, chunks: Chunks) -> None:
        """Learn from a sample.

        Raises
        ------
        RecipeError
            Too few rows or columns, or it did not converge.
        """
        from sklearn.decomposition import FastICA  # noqa: PLC0415 - loads half of scikit-learn, for this only
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - as above

        flux = sample_rows((flux for flux, _ in chunks()), self.parameters["sample"], self.parameters["seed"])
        self.check_size(len(flux), flux.shape[1])
        model = FastICA(
            n_components=self.parameters["components"],
            whiten="unit-variance",
            max_iter=self.parameters["iterations"],
            tol=self.parameters["tolerance"],
            random_state=self.parameters["seed"],
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", ConvergenceWarning)
                model.fit(flux)
        except ConvergenceWarning:
            raise RecipeError(
                self.name, "iterations", "did not converge; allow more iterations or ask for fewer components"
            ) from None
        self.state = {"mean": model.mean_, "map": upright(np.ascontiguousarray(model.components_))}
