"""What is wrong with a database that cannot be used, from the error of its driver, and what to do."""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError

from dashboard.base.storage import is_storage_full


class DatabaseFault(StrEnum):
    """Why a database cannot be used."""

    DAMAGED = "damaged"
    FULL = "full"
    DISK = "its disk is full or fails"
    READ_ONLY = "read-only"
    BUSY = "busy"
    CLOSED = "closed to this user"
    FOREIGN = "no platform's"
    AWAY = "away"


_SQLITE = {
    sqlite3.SQLITE_CORRUPT: DatabaseFault.DAMAGED,
    sqlite3.SQLITE_NOTADB: DatabaseFault.DAMAGED,
    sqlite3.SQLITE_FULL: DatabaseFault.FULL,
    sqlite3.SQLITE_READONLY: DatabaseFault.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: DatabaseFault.CLOSED,
    sqlite3.SQLITE_PERM: DatabaseFault.CLOSED,
    sqlite3.SQLITE_BUSY: DatabaseFault.BUSY,
    sqlite3.SQLITE_LOCKED: DatabaseFault.BUSY,
    sqlite3.SQLITE_IOERR: DatabaseFault.DISK,
    sqlite3.SQLITE_ERROR: DatabaseFault.FOREIGN,  # no such table
}
#: Beginnings of SQLSTATE (PostgreSQL, appendix A).
_POSTGRESQL = {
    "28": DatabaseFault.CLOSED,
    "3D": DatabaseFault.CLOSED,
    "42501": DatabaseFault.CLOSED,
    "42": DatabaseFault.FOREIGN,
    "XX": DatabaseFault.DAMAGED,
    "53100": DatabaseFault.FULL,
    "25006": DatabaseFault.READ_ONLY,
    "55P03": DatabaseFault.BUSY,
}
_PRIMARY = 0xFF  # of an extended result code of SQLite


def fault_of(error: BaseException) -> DatabaseFault:
    """Return what an error of a driver, or of SQLAlchemy around it, says of the database.

    Parameters
    ----------
    error : BaseException
        What was raised.
    """
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & _PRIMARY, DatabaseFault.DAMAGED)
    if isinstance(cause, BaseException) and is_storage_full(cause):
        return DatabaseFault.FULL
    state = str(getattr(cause, "sqlstate", None) or "")
    return next(
        (fault for start, fault in _POSTGRESQL.items() if state.startswith(start)), DatabaseFault.AWAY
    )


def advice(fault: DatabaseFault, path: str) -> str:
    """Return what to do about a fault.

    Parameters
    ----------
    fault : DatabaseFault
        What is wrong.
    path : str
        The file of an SQLite database; empty: PostgreSQL.
    """
    if fault is DatabaseFault.DAMAGED:
        if not path:
            return "Restore a backup into an empty database and an empty home (`huggins restore`)."
        return (
            "Stop the platform and keep a copy of the file and of those beside it (-wal, -shm). Restore it "
            "from a copy, or a backup into a new home (`HUGGINS_HOME=NEW huggins restore FILE`); or save "
            "what can be read: "
            f'`sqlite3 {path} ".recover" | sqlite3 recovered.sqlite`, put recovered.sqlite in its place '
            "without those beside it, and run `huggins check`."
        )
    return {
        DatabaseFault.FULL: "The disk is full: free some space, and start again; nothing was lost.",
        DatabaseFault.DISK: "Free some space, or see the log of the system for faults of the disk, and start "
        "again; on a disk that fails restore a backup elsewhere.",
        DatabaseFault.READ_ONLY: "It can only be read: mount its file system with write access, or give this "
        "user the right to write.",
        DatabaseFault.BUSY: "Another program keeps it locked: end that program, and try again.",
        DatabaseFault.CLOSED: "It cannot be opened: see that it exists, and that this user may use it.",
        DatabaseFault.FOREIGN: "It is no platform's database, or one of another version: set database.url or "
        "HUGGINS_HOME, or start `huggins up` on it, which brings an older one up to date.",
        DatabaseFault.AWAY: "It does not answer: start its server, or set database.url to where it is.",
    }[fault]
