"""Tables of sources of spectra, of the acquisitions from them, and of the records of each."""

from __future__ import annotations

from typing import Final

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
    false,
)

from dashboard.database.tables.columns import CREDENTIAL, ID, OWNER, TIME, metadata, sharing

sources: Final = Table(
    "sources",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", OWNER, nullable=False),
    *sharing(),
    Column("created", TIME, nullable=False),
    Column("kind", String(20), nullable=False),  # dashboard.data.sources.kinds.registry
    Column("values", JSON, nullable=False),  # its parameters; an address holds no password
    Column("credentials", Text, nullable=False, default="", info=CREDENTIAL),  # JSON: user, password
    Column("uploaded", Boolean, nullable=False, default=False),  # a list: <home>/sources/{id}/uploaded
    Column("schedule", String(10), nullable=False, default=""),  # "": none | nightly: what is new
    Column("next_run", TIME),  # of the schedule
    Index("ix_sources_created", "created", "id"),
    Index("ix_sources_next_run", "next_run"),
)

acquisitions: Final = Table(
    "acquisitions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("source", ID, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("user", OWNER, nullable=False),  # who asked for it, and owns its dataset
    Column("created", TIME, nullable=False),
    Column("ended", TIME),
    # listing: records are being listed | listed: waits for a choice | fetching | indexing: the files are read
    # completed | incomplete: some records failed, or it was ended early | stopped | error: no list, see fault
    Column("state", String(12), nullable=False),
    Column("fault", String(20), nullable=False, default=""),  # dashboard.data.sources.record.Fault
    Column("detail", Text, nullable=False, default=""),
    Column("name", Text, nullable=False, default=""),  # of the dataset
    Column("project", ID),  # that the dataset is shared with
    Column("dataset", ID),  # no foreign key: what it was stays known after it is deleted
    Column("auto", Boolean, nullable=False, default=False),  # all records are fetched once they are listed
    Column("only_new", Boolean, nullable=False, default=False),  # none that the source gave before
    # the dataset points at the records, nothing is fetched
    Column("by_reference", Boolean, nullable=False, default=False, server_default=false()),
    Column("notices", JSON, nullable=False),  # [{kind, detail}]
    Column("token", Text, nullable=False, default=""),  # by which the list goes on
    Column("listed", BigInteger, nullable=False, default=0),
    Column("chosen", BigInteger, nullable=False, default=0),
    Column("fetched", BigInteger, nullable=False, default=0),
    Column("failed", BigInteger, nullable=False, default=0),
    Column("bytes", BigInteger, nullable=False, default=0),  # fetched
    Column("expected_bytes", BigInteger, nullable=False, default=0),  # of all records, as the list says
    Index("ix_acquisitions_source", "source", "created"),
    Index("ix_acquisitions_state", "state"),
)

acquisition_records: Final = Table(
    "acquisition_records",
    metadata,
    Column("acquisition", ID, ForeignKey("acquisitions.id", ondelete="CASCADE"), nullable=False),
    Column("number", BigInteger, nullable=False),  # 1, 2, … in the order of the list, without gaps
    Column("address", Text, nullable=False),
    Column("digest", String(32), nullable=False),  # of the address: finds what the source gave before
    Column("name", Text, nullable=False),  # as the source has it
    Column("path", Text, nullable=False),  # in the dataset
    Column("title", Text, nullable=False, default=""),
    Column("label", Text, nullable=False, default=""),
    Column("object", Text, nullable=False, default=""),
    Column("ra", Float),  # degrees, ICRS
    Column("dec", Float),
    Column("size", BigInteger),  # bytes, as the list says
    Column("extra", JSON, nullable=False),
    # listed | left_out: not chosen | known: fetched by an earlier acquisition | queued | fetched | failed
    # referenced: a dataset points at it
    Column("state", String(10), nullable=False),
    Column("fault", String(20), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("bytes", BigInteger),  # fetched
    PrimaryKeyConstraint("acquisition", "number"),
    Index("ix_acquisition_records_state", "acquisition", "state", "number"),
    Index("ix_acquisition_records_digest", "digest"),
)
