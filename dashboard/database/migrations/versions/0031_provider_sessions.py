"""Which session at a provider a session here was opened by, so that it ends with it.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; sessions that are open belong to none that is known."""
    made: sa.Column[str] = sa.Column("provider_session", sa.String(64), nullable=False, server_default="")
    op.add_column("tokens", made)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("tokens", "provider_session")
