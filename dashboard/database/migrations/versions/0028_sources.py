"""Sources of spectra, the acquisitions from them, and their records.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "sources",
        sa.Column("id", sa.String(80), primary_key=True),
        *_texts("name"),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("visibility", sa.String(10), nullable=False, server_default="private"),
        sa.Column("project", sa.String(80)),
        sa.Column("created", sa.String(30), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        *_texts("credentials"),
        sa.Column("uploaded", sa.Boolean(), nullable=False),
        sa.Column("schedule", sa.String(10), nullable=False),
        sa.Column("next_run", sa.String(30)),
    )
    op.create_index("ix_sources_created", "sources", ["created", "id"])
    op.create_index("ix_sources_next_run", "sources", ["next_run"])
    op.create_table(
        "acquisitions",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("source", sa.String(80), sa.ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user", sa.String(120), nullable=False),
        sa.Column("created", sa.String(30), nullable=False),
        sa.Column("ended", sa.String(30)),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("fault", sa.String(20), nullable=False),
        *_texts("detail", "name"),
        sa.Column("project", sa.String(80)),
        sa.Column("dataset", sa.String(80)),
        sa.Column("auto", sa.Boolean(), nullable=False),
        sa.Column("only_new", sa.Boolean(), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=False),
        *_texts("token"),
        *_counts("listed", "chosen", "fetched", "failed", "bytes", "expected_bytes"),
    )
    op.create_index("ix_acquisitions_source", "acquisitions", ["source", "created"])
    op.create_index("ix_acquisitions_state", "acquisitions", ["state"])
    op.create_table(
        "acquisition_records",
        sa.Column(
            "acquisition", sa.String(80), sa.ForeignKey("acquisitions.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        *_texts("address"),
        sa.Column("digest", sa.String(32), nullable=False),
        *_texts("name", "path", "title", "label", "object"),
        sa.Column("ra", sa.Float()),
        sa.Column("dec", sa.Float()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("fault", sa.String(20), nullable=False),
        *_texts("detail"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger()),
        sa.PrimaryKeyConstraint("acquisition", "number"),
    )
    op.create_index("ix_acquisition_records_state", "acquisition_records", ["acquisition", "state", "number"])
    op.create_index("ix_acquisition_records_digest", "acquisition_records", ["digest"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("acquisition_records", "acquisitions", "sources"):
        op.drop_table(name)
