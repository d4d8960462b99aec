"""Rounds of a learning session: begin, restart, fork; what one selected, and the candidates."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.base.errors import NotFound
from dashboard.learning.session import Round
from dashboard.web.app.app_keys import BODY, IDENTITY, PATH, PLATFORM, QUERY
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.pages.learning.drawing import sparklines
from dashboard.web.pages.learning.sessions import HERE, created, round_json, settings_of
from dashboard.web.permissions import rows
from dashboard.web.schemas.learning.answers import (
    CandidateListSchema,
    LearningRoundAnswerSchema,
    LearningRoundPageSchema,
    LearningSessionAnswerSchema,
)
from dashboard.web.schemas.learning.requests import CandidateQuery, LearningForkSchema

endpoints = Endpoints("Learning sessions", "learning_session")
PLOTTED = 60  # candidates that the page draws


async def _told(request: web.Request, round_: Round) -> dict[str, Any]:
    learning = request.app[PLATFORM].learning
    session = await learning.get(round_.session)  # the caller may change it
    figures = {one.number: one for one in await learning.figures(session)}
    return await round_json(request, round_, figures)


@endpoints.post(
    f"{HERE}/rounds",
    "Begin the next round with the labels that there are",
    action=Action.CHANGE,
    answer=LearningRoundAnswerSchema,
    status=201,
    permission=rows.CHANGE,
)
async def start_learning_round(request: web.Request) -> Answer:
    """Begin a round."""
    name = request.match_info["learning_session"]
    begun = await request.app[PLATFORM].learning.start_round(name, request[IDENTITY])
    told = await _told(request, begun)
    return Answer("done.html", {"round": told}, 201, {"Location": f"/learning/{name}"})


@endpoints.get(
    f"{HERE}/rounds/{{round}}",
    "Get a round with the spectra that it selected",
    answer=LearningRoundPageSchema,
    permission=rows.READ,
)
async def learning_round(request: web.Request) -> web.Response:
    """Return a round."""
    learning, name = request.app[PLATFORM].learning, request.match_info["learning_session"]
    session = await learning.get(name, request[IDENTITY])
    round_ = await learning.numbered(name, request[PATH]["round"])
    labels = await learning.labels_of(session)
    entries = [
        {**one.to_json(), "given": labels[one.spectrum][1] if one.spectrum in labels else None}
        for one in await learning.store.entries(name, round_.number)
    ]
    return json_answer({"round": await _told(request, round_), "entries": entries})


@endpoints.post(
    f"{HERE}/rounds/{{round}}/restart",
    "Run a round that failed once more, with the same labels",
    action=Action.CHANGE,
    answer=LearningRoundAnswerSchema,
    permission=rows.CHANGE,
)
async def restart_learning_round(request: web.Request) -> web.Response:
    """Restart a round."""
    name = request.match_info["learning_session"]
    again = await request.app[PLATFORM].learning.restart(name, request[PATH]["round"], request[IDENTITY])
    return json_answer({"round": await _told(request, again)})


@endpoints.post(
    f"{HERE}/rounds/{{round}}/fork",
    "Create a session that goes on from a round with other settings",
    body=LearningForkSchema,
    answer=LearningSessionAnswerSchema,
    status=201,
    permission=rows.USE,
)
async def fork_learning_session(request: web.Request) -> Answer:
    """Fork a session."""
    learning, body, identity = request.app[PLATFORM].learning, request[BODY], request[IDENTITY]
    made = await learning.fork(
        request.match_info["learning_session"],
        request[PATH]["round"],
        body.get("name") or "",
        settings_of(body),
        identity,
    )
    if body["start"]:
        await learning.start_round(made.id, identity)
    return created(made)


@endpoints.get(
    f"{HERE}/candidates",
    "List the candidates of a round, the most probable first",
    query=CandidateQuery,
    answer=CandidateListSchema,
    permission=rows.READ,
)
async def learning_candidates(request: web.Request) -> Answer:
    """Show the candidates."""
    learning, query = request.app[PLATFORM].learning, request[QUERY]
    name = request.match_info["learning_session"]
    session = await learning.get(name, request[IDENTITY])
    rounds = [one for one in await learning.store.rounds(name) if (one.result or {}).get("trained")]
    if query["round"]:
        rounds = [one for one in rounds if one.number == query["round"]]
        if not rounds:
            raise NotFound(f"Round {query['round']} of the session has no list of candidates.")
    found = await learning.candidates(session, rounds[-1]) if rounds else []
    shown = [
        one
        for one in found
        if (not query["label"] or one["label"] == query["label"])
        and (not query["unlabelled"] or one["given"] is None)
    ]
    data = {
        "round": rounds[-1].number if rounds else None,
        "job": rounds[-1].job if rounds else None,
        "candidates": shown,
        "total": len(found),
    }
    platform = request.app[PLATFORM]
    pool = await platform.data.find(session.dataset, request[IDENTITY])
    drawn = [one["number"] for one in shown[:PLOTTED] if one["number"] is not None]
    more = {
        "paths": await sparklines(platform.data, pool, drawn),
        "pool_there": pool is not None,
        "session": session,
        "label": query["label"],
        "unlabelled": query["unlabelled"],
        "labels": sorted({one["label"] for one in found}),
    }
    return Answer("candidates.html", {**data, **more})
