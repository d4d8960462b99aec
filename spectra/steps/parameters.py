"""Parameters: marshmallow fields that carry what a form needs, and their description as JSON.

A field's metadata hold ``title``, ``description``, ``unit`` and ``group`` ("basic" or "advanced"); its range
and choices are marshmallow validators. `describe_schema` turns any such schema into the list of contract 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from marshmallow import Schema, fields, missing, validate

Json = dict[str, Any]
REQUIRED: Final = object()
"""Default of a parameter that has none."""


def _options(
    title: str,
    description: str,
    default: Any,
    *,
    unit: str = "",
    advanced: bool = False,
    nullable: bool = False,
    validators: Sequence[validate.Validator] = (),
) -> Json:
    options: Json = {
        "metadata": {
            "title": title,
            "description": description,
            "unit": unit,
            "group": "advanced" if advanced else "basic",
        },
        "allow_none": nullable or default is None,
        "validate": list(validators),
    }
    if default is REQUIRED:
        options["required"] = True
    else:
        options["load_default"] = default
    return options


def _range(
    minimum: float | None, maximum: float | None, *, exclusive: bool = False
) -> list[validate.Validator]:
    if minimum is None and maximum is None:
        return []
    return [validate.Range(min=minimum, max=maximum, min_inclusive=not exclusive)]


def number(
    title: str,
    description: str,
    default: Any = REQUIRED,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    **options: Any,
) -> fields.Float:
    """Make a real parameter of a step.

    Parameters
    ----------
    title : str
        Label of the form's field.
    description : str
        One sentence about it, with the unit.
    default : object
        Its default; `REQUIRED`: it must be given.
    minimum, maximum : float, optional
        Limits that belong to the range; None: no limit.
    above : float, optional
        A lower limit that does not belong to the range; it replaces `minimum`, and `maximum` is then
        excluded, too.
    **options : object
        Other arguments of the field.

    Returns
    -------
    fields.Float
        A field of marshmallow.
    """
    limits = _range(above, maximum, exclusive=True) if above is not None else _range(minimum, maximum)
    return fields.Float(**_options(title, description, default, validators=limits, **options))


def integer(
    title: str,
    description: str,
    default: Any = REQUIRED,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    **options: Any,
) -> fields.Integer:
    """Make an integer parameter of a step; 2.5 is rejected, not rounded.

    Parameters
    ----------
    title : str
        Label of the form's field.
    description : str
        One sentence about it, with the unit.
    default : object
        Its default; `REQUIRED`: it must be given.
    minimum, maximum : int, optional
        Limits that belong to the range; None: no limit.
    **options : object
        Other arguments of the field.

    Returns
    -------
    fields.Integer
        A field of marshmallow.
    """
    limits = _range(minimum, maximum)
    return fields.Integer(strict=True, **_options(title, description, default, validators=limits, **options))


def choice(
    title: str, description: str, choices: Sequence[str], default: Any = REQUIRED, **options: Any
) -> fields.String:
    """Make a parameter of a step that is one of a few words.

    Parameters
    ----------
    title : str
        Label of the form's field.
    description : str
        One sentence about it.
    choices : sequence of str
        The words.
    default : object
        Its default; `REQUIRED`: it must be given.
    **options : object
        Other arguments of the field.

    Returns
    -------
    fields.String
        A field of marshmallow.
    """
    return fields.String(
        **_options(title, description, default, validators=[validate.OneOf(list(choices))], **options)
    )


def boolean(title: str, description: str, default: Any = REQUIRED, **options: Any) -> fields.Boolean:
    """Make a parameter of a step that is true or false.

    Parameters
    ----------
    title : str
        Label of the form's field.
    description : str
        One sentence about it.
    default : object
        Its default; `REQUIRED`: it must be given.
    **options : object
        Other arguments of the field.

    Returns
    -------
    fields.Boolean
        A field of marshmallow.
    """
    return fields.Boolean(**_options(title, description, default, **options))


def numbers(title: str, description: str, default: Any = REQUIRED, **options: Any) -> fields.List:
    """Make a parameter of a step that is a list of real numbers.

    Parameters
    ----------
    title : str
        Label of the form's field.
    description : str
        One sentence about it, with the unit.
    default : object
        Its default; `REQUIRED`: it must be given.
    **options : object
        Other arguments of the field.

    Returns
    -------
    fields.List
        A field of marshmallow.
    """
    return fields.List(fields.Float(), **_options(title, description, default, **options))


def describe_schema(schema: type[Schema]) -> list[Json]:
    """Describe the parameters of a schema for forms.

    Returns
    -------
    list of dict
        One entry per field in the schema's order, keys as P of contract 5.
    """
    return [describe_field(name, field) for name, field in schema().fields.items()]


def describe_field(name: str, field: fields.Field) -> Json:
    """Describe one field, keys as P of contract 5."""
    default = None if field.load_default is missing else field.load_default
    entry: Json = {
        "name": name,
        "title": field.metadata.get("title", name.replace("_", " ")),
        "type": _type(field),
        "default": default() if callable(default) else default,
        "required": field.required,
        "nullable": field.allow_none,
        "help": field.metadata.get("description", ""),
        "unit": field.metadata.get("unit", ""),
        "group": field.metadata.get("group", "basic"),
    }
    inner: list[Any] = []
    if isinstance(field, fields.List):
        entry["items"] = _type(field.inner)
        inner = [each for each in field.inner.validators if isinstance(each, validate.OneOf)]
    for validator in (*inner, *field.validators):
        entry.update(_limits(validator, many=isinstance(field, fields.List)))
    # DEEPaaS' modules also give choices and formats as JSON schema does, in their metadata.
    choices, form = field.metadata.get("enum"), field.metadata.get("format")
    if isinstance(choices, list | tuple) and choices:
        entry.setdefault("choices", list(choices))
    if isinstance(form, str) and form:
        entry["format"] = form
    return entry


def _type(field: fields.Field) -> str:
    if field.metadata.get("type") == "file":
        return "file"
    kinds: tuple[tuple[type[fields.Field], str], ...] = (
        (fields.Integer, "integer"),
        (fields.Number, "number"),
        (fields.Boolean, "boolean"),
        (fields.List, "array"),
        (fields.Mapping, "object"),
        (fields.Nested, "object"),
    )
    return next((name for kind, name in kinds if isinstance(field, kind)), "string")


def _limits(validator: Any, *, many: bool) -> Json:
    if isinstance(validator, validate.OneOf):
        return {"choices": list(validator.choices)}
    if isinstance(validator, validate.Length):
        what = "items" if many else "length"
        low = validator.min if validator.equal is None else validator.equal
        high = validator.max if validator.equal is None else validator.equal
        given = {f"minimum_{what}": low, f"maximum_{what}": high}
        return {name: value for name, value in given.items() if value is not None}
    if not isinstance(validator, validate.Range):
        return {}
    limits: Json = {}
    if validator.min is not None:
        limits["minimum" if validator.min_inclusive else "exclusive_minimum"] = validator.min
    if validator.max is not None:
        limits["maximum" if validator.max_inclusive else "exclusive_maximum"] = validator.max
    return limits
