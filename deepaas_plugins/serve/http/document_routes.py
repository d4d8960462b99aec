"""What a module and its API are: versions, metadata, the Swagger document and its user interface."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from aiohttp import web

from deepaas_plugins.serve.http.predict_routes import described, json_response, pool_of, response_of
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.worker.metadata import shown_metadata
from deepaas_plugins.serve.worker.pool import Pool
from deepaas_plugins.serve.worker.task import Task

Json = dict[str, Any]


class Documentation:
    """Handlers of everything that is only read.

    Parameters
    ----------
    options, pools
        The server's.
    """

    def __init__(self, options: Options, pools: Mapping[str, Pool]) -> None:
        self._options, self._pools = options, pools
        self._base = options.base_path
        self._swagger: Json | None = None

    async def versions(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        """Tell the versions of the API."""
        links = [{"rel": "describedby", "type": "application/json", "href": f"{self._base}/swagger.json"}]
        if self._options.doc_endpoint:
            links.insert(0, {"rel": "help", "type": "text/html", "href": f"{self._base}/api"})
        return json_response({"versions": [self._version()], "links": links})

    def _version(self) -> Json:
        links = [{"rel": "self", "type": "application/json", "href": f"{self._base}/v2/"}]
        return {"version": "stable", "id": "v2", "links": links}

    async def version(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        """Tell about version 2."""
        return json_response(self._version())

    async def debug(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        """Say that there is no debug information here (the container's log has it)."""
        return web.Response(status=204)

    async def models(self, request: web.Request) -> web.Response:
        """List the modules."""
        for pool in self._pools.values():
            await described(pool)
        metadata = {name: pool.metadata for name, pool in self._pools.items()}
        found = [
            {"id": name, "name": name, "links": [{"rel": "self", "href": urljoin(f"{request.path}/", name)}]}
            | told
            for name, told in (await shown_metadata(metadata)).items()
        ]
        return json_response({"models": found})

    async def model(self, request: web.Request) -> web.Response:
        """Tell a module's metadata."""
        pool = pool_of(request, self._pools)
        links = [{"rel": "self", "href": request.path.rstrip("/")}]
        await described(pool)
        told = await pool.metadata.get()
        return json_response({"id": pool.name, "name": pool.name, "links": links} | told)

    async def swagger(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        """Answer with the Swagger document, made once."""
        if self._swagger is None:
            enabled = {
                "base": self._base,
                "train": self._options.train_endpoint,
                "predict": self._options.predict_endpoint,
            }
            made: Json = {}
            for pool in self._pools.values():
                head, content = await pool.ask(Task("swagger", {"head": {"enabled": enabled}}, []))
                one = json.loads(str(response_of(head, content).text))
                made = {
                    **one,
                    "paths": made.get("paths", {}) | one["paths"],
                    "definitions": made.get("definitions", {}) | one["definitions"],
                }
            self._swagger = made
        return json_response(self._swagger)

    async def interface(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        """Show the Swagger UI."""
        page = (
            (_static() / "index.html").read_text(encoding="utf-8").rstrip("\n")
        )  # as upstream's template leaves it
        for name, value in (
            ("path", f"{self._base}/swagger.json"),
            ("static", f"{self._base}/static/swagger"),
        ):
            page = page.replace(f"{{{{ {name} }}}}", value)
        return web.Response(text=page, content_type="text/html")

    async def redirect(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        """Send to the Swagger UI."""
        raise web.HTTPFound(f"{self._base}/api")


def _static() -> Path:
    """Return the folder of the Swagger UI, of upstream's dependency (not imported: it is slow)."""
    found = importlib.util.find_spec("aiohttp_apispec")
    if found is None or found.origin is None:
        raise web.HTTPNotFound(reason="The Swagger UI is not installed.")
    return Path(found.origin).parent / "static"


def add_routes(router: web.UrlDispatcher, options: Options, pools: Mapping[str, Pool]) -> None:
    """Add the routes."""
    handlers, base = Documentation(options, pools), options.base_path

    def get(path: str, handler: Any) -> None:
        router.add_get(path, handler)

    router.add_get(base or "/", handlers.versions)
    get(f"{base}/v2/", handlers.version)
    get(f"{base}/v2/debug/", handlers.debug)
    get(f"{base}/v2/models/", handlers.models)
    get(f"{base}/v2/models/{{model}}/", handlers.model)
    get(f"{base}/swagger.json", handlers.swagger)
    if options.doc_endpoint:
        get(f"{base}/api", handlers.interface)
        get(f"{base}/ui", handlers.redirect)
        if importlib.util.find_spec("aiohttp_apispec") is not None:
            router.add_static(f"{base}/static/swagger", _static())
