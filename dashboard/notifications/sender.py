"""Sends the messages of the outbox, one after the other, until each is delivered or given up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from dashboard.base.errors import NotFound, Unavailable
from dashboard.jobs.folder.results import JobResults
from dashboard.jobs.store.jobs import JobStore
from dashboard.notifications import email, webhook
from dashboard.notifications.email import Attachment
from dashboard.notifications.message import ENDED, Message
from dashboard.notifications.outbox import Outbox
from dashboard.notifications.preferences import PreferenceStore
from dashboard.notifications.webhook import NotDelivered
from dashboard.settings import NotificationSettings

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
WARN_SECONDS = 60.0
CLAIMED_S = 60.0  # beyond the time that an answer may take
# Small results; models and feature sets are fetched from the page.
RESULTS = ("summary.json", "report/", "predictions.csv", "rejected.csv")


class Warnings(Protocol):
    """Writes messages, each of them once."""

    async def tell(self) -> int:
        """Write what is new; return how many messages."""


class NotificationSender:
    """Sends messages.

    Parameters
    ----------
    outbox, preferences, jobs
        The platform's.
    settings : NotificationSettings
        Channels, timeouts and retries.
    address : str
        Public address of this platform, for links.
    warnings : sequence of Warnings
        Write messages about what is not in a transaction of ours, every now and then.
    """

    def __init__(
        self,
        outbox: Outbox,
        preferences: PreferenceStore,
        jobs: JobStore,
        settings: NotificationSettings,
        address: str,
        *,
        warnings: Sequence[Warnings] = (),
    ) -> None:
        self._warnings = warnings
        self._warned_at = float("-inf")
        self._outbox = outbox
        self._preferences = preferences
        self._jobs = jobs
        self._settings = settings
        self._address = address.rstrip("/")
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start sending."""
        self._running = asyncio.create_task(self._run(), name="sender")

    async def stop(self) -> None:
        """Stop; the remaining messages are sent after the next start."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    async def deliver(self) -> int:
        """Send every message that is due, once; return how many were delivered."""
        await self._outbox.tell_waiting()
        taken = 0
        while messages := await self._outbox.due():
            for message in messages:
                taken += await self._deliver(message)
        return taken

    async def _run(self) -> None:
        while True:
            try:
                await self._warn()
                await self.deliver()
            except Exception:  # the database may be unavailable for a moment
                log.exception("notifications could not be sent; trying again")
            await asyncio.sleep(LOOK_SECONDS)

    async def _warn(self) -> None:
        if time.monotonic() - self._warned_at > WARN_SECONDS:
            self._warned_at = time.monotonic()
            for warnings in self._warnings:
                await warnings.tell()

    async def _deliver(self, message: Message) -> bool:
        settings = self._settings
        if not await self._outbox.claim(message, settings.timeout_s + CLAIMED_S):
            return False
        try:
            await self._require_owner(message)
            await self._send(message)
        except NotDelivered as error:
            log.warning("message %s to %s: %s", message.id, message.channel, error)
            await self._outbox.failed(message, str(error), settings.retry_s, settings.attempts)
            return False
        await self._outbox.sent(message)
        return True

    async def _require_owner(self, message: Message) -> None:
        """Return if the job is still the reader's; a deleted one was."""
        try:
            owner = (await self._jobs.get(message.job)).owner
        except NotFound:
            return
        if owner != message.identity:
            raise NotDelivered("the job belongs to somebody else now")

    async def _send(self, message: Message) -> None:
        settings = self._settings
        if message.channel == "webhook":
            try:
                secrets = await self._preferences.signing_secrets(message.identity)
            except Unavailable as error:
                raise NotDelivered(error.detail) from error
            await webhook.send(
                message,
                secrets,
                self._address,
                timeout_s=settings.timeout_s,
                networks=settings.webhook_networks,
            )
            return
        if not settings.smtp_host:
            raise NotDelivered("no mail server is set up (notifications.smtp_host)")
        attached, note = await self._results(message)
        mail = email.compose(message, settings, self._address, attached, note)
        await asyncio.to_thread(email.send, mail, settings)

    async def _results(self, message: Message) -> tuple[list[Attachment], str]:
        """Return the small results of a completed job; where they are too large, a line with the link."""
        if message.event != ENDED or message.detail.get("phase") != "COMPLETED":
            return [], ""
        try:
            attempts = await self._jobs.attempts(message.job)
        except NotFound:
            attempts = []
        if not attempts:
            return [], ""
        results = JobResults(self._jobs.out_folder(attempts[-1]))
        link = f"The results are at {self._address}/jobs/{message.job}"
        if not (await self._preferences.get(message.identity)).attach_results:
            return [], link
        return await asyncio.to_thread(_small, results, self._settings.attach_kb * 1000, link)


def _small(results: JobResults, limit: int, link: str) -> tuple[list[Attachment], str]:
    files = [file for file in results.files() if file.path.startswith(RESULTS)]
    if sum(file.size for file in files) > limit:
        return [], link
    attached = []
    for file in files:
        try:
            attached.append(Attachment(file.path, results.folder.read(file.path, limit)))
        except OSError:  # removed or replaced meanwhile
            return [], link
    return attached, ""
