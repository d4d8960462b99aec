"""Which limit holds for whom, how hours are counted, and what an exceeded quota says."""

from __future__ import annotations

import math

import pytest

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.resources import Resources
from dashboard.quotas.measure import hours_between, month_start, needed_hours
from dashboard.quotas.quota import Balance, Limit, Quota, QuotaExceeded, Subject, UploadTooLarge
from dashboard.quotas.service import exceeded
from dashboard.quotas.store import Given, limits_for

EVA = Identity("eva", frozenset({Role.USER}))
MANAGER = Identity("max", frozenset({Role.MANAGER}))


def role(name: str, **amounts: float) -> Given:
    return {(Subject.ROLE, name): {Quota(quota): amount for quota, amount in amounts.items()}}


def amount(given: Given, identity: Identity, quota: Quota = Quota.DATASETS) -> float | None:
    limit = limits_for(given, identity).person.get(quota)
    return None if limit is None else limit.amount


def test_nothing_is_limited_unless_it_is_set() -> None:
    assert not limits_for({}, OWNER)
    assert not limits_for({}, EVA, "exo")


def test_the_highest_role_of_a_person_decides_and_inherits_from_those_below() -> None:
    given = role("user", datasets=2, deployments=1) | role("manager", datasets=10)
    assert amount(given, EVA) == 2
    assert amount(given, MANAGER) == 10
    assert amount(given, MANAGER, Quota.DEPLOYMENTS) == 1
    assert amount(given, OWNER) == 10  # the owner of a laptop has every role
    assert amount(given, Identity("nobody")) is None
    assert amount(role("viewer", datasets=0), Identity("nobody")) == 0


def test_an_exception_of_a_person_comes_before_the_role_in_both_directions() -> None:
    given = role("user", datasets=2)
    for own in (1.0, 50.0):
        assert amount({**given, (Subject.PERSON, "eva"): {Quota.DATASETS: own}}, EVA) == own
    assert amount({**given, (Subject.PERSON, "eva"): {Quota.DATASETS: math.inf}}, EVA) is None


def test_a_limit_of_a_project_holds_beside_that_of_a_person() -> None:
    given = role("user", datasets=2) | {(Subject.PROJECT, "exo"): {Quota.DATASETS: 1.0}}
    assert [limit.amount for _, limit in limits_for(given, EVA, "exo").of(Quota.DATASETS)] == [2, 1]
    assert [limit.amount for _, limit in limits_for(given, EVA).of(Quota.DATASETS)] == [2]


@pytest.mark.parametrize(
    ("started", "ended", "hours"),
    [
        ("2026-11-02T00:00:00.000Z", "2026-11-02T01:30:00.000Z", 1.5),
        ("2026-10-31T23:00:00.000Z", "2026-11-01T02:00:00.000Z", 2.0),  # what was before does not count
        ("2026-10-01T00:00:00.000Z", "2026-10-02T00:00:00.000Z", 0.0),
        ("2026-11-29T23:00:00.000Z", "2026-12-05T00:00:00.000Z", 1.0),
        ("2026-11-03T00:00:00.000Z", "2026-11-02T00:00:00.000Z", 0.0),
    ],
)
def test_hours_are_those_of_the_month(started: str, ended: str, hours: float) -> None:
    since, until = "2026-11-01T00:00:00.000Z", "2026-11-30T00:00:00.000Z"
    assert hours_between(started, ended, since, until) == pytest.approx(hours)


def test_a_month_begins_at_midnight_utc() -> None:
    assert month_start().endswith("-01T00:00:00.000Z")


def test_a_run_needs_its_time_limit_times_what_it_is_given() -> None:
    needed = needed_hours(Resources(cpus=4, memory_mb=2000, gpus=2, walltime_s=7200))
    assert needed == {Quota.CPU: 8, Quota.GPU: 4, Quota.MEMORY: 4}


def test_an_exceeded_quota_says_what_is_needed_of_what_is_left_and_has_the_facts_as_data() -> None:
    limit = Limit(Quota.CPU, 10, Subject.ROLE, "user")
    error = exceeded(Balance(limit, "eva", used=8, reserved=3, needed=4))
    assert "This would need 4 h of your 2 h left" in error.detail
    problem = error.problem()
    facts = {name: problem[name] for name in ("quota", "limit", "used", "needed", "left", "reserved", "name")}
    assert facts == {
        "quota": "cpu_hours", "limit": 10, "used": 8, "needed": 4, "left": 2, "reserved": 3, "name": "user",
    }  # fmt: skip
    assert problem["status"] == QuotaExceeded.status
    assert error.errors[0].field == "resources.walltime_s"


def test_a_file_over_the_quota_is_too_large() -> None:
    error = exceeded(Balance(Limit(Quota.UPLOAD, 1, Subject.PERSON, "eva"), "eva", 0, needed=2))
    assert isinstance(error, UploadTooLarge)
    assert error.status == 413


def test_exactly_the_limit_fits_and_what_needs_nothing_always_does() -> None:
    limit = Limit(Quota.CPU, 10, Subject.ROLE, "user")
    assert not Balance(limit, "eva", used=6, needed=4).exceeded
    assert Balance(limit, "eva", used=6.5, needed=4).exceeded
    assert not Balance(limit, "eva", used=60, needed=0).exceeded
