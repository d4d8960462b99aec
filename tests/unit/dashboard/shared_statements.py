"""What the tests of one process read and compile once, for it is the same in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dashboard.database import engine
from dashboard.modules import own_code


@cache
def _first(_driver: str) -> list[AsyncEngine]:
    return []


def _engine(*url: Any, **options: Any) -> AsyncEngine:
    """Make an engine that takes the compiled statements of the first one of its driver.

    SQLAlchemy keeps them for each engine and each object of a dialect. The platform has one of both; the
    tests make hundreds, whose statements are equal.
    """
    made = create_async_engine(*url, **options)
    [first] = _first(made.url.drivername) or [made]
    if first is made:
        _first(made.url.drivername).append(made)
    sync, like = made.sync_engine, first.sync_engine
    sync.dialect = like.dialect
    sync.pool._dialect = like.dialect
    sync._compiled_cache = like._compiled_cache
    return made


@contextmanager
def shared_statements() -> Iterator[None]:
    """Compile each statement once, and read the installed entry points once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "create_async_engine", _engine)
        patch.setattr(own_code, "entry_points", cache(own_code.entry_points))
        yield
