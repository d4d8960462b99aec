"""The metadata of all tables, and the types of columns that several have."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
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
#: `info` of a column whose texts are encrypted (`dashboard.base.credential_cipher`).
CREDENTIAL: Final = {"credential": True}


def sharing() -> list[Column[Any]]:
    """Return the columns that say who else sees an object beside its owner (`dashboard.base.ownership`)."""
    return [
        Column("visibility", String(10), nullable=False, default="private", server_default="private"),
        Column("project", ID),  # whose members see it, where `visibility` is "project"
    ]
