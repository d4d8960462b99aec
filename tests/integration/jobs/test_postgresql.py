"""The unit tests of jobs, leases, tokens and the schema over a real PostgreSQL (the fixture `world`)."""

from __future__ import annotations

from tests.platform.auth.test_identity import *  # noqa: F403 all of them
from tests.platform.base.test_hostile import *  # noqa: F403 all of them
from tests.platform.jobs.test_crashes import *  # noqa: F403 all of them
from tests.platform.jobs.test_lease import *  # noqa: F403 all of them
from tests.platform.jobs.test_retry import *  # noqa: F403 all of them
from tests.platform.test_database import (
    test_a_transaction_that_fails_leaves_nothing,
    test_migrating_again_changes_nothing,
    test_the_migrations_make_what_the_tables_say,
)
from tests.platform.test_stores import *  # noqa: F403 all of them

__all__ = [
    "test_a_transaction_that_fails_leaves_nothing",
    "test_migrating_again_changes_nothing",
    "test_the_migrations_make_what_the_tables_say",
]
