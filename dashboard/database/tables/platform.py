"""Tables of the platform itself: its label, sessions and tokens, leases, nodes, notifications."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from dashboard.database.tables.columns import CREDENTIAL, ID, OWNER, TIME, metadata, sharing

platform_facts: Final = Table(
    "platform_facts",
    metadata,
    Column("name", String(40), primary_key=True),  # "owner": the label of this platform's containers
    Column("value", Text, nullable=False),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the token; the token itself is not stored
    # link: works once, gives a session | session: a browser's cookie | api: command line and scripts
    # invitation, reset: works once, for choosing a password, the first or in place of a forgotten one
    # email: confirms an e-mail address | register: makes an account of a confirmed address
    # code: a password was right, and the code of the second factor is still to come
    Column("kind", String(10), nullable=False),
    Column("identity", String(120), nullable=False),  # its owner; a token is never shared
    Column("created", TIME, nullable=False),
    Column("expires", TIME, nullable=False),
    # The address that is to be confirmed; of a session how its user signed in.
    Column("detail", Text, nullable=False, default="", server_default=""),
    Column("last_used", TIME),  # of a session, to the minute
    Column("address", String(64), nullable=False, default="", server_default=""),  # of a session
    Column("agent", String(200), nullable=False, default="", server_default=""),  # its browser
    # Hash of the session at the provider by which it was opened; empty: by none, or it did not say.
    Column("provider_session", String(64), nullable=False, default="", server_default=""),
    Index("ix_tokens_identity", "identity", "kind"),
)

leases: Final = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),  # "jobs": its holder supervises them
    Column("term", BigInteger, nullable=False),  # increases with each holder: an old lease is recognised
    Column(
        "holder", String(200), nullable=False
    ),  # BOOT/ID of `dashboard.jobs.supervisor.lease`; empty: given back
    Column("expires", Double, nullable=False),  # by the database's clock, seconds since 1970
)

nodes: Final = Table(
    "nodes",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("settings", JSON(none_as_null=True)),  # null: a node of huggins.toml; the row has its drain
    Column("drained", TIME),  # start of its drain; null: not drained
    Column("by", String(120), nullable=False),  # who changed it last
    Column("changed", TIME, nullable=False),
    # Of a node made on the page; a node of huggins.toml belongs to the platform, and everybody sees it.
    Column("owner", OWNER, nullable=False, server_default="owner"),
    *sharing(),
)

notification_settings: Final = Table(
    "notification_settings",
    metadata,
    Column("identity", String(120), primary_key=True),  # their owner; never shared
    Column("email", String(320), nullable=False, default=""),
    Column("webhook", Text, nullable=False, default=""),
    # Signs the webhook's bodies (HMAC-SHA-256); after a rotation the one before signs too, for a while
    Column("secret", Text, nullable=False, default="", info=CREDENTIAL),
    Column("secret_before", Text, nullable=False, default="", server_default="", info=CREDENTIAL),
    Column("secret_before_until", TIME, nullable=False, default="", server_default=""),
    # asked: of jobs that say so | failed: and of every one that failed | all: of every end
    Column("about", String(10), nullable=False, default="asked"),
    Column("waits_minutes", Integer, nullable=False, default=0),  # notify when a job waits longer; 0: never
    # Of which other events, and whether small results are attached to e-mails
    Column("of_quotas", Boolean, nullable=False, default=True, server_default=true()),
    Column("of_deployments", Boolean, nullable=False, default=True, server_default=true()),
    Column("attach_results", Boolean, nullable=False, default=True, server_default=true()),
    Column("changed", TIME, nullable=False),
)

outbox: Final = Table(
    "outbox",
    metadata,  # written in the transaction of the event; sent later, at least once
    Column("id", ID, primary_key=True),  # also the message's id, by which a receiver recognises a repetition
    Column("job", ID, nullable=False),  # no foreign key: it is also sent after the job was deleted
    Column("identity", String(120), nullable=False),
    Column("event", String(10), nullable=False),  # ended | waits | test | quota | down (a deployment)
    Column("channel", String(10), nullable=False),  # email | webhook
    Column("target", Text, nullable=False),
    Column("detail", JSON, nullable=False),  # facts of that time: phase, reason, module, label …
    Column("state", String(10), nullable=False),  # waiting | sent | failed: given up
    Column("attempts", Integer, nullable=False, default=0),
    Column("due", TIME, nullable=False),  # not before
    Column("error", Text, nullable=False, default=""),  # of the last attempt
    Column("created", TIME, nullable=False),
    Column("sent", TIME),
    UniqueConstraint("job", "event", "channel", "identity"),  # one message for each event, recipient and way
    Index("ix_outbox_state_due", "state", "due"),
)
