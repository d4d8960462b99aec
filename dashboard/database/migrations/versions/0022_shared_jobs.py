"""Indexes of the jobs that are shared.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TESTED = ("phase", "owner", "module", "node")
INDEXES = {
    f"ix_jobs_{visibility}_{name}": (visibility, [*first, *columns])
    for visibility, first in (("public", ()), ("project", ("project",)))
    for name, columns in (
        ("created", ("created", "id", *TESTED)),
        ("phase", ("phase", "created", "id", "owner")),
    )
}


def upgrade() -> None:
    """Add an index of public jobs, and one of those of projects, in each order."""
    for name, (visibility, columns) in INDEXES.items():
        rows = sa.text(f"visibility = '{visibility}'")
        op.create_index(name, "jobs", columns, sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    """Drop them."""
    for name in INDEXES:
        op.drop_index(name, "jobs")
