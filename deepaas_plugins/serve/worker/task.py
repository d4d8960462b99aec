"""One call on its way from a request to a worker and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from deepaas_plugins.serve.problems import Problem

Json = dict[str, Any]


@dataclass(eq=False)
class Task:
    """One call on its way to a worker.

    Attributes
    ----------
    kind
        "predict", "arguments" or "swagger".
    item
        Its part of the frame's head; `parts` are its bytes.
    weight
        Files in it: how many spectra it is taken for until the worker has counted.
    alone
        Whether it goes in a batch of its own (large files; second try).
    wanted
        Whether the caller is still there.
    """

    kind: str
    item: Json
    parts: list[bytes]
    weight: int = 1
    alone: bool = False
    wanted: Callable[[], bool] = lambda: True
    tried: bool = False
    future: asyncio.Future[tuple[Json, memoryview]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    since: float = field(default_factory=time.perf_counter)

    def fail(self, problem: Problem) -> None:
        """Tell the caller, if there still is one."""
        if not self.future.done():
            self.future.set_exception(problem)
