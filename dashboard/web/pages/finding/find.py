"""The search over all objects that the caller may see, for the command palette."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

from aiohttp import web

from dashboard.auth.identity import Identity
from dashboard.jobs.job import JobFilter
from dashboard.platform import Platform
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.pages.finding.guides import library
from dashboard.web.permissions import rows
from dashboard.web.schemas.platform import FindQuery, FoundListSchema

endpoints = Endpoints("Search", "found")
OF_A_KIND = 5


@endpoints.get(
    "/find",
    "Search modules, datasets, jobs, models, deployments, labels, sessions and guides",
    visitors=True,
    query=FindQuery,
    answer=FoundListSchema,
    permission=rows.SHOWN,
)
async def find(request: web.Request) -> Answer:
    """Show what fits of every kind; without words nothing."""
    q = request[QUERY]["q"].strip()
    found: list[dict[str, str]] = []
    if q:
        platform, identity = request.app[PLATFORM], request[IDENTITY]
        found += _modules(platform, q, identity)
        async for one in _objects(platform, q, identity):
            found.append(one)
        found += _deployments(platform, q, identity)
        found += await asyncio.to_thread(_guides, q)
    return Answer("find.html", {"found": found, "q": q})


def _row(kind: str, title: str, address: str, note: Any = "") -> dict[str, str]:
    return {"kind": kind, "title": title, "address": address, "note": str(note)}


def _modules(platform: Platform, q: str, identity: Identity) -> Iterator[dict[str, str]]:
    for module in platform.modules.shown(identity).search(q, {}).modules[:OF_A_KIND]:
        yield _row("module", module.title, f"/modules/{quote(module.name, safe='')}", module.summary)


async def _objects(platform: Platform, q: str, identity: Identity) -> AsyncIterator[dict[str, str]]:
    """Yield what the stores find that the identity may see."""
    for data in (await platform.data.store.search(q, size=OF_A_KIND, identity=identity)).items:
        yield _row("dataset", data.name, f"/data/{data.id}", f"{data.count:,} spectra")
    for model in (await platform.models.list(q=q, size=OF_A_KIND, identity=identity)).items:
        yield _row("model", model.name, f"/models/{model.id}", model.module)
    if identity.anonymous or identity.visitor:
        return
    for job in (await platform.jobs.list(JobFilter(q=q), size=OF_A_KIND, identity=identity)).items:
        yield _row("job", job.label or job.id, f"/jobs/{job.id}", f"{job.module}, {job.phase.lower()}")
    for labels in (await platform.labels.store.search(q, size=OF_A_KIND, identity=identity)).items:
        yield _row("label set", labels.name, f"/label-sets/{labels.id}", ", ".join(labels.classes))
    for session in (await platform.learning.store.search(q, size=OF_A_KIND, identity=identity)).items:
        yield _row("session", session.name, f"/learning/{session.id}", session.dataset_name)


def _deployments(platform: Platform, q: str, identity: Identity) -> Iterator[dict[str, str]]:
    fitting = [one for one in platform.deployments.list(identity) if q.casefold() in one["name"].casefold()]
    for one in fitting[:OF_A_KIND]:
        yield _row("deployment", one["name"], f"/deployments/{quote(one['name'], safe='')}", one["module"])


def _guides(q: str) -> Iterator[dict[str, str]]:
    best = {one.guide.name: one for one in reversed(library().search(q))}  # of each guide its best section
    for one in [*reversed(best.values())][:OF_A_KIND]:
        yield _row("guide", one.section.title or one.guide.title, one.address, one.guide.title)
