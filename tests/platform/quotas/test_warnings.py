"""Warnings of quotas: who is told of what, and once."""

from __future__ import annotations

from typing import Any

from dashboard.auth.identity import OWNER
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
