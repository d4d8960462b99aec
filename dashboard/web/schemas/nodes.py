"""Nodes. The fields of a node's form are those of its launcher's description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.base.ownership import Visibility
from dashboard.nodes.form import FIELDS
from dashboard.web.schemas.fields import Anything, Choice, Flag, Listed, Number, Text, Whole, optional
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, listing, single

_TYPES = {"integer": "integer", "number": "number", "array": "array", "boolean": "boolean"}


def _form_fields(described: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the form's fields; their values are validated by the form's own description."""
    return {field["name"]: Anything(field["help"], metadata=_metadata(field)) for field in described}


def _metadata(field: Mapping[str, Any]) -> dict[str, Any]:
    kind = _TYPES.get(field["type"], "string")
    metadata: dict[str, Any] = {"type": kind, "title": field["title"]}
    if kind == "array":
        metadata["items"] = {"type": "string"}
    return metadata | ({"enum": list(field["choices"])} if field.get("choices") else {})


class _NodeForm(BodySchema):
    """The settings of a node; files are named and never sent."""


_FORM = type("_Form", (_NodeForm,), _form_fields(FIELDS))


class NodeCreateSchema(_FORM):  # type: ignore[valid-type, misc]  # its fields are data
    """A new node; keys are those of `[nodes.NAME]`, files are named and never sent."""

    name = Text("Lower-case letters, digits and hyphens", allow_none=True)


class NodeChangeSchema(NodeCreateSchema):
    """Changes of a node; omitted fields keep their value."""


class NodeSchema(AnswerSchema):
    """A node."""

    name = Text(required=True)
    kind = Text(required=True)
    ok = Flag(required=True)
    reason = Text()
    cpus = Number()
    memory_mb = Whole()
    gpus = Whole()
    running = Listed(Text())
    labels = Listed(Text())
    url = Text()
    source = Text("huggins.toml, or page where it was made on the page")
    isolated = Flag("Whether what runs there is kept from the platform's files")
    denied = Text("Why it takes nothing at all; empty: it does")
    drained = optional(Text)
    drained_by = Text()
    owner = Text("Of one node: user id; empty: it belongs to the platform, and everybody sees it")
    visibility = Choice(Visibility, "Of one node: who else sees it")
    project = optional(Text, "Of one node: whose members see it, where it is shared with a project")


NodeListSchema = listing("nodes", NodeSchema)
NodeAnswerSchema = single("node", NodeSchema)
