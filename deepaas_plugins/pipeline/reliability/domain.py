"""Whether a spectrum is like those that a model was trained on.

A spectrum's distance to the training set is that to its nearest reference rows in a space of principal
components, with what the components leave unexplained added: about the distance in all columns. Distances of
held-out objects tell how far is usual. Everything is a few small arrays, whatever the training set's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.pipeline.reliability.conditions import Cause, Conditions
from spectra.batch import Observations

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]
Json = dict[str, Any]

#: Reference rows that are kept, principal components, and neighbours whose mean distance counts.
REFERENCES, AXES, NEIGHBOURS = 2000, 20, 5
#: Fewer objects tell nothing of how far is usual.
FEWEST_OBJECTS = 20
#: Up to the first quantile of held-out distances a spectrum is inside, up to the second at the edge.
INSIDE, EDGE = 0.95, 0.99
#: Percentile of all flux beyond which it is clipped, at both ends: spikes of raw spectra are 1000 times it.
OUTER = 0.1
#: Columns are clipped at so many of their own spreads: a spike is no direction of the learnt space.
CLIP = 10.0
#: No spread is smaller: rows of equal columns are divided by it.
TINY = float(np.finfo(np.float32).eps)
#: Parts that held-out distances are measured in, by object; nodes of their quantile function.
PARTS, NODES = 5, 201
#: Rows whose distances are computed at once.
BLOCK = 1024


def sample(rows: int, seed: int = 0) -> IntArray:
    """Return which rows of a training set are its references.

    Parameters
    ----------
    rows : int
        Of the training set.
    seed : int
        Of the sample.

    Returns
    -------
    ndarray
        Ascending row numbers, at most `REFERENCES`, int64.
    """
    if rows <= REFERENCES:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, REFERENCES, replace=False))


@dataclass(frozen=True)
class Space:
    """A learnt space with the training rows in it.

    Attributes
    ----------
    limits
        Flux is clipped at these, shape (2,), float32; then each spectrum is scaled to mean 0 and deviation 1.
    centre, spread
        Of each column, shape (columns,), float32.
    axes
        Principal axes, shape (columns, k), float32.
    reference
        Training rows in it, shape (references, k), float32.
    """

    limits: Matrix
    centre: Matrix
    spread: Matrix
    axes: Matrix
    reference: Matrix

    @classmethod
    def fit(cls, matrix: Matrix, seed: int = 0) -> Self:
        """Fit the space to rows, at most `REFERENCES` of which the caller gives.

        Parameters
        ----------
        matrix : ndarray
            Prepared spectra, shape (rows, columns), float32.
        seed : int
            Of the iteration that finds the axes.

        Returns
        -------
        Space
            With all rows as references.
        """
        limits = np.percentile(matrix, [OUTER, 100 - OUTER]).astype(np.float32)
        matrix = _scaled(matrix, limits)
        low, centre, high = np.percentile(matrix, [16, 50, 84], axis=0).astype(np.float32)
        spread = (high - low) / 2
        # Columns that hardly vary must not outweigh all others for a spectrum that differs there a little.
        spread = np.maximum(spread, 0.25 * max(float(np.median(spread)), TINY))
        inside = np.clip((matrix - centre) / spread, -CLIP, CLIP)
        count = max(1, min(AXES, len(matrix) // 10, matrix.shape[1]))
        axes = np.random.default_rng(seed).normal(size=(matrix.shape[1], count)).astype(np.float32)
        for _ in range(4):
            axes, _ = np.linalg.qr(inside.T @ (inside @ axes))
        return cls(limits, centre, spread, axes.astype(np.float32), (inside @ axes).astype(np.float32))

    def distances(self, matrix: Matrix) -> FloatArray:
        """Return the distances of rows to the references.

        Parameters
        ----------
        matrix : ndarray
            Prepared spectra, shape (rows, columns), float32.

        Returns
        -------
        ndarray
            Shape (rows,): root of the mean square distance to the nearest references, over all columns.
            Each is the same to the last bit whatever rows are beside it.
        """
        found = np.empty(len(matrix))
        squares = (self.reference.astype(np.float64) ** 2).sum(axis=1)
        near = min(NEIGHBOURS, len(self.reference))
        for start in range(0, len(matrix), BLOCK):
            scaled = _scaled(matrix[start : start + BLOCK], self.limits)
            inside = np.clip((scaled - self.centre) / self.spread, -CLIP, CLIP)
            # Row by row: the rounding of a product of matrices depends on how many rows there are.
            place = np.stack([row @ self.axes for row in inside])
            total, explained = (inside**2).sum(axis=1), (place**2).sum(axis=1)
            product = np.stack([self.reference @ row for row in place])
            square = squares + explained[:, None] - 2.0 * product
            nearest = np.partition(square, near - 1, axis=1)[:, :near].mean(axis=1)
            found[start : start + len(inside)] = np.maximum(nearest, 0) + np.maximum(total - explained, 0)
        return np.sqrt(found / len(self.centre))


@dataclass(frozen=True)
class Domain:
    """A learnt space and how far held-out objects of the training set are in it.

    Attributes
    ----------
    space
        The space of the training rows.
    usual
        Quantile function of held-out distances at `NODES` equal steps from 0 to 1, shape (NODES,).
    conditions
        How the training spectra were observed; None: that is not known.
    """

    space: Space
    usual: FloatArray
    conditions: Conditions | None = None

    @classmethod
    def fit(
        cls, matrix: Matrix, members: IntArray, observations: Observations | None = None, seed: int = 0
    ) -> Self | None:
        """Fit the domain of a training set.

        Parameters
        ----------
        matrix : ndarray
            Prepared spectra, shape (rows, columns), float32; at most some thousand (`sample`).
        members : ndarray
            Object number of each row, shape (rows,), int64.
        observations : Observations or None
            How the rows were observed.
        seed : int
            Of the parts and the axes.

        Returns
        -------
        Domain or None
            None with fewer than `FEWEST_OBJECTS` objects, or where all rows are equal.
        """
        random = np.random.default_rng(seed)
        objects, object_of = np.unique(members, return_inverse=True)
        if len(objects) < FEWEST_OBJECTS or bool((matrix == matrix[0]).all()):
            return None
        part = random.permutation(len(objects))[object_of] % PARTS
        held = np.empty(len(matrix))
        for number in range(PARTS):
            held[part == number] = Space.fit(matrix[part != number], seed).distances(matrix[part == number])
        usual = np.quantile(held, np.linspace(0.0, 1.0, NODES))
        return cls(Space.fit(matrix, seed), usual, Conditions.fit(observations))

    def quantiles(self, distances: FloatArray) -> FloatArray:
        """Return which share of held-out training objects is nearer than each distance.

        Parameters
        ----------
        distances : ndarray
            Of spectra, shape (rows,).

        Returns
        -------
        ndarray
            Shape (rows,), 0 to 1.
        """
        return np.interp(distances, self.usual, np.linspace(0.0, 1.0, NODES))

    def answers(self, matrix: Matrix, observations: Observations | None = None) -> list[Json]:
        """Say of each spectrum whether it is inside, at the edge or outside of the domain, and why.

        Parameters
        ----------
        matrix : ndarray
            Prepared spectra, shape (rows, columns), float32.
        observations : Observations or None
            How they were observed; None: that is not judged.

        Returns
        -------
        list of Json
            ``{"state", "reason", "causes", "quantile", "distance"}``: causes are the facts of each `Cause`;
            the quantile is that of the distance in flux; the distance is 1 where the domain ends.
        """
        distances = self.space.distances(matrix)
        quantiles = self.quantiles(distances)
        last = max(float(np.interp(EDGE, np.linspace(0.0, 1.0, NODES), self.usual)), TINY)
        others: list[list[Cause]] = [[] for _ in range(len(matrix))]
        if self.conditions is not None and observations is not None:
            others = self.conditions.causes(observations)
        return [
            _answer(quantile, distance / last, causes)
            for quantile, distance, causes in zip(quantiles.tolist(), distances.tolist(), others, strict=True)
        ]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name, as `of_arrays` reads them.
        """
        space = self.space
        more = {} if self.conditions is None else {"conditions": self.conditions.quantiles}
        return more | {
            "limits": space.limits,
            "centre": space.centre,
            "spread": space.spread,
            "axes": space.axes,
            "reference": space.reference,
            "usual": self.usual,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the domain of saved arrays.

        Raises
        ------
        InvalidInput
            They do not belong together.
        """
        names = ("limits", "centre", "spread", "axes", "reference", "usual")
        found = [arrays[name] for name in names if name in arrays and arrays[name].dtype.kind == "f"]
        if len(found) != len(names) or not all(np.isfinite(array).all() for array in found):
            raise InvalidInput("The stored domain of the model is damaged.")
        limits, centre, spread, axes, reference, usual = found
        fits = (
            limits.shape == (2,)
            and centre.ndim == 1
            and spread.shape == centre.shape
            and (spread > 0).all()
            and axes.ndim == 2
            and axes.shape[0] == len(centre)
            and reference.ndim == 2
            and len(reference) > 0
            and reference.shape[1] == axes.shape[1]
            and usual.shape == (NODES,)
        )
        if not fits:
            raise InvalidInput(
                "The stored domain of the model is damaged: its arrays do not belong together."
            )
        small = [array.astype(np.float32) for array in (limits, centre, spread, axes, reference)]
        conditions = arrays.get("conditions")
        return cls(
            Space(*small),
            usual.astype(np.float64),
            None if conditions is None else Conditions.of_array(conditions),
        )


def _scaled(matrix: Matrix, limits: Matrix) -> Matrix:
    """Return each spectrum clipped and scaled, so that neither spikes nor its own scale count."""
    inside = np.clip(matrix, limits[0], limits[1])
    inside -= inside.mean(axis=1, keepdims=True)
    deviation = np.sqrt((inside**2).mean(axis=1, keepdims=True))
    return np.asarray(inside / np.maximum(deviation, TINY), dtype=np.float32)


def _answer(quantile: float, distance: float, causes: list[Cause]) -> Json:
    if quantile > INSIDE or distance > 1.0:
        state = "outside" if distance > 1.0 else "edge"
        reason = f"farther from the training spectra than {_percent(quantile)} % of held-out ones"
        facts = {"what": "flux", "state": state, "value": distance, "quantile": quantile, "reason": reason}
        causes = [Cause("flux", distance, facts), *causes]
    causes = sorted(causes, key=lambda cause: -cause.distance)
    states = [cause.facts["state"] for cause in causes]
    reason = "as near to the training spectra as they are to each other"
    return {
        "state": "outside" if "outside" in states else "edge" if states else "inside",
        "reason": "; ".join(cause.facts["reason"] for cause in causes) or reason,
        "causes": [cause.facts for cause in causes],
        "quantile": quantile,
        "distance": max([distance, *(cause.distance for cause in causes)]),
    }


def _percent(quantile: float) -> str:
    return f"{100 * quantile:.1f}".removesuffix(".0")
