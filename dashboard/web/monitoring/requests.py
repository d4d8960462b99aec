"""Metrics of the requests that this process answers."""

from __future__ import annotations

import time

from aiohttp import web
from aiohttp.typedefs import Handler

from wire.prometheus import Histogram, Metrics

#: Seconds; a page is to take less than a twentieth of one.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STREAMS = ("/live", "/predict/", "/deployments/")  # their time is the reader's, or the module's


class RequestMetrics:
    """Counts requests by method and class of status, and measures how long they take."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self._count = self.metrics.counter("huggins_http_requests_total", "Requests by method and status.")
        self._seconds: Histogram = self.metrics.histogram(
            "huggins_http_request_seconds", "Time until a page or an answer of the API is made.", BOUNDS
        )

    @web.middleware
    async def measure(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count a request; what answers errors must stand inside."""
        began, status = time.perf_counter(), 500
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as redirect:
            status = redirect.status
            raise
        finally:
            method = request.method if request.method in METHODS else "other"
            self._count(method=method, status=f"{status // 100}xx")
            if not request.path.startswith(STREAMS):
                self._seconds.observe(time.perf_counter() - began)
        return response
