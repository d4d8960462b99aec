"""The HTTP process: routes, the life of a request, the life of the server."""

from __future__ import annotations

import asyncio
import functools
import gc
import hmac
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from aiohttp import web
from aiohttp.web_middlewares import normalize_path_middleware

from deepaas_plugins.serve.buckets import SECONDS
from deepaas_plugins.serve.http import document_routes as documentation
from deepaas_plugins.serve.http.predict_routes import Prediction
from deepaas_plugins.serve.http.spool import Spool
from deepaas_plugins.serve.http.training_routes import TrainingHandlers
from deepaas_plugins.serve.http.training_routes import add_routes as add_training_routes
from deepaas_plugins.serve.options import GATEWAY_HEADER, Options
from deepaas_plugins.serve.problems import CONTENT_TYPE, Problem, document
from deepaas_plugins.serve.training.service import Trainings
from deepaas_plugins.serve.worker.pool import Pool
from deepaas_plugins.serve.worker.spawning import Spawned
from wire.printable import print_records_safely
from wire.prometheus import TEXT_FORMAT, Histogram, Metrics
from wire.repeated_records import KIND, limit_repeated
from wire.slow_heads import heads_in_time

LOG = logging.getLogger("huggins.serve")

Counted = tuple[Callable[[], None], Histogram]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_IDENTIFIER = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")


class Server:
    """Everything that serves.

    Parameters
    ----------
    options
        As told.
    started
        Worker processes by module, started already.
    """

    def __init__(self, options: Options, started: Mapping[str, list[Spawned]]) -> None:
        self.options = options
        self._started = started
        self.metrics = Metrics()
        self.spool = Spool(options.spool_limit, options.spool)
        self.pools = {name: Pool(name, options, self.metrics) for name in started}
        self.trainings = {name: Trainings(name, options.state) for name in started}
        self.active = 0
        self.stopping = False
        self._requests = self.metrics.counter("huggins_requests_total", "Requests answered.")
        self._counted: dict[tuple[object, str, int], Counted] = {}
        self.metrics.gauge("huggins_requests_active", "Requests being answered.", lambda: self.active)
        self.metrics.gauge("huggins_spool_bytes", "Bytes of uploads on disk.", lambda: self.spool.used)

    def application(self) -> web.Application:
        """Return the application with all routes."""
        application = web.Application(middlewares=[self._around, normalize_path_middleware()])
        router, base = application.router, self.options.base_path
        prediction = Prediction(self.options, self.spool, self.pools)
        router.add_post(
            f"{base}/v2/models/{{model}}/predict/",
            self._enabled(prediction.post, self.options.predict_endpoint),
        )
        documentation.add_routes(router, self.options, self.pools)
        enabled = self.options.train_endpoint
        trainings = TrainingHandlers(self.options, self.pools, self.trainings, self.spool)
        add_training_routes(router, base, trainings, lambda handler: self._enabled(handler, enabled))
        router.add_get("/health/live", self._live)
        router.add_get("/health/ready", self._ready)
        router.add_get("/metrics", self._metrics)
        return application

    async def start(self) -> None:
        """Listen to the workers."""
        for name, pool in self.pools.items():
            await pool.start(self._started[name])

    async def stop(self) -> None:
        """Finish what is being answered, within the grace; then end everything."""
        deadline = time.monotonic() + self.options.grace
        while self._busy() and time.monotonic() < deadline:  # noqa: ASYNC110 - happens once, at the end
            await asyncio.sleep(0.02)
        await asyncio.gather(*(pool.close() for pool in self.pools.values()))
        await asyncio.gather(*(each.close() for each in self.trainings.values()))
        self.spool.close()

    def _busy(self) -> bool:
        return self.active > 0 or any(pool.busy for pool in self.pools.values())

    @staticmethod
    def _enabled(handler: Handler, enabled: bool) -> Handler:
        async def disabled(request: web.Request) -> web.StreamResponse:  # noqa: ARG001 - a handler
            raise Problem(402, "This endpoint is switched off.")

        return handler if enabled else disabled

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count, time, name by an id, and word errors."""
        begun = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        identifier = given if _IDENTIFIER.match(given) else os.urandom(12).hex()
        self.active += 1
        try:
            response = await self._answered(request, handler, identifier)
        finally:
            self.active -= 1
        if not response.prepared:
            response.headers["X-Request-ID"] = identifier
        if self.stopping:
            response.force_close()
        self._count(request, response.status, time.perf_counter() - begun)
        return response

    def _count(self, request: web.Request, status: int, seconds: float) -> None:
        resource = request.match_info.route.resource
        key = (resource, request.method, status)
        if key not in self._counted:
            route = "" if resource is None else resource.canonical
            text = "Seconds from the head of a request to its answer."
            self._counted[key] = (
                functools.partial(self._requests, route=route, method=request.method, status=str(status)),
                self.metrics.histogram("huggins_request_seconds", text, SECONDS, route=route),
            )
        count, latency = self._counted[key]
        count()
        latency.observe(seconds)

    async def _answered(self, request: web.Request, handler: Handler, identifier: str) -> web.StreamResponse:
        try:
            self._admit(request)
            return await handler(request)
        except Problem as problem:
            return _problem(request, problem, identifier)
        except web.HTTPException as error:
            if error.status < 400:  # a redirect
                return web.Response(status=error.status, headers=error.headers, body=error.body)
            headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            return _problem(request, Problem(error.status, _words(request, error), headers), identifier)
        except ConnectionError:
            return _problem(request, Problem(499, "The caller left."), identifier)  # nobody reads the answer
        except Exception as error:
            LOG.exception("[%s] %s %s", identifier, request.method, request.path)
            return _problem(
                request, Problem(500, f"A fault of the server: {type(error).__name__}."), identifier
            )

    def _admit(self, request: web.Request) -> None:
        """Let the gateway of the deployment in, and nobody else; whether the server lives, all may ask.

        Raises
        ------
        Problem
            403: the request does not show the secret of this replica.
        """
        secret = self.options.secret
        if not secret or request.path in {"/health/live", "/health/ready"}:
            return
        if not hmac.compare_digest(request.headers.get(GATEWAY_HEADER, "").encode(), secret.encode()):
            raise Problem(403, "This server answers its deployment only: ask the deployment's address.")

    async def _live(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        return web.json_response({"status": "live"})

    async def _ready(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        workers = {name: pool.ready for name, pool in self.pools.items()}
        if self.stopping:
            raise Problem(503, "The server is stopping.", ready=workers)
        for name, pool in self.pools.items():
            if pool.failure is not None:
                raise Problem(503, f"The module {name} does not start: {pool.failure}", ready=workers)
            if not pool.ready:
                raise Problem(
                    503, f"The module {name} is still loading.", {"Retry-After": "1"}, ready=workers
                )
        return web.json_response({"status": "ready", "workers": workers})

    async def _metrics(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler
        headers = {"Content-Type": TEXT_FORMAT}
        return web.Response(body=self.metrics.text().encode(), headers=headers)


def _words(request: web.Request, error: web.HTTPException) -> str:
    if error.status == 404:
        return f"There is nothing at {request.path}."
    if error.status == 405:
        return f"{request.path} does not take {request.method}."
    return error.reason


def _problem(request: web.Request, problem: Problem, identifier: str) -> web.Response:
    level = logging.ERROR if problem.status >= 500 else logging.INFO
    LOG.log(
        level,
        "[%s] %s %s: %d %s",
        identifier,
        request.method,
        request.path,
        problem.status,
        problem.detail,
        extra={KIND: problem.status},
    )
    body = document(problem.status, problem.detail, identifier, **problem.more)
    response = web.Response(
        status=problem.status, body=body, headers=problem.headers | {"Content-Type": CONTENT_TYPE}
    )
    if not request.content.is_eof():
        response.force_close()  # the rest of the body is not wanted
    return response


async def _serve(options: Options, started: Mapping[str, list[Spawned]]) -> int:
    server = Server(options, started)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        server.application(),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=1.0,
        auto_decompress=False,  # see `unpacking`
    )
    await runner.setup()
    site = web.TCPSite(runner, options.host, options.port, backlog=1024)
    try:
        await site.start()
    except OSError as error:
        LOG.error("Cannot listen on %s:%d: %s", options.host, options.port, error.strerror)  # noqa: TRY400 - no trace
        await server.start()
        await server.stop()
        return 1
    LOG.info(
        "Serving %s on http://%s:%d%s/", ", ".join(started), options.host, options.port, options.base_path
    )
    await server.start()
    gc.freeze()  # what has been imported stays: it need not be looked through again and again
    async with heads_in_time(runner.server):
        await stop.wait()
    LOG.info("Stopping: finishing %d requests", server.active)
    server.stopping = True
    await site.stop()
    await server.stop()
    await runner.cleanup()
    return 0


def serve(options: Options, started: Mapping[str, list[Spawned]]) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    logging.basicConfig(
        level=logging.DEBUG if options.debug else logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    limit_repeated()
    print_records_safely()
    factory = None
    with suppress(ImportError):  # an image may do without; asyncio's own loop serves the same
        import uvloop  # noqa: PLC0415 - see above

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(_serve(options, started))
