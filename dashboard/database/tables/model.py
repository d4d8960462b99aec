"""Tables of trained models and of what modules describe."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from dashboard.database.tables.columns import ID, OWNER, TIME, metadata, sharing

models: Final = Table(
    "models",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", OWNER, nullable=False),
    *sharing(),
    Column("job", ID),  # no foreign key: a model is kept when its job is deleted
    Column("dataset", ID),
    Column("module", String(80), nullable=False),
    Column("module_version", String(40), nullable=False),
    Column("image", Text, nullable=False),
    Column("card", JSON, nullable=False),  # model.json
    Column("classes", JSON(none_as_null=True)),
    Column("metrics", JSON(none_as_null=True)),
    Column("input", JSON, nullable=False),  # the training set at that time: name, sha256, synthetic, count
    Column("sha256", String(64), nullable=False),  # of the sorted lines "sha256  path" of its files
    Column("size", BigInteger, nullable=False),
    Column("created", TIME, nullable=False),
    Column("prose", JSON, nullable=False, server_default="{}"),  # description, intended_use, limitations, doi
    Column("aliases", JSON, nullable=False, server_default="[]"),  # each of one model at a time
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
