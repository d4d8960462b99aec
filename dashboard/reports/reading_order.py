"""The order in which a person reads a report: the telling metric, what it is made of, errors, the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COUNTS = "spectra_"  # metrics that count the input and measure nothing
FIRST_KINDS = ("metrics", "confusion-matrix", "som-map")
REJECTED = "rejected"  # views of what was left out; read last


def ordered_metrics(metrics: Mapping[str, Any] | None, headline: Sequence[str] = ()) -> dict[str, Any] | None:
    """Return metrics in reading order.

    Parameters
    ----------
    metrics : mapping or None
        Values by name; None: there are none yet.
    headline : sequence of str
        Names that the module declares (``huggins.headline``), the most telling first. A name stands for
        those of each target too: ``rmse`` for ``rmse:teff`` and ``rmse:logg``.

    Returns
    -------
    dict or None
        The declared ones, then the others as they were, then counts of spectra.
    """
    if metrics is None:
        return None
    declared = [
        name for wanted in headline for name in metrics if name == wanted or name.startswith(f"{wanted}:")
    ]
    others = [name for name in metrics if name not in declared]
    measures = [name for name in others if not name.startswith(COUNTS)]
    counts = [name for name in others if name.startswith(COUNTS)]
    return {name: metrics[name] for name in (*declared, *measures, *counts)}


def ordered_views(views: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return views in reading order: metrics, confusion matrix or map, the others, then rejected spectra."""

    def place(view: Mapping[str, Any]) -> int:
        if str(view.get("id", "")).startswith(REJECTED):
            return len(FIRST_KINDS) + 1
        kind = view.get("kind")
        return FIRST_KINDS.index(kind) if kind in FIRST_KINDS else len(FIRST_KINDS)

    return sorted(views, key=place)
