"""``…/train/``: start, list, show and cancel trainings; and beside upstream's routes log and artefacts."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from deepaas_plugins.serve.http.body import Body
from deepaas_plugins.serve.http.predict_routes import described, item_of, json_response, pool_of, response_of
from deepaas_plugins.serve.http.spool import Spool
from deepaas_plugins.serve.http.upload import read_body
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem
from deepaas_plugins.serve.training.service import Trainings
from deepaas_plugins.serve.worker.pool import Pool
from deepaas_plugins.serve.worker.task import Task

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Lines of progress that one answer shows at most.
SHOWN = 1000


class TrainingHandlers:
    """The handlers.

    Parameters
    ----------
    options, pools, trainings, spool
        The server's.
    """

    def __init__(
        self, options: Options, pools: Mapping[str, Pool], trainings: Mapping[str, Trainings], spool: Spool
    ) -> None:
        self._options, self._pools, self._trainings, self._spool = options, pools, trainings, spool

    def _of(self, request: web.Request) -> Trainings:
        return self._trainings[pool_of(request, self._pools).name]

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Start a training, once its arguments are checked."""
        pool = pool_of(request, self._pools)
        pool.check()
        description = await described(pool)
        place = self._spool.place()
        try:
            body = await read_body(request, self._options, place, raw=False)
            item = item_of(request, body, description, place.folder)
            response = response_of(*await pool.ask(Task("arguments", item, body.parts)))
            if response.status != 200:
                return response
            arguments = json.loads(str(response.text))
            if description["batches"]:
                check_paths(arguments, self._options)
            return json_response(await self._start(self._of(request), item, body, arguments))
        finally:
            place.remove()

    @staticmethod
    async def _start(trainings: Trainings, item: Json, body: Body, arguments: Json) -> Json:
        folder = trainings.new_folder()
        try:
            await asyncio.to_thread(_keep, folder / "in", item, body)
            return await trainings.start(folder, item | {"folder": str(folder / "in")}, arguments)
        except BaseException:
            if not (folder / "record.json").exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise

    async def index(self, request: web.Request) -> web.Response:
        """List all trainings."""
        return json_response(self._of(request).all())

    async def get(self, request: web.Request) -> web.Response:
        """Tell of one training."""
        return json_response(self._of(request).one(request.match_info["uuid"]))

    async def delete(self, request: web.Request) -> web.Response:
        """Cancel a training."""
        return json_response(await self._of(request).delete(request.match_info["uuid"]))

    def _folder(self, request: web.Request) -> Path:
        return self._of(request).folder_of(request.match_info["uuid"])

    async def log(self, request: web.Request) -> web.StreamResponse:
        """Answer with everything that the training has printed."""
        path = self._folder(request) / "log.txt"
        return web.FileResponse(path, headers={"Content-Type": "text/plain; charset=utf-8"})

    async def progress(self, request: web.Request) -> web.Response:
        """Tell how far it is: the last progress and metrics of one of our own methods."""
        folder = self._folder(request)
        record = json.loads((folder / "record.json").read_text())
        out = Path(record["args"].get("output") or folder / "out")
        return json_response(
            {"progress": _lines(out / "progress.jsonl"), "metrics": _lines(out / "metrics.jsonl")}
        )

    async def artefacts(self, request: web.Request) -> web.Response:
        """List the files that the training has written into its own folder."""
        out = self._folder(request) / "out"
        files = [path for path in sorted(out.rglob("*")) if path.is_file() and not path.is_symlink()]
        found = [{"path": path.relative_to(out).as_posix(), "size": path.stat().st_size} for path in files]
        return json_response({"artefacts": found})

    async def artefact(self, request: web.Request) -> web.StreamResponse:
        """Send a file of a training.

        Parameters
        ----------
        request : web.Request
            Names the training and the path of the file.

        Returns
        -------
        web.StreamResponse
            The file, as a download.

        Raises
        ------
        Problem
            404, if the training has no such file.
        """
        out = (self._folder(request) / "out").resolve()
        path = _below(out / request.match_info["path"], out)
        if path is None or not _is_file(path):
            raise Problem(404, f"The training has no file {request.match_info['path']!r}.")
        return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})


def check_paths(arguments: Json, options: Options) -> None:
    """Check that a training of our own methods reads below the folders that it may, and writes into its own.

    Parameters
    ----------
    arguments
        After their check.
    options
        Name the folders; without `train_input` a training may read and write anywhere.

    Raises
    ------
    Problem
        422: a path leads out of them, by itself or through a link.
    """
    if options.train_input is None:
        return
    if arguments.get("output") is not None:
        raise Problem(422, "Parameter output cannot be chosen here: its artefacts belong to the training.")
    for name in ("input", "labels"):
        if arguments.get(name) is None:
            continue
        if _below(Path(str(arguments[name])), options.train_input, options.state) is None:
            raise Problem(
                422, f"Parameter {name} leads out of the deployment's folder: name a path below it."
            )


def _below(path: Path, *roots: Path) -> Path | None:
    """Return a path without its links, if it can be a path at all and is below one of the roots."""
    try:
        path = path.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a ring; a NUL in the name
        return None
    return path if any(path.is_relative_to(root) for root in roots) else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long for the file system
        return False


def _keep(folder: Path, item: Json, body: Body) -> None:
    """Move a request's files into a training's folder; the item then names their new paths."""
    folder.mkdir(mode=0o700)
    parts = iter(body.parts)
    for number, (_, value) in enumerate(item["form"]):
        if isinstance(value, str):
            continue
        path = folder / f"file-{number}"
        if "path" in value:
            shutil.move(value["path"], path)
        else:
            path.write_bytes(next(parts))
        value["path"] = str(path)
    if item["body"]:
        (folder / "body.json").write_bytes(next(parts))


def _lines(path: Path) -> list[Json]:
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()[-SHOWN:]
    return [json.loads(line) for line in lines if line.endswith("}")]


def add_routes(
    router: web.UrlDispatcher,
    base_path: str,
    handlers: TrainingHandlers,
    enabled: Callable[[Handler], Handler],
) -> None:
    """Add the routes of trainings.

    Parameters
    ----------
    router : web.UrlDispatcher
        Gets the routes.
    base_path : str
        Prefix of all routes.
    handlers : TrainingHandlers
        The handlers.
    enabled : callable
        Wraps each handler; the endpoint may be disabled.
    """
    base = f"{base_path}/v2/models/{{model}}/train/"
    one = base + "{uuid}"
    router.add_post(base, enabled(handlers.post))
    router.add_delete(one, enabled(handlers.delete))
    for path, handler in (
        (base, handlers.index),
        (one, handlers.get),
        (f"{one}/log", handlers.log),
        (f"{one}/progress", handlers.progress),
        (f"{one}/artefacts", handlers.artefacts),
        (f"{one}/artefacts/{{path:.+}}", handlers.artefact),
    ):
        router.add_get(path, enabled(handler))
