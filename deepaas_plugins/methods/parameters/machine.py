"""Support vector regression on principal components, as arrays: predicting needs NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]

#: Half width of the tube in which errors cost nothing, in standard deviations of the target.
TUBE = 0.04


@dataclass(frozen=True)
class Axes:
    """Principal axes of training rows.

    Attributes
    ----------
    mean, scale
        Of each feature, shape (features,).
    axes
        Shape (components, features), by falling variance.
    found
        Components of the rows, shape (rows, components).
    """

    mean: FloatArray
    scale: FloatArray
    axes: FloatArray
    found: FloatArray

    @classmethod
    def of_rows(cls, matrix: Matrix, components: int, seed: int) -> Axes:
        """Return the axes of training rows.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, features).
        components : int
            At most so many.
        seed : int
            Of the decomposition.
        """
        from sklearn.decomposition import PCA  # noqa: PLC0415 - predicting needs NumPy alone

        values = matrix.astype(np.float64)
        mean, scale = values.mean(axis=0), values.std(axis=0)
        scale = np.where(scale > 1e-9, scale, np.inf)
        standard = (values - mean) / scale
        kept = min(components, min(standard.shape) - 1)
        pca = PCA(max(kept, 1), svd_solver="randomized", random_state=seed).fit(standard)
        return cls(mean, scale, pca.components_, standard @ pca.components_.T)

    def first(self, components: int) -> Axes:
        """Return the first so many of them."""
        return Axes(self.mean, self.scale, self.axes[:components], self.found[:, :components])


@dataclass(frozen=True)
class Machine:
    """A kernel machine of several targets (Smola & Schölkopf 2004), Gaussian kernel.

    Attributes
    ----------
    mean, scale
        Of each feature, shape (features,).
    axes
        Principal axes, shape (components, features), divided so that the variances of components sum to 1.
    support
        Components of the rows that are support vectors of any target, shape (vectors, components).
    dual, intercept
        Shapes (vectors, targets) and (targets,).
    gamma
        Of the kernel exp(−γ d²).
    """

    mean: FloatArray
    scale: FloatArray
    axes: FloatArray
    support: FloatArray
    dual: FloatArray
    intercept: FloatArray
    gamma: float

    @classmethod
    def fit(
        cls, matrix: Matrix, target: FloatArray, *, cost: float, gamma: float, components: int, seed: int
    ) -> Machine:
        """Fit to training rows.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, features).
        target : ndarray
            Standardised, shape (rows, targets).
        cost, gamma : float
            Of the machine.
        components : int
            Most principal components.
        seed : int
            Of the decomposition.

        Returns
        -------
        Machine
            As arrays.
        """
        return cls.on_axes(Axes.of_rows(matrix, components, seed), target, cost=cost, gamma=gamma)

    @classmethod
    def on_axes(cls, axes: Axes, target: FloatArray, *, cost: float, gamma: float) -> Machine:
        """Fit to the components of training rows.

        Parameters
        ----------
        axes : Axes
            Principal axes, with the components of the rows.
        target : ndarray
            Standardised, shape (rows, targets).
        cost, gamma : float
            Of the machine.

        Returns
        -------
        Machine
            As arrays.
        """
        from sklearn.svm import SVR  # noqa: PLC0415 - predicting needs NumPy alone

        found = axes.found.copy()
        size = float(found.std()) * np.sqrt(found.shape[1]) or 1.0
        found /= size
        dual = np.zeros(target.shape)
        intercept = np.zeros(target.shape[1])
        for place, values_of in enumerate(target.T):
            machine = SVR(C=cost, gamma=gamma, epsilon=TUBE).fit(found, values_of)
            dual[machine.support_, place] = machine.dual_coef_[0]
            intercept[place] = machine.intercept_[0]
        needed = (dual != 0).any(axis=1)
        held = (found[needed], dual[needed], intercept, gamma)
        return cls(axes.mean, axes.scale, axes.axes / size, *held)

    def predict(self, matrix: Matrix) -> FloatArray:
        """Return standardised targets.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, features).

        Returns
        -------
        ndarray
            Shape (rows, targets).
        """
        found = ((matrix - self.mean) / self.scale) @ self.axes.T
        squares = (found**2).sum(axis=1)[:, None] + (self.support**2).sum(axis=1)
        distances = np.maximum(squares - 2.0 * found @ self.support.T, 0.0)
        return np.asarray(np.exp(-self.gamma * distances) @ self.dual + self.intercept)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save."""
        return {name: np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], features: int, targets: int) -> Machine:
        """Return the machine of saved arrays.

        Parameters
        ----------
        arrays : mapping
            Of `arrays`.
        features, targets : int
            That it must have.

        Raises
        ------
        ValueError
            An array is missing, of another shape, or not finite.
        """
        axes, support = arrays.get("axes"), arrays.get("support")
        if axes is None or support is None or axes.ndim != 2 or support.ndim != 2:
            raise ValueError("a machine has no axes or no support vectors")
        shapes = {
            "mean": (features,),
            "scale": (features,),
            "axes": (len(axes), features),
            "support": (len(support), len(axes)),
            "dual": (len(support), targets),
            "intercept": (targets,),
            "gamma": (),
        }
        for name, shape in shapes.items():
            array = arrays.get(name)
            if array is None or array.dtype.kind != "f" or array.shape != shape or np.isnan(array).any():
                raise ValueError(f"{name} of a machine is not an array of shape {shape}")
        given = {name: arrays[name].astype(np.float64) for name in shapes if name != "gamma"}
        return cls(**given, gamma=float(arrays["gamma"]))
