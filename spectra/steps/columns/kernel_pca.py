"""Principal components in the space of a Gaussian kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from marshmallow import Schema

from spectra.spectrum import FloatArray
from spectra.steps.block import Block
from spectra.steps.columns.projection import upright
from spectra.steps.parameters import integer, number
from spectra.steps.sample import sample_rows
from spectra.steps.step import Chunks, FittedStep, RecipeError, State

_ARRAYS = {"landmarks": 2, "coefficients": 2, "means": 1, "gamma": 1}


class KernelPcaSchema(Schema):
    """Parameters of `KernelPca`."""

    components = integer("Components", "How many components are kept.", 10, minimum=1, maximum=512)
    gamma = number(
        "Gamma",
        "Of the kernel exp(−γ·distance²); empty: one over the columns' number times their mean variance.",
        None,
        above=0.0,
        advanced=True,
    )
    sample = integer(
        "Sample",
        "At most so many random rows are learned from; new spectra are compared with each of them.",
        1_000,
        minimum=10,
        maximum=10_000,
        advanced=True,
    )
    seed = integer("Seed", "Seed of the sample.", 0, minimum=0, maximum=2**32 - 1, advanced=True)


class KernelPca(FittedStep):
    """Kernel principal components (Schölkopf, Smola & Müller 1998) of a Gaussian kernel.

    Learned from a sample of rows, the landmarks (Nyström), so that neither memory nor time grows with the
    square of the training set. The sign of a component is fixed: its largest coefficient is positive.
    """

    name = "kernel_pca"
    title = "Kernel principal components"
    help = (
        "Replaces the columns by principal components in the space of a Gaussian kernel, learned from a "
        "random sample of rows: they follow curved structure that straight components cannot."
    )
    schema = KernelPcaSchema

    @property
    def leaves_wavelengths(self) -> bool:
        """Components are no wavelengths."""
        return False

    def fit(self, chunks: Chunks) -> None:
        """Learn from a sample.

        Raises
        ------
        RecipeError
            Fewer rows, or fewer directions in the kernel's space, than components.
        """
        landmarks = sample_rows(
            (flux for flux, _ in chunks()), self.parameters["sample"], self.parameters["seed"]
        )
        spread = float(landmarks.var(axis=0).mean()) if len(landmarks) else 0.0
        gamma = self.parameters["gamma"] or 1.0 / max(landmarks.shape[1] * spread, 1e-300)
        kernel = _gaussian(landmarks, landmarks, gamma)
        means = kernel.mean(axis=0)
        values, vectors = np.linalg.eigh(kernel - means - means[:, None] + means.mean())
        wanted: int = self.parameters["components"]
        kept = np.argsort(values)[::-1][:wanted]
        if len(kept) < wanted or values[kept[-1]] <= 1e-10 * max(values[kept[0]], 1e-300):
            found = int(np.sum(values > 1e-10 * max(values.max(initial=0.0), 1e-300)))
            raise RecipeError(
                self.name, "components", f"{wanted} components cannot be found in these spectra; {found} can"
            )
        coefficients = upright(np.ascontiguousarray(vectors.T[kept])) / np.sqrt(values[kept])[:, None]
        self.state = {
            "landmarks": landmarks,
            "coefficients": coefficients,
            "means": means,
            "gamma": np.array([gamma]),
        }

    def apply(self, block: Block) -> Block:
        """Project all rows."""
        state = self.learned(block.flux.shape[1])
        kernel = _gaussian(block.flux, state["landmarks"], float(state["gamma"][0]))
        centred = kernel - kernel.mean(axis=1, keepdims=True) - state["means"] + state["means"].mean()
        coefficients = state["coefficients"]
        columns = tuple(f"KPC{number + 1}" for number in range(len(coefficients)))
        flux = centred @ coefficients.T
        return replace(block, flux=flux, wavelength=None, columns=columns, ivar=None, mask=None)

    def columns_in(self) -> int:
        """Count the columns that it was fitted on."""
        return 0 if self.state is None else self.state["landmarks"].shape[1]

    def check_state(self, state: Mapping[str, npt.NDArray[Any]]) -> State:
        """Return a saved state if it is one of this step.

        Parameters
        ----------
        state : mapping
            ``landmarks`` (rows, n), ``coefficients`` (components, rows), ``means`` (rows,), ``gamma`` (1,).

        Returns
        -------
        State
            The same arrays.

        Raises
        ------
        RecipeError
            If an array is missing, not finite, or of another shape.
        """
        checked = self.require(state, _ARRAYS)
        rows = len(checked["landmarks"])
        shapes = {"coefficients": (self.parameters["components"], rows), "means": (rows,), "gamma": (1,)}
        for name, shape in shapes.items():
            if checked[name].shape != shape:
                raise RecipeError(
                    self.name, None, f"its saved {name} has shape {checked[name].shape}, not {shape}"
                )
        return checked


def _gaussian(rows: FloatArray, landmarks: FloatArray, gamma: float) -> FloatArray:
    """Return exp(−γ·distance²) of every row and landmark, shape (len(rows), len(landmarks))."""
    squared = (
        np.einsum("ij,ij->i", rows, rows)[:, None]
        + np.einsum("ij,ij->i", landmarks, landmarks)
        - 2.0 * rows @ landmarks.T
    )
    kernel: FloatArray = np.exp(-gamma * np.maximum(squared, 0.0))
    return kernel
