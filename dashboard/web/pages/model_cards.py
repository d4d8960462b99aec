"""The card of a model: as JSON, as Markdown, and what its owner writes on it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.models.model import Model
from dashboard.reports.cards.markdown import bibtex_of, markdown_of
from dashboard.reports.cards.model_card import ModelCard, model_card
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.app.rendering import json_answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.models import ModelCardAnswerSchema, ModelCardSchema, ModelSchema
from dashboard.web.snippets.origin import origin_of

endpoints = Endpoints("Models", "model")
PROSE = ("description", "intended_use", "limitations", "doi")


def card_of(request: web.Request, found: Model) -> ModelCard:
    """Return the card of a model, with what the platform has of its module.

    Parameters
    ----------
    request : web.Request
        Knows the platform.
    found : Model
        The model.
    """
    modules = request.app[PLATFORM].modules
    module = modules.shown(request[IDENTITY]).modules.get(found.module)
    return model_card(found, module, tuple(modules.headline(found.module)))


@endpoints.get(
    "/models/{model}/card",
    "Get the card of a model",
    visitors=True,
    answer=ModelCardAnswerSchema,
    permission=rows.PUBLIC_READ,
)
async def card(request: web.Request) -> web.Response:
    """Return the card as JSON."""
    found = await request.app[PLATFORM].models.get(request.match_info["model"], request[IDENTITY])
    made = card_of(request, found)
    data: dict[str, Any] = {**made.to_json(), "bibtex": bibtex_of(made, _address(request, found))}
    return json_answer(data)


@endpoints.get(
    "/models/{model}/card.md",
    "Get the card of a model as Markdown",
    visitors=True,
    answer=TEXT,
    answer_type="text/markdown",
    permission=rows.PUBLIC_READ,
)
async def card_markdown(request: web.Request) -> web.Response:
    """Return the card as a file to keep beside the model."""
    found = await request.app[PLATFORM].models.get(request.match_info["model"], request[IDENTITY])
    text = markdown_of(card_of(request, found), _address(request, found))
    headers = {"Content-Disposition": f'attachment; filename="model-{found.id}.md"'}
    return web.Response(text=text, content_type="text/markdown", charset="utf-8", headers=headers)


@endpoints.post(
    "/models/{model}/card",
    "Write on the card of a model, and name the model",
    body=ModelCardSchema,
    answer=ModelSchema,
    permission=rows.CHANGE,
)
async def write_card(request: web.Request) -> web.Response:
    """Store what the owner writes."""
    body = request[BODY]
    prose = {name: body[name].strip() for name in PROSE if body[name].strip()}
    aliases = list(dict.fromkeys(body["aliases"]))
    models = request.app[PLATFORM].models
    found = await models.write_card(request.match_info["model"], prose, aliases, request[IDENTITY])
    return json_answer(found.to_json())


def _address(request: web.Request, found: Model) -> str:
    return f"{origin_of(request)}/models/{found.id}"
