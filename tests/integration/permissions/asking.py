"""A request for each endpoint of the matrix: addresses with real objects in them, and bodies that are taken.

An endpoint that needs more than the objects of its path has a body or a query here.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.auth.access import KEYS
from dashboard.auth.identity import OWNER, Role, Scope
from dashboard.auth.links import LinkKind
from dashboard.auth.oidc.claims import ProviderPerson
from dashboard.auth.oidc.provider_accounts import ProviderAccountStore
from dashboard.auth.sessions import token_id
from dashboard.jobs.store.held_jobs import Terms
from dashboard.web.app.endpoints import Endpoint
from tests.integration.permissions.cast import (
    FOREIGN,
    OTHER,
    OTHER_PROJECT,
    OWN,
    PEOPLE,
    PROJECT,
    SHARED,
    Cast,
)

VARIABLE = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
#: Variables of paths that name nothing of anybody.
PLAIN = {
    "module": "toy",
    "number": "0",
    "label_version": "1",
    "view": "summary",
    "mark": "0",
    "round": "1",
    "row": "0",
    "tail": "models",
    "provider": "sso",
    "announcement": "none",
    "subject": "person",
    "name": OTHER,
    "publication": "none",
    "version": "1.0.0",
    "namespace": "somebody",
    "guide": "hpc",
    "picture": "dashboard.png",
    "file": "alerts.yml",
}
#: A file, by the kind of what has it.
FILES = {"dataset": "A.csv", "job": "summary.json", "module": "README.md"}
#: Queries by endpoint. Spectra are read in processes of their own, which takes seconds to begin: a query that
#: is invalid is answered after the permission, and before that.
QUERIES = {
    r"GET /data/{dataset}/spectra/{number:\d+}": {"points": "0"},
    "GET /data/{dataset}/plot": {"numbers": "99"},
    r"GET /jobs/{job}/views/{view}/marks/{mark:\d+}": {"size": "0"},
    r"GET /jobs/{job}/rows/{row:\d+}": {"points": "0"},
    "GET /live": {"topics": "modules"},
}


@dataclass
class Request:
    """What is sent."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def of(self, kind: str, before: str, after: str) -> Request:
        """Return it with another identifier in the path."""
        return Request(self.method, self.path.replace(before, after), self.query, self.body)


Body = Callable[[Cast, str, Mapping[str, str]], Any]
BODIES: dict[str, Body] = {
    "POST /data": lambda _cast, role, _named: {"name": f"of {role}"},
    "PUT /data/{dataset}/files/{path:.+}": lambda *_: None,
    "POST /data/{dataset}/labels": lambda *_: {"csv": "name,label\nA,A\nB,B\n"},
    "POST /data/{dataset}/labels/counts": lambda *_: {"csv": "name,label\nA,A\n"},
    "POST /data/{dataset}/label-queues": lambda *_: {"rows": [0], "classes": ["A"]},
    "POST /label-sets": lambda cast, role, _named: {
        "name": f"of {role}",
        "dataset": cast.shown_to(role, "dataset"),
        "classes": ["A", "B"],
    },
    "POST /label-sets/{label_set}/events": lambda *_: {
        "events": [{"key": "again", "kind": "skip", "row": 0}]
    },
    "POST /label-sets/{label_set}/import": lambda *_: {"csv": "id,label\nA,A\n"},
    "POST /label-sets/{label_set}/queues": lambda *_: {"rows": [0]},
    "POST /learning": lambda cast, role, _named: {
        "name": f"of {role}",
        "dataset": cast.shown_to(role, "dataset"),
        "classes": ["A", "B"],
        "targets": ["A"],
        "module": "toy",
        "batch": 1,
    },
    "POST /learning/preview": lambda cast, role, _named: {"dataset": cast.shown_to(role, "dataset")},
    "POST /jobs": lambda cast, role, _named: {"module": "toy", "dataset": cast.shown_to(role, "dataset")},
    "POST /models/{model}/predictions": lambda cast, role, _named: {
        "dataset": cast.shown_to(role, "dataset")
    },
    "POST /sources": lambda _cast, role, _named: {
        "name": f"of {role}",
        "kind": "http-file",
        "values": {"address": "http://127.0.0.1:1/a.fits"},
    },
    "POST /sources/{source}": lambda *_: {"name": "another"},
    "POST /sources/{source}/acquisitions": lambda *_: {},
    "POST /sources/{source}/acquisitions/{acquisition}/again": lambda *_: {"what": "failed"},
    "POST /preview": lambda *_: {},
    "POST /deployments": lambda *_: {},
    "POST /deployments/{deployment}/tokens": lambda *_: {"title": "another"},
    "POST /nodes": lambda _cast, role, _named: {"name": f"new-{role}", "kind": "process"},
    "POST /nodes/test": lambda *_: {"name": "tried", "kind": "process"},
    "POST /people": lambda _cast, role, _named: {"name": f"new-{role}"},
    "POST /projects": lambda _cast, role, _named: {"name": f"new-{role}"},
    "POST /projects/{project}/members": lambda *_: {"user": OTHER, "lead": True},
    "POST /publications": lambda *_: {},
    "POST /publications/repository": lambda *_: {"url": "file:///etc"},
    "POST /publications/image": lambda *_: {"image": "no image"},
    "POST /modules/{module}/star": lambda *_: {"starred": True},
    "POST /settings/popularity": lambda *_: {"counted": True},
    "POST /modules/{module}/versions/{version}": lambda *_: {"state": "yanked"},
    "POST /settings/profile": lambda _cast, role, _named: {"title": f"The {role}"},
    "POST /administration/announcements": lambda *_: {"text": "New disks"},
    "POST /administration/maintenance": lambda *_: {"on": False},
    "POST /administration/storage/delete": lambda *_: {"items": []},
    "POST /administration/quotas/{subject}/{name}": lambda *_: {"limits": {"upload_mb": 100}},
    "POST /vo/signed": lambda *_: {"path": "/vo/ssa"},
    "POST /settings/tokens": lambda *_: {"title": "another"},
}


async def _session(cast: Cast, role: str) -> str:
    return token_id(await cast.site.platform.sessions.open(PEOPLE.get(role, OTHER)))


async def _api_token(cast: Cast, role: str) -> str:
    identity = await cast.site.platform.accounts.identity(PEOPLE.get(role, OTHER))
    made, _ = await cast.site.platform.api_tokens.create(identity, "one", [Scope.READ], 1)
    return made.id


async def _way(cast: Cast, role: str) -> str:
    user = PEOPLE.get(role, OTHER)
    person = ProviderPerson("https://127.0.0.1:1", secrets.token_hex(8), user, "", "", ())
    ways = ProviderAccountStore(cast.site.platform.database)
    await ways.link(person, user, managed=False)
    return next(way.id for way in await ways.of_user(user) if way.subject == person.subject)


async def _way_of_another(cast: Cast, _role: str) -> str:
    return await _way(cast, OTHER)


async def _email_link(cast: Cast, _role: str) -> str:
    return await cast.site.platform.links.make(LinkKind.EMAIL, OTHER, "olga@example.org")


async def _challenge(cast: Cast, role: str) -> str:
    return await cast.site.platform.links.make(LinkKind.CODE, PEOPLE.get(role, OTHER), "password")


async def _announcement(cast: Cast, _role: str) -> str:
    return (await cast.site.platform.announcements.create(OWNER, "New disks")).id


async def _held(cast: Cast, role: str) -> str:
    identity = await cast.site.platform.accounts.identity(PEOPLE.get(role, OTHER))
    made = await cast.site.platform.held.hold("toy", "1.0.0", Terms(), identity)
    return made.id


Making = Callable[[Cast, str], Awaitable[str]]
#: Variables of one endpoint that are made for each request, as what they name ends with it.
MADE: dict[str, tuple[str, Making]] = {
    "POST /announcements/{announcement}/dismiss": ("announcement", _announcement),
    "DELETE /administration/announcements/{announcement}": ("announcement", _announcement),
    "DELETE /settings/sessions/{token}": ("token", _session),
    "DELETE /settings/tokens/{token}": ("token", _api_token),
    "DELETE /settings/ways/{way}": ("way", _way),
    "DELETE /people/{person}/ways/{way}": ("way", _way_of_another),
}
#: The same of what is done to the objects that one may change: others of the test need them as they are.
CHANGED: dict[str, tuple[str, Making]] = {
    "POST /uws/{module}/{job}/parameters": ("job", _held),
    "DELETE /uws/{module}/{job}": ("job", _held),
}
#: The same of queries and bodies.
SENT: dict[str, tuple[str, Making]] = {
    "GET /email-confirmation": ("token", _email_link),
    "POST /email-confirmation": ("token", _email_link),
    "POST /second-factor": ("challenge", _challenge),
}


async def request_for(cast: Cast, endpoint: Endpoint, role: str, relation: str) -> Request:
    """Return a request of a role about an object in a relation to it.

    Parameters
    ----------
    cast : Cast
        Has the objects.
    endpoint : Endpoint
        Where it is sent.
    role : str
        Who sends it.
    relation : str
        What the object is to the role.

    Returns
    -------
    Request
        It is allowed unless the permission is missing.

    Raises
    ------
    KeyError
        If a variable of the path is not known here: say in `PLAIN` or `Cast` what it names.
    """
    key = f"{endpoint.method} {endpoint.path}"
    project = {OWN: f"led-by-{role}", SHARED: PROJECT}.get(relation, OTHER_PROJECT)
    named = {**PLAIN, "person": OTHER, "project": project}
    if role in PEOPLE or relation != OWN:
        named |= cast.named(role, relation)
    named["running_job"] = cast.named(OTHER, FOREIGN)["job"]
    named["path"] = next((path for kind, path in FILES.items() if f"{{{kind}}}" in endpoint.path), "x")
    if key in MADE:
        variable, make = MADE[key]
        named[variable] = await make(cast, role if relation == OWN else OTHER)
    if key in CHANGED and (relation == OWN or role == Role.ADMIN):
        variable, make = CHANGED[key]
        named[variable] = await make(cast, role)
    method = "GET" if endpoint.method == "*" else endpoint.method  # reading what the model is
    path = VARIABLE.sub(lambda found: named[found[1]], endpoint.path)
    body = BODIES.get(key, lambda *_: {})(cast, role, named) if method == "POST" else None
    query = dict(QUERIES.get(key, {}))
    if key in SENT:
        variable, make = SENT[key]
        told = {variable: await make(cast, role)}
        query, body = (told, None) if method == "GET" else ({}, told)
    if endpoint.path == "/invitation":
        token = await cast.site.platform.sign_in.invitation(OTHER, OWNER)
        query, body = ({"token": token}, None) if method == "GET" else ({}, {"token": token, "password": "x"})
    if endpoint.path == "/enter":
        query["token"] = await cast.site.platform.sessions.one_time_link(OWNER)
    return Request("HEAD" if endpoint.path == "/live" else method, path, query, body)


def kind_of(endpoint: Endpoint) -> str:
    """Return the kind of stored object that an endpoint is about, empty where there is none."""
    return next((kind for kind in (*KEYS, "project") if f"{{{kind}}}" in endpoint.path), "")
