"""Retry and resume through pages and API."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.jobs.job import Job
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.jobs.test_retry import Failing
from tests.platform.web.conftest import Site
from tests.platform.world import Container, add_dataset, settle, submit


async def failed(site: Site, checkpoint: bool = True) -> Job:
    site.world.behave = Failing(1, checkpoint=checkpoint)
    return await settle(site.platform, await submit(site.platform))


async def page_of(site: Site, job: Job) -> str:
    return await (await site.stranger.get(f"/jobs/{job.id}", headers=site.browser)).text()


async def post(site: Site, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = await site.stranger.post(path, headers=site.json, json=body)
    return answer.status, await answer.json()


async def test_a_failed_job_offers_what_it_left_and_lists_its_tries(site: Site) -> None:
    page = await page_of(site, await failed(site))
    assert "Resume" in page
    assert "Retry" in page
    assert "saved at step 1" in page


async def test_without_a_checkpoint_it_offers_no_resume(site: Site) -> None:
    job = await failed(site, checkpoint=False)
    assert f"/jobs/{job.id}/resume" not in await page_of(site, job)
    status, problem = await post(site, f"/jobs/{job.id}/resume")
    assert (status, "has no checkpoint" in problem["detail"]) == (409, True)


@pytest.mark.parametrize("how", ["retry", "resume"])
async def test_it_is_tried_once_more_as_the_same_job(site: Site, how: str) -> None:
    job = await failed(site)
    status, answer = await post(site, f"/jobs/{job.id}/{how}")
    assert (status, answer["job"]["id"], answer["job"]["phase"]) == (202, job.id, "QUEUED")
    await settle(site.platform, job)
    found = await (await site.stranger.get(f"/jobs/{job.id}", headers=site.json)).json()
    assert found["job"]["phase"] == "COMPLETED"
    assert [one["failure"] for one in found["attempts"]] == ["error", ""]
    assert "resumed from attempt 1" in await page_of(site, job) or how == "retry"


async def test_the_policy_is_in_the_request_and_shown_on_the_page_and_in_the_form(
    site: Site,
) -> None:
    intent = await submit(site.platform)
    body = {"module": "toy", "dataset": intent.dataset, "retry": "node_failure:2, time_limit"}
    status, answer = await post(site, "/jobs", **body)
    policy = {"times": {"node_failure": 2, "time_limit": 1}, "backoff_s": 30.0}
    assert (status, answer["job"]["retry"]) == (201, policy)
    job = await site.platform.jobs.get(answer["job"]["id"])
    assert "node failure 2 times" in await page_of(site, await settle(site.platform, job))
    form = await site.stranger.get(f"/modules/toy/train?from={job.id}", headers=site.browser)
    assert 'value="node_failure:2, time_limit:1"' in await form.text()


async def test_a_policy_that_makes_no_sense_is_named_by_its_field(site: Site) -> None:
    intent = await submit(site.platform)
    status, problem = await post(site, "/jobs", module="toy", dataset=intent.dataset, retry="often")
    assert (status, [error["field"] for error in problem["errors"]]) == (422, ["retry"])


async def test_a_container_is_told_the_request_that_made_it_run(site: Site) -> None:
    seen: list[tuple[str, str]] = []
    fails = Failing(1)

    def behave(spec: LaunchSpec) -> Script:
        seen.append((spec.env["HUGGINS_REQUEST"], Container.of(spec).job["request"]))
        return fails(spec)

    site.world.behave = behave
    body = {"module": "toy", "dataset": await add_dataset(site.platform)}
    asked = await site.stranger.post(
        "/jobs", json=body, headers={**site.json, "X-Request-Id": "from-a-script"}
    )
    job = (await asked.json())["job"]
    assert job["request_id"] == asked.headers["X-Request-Id"] == "from-a-script"
    await settle(site.platform, await site.platform.jobs.get(job["id"]))
    again = await site.stranger.post(
        f"/jobs/{job['id']}/retry", json={}, headers={**site.json, "X-Request-Id": "once-more"}
    )
    assert (await again.json())["job"]["request_id"] == "once-more"
    await settle(site.platform, await site.platform.jobs.get(job["id"]))
    assert seen == [("from-a-script", "from-a-script"), ("once-more", "once-more")]
    told = await (await site.stranger.get(f"/jobs/{job['id']}", headers=site.json)).json()
    assert [one["detail"]["request"] for one in told["events"] if one["kind"] in {"created", "retry"}] == [
        "from-a-script",
        "once-more",
    ]
