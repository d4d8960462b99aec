"""Schemas of requests and answers: what they have in common, and their errors by field."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import EXCLUDE, INCLUDE, RAISE, Schema, ValidationError, fields, pre_load

from dashboard.base.errors import FieldError, Invalid
from dashboard.base.ownership import Visibility
from dashboard.web.schemas.fields import Choice, Listed, Part, Text, Whole, optional

LARGEST_PAGE = 200
LAST_PAGE = 10**12
NOT_AN_OBJECT = "must be an object"


class AnswerSchema(Schema):
    """An object of an answer. It may have more members than are described."""

    class Meta:  # noqa: D106
        unknown = INCLUDE


class OwnedSchema(AnswerSchema):
    """An object of an answer that belongs to somebody."""

    owner = Text("User id", required=True)
    visibility = Choice(Visibility, "Who else sees it", required=True)
    project = optional(Text, "With a visibility of project: the project whose members see it")


class BodySchema(Schema):
    """The JSON object or the form of a request. An unknown field is an error that names the nearest one.

    Attributes
    ----------
    is_from_text : bool
        Whether the values come from a form, which sends numbers as text; in JSON a number is no text.
    """

    is_from_text = False
    error_messages = {"type": NOT_AN_OBJECT}  # noqa: RUF012

    class Meta:  # noqa: D106
        unknown = RAISE


class QuerySchema(Schema):
    """The query string of a request. An empty value is the same as none; unknown names are ignored."""

    is_from_text = True

    class Meta:  # noqa: D106
        unknown = EXCLUDE

    @pre_load
    def _without_empty(self, data: Mapping[str, Any], **_more: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value not in ("", [])}


class PageQuery(QuerySchema):
    """Which page of a list."""

    page = Whole("From 1", least=1, most=LAST_PAGE, load_default=1)
    size = Whole("At most 200", least=1, most=LARGEST_PAGE, load_default=50)


def listing(name: str, of: type[Schema]) -> type[Schema]:
    """Return the schema of a page of things: ``{name: [...], "total": n}``."""
    described = {name: Listed(Part(of), required=True), "total": fields.Integer()}
    return _named(f"{_title(of)}List", described)


def single(name: str, of: type[Schema]) -> type[Schema]:
    """Return the schema of one thing under its name: ``{name: {...}}``."""
    return _named(f"{_title(of)}Answer", {name: Part(of, required=True)})


def _named(title: str, described: Mapping[str, fields.Field]) -> type[Schema]:
    return type(f"{title}Schema", (AnswerSchema,), dict(described))


def _title(of: type[Schema]) -> str:
    return of.__name__.removesuffix("Schema")


def load(schema: Schema, data: Any, *, is_from_text: bool | None = None) -> dict[str, Any]:
    """Validate data and fill in the defaults.

    Parameters
    ----------
    schema : Schema
        What the data may be.
    data : object
        What was sent.
    is_from_text : bool or None
        Whether numbers may be text, as in a form; None: as the schema says.

    Returns
    -------
    dict
        The values by field.

    Raises
    ------
    Invalid
        With everything that is wrong, by field.
    """
    if is_from_text is not None:
        schema.is_from_text = is_from_text  # type: ignore[attr-defined]  # read by the fields of this instance
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        errors = list(_errors(schema, _tree(error), data))
        raise Invalid("; ".join(f"{one.field}: {one.message}" for one in errors) + ".", errors) from error
    return loaded


def _tree(error: ValidationError) -> Mapping[Any, Any]:
    messages = error.messages
    return messages if isinstance(messages, Mapping) else {"_schema": messages}


def _errors(
    schema: Schema | None, messages: Mapping[Any, Any], data: Any, at: str = ""
) -> Iterator[FieldError]:
    """Yield marshmallow's tree of messages as a flat list; unknown fields get the nearest known name."""
    for name, said in messages.items():
        field = at.removesuffix(".") or "body" if name == "_schema" else f"{at}{name}"
        described = schema.fields.get(str(name)) if schema is not None else None
        if isinstance(said, Mapping):
            inner = data.get(name) if isinstance(data, Mapping) else None
            yield from _errors(_inside(described), said, inner, f"{field}.")
        elif schema is not None and described is None and name != "_schema":
            yield unknown_field(field, str(name), [one.data_key or key for key, one in schema.fields.items()])
        else:
            for message in said if isinstance(said, list) else [said]:
                yield FieldError(field, str(message))


def _inside(field: fields.Field | None) -> Schema | None:
    if isinstance(field, fields.Nested):
        return field.schema if isinstance(field.schema, Schema) else field.schema()
    return None


def unknown_field(field: str, name: str, known: list[str]) -> FieldError:
    """Return the error of a field that no schema has.

    Parameters
    ----------
    field : str
        Path of the field in the body, such as ``retry.attempts``.
    name : str
        The field's own name.
    known : list of str
        Names that there are beside it.

    Returns
    -------
    FieldError
        With the nearest known name, or all of them.
    """
    close = difflib.get_close_matches(name, known, 1)
    if close:
        return FieldError(field, f"unknown field {name!r}, did you mean {close[0]!r}?", nearest=close[0])
    there = f"there are {', '.join(sorted(known))}" if known else "it takes no fields"
    return FieldError(field, f"unknown field {name!r}; {there}")
