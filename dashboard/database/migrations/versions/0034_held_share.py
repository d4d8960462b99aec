"""For which part of its time an attempt held what it was given: job arrays, whose parts run one by one.

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
    """Add the column, empty: all of it."""
    op.add_column("resource_usage", sa.Column("share", sa.Double()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("resource_usage", "share")
