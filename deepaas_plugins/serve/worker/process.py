"""A worker process, ``process.py MODULE FD POINTS SECONDS SPOOL``: holds the module, answers frames.

It says ``described`` as soon as the module is imported and ``ready`` when it is warm; then it takes one
frame at a time. It ends when the other side closes the socket.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import math
import os
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepaas_plugins.serve.worker.frames import BlockingChannel, Cursor
from wire.printable import print_records_safely
from wire.repeated_records import limit_repeated

if TYPE_CHECKING:
    from deepaas_plugins.serve.formats.arguments import RawRequest
    from deepaas_plugins.serve.worker.plain_module import PlainModule

Json = dict[str, Any]

#: Seconds that the model waits for the metadata, so that a module which is quick does one after the other.
METADATA_BEFORE_WARM_S = 1.0


def load(
    name: str, points: int = sys.maxsize, seconds: float = math.inf, spectra: int = sys.maxsize
) -> PlainModule:
    """Import a module by the name of its entry point.

    Parameters
    ----------
    points
        Of one spectrum at most, for our own methods.
    seconds
        For reading one file, for our own methods.
    spectra
        Of one request at most, for our own methods.

    Raises
    ------
    InvalidInput
        It is not installed or cannot be imported.
    """
    from deepaas_plugins.contract.registry import module_object  # noqa: PLC0415 - see above
    from deepaas_plugins.deepaas.adapter import Plugin  # noqa: PLC0415 - imports are what a cold start waits for

    target = module_object(name)
    if isinstance(target, Plugin):
        from deepaas_plugins.serve.worker.method_module import MethodModule  # noqa: PLC0415 - see above

        return MethodModule(name, target, points, seconds, spectra)
    from deepaas_plugins.serve.worker.plain_module import PlainModule  # noqa: PLC0415 - see above

    return PlainModule(name, target)


def raw_request(head: Json, cursor: Cursor) -> RawRequest:
    """Make a request of its part of a frame."""
    from deepaas_plugins.serve.formats.arguments import RawRequest, Upload  # noqa: PLC0415 - see `load`

    form: list[tuple[str, Any]] = []
    for name, value in head["form"]:
        if isinstance(value, str):
            form.append((name, value))
            continue
        path = value.get("path")
        form.append(
            (
                name,
                Upload(
                    field=name,
                    filename=value["filename"],
                    content_type=value["type"],
                    content=None if path else cursor.take(value["size"]),
                    path=Path(path) if path else None,
                ),
            )
        )
    body = bytes(cursor.take(head["body"])) if head.get("body") else None
    return RawRequest(
        query=[(name, value) for name, value in head["query"]],
        form=form,
        headers=head.get("headers", {}),
        cookies=head.get("cookies", {}),
        body=body,
    )


class Worker:
    """The loop of a worker process."""

    def __init__(self, module: PlainModule, channel: BlockingChannel) -> None:
        self._module, self._channel = module, channel
        self._telling = threading.Lock()

    def run(self) -> None:
        """Answer until the other side is gone."""
        while (frame := self._channel.receive()) is not None:
            head, content = frame
            getattr(self, f"_{head['kind']}")(head, Cursor(content))

    def _predict(self, head: Json, cursor: Cursor) -> None:
        begun = time.perf_counter()
        requests = [(raw_request(item, cursor), Path(item["folder"])) for item in head["items"]]
        answers = self._module.predict(requests)
        taken = time.perf_counter() - begun
        reply = {"kind": "answers", "seconds": taken, "answers": [answer.head() for answer in answers]}
        self._channel.send(reply, [answer.body for answer in answers])

    def _arguments(self, head: Json, cursor: Cursor) -> None:
        from deepaas_plugins.serve.formats.arguments import shown  # noqa: PLC0415 - see `load`
        from deepaas_plugins.serve.worker.answer import Answer  # noqa: PLC0415 - see `load`
        from deepaas_plugins.serve.worker.plain_module import guarded  # noqa: PLC0415 - see `load`

        def checked() -> Answer:
            found = self._module.train_arguments(raw_request(head["items"][0], cursor))
            return Answer(body=json.dumps(found, default=lambda value: shown_text(shown(value))).encode())

        def shown_text(value: Any) -> Any:
            return value if isinstance(value, list) else str(value)

        self._reply(guarded(checked))

    def _swagger(self, head: Json, cursor: Cursor) -> None:  # noqa: ARG002 - every kind has the same signature
        from deepaas_plugins.serve.worker.answer import Answer  # noqa: PLC0415 - see `load`
        from deepaas_plugins.serve.worker.plain_module import guarded  # noqa: PLC0415 - see `load`
        from deepaas_plugins.serve.worker.swagger import describe  # noqa: PLC0415 - its libraries are heavy

        self._reply(
            guarded(lambda: Answer(body=json.dumps(describe(self._module, head["enabled"])).encode()))
        )

    def _metadata(self, head: Json, cursor: Cursor) -> None:  # noqa: ARG002 - every kind has the same signature
        self.tell_metadata()

    def tell_metadata(self, wait: float = 0.0) -> None:
        """Let the module tell of itself in a thread: it may take long, or look for what is far away.

        Parameters
        ----------
        wait
            Seconds for which its end is waited for.
        """
        if self._telling.acquire(blocking=False):
            thread = threading.Thread(target=self._tell, daemon=True, name="metadata")
            thread.start()
            thread.join(wait)

    def _tell(self) -> None:
        from deepaas_plugins.serve.worker.plain_module import of_exception  # noqa: PLC0415 - see `load`

        try:
            answer = self._module.metadata()
        except BaseException as error:  # noqa: BLE001 - SystemExit too must not end without an answer
            answer = of_exception(error)
        finally:
            self._telling.release()
        with contextlib.suppress(OSError):  # the HTTP process is gone
            self._channel.send({"kind": "metadata", **answer.head()}, [answer.body])

    def _reply(self, answer: Any) -> None:
        self._channel.send({"kind": "answers", "seconds": 0.0, "answers": [answer.head()]}, [answer.body])


def main(
    name: str,
    descriptor: int,
    points: int,
    seconds: float,
    spool: Path,
    *,
    spectra: int,
    warm: bool,
    isolate: bool,
) -> int:
    """Serve a module.

    Parameters
    ----------
    name
        Of its entry point.
    descriptor
        The worker's end of the socket.
    points
        Of one spectrum at most.
    seconds
        For reading one file.
    spool
        Folder of the uploads.
    spectra
        Of one request at most.
    warm, isolate
        Whether to load the model first, and whether to close the network and all other files.

    Returns
    -------
    int
        The exit code.
    """
    # The HTTP process says when to stop (it finishes what it has); a signal to the whole group must not.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    channel = BlockingChannel(socket.socket(fileno=descriptor))
    try:
        module = load(name, points, seconds, spectra)
        if isolate:
            module.isolate(spool)
        channel.send({"kind": "described", **module.describe()})
        worker = Worker(module, channel)
        worker.tell_metadata(wait=METADATA_BEFORE_WARM_S)
        if warm:
            module.warm()
        gc.freeze()  # the module stays: it need not be looked through again and again
        channel.send({"kind": "ready"})
    except Exception as error:  # noqa: BLE001 - the HTTP process must be told whatever it is
        traceback.print_exc()
        channel.send({"kind": "failed", "reason": f"{type(error).__name__}: {error}"})
        return 1
    try:
        worker.run()
    except (BrokenPipeError, ConnectionResetError):
        return 0  # the HTTP process is gone
    return 0


if __name__ == "__main__":
    _, given_name, given_descriptor, given_points, given_seconds, given_spool, *switches = sys.argv
    level = logging.DEBUG if "--debug" in switches else logging.INFO
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    limit_repeated()
    print_records_safely()
    code = main(
        given_name,
        int(given_descriptor),
        int(given_points),
        float(given_seconds),
        Path(given_spool),
        spectra=next(int(each.partition("=")[2]) for each in switches if each.startswith("--spectra=")),
        warm="--nowarm" not in switches,
        isolate="--isolate" in switches,
    )
    sys.stdout.flush()
    # Threads that a module left running must not keep a worker that is no longer wanted.
    os._exit(code)
