"""The pass over the pool: every row is predicted, and a bounded number of them is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.learning.settings import RoundSettings
from deepaas_plugins.learning.strategies import SCORES, disagreement, rarity
from deepaas_plugins.learning.top_rows import TopRows
from spectra import Batch, FeatureSet, Source

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Rows that are predicted at a time.
ROWS = 8192
#: Of a row whose source is not read.
NOWHERE = Source("")
#: Rows that are kept for each of a batch where it is chosen among uncertain ones, or some are set aside.
SPARE, CHOICE = 10, 20
#: Lower edges of the strata of rows that are predicted as no targets, by the probability of a target.
STRATA = (0.0, 0.01, 0.05, 0.2)


@dataclass(frozen=True)
class Stratum:
    """Rows predicted as no targets whose probability of one lies in a range.

    Attributes
    ----------
    low, high
        Of the probability; `high` is not in it.
    count
        Rows of the pool.
    rows
        Those that were drawn, shape (n,).
    """

    low: float
    high: float
    count: int
    rows: IntArray


class PoolPass:
    """Takes the predictions of a pool block by block.

    Parameters
    ----------
    settings
        Of the round.
    classes
        Of the model, in the order of probabilities.
    rng
        Of the samples.
    labelled
        Labels of each class so far, shape (classes,); None: scores do not depend on it.
    """

    def __init__(
        self,
        settings: RoundSettings,
        classes: Sequence[str],
        rng: np.random.Generator,
        labelled: IntArray | None = None,
    ) -> None:
        self._rng, self._strategy = rng, settings.strategy
        self._rarity = None if labelled is None else rarity(labelled, settings.balance)
        self._targets = np.array([name in settings.targets for name in classes], dtype=bool)
        factor = CHOICE if settings.strategy == "diverse" else SPARE
        self._wanted = TopRows(factor * settings.batch + settings.performance + settings.recall)
        self._performance = TopRows(settings.performance)
        self._candidates = TopRows(settings.candidates if self._targets.any() else 0)
        self._recall = settings.recall
        self._strata = [TopRows(settings.recall) for _ in STRATA]
        self.counts = np.zeros(len(classes), dtype=np.int64)

    def add(self, rows: IntArray, probabilities: FloatArray, members: FloatArray | None = None) -> None:
        """Take a block.

        Parameters
        ----------
        rows : ndarray
            Numbers of the rows in the pool, shape (n,).
        probabilities : ndarray
            Shape (n, classes).
        members : ndarray or None
            Of the committee, shape (models, n, classes).
        """
        if not len(rows):
            return
        predicted = probabilities.argmax(axis=1)
        self.counts += np.bincount(predicted, minlength=len(self.counts))
        keys = self._rng.random(
            (2, len(rows))
        )  # drawn whatever is asked, so that samples do not depend on it
        self._wanted.add(self._score(probabilities, members, keys[0]), rows)
        if not self._targets.any():
            return
        chance = probabilities[:, self._targets].sum(axis=1)
        target = self._targets[predicted]
        self._candidates.add(chance, rows)
        self._performance.add(keys[1][target], rows[target])
        stratum = np.where(target, -1, np.searchsorted(STRATA, chance, side="right") - 1)
        for number, sample in enumerate(self._strata):
            inside = stratum == number
            sample.add(keys[1][inside], rows[inside])

    def _score(self, probabilities: FloatArray, members: FloatArray | None, keys: FloatArray) -> FloatArray:
        if self._strategy == "random":
            return keys
        if self._strategy == "disagreement" and members is not None:
            scores = disagreement(members)
        else:
            scores = SCORES.get(self._strategy, SCORES["entropy"])(probabilities)
        return scores if self._rarity is None else np.asarray(scores * (probabilities @ self._rarity))

    @property
    def wanted(self) -> tuple[IntArray, FloatArray]:
        """Return more rows than the batch holds, the highest score first.

        Returns
        -------
        rows, scores : ndarray
            Shape (n,) each.
        """
        return self._wanted.best()

    @property
    def performance(self) -> IntArray:
        """Return a random sample of the rows that are predicted as targets.

        Returns
        -------
        ndarray
            In random order, shape (n,).
        """
        return self._performance.best()[0]

    @property
    def predicted_targets(self) -> int:
        """Return how many rows are predicted as targets."""
        return int(self.counts[self._targets].sum())

    @property
    def candidates(self) -> tuple[IntArray, FloatArray]:
        """Return the rows with the highest probabilities of a target.

        Returns
        -------
        rows, chances : ndarray
            Shape (n,) each, the highest first.
        """
        return self._candidates.best()

    @property
    def strata(self) -> list[Stratum]:
        """Return the strata of rows that are predicted as no targets."""
        edges = [*STRATA, 1.0]
        shares = even_shares(self._recall, [sample.seen for sample in self._strata])
        return [
            Stratum(low, high, sample.seen, sample.best()[0][:share])
            for low, high, sample, share in zip(edges[:-1], edges[1:], self._strata, shares, strict=True)
        ]


def even_shares(whole: int, sizes: Sequence[int]) -> list[int]:
    """Return how many rows are drawn of each stratum: as many of each, and of a small one all.

    Parameters
    ----------
    whole : int
        Rows to draw.
    sizes : sequence of int
        Rows of each stratum.
    """
    shares = [0] * len(sizes)
    while (left := whole - sum(shares)) and (free := [n for n, size in enumerate(sizes) if size > shares[n]]):
        for number in free[:left]:
            shares[number] += min(max(1, left // len(free)), sizes[number] - shares[number])
    return shares


def blocks(features: FeatureSet, gone: IntArray, rows: int = ROWS) -> Iterator[tuple[IntArray, Batch]]:
    """Read the pool without the rows that have left it.

    Parameters
    ----------
    features : FeatureSet
        The pool.
    gone : ndarray
        Ascending numbers of rows that have left it, shape (n,).
    rows : int
        The most rows of a block.

    Yields
    ------
    numbers : ndarray
        Of the block's rows, shape (≤ rows,).
    batch : Batch
        The rows; names and sources are empty, as reading them takes longer than predicting.
    """
    first = 0
    for matrix in features.matrices(rows):
        numbers = np.arange(first, first + len(matrix))
        low, high = np.searchsorted(gone, (first, first + len(matrix)))
        first += len(matrix)
        if high > low:
            left = np.ones(len(matrix), dtype=bool)
            left[gone[low:high] - numbers[0]] = False
            yield numbers[left], unnamed(features, matrix[left])
        else:
            yield numbers, unnamed(features, matrix)


def unnamed(features: FeatureSet, matrix: npt.NDArray[np.float32]) -> Batch:
    """Return rows as a batch of which nothing but the features is known.

    Parameters
    ----------
    features : FeatureSet
        Has the grid.
    matrix : ndarray
        Shape (rows, columns).
    """
    none: list[None] = [None] * len(matrix)
    return Batch(
        flux=matrix,
        wavelength=features.wavelength,
        names=[""] * len(matrix),
        labels=none,
        groups=none,
        sources=[NOWHERE] * len(matrix),
        columns=features.column_names,
    )
