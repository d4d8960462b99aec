"""The unit tests of the same name over a real PostgreSQL."""

from __future__ import annotations

from tests.platform.web.test_departure import *  # noqa: F403 all of them
