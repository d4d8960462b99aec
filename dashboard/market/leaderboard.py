"""Leaderboards: the best scores of modules on public datasets, of trainings that the platform ran itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from dashboard.base.ownership import Visibility
from dashboard.database.engine import Database
from dashboard.database.tables import datasets, jobs, uncounted_people

#: Metrics by which modules are compared, the first that is there; measured on objects that were held out.
METRICS = ("balanced_accuracy", "f1_macro", "accuracy", "r2", "rmse", "mae")
LOWER_IS_BETTER = frozenset({"rmse", "mae"})
MOST_JOBS = 20_000  # the newest are read


@dataclass(frozen=True)
class Score:
    """The best training of a module on a dataset.

    Attributes
    ----------
    rank : int
        From 1; equal values have the same.
    module, version : str
        What was trained.
    value : float
        Of the metric.
    date : str
        When the training ended.
    """

    rank: int
    module: str
    version: str
    value: float
    date: str


@dataclass(frozen=True)
class Leaderboard:
    """The scores of modules on one dataset.

    Attributes
    ----------
    dataset, name : str
        Id and name of the dataset, which is public.
    metric : str
        What is compared.
    scores : tuple of Score
        The best first, one of a module.
    """

    dataset: str
    name: str
    metric: str
    scores: tuple[Score, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


async def leaderboards(database: Database) -> list[Leaderboard]:
    """Return the leaderboards of all public datasets on which something was trained to the end.

    A training counts if it had the dataset as it is now, all of it, and its owner is counted
    (`dashboard.market.popularity`). Each metric has a leaderboard of its own.

    Parameters
    ----------
    database : Database
        Open and migrated.

    Returns
    -------
    list of Leaderboard
        Sorted by name of the dataset and metric.
    """
    query = (
        select(
            jobs.c.module, jobs.c.module_version, jobs.c.metrics, jobs.c.input, jobs.c.ended,
            datasets.c.id, datasets.c.name, datasets.c.sha256,
        )
        .join(datasets, datasets.c.id == jobs.c.dataset)
        .where(
            datasets.c.visibility == str(Visibility.PUBLIC),
            jobs.c.phase == "COMPLETED",
            jobs.c.action == "train",
            jobs.c.owner.not_in(select(uncounted_people.c.user)),
        )
        .order_by(jobs.c.ended.desc())
        .limit(MOST_JOBS)
    )  # fmt: skip
    async with database.read() as connection:
        rows = (await connection.execute(query)).mappings().all()
    whole = (dict(row) for row in rows if row["sha256"] and row["input"].get("sha256") == row["sha256"])
    return _ranked(list(whole))


def _ranked(rows: Sequence[Mapping[str, Any]]) -> list[Leaderboard]:
    best: dict[tuple[str, str, str], dict[str, tuple[float, Mapping[str, Any]]]] = {}
    for row in rows:
        metric = next((name for name in METRICS if _number(row["metrics"], name) is not None), None)
        value = _number(row["metrics"], metric) if metric else None
        if metric is None or value is None:
            continue
        board = best.setdefault((row["name"], row["id"], metric), {})
        known = board.get(row["module"])
        if known is None or _better(metric, value, known[0]):
            board[row["module"]] = (value, row)
    return [
        Leaderboard(identifier, name, metric, _scores(metric, list(board.values())))
        for (name, identifier, metric), board in sorted(best.items(), key=lambda item: item[0])
    ]


def _scores(metric: str, found: list[tuple[float, Mapping[str, Any]]]) -> tuple[Score, ...]:
    found.sort(key=lambda one: (one[0] if metric in LOWER_IS_BETTER else -one[0], one[1]["module"]))
    values = [value for value, _ in found]
    return tuple(
        Score(values.index(value) + 1, row["module"], row["module_version"], value, row["ended"])
        for value, row in found
    )


def _better(metric: str, value: float, other: float) -> bool:
    return value < other if metric in LOWER_IS_BETTER else value > other


def _number(metrics: Any, name: str) -> float | None:
    value = metrics.get(name) if isinstance(metrics, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
