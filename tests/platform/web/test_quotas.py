"""Quotas over HTTP: who sees and sets them, and what a request over one is answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.platform.web.conftest import Site
from tests.platform.web.test_people import joined, site
from tests.platform.world import add_dataset

__all__ = ["site"]
ADDRESS = "/administration/quotas"


async def put(
    site: Site, subject: str, name: str, headers: dict[str, str] | None = None, **limits: Any
) -> Any:
    body = {"limits": limits}
    return await site.stranger.post(f"{ADDRESS}/{subject}/{name}", json=body, headers=headers or site.json)


async def own(site: Site, headers: dict[str, str]) -> dict[str, Any]:
    found = await (await site.stranger.get("/settings/use", headers=headers)).json()
    return {row["quota"]: row for row in found["use"]}


async def test_a_quota_is_set_exceeded_shown_and_lifted(site: Site) -> None:
    eva = await joined(site)
    assert (await put(site, "role", "user", datasets=1)).status == 200
    assert (await site.stranger.post("/data", json={"name": "a"}, headers=eva)).status == 201
    denied = await site.stranger.post("/data", json={"name": "b"}, headers=eva)
    problem = await denied.json()
    assert denied.status == 403
    assert denied.content_type == "application/problem+json"
    facts = {name: problem[name] for name in ("type", "quota", "limit", "used", "needed", "subject", "name")}
    assert facts == {
        "type": "urn:huggins:problem:quota", "quota": "datasets", "limit": 1, "used": 1, "needed": 1,
        "subject": "role", "name": "user",
    }  # fmt: skip
    row = (await own(site, eva))["datasets"]
    assert (row["used"], row["limit"], row["own"], row["source"]) == (1, 1, None, "role user")
    await put(site, "person", "eva", datasets="unlimited")
    assert (await site.stranger.post("/data", json={"name": "b"}, headers=eva)).status == 201
    lowered = await (await put(site, "person", "eva", datasets=1)).json()
    assert "nothing is taken away" in lowered["notes"][0]
    await put(site, "person", "eva", datasets=None)
    assert (await own(site, eva))["datasets"]["own"] is None


async def test_a_job_over_the_quota_is_told_in_the_check_and_denied(site: Site) -> None:
    eva = await joined(site)
    dataset = await add_dataset(site.platform, owner="eva")
    await put(site, "person", "eva", cpu_hours=2)
    body = {"module": "toy", "dataset": dataset, "resources": {"cpus": 4, "walltime_s": 3600}}
    checked = await (await site.stranger.post("/modules/toy/check", json=body, headers=eva)).json()
    [cpu] = [one for one in checked["quotas"] if one["quota"] == "cpu_hours"]
    assert not checked["ok"]
    assert cpu["exceeded"]
    assert cpu["message"].startswith("This would need 4 h of your 2 h left")
    denied = await site.stranger.post("/jobs", json=body, headers=eva)
    problem = await denied.json()
    assert (denied.status, problem["quota"], problem["limit"], problem["needed"]) == (403, "cpu_hours", 2, 4)
    body["resources"] = {"cpus": 1, "walltime_s": 3600}
    assert (await site.stranger.post("/jobs", json=body, headers=eva)).status == 201


async def test_a_file_over_the_quota_is_answered_413_with_the_facts(site: Site) -> None:
    eva = await joined(site)
    dataset = (await (await site.stranger.post("/data", json={"name": "a"}, headers=eva)).json())["dataset"][
        "id"
    ]
    await put(site, "person", "eva", upload_mb=0.001)
    answer = await site.stranger.put(f"/data/{dataset}/files/a.txt", data=b"x" * 2000, headers=eva)
    assert (answer.status, (await answer.json())["quota"]) == (413, "upload_mb")
    assert (
        await site.stranger.put(f"/data/{dataset}/files/a.txt", data=b"x" * 900, headers=eva)
    ).status == 201


async def test_what_is_made_for_or_shared_with_a_project_counts_for_it(site: Site) -> None:
    eva, adam = await joined(site), await joined(site, "adam")
    ask = site.stranger
    await ask.post("/projects", json={"name": "exo"}, headers=eva)
    await ask.post("/projects/exo/members", json={"user": "adam"}, headers=eva)
    await put(site, "project", "exo", datasets=1)
    made = await ask.post("/data", json={"name": "a", "project": "exo"}, headers=eva)
    assert (made.status, (await made.json())["dataset"]["project"]) == (201, "exo")
    denied = await ask.post("/data", json={"name": "b", "project": "exo"}, headers=adam)
    assert (denied.status, (await denied.json())["subject"]) == (403, "project")
    other = (await (await ask.post("/data", json={"name": "b"}, headers=adam)).json())["dataset"]["id"]
    shared = {"visibility": "project", "project": "exo"}
    denied = await ask.post(f"/data/{other}/sharing", json=shared, headers=adam)
    assert (denied.status, (await denied.json())["quota"]) == (403, "datasets")
    given = {"owner": "eva"}
    await put(site, "person", "eva", datasets=1)
    assert (await ask.post(f"/data/{other}/sharing", json=given, headers=adam)).status == 403
    assert (await ask.post(f"/data/{other}/sharing", json=given, headers=site.json)).status == 200
    unknown = await ask.post("/data", json={"name": "c", "project": "other"}, headers=eva)
    assert (unknown.status, (await unknown.json())["errors"][0]["field"]) == (422, "project")


@pytest.mark.parametrize(
    ("role", "seen"), [("viewer", 403), ("user", 403), ("publisher", 403), ("manager", 200)]
)
async def test_managers_see_everybodys_use_and_only_administrators_set_limits(
    site: Site, role: str, seen: int
) -> None:
    eva = await joined(site, roles=[role])
    assert (await site.stranger.get(ADDRESS, headers=eva)).status == seen
    assert (await put(site, "person", "eva", eva, datasets=100)).status == 403
    assert (await site.stranger.get("/settings/use", headers=eva)).status == 200
    assert (await site.stranger.get(ADDRESS, headers={"Accept": "application/json"})).status == 401


@pytest.mark.parametrize(
    ("subject", "name", "limits", "status", "field"),
    [
        ("person", "nobody", {"datasets": 1}, 404, ""),
        ("role", "king", {"datasets": 1}, 404, ""),
        ("project", "none", {"datasets": 1}, 404, ""),
        ("planet", "mars", {"datasets": 1}, 404, ""),
        ("role", "user", {"datasets": -1}, 422, "limits.datasets"),
        ("role", "user", {"datasets": "many"}, 422, "limits.datasets"),
        ("role", "user", {"datasets": True}, 422, "limits.datasets"),
        ("role", "user", {"data_sets": 1}, 422, "limits.data_sets"),
    ],
)
async def test_limits_that_cannot_be_are_told_by_field(
    site: Site, subject: str, name: str, limits: dict[str, Any], status: int, field: str
) -> None:
    answer = await put(site, subject, name, **limits)
    assert answer.status == status
    assert [error["field"] for error in (await answer.json())["errors"]] == ([field] if field else [])


async def test_people_are_sorted_by_what_they_use_and_found_by_name(site: Site) -> None:
    eva, adam = await joined(site), await joined(site, "adam")
    for headers, number in ((eva, 2), (adam, 1)):
        for n in range(number):
            await site.stranger.post("/data", json={"name": f"d{n}"}, headers=headers)
    listed = await (await site.stranger.get(f"{ADDRESS}?sort=-datasets", headers=site.json)).json()
    assert [one["name"] for one in listed["people"]] == ["eva", "adam"]
    found = await (await site.stranger.get(f"{ADDRESS}?q=AD", headers=site.json)).json()
    assert [one["name"] for one in found["people"]] == ["adam"]


async def test_the_pages_show_use_and_limits(site: Site) -> None:
    await joined(site)
    await put(site, "role", "user", disk_mb=2500, cpu_hours=10)
    page = await (await site.stranger.get(ADDRESS, headers=site.browser)).text()
    assert "2.5 GB" in page
    assert "data-edit" in page
    assert "Your use" in await (await site.stranger.get("/settings", headers=site.browser)).text()


async def test_the_training_form_offers_the_projects_of_a_person(site: Site) -> None:
    eva = await joined(site)
    browser = {"Authorization": eva["Authorization"], "Accept": "text/html"}
    await add_dataset(site.platform, owner="eva")
    assert (
        'name="project"' not in await (await site.stranger.get("/modules/toy/train", headers=browser)).text()
    )
    await site.stranger.post("/projects", json={"name": "exo"}, headers=eva)
    page = await (await site.stranger.get("/modules/toy/train", headers=browser)).text()
    assert '<option value="exo">exo</option>' in page
