"""What owners write on the cards of their models.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; nobody has written anything yet."""
    op.add_column("models", sa.Column("prose", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("models", sa.Column("aliases", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("models", "aliases")
    op.drop_column("models", "prose")
