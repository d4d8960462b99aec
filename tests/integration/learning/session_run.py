"""A learning session over real processes, which may kill itself: ``python -m … HOME [POINT]``.

The first run makes pool and session; each run goes on until three rounds are labelled by the oracle, or until
POINT is reached in the second round, where the process kills itself as a power cut would. Prints the session,
its rounds and their figures as JSON at the end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from dashboard.auth.identity import OWNER
from dashboard.labels.event import EventKind, NewEvent
from dashboard.learning.oracle import Oracle
from dashboard.learning.session import Session, SessionState
from dashboard.platform import Platform
from dashboard.settings import JobsSettings, NodeSettings, Settings
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features

ROWS, BATCH, SAMPLE, ROUNDS = 300, 15, 8, 3
HANGS_S = 150


async def made(platform: Platform, home: Path) -> Session:
    """Return the session, which the first run makes."""
    known = (await platform.learning.store.search(identity=OWNER)).items
    if known:
        return known[0]
    path = home.parent / "pool.parquet"
    write_features(path, [None] * ROWS, flux=profiles(GRID, cycle(ROWS), 1))
    dataset = await platform.data.create("profiles", OWNER, "features")

    async def content() -> AsyncIterator[bytes]:
        yield path.read_bytes()

    await platform.data.upload(dataset.id, "pool.parquet", content(), identity=OWNER)
    await platform.data.done(dataset.id, OWNER)
    await platform.data.settled(dataset.id)
    settings = {
        "targets": ["double"], "module": "rdf", "parameters": {"trees": 10, "folds": 2},
        "strategy": "margin", "batch": BATCH, "performance": SAMPLE, "recall": 8, "stop": {"rounds": ROUNDS},
    }  # fmt: skip
    session = await platform.learning.create(
        "Be stars", dataset.id, settings, OWNER, classes=("absorption", "double", "emission")
    )
    await platform.learning.start_round(session.id, OWNER)
    return session


async def answer(platform: Platform, session: Session, oracle: Oracle) -> None:
    """Label what waits for it, twice: a key that was sent before counts once."""
    for round_ in await platform.learning.store.rounds(session.id):
        if not round_.queued:
            continue
        entries = await platform.learning.store.entries(session.id, round_.number)
        events = [
            NewEvent(f"{session.id}-{one.round}-{one.row}", EventKind.LABEL, one.row, oracle.label(one.row))
            for one in entries
        ]
        for _ in range(2):
            done = await platform.labels.append(session.label_set, events, OWNER)
            if done.rejected:
                raise RuntimeError(str(done.rejected))


async def told(platform: Platform, session: Session) -> dict[str, Any]:
    """Return what is compared."""
    rounds = await platform.learning.store.rounds(session.id)
    figures = await platform.learning.figures(session)
    jobs = (await platform.jobs.list(identity=OWNER)).items
    entries = await platform.learning.store.entries(session.id)
    return {
        "session": session.to_json(),
        "rounds": [one.to_json() for one in rounds],
        "figures": [one.to_json() for one in figures],
        "jobs": [{"id": one.id, "phase": one.phase, "reason": one.reason} for one in jobs],
        "rows": [one.row for one in entries],
        "models": (await platform.models.list(identity=OWNER)).total,
        "queues": len(await platform.labels.queues.of_set(session.label_set, OWNER)),
    }


async def main(home: str, point: str = "") -> None:
    """Run until the session is finished."""
    folder = Path(home)
    rounds = 0

    async def at(reached: str) -> None:
        if reached == point and rounds == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(
        home=folder,
        nodes={"local": NodeSettings(kind="process")},
        jobs=JobsSettings(poll_seconds=0.1, memory_mb=1024),
    )
    oracle = Oracle(dict(enumerate(cycle(ROWS))))
    async with Platform(settings, at=at) as platform, asyncio.timeout(HANGS_S):
        session = await made(platform, folder)
        while session.state is SessionState.OPEN:
            rounds = len(await platform.learning.store.rounds(session.id))
            await answer(platform, session, oracle)
            await asyncio.sleep(0.1)
            session = await platform.learning.get(session.id)
            for one in await platform.learning.store.rounds(session.id):
                state, reason = await platform.learning.phase(one)
                if state == "failed":
                    raise RuntimeError(reason)
        print(json.dumps(await told(platform, session)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
