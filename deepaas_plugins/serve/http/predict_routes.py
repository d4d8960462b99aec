"""``POST …/predict/``: from a request to a task, from an answer to a response."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from deepaas_plugins.serve.http.body import Body
from deepaas_plugins.serve.http.spool import Spool
from deepaas_plugins.serve.http.upload import SMALL, read_body
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem
from deepaas_plugins.serve.worker.answer import JSON_CONTENT, encode_json
from deepaas_plugins.serve.worker.pool import Pool
from deepaas_plugins.serve.worker.task import Task

Json = dict[str, Any]

SPECTRA = "X-Huggins-Spectra"
"""Header that says how many spectra an answer is about: the gateway counts by it (contract 4)."""


def item_of(request: web.Request, body: Body, description: Mapping[str, Any], folder: str) -> Json:
    """Return a request in the form of frames.

    Parameters
    ----------
    request : web.Request
        The request.
    body : Body
        What was read of its body.
    description : mapping
        What the module wants; names the ``headers`` that it reads.
    folder : str
        Where the files of the request are.

    Returns
    -------
    Json
        Query, form, headers, cookies, and where the body is.
    """
    given = request.headers
    return {
        "query": list(request.query.items()) if request.query_string else [],
        "form": body.form,
        "headers": {name: ", ".join(given.getall(name)) for name in description["headers"] if name in given},
        "cookies": dict(request.cookies) if "Cookie" in given else {},
        "body": body.json_size,
        "folder": folder,
    }


def response_of(head: Json, content: memoryview) -> web.Response:
    """Return the response to a worker's answer.

    Raises
    ------
    Problem
        The answer is one.
    """
    if "problem" in head:
        raise Problem(head["status"], head["problem"], **head.get("more", {}))
    headers = {"Content-Type": head["type"], SPECTRA: str(head["spectra"])}
    if "file" in head:
        # Opened once more than upstream does, in the process that sends it; read in portions by aiohttp.
        return web.Response(body=Path(head["file"]).open("rb"), headers=headers)
    return web.Response(status=head["status"], body=bytes(content), headers=headers)


def pool_of(request: web.Request, pools: Mapping[str, Pool]) -> Pool:
    """Return the pool of the module in the path.

    Raises
    ------
    Problem
        404: no such module is served.
    """
    name = request.match_info["model"]
    if name not in pools:
        raise Problem(404, f"There is no model {name!r} here; there are: {', '.join(pools)}.")
    return pools[name]


async def described(pool: Pool) -> Json:
    """Wait until the module has said what it is.

    Raises
    ------
    Problem
        503: it does not start.
    """
    if pool.description is None:
        await pool.described.wait()
    if pool.description is None:
        pool.check()
    return pool.description or {}


class Prediction:
    """The handler of predictions.

    Parameters
    ----------
    options, spool, pools
        The server's.
    """

    def __init__(self, options: Options, spool: Spool, pools: Mapping[str, Pool]) -> None:
        self._options, self._spool, self._pools = options, spool, pools

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Predict."""
        pool = pool_of(request, self._pools)
        pool.check()
        description = pool.description or await described(pool)
        place = self._spool.place()
        held = min(request.content_length or SMALL, SMALL)
        pool.held += held
        try:
            body = await read_body(request, self._options, place, raw=description["batches"])
            task = Task(
                kind="predict",
                item=item_of(request, body, description, place.folder),
                parts=body.parts,
                weight=max(body.files, 1),
                alone=body.spooled,
                wanted=lambda: request.transport is not None and not request.transport.is_closing(),
            )
            head, content = await pool.ask(task)
            response = response_of(head, content)
            if "file" in head:
                await response.prepare(request)
                await response.write_eof()
            return response
        finally:
            pool.held -= held
            place.remove()


def json_response(content: Any) -> web.Response:
    """Return a JSON answer with the headers that aiohttp writes."""
    return web.Response(body=encode_json(content), headers={"Content-Type": JSON_CONTENT})
