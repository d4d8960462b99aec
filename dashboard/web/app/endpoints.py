"""Tables of endpoints: each handler with its purpose, its request and its answer.

The router and the OpenAPI document are both made from these tables, so that no route goes undocumented.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from marshmallow import Schema

from dashboard.auth.policy import Action
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions.permission import Permission

Handler = Callable[[web.Request], Awaitable[Answer | web.StreamResponse]]
JsonSchema = Mapping[str, Any]
Described = type[Schema] | JsonSchema  # a marshmallow schema, or a JSON schema of what is no object

ACTIONS = {
    "GET": Action.READ,
    "POST": Action.CREATE,
    "PUT": Action.CREATE,
    "DELETE": Action.DELETE,
    "*": Action.CALL,
}
#: Kinds whose making is new work, and operations that begin some by a change: 503 under maintenance.
NEW_KINDS = frozenset({"dataset", "job", "model", "deployment"})
BEGINNING = frozenset(
    {
        "upload_file",
        "upload_done",
        "label_dataset",
        "create_acquisition",
        "start_acquisition",
        "again_acquisition",
        "pin_dataset",
        "retry_job",
        "resume_job",
        "enable_deployment",
        "set_deployment",
        "add_version",
        "set_canary",
        "promote_version",
    }
)
OBJECT: JsonSchema = {"type": "object", "additionalProperties": True}
BYTES: JsonSchema = {"type": "string", "format": "binary"}
TEXT: JsonSchema = {"type": "string"}
JSON = "application/json"


@dataclass(frozen=True)
class Endpoint:
    """One method at one path.

    Attributes
    ----------
    action, kind : Action, str
        What `authorize` is asked, and about which kind of resource.
    variable : str
        Which path variable names the resource; empty for all of its kind.
    public : bool
        Whether it answers those who are not signed in.
    aliases : tuple of str
        Other spellings of the path, which the document does not list.
    cross_origin : bool
        Whether pages of other sites may call it, as somebody who is not signed in.
    visitors : bool
        Whether somebody without an account may call it, on a platform that lets visitors see what is public.
    nameless : bool
        Whether callers without a token are `CALLER`, on a platform that lets them in (`vo.anonymous`).
    permission : Permission or None
        The row of docs/permissions.md that says who may call it; every endpoint names one, or a test fails.
    audit : bool or None
        Whether a success goes into the audit log; None: as `audited` decides.
    query : type of Schema or None
        The query string; loaded into ``request[QUERY]`` before the handler runs.
    body, answer : type of Schema, mapping or None
        What is sent and what comes back; a marshmallow schema of a body is loaded into ``request[BODY]``.
        `body_type` and `answer_type` where it is not JSON.
    errors : mapping
        Schemas of errors that are no problems of the platform, by status: those of a module's own server.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    action: Action
    kind: str
    variable: str = ""
    query: type[Schema] | None = None
    body: Described | None = None
    body_type: str = JSON
    answer: Described | None = None
    answer_type: str = JSON
    status: int = 200
    errors: Mapping[int, Described] = field(default_factory=dict)
    public: bool = False
    aliases: tuple[str, ...] = ()
    cross_origin: bool = False
    visitors: bool = False
    nameless: bool = False
    audit: bool | None = None
    permission: Permission | None = None

    @property
    def audited(self) -> bool:
        """Whether a success goes into the audit log: by default if it changes something."""
        if self.audit is not None:
            return self.audit
        return self.method in {"POST", "PUT", "DELETE"} and self.action not in {Action.READ, Action.CALL}

    @property
    def takes_new(self) -> bool:
        """Whether it takes uploads, jobs or deployments; calls of deployments are none."""
        makes = self.action is Action.CREATE and self.kind in NEW_KINDS
        return self.method != "GET" and (makes or self.name in BEGINNING)

    @property
    def name(self) -> str:
        """Return the operation's name: that of the handler."""
        return str(getattr(self.handler, "__name__", self.path))


@dataclass
class Endpoints:
    """The endpoints of one family of pages; used as decorators.

    Attributes
    ----------
    tag : str
        Heading in the document.
    kind : str
        Kind of resource that they are about, which is also the path variable that names one.
    """

    tag: str
    kind: str
    entries: list[Endpoint] = field(default_factory=list)

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self.entries)

    def add(self, method: str, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Register a handler.

        Parameters
        ----------
        method : str
            The HTTP method, or ``*``.
        path : str
            The path, with its variables in braces.
        summary : str
            One line for the OpenAPI document.
        **more : object
            Other fields of `Endpoint`.

        Returns
        -------
        callable
            A decorator, which returns the handler unchanged.
        """

        def register(handler: Handler) -> Handler:
            variable = self.kind if f"{{{self.kind}}}" in path else ""
            named = {"action": ACTIONS[method], "kind": self.kind, "variable": variable} | more
            self.entries.append(Endpoint(method, path, handler, summary, self.tag, **named))
            return handler

        return register

    def get(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Register a ``GET`` (``HEAD`` comes with it)."""
        return self.add("GET", path, summary, **more)

    def post(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Register a ``POST``."""
        return self.add("POST", path, summary, **more)

    def delete(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Register a ``DELETE``."""
        return self.add("DELETE", path, summary, **more)

    def put(self, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Register a ``PUT``."""
        return self.add("PUT", path, summary, **more)
