"""The unit tests of accounts that ask the database most, over a real PostgreSQL."""

from __future__ import annotations

from tests.platform.web.test_people import (
    site,
    test_a_deleted_account_leaves_its_name_taken,
    test_an_administrator_with_an_account_administers,
    test_an_invitation_gives_an_account_its_password_once,
    test_the_last_administrator_stays,
    test_what_is_wrong_with_a_new_account_is_told_by_field,
)

__all__ = [
    "site",
    "test_a_deleted_account_leaves_its_name_taken",
    "test_an_administrator_with_an_account_administers",
    "test_an_invitation_gives_an_account_its_password_once",
    "test_the_last_administrator_stays",
    "test_what_is_wrong_with_a_new_account_is_told_by_field",
]
