"""Tables of quotas, of what was used, and of what an administrator says to everybody."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    Column,
    Double,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from dashboard.database.tables.columns import ID, OWNER, TIME, metadata

quotas: Final = Table(
    "quotas",
    metadata,
    Column("subject", String(10), nullable=False),  # role | person | project
    Column("name", OWNER, nullable=False),
    Column("quota", String(20), nullable=False),  # of `dashboard.quotas.quota.Quota`
    Column("amount", Double),  # null: no limit, also where a more general quota has one
    Column("by", OWNER, nullable=False),  # who set it last
    Column("changed", TIME, nullable=False),
    PrimaryKeyConstraint("subject", "name", "quota"),
)

# What attempts of jobs held of their nodes. A row is kept when its job is deleted.
resource_usage: Final = Table(
    "resource_usage",
    metadata,
    Column("attempt", ID, primary_key=True),
    Column("job", ID, nullable=False),
    Column("owner", OWNER, nullable=False),
    Column("project", ID),  # whose quotas the job counts for, too
    Column("module", String(80), nullable=False),
    Column("node", String(80), nullable=False),
    Column("cpus", Double, nullable=False),
    Column("gpus", Double, nullable=False),
    Column("memory_mb", Double, nullable=False),
    Column("walltime_s", Double),  # the time that was asked for
    Column("started", TIME, nullable=False),
    Column("seen", TIME, nullable=False),  # when it was last known to run
    Column("ended", TIME),  # null: it runs
    Column("share", Double),  # part of that time for which it was held: a job array's; null: all of it
    Index("ix_resource_usage_owner_ended", "owner", "ended"),
    Index("ix_resource_usage_project_ended", "project", "ended"),
    Index("ix_resource_usage_ended", "ended"),
)

# One row for each warning that was sent, so that it is sent once.
quota_warnings: Final = Table(
    "quota_warnings",
    metadata,
    Column("user", OWNER, nullable=False),
    Column("quota", String(20), nullable=False),
    Column("period", String(10), nullable=False),  # month of the warning, YYYY-MM
    Column("percent", String(3), nullable=False),  # 80 | 100
    PrimaryKeyConstraint("user", "quota", "period", "percent"),
)

# Who may use a module; one without a row is for everybody.
restrictions: Final = Table(
    "restrictions",
    metadata,
    Column("module", String(80), primary_key=True),
    Column("role", String(12), nullable=False),  # the least role; empty: none is enough
    Column("projects", JSON, nullable=False),  # whose members may, whatever their role
    Column("by", OWNER, nullable=False),
    Column("changed", TIME, nullable=False),
)

announcements: Final = Table(
    "announcements",
    metadata,
    Column("id", ID, primary_key=True),
    Column("text", Text, nullable=False),
    Column("level", String(10), nullable=False),  # info | warning | error
    Column("since", TIME),  # null: at once
    Column("until", TIME),  # null: until it is deleted
    Column("by", OWNER, nullable=False),
    Column("created", TIME, nullable=False),
)

announcement_dismissals: Final = Table(
    "announcement_dismissals",
    metadata,
    Column("announcement", ID, nullable=False),
    Column("user", OWNER, nullable=False),
    PrimaryKeyConstraint("announcement", "user"),
)
