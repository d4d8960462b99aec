"""Tables of ways to sign in beside a password: accounts at other providers, and second factors."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, String, Table, Text

from dashboard.database.tables.columns import CREDENTIAL, ID, OWNER, TIME, metadata

_HASH: Final = String(64)  # SHA-256 in hex
_ISSUER: Final = String(400)

provider_accounts: Final = Table(
    "provider_accounts",
    metadata,  # by the issuer, not by the name of the setting, which may be given to another provider
    Column("issuer", _ISSUER, nullable=False),
    Column("subject", String(255), nullable=False),  # who it is there; never changes
    Column("user", OWNER, nullable=False),  # whose account here; a way to sign in is never shared
    Column("email", String(254), nullable=False),  # as the provider told it, for people
    Column("managed", Boolean, nullable=False),  # the provider made the account, and says its roles
    Column("created", TIME, nullable=False),
    Column("last_sign_in", TIME),
    PrimaryKeyConstraint("issuer", "subject"),
    Index("ix_provider_accounts_user", "user"),
)

sign_in_flows: Final = Table(
    "sign_in_flows",
    metadata,  # a browser is at a provider; a row is used once, and soon expires
    Column("state", _HASH, primary_key=True),  # hash of the `state`, which the provider sends back
    Column("browser", _HASH, nullable=False),  # hash of the cookie of the browser that went there
    Column("provider", ID, nullable=False),
    Column("nonce", String(80), nullable=False),
    Column("verifier", String(128), nullable=False),  # of PKCE
    Column("next", Text, nullable=False),  # where the browser goes then
    Column("session", _HASH, nullable=False),  # of whom the provider is to be linked to; empty: signs in
    Column("expires", TIME, nullable=False),
    Index("ix_sign_in_flows_expires", "expires"),
)

second_factors: Final = Table(
    "second_factors",
    metadata,
    Column("user", OWNER, primary_key=True),
    Column("secret", Text, nullable=False, info=CREDENTIAL),  # of the codes (RFC 6238)
    Column("created", TIME, nullable=False),
    Column("last_step", BigInteger, nullable=False),  # of the last code that was used: none is taken twice
)

recovery_codes: Final = Table(
    "recovery_codes",
    metadata,  # each in place of one code; a used one is deleted
    Column("user", OWNER, nullable=False),
    Column("hash", _HASH, nullable=False),
    PrimaryKeyConstraint("user", "hash"),
)
