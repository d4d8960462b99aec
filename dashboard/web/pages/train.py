"""The training form and its check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from aiohttp import web

from catalog.module import Module
from dashboard.auth.policy import Action
from dashboard.base.errors import Invalid, NotFound
from dashboard.base.resources import Resources
from dashboard.jobs.request import JobRequest
from dashboard.jobs.retry_policy import RetryPolicy
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.jobs import CheckedSchema, JobCreateSchema, ScriptQuery, ScriptSchema, TrainQuery
from dashboard.web.snippets.slurm_command import Training, slurm_script
from spectra.steps.presets import PRESETS

endpoints = Endpoints("Training", "module")
OF_SCRIPTS = frozenset({"module", "parameters", "recipe", "resources"})  # a cluster has other nodes and data
CHOICES = 200  # datasets that the form offers, newest first

# What a form asks about resources, described as parameters are (contracts.md, section 5).
RESOURCES = [
    {
        "name": "cpus",
        "title": "CPUs",
        "type": "number",
        "minimum": 0.1,
        "unit": "",
        "help": "Processors it may use.",
    },
    {
        "name": "memory_mb",
        "title": "Memory",
        "type": "integer",
        "minimum": 64,
        "unit": "MB",
        "help": "It is stopped beyond it.",
    },
    {
        "name": "gpus",
        "title": "GPUs",
        "type": "integer",
        "minimum": 0,
        "unit": "",
        "help": "None for most methods.",
    },
    {
        "name": "walltime_s",
        "title": "Time",
        "type": "integer",
        "minimum": 1,
        "unit": "s",
        "help": "It is stopped after it.",
    },
    {
        "name": "parts",
        "title": "Parts",
        "type": "integer",
        "minimum": 1,
        "unit": "",
        "group": "advanced",
        "help": "On a Slurm cluster: how many tasks of a job array share the preparing of spectra.",
    },
]
RESOURCES.append(
    {
        "name": "labels",
        "title": "Labels",
        "type": "array",
        "items": "string",
        "unit": "",
        "group": "advanced",
        "help": "Words that the node must have, such as gpu; separated by commas.",
    }
)


def resource_fields(
    starting: Resources, least: Mapping[str, float] = MappingProxyType({})
) -> list[dict[str, Any]]:
    """Return the fields of a form about resources.

    Parameters
    ----------
    starting : Resources
        What is recommended: the defaults.
    least : mapping of str to float
        What the module needs at least, by name of the field.

    Returns
    -------
    list of dict
        Descriptions of parameters (contracts.md, section 5).
    """
    known = {**starting.to_json(), "labels": None}
    common = {"nullable": True, "required": False}
    return [
        {"group": "basic", **field, "default": known[name], **common}
        | ({"minimum": least[name]} if least.get(name) else {})
        for field in RESOURCES
        for name in [str(field["name"])]
    ]


@endpoints.get(
    "/modules/{module}/train",
    "Get the training form: parameters, datasets and nodes",
    action=Action.CREATE,
    query=TrainQuery,
    answer=OBJECT,
    permission=rows.CREATE,
)
async def train(request: web.Request) -> Answer:
    """Show the form, filled with a former run's choices where there is one."""
    platform = request.app[PLATFORM]
    module = platform.modules.get(request.match_info["module"], request[IDENTITY])
    described = platform.modules.descriptions.known(module.name)
    parent = request[QUERY]["parent"] or None
    if parent:
        await platform.access.require(request[IDENTITY], Action.READ, "job", parent)
        job_request = (await platform.jobs.get(parent, request[IDENTITY])).request()
    else:
        job_request = JobRequest(module.name, request[QUERY]["dataset"], start=request[QUERY]["start"])
    job_request = _with_preset(job_request, module, request[QUERY]["preset"])
    if request[QUERY]["parameters"]:
        job_request = job_request.changed({"parameters": _object(request[QUERY]["parameters"])})
    restricted = await platform.restrictions.error(module.name, request[IDENTITY])
    datasets = await platform.data.store.search(state="ready", size=CHOICES, identity=request[IDENTITY])
    starts = await _starts(request, job_request.start) if (described.description or {}).get("start") else []
    data = {
        "module": {"name": module.name, "title": module.title, "version": module.version},
        "description": described.description,
        "described": {"state": described.state, "reason": described.reason, "image": described.image},
        "datasets": datasets.items,
        "starts": starts,
        "label_versions": await _label_versions(request),
        "projects": sorted(request[IDENTITY].projects),
        "restricted": restricted.message if restricted else "",
        "nodes": platform.nodes.usable(request[IDENTITY]),
        "job_request": {**_plain(job_request), "resources": dict(job_request.resources)},
        "parent": parent,
        "presets": [preset.to_json() for preset in PRESETS],
        "resource_fields": resource_fields(platform.check.starting(module), platform.check.least(module)),
        "retry": _as_text(job_request.retry),
    }
    return Answer("train.html", data, plots=True)


def _object(text: str) -> dict[str, Any]:
    """Return the parameters of a query.

    Raises
    ------
    Invalid
        They are no JSON object.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Invalid(f"The parameters are no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise Invalid('The parameters are no JSON object, such as {"trees": 100}.')
    return found


def _with_preset(job_request: JobRequest, module: Module, name: str) -> JobRequest:
    """Return a request with the recipe and the parameters of a preset; as it is where none is named.

    Raises
    ------
    NotFound
        If the module has no preset of that name.
    """
    if not name:
        return job_request
    preset = module.preset(name)
    if preset is None:
        known = ", ".join(one.name for one in module.presets) or "none"
        raise NotFound(f"The module {module.name} has no preset {name!r}; there are: {known}.")
    recipe = None if preset.recipe is None else dict(preset.recipe)
    return replace(job_request, parameters=dict(preset.parameters), recipe=recipe, label=preset.title)


async def _label_versions(request: web.Request) -> list[dict[str, Any]]:
    """Return the versions of label sets that a training may learn from."""
    labels = request.app[PLATFORM].labels
    found = await labels.store.search(size=CHOICES, identity=request[IDENTITY])
    return await labels.versions.offered(found.items)


async def _starts(request: web.Request, chosen: str) -> list[dict[str, Any]]:
    """Return the models of the module that a training may start from, the chosen one first."""
    store, identity = request.app[PLATFORM].models, request[IDENTITY]
    found = (await store.list(request.match_info["module"], size=CHOICES, identity=identity)).items
    if chosen and chosen not in {model.id for model in found}:
        with suppress(NotFound):
            found = [await store.get(chosen, identity), *found]
    return [
        {
            "id": model.id,
            "name": model.name,
            "dataset": model.input.get("name", ""),
            "classes": model.classes,
            "recipe": model.card.get("recipe"),
        }
        for model in found
    ]


@endpoints.post(
    "/modules/{module}/check",
    "Validate a request for a job: errors by field, nodes that fit, class counts",
    audit=False,
    body=JobCreateSchema,
    answer=CheckedSchema,
    permission=rows.CREATE,
)
async def check(request: web.Request) -> web.Response:
    """Check a request without running it."""
    platform = request.app[PLATFORM]
    job_request = job_request_of({**request[BODY], "module": request.match_info["module"]})
    await platform.require_sources(job_request, request[IDENTITY])
    return web.json_response((await platform.check.check(job_request, request[IDENTITY])).to_json())


@endpoints.post(
    "/modules/{module}/script",
    "Write a request for a job as a batch script for Slurm, to submit without this platform",
    audit=False,
    query=ScriptQuery,
    body=JobCreateSchema,
    answer=ScriptSchema,
    permission=rows.CREATE,
)
async def script(request: web.Request) -> web.Response:
    """Return the script, or what is wrong with parameters, recipe or resources."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    job_request = job_request_of({**request[BODY], "module": request.match_info["module"]})
    await platform.require_sources(job_request, identity)
    checked = await platform.check.check(job_request, identity)
    if wrong := [one for one in checked.errors if one.field.partition(".")[0] in OF_SCRIPTS]:
        raise Invalid("The script cannot be written: correct the fields.", wrong)
    described = platform.modules.descriptions.known(job_request.module)
    module = platform.modules.get(job_request.module, identity)
    dataset = await platform.data.get(job_request.dataset, identity) if job_request.dataset else None
    text = slurm_script(
        module.name,
        module.version,
        described.image or platform.modules.images.name(module.name, module.version),
        described.description,
        checked.resources,
        training=Training(checked.parameters, job_request.recipe, dataset.name if dataset else ""),
        engine=request[QUERY]["engine"],
    )
    return web.json_response({"engine": request[QUERY]["engine"], "script": text})


def job_request_of(body: Mapping[str, Any]) -> JobRequest:
    """Return the request of a loaded body; what it leaves out is empty, and the check reports it."""
    return JobRequest.from_json({"module": "", "dataset": "", **body})


def _as_text(retry: object) -> str:
    """Return a retry policy as the form's text."""
    policy = RetryPolicy.from_json(retry)
    return ", ".join(f"{name}:{times}" for name, times in policy.times.items()) if policy else ""


def _plain(job_request: JobRequest) -> dict[str, Any]:
    return {field.name: getattr(job_request, field.name) for field in fields(JobRequest)}
