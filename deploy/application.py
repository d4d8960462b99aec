"""The deploy service as an HTTP application of its own; it serves calls and changes no deployment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.access.authorization import CallDenied, CallerRole
from deploy.deferred import http as predictions_http
from deploy.gateway.cross_origin import EVERYBODY, CrossOrigin
from deploy.gateway.headers import bearer
from deploy.model.deployment import Access, Deployment
from deploy.model.status import DeploymentStatus
from deploy.service import DeployService
from wire.prometheus import TEXT_FORMAT, Metrics

NO_LIMIT = 0  # bodies are streamed; the limits of the replica apply
SERVICE: web.AppKey[DeployService] = web.AppKey("deploy service")
#: What callers of deployments ask, pages of other sites too.
CALLS = (
    "/predict/{name}",
    "/predict/{name}/",
    "/deployments/{name}/v2/{tail:.*}",
    "/deployments/{name}/v2",
    "/deployments/{name}/swagger.json",
    "/deployments/{name}/predictions",
    "/deployments/{name}/predictions/{prediction}",
    "/deployments/{name}/predictions/{prediction}/result",
)
OTHERS = "(not public)"  # in the metrics: all deployments that the caller may not know of, together
GAUGES = {
    "huggins_replicas": "Replicas by deployment and state.",
    "huggins_outstanding": "Requests that replicas have now.",
    "huggins_waiting": "Requests that wait for a replica to start.",
}


def create_application(service: DeployService, origins: Iterable[str] = (EVERYBODY,)) -> web.Application:
    """Return the application of a service; the caller starts and stops the service.

    Parameters
    ----------
    service
        It forwards the calls.
    origins
        Whose pages may call, beside programs; see `CrossOrigin`.
    """
    application = web.Application(client_max_size=NO_LIMIT)
    application[SERVICE] = service
    router = application.router
    cross_origin = CrossOrigin(origins, CALLS)
    application.on_response_prepare.append(cross_origin.set_headers)
    for path in CALLS:
        router.add_route("OPTIONS", path, cross_origin.preflight)
    for path in ("/predict/{name}", "/predict/{name}/"):
        router.add_post(path, _predict)
    for path in ("/deployments/{name}/v2/{tail:.*}", "/deployments/{name}/v2"):
        router.add_route("*", path, _hand_on)
    router.add_get("/deployments/{name}/swagger.json", _hand_on)
    router.add_post("/deployments/{name}/predictions", _predictions(predictions_http.accept))
    router.add_get("/deployments/{name}/predictions", _predictions(predictions_http.listing))
    one = "/deployments/{name}/predictions/{prediction}"
    router.add_get(one, _predictions(predictions_http.show))
    router.add_get(f"{one}/result", _predictions(predictions_http.result))
    router.add_delete(one, _predictions(predictions_http.delete))
    router.add_get("/deployments", _listing)
    router.add_get("/deployments.json", _listing)
    router.add_get("/deployments.txt", _lines)
    router.add_get("/health", _health)
    router.add_get("/metrics", _metrics)
    return application


def raw_path(request: web.Request) -> str:
    """Return the path of ``/deployments/{name}/…`` on the replica, still quoted."""
    return "/" + request.rel_url.raw_path.split("/", 3)[3]


def _predictions(handler: predictions_http.PredictionHandler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        context = predictions_http.PredictionContext(request.app[SERVICE], request.match_info["name"])
        return await context.respond(request, handler)

    return handle


async def _predict(request: web.Request) -> web.StreamResponse:
    if predictions_http.is_asynchronous(request):
        return await _predictions(predictions_http.accept)(request)
    return await request.app[SERVICE].proxy.predict(request, request.match_info["name"], CallerRole.ANYONE)


async def _hand_on(request: web.Request) -> web.StreamResponse:
    if predictions_http.is_asynchronous(request, raw_path(request)):
        return await _predictions(partial(predictions_http.accept, path=raw_path(request)))(request)
    return await request.app[SERVICE].proxy.handle(request, request.match_info["name"], raw_path(request))


async def _listing(request: web.Request) -> web.Response:
    """List the public deployments."""
    found = [
        {
            "name": deployment.name,
            "module": deployment.version().module,
            "module_version": deployment.version().module_version,
            "state": str(status.state),
            "address": f"/deployments/{deployment.name}",
            "predict": f"/predict/{deployment.name}",
        }
        for deployment, status in _public(request)
    ]
    return web.json_response({"deployments": found})


async def _lines(request: web.Request) -> web.Response:
    origin = request.app[SERVICE].authorizer.addresses.origin(request)
    lines = [
        "\t".join((one.name, status.state, one.version().module, f"{origin}/predict/{one.name}"))
        for one, status in _public(request)
    ]
    return web.Response(text="".join(f"{line}\n" for line in lines))


async def _health(request: web.Request) -> web.Response:
    """Report that calls are served, and whether the database is available."""
    error = request.app[SERVICE].database_error
    return web.json_response(
        {"ok": True, "database": not error, "reason": error and "the database is unavailable"}
    )


async def _metrics(request: web.Request) -> web.Response:
    metrics = Metrics()
    for name, text in GAUGES.items():
        metrics.gauge(name, text)
    hidden: Counter[tuple[str, str]] = Counter()
    service = request.app[SERVICE]
    for deployment, status in service.all():
        states = Counter(replica.state for replica in status.replicas)
        figures = [("huggins_replicas", number, {"state": state}) for state, number in sorted(states.items())]
        outstanding = sum(replica.outstanding for replica in status.replicas)
        figures += [("huggins_outstanding", outstanding, {}), ("huggins_waiting", status.waiting, {})]
        if not _may_see(service, request, deployment):
            hidden.update({(name, labels.get("state", "")): value for name, value, labels in figures})
            continue
        for name, value, labels in figures:
            read = partial(float, value)
            metrics.gauge(name, GAUGES[name], read, deployment=deployment.name, **labels)
    for (name, state), value in sorted(hidden.items()):
        labels = {"state": state} if state else {}
        metrics.gauge(name, GAUGES[name], partial(float, value), deployment=OTHERS, **labels)
    return web.Response(body=metrics.text().encode(), headers={"Content-Type": TEXT_FORMAT})


def _may_see(service: DeployService, request: web.Request, deployment: Deployment) -> bool:
    """Return whether a caller may know of a deployment: it is public, or the caller has a token of it."""
    if deployment.access is Access.PUBLIC:
        return True
    secret = bearer(request)
    try:
        return secret is not None and bool(service.authorizer.identify(deployment.name, secret))
    except CallDenied:
        return False


def _public(request: web.Request) -> Iterator[tuple[Deployment, DeploymentStatus]]:
    return (found for found in request.app[SERVICE].all() if found[0].access is Access.PUBLIC)
