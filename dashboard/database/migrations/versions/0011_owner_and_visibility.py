"""Owner, visibility and project of every stored object.

What is stored belongs to the local owner and is private: on a laptop nothing changes. An asynchronous
prediction belongs to the user who asked for it.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OWNED = ("jobs", "models", "datasets")  # these had an owner before
OTHERS = ("deployments", "deployment_tokens", "deployment_predictions", "nodes")


def upgrade() -> None:
    """Add the columns."""
    for table in OWNED + OTHERS:
        with op.batch_alter_table(table) as batch:
            if table in OTHERS:
                batch.add_column(
                    sa.Column("owner", sa.String(length=120), nullable=False, server_default="owner")
                )
            batch.add_column(
                sa.Column("visibility", sa.String(length=10), nullable=False, server_default="private")
            )
            batch.add_column(sa.Column("project", sa.String(length=80), nullable=True))
    predictions = sa.table("deployment_predictions", sa.column("owner"), sa.column("caller"))
    of_user = predictions.c.caller.like("user %")
    user = sa.func.substr(predictions.c.caller, len("user ") + 1)
    op.execute(sa.update(predictions).where(of_user).values(owner=user))


def downgrade() -> None:
    """Drop them."""
    for table in OWNED + OTHERS:
        with op.batch_alter_table(table) as batch:
            for name in ("project", "visibility", *(["owner"] if table in OTHERS else [])):
                batch.drop_column(name)
