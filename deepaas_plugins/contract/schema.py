"""Check parameters against a schema, and say what is wrong in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from deepaas_plugins.contract.errors import InvalidInput


def load_parameters(schema: type[Schema], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Load parameters; what is not given gets its default.

    Raises
    ------
    InvalidInput
        ``Parameter trees = 0: must be greater than or equal to 1 …`` for every wrong one.
    """
    given = {} if given is None else given
    try:
        return dict(schema().load(given))
    except ValidationError as error:
        messages: Mapping[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise InvalidInput(bad_parameters(messages, given)) from None


def bad_parameters(messages: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Tell marshmallow's messages as sentences that name the parameter and its value."""
    sentences = []
    for name, problem in messages.items():
        value = f" = {given[name]!r}" if name in given else ""
        sentences.append(f"Parameter {name}{value}: {_first_text(problem)}")
    return " ".join(sentences)


def _first_text(problem: Any) -> str:
    while isinstance(problem, Mapping | list) and problem:
        problem = next(iter(problem.values())) if isinstance(problem, Mapping) else problem[0]
    text = str(problem).strip().rstrip(".")
    return text[:1].lower() + text[1:] + "."
