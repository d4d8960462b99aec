"""Who sees a published module; stars; who is left out of what the market counts.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; what is published stays visible to everybody."""
    visibility = sa.Column("visibility", sa.String(10), nullable=False, server_default="public")
    op.add_column("published_modules", visibility)
    op.add_column("published_modules", sa.Column("project", sa.String(80)))
    op.create_table(
        "module_stars",
        sa.Column("module", sa.String(200), primary_key=True),
        sa.Column("user", sa.String(120), primary_key=True),
        sa.Column("created", sa.String(30), nullable=False),
    )
    op.create_table("uncounted_people", sa.Column("user", sa.String(120), primary_key=True))


def downgrade() -> None:
    """Drop them."""
    for name in ("uncounted_people", "module_stars"):
        op.drop_table(name)
    with op.batch_alter_table("published_modules") as table:
        table.drop_column("project")
        table.drop_column("visibility")
