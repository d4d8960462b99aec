"""Modules of publishers: their versions, and the attempts to publish.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "published_modules",
        sa.Column("module", sa.String(200), primary_key=True),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("maintainers", sa.JSON(), nullable=False),
        sa.Column("featured", sa.Boolean(), nullable=False),
        sa.Column("created", sa.String(30), nullable=False),
    )
    op.create_table(
        "module_versions",
        sa.Column("module", sa.String(200), primary_key=True),
        sa.Column("version", sa.String(100), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("reason", "image", "changelog", "log", "source", "signature")
        ),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("document", "report", "sbom")),
        sa.Column("revision", sa.String(64), nullable=False),
        sa.Column("files", sa.String(80), nullable=False),
        sa.Column("publisher", sa.String(120), nullable=False),
        sa.Column("created", sa.String(30), nullable=False),
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("module", sa.String(200), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("report", sa.JSON()),
        sa.Column("created", sa.String(30), nullable=False),
        sa.Column("ended", sa.String(30)),
    )
    op.create_index("ix_publications_owner", "publications", ["owner", "created"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("publications", "module_versions", "published_modules"):
        op.drop_table(name)
