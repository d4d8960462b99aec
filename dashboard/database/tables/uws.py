"""The table of what the Universal Worker Service (UWS 1.1) knows of a job beyond its row in `jobs`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Column, ForeignKey, Index, Table, Text

from dashboard.database.tables.columns import ID, TIME, metadata

uws_jobs: Final = Table(
    "uws_jobs",
    metadata,  # a row for each job that was made through UWS, or that was given a time of destruction
    Column("job", ID, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", Text, nullable=False, default="", server_default=""),  # chosen by the client
    Column("given", JSON, nullable=False),  # {name in capitals: text}, as sent; checked when it is to run
    Column("destruction", TIME),  # when it is deleted with its files; null: never
    Index("ix_uws_jobs_destruction", "destruction"),
)
