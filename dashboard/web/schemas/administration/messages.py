"""Announcements, maintenance, restrictions of modules, and clean-up."""

from __future__ import annotations

from dashboard.administration.announcements import Level
from dashboard.auth.identity import Role
from dashboard.web.schemas.fields import Choice, Flag, Listed, Part, Text, Time, Whole, optional
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, QuerySchema, single


class AnnouncementCreateSchema(BodySchema):
    """A new announcement."""

    text = Text("Plain text, at most 1000 characters", required=True)
    level = Choice(Level, "How urgent it is", load_default=str(Level.INFO))
    since = optional(Text, "When it appears, ISO 8601; null: now")
    until = optional(Text, "When it disappears, ISO 8601; null: when it is deleted")


class AnnouncementSchema(AnswerSchema):
    """An announcement."""

    id = Text(required=True)
    text = Text(required=True)
    level = Choice(Level, required=True)
    since = optional(Time)
    until = optional(Time)
    by = Text(required=True)
    created = Time(required=True)


class AnnouncementListSchema(AnswerSchema):
    """Announcements, the newest first."""

    announcements = Listed(Part(AnnouncementSchema), required=True)


class MaintenanceChangeSchema(BodySchema):
    """Whether anything new is taken."""

    on = Flag("Whether nothing new is taken from now on", required=True)
    text = optional(Text, "What people are told")
    until = optional(Text, "When it is expected to end, ISO 8601; it does not end by itself")


class MaintenanceSchema(AnswerSchema):
    """The maintenance mode while it is on."""

    since = Time(required=True)
    by = Text(required=True)
    text = Text(required=True)
    until = optional(Time)


class MaintenanceAnswerSchema(AnswerSchema):
    """The maintenance mode; null: it is off."""

    maintenance = optional(Part, MaintenanceSchema)


class RestrictionChangeSchema(BodySchema):
    """Who may use a module; both empty: everybody."""

    role = Choice(("", *Role), "The least role; empty: none is enough", load_default="")
    projects = Listed(Text(), "Projects whose members may, whatever their role", load_default=list)


class RestrictionSchema(AnswerSchema):
    """Who may use a module."""

    role = Text(required=True)
    projects = Listed(Text(), required=True)


RestrictionAnswerSchema = single("restriction", RestrictionSchema)


class CleanUpQuery(QuerySchema):
    """What is old enough to be listed."""

    days = Whole("Not used for so many days", least=0, most=36_500, load_default=90)


class LeftoverSchema(AnswerSchema):
    """Something that nobody refers to."""

    kind = Text("folder, dataset or model", required=True)
    id = Text(required=True)
    owner = Text()
    name = Text()
    bytes = Whole(required=True)
    changed = Time(required=True)
    reason = Text(required=True)


class CleanUpItemSchema(BodySchema):
    """One thing of the list."""

    kind = Text("folder, dataset or model", required=True)
    id = Text(required=True)


class CleanUpSchema(BodySchema):
    """What of the list is deleted."""

    items = Listed(Part(CleanUpItemSchema), required=True)


class CleanedSchema(AnswerSchema):
    """What was deleted, and what was not, with the reason."""

    deleted = Listed(Part(LeftoverSchema), required=True)
    kept = Listed(Part(LeftoverSchema), required=True)
