"""The tests of label sets, queues and sessions over a real PostgreSQL (the fixtures `labelling`, `world`)."""

from __future__ import annotations

from tests.platform.learning.test_sessions import *  # noqa: F403 all of them
from tests.unit.dashboard.labels.test_queues import *  # noqa: F403 all of them
from tests.unit.dashboard.labels.test_service import *  # noqa: F403 all of them
