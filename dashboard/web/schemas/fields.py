"""Fields of the wire: strict types whose messages say what is allowed, shared by all schemas."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

LARGEST = 2**63 - 1  # that the databases can hold
NUMBER_RANGE = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?")
DIGITS = re.compile(r"\s*[+-]?\d{1,19}\s*")
REQUIRED = "is required"


def one_of(choices: Iterable[str]) -> validate.OneOf:
    """Return the validator of a choice."""
    named = tuple(map(str, choices))
    return validate.OneOf(named, error=f"must be one of {', '.join(filter(None, named))}")


class _Field(fields.Field):
    """Keeps `help` as the description in the document; an optional field takes null as absent."""

    @property
    def is_from_text(self) -> bool:
        """Whether the value comes from a path, a query or a form, which send numbers as text."""
        return getattr(self.root, "is_from_text", False)

    def __init__(self, help: str = "", **more: Any) -> None:  # noqa: A002 (reads as in `Query`)
        metadata = {"description": help} if help else {}
        metadata |= more.pop("metadata", {})
        super().__init__(metadata=metadata, **more)


class Text(_Field, fields.String):
    """Text."""

    default_error_messages = {"invalid": "must be text", "null": "must be text", "required": REQUIRED}  # noqa: RUF012


class Whole(_Field, fields.Integer):
    """A whole number within bounds; digit text is valid only from a path, a query or a form.

    Parameters
    ----------
    least, most : int
        Bounds, both included.
    """

    def __init__(self, help: str = "", *, least: int = -LARGEST, most: int = LARGEST, **more: Any) -> None:  # noqa: A002
        self.least, self.most = least, most
        said = "must be a whole number"
        if most < LARGEST:
            said += f" from {least} to {most}"
        elif least > -LARGEST:
            said += f" from {least}"
        messages = {"invalid": said, "null": said, "too_large": said, "required": REQUIRED}
        super().__init__(
            help, error_messages=messages, validate=validate.Range(least, most, error=said), **more
        )

    def _validated(self, value: Any) -> Any:
        if isinstance(value, str) and not (self.is_from_text and DIGITS.fullmatch(value)):
            raise self.make_error("invalid")
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid")
        return super()._validated(value)


class Number(_Field, fields.Float):
    """A finite number; text is valid only from a path, a query or a form."""

    default_error_messages = {  # noqa: RUF012
        "invalid": "must be a number",
        "null": "must be a number",
        "special": "must be a number",
        "too_large": "must be a number",
        "required": REQUIRED,
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and not self.is_from_text:
            raise self.make_error("invalid")
        number = super()._deserialize(value, attr, data, **kwargs)
        if isinstance(value, int):
            return value
        if number is not None and not math.isfinite(number):
            raise self.make_error("special")
        return number


class Flag(_Field, fields.Boolean):
    """True or false; text and numbers are valid only from a path, a query or a form."""

    default_error_messages = {"invalid": "must be true or false", "null": "must be true or false"}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool) and not self.is_from_text:
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # of marshmallow


class AnyObject(_Field, fields.Dict):
    """An object whose members another description gives, such as a module's parameters."""

    default_error_messages = {"invalid": "must be an object", "null": "must be an object"}  # noqa: RUF012


class Anything(_Field, fields.Raw):
    """A value of any type, described by its metadata."""


class Listed(_Field, fields.List):
    """A list of one kind of thing."""

    default_error_messages = {  # noqa: RUF012
        "invalid": "must be a list",
        "null": "must be a list",
        "required": REQUIRED,
    }

    def __init__(self, inner: Any, help: str = "", **more: Any) -> None:  # noqa: A002
        fields.List.__init__(self, inner, metadata={"description": help} if help else {}, **more)


class Part(_Field, fields.Nested):
    """An object of another schema."""

    default_error_messages = {  # noqa: RUF012
        "type": "must be an object",
        "null": "must be an object",
        "required": REQUIRED,
    }

    def __init__(self, nested: Any, help: str = "", **more: Any) -> None:  # noqa: A002
        fields.Nested.__init__(self, nested, metadata={"description": help} if help else {}, **more)


class Choice(Text):
    """One of some texts."""

    def __init__(self, choices: Iterable[str], help: str = "", **more: Any) -> None:  # noqa: A002
        super().__init__(help, validate=one_of(choices), **more)


class Time(Text):
    """A time, ISO 8601 in UTC."""

    def __init__(self, help: str = "ISO 8601, UTC", **more: Any) -> None:  # noqa: A002
        super().__init__(help, metadata={"format": "date-time"}, **more)


class Labels(_Field):
    """A list of words, or the same as one text with commas."""

    default_error_messages = {"invalid": "must be a list or text", "null": "must be a list or text"}  # noqa: RUF012

    def __init__(self, help: str = "", **more: Any) -> None:  # noqa: A002
        kinds = {"type": ["array", "string", "null"], "items": {"type": "string"}}
        super().__init__(help, metadata=kinds, allow_none=True, **more)

    def _deserialize(self, value: Any, *_more: Any, **_named: Any) -> list[str]:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.make_error("invalid")
        return value


class NumberRanges(_Field):
    """Numbers as ``1,2,5-9``, in their order, each once.

    Parameters
    ----------
    most : int
        How many there may be.
    """

    default_error_messages = {"invalid": "must be numbers such as 1,2,5-9", "required": REQUIRED}  # noqa: RUF012

    def __init__(self, help: str = "", *, most: int, **more: Any) -> None:  # noqa: A002
        self.most = most
        super().__init__(help, metadata={"type": "string"}, **more)

    def _deserialize(self, value: Any, *_more: Any, **_named: Any) -> list[int]:
        found: dict[int, None] = {}
        for part in str(value).split(","):
            match = NUMBER_RANGE.fullmatch(part.strip())
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
            if last < first:
                raise self.make_error("invalid")
            if last - first < self.most:
                found.update(dict.fromkeys(range(first, last + 1)))
            if last - first >= self.most or len(found) > self.most:
                raise ValidationError(f"at most {self.most} at once")
        return list(found)


def optional(field: type[fields.Field], *given: Any, **more: Any) -> fields.Field:
    """Return a field that may be null, which is the same as leaving it out."""
    return field(*given, allow_none=True, **more)


def by_name(values: fields.Field, help: str = "") -> fields.Dict:  # noqa: A002
    """Return an object from any name to one kind of value."""
    metadata: Mapping[str, Any] = {"description": help} if help else {}
    return fields.Dict(keys=fields.String(), values=values, metadata=metadata)
