"""The form of a node made on the page: its fields, and the errors of what was entered.

The fields are derived from the options of the launchers (`launchers.options`) and of `NodeSettings`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dashboard.base.errors import FieldError, Invalid
from dashboard.base.parameter_values import validate_parameters
from dashboard.settings import NodeSettings
from launchers.options import ADVANCED, BASIC, Option, options_of
from launchers.private_file import exposed
from launchers.registry import KINDS, PREFERENCE, REAL

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LABEL = re.compile(r"[a-z0-9][a-z0-9._=-]{0,39}")
RESERVED = frozenset({"any", "new", "test"})


def _field(name: str, default: Any, described: Option) -> dict[str, Any]:
    kind = {int: "integer", float: "number", tuple: "array"}.get(type(default), "string")
    field = {
        "name": name,
        "title": described.title,
        "type": kind,
        "help": described.help,
        "group": described.group,
        "unit": described.unit,
        "default": [] if kind == "array" else default,
        "required": False,
        "nullable": False,
    }
    if kind in {"integer", "number"}:
        field["minimum"] = 0
    if kind == "array":
        field["items"] = "string"
    if described.choices:
        preferred = default if default in described.choices else PREFERENCE[0]
        field |= {"choices": [*described.choices], "default": preferred}
    return field


OPTIONS: Mapping[str, Option] = options_of(NodeSettings)
#: As parameters are described (contracts.md, section 5).
FIELDS: Sequence[Mapping[str, Any]] = [
    _field(name, getattr(NodeSettings(), name), described)
    for group in (BASIC, ADVANCED)
    for name, described in OPTIONS.items()
    if described.group == group
]
#: Of which kinds a key means something; what is not named here every kind has.
OF_KINDS: Mapping[str, tuple[str, ...]] = {
    name: kinds
    for name in OPTIONS
    if name != "gpus" and (kinds := tuple(kind for kind in REAL if name in options_of(KINDS[kind].options)))
}
SHOWN = frozenset(field["name"] for field in FIELDS)


def values_of(settings: NodeSettings) -> dict[str, Any]:
    """Return what the form shows of a node."""
    kept = asdict(settings)
    return {name: list(kept[name]) if isinstance(kept[name], tuple) else kept[name] for name in SHOWN}


def require_name(name: object, taken: Sequence[str]) -> str:
    """Return the name of a new node.

    Parameters
    ----------
    name : object
        As it was given.
    taken : sequence of str
        Names of the nodes that there are.

    Returns
    -------
    str
        The name.

    Raises
    ------
    Invalid
        If it has other characters than a name may have, is reserved, or is taken.
    """
    message = ""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        message = "Lower-case letters, digits and hyphens, at most 40, beginning with a letter or digit."
    elif name in RESERVED:
        message = f"{name} means something else; choose another name."
    elif name in taken:
        message = f"There is a node {name} already."
    if message:
        raise Invalid(f"name: {message}", [FieldError("name", message)])
    return str(name)


def settings_of(body: Mapping[str, Any]) -> NodeSettings:
    """Return the settings that a form asks for.

    Raises
    ------
    Invalid
        With everything that is wrong, by field.
    """
    given = {name: value for name, value in body.items() if name != "name" and value is not None}
    values, wrong = validate_parameters(list(FIELDS), given, "node")
    errors = [FieldError(error.field.removeprefix("node."), error.message) for error in wrong]
    if not errors:
        errors = [
            *_kind_errors(values),
            *_address_errors(values),
            *_word_errors(values),
            *_file_errors(values),
        ]
    if errors:
        raise Invalid("This cannot be a node.", errors)
    lists = {name: tuple(values[name]) for name in ("labels", "shared", "projects")}
    known = {field.name for field in fields(NodeSettings)}
    return NodeSettings(**{name: value for name, value in values.items() if name in known} | lists)


def _kind_errors(values: Mapping[str, Any]) -> list[FieldError]:
    kind = values["kind"]
    return [
        FieldError(name, f"Only for {' and '.join(kinds)}; this node is {kind}.")
        for name, kinds in OF_KINDS.items()
        if values[name] and kind not in kinds
    ]


def _address_errors(values: Mapping[str, Any]) -> list[FieldError]:
    url, kind = values["url"], values["kind"]
    schemes = KINDS[kind].options.schemes
    if not url or not schemes:
        return []
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return [FieldError("url", f"This is no address: {error}.")]
    wrong = ""
    if parts.scheme not in schemes:
        wrong = f"Must begin with {' or '.join(f'{one}://' for one in schemes)}."
    elif parts.scheme != "unix" and not parts.hostname:
        wrong = "Names no host."
    elif parts.password is not None:
        wrong = "Holds a password: name a key file instead."
    if wrong:
        return [FieldError("url", wrong)]
    for name, described in OPTIONS.items():
        if described.required_for == parts.scheme and not values[name]:
            why = f"Required for {parts.scheme}://: without TLS the engine, and so its host, is open to all."
            return [FieldError(name, why)]
    return []


def _word_errors(values: Mapping[str, Any]) -> list[FieldError]:
    wrong = [label for label in values["labels"] if not LABEL.fullmatch(str(label))]
    errors = [FieldError("labels", f"{wrong[0]!r}: small letters, digits and . _ = - only.")] if wrong else []
    relative = [path for path in values["shared"] if not str(path).startswith("/")]
    if relative:
        errors.append(FieldError("shared", f"{relative[0]!r} must be an absolute path, beginning with /."))
    return errors


def _file_errors(values: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    for name, described in OPTIONS.items():
        text = values.get(name)
        if not described.file or not text:
            continue
        if "\n" in text or text.startswith("-----"):
            errors.append(FieldError(name, "This is the content of a key: give the path of its file."))
        elif not Path(text).is_absolute():
            errors.append(FieldError(name, "Must be an absolute path, beginning with /."))
        elif not Path(text).is_file():
            errors.append(FieldError(name, f"There is no file {text} on the platform's machine."))
        elif described.secret and (why := exposed(text)):
            errors.append(FieldError(name, f"{why}."))
    return errors
