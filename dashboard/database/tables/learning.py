"""Tables of learning sessions: their rounds, and what each round selected."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from dashboard.database.tables.columns import ID, OWNER, TIME, metadata, sharing

learning_sessions: Final = Table(
    "learning_sessions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", OWNER, nullable=False),
    *sharing(),
    Column("created", TIME, nullable=False),
    Column("dataset", ID, nullable=False),  # the pool; no foreign key: a session outlives its dataset
    Column("dataset_name", Text, nullable=False),
    Column("label_set", ID, nullable=False),  # no foreign key, as before
    Column("settings", JSON, nullable=False),  # `dashboard.learning.settings.SessionSettings`
    # open: rounds follow each other | finished: the stopping rule says so, may be opened again
    # closed: by a person, may be opened again
    Column("state", String(10), nullable=False),
    Column("reason", Text, nullable=False),  # why it is finished
    Column("parent", ID),  # the session that it was forked from
    Column("parent_round", Integer),
    Column("ended", TIME),
    Index("ix_learning_sessions_created", "created", "id"),
    Index("ix_learning_sessions_dataset", "dataset"),
    Index("ix_learning_sessions_label_set", "label_set"),
    Index("ix_learning_sessions_state", "state", "id"),
)

#: A round is what its row and its job say. `submitted` null: the job of this id is to be made; `recorded`
#: null: what the job selects is to be read when it has completed; `queued` null: there is no queue yet.
learning_rounds: Final = Table(
    "learning_rounds",
    metadata,
    Column("session", ID, ForeignKey("learning_sessions.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, …
    Column("job", ID, nullable=False),  # its id is committed before the job is made
    Column("settings", JSON, nullable=False),  # of the session when the round began
    Column("last_event", BigInteger, nullable=False),  # of the label set's log: the labels of the round
    Column("version", ID),  # of the label set, with the same labels; null: there was no label
    Column("created", TIME, nullable=False),
    Column("submitted", TIME),
    Column("recorded", TIME),
    Column("queued", TIME),
    Column("failure", Text, nullable=False),  # why there is no job, or no selection; empty: nothing is wrong
    Column("result", JSON(none_as_null=True)),  # selection.json without its entries
    Column("queue", ID),  # of the batch
    Column("sample_queue", ID),  # of the performance and recall samples
    PrimaryKeyConstraint("session", "number"),
    Index("ix_learning_rounds_job", "job", unique=True),
    Index("ix_learning_rounds_queued", "queued", "session"),
)

learning_entries: Final = Table(
    "learning_entries",
    metadata,
    Column("session", ID, nullable=False),
    Column("round", Integer, nullable=False),
    Column("position", Integer, nullable=False),  # 0, 1, …: the order of labelling
    Column("kind", String(12), nullable=False),  # batch | performance | recall
    Column("row", BigInteger, nullable=False),  # number of the spectrum in the dataset, then
    Column("spectrum", Text, nullable=False),  # as in label_events
    Column("name", Text, nullable=False),
    Column("label", Text),  # what the model predicts; null: there was none
    Column("probability", Float),
    Column("score", Float),  # of the strategy
    Column("stratum", Integer),  # of a recall sample
    Column("probabilities", JSON(none_as_null=True)),
    PrimaryKeyConstraint("session", "round", "position"),
    Index("ix_learning_entries_spectrum", "session", "spectrum"),
)
