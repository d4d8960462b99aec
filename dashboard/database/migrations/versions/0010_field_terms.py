"""Desired states, rejected files, attempts at messages, and the cause that ended an attempt of a job.

Revision ID: 0010
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

# Table, column before, column after.
RENAMED = (
    ("jobs", "wanted", "desired_state"),
    ("datasets", "refused", "rejected"),
    ("outbox", "tries", "attempts"),
)


def upgrade() -> None:
    """Rename columns and a state, add the cause."""
    for table, before, after in RENAMED:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {before} TO {after}")
    op.execute("UPDATE dataset_files SET state = 'rejected' WHERE state = 'refused'")
    with op.batch_alter_table("attempts") as batch:
        batch.add_column(sa.Column("cause", sa.String(length=20), nullable=False, server_default=""))


def downgrade() -> None:
    """Go back to the names before."""
    with op.batch_alter_table("attempts") as batch:
        batch.drop_column("cause")
    op.execute("UPDATE dataset_files SET state = 'refused' WHERE state = 'rejected'")
    for table, before, after in RENAMED:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {after} TO {before}")
