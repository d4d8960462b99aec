"""Maintenance, announcements, restrictions, what runs, storage and clean-up over HTTP."""

from __future__ import annotations

import os
from typing import Any

import pytest
from sqlalchemy import update

from dashboard.auth.identity import OWNER
from dashboard.database.tables import datasets
from dashboard.jobs.job import Phase
from dashboard.settings import NodeSettings
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.web.conftest import Site
from tests.platform.web.test_people import joined, site
from tests.platform.world import Container, add_dataset, run_on, settle, submit

__all__ = ["site"]
LATER = "2999-01-01T00:00:00Z"


async def post(site: Site, path: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
    return await site.stranger.post(path, json=body, headers=headers or site.json)


async def maintain(site: Site, **body: Any) -> Any:
    return await post(site, "/administration/maintenance", **body)


async def test_under_maintenance_nothing_new_is_taken_and_all_else_goes_on(site: Site) -> None:
    site.world.behave = run_on
    eva = await joined(site)
    dataset = await add_dataset(site.platform, owner="eva")
    body = {"module": "toy", "dataset": dataset}
    runs = (await (await post(site, "/jobs", eva, **body)).json())["job"]["id"]
    for _ in range(3):
        await site.platform.supervisor.reconcile()
    waits = await submit(site.platform)
    answer = await maintain(site, on=True, text="New disks <b>", until=LATER)
    assert (answer.status, (await answer.json())["maintenance"]["by"]) == (200, "owner")

    for path, sent in (
        ("/data", {"name": "x"}),
        ("/jobs", body),
        ("/deployments", {"module": "toy"}),
        (f"/jobs/{runs}/again", {}),
    ):
        for headers in (eva, site.json):  # administrators too
            denied = await post(site, path, headers, **sent)
            assert denied.status == 503, path
            assert int(denied.headers["Retry-After"]) > 0
            problem = await denied.json()
            assert problem["type"] == "urn:huggins:problem:maintenance"
            assert "New disks" in problem["detail"]
    upload = await site.stranger.put(f"/data/{dataset}/files/a.txt", data=b"x", headers=eva)
    assert upload.status == 503
    assert (await site.stranger.get("/jobs", headers=eva)).status == 200
    page = await (await site.stranger.get("/data", headers=site.browser)).text()
    assert "Under maintenance" in page
    assert "New disks &lt;b&gt;" in page

    for _ in range(3):
        await site.platform.supervisor.reconcile()
    assert (await site.platform.jobs.get(runs)).phase is Phase.EXECUTING
    waiting = await site.platform.jobs.get(waits.id)
    assert (waiting.phase, "maintenance" in waiting.reason) == (Phase.QUEUED, True)
    assert (await post(site, f"/jobs/{runs}/abort", eva)).status == 202

    assert (await maintain(site, on=False)).status == 200
    for _ in range(3):
        await site.platform.supervisor.reconcile()
    assert (await site.platform.jobs.get(waits.id)).phase is Phase.EXECUTING
    assert (await post(site, "/data", eva, name="x")).status == 201


async def test_the_maintenance_survives_a_restart(site: Site) -> None:
    await maintain(site, on=True)
    await site.platform.stop()
    again = await site.world.platform()
    mode = await again.maintenance.mode()
    assert mode is not None
    assert mode.by == "owner"


async def test_what_was_sent_to_a_maintenance_that_cannot_be_is_told_by_field(site: Site) -> None:
    for body, field in (
        ({"on": True, "until": "soon"}, "until"),
        ({"on": True, "until": "2001-01-01"}, "until"),
    ):
        answer = await maintain(site, **body)
        assert (answer.status, (await answer.json())["errors"][0]["field"]) == (422, field)
    assert (await maintain(site)).status == 422


async def test_an_announcement_stands_above_every_page_until_it_is_dismissed(site: Site) -> None:
    eva = await joined(site)
    browser = {
        **site.browser,
        "Cookie": site.browser["Cookie"].partition("=")[0] + "=" + eva["Authorization"][7:],
    }
    made = await post(
        site, "/administration/announcements", text="<script>alert(1)</script> soon", level="warning"
    )
    assert made.status == 201
    name = (await made.json())["announcement"]["id"]
    for path in ("/", "/data", "/settings", "/nothing"):
        text = await (await site.stranger.get(path, headers=browser)).text()
        assert "&lt;script&gt;alert(1)&lt;/script&gt; soon" in text
        assert "<script>alert" not in text
    visitor = await site.stranger.get("/announcements", headers={"Accept": "application/json"})
    assert [one["id"] for one in (await visitor.json())["announcements"]] == [name]
    assert (await post(site, f"/announcements/{name}/dismiss", eva)).status == 204
    assert (await post(site, f"/announcements/{name}/dismiss", eva)).status == 204
    assert "soon" not in await (await site.stranger.get("/data", headers=browser)).text()
    assert "soon" in await (await site.stranger.get("/data", headers=site.browser)).text()
    assert (await post(site, "/announcements/none/dismiss", eva)).status == 404
    address = f"/administration/announcements/{name}"
    assert (await site.stranger.delete(address, headers=site.json)).status == 204
    assert (await site.stranger.delete(address, headers=site.json)).status == 404


async def test_an_announcement_is_shown_in_its_time_only(site: Site) -> None:
    await post(site, "/administration/announcements", text="later", since=LATER)
    shown = await (await site.stranger.get("/announcements", headers=site.json)).json()
    assert shown["announcements"] == []
    for body, field in (
        ({"text": ""}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"text": "x", "level": "loud"}, "level"),
        ({"text": "x", "until": "2001-01-01"}, "until"),
        ({"text": "x", "since": "never"}, "since"),
    ):
        answer = await post(site, "/administration/announcements", **body)
        assert (answer.status, (await answer.json())["errors"][0]["field"]) == (422, field)


async def test_a_restricted_module_is_for_its_role_and_projects_only(site: Site) -> None:
    eva, max_ = await joined(site), await joined(site, "max", roles=["manager"])
    ask = site.stranger
    await ask.post("/projects", json={"name": "exo"}, headers=max_)
    put = await post(site, "/administration/modules/toy", role="manager", projects=["exo"])
    assert (await put.json())["restriction"] == {"role": "manager", "projects": ["exo"]}
    body = {"module": "toy", "dataset": await add_dataset(site.platform, owner="eva")}
    denied = await post(site, "/jobs", eva, **body)
    problem = await denied.json()
    assert (denied.status, problem["errors"][0]["field"]) == (422, "module")
    assert "restricted to the role manager and above" in problem["detail"]
    assert (await post(site, "/deployments", eva, module="toy")).status == 422
    page = await ask.get("/modules/toy/train?format=json", headers=eva)
    assert "restricted" in (await page.json())["restricted"]
    browser = {"Authorization": eva["Authorization"], "Accept": "text/html"}
    assert 'id="train-form"' not in await (await ask.get("/modules/toy/train", headers=browser)).text()
    theirs = {"module": "toy", "dataset": await add_dataset(site.platform, owner="max")}
    assert (await post(site, "/jobs", max_, **theirs)).status == 201
    await ask.post("/projects/exo/members", json={"user": "eva"}, headers=max_)
    assert (await post(site, "/jobs", eva, **body)).status == 201
    unknown = await post(site, "/administration/modules/toy", projects=["none"])
    assert (unknown.status, (await unknown.json())["errors"][0]["field"]) == (422, "projects")
    assert (await post(site, "/administration/modules/none", role="admin")).status == 404
    assert (await (await post(site, "/administration/modules/toy")).json())["restriction"]["role"] == ""


async def test_a_restricted_node_is_not_offered_denied_in_words_and_never_chosen_for_any(site: Site) -> None:
    eva, max_ = await joined(site), await joined(site, "max", roles=["manager"])
    entry = site.platform.nodes._entries["local"]
    entry.settings = NodeSettings(kind="fake", least_role="manager")
    dataset = await add_dataset(site.platform, owner="eva")
    for node in ("local", "any"):
        denied = await post(site, "/jobs", eva, module="toy", dataset=dataset, node=node)
        problem = await denied.json()
        assert (denied.status, problem["errors"][0]["field"]) == (422, "node"), node
        assert "restricted to the role manager and above" in problem["detail"]
    offered = await (await site.stranger.get("/modules/toy/train?format=json", headers=eva)).json()
    assert offered["nodes"] == []
    assert (await post(site, "/deployments", eva, module="toy")).status == 422
    theirs = await add_dataset(site.platform, owner="max")
    assert (await post(site, "/jobs", max_, module="toy", dataset=theirs)).status == 201


async def test_a_job_that_waits_for_a_node_restricted_since_is_not_started_there(site: Site) -> None:
    eva = await joined(site)
    dataset = await add_dataset(site.platform, owner="eva")
    job = (await (await post(site, "/jobs", eva, module="toy", dataset=dataset)).json())["job"]["id"]
    entry = site.platform.nodes._entries["local"]
    entry.settings = NodeSettings(kind="fake", projects=("exo",))
    for _ in range(3):
        await site.platform.supervisor.reconcile()
    assert (await site.platform.jobs.get(job)).phase is Phase.QUEUED
    assert site.world.started() == []


async def test_managers_see_what_runs_and_administrators_end_it(site: Site) -> None:
    site.world.behave = run_on
    eva, max_ = await joined(site), await joined(site, "max", roles=["manager"])
    dataset = await add_dataset(site.platform, owner="eva")
    job = (await (await post(site, "/jobs", eva, module="toy", dataset=dataset)).json())["job"]["id"]
    assert (await site.stranger.get("/administration/running", headers=eva)).status == 403
    seen = await (await site.stranger.get("/administration/running", headers=max_)).json()
    assert [(one["id"], one["owner"]) for one in seen["jobs"]] == [(job, "eva")]
    assert "parameters" not in seen["jobs"][0]
    assert (await post(site, f"/jobs/{job}/abort", max_)).status == 404
    page = await (await site.stranger.get("/administration/running", headers=site.browser)).text()
    assert f"/jobs/{job}/abort" in page
    assert (await post(site, f"/jobs/{job}/abort")).status == 202
    await settle(site.platform, await site.platform.jobs.get(job))
    seen = await (await site.stranger.get("/administration/running", headers=max_)).json()
    assert (seen["jobs"], [(one["id"], one["phase"]) for one in seen["ended"]]) == ([], [(job, "ABORTED")])
    assert (await site.stranger.get(f"/jobs/{job}", headers=max_)).status == 404


SECRET = "ZZ Ceti"  # in what only its owner may read


async def test_managers_see_what_a_job_takes_and_nothing_of_what_is_in_it(site: Site) -> None:
    def failing(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.begin()
        container.exit("error", f"no column in {SECRET}", 1)
        return Script(exit_code=1)

    site.world.behave = failing
    eva, max_ = await joined(site), await joined(site, "max", roles=["manager"])
    dataset = await add_dataset(site.platform, owner="eva", name=SECRET)
    sent = {"module": "toy", "dataset": dataset, "note": SECRET, "resources": {"cpus": 2}}
    job = (await (await post(site, "/jobs", eva, **sent)).json())["job"]["id"]
    await settle(site.platform, await site.platform.jobs.get(job))
    own = await (await site.stranger.get(f"/jobs/{job}", headers=eva)).text()
    assert own.count(SECRET) > 2
    address = f"/administration/running/{job}"
    seen = await (await site.stranger.get(address, headers=max_)).json()
    assert "job" in seen, seen
    told = seen["job"]
    assert (told["owner"], told["module"], told["phase"]) == ("eva", "toy", "ERROR")
    assert told["resources"]["cpus"] == 2
    assert [(one["node"], one["failure"]) for one in seen["attempts"]] == [("local", "error")]
    listed = "/administration/running?state=all&owner=eva"
    for path in (address, listed, "/administration/running"):
        for headers in (max_, {**max_, "Accept": "text/html"}):
            text = await (await site.stranger.get(path, headers=headers)).text()
            assert job in text
            assert SECRET not in text
    none = await (await site.stranger.get("/administration/running?state=all&owner=max", headers=max_)).json()
    assert none["jobs"] == []
    assert (await site.stranger.get(address, headers=eva)).status == 403
    assert (await site.stranger.get("/administration/running/none", headers=max_)).status == 404


async def test_what_nobody_refers_to_is_listed_and_deleted_by_name_with_an_audit_entry(site: Site) -> None:
    site.world.behave = run_on
    home = site.platform.settings.home
    job = await submit(site.platform)
    await settle(site.platform, job, 2)
    lone = await add_dataset(site.platform, name="lone")
    folder = home / "data" / "1zzzzzzzzzzzzz"
    folder.mkdir()
    (folder / "x").write_text("leftover")
    os.utime(folder, (1, 1))
    found = await (await site.stranger.get("/administration/storage?days=0", headers=site.json)).json()
    listed = {(one["kind"], one["id"]) for one in found["leftovers"]}
    assert listed == {("dataset", lone), ("folder", "data/1zzzzzzzzzzzzz")}
    assert folder.is_dir()
    old = await (await site.stranger.get("/administration/storage", headers=site.json)).json()
    assert [one["kind"] for one in old["leftovers"]] == ["folder"]
    items = [
        {"kind": kind, "id": name} for kind, name in (*listed, ("dataset", job.dataset), ("folder", "../x"))
    ]
    done = await (await post(site, "/administration/storage/delete", items=items)).json()
    assert {(one["kind"], one["id"]) for one in done["deleted"]} == listed
    assert {one["id"] for one in done["kept"]} == {job.dataset, "../x"}
    assert not folder.exists()
    assert (await site.stranger.get(f"/data/{job.dataset}", headers=site.json)).status == 200
    log = await (await site.stranger.get("/audit?deed=deleted", headers=site.json)).json()
    assert {(entry["kind"], entry["object"]) for entry in log["entries"]} == listed


async def test_an_upload_that_was_never_finished_is_a_leftover_after_a_day(site: Site) -> None:
    data = site.platform.data
    old, new = [(await data.create(name, OWNER)).id for name in ("old", "new")]
    async with site.platform.database.write() as connection:
        long_ago = update(datasets).where(datasets.c.id == old).values(created="2026-01-01T00:00:00Z")
        await connection.execute(long_ago)
    found = await (await site.stranger.get("/administration/storage?days=0", headers=site.json)).json()
    assert [(one["id"], one["reason"]) for one in found["leftovers"]] == [
        (old, "its upload was never finished")
    ]
    items = [{"kind": "dataset", "id": one} for one in (old, new)]
    done = await (await post(site, "/administration/storage/delete", items=items)).json()
    assert [one["id"] for one in done["deleted"]] == [old]
    assert [one["id"] for one in done["kept"]] == [new]


@pytest.mark.parametrize("path", ["", "/storage", "/modules", "/announcements", "/quotas", "/running"])
async def test_the_pages_of_administration_are_for_administrators(site: Site, path: str) -> None:
    eva = await joined(site)
    address = f"/administration{path}"
    assert (await site.stranger.get(address, headers=site.browser)).status == 200
    assert (await site.stranger.get(address, headers=eva)).status == 403
    assert (await site.stranger.get(address, headers={"Accept": "application/json"})).status == 401


async def test_the_overview_has_versions_and_the_schema(site: Site) -> None:
    found = await (await site.stranger.get("/administration", headers=site.json)).json()
    assert found["database"]["current"]
    assert found["database"]["kind"] in {"SQLite", "PostgreSQL"}
    assert found["disk"]["free"] > 0
    assert [node["name"] for node in found["nodes"]] == ["local"]
