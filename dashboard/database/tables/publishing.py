"""Tables of published modules: who publishes, their versions, and the attempts to publish."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, Text

from dashboard.database.tables.columns import ID, OWNER, TIME, metadata

published_modules: Final = Table(
    "published_modules",
    metadata,
    Column("module", String(200), primary_key=True),  # NAMESPACE/NAME
    Column("owner", OWNER, nullable=False),
    Column("maintainers", JSON, nullable=False),  # users beside the owner who publish versions
    Column("featured", Boolean, nullable=False, default=False),
    Column("created", TIME, nullable=False),
    # private: owner, maintainers and managers | project: its members, too | public: everybody
    Column("visibility", String(10), nullable=False, default="public", server_default="public"),
    Column("project", ID),
)

module_stars: Final = Table(
    "module_stars",
    metadata,
    Column("module", String(200), primary_key=True),
    Column("user", OWNER, primary_key=True),
    Column("created", TIME, nullable=False),
)

#: People whose jobs and deployments the market does not count.
uncounted_people: Final = Table("uncounted_people", metadata, Column("user", OWNER, primary_key=True))

module_versions: Final = Table(
    "module_versions",
    metadata,
    Column("module", String(200), primary_key=True),
    Column("version", String(100), primary_key=True),
    # review: waits for a manager | published | deprecated: works, another is better | yanked: not offered
    Column("state", String(12), nullable=False),
    Column("reason", Text, nullable=False, default=""),  # of the state, for people
    Column("image", Text, nullable=False),  # by digest, or the engine's id where there is no registry
    Column("document", JSON, nullable=False),  # the whole module.yaml
    Column("changelog", Text, nullable=False, default=""),
    Column("report", JSON, nullable=False),  # of the check
    Column("sbom", JSON, nullable=False),  # CycloneDX
    Column("log", Text, nullable=False, default=""),  # of the build
    Column("source", Text, nullable=False),
    Column("revision", String(64), nullable=False, default=""),  # commit of the source
    Column("files", ID, nullable=False),  # folder below <home>/published
    Column("signature", Text, nullable=False),
    Column("publisher", OWNER, nullable=False),
    Column("created", TIME, nullable=False),
)

publications: Final = Table(
    "publications",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", OWNER, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", String(12), nullable=False),  # waiting | running | published | review | rejected
    Column("step", String(20), nullable=False, default=""),  # fetch | check | push | record
    Column("reason", Text, nullable=False, default=""),
    Column("module", String(200), nullable=False, default=""),
    Column("version", String(100), nullable=False, default=""),
    Column("report", JSON),
    Column("created", TIME, nullable=False),
    Column("ended", TIME),
    Index("ix_publications_owner", "owner", "created"),
)
