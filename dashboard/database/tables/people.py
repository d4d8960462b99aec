"""Tables of people: their accounts, API tokens and projects, and the audit log."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Boolean, Column, Index, PrimaryKeyConstraint, String, Table, Text

from dashboard.database.tables.columns import COUNTER, ID, OWNER, TIME, metadata

users: Final = Table(
    "users",
    metadata,
    Column("name", OWNER, primary_key=True),  # the user id; never changes, and is never given to another
    Column("title", String(120), nullable=False, default=""),
    Column("email", String(254), nullable=False, default=""),
    Column("email_key", String(254), unique=True),  # its folded form; null: none
    Column("password", Text, nullable=False, default=""),  # Argon2id hash; empty: none
    Column("roles", JSON, nullable=False),  # of `dashboard.auth.identity.Role`
    # invited: has no password yet | active | disabled: cannot sign in | deleted: only the name is kept
    Column("state", String(10), nullable=False),
    Column("created", TIME, nullable=False),
    Column("last_sign_in", TIME),
    Column("by", OWNER, nullable=False),  # who made it
    Index("ix_users_state", "state", "name"),
)

api_tokens: Final = Table(
    "api_tokens",
    metadata,
    Column("id", ID, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the token, which is not stored
    Column("user", OWNER, nullable=False),  # its owner; a token is never shared
    Column("title", String(120), nullable=False),
    Column("scopes", JSON, nullable=False),  # of `dashboard.auth.identity.Scope`
    Column("created", TIME, nullable=False),
    Column("expires", TIME),  # null: never
    Column("last_used", TIME),  # to the minute
    Index("ix_api_tokens_user", "user", "id"),
)

projects: Final = Table(
    "projects",
    metadata,
    Column("name", ID, primary_key=True),  # what `project` of an object's ownership names
    Column("title", String(120), nullable=False),
    Column("created", TIME, nullable=False),
    Column("by", OWNER, nullable=False),  # who made it
)

project_members: Final = Table(
    "project_members",
    metadata,
    Column("project", ID, nullable=False),
    Column("user", OWNER, nullable=False),
    Column("lead", Boolean, nullable=False),  # may change the project and its members
    PrimaryKeyConstraint("project", "user"),
    Index("ix_project_members_user", "user", "project"),
)

_TEXT: Final = String(200)
audit: Final = Table(
    "audit",
    metadata,  # rows are only added, and deleted when they are old
    Column("id", COUNTER, primary_key=True, autoincrement=True),
    Column("time", TIME, nullable=False),
    Column("user", _TEXT, nullable=False),  # empty: nobody was signed in
    Column("via", _TEXT, nullable=False),  # id of the session or API token
    Column("address", _TEXT, nullable=False),
    Column("deed", _TEXT, nullable=False),  # of `dashboard.auth.audit.Deed`
    Column("kind", _TEXT, nullable=False),
    Column("object", _TEXT, nullable=False),
    Column("operation", _TEXT, nullable=False),  # operationId of the API's document
    Column("detail", _TEXT, nullable=False),
    Index("ix_audit_time", "time"),
    Index("ix_audit_user_id", "user", "id"),
    Index("ix_audit_kind_object_id", "kind", "object", "id"),
)
