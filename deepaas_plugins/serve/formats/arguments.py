"""Arguments of a call, found where upstream (webargs 5) finds them and checked by the module's own fields.

A field is looked for in the place that its metadata names, else in the query, the form and the JSON body,
in this order. webargs itself is not used: it reads aiohttp's request, which lives in another process, and
takes long to import.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError, fields, missing

Json = dict[str, Any]
Pairs = list[tuple[str, Any]]


class InvalidArguments(Exception):
    """Arguments are invalid; `status` and `messages` are the answer's status and JSON."""

    def __init__(self, status: int, messages: Any) -> None:
        super().__init__(str(messages))
        self.status, self.messages = status, messages


class UploadedFile(NamedTuple):
    """What a module gets for a file: the same four fields as upstream's class of this name."""

    name: str | None = None
    filename: str | None = None
    content_type: str | None = None
    original_filename: str | None = None


@dataclass(frozen=True, eq=False)
class Upload:
    """A file in a request: its bytes, or the path of the spooled file."""

    field: str
    filename: str
    content_type: str
    content: memoryview | None = None
    path: Path | None = None

    def stored(self, folder: Path, number: int) -> Path:
        """Return the path of the file; bytes are written into the folder (made if it is not there)."""
        if self.path is not None:
            return self.path
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"upload-{number}"
        path.write_bytes(self.content or b"")
        return path


@dataclass
class RawRequest:
    """A request as it was sent: texts and uploads by place."""

    query: Pairs = field(default_factory=list)
    form: Pairs = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    _json: Any = missing

    @property
    def json(self) -> Any:
        """Return the JSON body, `missing` where there is none.

        Raises
        ------
        InvalidArguments
            It is not JSON.
        """
        if self._json is missing and self.body:
            try:
                # A reader may pass over a byte order mark (RFC 8259, section 8.1).
                self._json = json.loads(self.body.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
            except (ValueError, RecursionError):
                raise InvalidArguments(400, {"json": ["Invalid JSON body."]}) from None
        return self._json

    @property
    def uploads(self) -> list[Upload]:
        """Return the files, in their order."""
        return [value for _, value in self.form if isinstance(value, Upload)]


def make_schema(arguments: Mapping[str, fields.Field]) -> Schema:
    """Make a schema of a module's fields."""
    return Schema.from_dict(dict(arguments))()


def parse(schema: Schema, request: RawRequest) -> Json:
    """Return the checked arguments.

    Raises
    ------
    InvalidArguments
        With the messages by field, as upstream answers them.
    """
    found = {}
    for name, each in schema.fields.items():
        value = _find(request, each.data_key or name, each)
        if value is not missing:
            found[each.data_key or name] = value
    try:
        loaded: Json = dict(schema.load(found))
    except ValidationError as error:
        raise InvalidArguments(422, error.messages) from None
    return loaded


def _find(request: RawRequest, name: str, each: fields.Field) -> Any:
    place = each.metadata.get("location")
    for location in (place,) if place else ("query", "form", "json"):
        value = _at(request, location, name, each)
        if value is not missing:
            return value
    return missing


def _at(request: RawRequest, location: str, name: str, each: fields.Field) -> Any:
    if location in {"query", "querystring"}:
        return _of_pairs(request.query, name, each)
    if location in {"form", "files"}:
        return _of_pairs(request.form, name, each)
    if location == "headers":
        return _one(request.headers.get(name.lower(), missing), each)
    if location == "cookies":
        return _one(request.cookies.get(name, missing), each)
    if location == "json":
        return _of_json(request.json, name, each)
    return missing


def _of_pairs(pairs: Pairs, name: str, each: fields.Field) -> Any:
    values = [value for key, value in pairs if key == name]
    if not values:
        return missing
    return values if _is_multiple(each) else values[0]


def _of_json(content: Any, name: str, each: fields.Field) -> Any:
    if isinstance(each, fields.Nested) and each.many and isinstance(content, list):
        return content
    if not isinstance(content, Mapping):
        return missing
    return _one(content.get(name, missing), each)


def _one(value: Any, each: fields.Field) -> Any:
    if value is missing or value is None or not _is_multiple(each) or isinstance(value, list | tuple):
        return value
    return [value]


def _is_multiple(each: fields.Field) -> bool:
    return isinstance(each, fields.List) and not hasattr(each, "delimiter")


def shown(value: Any) -> Any:
    """Return an argument as the answer about a training shows it (a file without its content)."""
    if isinstance(value, Upload):
        return [value.field, value.content_type, value.filename]
    return value


def all_files(arguments: Mapping[str, Any]) -> Iterable[Upload]:
    """Return the files among arguments."""
    for value in arguments.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Upload):
                yield each
