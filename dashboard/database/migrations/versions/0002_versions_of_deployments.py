"""Versions, access, tokens and usage of deployments.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOVED = ("module", "module_version", "image", "entry", "model", "model_folder", "node", "settings")


def upgrade() -> None:
    """Make what was deployed the first version of itself."""
    op.create_table(
        "deployment_versions",
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("module", sa.String(length=100), nullable=False),
        sa.Column("module_version", sa.String(length=50), nullable=False),
        sa.Column("image", sa.String(length=500), nullable=False),
        sa.Column("entry", sa.String(length=20), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=True),
        sa.Column("model_folder", sa.String(length=1000), nullable=True),
        sa.Column("resources", sa.JSON(), nullable=False),
        sa.Column("created", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("deployment", "number"),
    )
    op.create_index("ix_deployment_versions_model", "deployment_versions", ["model"])
    op.execute(
        "insert into deployment_versions (deployment, number, module, module_version, image, entry, model, "
        "model_folder, resources, created) select name, 1, module, module_version, image, entry, model, "
        "model_folder, settings, created from deployments"
    )
    nodes = _nodes_of_deployments()
    with op.batch_alter_table("deployments") as batch:
        batch.add_column(sa.Column("nodes", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("stable", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("canary", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("share", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("previous", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("scaling", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("access", sa.String(length=10), nullable=False, server_default="public"))
        batch.drop_index("ix_deployments_model")
        for column in MOVED:
            batch.drop_column(column)
    table = sa.table("deployments", sa.column("name", sa.String), sa.column("nodes", sa.JSON))
    for name, node in nodes.items():
        op.execute(sa.update(table).where(table.c.name == name).values(nodes=[node]))
    with op.batch_alter_table("deployments") as batch:
        for column in ("nodes", "stable", "share", "scaling", "access"):
            batch.alter_column(column, server_default=None)
    _create_others()


def _nodes_of_deployments() -> dict[str, str]:
    table = sa.table("deployments", sa.column("name", sa.String), sa.column("node", sa.String))
    rows = op.get_bind().execute(sa.select(table.c.name, table.c.node))
    return {row.name: row.node for row in rows}


def _create_others() -> None:
    op.create_table(
        "deployment_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deployment_tokens",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("created", sa.String(length=30), nullable=False),
        sa.Column("expires", sa.String(length=30), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("quota", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deployment_tokens_deployment", "deployment_tokens", ["deployment"])
    op.create_table(
        "deployment_usage",
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("spectra", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("latency", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("deployment", "minute", "token", "version", "gateway"),
    )
    op.create_index("ix_deployment_usage_minute", "deployment_usage", ["minute"])


def downgrade() -> None:
    """Go back to one version a deployment: the stable one, on its first node."""
    for table in ("deployment_usage", "deployment_tokens", "deployment_revision"):
        op.drop_table(table)
    op.create_table(
        "deployments_before",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("module", sa.String(length=100), nullable=False),
        sa.Column("module_version", sa.String(length=50), nullable=False),
        sa.Column("image", sa.String(length=500), nullable=False),
        sa.Column("entry", sa.String(length=20), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=True),
        sa.Column("model_folder", sa.String(length=1000), nullable=True),
        sa.Column("node", sa.String(length=100), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.String(length=30), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    first = "nodes ->> 0" if op.get_bind().dialect.name == "postgresql" else "json_extract(nodes, '$[0]')"
    columns = f"v.entry, v.model, v.model_folder, {first}, d.enabled, d.created, v.resources"
    op.execute(
        f"insert into deployments_before select d.name, v.module, v.module_version, v.image, {columns} "  # noqa: S608 - ours
        "from deployments d join deployment_versions v on v.deployment = d.name and v.number = d.stable"
    )
    op.drop_table("deployments")
    op.drop_table("deployment_versions")
    op.rename_table("deployments_before", "deployments")
    op.create_index("ix_deployments_model", "deployments", ["model"])
