"""Indexes, by their end, of the jobs that somebody may see.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TESTED = ("phase", "owner", "module", "node")
SHARED = {"public": [], "project": ["project"]}


def upgrade() -> None:
    """Add one of the jobs of each person, of public ones, and of those of projects."""
    op.create_index("ix_jobs_owner_ended", "jobs", ["owner", "ended", "id"])
    for visibility, first in SHARED.items():
        rows = sa.text(f"visibility = '{visibility}'")
        columns = [*first, "ended", "id", *TESTED]
        name = f"ix_jobs_{visibility}_ended"
        op.create_index(name, "jobs", columns, sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_jobs_owner_ended", "jobs")
    for visibility in SHARED:
        op.drop_index(f"ix_jobs_{visibility}_ended", "jobs")
