"""Columns of usage and of asynchronous predictions under the field's own names.

Revision ID: 0008
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None

#: Table, old name of a column, new name.
RENAMED = (
    ("deployment_usage", "errors", "server_errors"),
    ("deployment_usage", "refused", "client_errors"),
    ("deployment_predictions", "born", "deployment_created"),
    ("deployment_predictions", "begun", "started"),
)


def upgrade() -> None:
    """Rename the columns; the rows stay as they are."""
    for table, old, new in RENAMED:
        op.alter_column(table, old, new_column_name=new)


def downgrade() -> None:
    """Give the columns their old names back."""
    for table, old, new in RENAMED:
        op.alter_column(table, new, new_column_name=old)
