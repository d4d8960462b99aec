"""The labelled rows of a feature set, on which a method is trained and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.pipeline.validation import splits
from deepaas_plugins.pipeline.validation.objects import Objects, resolve
from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]

#: Classes that a message names.
SHOWN = 5


@dataclass(frozen=True)
class Labelled:
    """The labelled rows.

    Attributes
    ----------
    rows
        Their numbers in the feature set, shape (n,).
    size
        Rows of the whole feature set.
    matrix
        Shape (n, features), float32.
    target
        Class numbers or values, shape (n,).
    objects
        Which rows are of one object.
    classes
        Names of the classes, or None where the target is a value.
    """

    rows: IntArray
    size: int
    matrix: npt.NDArray[np.float32]
    target: npt.NDArray[Any]
    objects: Objects
    classes: list[str] | None

    @property
    def members(self) -> IntArray | None:
        """Return object numbers.

        Returns
        -------
        ndarray or None
            Shape (n,); None where nothing tells of any object.
        """
        return self.objects.members if self.objects.known else None

    @property
    def strata(self) -> IntArray | None:
        """Return class numbers, by which splits are stratified.

        Returns
        -------
        ndarray or None
            Shape (n,); None where the target is a value.
        """
        return None if self.classes is None else self.target

    def hold_back(self, fraction: float, seed: int) -> splits.Split:
        """Return the labelled rows that train and those of the test set; see `splits.hold_back`.

        Parameters
        ----------
        fraction : float
            Of the rows that are held out.
        seed : int
            Of the split.

        Raises
        ------
        InvalidInput
            Too few spectra, or no object of a class is left to train on.
        """
        learn, test = splits.hold_back(fraction, self.strata, self.members, len(self.rows), seed)
        if self.classes is not None and (lost := set(self.target) - set(self.target[learn])):
            name = self.classes[min(lost)]
            raise InvalidInput(f"All objects of class {name} fell into the test set: lower test_fraction.")
        return learn, test

    def folds(self, count: int, learn: IntArray, seed: int, *, by_object: bool = True) -> list[splits.Split]:
        """Split the rows that train into folds; see `splits.folds`.

        Parameters
        ----------
        count : int
            How many; fewer than 2: there are none.
        learn : ndarray
            Numbers among the labelled rows, shape (n,).
        seed : int
            Of the split.
        by_object : bool
            Whether the spectra of an object stay together, where objects are known.

        Returns
        -------
        list of Split
            For every fold the labelled rows that train and those that judge.

        Raises
        ------
        InvalidInput
            There are too few spectra or objects.
        """
        if count < 2:
            return []
        target = None if self.strata is None else self.strata[learn]
        members = self.members[learn] if by_object and self.members is not None else None
        parts = splits.folds(count, target, members, len(learn), seed)
        return [(learn[some], learn[others]) for some, others in parts]

    def some(self, places: IntArray) -> Labelled:
        """Return some of the labelled rows.

        Parameters
        ----------
        places : ndarray
            Numbers among the labelled rows, ascending, shape (n,).

        Returns
        -------
        Labelled
            Classes and object numbers stay those of all rows.
        """
        inside = np.full(len(self.rows), -1, dtype=np.int64)
        inside[places] = np.arange(len(places))
        suspected = inside[self.objects.suspected]
        objects = Objects(
            self.objects.members[places],
            self.objects.evidence[places],
            suspected[(suspected >= 0).all(axis=1)],
        )
        return replace(
            self,
            rows=self.rows[places],
            matrix=self.matrix[places],
            target=self.target[places],
            objects=objects,
        )

    def held_out(self, predicted: npt.NDArray[np.float64]) -> HeldOut:
        """Return predictions of a cross-validation by object as what sets and intervals are calibrated by.

        A method sets `Model.held_out` to it; all else is done around the method.

        Parameters
        ----------
        predicted : ndarray
            Probabilities, shape (labelled rows, classes), or values, shape (labelled rows,) or
            (labelled rows, 1); NaN in rows that were not judged.

        Returns
        -------
        HeldOut
            Of the rows that were judged.
        """
        flat = predicted[:, 0] if self.classes is None and predicted.ndim == 2 else predicted
        judged = np.isfinite(flat) if flat.ndim == 1 else np.isfinite(flat).all(axis=1)
        return HeldOut(
            self.rows[judged],
            flat[judged].astype(np.float64),
            self.target[judged],
            self.objects.members[judged],
            self.classes,
        )

    def spread_out(self, values: npt.NDArray[Any], missing: float) -> npt.NDArray[Any]:
        """Put values of the labelled rows where they belong among all rows.

        Parameters
        ----------
        values : ndarray
            Shape (labelled rows, …).
        missing : float
            The value of the other rows.

        Returns
        -------
        ndarray
            Shape (all rows, …), in the type of `values`.
        """
        whole = np.full((self.size, *values.shape[1:]), missing, dtype=values.dtype)
        whole[self.rows] = values
        return whole


def of_classes(features: FeatureSet, *, single: bool = False) -> Labelled:
    """Return the rows with a label; labels are names of classes.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    single : bool
        Whether a class may have one object only: a step of a scale has neighbours to learn from.

    Raises
    ------
    InvalidInput
        They are all of one class or object, or a class has one object only.
    """
    labels, rows = _labels(features)
    classes, target = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise InvalidInput(
            f"All {len(rows)} labelled spectra are of one class ({classes[0]}): a classifier needs two."
        )
    data = of_rows(features, rows, target.astype(np.int64), [str(name) for name in classes])
    if not single:
        _check_classes(data, features)
    return data


def _check_classes(data: Labelled, features: FeatureSet) -> None:
    """Raise InvalidInput where a class has one object only: what it is learned from cannot judge it."""
    counts: dict[str, int] = {}
    for number, name in enumerate(data.classes or []):
        its = data.target == number
        if len(np.unique(data.objects.members[its])) < 2:
            counts[name] = int(its.sum())
    if not counts:
        return
    first, spectra = next(iter(counts.items()))
    row = data.rows[np.flatnonzero(data.target == (data.classes or []).index(first))[0]]
    several = f"{spectra} spectra" if spectra > 1 else "1 spectrum"
    others = f" The same holds for {', '.join(list(counts)[1:SHOWN])}." if len(counts) > 1 else ""
    raise InvalidInput(
        f"Class {first} has one object only ({features.names()[row]}, {several}), and needs two: one to "
        f"learn from, one to be judged by.{others} Exclude such classes, or add objects of them."
    )


def of_values(features: FeatureSet) -> Labelled:
    """Return the rows with a label; labels are numbers.

    Raises
    ------
    InvalidInput
        One is no finite number, or they are all of one object.
    """
    labels, rows = _labels(features)
    values = np.empty(len(rows))
    for place, (label, row) in enumerate(zip(labels, rows, strict=True)):
        try:
            values[place] = float(label)
        except ValueError:
            values[place] = np.nan
        if not np.isfinite(values[place]):
            raise InvalidInput(
                f"The label {label!r} of spectrum {features.names()[row]} is no number, as regression needs."
            )
    return of_rows(features, rows, values, None)


def _labels(features: FeatureSet) -> tuple[list[str], IntArray]:
    labels = features.labels()
    rows = np.array([row for row, label in enumerate(labels) if label], dtype=np.int64)
    return [str(labels[row]) for row in rows], rows


def of_rows(
    features: FeatureSet, rows: IntArray, target: npt.NDArray[Any], classes: list[str] | None
) -> Labelled:
    """Return some rows with what they are to be predicted as.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    rows : ndarray
        Ascending row numbers, shape (n,), int64.
    target : ndarray
        Class numbers or values, shape (n,).
    classes : list of str or None
        Names of the classes.

    Returns
    -------
    Labelled
        With their objects.

    Raises
    ------
    InvalidInput
        They are all of one object.
    """
    matrix = features.matrix()
    matrix = np.ascontiguousarray(matrix if len(rows) == len(matrix) else matrix[rows], dtype=np.float32)
    objects = resolve(features, rows, matrix)
    if objects.count < 2:
        raise InvalidInput(
            f"All {len(rows)} labelled spectra are of one object ({features.names()[rows[0]]}): a model is "
            "judged by objects that it has not seen, so two are needed at least. If they are several, name "
            "them in a column group of the manifest."
        )
    return Labelled(
        rows=rows, size=features.rows, matrix=matrix, target=target, objects=objects, classes=classes
    )
