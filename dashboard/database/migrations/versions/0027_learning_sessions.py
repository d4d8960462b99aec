"""Learning sessions: their rounds, and what each round selected.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ID, OWNER, TIME = sa.String(80), sa.String(120), sa.String(30)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "learning_sessions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", OWNER, nullable=False),
        sa.Column("visibility", sa.String(10), nullable=False, server_default="private"),
        sa.Column("project", ID),
        sa.Column("created", TIME, nullable=False),
        sa.Column("dataset", ID, nullable=False),
        sa.Column("dataset_name", sa.Text(), nullable=False),
        sa.Column("label_set", ID, nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parent", ID),
        sa.Column("parent_round", sa.Integer()),
        sa.Column("ended", TIME),
    )
    op.create_index("ix_learning_sessions_created", "learning_sessions", ["created", "id"])
    op.create_index("ix_learning_sessions_dataset", "learning_sessions", ["dataset"])
    op.create_index("ix_learning_sessions_label_set", "learning_sessions", ["label_set"])
    op.create_index("ix_learning_sessions_state", "learning_sessions", ["state", "id"])
    op.create_table(
        "learning_rounds",
        sa.Column(
            "session",
            ID,
            sa.ForeignKey("learning_sessions.id", name="fk_learning_rounds_session", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job", ID, nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.Column("version", ID),
        sa.Column("created", TIME, nullable=False),
        *(sa.Column(name, TIME) for name in ("submitted", "recorded", "queued")),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("queue", ID),
        sa.Column("sample_queue", ID),
        sa.PrimaryKeyConstraint("session", "number", name="pk_learning_rounds"),
    )
    op.create_index("ix_learning_rounds_job", "learning_rounds", ["job"], unique=True)
    op.create_index("ix_learning_rounds_queued", "learning_rounds", ["queued", "session"])
    op.create_table(
        "learning_entries",
        sa.Column("session", ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("spectrum", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("probability", sa.Float()),
        sa.Column("score", sa.Float()),
        sa.Column("stratum", sa.Integer()),
        sa.Column("probabilities", sa.JSON()),
        sa.PrimaryKeyConstraint("session", "round", "position", name="pk_learning_entries"),
    )
    op.create_index("ix_learning_entries_spectrum", "learning_entries", ["session", "spectrum"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("learning_entries", "learning_rounds", "learning_sessions"):
        op.drop_table(name)
