"""Learning sessions: the list with the form of a new one, and one with its rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.learning.presets import PRESETS
from dashboard.learning.session import Round, Session
from dashboard.learning.settings import DIVERSITY, REJECTIONS, STRATEGIES
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.app.requests import pages_in
from dashboard.web.pages.learning.drawing import chart
from dashboard.web.pages.train import CHOICES
from dashboard.web.permissions import rows
from dashboard.web.schemas.learning.answers import (
    LearningPreviewSchema,
    LearningSessionAnswerSchema,
    LearningSessionListSchema,
    LearningSessionPageSchema,
)
from dashboard.web.schemas.learning.requests import (
    LearningPreviewRequestSchema,
    LearningSessionCreateSchema,
    LearningSessionQuery,
    LearningSettingsSchema,
)

endpoints = Endpoints("Learning sessions", "learning_session")
OF_SESSION = ("name", "dataset", "classes", "label_set", "project", "start")
HERE = "/learning/{learning_session}"
MODULES = ("rdf", "cnn", "convolutions", "ensemble")  # that give probabilities of classes


def settings_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a request, without what is left out."""
    return {name: value for name, value in body.items() if name not in OF_SESSION and value not in (None, [])}


def described(request: web.Request, modules: Sequence[str]) -> list[dict[str, Any]]:
    """Return modules with the parameters of their training; None where the image was not read yet."""
    known = request.app[PLATFORM].modules.descriptions.known
    return [{"name": name, "parameters": (known(name).description or {}).get("train")} for name in modules]


@endpoints.get(
    "/learning",
    "List learning sessions, newest first",
    query=LearningSessionQuery,
    answer=LearningSessionListSchema,
    permission=rows.LIST,
)
async def learning_sessions(request: web.Request) -> Answer:
    """Show the sessions."""
    platform, query = request.app[PLATFORM], dict(request[QUERY])
    preset, dataset = query.pop("preset"), query.pop("dataset")
    found = await platform.learning.store.search(**query, identity=request[IDENTITY])
    datasets = await platform.data.store.search(state="ready", size=CHOICES, identity=request[IDENTITY])
    label_sets = await platform.labels.store.search(size=CHOICES, identity=request[IDENTITY])
    known = [one for one in MODULES if one in platform.modules.catalog.modules]
    data = {"sessions": found.items, "total": found.total, **query}
    more = {
        "pages": pages_in(found.total, query["size"]),
        "datasets": datasets.items,
        "label_sets": label_sets.items,
        "projects": await platform.projects.list(request[IDENTITY]),
        "modules": described(request, known),
        "strategies": STRATEGIES,
        "diversities": DIVERSITY,
        "rejections": REJECTIONS,
        "presets": list(PRESETS.values()),
        "preset": PRESETS.get(preset),
        "dataset": dataset,
    }
    return Answer("learning.html", {**data, **more})


@endpoints.post(
    "/learning",
    "Create a learning session, and begin its first round",
    body=LearningSessionCreateSchema,
    answer=LearningSessionAnswerSchema,
    status=201,
    permission=rows.CREATE,
)
async def create_learning_session(request: web.Request) -> Answer:
    """Create a session."""
    learning, body, identity = request.app[PLATFORM].learning, request[BODY], request[IDENTITY]
    made = await learning.create(
        body["name"],
        body["dataset"],
        settings_of(body),
        identity,
        classes=body.get("classes") or (),
        label_set=body.get("label_set") or "",
        project=body.get("project") or None,
    )
    if body["start"]:
        await learning.start_round(made.id, identity)
    return created(made)


def created(session: Session) -> Answer:
    """Answer with a new session."""
    return Answer("done.html", {"session": session}, 201, {"Location": f"/learning/{session.id}"})


@endpoints.post(
    "/learning/preview",
    "Show what the first batch of a session would be",
    action=Action.READ,
    body=LearningPreviewRequestSchema,
    answer=LearningPreviewSchema,
    permission=rows.SIGNED_IN,
)
async def preview_learning(request: web.Request) -> web.Response:
    """Show a first batch."""
    body = request[BODY]
    found = await request.app[PLATFORM].learning.preview(
        body["dataset"], body["count"], body["seed"], request[IDENTITY]
    )
    note = (
        "Before two classes have labels there is no model: the first batch is a random sample of the pool, "
        "or, with every other strategy, spectra of one that differ. This is such a sample."
    )
    return json_answer({"spectra": found, "note": note})


async def round_json(request: web.Request, round_: Round, figures: Mapping[int, Any]) -> dict[str, Any]:
    """Return a round as answers and pages show it.

    Parameters
    ----------
    request : web.Request
        Whose platform is asked.
    round_ : Round
        The round.
    figures : mapping
        Number to `RoundFigures` of all rounds of its session.
    """
    learning = request.app[PLATFORM].learning
    state, reason = await learning.phase(round_)
    trained = bool((round_.result or {}).get("trained"))
    one = figures.get(round_.number)
    return {
        **round_.to_json(),
        "state": state,
        "reason": reason,
        "model": f"m-{round_.job}" if trained else None,
        "figures": None if one is None else one.to_json(),
    }


@endpoints.get(
    HERE, "Get a learning session with its rounds", answer=LearningSessionPageSchema, permission=rows.READ
)
async def learning_session(request: web.Request) -> Answer:
    """Show a session."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    learning = platform.learning
    found = await learning.get(request.match_info["learning_session"], identity)
    figures = {one.number: one for one in await learning.figures(found)}
    told = [await round_json(request, one, figures) for one in await learning.store.rounds(found.id)]
    pool = await platform.data.find(found.dataset, identity)
    label_set = await learning.label_set(found)
    data = {"session": found, "rounds": told}
    more = {
        "pool": pool,
        "classes": [] if label_set is None else label_set.classes,
        "labels_there": label_set is not None,
        "labelled": sum(one.labelled for one in figures.values()),
        "targets_found": sum(one.targets for one in figures.values()),
        "last": told[-1] if told else None,
        "parent": await learning.find(found.parent, identity) if found.parent else None,
        "strategies": STRATEGIES,
        "diversities": DIVERSITY,
        "rejections": REJECTIONS,
        "modules": described(request, [found.settings["module"]]),
        "drawn": chart([one.to_json() for one in figures.values()]),
    }
    return Answer("learning_session.html", {**data, **more})


@endpoints.post(
    HERE,
    "Change the settings of a session from its next round on",
    action=Action.CHANGE,
    body=LearningSettingsSchema,
    answer=LearningSessionAnswerSchema,
    permission=rows.CHANGE,
)
async def change_learning_session(request: web.Request) -> web.Response:
    """Change settings."""
    changed = await request.app[PLATFORM].learning.change(
        request.match_info["learning_session"], settings_of(request[BODY]), request[IDENTITY]
    )
    return json_answer({"session": changed})


@endpoints.post(
    f"{HERE}/close",
    "Close a session: no round begins any more",
    action=Action.CHANGE,
    answer=LearningSessionAnswerSchema,
    permission=rows.CHANGE,
)
async def close_learning_session(request: web.Request) -> web.Response:
    """Close a session."""
    learning = request.app[PLATFORM].learning
    closed = await learning.close(request.match_info["learning_session"], request[IDENTITY])
    return json_answer({"session": closed})


@endpoints.post(
    f"{HERE}/reopen",
    "Open a session that is closed or finished",
    action=Action.CHANGE,
    answer=LearningSessionAnswerSchema,
    permission=rows.CHANGE,
)
async def reopen_learning_session(request: web.Request) -> web.Response:
    """Open a session again."""
    learning = request.app[PLATFORM].learning
    opened = await learning.reopen(request.match_info["learning_session"], request[IDENTITY])
    return json_answer({"session": opened})


@endpoints.delete(HERE, "Delete a session; labels, jobs and models stay", status=204, permission=rows.CHANGE)
async def delete_learning_session(request: web.Request) -> web.Response:
    """Delete a session."""
    await request.app[PLATFORM].learning.delete(request.match_info["learning_session"], request[IDENTITY])
    return web.Response(status=204)
