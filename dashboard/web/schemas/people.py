"""The administration of people, their API tokens, projects, and the audit log."""

from __future__ import annotations

from dashboard.auth.audit import Deed
from dashboard.auth.identity import Role, Scope
from dashboard.base.ownership import Visibility
from dashboard.platform.departure import Owned
from dashboard.web.schemas.fields import (
    AnyObject,
    Choice,
    Flag,
    Listed,
    Part,
    Text,
    Time,
    Whole,
    optional,
)
from dashboard.web.schemas.schema import (
    AnswerSchema,
    BodySchema,
    OwnedSchema,
    PageQuery,
    QuerySchema,
    listing,
    single,
)


class PeopleQuery(PageQuery):
    """Which accounts to list."""

    q = Text("Part of a name or e-mail address", load_default="")


class PersonCreateSchema(BodySchema):
    """A new account."""

    name = Text("User id: 1 to 40 letters a to z, digits, dots, hyphens, underscores", required=True)
    title = optional(Text, "The name that people read")
    email = optional(Text, "Where messages go")
    roles = Listed(Choice(Role), "Each role includes those before it", load_default=[Role.USER])


class PersonChangeSchema(BodySchema):
    """Changes of an account; omitted fields keep their value."""

    title = Text("The name that people read")
    email = Text("Where messages go; empty: none")
    roles = Listed(Choice(Role), "Each role includes those before it; for administrators")
    disabled = Flag("Whether the user cannot sign in; for administrators")


class PersonDeleteQuery(QuerySchema):
    """What becomes of what a deleted user owned, and of the jobs that run."""

    owned = Choice(
        Owned,
        "keep: under the old name; transfer: to somebody; delete: what others use stays until they do not",
        load_default=Owned.KEEP,
    )
    to = Text("With transfer: the new owner", load_default="")
    project = Text("With transfer, in place of to: its leader owns it, its members see it", load_default="")
    jobs = Choice(
        ("finish", "abort"), "Of jobs that have not ended; with delete: always abort", load_default="finish"
    )


class PersonSchema(AnswerSchema):
    """An account."""

    name = Text("User id", required=True)
    title = Text("The name that people read", required=True)
    email = Text(required=True)
    roles = Listed(Choice(Role), required=True)
    state = Text("invited: has no password yet; active; disabled", required=True)
    created = Time(required=True)
    last_sign_in = optional(Time)


class PersonDetailSchema(AnswerSchema):
    """An account, how its user signs in, and where they are signed in."""

    person = Part(PersonSchema, required=True)
    sessions = Listed(AnyObject(), "Sessions that are valid", required=True)
    ways = Listed(AnyObject(), "Linked providers", required=True)
    has_password = Flag("Whether the user can sign in by a password", required=True)
    second_factor = AnyObject("Whether a code is asked for", required=True)
    sign_ins = Listed(AnyObject(), "The last ones, and failed ones", required=True)


class InvitationSchema(AnswerSchema):
    """An account, and the link by which its user chooses a password."""

    path = Text("Path and query of the link, below the platform's address", required=True)
    url = Text("The whole link, where the platform has a public address")


class ApiTokenCreateSchema(BodySchema):
    """A new API token."""

    title = Text("What it is for", required=True)
    scopes = Listed(Choice(Scope), "What it may do; none includes another", load_default=[Scope.READ])
    days = Whole("For how long it is valid; null: until it is revoked", load_default=90, allow_none=True)


class ApiTokenSchema(AnswerSchema):
    """An API token without its secret."""

    id = Text(required=True)
    title = Text(required=True)
    scopes = Listed(Choice(Scope), required=True)
    created = Time(required=True)
    expires = optional(Time)
    last_used = optional(Time)


class ApiTokenSecretSchema(ApiTokenSchema):
    """A new API token."""

    secret = Text("For `Authorization: Bearer`, or as the password of Basic; shown once", required=True)


class ProjectCreateSchema(BodySchema):
    """A new project."""

    name = Text("1 to 40 letters a to z, digits, hyphens; cannot be changed", required=True)
    title = optional(Text, "The name that people read")


class MemberSchema(BodySchema):
    """A member of a project."""

    user = Text("User id", required=True)
    lead = Flag("Whether the member may change the project and its members", load_default=False)


class MemberAnswerSchema(AnswerSchema):
    """A member of a project."""

    user = Text("User id", required=True)
    lead = Flag("Whether the member may change the project and its members", required=True)


class ProjectSchema(AnswerSchema):
    """A project with its members."""

    name = Text(required=True)
    title = Text(required=True)
    created = Time(required=True)
    members = Listed(Part(MemberAnswerSchema), required=True)


class SharingChangeSchema(BodySchema):
    """Who sees an object, or whose it is; omitted fields keep their value."""

    visibility = Choice(Visibility, "Who sees it beside its owner and administrators")
    project = optional(Text, "With a visibility of project: one that you are a member of")
    owner = Text("User id of the next owner")


class SharingSchema(AnswerSchema):
    """Whose an object is and who else sees it; and the projects with which it could be shared."""

    sharing = Part(OwnedSchema, required=True)
    projects = Listed(AnyObject(), required=True)


ProjectListSchema = listing("projects", ProjectSchema)
ProjectAnswerSchema = single("project", ProjectSchema)
ApiTokenListSchema = listing("tokens", ApiTokenSchema)
ApiTokenCreatedSchema = single("token", ApiTokenSecretSchema)


class AuditQuery(QuerySchema):
    """Which rows of the audit log to list."""

    user = Text("User id", load_default="")
    deed = Choice(("", *Deed), "What was done", load_default="")
    kind = Text("Kind of object", load_default="")
    object = Text("Its id or name", load_default="")
    since = Text("ISO 8601, UTC", load_default="")
    until = Text("ISO 8601, UTC; not included", load_default="")
    before = Whole("Rows older than the one of this id", least=0, load_default=0)


class AuditEntrySchema(AnswerSchema):
    """A row of the audit log."""

    id = Whole(required=True)
    time = Time(required=True)
    user = Text("Empty: nobody was signed in", required=True)
    via = Text("Id of the session or API token", required=True)
    address = Text("Network address of the caller", required=True)
    deed = Choice(Deed, required=True)
    kind = Text(required=True)
    object = Text(required=True)
    operation = Text("Operation of this document", required=True)
    detail = Text(required=True)


AuditListSchema = listing("entries", AuditEntrySchema)
PersonListSchema = listing("people", PersonSchema)
PersonAnswerSchema = single("person", PersonSchema)
