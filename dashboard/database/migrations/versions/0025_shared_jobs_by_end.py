"""Indexes, by their end, of the jobs that somebody may see; those by phase hold what is tested.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TESTED = ("phase", "owner", "module", "node")
BY_PHASE = ("phase", "created", "id", "owner")
SHARED = {"public": (), "project": ("project",)}


def upgrade() -> None:
    """Add one of the jobs of each person, of public ones, and of those of projects."""
    op.create_index("ix_jobs_owner_ended", "jobs", ["owner", "ended", "id"])
    for visibility, first in SHARED.items():
        op.drop_index(f"ix_jobs_{visibility}_phase", "jobs")
        _create(visibility, "phase", [*first, *BY_PHASE, "module", "node"])
        _create(visibility, "ended", [*first, "ended", "id", *TESTED])


def downgrade() -> None:
    """Drop them, and make those by phase as they were."""
    op.drop_index("ix_jobs_owner_ended", "jobs")
    for visibility, first in SHARED.items():
        op.drop_index(f"ix_jobs_{visibility}_ended", "jobs")
        op.drop_index(f"ix_jobs_{visibility}_phase", "jobs")
        _create(visibility, "phase", [*first, *BY_PHASE])


def _create(visibility: str, name: str, columns: Sequence[str]) -> None:
    rows = sa.text(f"visibility = '{visibility}'")
    index = f"ix_jobs_{visibility}_{name}"
    op.create_index(index, "jobs", list(columns), sqlite_where=rows, postgresql_where=rows)
