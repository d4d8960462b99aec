"""Label sets: their log of events, their versions, and the queues of spectra to label.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID, OWNER, TIME = sa.String(80), sa.String(120), sa.String(30)


def _of(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "label_sets",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("visibility", sa.String(10), nullable=False, server_default="private"),
        sa.Column("project", ID),
        sa.Column("created", TIME, nullable=False),
        sa.Column("dataset", ID, nullable=False),
        sa.Column("dataset_name", sa.Text(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_label_sets_created", "label_sets", ["created", "id"])
    op.create_index("ix_label_sets_dataset", "label_sets", ["dataset"])
    _create_events()
    _create_versions()
    _create_queues()


def _create_events() -> None:
    op.create_table(
        "label_events",
        sa.Column("label_set", ID, _of("label_sets"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("spectrum", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("labeller", OWNER, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("made", TIME),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("undoes", sa.String(80)),
        sa.Column("queue", ID),
        sa.Column("decides", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("label_set", "number", name="pk_label_events"),
        sa.UniqueConstraint("label_set", "key", name="uq_label_events_label_set_key"),
    )
    op.create_index("ix_label_events_spectrum", "label_events", ["label_set", "spectrum"])


def _create_versions() -> None:
    op.create_table(
        "label_versions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("label_set", ID, _of("label_sets"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent", ID),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("creator", OWNER, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.UniqueConstraint("label_set", "number", name="uq_label_versions_label_set_number"),
    )


def _create_queues() -> None:
    op.create_table(
        "label_queues",
        sa.Column("id", ID, primary_key=True),
        sa.Column("label_set", ID, _of("label_sets"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("origin", sa.JSON(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_label_queues_label_set", "label_queues", ["label_set", "created"])
    op.create_table(
        "label_queue_rows",
        sa.Column("queue", ID, _of("label_queues"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("spectrum", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opinion", sa.JSON()),
        sa.Column("labeller", OWNER),
        sa.Column("leased", TIME),
        sa.Column("done", TIME),
        sa.PrimaryKeyConstraint("queue", "position", "copy", name="pk_label_queue_rows"),
    )
    op.create_index("ix_label_queue_rows_row", "label_queue_rows", ["queue", "row"])
    op.create_index("ix_label_queue_rows_labeller", "label_queue_rows", ["queue", "labeller", "done"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("label_queue_rows", "label_queues", "label_versions", "label_events", "label_sets"):
        op.drop_table(name)
