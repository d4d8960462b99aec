"""The domain in a prediction report: how many spectra are unlike the training set, which, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepaas_plugins.contract import views

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from spectra import FeatureSet

#: In the order of their numbers.
STATES = ("inside", "edge", "outside")
#: Rows of the table.
SHOWN = 200


class DomainFindings:
    """The state of every row, and the reasons of those that are farthest from the training set.

    Parameters
    ----------
    rows : int
        How many there will be.
    """

    def __init__(self, rows: int) -> None:
        self.state = np.full(rows, -1, dtype=np.int32)
        self._farthest: list[tuple[float, int, str, str]] = []

    def add(self, first: int, predictions: Sequence[Mapping[str, Any]]) -> None:
        """Take the (flat) predictions of the rows from `first` on; those without a domain are passed over."""
        for row, prediction in enumerate(predictions, first):
            state = prediction.get("domain_state")
            if state not in STATES:
                continue
            self.state[row] = STATES.index(state)
            if state != "inside":
                told = str(prediction.get("domain_causes", "")), str(prediction.get("domain_reason", ""))
                self._farthest.append((-float(prediction.get("domain_distance") or 0.0), row, *told))
        self._farthest = sorted(self._farthest)[:SHOWN]

    def report(self, features: FeatureSet, run: Run) -> None:
        """Report how many spectra are inside, at the edge and outside, and the farthest with their reasons.

        Parameters
        ----------
        features : FeatureSet
            Names the rows.
        run : Run
            Takes metrics and views.
        """
        known = self.state[self.state >= 0]
        if not len(known):
            return
        counts = np.bincount(known, minlength=len(STATES)).tolist()
        for name, count in zip(STATES, counts, strict=True):
            run.metric(f"domain:{name}", count)
        note = (
            f"{counts[2]} of {len(known)} spectra are outside of what the model knows, {counts[1]} at the "
            "edge: sets, intervals and probabilities hold for spectra like those of the training set."
        )
        run.report(
            views.bars(
                "domain", "Training domain", x_title="domain", names=STATES, marks=self.state, note=note
            )
        )
        if not self._farthest:
            return
        names = features.take([row for _, row, _, _ in self._farthest]).names
        columns: list[views.Column] = [
            {"name": "spectrum", "title": "Spectrum"},
            {"name": "name", "title": "Name"},
            {"name": "domain", "title": "Domain"},
            {"name": "causes", "title": "Differs in"},
            {"name": "reason", "title": "Reason"},
        ]
        rows = [
            [row, name, STATES[self.state[row]], causes, reason]
            for name, (_, row, causes, reason) in zip(names, self._farthest, strict=True)
        ]
        title = f"Unlike the training spectra ({counts[1] + counts[2]})"
        note = "The farthest first; all predictions are in the files of this job."
        run.report(views.table("outside-domain", title, columns=columns, rows=rows, note=note))
