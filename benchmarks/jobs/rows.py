"""A job list of any length, for measuring: rows such as people make, with common and rare of everything."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from dashboard.base import clock
from dashboard.base.ids import new_identifier
from dashboard.database.engine import Database
from dashboard.database.tables import job_values, job_words, jobs
from dashboard.jobs.store.search_index import words_of
from dashboard.jobs.store.value_index import rows_of

BATCH = 20_000
FIRST = datetime(2022, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=150)
MODULES = {"som": 50, "rdf": 30, "preprocessing": 15, "cnn": 4.9, "vae": 0.1}
OWNERS = {"owner": 60, "eva": 25, "ondrej": 14.9, "guest": 0.1}
PHASES = {"COMPLETED": 89.9, "ERROR": 8, "ABORTED": 2, "QUEUED": 0.08, "EXECUTING": 0.02}
NODES = {"any": 70, "local": 20, "cluster": 9.9, "old-box": 0.1}
NOUNS = (
    "stars",
    "galaxies",
    "Hα profiles",
    "LAMOST",
    "quasars",
    "Be stars",
    "white dwarfs",
    "halo",
    "survey",
)
ADJECTIVES = ("first", "second", "larger", "smaller", "final", "test", "cleaned", "normalised", "noisy")
RETIRED = 0.3  # the module "vae" was used in the first part of the time alone


def rows(number: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Give `number` rows of `jobs`, oldest first."""
    chance = random.Random(seed)

    def one_of(weights: dict[str, float]) -> str:
        return chance.choices(list(weights), list(weights.values()))[0]

    for index in range(number):
        moment = FIRST + index * STEP
        module = one_of(MODULES)
        if module == "vae" and index > RETIRED * number:
            module = "som"
        phase = one_of(PHASES)
        ended = phase in {"COMPLETED", "ERROR", "ABORTED"}
        created = clock.stamp(moment)
        yield {
            "id": new_identifier(int(moment.timestamp() * 1000)),
            "owner": one_of(OWNERS),
            "label": f"{chance.choice(ADJECTIVES)} {chance.choice(NOUNS)} {index % 997}",
            "note": "needs a closer look" if index % 211 == 0 else "",
            "action": "train",
            "module": module,
            "module_version": "0.1.0",
            "image": "sha256:" + "0" * 64,
            "phase": phase,
            "desired_state": "run",
            "reason": "it failed" if phase == "ERROR" else "",
            "parameters": {"epochs": index % 50, "rate": 0.1, "rows": 20, "columns": 20},
            "recipe": {"schema": 1, "steps": [{"step": "cutout", "minimum": 6519.0, "maximum": 6732.0}]},
            "dataset": f"set{index % 5000 if index % 3 else 0:05d}",
            "input": {"kind": "spectra", "name": "spectra", "sha256": None, "synthetic": True, "count": 9},
            "node": one_of(NODES),
            "resources": {"cpus": 1.0, "memory_mb": 2048, "gpus": 0, "walltime_s": 86400, "labels": []},
            "metrics": {"accuracy": chance.random()} if phase == "COMPLETED" else None,
            "created": created,
            "started": created if phase != "QUEUED" else None,
            "ended": clock.stamp(moment + timedelta(seconds=chance.expovariate(1 / 900))) if ended else None,
        }


async def fill(database: Database, number: int) -> None:
    """Put `number` jobs with words and values into an empty database; it learns their distribution."""
    batch: list[dict[str, Any]] = []
    for row in rows(number):
        batch.append(row)
        if len(batch) == BATCH:
            await _store(database, batch)
            batch = []
    if batch:
        await _store(database, batch)
    if database.is_sqlite:
        async with database.write() as connection:
            await connection.exec_driver_sql("analyze")
    else:  # what its autovacuum does by itself, a little later
        engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.exec_driver_sql("vacuum analyze")


async def _store(database: Database, batch: list[dict[str, Any]]) -> None:
    words = [
        {"job": row["id"], "word": word}
        for row in batch
        for word in words_of(row["id"], row["label"], row["note"], row["module"])
    ]
    async with database.write() as connection:
        await connection.execute(insert(jobs), batch)
        await connection.execute(insert(job_words), words)
        values = [one for row in batch for one in rows_of(row["id"], row["parameters"], row["metrics"])]
        await connection.execute(insert(job_values), values)
