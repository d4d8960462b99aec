"""Tables of endpoints: each handler says what it is for, what it takes and what it gives.

The router and the OpenAPI document are both made from these tables, so that no route goes undocumented.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from dashboard.web.rendering import Answer

Handler = Callable[[web.Request], Awaitable[Answer | web.StreamResponse]]
Schema = Mapping[str, Any]

OBJECT: Schema = {"type": "object", "additionalProperties": True}


def reference(name: str) -> Schema:
    """Return a reference to a named schema of `dashboard.web.schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}


def listing(name: str, of: str) -> Schema:
    """Return the schema of a page of things: ``{name: [...], "total": n}``."""
    return {
        "type": "object",
        "required": [name],
        "properties": {name: {"type": "array", "items": reference(of)}, "total": {"type": "integer"}},
    }


@dataclass(frozen=True)
class Query:
    """One query parameter."""

    name: str
    help: str
    kind: str = "string"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Endpoint:
    """One method at one path.

    Attributes
    ----------
    action : str
        What `authorize` is asked: ``read`` or ``write``.
    public : bool
        Whether it answers those who are not signed in.
    body, answer : mapping or None
        JSON schemas; `body_type` and `answer_type` where it is not JSON.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    action: str
    queries: Sequence[Query] = ()
    body: Schema | None = None
    body_type: str = "application/json"
    answer: Schema | None = None
    answer_type: str = "application/json"
    status: int = 200
    public: bool = False

    @property
    def name(self) -> str:
        """Return the operation's name: that of the handler."""
        return str(getattr(self.handler, "__name__", self.path))


@dataclass
class Endpoints:
    """The endpoints of one family of pages; used as decorators."""

    tag: str
    entries: list[Endpoint] = field(default_factory=list)

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self.entries)

    def add(self, method: str, path: str, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Register the decorated handler; `more` are the other fields of `Endpoint`."""

        def register(handler: Handler) -> Handler:
            action = more.pop("action", "read" if method == "GET" else "write")
            self.entries.append(Endpoint(method, path, handler, summary, self.tag, action, **more))
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
