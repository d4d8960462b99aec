"""Tables of jobs: their attempts, events and artefacts, and the indexes of their words and values."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from dashboard.database.tables.columns import COUNTER, ID, OWNER, TIME, metadata, sharing


def of_rows(condition: str) -> dict[str, Any]:
    """Return the options of an index that has only the rows that fulfil a condition."""
    return {f"{database}_where": text(condition) for database in ("sqlite", "postgresql")}


# What the job list tests while it walks along an order: read from the index, not from every row.
TESTED: Final = ("phase", "owner", "module", "node")
jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", OWNER, nullable=False),
    *sharing(),
    Column("label", Text, nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    Column("tags", JSON(none_as_null=True)),  # [text]; null: none
    Column("action", String(20), nullable=False),  # train | predict
    Column("module", String(80), nullable=False),
    Column("module_version", String(40), nullable=False),
    Column("image", Text, nullable=False),  # what runs: digest or local id; "process" without a container
    # UWS's phases (UWS 1.1, section 2.1.3). PENDING: made, not yet to be run | QUEUED: waits for a node
    # EXECUTING: its container lives | COMPLETED, ERROR, ABORTED: ended
    # HELD, SUSPENDED, ARCHIVED: not used yet
    # UNKNOWN: never stored; what is unclear now is said in `reason`
    Column("phase", String(12), nullable=False),
    Column("desired_state", String(10), nullable=False),  # run | abort
    Column("reason", Text, nullable=False, default=""),  # why it waits, or why it ended; never empty in ERROR
    Column("parameters", JSON, nullable=False),
    Column("recipe", JSON(none_as_null=True)),
    Column("dataset", ID),  # no foreign key: a job is kept when its data is deleted
    # The model of a prediction, or that a training starts from; a job is kept when it is deleted
    Column("model", ID),
    Column("input", JSON, nullable=False),  # {"kind", "name", "sha256", "synthetic", "count"} as it was then
    Column("node", String(80), nullable=False),  # what was asked for: a node's name, or "any"
    Column("resources", JSON, nullable=False),  # {"cpus", "memory_mb", "gpus", "walltime_s", "labels"}
    # Whether its owner is told of its end: yes | no | empty: as the owner's settings say
    Column("notify", String(3), nullable=False, default="", server_default=""),
    Column("parent", ID),  # the job that was run again
    Column(
        "progress", JSON(none_as_null=True)
    ),  # {"phase", "step", "total", "message", "fraction", "seconds_left"}
    Column("metrics", JSON(none_as_null=True)),  # out/summary.json's metrics
    # {"times": {failure: the most retries}, "backoff_s"}; null: never
    Column("retry", JSON(none_as_null=True)),
    Column("not_before", TIME),  # the earliest time of the next attempt
    # whether the next attempt resumes from the checkpoint of an earlier one
    Column("resume", Boolean, nullable=False, default=True, server_default=true()),
    # The id of the HTTP request that created it or put it back into the queue; its container is told
    Column("request_id", String(64), nullable=False, default="", server_default=""),
    Column("created", TIME, nullable=False),
    Column("started", TIME),
    Column("ended", TIME),
    # One index a filter, and two for pairs of which one is common and one rare; the last columns are the
    # order of the list (docs/decisions/job-list.md).
    Index("ix_jobs_created_id", "created", "id", *TESTED),
    Index("ix_jobs_phase_created", "phase", "created", "id"),
    Index("ix_jobs_module_created", "module", "created", "id"),
    Index("ix_jobs_module_phase", "module", "phase", "created", "id"),
    Index("ix_jobs_owner_created", "owner", "created", "id"),
    Index("ix_jobs_owner_phase", "owner", "phase", "created", "id"),
    Index("ix_jobs_owner_ended", "owner", "ended", "id"),
    Index("ix_jobs_dataset_created", "dataset", "created", "id"),
    Index("ix_jobs_node_created", "node", "created", "id"),
    Index("ix_jobs_parent", "parent", "created", "id"),
    Index("ix_jobs_model", "model", "created"),
    Index("ix_jobs_label", "label", "id", *TESTED),
    Index("ix_jobs_ended", "ended", "id", *TESTED),
    # Of what is shared, a small part of all: what others than the owner may see is found in them alone.
    *(
        Index(f"ix_jobs_{visibility}_{name}", *first, *columns, **of_rows(f"visibility = '{visibility}'"))
        for visibility, first in (("public", ()), ("project", ("project",)))
        for name, columns in (
            ("created", ("created", "id", *TESTED)),
            ("phase", ("phase", "created", "id", "owner", "module", "node")),
            ("ended", ("ended", "id", *TESTED)),
        )
    ),
)

# The search index of jobs: lower-case words of id, label, note and module. It is a table, not an index of
# the database: both databases then find the same, and PostgreSQL needs no extension.
WORD: Final = String(40).with_variant(String(40, collation="C"), "postgresql")
job_words: Final = Table(
    "job_words",
    metadata,
    Column("job", ID, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("word", WORD, nullable=False),
    PrimaryKeyConstraint("job", "word"),
    Index("ix_job_words_word", "word", "job"),
)

# The parameters, metrics and tags by which jobs are found and sorted (`dashboard.jobs.store.value_index`).
VALUE: Final = String(100).with_variant(String(100, collation="C"), "postgresql")
job_values: Final = Table(
    "job_values",
    metadata,
    Column("job", ID, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(120), nullable=False),  # metrics.NAME | parameters.NAME | tag
    Column("text", VALUE, nullable=False),  # empty: a number
    Column("number", Float, nullable=False),
    PrimaryKeyConstraint("job", "name", "text"),
    Index("ix_job_values_name", "name", "text", "number", "job"),
)

LIVE_ATTEMPT: Final = "state in ('intended', 'launched')"
attempts: Final = Table(
    "attempts",
    metadata,
    Column("id", ID, primary_key=True),  # h-{job}-{number}: also the container's name
    Column("job", ID, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("node", String(80), nullable=False),
    Column("launcher", String(20), nullable=False),  # kind; another kind does not know this attempt
    # intended: committed, perhaps started, handle not known | launched: handle recorded
    # ended: outcome and artefacts recorded, the container may still be there | removed: nothing of it is left
    Column("state", String(10), nullable=False),
    Column("handle", JSON(none_as_null=True)),  # launchers.Handle
    Column("exit_code", Integer),
    Column("reason", Text, nullable=False, default=""),
    # kind of failure: node_failure | out_of_memory | time_limit | preempted | not_started | error | input
    # unknown (`dashboard.jobs.failure.Failure`); empty: it did not
    Column("failure", String(20), nullable=False, default="", server_default=""),
    # what ended it, as its node reported (`launchers.Cause`); empty: it ended by itself, or nobody reported
    Column("cause", String(20), nullable=False, default="", server_default=""),
    # the last valid checkpoint: {"folder", "step", "time", "bytes"}
    Column("checkpoint", JSON(none_as_null=True)),
    Column("resumed", ID),  # the attempt from whose checkpoint it resumes
    Column("missing_since", TIME),  # when the launcher first said that there is no such container
    Column("intended", TIME, nullable=False),
    Column("launched", TIME),
    Column("ended", TIME),
    UniqueConstraint("job", "number"),
    # The lock: a job has at most one live attempt.
    Index(
        "uq_attempts_live",
        "job",
        unique=True,
        **of_rows(LIVE_ATTEMPT),
    ),
    Index("ix_attempts_state", "state"),
)

events: Final = Table(
    "events",
    metadata,  # append-only, and kept when the job is deleted
    Column("id", COUNTER, primary_key=True, autoincrement=True),
    Column("time", TIME, nullable=False),
    Column("job", ID, nullable=False),
    Column("attempt", ID),
    # created | intended | launched | attached (found again by name) | phase | reason | abort | retry | resume
    # stopped | removed | model | again (a job was made from this one) | deleted
    Column("kind", String(20), nullable=False),
    Column("by", String(120), nullable=False),  # who: an identity, or "supervisor"
    Column("detail", JSON, nullable=False),
    Index("ix_events_job", "job", "id"),
    Index("ix_events_kind_job", "kind", "job"),
)

artefacts: Final = Table(
    "artefacts",
    metadata,
    Column("job", ID, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("attempt", ID, nullable=False),
    Column("path", Text, nullable=False),  # below the attempt's out/
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    PrimaryKeyConstraint("job", "attempt", "path"),
)
