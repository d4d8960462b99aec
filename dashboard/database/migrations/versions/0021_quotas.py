"""Quotas, the use of resources, restricted modules and announcements.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "quotas",
        sa.Column("subject", sa.String(10), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("quota", sa.String(20), nullable=False),
        sa.Column("amount", sa.Double()),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("changed", sa.String(30), nullable=False),
        sa.PrimaryKeyConstraint("subject", "name", "quota", name="pk_quotas"),
    )
    op.create_table(
        "resource_usage",
        sa.Column("attempt", sa.String(80), nullable=False),
        sa.Column("job", sa.String(80), nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("project", sa.String(80)),
        sa.Column("module", sa.String(80), nullable=False),
        sa.Column("node", sa.String(80), nullable=False),
        sa.Column("cpus", sa.Double(), nullable=False),
        sa.Column("gpus", sa.Double(), nullable=False),
        sa.Column("memory_mb", sa.Double(), nullable=False),
        sa.Column("walltime_s", sa.Double()),
        sa.Column("started", sa.String(30), nullable=False),
        sa.Column("seen", sa.String(30), nullable=False),
        sa.Column("ended", sa.String(30)),
        sa.PrimaryKeyConstraint("attempt", name="pk_resource_usage"),
    )
    op.create_index("ix_resource_usage_owner_ended", "resource_usage", ["owner", "ended"])
    op.create_index("ix_resource_usage_project_ended", "resource_usage", ["project", "ended"])
    op.create_index("ix_resource_usage_ended", "resource_usage", ["ended"])
    op.create_table(
        "quota_warnings",
        sa.Column("user", sa.String(120), nullable=False),
        sa.Column("quota", sa.String(20), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("percent", sa.String(3), nullable=False),
        sa.PrimaryKeyConstraint("user", "quota", "period", "percent", name="pk_quota_warnings"),
    )
    op.create_table(
        "restrictions",
        sa.Column("module", sa.String(80), nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("projects", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("changed", sa.String(30), nullable=False),
        sa.PrimaryKeyConstraint("module", name="pk_restrictions"),
    )
    op.create_table(
        "announcements",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("since", sa.String(30)),
        sa.Column("until", sa.String(30)),
        sa.Column("by", sa.String(120), nullable=False),
        sa.Column("created", sa.String(30), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
    )
    op.create_table(
        "announcement_dismissals",
        sa.Column("announcement", sa.String(80), nullable=False),
        sa.Column("user", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("announcement", "user", name="pk_announcement_dismissals"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in (
        "announcement_dismissals",
        "announcements",
        "restrictions",
        "quota_warnings",
        "resource_usage",
        "quotas",
    ):
        op.drop_table(table)
