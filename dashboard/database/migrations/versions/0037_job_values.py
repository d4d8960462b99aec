"""Tags of jobs, and the parameters and metrics by which jobs are found and sorted.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BATCH = 1000


def upgrade() -> None:
    """Add the column and the table, and give the values of every job."""
    op.add_column("jobs", sa.Column("tags", sa.JSON(none_as_null=True)))
    text = sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql")
    op.create_table(
        "job_values",
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("text", text, nullable=False),
        sa.Column("number", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="fk_job_values_job_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "name", "text", name="pk_job_values"),
    )
    columns = [sa.column(name, kind) for name, kind in (("job", sa.String), ("name", sa.String))]
    columns += [sa.column("text", sa.String), sa.column("number", sa.Float)]
    for rows in _values():
        if rows:
            op.get_bind().execute(sa.insert(sa.table("job_values", *columns)), rows)
    op.create_index("ix_job_values_name", "job_values", ["name", "text", "number", "job"])


def _values() -> Iterator[list[dict[str, Any]]]:
    """Give the values of every job, as `dashboard.jobs.store.value_index` found them at this revision."""
    json = [sa.column(name, sa.JSON) for name in ("parameters", "metrics")]
    jobs = sa.table("jobs", sa.column("id", sa.String), *json)
    last = ""
    while True:
        query = sa.select(*jobs.c).where(jobs.c.id > last).order_by(jobs.c.id).limit(BATCH)
        found = op.get_bind().execute(query).all()
        if not found:
            return
        last = found[-1].id
        yield [row for job in found for row in _rows(job)]


def _rows(job: Any) -> list[dict[str, Any]]:
    named = {f"parameters.{name}": value for name, value in (job.parameters or {}).items()}
    named |= {f"metrics.{name}": value for name, value in (job.metrics or {}).items()}
    rows = []
    for name, value in named.items():
        number, text = 0.0, ""
        if isinstance(value, bool):
            text = str(value).lower()
        elif isinstance(value, int | float):
            if not (abs(value) < 1e300 and math.isfinite(value)):
                continue
            number = float(value)
        elif isinstance(value, str) and value:
            text = value[:100]
        else:
            continue
        if len(name) <= 120:
            rows.append({"job": job.id, "name": name, "text": text, "number": number})
    return rows[:300]


def downgrade() -> None:
    """Drop them."""
    op.drop_table("job_values")
    op.drop_column("jobs", "tags")
