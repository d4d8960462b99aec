"""Accounts at other providers, second factors, and what is known of sessions.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns."""
    op.create_table(
        "provider_accounts",
        sa.Column("issuer", sa.String(400), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("user", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("managed", sa.Boolean(), nullable=False),
        sa.Column("created", sa.String(30), nullable=False),
        sa.Column("last_sign_in", sa.String(30)),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_provider_accounts"),
    )
    op.create_index("ix_provider_accounts_user", "provider_accounts", ["user"])
    op.create_table(
        "sign_in_flows",
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(80), nullable=False),
        sa.Column("nonce", sa.String(80), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("expires", sa.String(30), nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_sign_in_flows"),
    )
    op.create_index("ix_sign_in_flows_expires", "sign_in_flows", ["expires"])
    op.create_table(
        "second_factors",
        sa.Column("user", sa.String(120), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created", sa.String(30), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user", sa.String(120), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("user", "hash", name="pk_recovery_codes"),
    )
    with op.batch_alter_table("tokens") as batch:
        batch.add_column(sa.Column("detail", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("last_used", sa.String(30)))
        batch.add_column(sa.Column("address", sa.String(64), nullable=False, server_default=""))
        batch.add_column(sa.Column("agent", sa.String(200), nullable=False, server_default=""))
        batch.create_index("ix_tokens_identity", ["identity", "kind"])


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("tokens") as batch:
        batch.drop_index("ix_tokens_identity")
        for name in ("detail", "last_used", "address", "agent"):
            batch.drop_column(name)
    for name in ("recovery_codes", "second_factors", "sign_in_flows", "provider_accounts"):
        op.drop_table(name)
