"""The labelled rows of a pool as the feature set that the method learns from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.pipeline.relabelled import write
from deepaas_plugins.pipeline.validation import labelled
from jobfolder.names import TRAINING_ROWS
from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]

#: A class needs so many objects: one to learn from, one to be judged by.
LEAST_OBJECTS = 2


@dataclass(frozen=True)
class TrainingSet:
    """What a method can learn from.

    Attributes
    ----------
    features
        The labelled rows of classes that can be learned, with their labels.
    members
        Number of each row's object, shape (rows,).
    target
        Number of each row's class, shape (rows,).
    classes
        Names of the classes.
    left_out
        Classes with one object only, and their counts of spectra.
    """

    features: FeatureSet
    members: IntArray
    target: IntArray
    classes: tuple[str, ...]
    left_out: dict[str, int]


def build(pool: FeatureSet, rows: IntArray, labels: Sequence[str], path: Path) -> TrainingSet | None:
    """Write what can be learned from; None where there are not two classes of two objects each.

    Parameters
    ----------
    pool : FeatureSet
        Where the rows are.
    rows : ndarray
        Ascending numbers of labelled rows, shape (n,).
    labels : sequence of str
        Their classes.
    path : Path
        The feature set that is written.
    """
    if len(set(labels)) < LEAST_OBJECTS:
        return None
    features = write(pool, rows, labels, path)
    members = _members(features)
    if members is None:
        return None
    objects = {(label, int(member)) for label, member in zip(labels, members, strict=True)}
    count = Counter(label for label, _ in objects)
    spectra = Counter(labels)
    left_out = {name: spectra[name] for name in sorted(count) if count[name] < LEAST_OBJECTS}
    kept = np.array([label not in left_out for label in labels])
    names = tuple(sorted(set(count) - set(left_out)))
    if len(names) < LEAST_OBJECTS:
        return None
    if left_out:
        features = write(pool, rows[kept], [name for name in labels if name not in left_out], path)
    np.save(path.with_name(TRAINING_ROWS), rows[kept])
    numbers = {name: number for number, name in enumerate(names)}
    target = np.array([numbers[name] for name in labels if name in numbers], dtype=np.int64)
    return TrainingSet(features, members[kept], target, names, left_out)


def _members(features: FeatureSet) -> IntArray | None:
    rows = np.arange(features.rows)
    try:
        return labelled.of_rows(features, rows, rows, None).objects.members
    except InvalidInput:  # all of one object
        return None


def subsample(data: TrainingSet, share: float, path: Path, rng: np.random.Generator) -> FeatureSet:
    """Write a random part of the objects of each class, two at least.

    Parameters
    ----------
    data : TrainingSet
        The whole.
    share : float
        Of the objects of each class.
    path : Path
        The feature set that is written.
    rng : numpy.random.Generator
        Of the choice.

    Returns
    -------
    FeatureSet
        With all classes.
    """
    kept = np.zeros(len(data.target), dtype=bool)
    for number in range(len(data.classes)):
        its = data.target == number
        objects = np.unique(data.members[its])
        count = min(len(objects), max(LEAST_OBJECTS, round(share * len(objects))))
        kept |= its & np.isin(data.members, rng.choice(objects, count, replace=False))
    rows = np.flatnonzero(kept)
    return write(data.features, rows, [data.classes[number] for number in data.target[rows]], path)
