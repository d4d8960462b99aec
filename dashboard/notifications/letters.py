"""Letters about accounts: links to confirm an address or to choose a password; sent in the background.

They are not written into the outbox, whose rows anybody can read who has the database: a letter holds the
token of a link. One that a crash loses is asked for again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dashboard.base.ids import new_identifier
from dashboard.notifications import email
from dashboard.notifications.webhook import NotDelivered
from dashboard.settings import NotificationSettings

log = logging.getLogger(__name__)

MOST_WAITING = 200
AT_ONCE = 4
RETRY_S = (5.0, 60.0)  # between the attempts


class LetterSender:
    """Does work that ends with a letter, beside the requests that asked for it.

    So a request takes as long whether there is such an account or not.

    Parameters
    ----------
    settings : NotificationSettings
        The mail server.
    """

    def __init__(self, settings: NotificationSettings) -> None:
        self._settings = settings
        self._few = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    @property
    def available(self) -> bool:
        """Whether there is a mail server."""
        return bool(self._settings.smtp_host)

    async def start(self) -> None:
        """Start; there is nothing to do before a letter is asked for."""

    async def stop(self) -> None:
        """End what is not sent yet."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until everything that was begun is done."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    def begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work in the background; where very much is waiting, it is dropped and logged."""
        if len(self._running) >= MOST_WAITING:
            log.warning("%d letters are waiting: one more was not begun", MOST_WAITING)
            return
        task = asyncio.create_task(self._do(work), name="letter")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send a letter, more than once if need be; a failure is logged without the text.

        Parameters
        ----------
        to : str
            E-mail address.
        subject, text : str
            The letter.
        """
        mail = email.compose_letter(new_identifier(), to, subject, text, self._settings)
        for wait_s in (*RETRY_S, None):
            try:
                await asyncio.to_thread(email.send, mail, self._settings)
            except NotDelivered as error:
                log.warning("a letter about an account was not sent: %s", error)
            else:
                return
            if wait_s is not None:
                await asyncio.sleep(wait_s)

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._few:
            try:
                await work()
            except Exception:  # the database may be away for a moment; who asked can ask again
                log.exception("a letter about an account could not be written")
