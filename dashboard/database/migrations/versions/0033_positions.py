"""Positions of spectra on the sky, and an index by which files of one content are found.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

COLUMNS = ("ra", "dec")


def upgrade() -> None:
    """Add both columns, empty, and the index."""
    for name in COLUMNS:
        op.add_column("dataset_spectra", sa.Column(name, sa.Float()))
    op.create_index("ix_dataset_files_sha256", "dataset_files", ["sha256"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_dataset_files_sha256", "dataset_files")
    for name in COLUMNS:
        op.drop_column("dataset_spectra", name)
