"""Where datasets that were selected come from, and instruments of tables of labels.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; older datasets were uploaded, and their instruments stand in files."""
    op.add_column("datasets", sa.Column("origin", sa.JSON()))
    op.add_column("dataset_spectra", sa.Column("instrument", sa.Text()))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("dataset_spectra", "instrument")
    op.drop_column("datasets", "origin")
