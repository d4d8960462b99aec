"""Which spectra are in a unit or a frame that their files do not state.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of datasets that were indexed before, it is not known."""
    op.add_column("dataset_spectra", sa.Column("assumed", sa.String(20), nullable=False, server_default=""))
    op.add_column("datasets", sa.Column("assumed", sa.JSON()))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("datasets", "assumed")
    op.drop_column("dataset_spectra", "assumed")
