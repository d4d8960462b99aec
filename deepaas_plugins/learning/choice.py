"""Which rows are labelled next: samples, the batch, and what is set aside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepaas_plugins.learning import diverse
from deepaas_plugins.learning.pool import PoolPass
from deepaas_plugins.learning.selection import BATCH, PERFORMANCE, RECALL, Chosen, Selection
from deepaas_plugins.learning.settings import RoundSettings
from deepaas_plugins.learning.unusual import SAMPLE, Unusual
from deepaas_plugins.learning.unusual_map import UnusualMap
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Choice:
    """Chooses rows of a pool.

    Parameters
    ----------
    pool
        The pool.
    settings
        Of the round.
    selection
        Is told what was set aside, and what there is too little of.
    rng
        Of every random choice.
    """

    def __init__(
        self, pool: FeatureSet, settings: RoundSettings, selection: Selection, rng: np.random.Generator
    ) -> None:
        self._pool, self._settings, self._selection, self._rng = pool, settings, selection, rng

    def without_model(self, rows: IntArray) -> Chosen:
        """Return the first batch.

        Parameters
        ----------
        rows : ndarray
            A random sample of the pool, in random order, shape (n,).
        """
        size = self._settings.batch
        rows = self._usual(rows)
        if self._settings.strategy != "random" and len(rows) > size:
            points = diverse.embedding(self._pool.take(rows).flux)
            rows = rows[diverse.plus_plus(points, np.ones(len(rows)), size, self._rng)]
        self._too_few(len(rows))
        return chosen(BATCH, rows[:size])

    def with_model(self, passed: PoolPass, known: npt.NDArray[np.float32]) -> list[Chosen]:
        """Return the batch and the samples; a row of both is labelled as one of a sample.

        Parameters
        ----------
        passed : PoolPass
            The predictions.
        known : ndarray
            Features of labelled rows, shape (n, columns).
        """
        samples = [chosen(PERFORMANCE, passed.performance)]
        samples += [
            chosen(RECALL, stratum.rows, stratum=number) for number, stratum in enumerate(passed.strata)
        ]
        rows, scores = passed.wanted
        left = ~np.isin(rows, np.concatenate([one.rows for one in samples]))
        rows, scores = rows[left], scores[left]
        usual = self._apart(self._usual(rows))
        score_of = dict(zip(rows.tolist(), scores.tolist(), strict=True))
        rows, scores = usual, np.array([score_of[row] for row in usual.tolist()])
        size = self._settings.batch
        if self._settings.strategy == "diverse" and len(rows) > size:
            order = self._diverse(rows, scores, known)
            rows, scores = rows[order], scores[order]
        self._too_few(len(rows))
        batch = chosen(BATCH, rows[:size], scores[:size])
        return [one for one in (batch, *samples) if len(one.rows)]

    def _apart(self, rows: IntArray) -> IntArray:
        """Return the first row of each object: its other spectra say little more, and wait for a later round.

        Where there are too few objects for the batch, all rows are returned, those of new objects first.
        """
        if not len(rows):
            return rows
        seen: set[str] = set()
        again = np.zeros(len(rows), dtype=bool)
        for place, group in enumerate(self._pool.take(rows).groups):
            again[place] = group is not None and group in seen
            seen.add(group or "")
        if (~again).sum() >= self._settings.batch:
            return rows[~again]
        return np.concatenate([rows[~again], rows[again]])

    def _too_few(self, rows: int) -> None:
        size = self._settings.batch
        if rows < size:
            self._selection.notes.append(f"The pool has only {rows} spectra left for this batch of {size}.")

    def _diverse(self, rows: IntArray, scores: FloatArray, known: npt.NDArray[np.float32]) -> IntArray:
        size, matrix = self._settings.batch, self._pool.take(rows).flux
        points = diverse.embedding(np.concatenate([matrix, known]))
        free, labelled = points[: len(rows)], points[len(rows) :]
        if self._settings.diversity == "kmeans++":
            return diverse.plus_plus(free, scores, size, self._rng, labelled)
        return diverse.core_set(free, labelled, size)

    def _usual(self, rows: IntArray) -> IntArray:
        """Return the rows that are not set aside, in their order; set aside is no more than needed."""
        settings, pool = self._settings, self._pool
        if settings.rejection == "none" or not len(rows):
            return rows
        sample = np.sort(self._rng.choice(pool.rows, min(SAMPLE, pool.rows), replace=False))
        known, quantile = pool.take(sample).flux, settings.rejection_quantile
        unusual: Unusual | UnusualMap = (
            UnusualMap.fit(known, quantile, self._rng)
            if settings.rejection == "som"
            else Unusual.fit(known, quantile)
        )
        found = unusual.found(pool.take(rows).flux)
        needed = np.flatnonzero(~found)[: settings.batch]
        last = int(needed[-1]) if len(needed) else len(rows) - 1
        aside = rows[: last + 1][found[: last + 1]].tolist()
        self._selection.set_aside = aside
        if aside:
            self._selection.notes.append(
                f"{len(aside)} unusual spectra are set aside, and others chosen in their place."
            )
        return rows[~found]


def chosen(kind: str, rows: IntArray, scores: FloatArray | None = None, stratum: int | None = None) -> Chosen:
    """Return rows of one kind.

    Parameters
    ----------
    kind : str
        `BATCH`, `PERFORMANCE` or `RECALL`.
    rows : ndarray
        Shape (n,).
    scores : ndarray or None
        Of the strategy, shape (n,); None: there are none.
    stratum : int or None
        Of a recall sample.
    """
    return Chosen(kind, rows, np.full(len(rows), np.nan) if scores is None else scores, stratum)
