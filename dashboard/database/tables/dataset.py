"""Tables of datasets, their files and their spectra."""

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

from dashboard.database.tables.columns import ID, OWNER, TIME, metadata, sharing

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
    Column("assumed", JSON),  # {"unit": spectra, "frame": spectra} whose files state none; null: unknown
    Column("synthetic", Boolean, nullable=False, default=False, server_default=false()),
    Column("sha256", String(64)),  # of the sorted lines "sha256  path" of its files and its labels
    Column(
        "origin", JSON
    ),  # of what was made of other datasets: {"job" or "kind", "dataset", "name", "sha256" of its rows}
    # files: it has them | references: they are at an archive | pinning: they are being copied | pinned
    Column("holding", String(10), nullable=False, default="files", server_default="files"),
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
    # reference: at the archive; the reason is why it could not be fetched | cached: here, may be dropped
    Column("state", String(10), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("acquisition", ID),  # of a reference: whose record it is; no foreign key: it stays known
    Column("record", BigInteger),
    PrimaryKeyConstraint("dataset", "path"),
    Index("ix_dataset_files_state", "dataset", "state"),
    Index("ix_dataset_files_sha256", "sha256"),
    Index("ix_dataset_files_record", "acquisition", "record"),
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
    Column("instrument", Text),  # of tables of labels; null: what the file says counts
    Column("wavelength_min", Float),
    Column("wavelength_max", Float),
    Column("points", Integer),
    Column("snr", Float),
    Column("format", String(40), nullable=False, default=""),
    Column("assumed", String(20), nullable=False, default="", server_default=""),  # "unit", "frame", both
    Column("ra", Float),  # ICRS, degrees, of the list that the spectrum was fetched by; null: not known
    Column("dec", Float),
    PrimaryKeyConstraint("dataset", "number"),
    Index("ix_dataset_spectra_label", "dataset", "label", "number"),
    Index("ix_dataset_spectra_name", "dataset", "name"),
    Index("ix_dataset_spectra_path", "dataset", "path"),
    Index("ix_dataset_spectra_snr", "dataset", "snr"),
)

#: What is in the cache of references, by content: <home>/cache/{two letters}/{sha256}.
cached_files: Final = Table(
    "cached_files",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("fetched", TIME, nullable=False),
    Column("used", TIME, nullable=False),  # the least recently used are dropped first
    Index("ix_cached_files_used", "used"),
)
