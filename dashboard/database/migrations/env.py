"""Alembic's entry: runs on the connection that `Database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from dashboard.database.tables import metadata
from deploy.model.tables import metadata as deploy_metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    compare_type=True,
    target_metadata=[metadata, deploy_metadata],
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
context.run_migrations()
