"""The tools that `huggins mcp` offers: what each takes, and the requests of the API that it makes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import click

from dashboard.cli.api import Api

Arguments = Mapping[str, Any]
MOST_LISTED = 50
SIMILAR = 5  # spectra that are found by default


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes
    ----------
    name, description : str
        For the program that chooses it.
    properties : mapping
        Argument to its JSON schema.
    required : tuple of str
        Arguments that must be given.
    call : callable
        Makes the requests and returns what JSON can hold.
    """

    name: str
    description: str
    properties: Mapping[str, Any]
    required: tuple[str, ...]
    call: Callable[[Api, Arguments], Awaitable[Any]]

    def to_json(self) -> dict[str, Any]:
        """Return it as the protocol lists it."""
        schema = {"type": "object", "properties": dict(self.properties), "required": list(self.required)}
        return {
            "name": self.name,
            "description": self.description,
            "inputSchema": {**schema, "additionalProperties": False},
        }


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


async def search(api: Api, given: Arguments) -> Any:
    """Search the market."""
    found = (await api.get("/", q=str(given.get("words", ""))))["modules"][:MOST_LISTED]
    kept = ("name", "title", "summary", "version", "tasks", "trainable", "deployed")
    return [{name: module[name] for name in kept} for module in found]


async def datasets(api: Api, given: Arguments) -> Any:
    """List datasets."""
    found = (await api.get("/data", q=str(given.get("words", "")), size=MOST_LISTED))["datasets"]
    return [{name: one[name] for name in ("id", "name", "state", "count", "classes")} for one in found]


async def module(api: Api, given: Arguments) -> Any:
    """Describe a module."""
    found = await api.get(f"/modules/{quote(str(given['module']), safe='')}")
    description = found["description"] or {}
    told = {name: description.get(name, []) for name in ("train", "predict")}
    return {"title": found["module"]["title"], "description": found["module"]["description"], **told}


async def train(api: Api, given: Arguments) -> Any:
    """Start a training."""
    body = {"dataset": "", "parameters": {}, **given}
    job = (await api.post("/jobs", body))["job"]
    return {name: job[name] for name in ("id", "phase", "reason")}


async def job(api: Api, given: Arguments) -> Any:
    """Tell how a job goes."""
    found = await api.get(f"/jobs/{quote(str(given['job']), safe='')}")
    told = {name: found["job"][name] for name in ("id", "phase", "reason", "progress", "metrics")}
    return {**told, "model": (found["model"] or {}).get("id")}


async def predict(api: Api, given: Arguments) -> Any:
    """Ask a deployment about files of this machine."""
    return await _asked(api, given)


async def similar(api: Api, given: Arguments) -> Any:
    """Find spectra that are similar to files of this machine among those that a method learned from."""
    answer = await _asked(api, given, similar=int(given.get("count", SIMILAR)))
    results = answer.get("results", []) if isinstance(answer, dict) else []
    if results and all("similar" not in one for one in results):
        told = f"{given['deployment']} does not find similar spectra: name a deployment of embedding."
        raise click.ClickException(told)
    kept = [{"name": one.get("name"), "similar": one.get("similar", [])} for one in results]
    return {"results": kept, "rejected": answer.get("rejected", [])}


async def _asked(api: Api, given: Arguments, **query: int) -> Any:
    form = aiohttp.FormData()
    for text in given["files"]:
        path = Path(str(text)).expanduser()
        form.add_field("data", await asyncio.to_thread(path.read_bytes), filename=path.name)
    answer = await api.post_form(f"/predict/{quote(str(given['deployment']), safe='')}", form, **query)
    return answer.get("predictions", answer)


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "search", "Search the methods of the market.", {"words": _text("Words to look for.")}, (), search
        ),
        Tool("datasets", "List datasets of spectra.", {"words": _text("Words in the name.")}, (), datasets),
        Tool(
            "module",
            "Describe a method and its parameters.",
            {"module": _text("Its name.")},
            ("module",),
            module,
        ),
        Tool(
            "train",
            "Start a training as a job; returns its id at once.",
            {
                "module": _text("Name of the method."),
                "dataset": _text("Id of a dataset."),
                "parameters": {"type": "object", "description": "Parameters of the method by name."},
            },
            ("module",),
            train,
        ),
        Tool(
            "job", "Tell how a job goes, and which model it made.", {"job": _text("Its id.")}, ("job",), job
        ),
        Tool(
            "predict",
            "Classify or measure spectra by a deployed model.",
            {
                "deployment": _text("Name of the deployment."),
                "files": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "description": "Paths of files of spectra on this machine.",
                },
            },
            ("deployment", "files"),
            predict,
        ),
        Tool(
            "similar",
            "Find spectra similar to given ones, among those that a deployed embedding learned from.",
            {
                "deployment": _text("Name of a deployment of the method embedding."),
                "files": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "description": "Paths of files of spectra on this machine.",
                },
                "count": {"type": "integer", "minimum": 1, "maximum": 100, "description": "How many."},
            },
            ("deployment", "files"),
            similar,
        ),
    )
}
