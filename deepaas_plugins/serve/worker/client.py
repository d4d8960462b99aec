"""One worker process as the HTTP process sees it: what it works on, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from typing import Any, Protocol

from deepaas_plugins.serve.worker.frames import AsyncChannel, Cursor
from deepaas_plugins.serve.worker.spawning import Spawned
from deepaas_plugins.serve.worker.task import Task

Json = dict[str, Any]


class Dispatcher(Protocol):
    """What a worker process tells of: who gives it work, and replaces it when it dies."""

    def waited(self, task: Task) -> None:
        """Count how long a task waited."""

    def learn(self, tasks: list[Task], heads: list[Json], seconds: float) -> None:
        """Take the time that a batch took into account.

        Parameters
        ----------
        tasks : list of Task
            The requests of the batch.
        heads : list of Json
            The head of each answer.
        seconds : float
            Time that the batch took.
        """

    def dispatch(self) -> None:
        """Give waiting tasks to idle workers."""

    def on_described(self, description: Json) -> None:
        """Keep the description of the module."""

    def on_metadata(self, head: Json, content: bytes) -> None:
        """Keep what the module tells of itself."""

    def on_ready(self) -> None:
        """Note that a worker holds the model."""

    async def lost(self, worker: WorkerProcess) -> None:
        """Replace a worker that died."""


class WorkerProcess:
    """One worker process.

    Parameters
    ----------
    pool
        Gives it work and is told what happens.
    spawned
        The process and its socket.
    failures
        How often its predecessors died before they were ready.
    timeout
        Seconds that a batch may take.
    """

    def __init__(self, pool: Dispatcher, spawned: Spawned, failures: int, timeout: float) -> None:
        self._pool, self._process, self._socket = pool, spawned.process, spawned.socket
        self._channel = AsyncChannel(self._received, self._lost)
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None
        self._gone = asyncio.Event()
        self._replacing: asyncio.Task[None] | None = None
        self.failures = failures
        self.ready = False
        self.reason = ""
        self.too_slow = False
        self.tasks: list[Task] = []

    @property
    def idle(self) -> bool:
        """Whether it waits for work."""
        return self.ready and not self.tasks

    async def connect(self) -> None:
        """Begin to listen to the process."""
        self._socket.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self._channel, sock=self._socket)

    def give(self, tasks: list[Task]) -> None:
        """Let it work on tasks: several predictions, or one of another kind."""
        self.tasks = tasks
        for task in tasks:
            self._pool.waited(task)
        head = {
            "kind": tasks[0].kind,
            "items": [task.item for task in tasks],
            **tasks[0].item.get("head", {}),
        }
        self._channel.send(head, [part for task in tasks for part in task.parts])
        self._timer = asyncio.get_running_loop().call_later(self._timeout, self._overdue)

    def ask_metadata(self) -> None:
        """Let the module tell of itself, beside its work; `Dispatcher.on_metadata` gets the answer."""
        self._channel.send({"kind": "metadata"})

    def _overdue(self) -> None:
        self.reason = f"it took longer than {self._timeout:g} s"
        self._process.kill()

    def _received(self, head: Json, content: bytes) -> None:
        kind = head.pop("kind")
        if kind == "answers":
            self._answered(head, content)
        elif kind == "described":
            self._pool.on_described(head)
        elif kind == "metadata":
            self._pool.on_metadata(head, content)
        elif kind == "ready":
            self.ready = True
            self._pool.on_ready()
        else:
            self.reason = head["reason"]

    def _answered(self, head: Json, content: bytes) -> None:
        if self._timer is not None:
            self._timer.cancel()
        tasks, self.tasks = self.tasks, []
        if tasks[0].kind == "predict":
            self._pool.learn(tasks, head["answers"], head["seconds"])
        # The next batch goes out before the answers of this one: the model is what must not wait.
        self._pool.dispatch()
        cursor = Cursor(content)
        for task, answer in zip(tasks, head["answers"], strict=True):
            body = cursor.take(answer["size"])
            if not task.future.done():
                task.future.set_result((answer, body))

    def _lost(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._replacing = asyncio.get_running_loop().create_task(self._replace())

    async def _replace(self) -> None:
        self._process.kill()  # its socket is closed: no answer of it can arrive any more
        code = await asyncio.get_running_loop().run_in_executor(None, self._process.wait)
        self._gone.set()
        self.too_slow = code == -signal.SIGALRM
        self.reason = self.reason or _ending(code)
        await self._pool.lost(self)

    async def end(self) -> None:
        """Let it end, and kill it if it does not within two seconds."""
        self._channel.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._gone.wait()), 2.0)
        except TimeoutError:
            self._process.kill()
            await self._gone.wait()


def _ending(code: int) -> str:
    if code >= 0:
        return f"it ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"it was killed by {name}" + (" (out of memory?)" if code == -signal.SIGKILL else "")
