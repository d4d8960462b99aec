from __future__ import annotations

import errno
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from dashboard.base.storage import is_storage_full


def sqlite_full() -> sqlite3.Error:
    connection = sqlite3.connect(":memory:")
    connection.execute("pragma max_page_count = 2")
    connection.execute("create table t (a)")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("insert into t values (zeroblob(100000))")
    connection.close()
    return caught.value


class PostgresqlError(Exception):
    sqlstate = "53100"


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "x"), True),
        (OSError(errno.EDQUOT, "x"), True),
        (ExceptionGroup("x", [OSError(errno.ENOSPC, "x")]), True),
        (PostgresqlError(), True),
        (OperationalError("insert", {}, PostgresqlError()), True),
        (OSError(errno.EACCES, "the disk is full"), False),
        (ValueError("database or disk is full"), False),
    ],
)
def test_full_storage_is_recognised_by_its_code(error: BaseException, full: bool) -> None:
    assert is_storage_full(error) is full


def test_a_full_database_file_is_recognised() -> None:
    assert is_storage_full(OperationalError("insert", {}, sqlite_full()))
