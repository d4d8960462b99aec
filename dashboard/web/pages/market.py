"""The market and a module's page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from aiohttp import web

from catalog import Module, export
from catalog.image import page_of
from catalog.search import WAVELENGTH
from dashboard.auth.identity import Identity, Role
from dashboard.base.errors import FieldError, Invalid, NotFound
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.market.badges import BADGES
from dashboard.market.leaderboard import Leaderboard
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, TEXT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.pages.modules.standing import ordered, standings
from dashboard.web.pages.publishing import shown
from dashboard.web.permissions import rows
from dashboard.web.schemas.market import DEPLOYED, FILTERS, MarketQuery, ModuleListSchema, ModuleQuery
from dashboard.web.snippets.commands import module_commands
from dashboard.web.snippets.origin import origin_of
from dashboard.web.snippets.slurm_command import job_folder_command, slurm_command
from dashboard.web.snippets.third_party_commands import third_party_commands

endpoints = Endpoints("Market", "module")
# A link of Markdown that is relative: no scheme, no beginning slash, no mere fragment.
_LINK = re.compile(r"\]\((?![a-z][a-z0-9+.-]*:|[/#])([^()\s]+)\)", re.IGNORECASE)
README_LIMIT = 200_000  # characters of a README that go into a page


@endpoints.get(
    "/",
    "Search modules",
    visitors=True,
    query=MarketQuery,
    answer=ModuleListSchema,
    permission=rows.SHOWN,
)
async def market(request: web.Request) -> Answer:
    """Show the modules that match, with the facets to narrow them down.

    Parameters
    ----------
    request : web.Request
        Its query has the words and the chosen facets.

    Returns
    -------
    Answer
        The page.

    Raises
    ------
    Invalid
        If the wavelength range cannot be read.
    """
    platform = request.app[PLATFORM]
    query = request[QUERY]
    q = query["q"].strip()
    chosen = {name: query[name] for name in FILTERS if any(query.get(name, ()))}
    searched = {name: values for name, values in chosen.items() if name != DEPLOYED}
    try:
        catalog = platform.modules.shown(request[IDENTITY])
        found = catalog.search(q, searched)
    except ValueError as error:
        raise Invalid(str(error), [FieldError(WAVELENGTH, str(error))]) from error
    on_air = _deployed(platform.deployments.list(request[IDENTITY]))
    standing = await standings(platform)
    modules = [
        {**_summary(module, on_air.get(module.name, [])), **standing.of(module)} for module in found.modules
    ]
    ordered(modules, query["sort"], words=bool(q))
    with_deployments = [module for module in modules if module["deployed"]]
    data = {
        "modules": with_deployments if chosen.get(DEPLOYED) else modules,
        "total": len(catalog.modules),
        "q": q,
        "sort": query["sort"],
        "chosen": chosen,
        "facets": {**found.facets, DEPLOYED: {"yes": len(with_deployments)} if with_deployments else {}},
        "broken": [
            {"path": path.parent.name, "message": message}
            for path, message in platform.modules.catalog.broken
            if request[IDENTITY].has(Role.PUBLISHER)
        ],
        "started": await _started(platform, request[IDENTITY], bool(on_air)),
        "dataset": await _chosen_dataset(request),
    }
    return Answer("market.html", data)


@endpoints.get(
    "/modules/{module}",
    "Get a module with its parameters, models and deployments",
    visitors=True,
    query=ModuleQuery,
    answer=OBJECT,
    permission=rows.SHOWN,
)
async def module(request: web.Request) -> Answer:
    """Show a module."""
    platform = request.app[PLATFORM]
    found = platform.modules.get(request.match_info["module"], request[IDENTITY])
    described = platform.modules.descriptions.known(found.name)
    models = await platform.models.list(module=found.name, identity=request[IDENTITY])
    deployments = [one for one in platform.deployments.list(request[IDENTITY]) if one["module"] == found.name]
    details = await asyncio.to_thread(_details, found)
    reference = platform.settings.modules.image.format(name=found.name, version=found.version)
    slurm = slurm_command(
        found.name, found.version, reference, described.description, platform.check.starting(found)
    )
    data = {
        "module": details,
        "description": described.description,
        "described": {"state": described.state, "reason": described.reason, "image": described.image},
        "models": models.items,
        "deployments": deployments,
        "commands": third_party_commands(
            found.image or described.image, deployments, described.description, origin_of(request)
        )
        if found.entry == "deepaas"
        else module_commands(
            found.name,
            described.image or reference,
            deployments,
            origin_of(request),
            slurm=slurm,
            job_folder=job_folder_command(found.name, found.version, reference, described.description),
        ),
        "nodes": platform.nodes.usable(request[IDENTITY]),
        "dataset": await _chosen_dataset(request),
        "published": _published(request, found.name),
        "standing": (await standings(platform)).of(found),
        "badges_say": BADGES,
        "starred": await platform.stars.given(found.name, request[IDENTITY].user),
        "boards": [one for one in platform.figures.leaderboards if _on(one, found.name)],
        "broken": _broken(request, found.name),
    }
    return Answer("module.html", data)


def _on(board: Leaderboard, module: str) -> bool:
    return any(score.module == module for score in board.scores)


def _broken(request: web.Request, name: str) -> str:
    """Return what is wrong with the description in the folder of modules, for who may mend it."""
    if not request[IDENTITY].has(Role.PUBLISHER):
        return ""
    broken = request.app[PLATFORM].modules.catalog.broken
    return next((message for path, message in broken if path.parent.name == name), "")


def _published(request: web.Request, name: str) -> dict[str, Any] | None:
    """Return the versions of a module that a publisher brought; None of the platform's own."""
    found = request.app[PLATFORM].modules.published.modules.get(name)
    return None if found is None else shown(request, found)


@endpoints.get(
    "/modules/{module}/files/{path:.+}",
    "Get a text file of a module's folder, such as an example",
    visitors=True,
    answer=TEXT,
    permission=rows.SHOWN,
)
async def module_file(request: web.Request) -> Answer | web.Response:
    """Show a document as a page; give any other text away as text."""
    found = request.app[PLATFORM].modules.get(request.match_info["module"], request[IDENTITY])
    path = request.match_info["path"]
    text = await asyncio.to_thread(_text_file, found.folder, path)
    if not path.endswith(".md"):
        return web.Response(text=text, headers={"X-Content-Type-Options": "nosniff"})
    about = {"name": found.name, "title": found.title}
    return Answer(
        "document.html", {"module": about, "path_shown": path, "text": _with_links(text, found.name, path)}
    )


def _text_file(folder: Path | None, path: str) -> str:
    """Return a text below a module's folder; `NotFound` where there is none that may be read."""
    try:
        if folder is None:
            raise FileNotFoundError(path)
        with ConfinedFolder(folder).open(path) as file:
            return (file.read(README_LIMIT) or b"").decode("utf-8")
    except (OSError, ValueError) as error:
        raise NotFound(f"This module has no text file {path}.") from error


def _with_links(text: str, module: str, path: str) -> str:
    """Return Markdown whose links to other files of the module's folder lead to their pages.

    Parameters
    ----------
    text : str
        The document.
    module, path : str
        Whose it is, and where it lies in the module's folder.
    """
    base = f"/modules/{quote(module, safe='')}/files/{path}"
    return _LINK.sub(lambda found: f"]({urljoin(base, found[1])})", text)


def _summary(module: Module, deployed: list[str]) -> dict[str, Any]:
    latest = module.quality[-1] if module.quality else None
    return {
        "name": module.name,
        "version": module.version,
        "title": module.title,
        "summary": module.summary,
        "license": module.license,
        "tasks": module.tasks,
        "libraries": module.libraries,
        "tags": module.tags,
        "data_types": module.data_types,
        "trainable": module.trainable,
        "wavelength": module.spectral.wavelength,
        "quality": latest,
        "deployed": deployed,
    }


def _links(module: Module) -> dict[str, str]:
    """Return the links of a module; an image that is named is linked to its page, where it has one."""
    return {name: page_of(address) or address for name, address in module.links.items()}


def _details(module: Module) -> dict[str, Any]:
    """Return the data of a module's page; reads the README."""
    spectral = module.spectral
    return {
        **_summary(module, []),
        "description": module.description,
        "readme": _readme(module),
        "citation": module.citation,
        "quality": module.quality,
        "presets": module.presets,
        "links": _links(module),
        "entry": module.entry,
        "docker_image": module.image,
        "dates": module.dates,
        "resources": module.resources,
        "frame": spectral.frame,
        "instruments": spectral.instruments,
        "normalisation": spectral.normalisation,
        "training_set": spectral.training_set,
        "metadata": export.to_json(module),
    }


def _readme(module: Module) -> str | None:
    folder = module.folder
    if folder is None or not (folder / "README.md").is_file():
        return None
    text = (folder / "README.md").read_text("utf-8", "replace")[:README_LIMIT]
    return _with_links(text, module.name, "README.md")


def _deployed(deployments: list[dict[str, Any]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in deployments:
        if one["enabled"]:
            found.setdefault(one["module"], []).append(one["name"])
    return found


async def _chosen_dataset(request: web.Request) -> dict[str, Any] | None:
    """Return the dataset that the address names, or None where there is none."""
    identifier = request[QUERY]["dataset"]
    found = await request.app[PLATFORM].data.find(identifier, request[IDENTITY]) if identifier else None
    if found is None:
        return None
    return {"id": found.id, "name": found.name, "count": found.count}


async def _started(platform: Any, identity: Identity, deployments: bool) -> dict[str, bool]:
    """Return which of the first steps are done."""
    datasets = await platform.data.store.any(identity)
    return {"datasets": datasets, "jobs": await platform.jobs.any(identity), "deployments": deployments}
