"""Every table of the platform. Every status value and every kind of event is explained here.

Times are text, ISO 8601 UTC with milliseconds and `Z` (`dashboard.base.clock`), so they sort and go to
JSON as
they are. Files named in a table are relative to `<home>`.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up by itself only on a column of type INTEGER.
COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")
ID: Final = String(80)
TIME: Final = String(30)
OWNER: Final = String(120)


def sharing() -> list[Column[Any]]:
    """Return the columns that say who else sees an object beside its owner (`dashboard.base.ownership`)."""
    return [
        Column("visibility", String(10), nullable=False, default="private", server_default="private"),
        Column("project", ID),  # whose members see it, where `visibility` is "project"
    ]


platform_facts: Final = Table(
    "platform_facts",
    metadata,
    Column("name", String(40), primary_key=True),  # "owner": the label of this platform's containers
    Column("value", Text, nullable=False),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the token; the token itself is nowhere stored
    # link: works once, gives a session | session: a browser's cookie | api: command line and scripts
    Column("kind", String(10), nullable=False),
    Column("identity", String(120), nullable=False),  # its owner; a token is never shared
    Column("created", TIME, nullable=False),
    Column("expires", TIME, nullable=False),
)

leases: Final = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),  # "jobs": who holds it supervises them
    Column("term", BigInteger, nullable=False),  # one more with each holder: nobody takes an old one for now
    Column(
        "holder", String(200), nullable=False
    ),  # BOOT/ID of `dashboard.jobs.supervisor.lease`; empty: given back
    Column("expires", Double, nullable=False),  # by the database's clock, seconds since 1970
)

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
    Column(
        "reason", Text, nullable=False, default=""
    ),  # why it waits, or why it ended so; never empty in ERROR
    Column("parameters", JSON, nullable=False),
    Column("recipe", JSON(none_as_null=True)),
    Column("dataset", ID),  # no foreign key: a job outlives its data
    Column("model", ID),  # that a prediction asks; no foreign key: a job outlives it
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
    # {"times": {failure: how often it is tried again}, "backoff_s"}; null: never
    Column("retry", JSON(none_as_null=True)),
    Column("not_before", TIME),  # it is not tried again before
    # whether its next try goes on from the checkpoint of an earlier one
    Column("resume", Boolean, nullable=False, default=True, server_default=true()),
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
    Index("ix_jobs_dataset_created", "dataset", "created", "id"),
    Index("ix_jobs_node_created", "node", "created", "id"),
    Index("ix_jobs_parent", "parent", "created", "id"),
    Index("ix_jobs_model", "model", "created"),
    Index("ix_jobs_label", "label", "id", *TESTED),
    Index("ix_jobs_ended", "ended", "id", *TESTED),
)

# The words by which a job is found: lower-case, of its id, label, note and module. An index of our own, not
# the database's: so both databases find the same, and PostgreSQL needs no extension.
WORD: Final = String(40).with_variant(String(40, collation="C"), "postgresql")
job_words: Final = Table(
    "job_words",
    metadata,
    Column("job", ID, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("word", WORD, nullable=False),
    PrimaryKeyConstraint("job", "word"),
    Index("ix_job_words_word", "word", "job"),
)

LIVE_ATTEMPT: Final = "state in ('intended', 'launched')"
attempts: Final = Table(
    "attempts",
    metadata,
    Column("id", ID, primary_key=True),  # h-{job}-{number}: also the container's name
    Column("job", ID, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("node", String(80), nullable=False),
    Column("launcher", String(20), nullable=False),  # kind; another kind knows nothing of this try
    # intended: committed, perhaps started, handle not known | launched: handle recorded
    # ended: outcome and artefacts recorded, the container may still be there | removed: nothing of it is left
    Column("state", String(10), nullable=False),
    Column("handle", JSON(none_as_null=True)),  # launchers.Handle
    Column("exit_code", Integer),
    Column("reason", Text, nullable=False, default=""),
    # how it failed: node_failure | out_of_memory | time_limit | preempted | not_started | error | input
    # unknown (`dashboard.jobs.failure.Failure`); empty: it did not
    Column("failure", String(20), nullable=False, default="", server_default=""),
    # what ended it, as its node reported (`launchers.Cause`); empty: it ended by itself, or nobody reported
    Column("cause", String(20), nullable=False, default="", server_default=""),
    # what it left, checked: {"folder", "step", "time", "bytes"}
    Column("checkpoint", JSON(none_as_null=True)),
    Column("resumed", ID),  # the try whose checkpoint it goes on from
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
        sqlite_where=text(LIVE_ATTEMPT),
        postgresql_where=text(LIVE_ATTEMPT),
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

models: Final = Table(
    "models",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", OWNER, nullable=False),
    *sharing(),
    Column("job", ID),  # no foreign key: a model outlives its job
    Column("dataset", ID),
    Column("module", String(80), nullable=False),
    Column("module_version", String(40), nullable=False),
    Column("image", Text, nullable=False),
    Column("card", JSON, nullable=False),  # model.json
    Column("classes", JSON(none_as_null=True)),
    Column("metrics", JSON(none_as_null=True)),
    Column("input", JSON, nullable=False),  # the training set as it was: name, sha256, synthetic, count
    Column("sha256", String(64), nullable=False),  # of the sorted lines "sha256  path" of its files
    Column("size", BigInteger, nullable=False),
    Column("created", TIME, nullable=False),
    UniqueConstraint("job"),  # a job makes one model, however often its end is recorded
    Index("ix_models_created", "created", "id"),
    Index("ix_models_module_created", "module", "created"),
)

module_descriptions: Final = Table(
    "module_descriptions",
    metadata,
    Column("digest", String(200), nullable=False),
    Column("module", String(80), nullable=False),
    Column("description", JSON, nullable=False),  # contracts.md, section 5
    Column("asked", TIME, nullable=False),
    PrimaryKeyConstraint("digest", "module"),
)

datasets: Final = Table(
    "datasets",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", OWNER, nullable=False),
    *sharing(),
    Column("created", TIME, nullable=False),
    # uploading: files are coming | indexing: they are being read | ready: can be used | error: see reason
    Column("state", String(10), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column(
        "kind", String(10), nullable=False
    ),  # spectra: files | features: one feature set (contracts.md, section 3)
    Column("count", BigInteger, nullable=False, default=0),  # spectra that can be used
    Column("rejected", BigInteger, nullable=False, default=0),  # files that cannot be read
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("wavelength_min", Float),  # Å, vacuum
    Column("wavelength_max", Float),
    Column("formats", JSON, nullable=False),  # {format: spectra}
    Column("classes", JSON, nullable=False),  # {label: spectra}
    Column("synthetic", Boolean, nullable=False, default=False, server_default=false()),
    Column("sha256", String(64)),  # of the sorted lines "sha256  path" of its files and its labels
    Index("ix_datasets_created", "created", "id"),
    Index("ix_datasets_state", "state"),
)

dataset_files: Final = Table(
    "dataset_files",
    metadata,
    Column("dataset", ID, ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),  # below data/{dataset}/files/
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64)),
    # uploading | uploaded: whole | read: its spectra are in dataset_spectra | rejected: see reason
    Column("state", String(10), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    PrimaryKeyConstraint("dataset", "path"),
    Index("ix_dataset_files_state", "dataset", "state"),
)

dataset_spectra: Final = Table(
    "dataset_spectra",
    metadata,
    Column("dataset", ID, ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    Column("number", BigInteger, nullable=False),  # 0, 1, … in the order of reading
    Column("path", Text, nullable=False),
    Column("hdu", Integer),
    Column("row", Integer),
    Column("name", Text, nullable=False),
    Column("label", Text),
    Column("object_group", Text),  # the object; `group` is a word of SQL
    Column("wavelength_min", Float),
    Column("wavelength_max", Float),
    Column("points", Integer),
    Column("snr", Float),
    Column("format", String(40), nullable=False, default=""),
    PrimaryKeyConstraint("dataset", "number"),
    Index("ix_dataset_spectra_label", "dataset", "label", "number"),
    Index("ix_dataset_spectra_name", "dataset", "name"),
    Index("ix_dataset_spectra_path", "dataset", "path"),
    Index("ix_dataset_spectra_snr", "dataset", "snr"),
)

nodes: Final = Table(
    "nodes",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("settings", JSON(none_as_null=True)),  # null: of huggins.toml; the row only keeps its drain
    Column("drained", TIME),  # since when it takes nothing new; null: it does
    Column("by", String(120), nullable=False),  # who changed it last
    Column("changed", TIME, nullable=False),
    # Of a node made on the page; a node of huggins.toml belongs to the platform, and everybody sees it.
    Column("owner", OWNER, nullable=False, server_default="owner"),
    *sharing(),
)

notification_settings: Final = Table(
    "notification_settings",
    metadata,
    Column("identity", String(120), primary_key=True),  # whose they are; never shared
    Column("email", String(320), nullable=False, default=""),
    Column("webhook", Text, nullable=False, default=""),
    Column("secret", String(80), nullable=False, default=""),  # signs the webhook's bodies (HMAC-SHA-256)
    # asked: of jobs that say so | failed: and of every one that failed | all: of every end
    Column("about", String(10), nullable=False, default="asked"),
    Column("waits_minutes", Integer, nullable=False, default=0),  # tell when one waits longer; 0: never
    Column("changed", TIME, nullable=False),
)

outbox: Final = Table(
    "outbox",
    metadata,  # written in the transaction of what it tells; sent later, at least once
    Column("id", ID, primary_key=True),  # also the message's own id: one that comes twice can be recognised
    Column("job", ID, nullable=False),  # no foreign key: it is told also when the job was deleted
    Column("identity", String(120), nullable=False),
    Column("event", String(10), nullable=False),  # ended | waits | test
    Column("channel", String(10), nullable=False),  # email | webhook
    Column("target", Text, nullable=False),
    Column("detail", JSON, nullable=False),  # what was true then: phase, reason, module, label …
    Column("state", String(10), nullable=False),  # waiting | sent | failed: given up
    Column("attempts", Integer, nullable=False, default=0),
    Column("due", TIME, nullable=False),  # not before
    Column("error", Text, nullable=False, default=""),  # of the last attempt
    Column("created", TIME, nullable=False),
    Column("sent", TIME),
    UniqueConstraint("job", "event", "channel", "identity"),  # nothing is written twice
    Index("ix_outbox_state_due", "state", "due"),
)
