"""Predictions: asynchronous ones, and jobs that predict with a model.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give jobs a model, and predictions and gateways tables."""
    with op.batch_alter_table("jobs") as batch:
        batch.add_column(sa.Column("model", sa.String(length=80), nullable=True))
        batch.create_index("ix_jobs_model", ["model", "created"])
    op.create_table(
        "deployment_predictions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("born", sa.String(length=30), nullable=False),
        sa.Column("gateway", sa.String(length=120), nullable=False),
        sa.Column("folder", sa.String(length=1000), nullable=False),
        sa.Column("caller", sa.String(length=140), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.String(length=30), nullable=False),
        sa.Column("begun", sa.String(length=30), nullable=True),
        sa.Column("ended", sa.String(length=30), nullable=True),
        sa.Column("expires", sa.String(length=30), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.String(length=200), nullable=True),
        sa.Column("answer_size", sa.BigInteger(), nullable=True),
        sa.Column("spectra", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_deployment_predictions_deployment", "deployment_predictions", ["deployment", "created"]
    )
    op.create_index("ix_deployment_predictions_gateway", "deployment_predictions", ["gateway", "state"])
    op.create_table(
        "deployment_gateways",
        sa.Column("gateway", sa.String(length=120), nullable=False),
        sa.Column("seen", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("gateway"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("deployment_gateways")
    op.drop_table("deployment_predictions")
    with op.batch_alter_table("jobs") as batch:
        batch.drop_index("ix_jobs_model")
        batch.drop_column("model")
