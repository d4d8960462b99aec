"""Jobs that clients of the Universal Worker Service hold before they run, and times of destruction.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "uws_jobs",
        sa.Column("job", sa.String(80), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("destruction", sa.String(30)),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_uws_jobs_job_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", name="pk_uws_jobs"),
    )
    op.create_index("ix_uws_jobs_destruction", "uws_jobs", ["destruction"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("uws_jobs")
