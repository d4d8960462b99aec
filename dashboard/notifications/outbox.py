"""The outbox: messages are written in the transaction of the change that they report, and sent later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ScalarSelect, Select, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.base.ids import new_identifier
from dashboard.database.engine import Database
from dashboard.database.tables import jobs, notification_settings, outbox
from dashboard.notifications.message import ENDED, TEST, WAITS, Message

WAITING, SENT, FAILED = "waiting", "sent", "failed"
PIECE = 50  # messages read at once
LONGEST_S = 6 * 3600.0  # between two attempts
Row = Mapping[Any, Any]


async def tell_end(connection: AsyncConnection, job: str) -> None:
    """Write the messages that a job has ended, by its owner's settings; in the transaction that ends it."""
    preferences = await _preferences(
        connection, select(jobs.c.owner).where(jobs.c.id == job).scalar_subquery()
    )
    if preferences is None:
        return
    shown = (jobs.c.id, jobs.c.notify, jobs.c.phase, jobs.c.reason, jobs.c.module, jobs.c.label)
    ended = (
        (await connection.execute(select(*shown, jobs.c.metrics).where(jobs.c.id == job))).mappings().one()
    )
    if ended["notify"] == "no":
        return
    wanted = preferences["about"] == "all" or (preferences["about"] == "failed" and ended["phase"] == "ERROR")
    if wanted or ended["notify"] == "yes":
        await _write(connection, ENDED, ended, preferences)


async def _preferences(connection: AsyncConnection, identity: str | ScalarSelect[str]) -> Row | None:
    query = select(notification_settings).where(notification_settings.c.identity == identity)
    return (await connection.execute(query)).mappings().one_or_none()


async def _write(connection: AsyncConnection, event: str, job: Row, preferences: Row) -> None:
    known = ("phase", "reason", "module", "label", "metrics")
    detail = {key: job[key] for key in known if job.get(key) is not None}
    await write_messages(connection, event, job["id"], detail, preferences)


async def write_messages(
    connection: AsyncConnection, event: str, about: str, detail: Row, preferences: Row
) -> None:
    """Write a message for each channel of a person.

    Parameters
    ----------
    connection : AsyncConnection
        In the transaction of what is reported.
    event, about : str
        What happened, and the id of what it happened to: there is one message for both.
    detail : mapping
        The facts.
    preferences : mapping
        The person's row of ``notification_settings``.
    """
    moment = clock.now()
    for channel in ("email", "webhook"):
        if preferences[channel]:
            row = {
                "id": new_identifier(),
                "job": about,
                "identity": preferences["identity"],
                "event": event,
                "channel": channel,
                "target": preferences[channel],
                "detail": dict(detail),
                "state": WAITING,
                "attempts": 0,
                "due": moment,
                "error": "",
                "created": moment,
            }
            # A job that was retried after its end is reported again.
            same = [outbox.c[name] == row[name] for name in ("job", "event", "channel", "identity")]
            again = await connection.execute(update(outbox).where(*same).values({**row, "sent": None}))
            if not again.rowcount:
                await connection.execute(insert(outbox).values(row))


class Outbox:
    """Messages that wait, and those that were sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell_waiting(self) -> int:
        """Write messages about jobs that wait longer than their owner allows, once each; return how many."""
        written = 0
        async with self._database.write() as connection:
            query = select(notification_settings).where(notification_settings.c.waits_minutes > 0)
            for preferences in (await connection.execute(query)).mappings().all():
                for job in (await connection.execute(_late(preferences))).mappings().all():
                    await _write(connection, WAITS, job, preferences)
                    written += 1
        return written

    async def test(self, identity: str) -> None:
        """Write a test message to each channel that a user has set."""
        async with self._database.write() as connection:
            preferences = await _preferences(connection, identity)
            if preferences is not None:
                await _write(connection, TEST, {"id": f"test-{new_identifier()}"}, preferences)

    async def due(self) -> list[Message]:
        """Return the messages that are due, oldest first."""
        query = (
            select(outbox)
            .where(outbox.c.state == WAITING, outbox.c.due <= clock.now())
            .order_by(outbox.c.due)
            .limit(PIECE)
        )
        async with self._database.read() as connection:
            return [Message(**row) for row in (await connection.execute(query)).mappings()]

    async def claim(self, message: Message, seconds: float) -> bool:
        """Claim a message for `seconds`, after which it is due again; False when another process has it."""
        async with self._database.write() as connection:
            done = await connection.execute(
                update(outbox)
                .where(outbox.c.id == message.id, outbox.c.state == WAITING, outbox.c.due == message.due)
                .values(due=clock.after(seconds), attempts=outbox.c.attempts + 1)
            )
        return bool(done.rowcount)

    async def sent(self, message: Message) -> None:
        """Record that a message was delivered."""
        await self._set(message, {"state": SENT, "sent": clock.now(), "error": ""})

    async def failed(self, message: Message, error: str, retry_s: float, limit: int) -> None:
        """Record a failed attempt; the message is retried with a doubling delay, or given up.

        Parameters
        ----------
        message : Message
            What was sent.
        error : str
            Why it was not delivered.
        retry_s : float
            Seconds before the first retry.
        limit : int
            The most attempts.
        """
        attempts = message.attempts + 1
        state = FAILED if attempts >= limit else WAITING
        wait = min(retry_s * 2 ** (attempts - 1), LONGEST_S)
        await self._set(message, {"state": state, "due": clock.after(wait), "error": error[:500]})

    async def of(self, identity: str, limit: int = 20) -> Sequence[Message]:
        """Return the newest messages to a user."""
        query: Select[Any] = select(outbox).where(outbox.c.identity == identity)
        query = query.order_by(outbox.c.created.desc(), outbox.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            return [Message(**row) for row in (await connection.execute(query)).mappings()]

    async def _set(self, message: Message, values: Row) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(outbox).where(outbox.c.id == message.id).values(dict(values)))


def _late(preferences: Row) -> Select[Any]:
    told = select(outbox.c.id).where(outbox.c.job == jobs.c.id, outbox.c.event == WAITS).exists()
    return (
        select(jobs.c.id, jobs.c.phase, jobs.c.reason, jobs.c.module, jobs.c.label)
        .where(jobs.c.owner == preferences["identity"], jobs.c.phase == "QUEUED", jobs.c.notify != "no")
        .where(or_(jobs.c.notify == "yes", preferences["about"] != "asked"))
        .where(jobs.c.created < clock.after(-60.0 * preferences["waits_minutes"]), ~told)
        .limit(PIECE)
    )
