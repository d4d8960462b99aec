"""Projects and their members.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "projects",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("created", sa.String(30), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_projects"),
    )
    op.create_table(
        "project_members",
        sa.Column("project", sa.String(80), nullable=False),
        sa.Column("user", sa.String(120), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("project", "user", name="pk_project_members"),
    )
    op.create_index("ix_project_members_user", "project_members", ["user", "project"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("project_members")
    op.drop_table("projects")
