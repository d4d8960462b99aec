"""What a module tells of itself: asked anew whenever somebody wants it, beside what the workers do.

Modules list trained models and data sets in their metadata, so it changes while they run. They may also look
for them far away: a worker asks in a thread of its own, and a slow or failing answer harms nobody else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from deepaas_plugins.serve.problems import Problem

Json = dict[str, Any]

#: Seconds for which an answer is kept.
KEPT_S = 1.0

#: Seconds that a caller waits for a new answer where there is an older one, and where there is none.
RENEWED_WITHIN_S, FIRST_WITHIN_S = 5.0, 30.0


def default_metadata(name: str) -> Json:
    """Return what upstream says of a module that tells nothing of itself."""
    text = f"Could not load description from underlying model (loaded '{name}')"
    return {"id": "0", "name": name, "description": text}


class ModuleMetadata:
    """The metadata of one module.

    Parameters
    ----------
    name
        Of its entry point.
    ask
        Asks a worker, and returns whether there is one to be asked; the answer comes to `told`.
    """

    def __init__(self, name: str, ask: Callable[[], bool]) -> None:
        self._name, self._ask = name, ask
        self._answer: tuple[Json, bytes] | None = None
        self._told_at = 0.0
        self._asked_at: float | None = None
        self._news = asyncio.Event()

    def told(self, head: Json, content: bytes) -> None:
        """Keep what a worker answered.

        Parameters
        ----------
        head, content
            An `Answer`, as frames have it.
        """
        self._answer = head, content
        self._told_at = asyncio.get_running_loop().time()
        self._asked_at = None
        self._news.set()

    def lost(self) -> None:
        """Forget a question whose worker died."""
        self._asked_at = None

    async def get(self) -> Json:
        """Return the metadata.

        Raises
        ------
        Problem
            Of the status of what the module raises; 503: it has not told anything yet.
        """
        now = asyncio.get_running_loop().time()
        if self._answer is None or now - self._told_at > KEPT_S:
            await self._renew(now)
        if self._answer is None:
            text = f"The module {self._name} does not tell its metadata within {FIRST_WITHIN_S:g} s."
            raise Problem(503, text, {"Retry-After": "10"})
        head, content = self._answer
        if "problem" in head:
            raise Problem(head["status"], f"get_metadata of {self._name} fails: {head['problem']}")
        return dict(json.loads(content))

    async def _renew(self, now: float) -> None:
        if self._asked_at is None:
            self._asked_at = now
            self._news.clear()
            if not self._ask() and self._answer is not None:
                self._asked_at = None
                return
        within = FIRST_WITHIN_S if self._answer is None else RENEWED_WITHIN_S
        try:
            async with asyncio.timeout((self._asked_at or now) + within - now):
                await self._news.wait()
        except TimeoutError:
            return  # the older answer has to do


async def shown_metadata(metadata: Mapping[str, ModuleMetadata]) -> dict[str, Json]:
    """Return the metadata of several modules; where one fails, what is said of a module without any."""

    async def shown(name: str, one: ModuleMetadata) -> Json:
        try:
            return await one.get()
        except Problem:
            return default_metadata(name)

    found = await asyncio.gather(*(shown(name, one) for name, one in metadata.items()))
    return dict(zip(metadata, found, strict=True))
