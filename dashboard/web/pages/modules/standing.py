"""What the market shows of modules beside their descriptions, and stars and leaderboards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from catalog import Module
from dashboard.auth.policy import Action
from dashboard.market.badges import badges
from dashboard.market.popularity import Use
from dashboard.modules.published import Published
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.market import CountedSchema, LeaderboardsSchema, StarSchema

endpoints = Endpoints("Market", "module")
LAST = 10**6  # rank of what has none


@dataclass(frozen=True)
class Standings:
    """Use, stars and ranks of all modules.

    Attributes
    ----------
    published : Published
        The modules of publishers.
    use, stars, ranks : mapping
        By name of the module; what has none is not in it.
    """

    published: Published
    use: Mapping[str, Use]
    stars: Mapping[str, int]
    ranks: Mapping[str, int]

    def of(self, module: Module) -> dict[str, Any]:
        """Return what is shown of a module."""
        found = self.published.modules.get(module.name)
        current = found.current if found else None
        signed = current is not None and self.published.signed(current)
        return {
            "badges": badges(module, current, signed=signed),
            "featured": found is not None and found.featured,
            "stars": self.stars.get(module.name, 0),
            "use": self.use.get(module.name, Use()).to_json(),
            "rank": self.ranks.get(module.name),
            "date": current.created if current else module.dates.get("updated", ""),
        }


async def standings(platform: Any) -> Standings:
    """Return use, stars and ranks."""
    figures, published = platform.figures, platform.modules.published
    return Standings(published, figures.use, await platform.stars.all(), figures.ranks)


def ordered(modules: list[dict[str, Any]], sort: str, *, words: bool) -> None:
    """Sort what the market shows; without words and by relevance, featured modules come first.

    Parameters
    ----------
    modules : list of dict
        Sorted by relevance.
    sort : str
        One of `dashboard.web.schemas.market.SORTS`.
    words : bool
        Whether words were looked for.
    """
    if sort == "quality":  # ranks compare; what a publisher measured only shows that it was measured
        modules.sort(key=lambda one: (one["rank"] or LAST, one["quality"] is None))
    elif sort == "use":
        modules.sort(key=lambda one: _used(one["use"]), reverse=True)
    elif sort == "date":
        modules.sort(key=lambda one: str(one["date"])[:10], reverse=True)
    elif not words:
        modules.sort(key=lambda one: not one["featured"])


def _used(use: Mapping[str, int]) -> tuple[int, int]:
    return Use(**use).order


@endpoints.post(
    "/modules/{module}/star",
    "Give a module a star, or take it back",
    body=StarSchema,
    answer=OBJECT,
    permission=rows.CREATE,
)
async def star(request: web.Request) -> web.Response:
    """Give or take a star."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    found = platform.modules.get(request.match_info["module"], identity)
    starred = request[BODY]["starred"]
    number = await platform.stars.give(found.name, identity.user, starred=starred)
    platform.live.publish("modules", "changed", {})
    return web.json_response({"starred": starred, "stars": number})


@endpoints.get(
    "/leaderboards",
    "Get the scores of modules on public datasets, of trainings on this platform",
    visitors=True,
    answer=LeaderboardsSchema,
    permission=rows.SHOWN,
)
async def show_leaderboards(request: web.Request) -> Answer:
    """Show the leaderboards; modules that the caller does not see are left out."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    seen = platform.modules.published.visible
    found = []
    for board in platform.figures.leaderboards:
        scores = [vars(score) for score in board.scores if seen(score.module, identity)]
        found.append({**board.to_json(), "scores": scores})
    return Answer("leaderboards.html", {"leaderboards": found})


@endpoints.post(
    "/settings/popularity",
    "Count your jobs and deployments in the market, or leave them out",
    kind="settings",
    action=Action.CHANGE,
    body=CountedSchema,
    answer=OBJECT,
    permission=rows.SIGNED_IN,
)
async def change_counted(request: web.Request) -> web.Response:
    """Change whether the caller is counted."""
    platform, counted = request.app[PLATFORM], request[BODY]["counted"]
    await platform.popularity.set_counts(request[IDENTITY].user, counted=counted)
    await platform.figures.refresh()
    return web.json_response({"counted": counted})
