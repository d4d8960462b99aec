"""All credentials that the database stores, together: encrypting what lies in plain text, and rotation.

Columns that hold one are marked with ``info=CREDENTIAL``; the services that read and write them hold the
cipher.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base.credential_cipher import CredentialCipher
from dashboard.database.engine import Database
from dashboard.database.tables import metadata


@dataclass(frozen=True)
class StoredCredentials:
    """What was found.

    Attributes
    ----------
    encrypted : int
        Credentials that were encrypted, or encrypted again with the newest key.
    unreadable : tuple of str
        Table and column of each that cannot be decrypted; they stay as they are.
    """

    encrypted: int
    unreadable: tuple[str, ...]


def credential_columns() -> list[Column[str]]:
    """Return the columns that hold credentials."""
    return [column for table in metadata.sorted_tables for column in table.columns if is_credential(column)]


def is_credential(column: Column[str]) -> bool:
    """Return whether a column holds encrypted credentials."""
    return bool(column.info.get("credential"))


async def encrypt_stored(database: Database, cipher: CredentialCipher) -> StoredCredentials:
    """Encrypt every stored credential with the newest key that is not yet; what cannot be read stays.

    Parameters
    ----------
    database : Database
        Open and migrated.
    cipher : CredentialCipher
        The platform's.
    """
    changed, unreadable = 0, list[str]()
    async with database.erasing() as connection:
        for column in credential_columns():
            for key, stored in await _rows(connection, column):
                if cipher.is_newest(stored) and cipher.readable(stored):
                    continue
                if not cipher.readable(stored):
                    unreadable.append(f"{column.table.name}.{column.name}")
                    continue
                same = [*(part == value for part, value in key), column == stored]
                again = cipher.encrypt(cipher.decrypt(stored))
                done = await connection.execute(
                    update(column.table).where(and_(*same)).values({column: again})
                )
                changed += done.rowcount
    return StoredCredentials(changed, tuple(unreadable))


async def unreadable_credentials(database: Database, cipher: CredentialCipher) -> list[str]:
    """Return table and column of each stored credential that cannot be decrypted."""
    async with database.read() as connection:
        return [
            f"{column.table.name}.{column.name}"
            for column in credential_columns()
            for _, stored in await _rows(connection, column)
            if not cipher.readable(stored)
        ]


async def _rows(
    connection: AsyncConnection, column: Column[str]
) -> list[tuple[list[tuple[Column[str], str]], str]]:
    keys = list(column.table.primary_key.columns)
    found = await connection.execute(select(*keys, column).where(column != ""))
    return [(list(zip(keys, row[:-1], strict=True)), row[-1]) for row in found.all()]
