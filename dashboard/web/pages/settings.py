"""Settings: notifications of a user's jobs."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.identity import Scope
from dashboard.auth.policy import Action
from dashboard.notifications.preferences import ABOUT, Preferences
from dashboard.quotas.measure import month_start
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, TOKEN
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.administration.quotas import UseAnswerSchema
from dashboard.web.schemas.settings import NotificationChangeSchema

endpoints = Endpoints("Settings", "settings")
SCOPES = {
    Scope.READ: "see everything that you see",
    Scope.DATA: "create, change and delete datasets",
    Scope.JOBS: "train and predict, change and delete jobs and models",
    Scope.DEPLOY: "create, change and call deployments",
    Scope.PUBLISH: "publish modules",
    Scope.ADMIN: "administer nodes and people",
}


@endpoints.get(
    "/settings",
    "Get notification settings and recent notifications",
    answer=OBJECT,
    permission=rows.SIGNED_IN,
)
async def settings(request: web.Request) -> Answer:
    """Show the settings of the caller."""
    platform, name = request.app[PLATFORM], request[IDENTITY].user
    data = {
        "profile": await _profile(request),
        "notifications": _shown(await platform.preferences.get(name)),
        "mail": platform.preferences.mail,
        "about": ABOUT,
        "sessions": [
            one.to_json() for one in await platform.sessions.list(request[IDENTITY], request.get(TOKEN, ""))
        ],
        "api_tokens": [token.to_json() for token in await platform.api_tokens.list(name)],
        "scopes": [
            (scope, SCOPES[scope]) for scope in Scope if scope is not Scope.ADMIN or request[IDENTITY].admin
        ],
        "told": [_told(message) for message in await platform.outbox.of(name)],
        "use": (await platform.quota_overview.mine(request[IDENTITY])).to_json()["use"],
        "month": month_start(),
        "counted": await platform.popularity.counts(name),
    }
    return Answer("settings.html", data)


@endpoints.get(
    "/settings/use", "Get what you use of your quotas", permission=rows.SIGNED_IN, answer=UseAnswerSchema
)
async def own_use(request: web.Request) -> web.Response:
    """Say what the caller may have and has."""
    found = await request.app[PLATFORM].quota_overview.mine(request[IDENTITY])
    return web.json_response({"month": month_start(), "use": found.to_json()["use"]})


@endpoints.post(
    "/settings/notifications",
    "Change notification settings; fields left out stay, secret: new makes another",
    action=Action.CHANGE,
    body=NotificationChangeSchema,
    answer=OBJECT,
    permission=rows.SIGNED_IN,
)
async def change_notifications(request: web.Request) -> web.Response:
    """Change the preferences; a secret is answered once, when it is made."""
    platform, name = request.app[PLATFORM], request[IDENTITY].user
    before = await platform.preferences.get(name)
    after = await platform.preferences.put(name, request[BODY])
    shown = _shown(after)
    if after.secret != before.secret:
        shown["secret"] = after.secret
    return web.json_response({"notifications": shown})


@endpoints.post(
    "/settings/notifications/test",
    "Send a test notification by every configured channel",
    audit=False,
    action=Action.CHANGE,
    answer=OBJECT,
    status=202,
    permission=rows.SIGNED_IN,
)
async def send_test(request: web.Request) -> web.Response:
    """Send a test message now, and return the outcome."""
    platform, name = request.app[PLATFORM], request[IDENTITY].user
    await platform.outbox.test(name)
    await platform.sender.deliver()
    told = [_told(message) for message in await platform.outbox.of(name, 2)]
    return web.json_response({"told": told}, status=202)


async def _profile(request: web.Request) -> dict[str, Any] | None:
    """Return one's own account and the ways to sign in to it; None for the local owner, who has none."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    account = await platform.accounts.find(identity.user)
    if account is None:
        return None
    return {
        "person": account.to_json(),
        "pending_email": await platform.email_change.pending(identity),
        "has_password": bool(await platform.accounts.password_hash(account.name)),
        "second_factor": (await platform.second_factors.state(account.name)).to_json(),
        "second_factor_required": platform.sign_in.requires_factor(account),
        "ways": await platform.providers.ways(account.name),
        "providers": platform.providers.listed,
        "sign_ins": await platform.audit.sign_ins(account.name),
    }


def _shown(preferences: Preferences) -> dict[str, Any]:
    """Return them without the secret."""
    shown = preferences.to_json()
    return {**shown, "secret": None, "has_secret": bool(preferences.secret)}


def _told(message: Any) -> dict[str, Any]:
    kept = ("id", "job", "event", "channel", "target", "state", "attempts", "due", "error", "created", "sent")
    return {**{name: getattr(message, name) for name in kept}, "subject": message.subject}
