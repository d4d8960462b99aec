"""The deploy service's own tables; the platform's migrations create them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

deployments = sa.Table(
    "deployments",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("module", sa.String(100), nullable=False),
    sa.Column("module_version", sa.String(50), nullable=False),
    sa.Column("image", sa.String(500), nullable=False),
    sa.Column("entry", sa.String(20), nullable=False),
    sa.Column("model", sa.String(40), nullable=True, index=True),
    sa.Column("model_folder", sa.String(1000), nullable=True),
    sa.Column("node", sa.String(100), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created", sa.String(30), nullable=False),  # ISO 8601, UTC
    sa.Column("settings", sa.JSON, nullable=False),
)
