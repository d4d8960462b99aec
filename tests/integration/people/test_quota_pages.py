"""The unit tests of quotas over HTTP that ask the database most, over a real PostgreSQL."""

from __future__ import annotations

from tests.platform.web.test_quotas import (
    site,
    test_a_job_over_the_quota_is_told_in_the_check_and_denied,
    test_a_quota_is_set_exceeded_shown_and_lifted,
    test_people_are_sorted_by_what_they_use_and_found_by_name,
    test_what_is_made_for_or_shared_with_a_project_counts_for_it,
)

__all__ = [
    "site",
    "test_a_job_over_the_quota_is_told_in_the_check_and_denied",
    "test_a_quota_is_set_exceeded_shown_and_lifted",
    "test_people_are_sorted_by_what_they_use_and_found_by_name",
    "test_what_is_made_for_or_shared_with_a_project_counts_for_it",
]
