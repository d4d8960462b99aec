"""Whether an error says that the storage is full: by its code, independent of its source."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator

CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
POSTGRESQL_DISK_FULL = "53100"  # SQLSTATE disk_full


def is_storage_full(error: BaseException) -> bool:
    """Return whether an error, one that it groups, or one that it wraps, is for want of storage.

    Parameters
    ----------
    error : BaseException
        Of a file system, of SQLite or PostgreSQL, or of SQLAlchemy around one of these.
    """
    return any(_is_full(one) for one in _all(error))


def unwritable(error: OSError) -> str:
    """Return what to do about a file or folder that cannot be written; empty: the error is another one."""
    where = error.filename or "the home"
    if is_storage_full(error):
        return f"{where} cannot be written: the disk is full. Free some space, and start again."
    if error.errno in CLOSED:
        return (
            f"{where} cannot be written: {os.strerror(error.errno or 0).lower()}. Mount its file system with "
            "write access, give this user the right to write, or set HUGGINS_HOME to another folder."
        )
    return ""


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return True
    return getattr(error, "sqlstate", None) == POSTGRESQL_DISK_FULL


def _all(error: BaseException) -> Iterator[BaseException]:
    yield error
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else [getattr(error, "orig", None)]
    for one in inner:
        if isinstance(one, BaseException):
            yield from _all(one)
