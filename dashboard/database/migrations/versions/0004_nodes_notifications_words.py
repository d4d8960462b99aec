"""Nodes of the administrator's page, notifications, and a job list that stays fast.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TESTED = ["phase", "owner", "module", "node"]
LISTED = {
    "ix_jobs_created_id": ["created", "id", *TESTED],
    "ix_jobs_module_phase": ["module", "phase", "created", "id"],
    "ix_jobs_owner_created": ["owner", "created", "id"],
    "ix_jobs_owner_phase": ["owner", "phase", "created", "id"],
    "ix_jobs_node_created": ["node", "created", "id"],
    "ix_jobs_dataset_created": ["dataset", "created", "id"],
    "ix_jobs_parent": ["parent", "created", "id"],
    "ix_jobs_label": ["label", "id", *TESTED],
    "ix_jobs_ended": ["ended", "id", *TESTED],
}
BEFORE = {
    "ix_jobs_created_id": ["created", "id"],
    "ix_jobs_dataset_created": ["dataset", "created"],
    "ix_jobs_parent": ["parent"],
    "ix_jobs_label": ["label"],
    "ix_jobs_ended": ["ended"],
}
BATCH = 5000


def upgrade() -> None:
    """Make the tables and indexes, and find the words of the jobs that are there."""
    with op.batch_alter_table("jobs") as batch:
        batch.add_column(sa.Column("notify", sa.String(length=3), nullable=False, server_default=""))
    for name in BEFORE:
        op.drop_index(name, "jobs")
    for name, columns in LISTED.items():
        op.create_index(name, "jobs", columns)
    word = sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql")
    op.create_table(
        "job_words",
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("word", word, nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_job_words_job_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "word", name="pk_job_words"),
    )
    op.create_index("ix_job_words_word", "job_words", ["word", "job"])
    words = sa.table("job_words", sa.column("job", sa.String), sa.column("word", sa.String))
    for rows in _words():
        op.get_bind().execute(sa.insert(words), rows)
    _create_others()


def _words() -> Iterator[list[dict[str, str]]]:
    """Give the words of every job, as `dashboard.jobs.store.search_index` found them when this was
    written.
    """
    columns = ("id", "label", "note", "module")
    jobs = sa.table("jobs", *(sa.column(name, sa.String) for name in columns))
    last = ""
    while True:
        query = sa.select(*jobs.c).where(jobs.c.id > last).order_by(jobs.c.id).limit(BATCH)
        found = op.get_bind().execute(query).all()
        if not found:
            return
        last = found[-1].id
        yield [
            {"job": row.id, "word": word}
            for row in found
            for word in list(
                dict.fromkeys(part[:40] for part in re.findall(r"[^\W_]+", " ".join(row).lower()) if part)
            )[:200]
        ]


def _create_others() -> None:
    op.create_table(
        "nodes",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("settings", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("drained", sa.String(length=30), nullable=True),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("changed", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_nodes"),
    )
    op.create_table(
        "notification_settings",
        sa.Column("identity", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(length=80), nullable=False),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("waits_minutes", sa.Integer(), nullable=False),
        sa.Column("changed", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_notification_settings"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("identity", sa.String(length=120), nullable=False),
        sa.Column("event", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", sa.String(length=30), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=30), nullable=False),
        sa.Column("sent", sa.String(length=30), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint(
            "job", "event", "channel", "identity", name="uq_outbox_job_event_channel_identity"
        ),
    )
    op.create_index("ix_outbox_state_due", "outbox", ["state", "due"])


def downgrade() -> None:
    """Forget them."""
    for table in ("outbox", "notification_settings", "nodes", "job_words"):
        op.drop_table(table)
    for name in LISTED:
        op.drop_index(name, "jobs")
    for name, columns in BEFORE.items():
        op.create_index(name, "jobs", columns)
    with op.batch_alter_table("jobs") as batch:
        batch.drop_column("notify")
