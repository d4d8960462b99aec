"""Warnings of quotas: who is told of what, and once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dashboard.auth.identity import OWNER
from dashboard.base import clock
from dashboard.notifications.deployment_warnings import DeploymentWarnings
from dashboard.platform import Platform
from dashboard.quotas.quota import Quota, Subject
from tests.platform.world import add_dataset


async def limit(platform: Platform, **amounts: Any) -> None:
    given = {Quota(quota): amount for quota, amount in amounts.items()}
    await platform.quotas.store.put(Subject.PERSON, "owner", given, "owner")


async def test_a_person_is_told_at_80_and_at_100_per_cent_once_each(platform: Platform) -> None:
    await limit(platform, datasets=5.0, deployments=0.0, queued_jobs=0.0)
    for _ in range(4):
        await add_dataset(platform)
    assert await platform.quota_warnings.tell() == 0  # there is no channel
    await platform.preferences.put("owner", {"webhook": "https://example.org/hook"})
    assert await platform.quota_warnings.tell() == 1
    assert await platform.quota_warnings.tell() == 0
    [first] = await platform.outbox.of("owner")
    assert first.subject == "Huggins: 80 % of your quota is used (datasets)"
    assert first.detail["limit"] == 5
    assert first.payload("https://x")["event"] == "quota.warning"
    assert "/settings" in first.text("https://x")
    await add_dataset(platform)
    assert await platform.quota_warnings.tell() == 1
    assert {one.detail["percent"] for one in await platform.outbox.of("owner")} == {80, 100}


async def test_who_is_at_once_at_the_limit_is_told_that_only(platform: Platform) -> None:
    await platform.preferences.put("owner", {"webhook": "https://example.org/hook"})
    await platform.data.create("one", OWNER)
    await limit(platform, datasets=1.0)
    assert await platform.quota_warnings.tell() == 1
    [only] = await platform.outbox.of("owner")
    assert only.detail["percent"] == 100


async def test_who_leads_a_project_is_told_of_its_quotas_unless_they_do_not_want_it(
    platform: Platform,
) -> None:
    await platform.projects.create("exo", "", OWNER)
    await platform.preferences.put("owner", {"webhook": "https://example.org/hook"})
    await platform.quotas.store.put(Subject.PROJECT, "exo", {Quota.DATASETS: 1.0}, "owner")
    leads = replace(OWNER, projects=frozenset({"exo"}))
    await platform.data.create("one", leads, project="exo")
    await platform.preferences.put("owner", {"of_quotas": False})
    assert await platform.quota_warnings.tell() == 0
    await platform.preferences.put("owner", {"of_quotas": True})
    assert await platform.quota_warnings.tell() == 1
    assert await platform.quota_warnings.tell() == 0
    [only] = await platform.outbox.of("owner")
    assert only.subject == "Huggins: 100 % of the quota of the project exo is used (datasets)"
    assert "https://x/projects/exo" in only.text("https://x")
    assert only.payload("https://x")["quota"]["project"] == "exo"
    await limit(platform, datasets=1.0)  # the person's own limit is another one
    assert await platform.quota_warnings.tell() == 1


async def test_the_owner_of_a_deployment_that_fails_is_told_once_a_day(platform: Platform) -> None:
    down = {"name": "stars", "owner": "owner", "enabled": True, "state": "failed", "reason": "no image"}
    found = [down | {"since": clock.after(-30)}]
    warnings = DeploymentWarnings(platform.database, lambda: found)
    await platform.preferences.put("owner", {"webhook": "https://example.org/hook", "of_deployments": False})
    assert await warnings.tell() == 0
    found[0]["since"] = clock.after(-300)
    assert await warnings.tell() == 0  # not wanted
    await platform.preferences.put("owner", {"of_deployments": True})
    for healthy in ({"state": "deployed"}, {"enabled": False}, {"since": clock.after(-30)}, {"owner": "eva"}):
        found[0] = down | {"since": clock.after(-300)} | healthy
        assert await warnings.tell() == 0
    found[0] = down | {"since": clock.after(-300)}
    assert [await warnings.tell(), await warnings.tell()] == [1, 0]
    [only] = await platform.outbox.of("owner")
    assert only.subject == "Huggins: the deployment stars does not answer"
    assert "no image" in only.text("https://x")
    assert only.payload("https://x")["deployment"]["url"] == "https://x/deployments/stars"
    assert only.payload("https://x")["event"] == "deployment.down"
