"""What else people are told: warnings of quotas, deployments that fail, and whether results are attached.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

COLUMNS = ("of_quotas", "of_deployments", "attach_results")


def upgrade() -> None:
    """Add the choices; everybody is told, as before."""
    for name in COLUMNS:
        made: sa.Column[bool] = sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true())
        op.add_column("notification_settings", made)


def downgrade() -> None:
    """Drop them."""
    for name in COLUMNS:
        op.drop_column("notification_settings", name)
