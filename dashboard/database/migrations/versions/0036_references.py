"""Datasets whose files are at an archive, and the cache of what was fetched of them.

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dashboard.database.tables.columns import ID, TIME

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and the table of the cache."""
    op.add_column(
        "datasets", sa.Column("holding", sa.String(10), nullable=False, server_default=sa.text("'files'"))
    )
    op.add_column(
        "acquisitions", sa.Column("by_reference", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("dataset_files", sa.Column("acquisition", ID))
    op.add_column("dataset_files", sa.Column("record", sa.BigInteger()))
    op.create_index("ix_dataset_files_record", "dataset_files", ["acquisition", "record"])
    op.create_table(
        "cached_files",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("fetched", TIME, nullable=False),
        sa.Column("used", TIME, nullable=False),
    )
    op.create_index("ix_cached_files_used", "cached_files", ["used"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("cached_files")
    op.drop_index("ix_dataset_files_record", "dataset_files")
    for name in ("record", "acquisition"):
        op.drop_column("dataset_files", name)
    op.drop_column("acquisitions", "by_reference")
    op.drop_column("datasets", "holding")
