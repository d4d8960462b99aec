"""For which part of its time an attempt held what it was given: job arrays, whose parts run one by one.

Revision ID: 0035
Revises: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: all of it."""
    op.add_column("resource_usage", sa.Column("share", sa.Double()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("resource_usage", "share")
