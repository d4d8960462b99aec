"""Projects and sharing: who sees an object before and after, who may change that, and its transfer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dashboard.auth.account import AccountState
from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict, NotFound
from dashboard.jobs.request import JobRequest
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset, settle

PLACES = {
    "dataset": "/data",
    "job": "/jobs",
    "model": "/models",
    "deployment": "/deployments",
    "node": "/nodes",
    "label_set": "/label-sets",
    "learning_session": "/learning",
    "source": "/sources",
}


@dataclass
class People:
    """Eva owns one object of each kind; Adam and Bob have accounts."""

    site: Site
    headers: dict[str, dict[str, str]]
    named: dict[str, str]

    def address(self, kind: str) -> str:
        return f"{PLACES[kind]}/{self.named[kind]}"

    async def ask(self, who: str, method: str, path: str, **body: Any) -> tuple[int, Any]:
        sent = {"json": body} if method == "POST" else {}
        answer = await self.site.stranger.request(method, path, headers=self.headers[who], **sent)
        return answer.status, (await answer.json() if answer.status != 204 else None)

    async def sees(self, who: str, kind: str) -> bool:
        status = (await self.ask(who, "GET", self.address(kind)))[0]
        assert status in {200, 404}
        listed = await self.ask(who, "GET", PLACES[kind])
        assert (self.named[kind] in str(listed[1])) == (status == 200), "the list says otherwise"
        return status == 200


@pytest.fixture
async def people(tmp_path: Path, database_url: str) -> AsyncIterator[People]:
    async with open_site(tmp_path, accounts=None, url=database_url) as site:
        platform, headers = site.platform, {}
        for name, role in (("eva", "admin"), ("adam", "user"), ("bob", "user"), ("vera", "viewer")):
            await platform.accounts.create(name, OWNER, roles=[role])
            await platform.accounts.set_password_hash(name, "none")
            token = await platform.sessions.open(name)
            headers[name] = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        dataset = await add_dataset(platform, owner="eva", name="starry")
        eva = await platform.accounts.identity("eva")
        job = await settle(platform, await platform.submit(JobRequest("toy", dataset, label="starry"), eva))
        model = await platform.models.of_job(job.id)
        assert model is not None
        people = People(site, headers, {"dataset": dataset, "job": job.id, "model": model.id})
        made = {"name": "starry", "model": model.id, "access": "users"}
        assert (await people.ask("eva", "POST", "/deployments", **made))[0] == 201
        assert (await people.ask("eva", "POST", "/nodes", name="starry", kind="process"))[0] == 201
        wanted = {"name": "starry", "dataset": dataset, "classes": ["A", "B"]}
        status, labels = await people.ask("eva", "POST", "/label-sets", **wanted)
        assert status == 201
        people.named |= {"deployment": "starry", "node": "starry"}
        people.named["label_set"] = labels["label_set"]["id"]
        session = {**wanted, "name": "starry too", "targets": ["A"], "module": "toy", "batch": 1}
        status, made = await people.ask("eva", "POST", "/learning", **session)
        assert status == 201, made
        people.named["learning_session"] = made["session"]["id"]
        source = {"name": "starry", "kind": "http-file", "values": {"address": "http://127.0.0.1:1/a.fits"}}
        status, made = await people.ask("eva", "POST", "/sources", **source)
        assert status == 201, made
        people.named["source"] = made["source"]["id"]
        yield people


@pytest.mark.parametrize("kind", PLACES)
async def test_an_object_is_seen_by_whom_it_is_shared_with(people: People, kind: str) -> None:
    await people.ask("eva", "POST", "/projects", name="stars")
    await people.ask("eva", "POST", "/projects/stars/members", user="adam")
    seen = []
    for sharing in (
        {},
        {"visibility": "project", "project": "stars"},
        {"visibility": "public"},
        {"visibility": "private"},
    ):
        if sharing:
            status, told = await people.ask("eva", "POST", f"{people.address(kind)}/sharing", **sharing)
            assert status == 200, told
            assert told["sharing"]["owner"] == "eva"
        seen.append([await people.sees(who, kind) for who in ("eva", "adam", "bob", "vera")])
    assert seen == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, True],
        [True, False, False, False],
    ]


@pytest.mark.parametrize("kind", PLACES)
async def test_who_sees_an_object_does_not_share_it(people: People, kind: str) -> None:
    address = f"{people.address(kind)}/sharing"
    hidden = 403 if kind == "node" else 404  # only administrators change nodes, whatever their names
    assert (await people.ask("adam", "POST", address, visibility="public"))[0] == hidden
    await people.ask("eva", "POST", address, visibility="public")
    assert (await people.ask("adam", "GET", address))[0] == 200
    for change in ({"visibility": "private"}, {"owner": "adam"}):
        assert (await people.ask("adam", "POST", address, **change))[0] == 403


@pytest.mark.parametrize("kind", PLACES)
async def test_the_page_of_every_object_has_the_dialog_for_its_owner_alone(people: People, kind: str) -> None:
    address, dialog = people.address(kind), f'data-sharing="{people.address(kind)}/sharing"'
    await people.ask("eva", "POST", f"{address}/sharing", visibility="public")
    for who, has in (("eva", True), ("adam", False)):
        headers = {**people.headers[who], "Accept": "text/html"}
        answer = await people.site.stranger.get(address, headers=headers)
        assert answer.status == 200
        assert (dialog in await answer.text()) == has


@pytest.mark.parametrize("kind", PLACES)
async def test_an_object_is_given_to_somebody_else(people: People, kind: str) -> None:
    address = f"{people.address(kind)}/sharing"
    assert (await people.ask("eva", "POST", address, owner="adam"))[0] == 200
    assert await people.sees("adam", kind)
    assert not await people.sees("bob", kind)
    if kind != "node":  # only administrators change nodes
        assert (await people.ask("adam", "POST", address, visibility="public"))[0] == 200
        assert await people.sees("bob", kind)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"visibility": "everybody"}, "visibility"),
        ({"visibility": "project"}, "project"),
        ({"visibility": "project", "project": "nothing"}, "project"),
        ({"owner": "nobody"}, "owner"),
        ({"owner": "gone"}, "owner"),
        ({"visible": "public"}, "visible"),
    ],
)
async def test_what_is_wrong_with_a_sharing_is_told_by_field(
    people: People, change: dict[str, str], field: str
) -> None:
    await people.site.platform.accounts.create("gone", OWNER)
    await people.site.platform.accounts.delete("gone", OWNER)
    status, told = await people.ask("eva", "POST", f"{people.address('dataset')}/sharing", **change)
    assert (status, [error["field"] for error in told["errors"]]) == (422, [field])


async def test_a_project_of_others_is_unknown(people: People) -> None:
    await people.ask("adam", "POST", "/projects", name="secret")
    for path in ("/projects/secret", "/projects/nothing"):
        assert (await people.ask("bob", "GET", path))[0] == 404
        assert (await people.ask("bob", "POST", f"{path}/members", user="bob"))[0] == 404
        assert (await people.ask("bob", "DELETE", path))[0] == 404
    assert (await people.ask("bob", "GET", "/projects"))[1]["projects"] == []
    assert (await people.ask("eva", "GET", "/projects/secret"))[0] == 200  # an administrator


async def test_members_leave_and_leaders_change_but_one_always_leads(people: People) -> None:
    await people.ask("adam", "POST", "/projects", name="stars", title="Hot stars")
    members = "/projects/stars/members"
    assert (await people.ask("adam", "POST", members, user="nobody"))[0] == 422
    assert (await people.ask("adam", "POST", members, user="bob"))[0] == 200
    assert (await people.ask("bob", "POST", members, user="vera"))[0] == 403
    assert (await people.ask("bob", "DELETE", f"{members}/adam"))[0] == 403
    assert (await people.ask("adam", "DELETE", f"{members}/adam"))[0] == 409
    assert (await people.ask("adam", "POST", members, user="adam", lead=False))[0] == 409
    assert (await people.ask("adam", "POST", members, user="bob", lead=True))[0] == 200
    assert (await people.ask("adam", "DELETE", f"{members}/adam"))[0] == 204
    assert (await people.ask("adam", "GET", "/projects/stars"))[0] == 404
    assert (await people.ask("bob", "DELETE", "/projects/stars"))[0] == 204


async def test_what_was_shared_with_a_deleted_project_is_private_again(people: People) -> None:
    for name in ("stars", "stars"):
        assert (await people.ask("eva", "POST", "/projects", name=name))[0] in {201, 409}
    await people.ask("eva", "POST", "/projects/stars/members", user="adam")
    shared = {"visibility": "project", "project": "stars"}
    await people.ask("eva", "POST", f"{people.address('dataset')}/sharing", **shared)
    assert await people.sees("adam", "dataset")
    await people.ask("eva", "DELETE", "/projects/stars")
    assert not await people.sees("adam", "dataset")
    # A project of the same name that somebody makes later does not inherit it.
    await people.ask("adam", "POST", "/projects", name="stars")
    assert not await people.sees("adam", "dataset")


async def test_a_viewer_makes_no_project(people: People) -> None:
    assert (await people.ask("vera", "POST", "/projects", name="stars"))[0] == 403


async def test_a_disabled_account_sees_nothing(people: People) -> None:
    await people.ask("eva", "POST", f"{people.address('dataset')}/sharing", visibility="public")
    await people.site.platform.accounts.change("adam", {"disabled": True}, OWNER)
    found = await people.site.platform.accounts.find("adam")
    assert found is not None
    assert found.state is AccountState.DISABLED
    assert (await people.ask("adam", "GET", people.address("dataset")))[0] == 403


async def test_the_log_of_a_shared_deployment_is_its_owners(people: People) -> None:
    address = people.address("deployment")
    await people.ask("eva", "POST", f"{address}/sharing", visibility="public")
    assert (await people.ask("adam", "GET", address))[0] == 200
    answer = await people.site.stranger.get(f"{address}/log", headers=people.headers["adam"])
    assert answer.status == 403
    assert (await people.site.stranger.get(f"{address}/log", headers=people.headers["eva"])).status == 200


async def test_two_leaders_cannot_remove_each_other_at_once(people: People) -> None:
    projects = people.site.platform.projects
    await people.ask("eva", "POST", "/projects", name="stars")
    for both in (
        lambda name: projects.remove_member("stars", name, OWNER),
        lambda name: projects.put_member("stars", name, lead=False, identity=OWNER),
    ):
        for name in ("eva", "adam"):
            await projects.put_member("stars", name, lead=True, identity=OWNER)
        with suppress(Conflict, NotFound):
            await projects.remove_member("stars", OWNER.user, OWNER)
        done = await asyncio.gather(both("eva"), both("adam"), return_exceptions=True)
        assert sum(isinstance(one, Conflict) for one in done) == 1
        assert any((await projects.get("stars", OWNER)).members.values())
