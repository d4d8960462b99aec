"""Publishing: publications, and the versions of published modules."""

from __future__ import annotations

import asyncio
import tempfile
from typing import Any

from aiohttp import web

from dashboard.auth.identity import Identity, Role
from dashboard.auth.policy import Action
from dashboard.base.errors import Invalid, NotFound
from dashboard.modules.versions import PublishedModule, VersionState
from dashboard.publishing.rights import maintains
from dashboard.publishing.source.origins import ExistingImage, Repository
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import BYTES, OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.market import (
    ImageSchema,
    ModuleChangeSchema,
    PublicationAnswerSchema,
    PublicationListSchema,
    PublicationQuery,
    RepositorySchema,
    VersionChangeSchema,
)

endpoints = Endpoints("Publishing", "publication")
ARCHIVE_LIMIT = 200 * 2**20  # bytes of a packed folder
BLOCK = 2**20


@endpoints.get(
    "/publications",
    "List your publications, newest first",
    answer=PublicationListSchema,
    permission=rows.SIGNED_IN,
)
async def publications(request: web.Request) -> Answer:
    """Show the publications of the caller."""
    found = await request.app[PLATFORM].publisher.store.list(request[IDENTITY])
    may = request[IDENTITY].has(Role.PUBLISHER)
    return Answer("publications.html", {"publications": found, "total": len(found), "publishes": may})


@endpoints.post(
    "/publications",
    "Publish from a packed folder of a module (tar, gzip)",
    body=BYTES,
    body_type="application/gzip",
    query=PublicationQuery,
    answer=PublicationAnswerSchema,
    status=201,
    permission=rows.PUBLISH,
)
async def publish_folder(request: web.Request) -> Answer:
    """Take an archive and publish from it.

    Raises
    ------
    Invalid
        If it is too large, or no archive.
    """
    with tempfile.TemporaryFile() as archive:
        size = 0
        async for block in request.content.iter_chunked(BLOCK):
            size += len(block)
            if size > ARCHIVE_LIMIT:
                raise Invalid(f"The archive has more than {ARCHIVE_LIMIT >> 20} MB.")
            await asyncio.to_thread(archive.write, block)
        archive.seek(0)
        publisher = request.app[PLATFORM].publisher
        namespace = request[QUERY]["namespace"]
        return _created(await publisher.publish_archive(archive, request[IDENTITY], namespace))


@endpoints.post(
    "/publications/repository",
    "Publish from a branch, tag or commit of a git repository",
    body=RepositorySchema,
    query=PublicationQuery,
    answer=PublicationAnswerSchema,
    status=201,
    permission=rows.PUBLISH,
)
async def publish_repository(request: web.Request) -> Answer:
    """Publish from a repository."""
    repository = Repository(**request[BODY])
    return await _published(request, repository)


@endpoints.post(
    "/publications/image",
    "Publish an image of a registry, which carries its module's folder in /opt/module",
    body=ImageSchema,
    query=PublicationQuery,
    answer=PublicationAnswerSchema,
    status=201,
    permission=rows.PUBLISH,
)
async def publish_image(request: web.Request) -> Answer:
    """Publish from an image."""
    image = ExistingImage(request[BODY]["image"])
    return await _published(request, image)


async def _published(request: web.Request, origin: Repository | ExistingImage) -> Answer:
    publisher, namespace = request.app[PLATFORM].publisher, request[QUERY]["namespace"]
    return _created(await publisher.publish_from(origin, request[IDENTITY], namespace))


def _created(publication: Any) -> Answer:
    place = {"Location": f"/publications/{publication.id}"}
    return Answer("done.html", {"publication": publication}, 201, place)


@endpoints.get(
    "/publications/{publication}",
    "Get a publication with its step and the report of the check",
    answer=PublicationAnswerSchema,
    permission=rows.PUBLICATION,
)
async def publication(request: web.Request) -> Answer:
    """Show a publication."""
    identifier = request.match_info["publication"]
    found = await request.app[PLATFORM].publisher.store.get(identifier, request[IDENTITY])
    return Answer("publication.html", {"publication": found})


@endpoints.get(
    "/modules/{module}/versions",
    "List the versions of a published module, the newest first",
    visitors=True,
    kind="module",
    answer=OBJECT,
    permission=rows.VERSIONS,
)
async def module_versions(request: web.Request) -> Answer:
    """Show the versions."""
    published = request.app[PLATFORM].modules.published
    found = published.get(request.match_info["module"], request[IDENTITY])
    return Answer("module_versions.html", shown(request, found))


@endpoints.get(
    "/modules/{module}/versions/{version}",
    "Get a version with its description, check report, build log, bill of materials and signature",
    visitors=True,
    kind="module",
    answer=OBJECT,
    permission=rows.VERSIONS,
)
async def module_version(request: web.Request) -> Answer:
    """Show a version."""
    published = request.app[PLATFORM].modules.published
    found = published.get(request.match_info["module"], request[IDENTITY])
    version = found.version(request.match_info["version"])
    changes = maintains(request[IDENTITY], found)
    if version.state is VersionState.REVIEW and not changes:
        raise NotFound(f"{found.module} has no version {version.version}.")
    data = {**version.to_json(), "signed": published.signed(version)}
    return Answer("module_version.html", {"module": found.module, "version": data, "changes": changes})


@endpoints.post(
    "/modules/{module}/versions/{version}",
    "Deprecate or yank a version, offer it again, or release one that waits for a review",
    action=Action.CHANGE,
    body=VersionChangeSchema,
    answer=OBJECT,
    permission=rows.VERSION,
)
async def change_version(request: web.Request) -> Answer:
    """Change whether a version is offered."""
    name, version, body = request.match_info["module"], request.match_info["version"], request[BODY]
    offers, state = request.app[PLATFORM].offers, VersionState(body["state"])
    changed = await offers.set_state(name, version, state, body["reason"], request[IDENTITY])
    return Answer("done.html", {"version": changed.summary()})


@endpoints.post(
    "/modules/{module}",
    "Feature a published module, name its maintainers, say who sees it, or give it to another publisher",
    action=Action.CHANGE,
    body=ModuleChangeSchema,
    answer=OBJECT,
    permission=rows.VERSION,
)
async def change_module(request: web.Request) -> Answer:
    """Change what is said of a module as a whole."""
    body, name = request[BODY], request.match_info["module"]
    found = await request.app[PLATFORM].offers.set_module(name, body, request[IDENTITY])
    return Answer("done.html", shown(request, found))


def shown(request: web.Request, found: PublishedModule) -> dict[str, Any]:
    """Return what a page shows of a published module.

    Parameters
    ----------
    request : web.Request
        Says who asks.
    found : PublishedModule
        The module.

    Returns
    -------
    dict
        JSON; a version that waits for a review is only in it for those who may release or change it.
    """
    identity: Identity = request[IDENTITY]
    changes = maintains(identity, found)
    signed = request.app[PLATFORM].modules.published.signed
    versions = [
        {**one.summary(), "signed": signed(one), "passed": bool(one.report.get("passed"))}
        for one in found.versions
        if changes or one.state is not VersionState.REVIEW
    ]
    current = found.current
    return {
        "name": found.module,
        "owner": found.owner,
        "maintainers": list(found.maintainers),
        "featured": found.featured,
        "visibility": str(found.visibility),
        "project": found.project,
        "changes": changes,
        "owns": identity.admin or identity.user == found.owner,
        "features": identity.has(Role.MANAGER),
        "current": current.version if current else None,
        "versions": versions,
    }
