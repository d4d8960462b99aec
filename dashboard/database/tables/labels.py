"""Tables of label sets: their log of events, their versions, and the queues of spectra to label."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from dashboard.database.tables.columns import ID, OWNER, TIME, metadata, sharing

label_sets: Final = Table(
    "label_sets",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", OWNER, nullable=False),
    *sharing(),
    Column("created", TIME, nullable=False),
    Column("dataset", ID, nullable=False),  # no foreign key: labels stay when their dataset is deleted
    Column("dataset_name", Text, nullable=False),
    Column("classes", JSON, nullable=False),  # in the order of their keys on the label page
    Column("events", BigInteger, nullable=False, default=0),  # number of the last event
    Index("ix_label_sets_created", "created", "id"),
    Index("ix_label_sets_dataset", "dataset"),
)

#: Only ever inserted into. `spectrum` is `[path, hdu, row]` as JSON: it names the spectrum when its number in
#: the dataset changes, `sha256` (of its file) when the file is renamed.
label_events: Final = Table(
    "label_events",
    metadata,
    Column("label_set", ID, ForeignKey("label_sets.id", ondelete="CASCADE"), nullable=False),
    Column("number", BigInteger, nullable=False),  # 1, 2, … in the order of the log
    Column("key", String(80), nullable=False),  # made by who sends it: sent twice, it counts once
    Column("row", BigInteger, nullable=False),  # number of the spectrum in the dataset, when it was labelled
    Column("spectrum", Text, nullable=False),
    Column("sha256", String(64)),
    Column("name", Text, nullable=False),
    Column("kind", String(10), nullable=False),  # label | skip | unsure | undo | comment
    Column("label", Text),  # the class, of kind "label"
    Column("labeller", OWNER, nullable=False),
    Column("time", TIME, nullable=False),  # when it was stored
    Column("made", TIME),  # when it was given, as the labeller's clock says
    Column("comment", Text, nullable=False),
    Column("shown", JSON, nullable=False),  # what was on the page, such as {"opinion": true}
    Column("undoes", String(80)),  # key of the event that an "undo" takes back
    Column("queue", ID),
    Column("decides", Boolean, nullable=False),  # a label that settles a conflict
    PrimaryKeyConstraint("label_set", "number"),
    UniqueConstraint("label_set", "key"),
    Index("ix_label_events_spectrum", "label_set", "spectrum"),
)

label_versions: Final = Table(
    "label_versions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("label_set", ID, ForeignKey("label_sets.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, …
    Column("parent", ID),
    Column("last_event", BigInteger, nullable=False),  # it is what the log says up to this event
    Column("sha256", String(64), nullable=False),  # of its labels
    Column("counts", JSON, nullable=False),  # {"classes": {class: rows}, "conflicting", "unsure", "skipped"}
    Column("note", Text, nullable=False),
    Column("creator", OWNER, nullable=False),
    Column("created", TIME, nullable=False),
    UniqueConstraint("label_set", "number"),
)

label_queues: Final = Table(
    "label_queues",
    metadata,
    Column("id", ID, primary_key=True),
    Column("label_set", ID, ForeignKey("label_sets.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", OWNER, nullable=False),
    Column("created", TIME, nullable=False),
    # {"kind": dataset | selection | confusion | cell | outliers | errors | disagreement | round, "job", …}
    Column("origin", JSON, nullable=False),
    Column("blind", Boolean, nullable=False),  # the model's opinion is hidden until it is asked for
    Column("copies", Integer, nullable=False),  # how many people label each spectrum
    Column("rows", BigInteger, nullable=False),
    Index("ix_label_queues_label_set", "label_set", "created"),
)

label_queue_rows: Final = Table(
    "label_queue_rows",
    metadata,
    Column("queue", ID, ForeignKey("label_queues.id", ondelete="CASCADE"), nullable=False),
    Column("position", BigInteger, nullable=False),  # 0, 1, …: the order of labelling
    Column("copy", Integer, nullable=False),
    Column("row", BigInteger, nullable=False),
    Column("spectrum", Text, nullable=False),
    Column("sha256", String(64)),
    Column("name", Text, nullable=False),
    Column("opinion", JSON),  # of a model: {"label", "probabilities"}; null: none
    Column("labeller", OWNER),  # who has it, or has done it
    Column("leased", TIME),  # until when it is theirs alone
    Column("done", TIME),  # when it was labelled, skipped or called unsure
    PrimaryKeyConstraint("queue", "position", "copy"),
    Index("ix_label_queue_rows_row", "queue", "row"),
    Index("ix_label_queue_rows_labeller", "queue", "labeller", "done"),
)
