"""Checks connections of PostgreSQL that were idle for a while, before they are used again.

SQLAlchemy's own check (``pool_pre_ping``) asks before every use, with three calls of the server; a page that
reads five times would spend more time on that than on what it reads.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

IDLE_S = 1.0  # a server that was away for less is met by the query, which is an error once
USED = "huggins_used"


def require_working(engine: Engine) -> None:
    """Let an engine give out only connections that answered within the last `IDLE_S` seconds.

    Parameters
    ----------
    engine : Engine
        Of PostgreSQL. When a connection does not answer, all that are idle are made anew.
    """

    def returned(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[USED] = time.monotonic()

    def taken(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if time.monotonic() - record.info.get(USED, time.monotonic()) <= IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except (DBAPIError, engine.dialect.loaded_dbapi.Error, OSError) as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", taken)
