"""Whether the instrument alone predicts the class: then a method may learn instruments and not objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.scores import balanced_accuracy
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet
from spectra.batch import NUMBERS

IntArray = npt.NDArray[np.int64]

#: Better than chance by this share of what is left to perfection is much better.
MUCH = 0.25
#: Where files state no instrument, spectra whose sampling differs by less than this factor are of one.
SAMPLING = 1.1
#: Most instruments; more are names of single spectra.
MOST = 1000


@dataclass(frozen=True)
class InstrumentScore:
    """How well the instrument alone predicts.

    Attributes
    ----------
    score, chance
        Balanced accuracy, or the share of the variance of values that is explained, of objects that were left
        out; what knowing nothing reaches.
    instruments
        How many there are.
    stated
        Whether files state them; else they are told apart by their sampling.
    """

    score: float
    chance: float
    instruments: int
    stated: bool

    @property
    def telling(self) -> bool:
        """Whether it is much better than chance."""
        return self.score > self.chance + MUCH * (1.0 - self.chance)


def measure(data: Labelled, parts: list[Split], features: FeatureSet) -> InstrumentScore | None:
    """Predict each fold by the most frequent class, or the mean value, of the instrument's other objects.

    Parameters
    ----------
    data : Labelled
        All labelled rows.
    parts : list of Split
        Folds by object.
    features : FeatureSet
        Tells how rows were observed.

    Returns
    -------
    InstrumentScore or None
        None where instruments are not known, or there is only one.
    """
    found = _instruments(features, data.rows)
    if found is None or not parts:
        return None
    by, stated = found
    count = int(by.max()) + 1
    if count < 2:
        return None
    judged = np.concatenate([judge for _, judge in parts])
    predicted = np.full(len(data.rows), np.nan)
    for learn, judge in parts:
        predicted[judge] = _of_instruments(data, by, learn, count)[by[judge]]
    # One spectrum of each object: the first; many spectra of one are one piece of evidence.
    once = judged[np.unique(data.objects.members[judged], return_index=True)[1]]
    if data.classes is not None:
        classes = len(np.unique(data.target[once]))
        score = balanced_accuracy(predicted[once].astype(np.int64), data.target[once])
        return InstrumentScore(score, 1.0 / classes, count, stated)
    total = float(np.sum((data.target[once] - data.target[once].mean()) ** 2))
    if total == 0.0:
        return None
    explained = 1.0 - float(np.sum((predicted[once] - data.target[once]) ** 2)) / total
    return InstrumentScore(explained, 0.0, count, stated)


def _of_instruments(data: Labelled, by: IntArray, learn: IntArray, count: int) -> npt.NDArray[np.float64]:
    """Return what is predicted for each instrument; of one without training objects, what is of all."""
    weight = _per_object(data.objects.members[learn])
    target, instrument = data.target[learn], by[learn]
    if data.classes is None:
        sums = np.bincount(instrument, weight * target, count)
        of_all = float(np.average(target, weights=weight))
        counts = np.bincount(instrument, weight, count)
        return np.asarray(np.where(counts > 0, sums / np.where(counts > 0, counts, 1.0), of_all))
    classes = len(data.classes)
    votes = np.bincount(instrument * classes + target, weight, count * classes).reshape(count, classes)
    # Classes weigh alike, or the most frequent class of all would be that of every instrument.
    share = np.bincount(target, weight, classes)
    rates = votes / np.where(share > 0, share, 1.0)
    return np.asarray(np.where(rates.any(axis=1), rates.argmax(axis=1), share.argmax()), dtype=np.float64)


def _per_object(members: IntArray) -> npt.NDArray[np.float64]:
    _, place, count = np.unique(members, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[place])


def _instruments(features: FeatureSet, rows: IntArray) -> tuple[IntArray, bool] | None:
    """Return the number of each row's instrument, and whether it is stated."""
    observed = features.observations()
    if observed is None:
        return None
    names: list[Any] = [observed.instruments[row] for row in rows]
    if len({name for name in names if name is not None}) > 1:
        known, number = np.unique([name or "" for name in names], return_inverse=True)
        return (number.astype(np.int64), True) if len(known) <= MOST else None
    sampling = observed.numbers[rows, NUMBERS.index("sampling")].astype(np.float64)
    if not np.isfinite(sampling).all():
        return None
    order = np.argsort(sampling, kind="stable")
    steps = np.diff(np.log(sampling[order])) > np.log(SAMPLING)
    number = np.zeros(len(rows), dtype=np.int64)
    number[order] = np.concatenate([[0], np.cumsum(steps)])
    return number, False
