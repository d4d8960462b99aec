"""Quotas, what is used of them, and changes of them."""

from __future__ import annotations

import math
from typing import Any

from dashboard.web.schemas.fields import Flag, Listed, Number, Part, Text, optional
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, PageQuery

UNLIMITED = "unlimited"


class BalanceSchema(AnswerSchema):
    """A limit, and what of it is used and needed."""

    quota = Text("Its name, such as cpu_hours", required=True)
    subject = Text("Whose limit it is: role, person or project", required=True)
    name = Text("Name of that role, person or project", required=True)
    limit = Number(required=True)
    used = Number("Used or reserved", required=True)
    reserved = Number("The part of it that running and waiting jobs may still use", required=True)
    needed = Number(required=True)
    left = Number(required=True)
    exceeded = Flag("Whether the request does not fit", required=True)
    message = Text(required=True)


class Amount(Number):
    """A limit: a number from 0, ``unlimited``, or null for what is more general."""

    default_error_messages = dict.fromkeys(
        ("invalid", "special", "too_large"), f"must be a number from 0, {UNLIMITED}, or null"
    )

    def __init__(self) -> None:
        kinds = {"type": ["number", "string", "null"], "minimum": 0}
        super().__init__("", allow_none=True, metadata=kinds)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value == UNLIMITED:
            return math.inf
        number = super()._deserialize(value, attr, data, **kwargs)
        if number is not None and number < 0:
            raise self.make_error("invalid")
        return number


class LimitsSchema(BodySchema):
    """Limits by the name of the quota; those left out stay, null removes one."""

    disk_mb = Amount()
    upload_mb = Amount()
    datasets = Amount()
    queued_jobs = Amount()
    running_jobs = Amount()
    cpu_hours = Amount()
    gpu_hours = Amount()
    memory_gb_hours = Amount()
    deployments = Amount()
    replicas = Amount()


class QuotaChangeSchema(BodySchema):
    """New limits of a role, person or project."""

    limits = Part(LimitsSchema, required=True)


class UseSchema(AnswerSchema):
    """How much of one quota is used."""

    quota = Text(required=True)
    title = Text(required=True)
    unit = Text(required=True)
    used = Number("Used or reserved", required=True)
    reserved = Number("The part of it that running and waiting jobs may still use", required=True)
    limit = optional(Number, "null: none")
    own = optional(Text, "The exception of this very person or project, as text; null: there is none")
    source = optional(Text, "Whose limit holds, such as role user")
    over = Flag("Whether more is used than the limit allows: nothing is taken away, new things are denied")


class AccountUseSchema(AnswerSchema):
    """What a person, project or role may have, and has."""

    subject = Text("role, person or project", required=True)
    name = Text(required=True)
    title = Text(required=True)
    roles = Listed(Text())
    use = Listed(Part(UseSchema), required=True)


class UseAnswerSchema(AnswerSchema):
    """What you may have, and have."""

    month = Text("Hours are counted from here", required=True)
    use = Listed(Part(UseSchema), required=True)


class UseQuery(PageQuery):
    """Which people to list."""

    q = Text("Part of a name", load_default="")
    sort = Text(
        "name, or the name of a quota: by what is used of it; with - for descending", load_default="name"
    )


class UseListSchema(AnswerSchema):
    """Use and limits of people, projects and roles."""

    month = Text("Hours are counted from here", required=True)
    people = Listed(Part(AccountUseSchema), required=True)
    projects = Listed(Part(AccountUseSchema), required=True)
    roles = Listed(Part(AccountUseSchema), required=True)
    total = Number("Of people", required=True)


class AccountUseAnswerSchema(AnswerSchema):
    """The limits after a change, and what they mean."""

    account = Part(AccountUseSchema, required=True)
    notes = Listed(Text(), "Such as that more is used than the new limit", required=True)
