"""The unit tests of administration that ask the database most, over a real PostgreSQL."""

from __future__ import annotations

from tests.platform.web.test_administration import (
    site,
    test_a_restricted_module_is_for_its_role_and_projects_only,
    test_an_announcement_stands_above_every_page_until_it_is_dismissed,
    test_the_maintenance_survives_a_restart,
    test_the_overview_has_versions_and_the_schema,
    test_under_maintenance_nothing_new_is_taken_and_all_else_goes_on,
    test_what_nobody_refers_to_is_listed_and_deleted_by_name_with_an_audit_entry,
)

__all__ = [
    "site",
    "test_a_restricted_module_is_for_its_role_and_projects_only",
    "test_an_announcement_stands_above_every_page_until_it_is_dismissed",
    "test_the_maintenance_survives_a_restart",
    "test_the_overview_has_versions_and_the_schema",
    "test_under_maintenance_nothing_new_is_taken_and_all_else_goes_on",
    "test_what_nobody_refers_to_is_listed_and_deleted_by_name_with_an_audit_entry",
]
