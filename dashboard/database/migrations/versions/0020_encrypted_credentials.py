"""Encrypted secrets of webhooks, and the one before each.

The secrets themselves are encrypted when the platform starts: a migration has no key.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the column, and add the ones of the secret before."""
    with op.batch_alter_table("notification_settings") as batch:
        batch.alter_column("secret", existing_type=sa.String(80), type_=sa.Text(), existing_nullable=False)
        batch.add_column(sa.Column("secret_before", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("secret_before_until", sa.String(30), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop the secrets before; encrypted ones do not fit the narrower column."""
    with op.batch_alter_table("notification_settings") as batch:
        batch.drop_column("secret_before_until")
        batch.drop_column("secret_before")
