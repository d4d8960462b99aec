"""Sending letters, as the services of accounts see it; and what keeps them from being sent without end."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Protocol

from dashboard.auth.throttle import Throttle
from dashboard.base.errors import TooMany

# Letters to one address, and requests of one caller, who may be an institute behind one address.
TO_ADDRESS = (3, 60.0, 3600.0)
FROM_CALLER = (20, 10.0, 3600.0)


class Mail(Protocol):
    """Sends letters beside the requests that asked for them."""

    @property
    def available(self) -> bool:
        """Whether there is a mail server."""

    def begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work that ends with a letter, in the background."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send a letter; a failure is logged.

        Parameters
        ----------
        to : str
            E-mail address.
        subject, text : str
            The letter.
        """


class LetterRate:
    """Limits how many letters one caller asks for, and how many go to one address."""

    def __init__(self) -> None:
        self._addresses = Throttle(*TO_ADDRESS)
        self._callers = Throttle(*FROM_CALLER)

    def require(self, caller: str) -> None:
        """Count a request; `TooMany` if its caller sends too many.

        Parameters
        ----------
        caller : str
            Network address; empty: not known.

        Raises
        ------
        TooMany
            With the seconds to wait.
        """
        if not caller:
            return
        if wait := self._callers.wait_s(caller):
            seconds = math.ceil(wait)
            raise TooMany(f"Too many letters were asked for. Try again in {seconds} s.", seconds)
        self._callers.failed(caller)

    def allows(self, address: str) -> bool:
        """Count a letter to an address; return False if it got too many: nobody is told."""
        if self._addresses.wait_s(address):
            return False
        self._addresses.failed(address)
        return True


def letter(platform: str, *paragraphs: str) -> str:
    """Return the text of a letter.

    Parameters
    ----------
    platform : str
        Address of this platform.
    *paragraphs : str
        What it says.
    """
    return "\n\n".join([*paragraphs, f"This letter was sent by {platform}"]) + "\n"
