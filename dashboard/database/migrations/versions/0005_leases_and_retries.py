"""Leases of supervisors, and how jobs are tried again.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the columns of jobs and attempts."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    with op.batch_alter_table("jobs") as batch:
        batch.add_column(sa.Column("retry", sa.JSON(none_as_null=True), nullable=True))
        batch.add_column(sa.Column("not_before", sa.String(length=30), nullable=True))
        batch.add_column(sa.Column("resume", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("attempts") as batch:
        batch.add_column(sa.Column("failure", sa.String(length=20), nullable=False, server_default=""))
        batch.add_column(sa.Column("checkpoint", sa.JSON(none_as_null=True), nullable=True))
        batch.add_column(sa.Column("resumed", sa.String(length=80), nullable=True))


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("attempts") as batch:
        for name in ("resumed", "checkpoint", "failure"):
            batch.drop_column(name)
    with op.batch_alter_table("jobs") as batch:
        for name in ("resume", "not_before", "retry"):
            batch.drop_column(name)
    op.drop_table("leases")
