"""A deployment's own API as Swagger UI shows it, in a page of ours.

The replica's own page could not ask it anything: what a replica answers is sandboxed. Its document is shown
here instead; the content-security policy lets no script run that the document might bring.
"""

from __future__ import annotations

from aiohttp import web

from dashboard.base.errors import NotFound
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.assets import SWAGGER
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import RENDERER, Answer
from dashboard.web.permissions import rows

endpoints = Endpoints("Deployments", "deployment")


@endpoints.get(
    "/deployments/{deployment}/ui",
    "Get the API document of a deployment",
    answer=OBJECT,
    permission=rows.READ,
)
async def swagger(request: web.Request) -> Answer:
    """Show the Swagger document of a deployment.

    Raises
    ------
    NotFound
        If there is no such deployment, or Swagger UI, which comes with DEEPaaS, is not installed here.
    """
    name = request.match_info["deployment"]
    if name not in {one["name"] for one in request.app[PLATFORM].deployments.list(request[IDENTITY])}:
        raise NotFound(f"There is no deployment {name}.")
    document = f"/deployments/{name}/swagger.json"
    if not request.app[RENDERER].assets.has(SWAGGER[0]):
        raise NotFound(
            f"Swagger UI comes with DEEPaaS, which is not installed here; the document is at {document}."
        )
    return Answer("swagger.html", {"name": name, "document": document})
