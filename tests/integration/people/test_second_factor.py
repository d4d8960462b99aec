"""The unit tests of the same name, and those of its codes, over a real PostgreSQL."""

from __future__ import annotations

from tests.platform.web.test_second_factor import *  # noqa: F403 all of them
