"""Intervals of values whose width follows the errors of held-out objects with similar predictions.

Split-conformal with a local width (Lei et al. 2018, JASA 113, 1094, section 5.2): the width at a prediction
is a quantile of the absolute errors of the nearest held-out predictions, times one factor that makes the
coverage over all objects right. One mechanism for one value and for several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.pipeline.reliability.limits import COVERAGE, ONE_SIGMA, FloatArray, IntArray, limit

#: Held-out rows that are kept, and fewer than which all widths of a value are one.
REFERENCES, FEWEST_LOCAL = 2000, 60
#: Neighbours whose errors give the local width, at most; a third of the references if these are fewer.
NEIGHBOURS = 120
#: No local width is less than this share of the usual one: few small errors by chance are no certainty.
LEAST = 0.2
#: … nor than this share of the deviation of the predictions.
SMALLEST = 1e-9
#: Rows that are compared at once.
BLOCK = 512
#: Most values of a model, and characters of their names, that are read from a file.
MOST_TARGETS, LONGEST_NAME = 1000, 200


@dataclass(frozen=True)
class Intervals:
    """Half widths of intervals around values.

    Attributes
    ----------
    targets
        Names of the values.
    factors
        By which local widths are multiplied so that intervals, and σ, cover what they say, shape (2,
        targets); in the unit of the value where there are no references. Infinite: too few objects.
    objects
        Calibration objects of each value, shape (targets,), int64.
    coverage
        Wanted, between 0 and 1.
    reference, error
        Held-out predictions and their absolute errors, shape (references, targets); none: one width for all.
    scale
        Deviation of the predictions of each value, in which distances are measured, shape (targets,).
    """

    targets: tuple[str, ...]
    factors: FloatArray
    objects: IntArray
    coverage: float
    reference: FloatArray
    error: FloatArray
    scale: FloatArray

    @classmethod
    def fit(cls, held: HeldOut, coverage: float = COVERAGE, seed: int = 0) -> Self:
        """Fit the widths to held-out predictions.

        Parameters
        ----------
        held : HeldOut
            Predicted and true values of held-out rows; a true value may be missing (NaN).
        coverage : float
            Wanted, between 0 and 1.
        seed : int
            Of the references that are kept.

        Returns
        -------
        Intervals
            A value with too few objects has an infinite factor.
        """
        predicted, truth = held.values, held.truths
        error = np.abs(predicted - truth)
        known = np.isfinite(error)
        size = predicted.shape[1]
        kept = np.arange(0)
        if len(np.unique(held.members)) >= FEWEST_LOCAL:
            kept = np.random.default_rng(seed).permutation(len(predicted))[:REFERENCES]
        usual = [
            float(np.median(error[known[:, one], one])) if known[:, one].any() else 0.0 for one in range(size)
        ]
        scale = predicted.std(axis=0)
        made = cls(
            held.targets,
            np.ones((2, size)),
            np.array([len(np.unique(held.members[known[:, one]])) for one in range(size)], dtype=np.int64),
            coverage,
            predicted[kept],
            np.where(known, error, usual)[kept],
            np.where(scale > 0, scale, 1.0),
        )
        widths = made.half_widths(predicted, held.members, held.members[kept])
        factors = np.array(
            [
                [
                    limit(
                        (error[known[:, one], one] / width[known[:, one], one]),
                        held.members[known[:, one]],
                        share,
                    )
                    for one in range(size)
                ]
                for width, share in zip(widths, (coverage, ONE_SIGMA), strict=True)
            ]
        )
        return cls(made.targets, factors, made.objects, coverage, made.reference, made.error, made.scale)

    def half_widths(
        self, predicted: FloatArray, members: IntArray | None = None, of_reference: IntArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the half widths of intervals and σ at predictions.

        Parameters
        ----------
        predicted : ndarray
            Shape (rows, targets), in the unit of the values.
        members, of_reference : ndarray or None
            Object numbers of the rows and of the references: an object is no neighbour of its own.

        Returns
        -------
        tuple of ndarray
            Each of shape (rows, targets).
        """
        shape = (2, *predicted.shape)
        if not len(self.reference):
            wide, narrow = np.broadcast_to(self.factors[:, None, :], shape)
            return wide, narrow
        count = max(1, min(NEIGHBOURS, -(-len(self.reference) // 3)))
        places = [min(count, int(np.ceil((count + 1) * share))) - 1 for share in (self.coverage, ONE_SIGMA)]
        least = LEAST * np.stack(
            [np.quantile(self.error, share, axis=0) for share in (self.coverage, ONE_SIGMA)]
        )
        least = np.maximum(least, SMALLEST * self.scale)
        found = np.empty(shape)
        reference = self.reference / self.scale
        for start in range(0, len(predicted), BLOCK):
            part = predicted[start : start + BLOCK] / self.scale
            distance = ((part[:, None, :] - reference[None]) ** 2).sum(axis=2)
            if members is not None and of_reference is not None:
                distance[members[start : start + BLOCK, None] == of_reference[None]] = np.inf
            near = self.error[np.argpartition(distance, count - 1, axis=1)[:, :count]]
            ordered = np.partition(near, places, axis=1)
            for number, place in enumerate(places):
                found[number, start : start + len(part)] = np.maximum(ordered[:, place], least[number])
        wide, narrow = found * self.factors[:, None, :]
        return wide, narrow

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name, as `of_arrays` reads them.
        """
        return {
            "targets": np.array(self.targets),
            "widths": self.factors,
            "objects": self.objects,
            "coverage": np.array(self.coverage),
            "reference": self.reference,
            "error": self.error,
            "scale": self.scale,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], coverage: float) -> Self:
        """Return the intervals of saved arrays.

        Parameters
        ----------
        arrays : mapping
            As `arrays` returned them, or those of an earlier version: one width for one value.
        coverage : float
            Which has been checked.

        Returns
        -------
        Intervals
            Checked.

        Raises
        ------
        InvalidInput
            They do not belong together.
        """
        widths = arrays.get("widths", np.empty(0))
        if "targets" not in arrays and widths.shape == (2,):
            none = np.empty((0, 1))
            arrays = {**arrays, "targets": np.array(["value"]), "widths": widths[:, None]}
            arrays |= {"objects": np.reshape(arrays.get("objects", np.array(-1)), (-1,))}
            arrays |= {"reference": none, "error": none, "scale": np.ones(1)}
        try:
            names = arrays["targets"]
            found = [arrays[name] for name in ("widths", "objects", "reference", "error", "scale")]
        except KeyError as error:
            raise InvalidInput(f"The stored calibration of the model has no {error}.") from error
        widths, objects, reference, wrong, scale = found
        size = names.size
        fits = (
            names.dtype.kind == "U"
            and names.dtype.itemsize <= 4 * LONGEST_NAME
            and names.ndim == 1
            and 0 < size <= MOST_TARGETS
            and (widths.shape, objects.shape, scale.shape) == ((2, size), (size,), (size,))
            and reference.shape == wrong.shape == (len(reference), size)
            and len(reference) <= REFERENCES
            and objects.dtype.kind == "i"
            and all(one.dtype.kind == "f" for one in (widths, reference, wrong, scale))
        )
        if not fits:
            raise InvalidInput("The stored calibration of the model is not of its values.")
        if not (np.isfinite(reference).all() and np.isfinite(wrong).all()) or (widths < 0).any():
            raise InvalidInput("The stored calibration of the model has numbers that are none.")
        if np.isnan(widths).any() or not (np.isfinite(scale) & (scale > 0)).all():
            raise InvalidInput("The stored calibration of the model has numbers that are none.")
        return cls(
            tuple(names.tolist()),
            widths.astype(np.float64),
            objects.astype(np.int64),
            coverage,
            reference.astype(np.float64),
            wrong.astype(np.float64),
            scale.astype(np.float64),
        )
