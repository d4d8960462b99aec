"""The end of an account: what its user owned is kept, given or deleted, and an administrator is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.auth.account import AccountState
from dashboard.auth.identity import OWNER, Identity
from dashboard.base.errors import Conflict
from dashboard.database.tables import acquisitions, label_queues, notification_settings, project_members
from dashboard.jobs.job import Phase
from dashboard.jobs.request import JobRequest
from dashboard.labels.queue import QueueRow
from dashboard.platform import Platform
from dashboard.platform.departure import BELOW
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset, run_on, settle


@dataclass
class People:
    """Eva administers; Bob, a user, owns something of each kind."""

    site: Site
    named: dict[str, str]

    async def delete(self, **choice: str) -> tuple[int, Any]:
        answer = await self.site.stranger.delete("/people/bob", params=choice, headers=self.site.json)
        return answer.status, (await answer.json() if answer.status >= 400 else None)

    async def owner(self, kind: str) -> str | None:
        found = await self.site.platform.access.ownership(kind, self.named[kind])
        return None if found is None else found.owner


@pytest.fixture
async def people(tmp_path: Path, database_url: str) -> AsyncIterator[People]:
    async with open_site(tmp_path, accounts=None, url=database_url) as site:
        platform = site.platform
        for name, role in (("eva", "admin"), ("bob", "user"), ("adam", "user")):
            await platform.accounts.create(name, OWNER, roles=[role])
            await platform.accounts.set_password_hash(name, "none")
        bob = await platform.accounts.identity("bob")
        dataset = await add_dataset(platform, owner="bob", name="starry")
        job = await settle(platform, await platform.submit(JobRequest("toy", dataset), bob))
        model = await platform.models.of_job(job.id)
        assert model is not None
        await platform.deployments.create({"name": "starry", "model": model.id}, bob)
        await platform.projects.create("stars", "", await platform.accounts.identity("adam"))
        await platform.projects.put_member("stars", "bob", lead=False, identity=OWNER)
        await platform.preferences.put("bob", {"webhook": "https://example.org/bob"})
        named = {"dataset": dataset, "job": job.id, "model": model.id, "deployment": "starry"}
        yield People(site, named | await _labels_and_sources(platform, dataset, bob))


async def _labels_and_sources(platform: Platform, dataset: str, bob: Identity) -> dict[str, str]:
    """Make a label set with a queue, a learning session, and a source with an acquisition."""
    labels = await platform.labels.create("starry", dataset, ["A", "B"], bob)
    await platform.labels.queues.create(labels.id, [QueueRow(0)], {"kind": "dataset"}, bob, name="batch")
    settings = {"targets": ["A"], "module": "toy", "batch": 1}
    session = await platform.learning.create("starry", dataset, settings, bob, label_set=labels.id)
    given = {"name": "starry", "kind": "http-index", "values": {"address": "http://127.0.0.1:1/"}}
    source = await platform.acquisitions.sources.create(given, bob)
    made = await platform.acquisitions.create(source.id, bob)  # which it is not allowed to reach
    await platform.acquisitions.runner.ended(made.id)
    return {"label_set": labels.id, "learning_session": session.id, "source": source.id}


async def test_by_default_what_a_deleted_user_owns_stays(people: People) -> None:
    assert await people.delete() == (204, None)
    assert [await people.owner(kind) for kind in people.named] == ["bob"] * 7
    found = await people.site.platform.accounts.find("bob")
    assert found is not None
    assert found.state is AccountState.DELETED
    async with people.site.platform.database.read() as connection:
        for table, column in ((project_members, "user"), (notification_settings, "identity")):
            assert (await connection.execute(select(table).where(table.c[column] == "bob"))).first() is None


async def test_everything_goes_to_a_named_person(people: People) -> None:
    assert (await people.delete(owned="transfer", to="adam"))[0] == 204
    assert [await people.owner(kind) for kind in people.named] == ["adam"] * 7
    assert people.site.platform.deployments.get("starry")["owner"] == "adam"
    async with people.site.platform.database.read() as connection:
        for column in BELOW:
            assert (await connection.execute(select(column).where(column == "bob"))).first() is None
        for column in (acquisitions.c.user, label_queues.c.owner):
            assert (await connection.execute(select(column))).scalars().all() == ["adam"]


async def test_a_session_of_somebody_who_may_not_train_any_more_begins_no_round(people: People) -> None:
    platform = people.site.platform
    assert (await people.delete())[0] == 204
    await platform.learning.start_round(people.named["learning_session"], OWNER)
    await platform.coordinator.look()
    [one] = await platform.learning.store.rounds(people.named["learning_session"])
    assert "bob may not train any more" in one.failure


async def test_everything_goes_to_a_project_and_its_leader(people: People) -> None:
    assert (await people.delete(owned="transfer", project="stars"))[0] == 204
    for kind, name in people.named.items():
        found = await people.site.platform.access.ownership(kind, name)
        assert found is not None
        assert (found.owner, found.visibility, found.project) == ("adam", "project", "stars")


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        ({"owned": "transfer"}, "to"),
        ({"owned": "transfer", "to": "nobody"}, "to"),
        ({"owned": "transfer", "to": "bob"}, "to"),
        ({"owned": "transfer", "project": "moons"}, "project"),
        ({"owned": "burn"}, "owned"),
        ({"jobs": "sell"}, "jobs"),
    ],
)
async def test_a_choice_that_cannot_be_carried_out_deletes_nothing(
    people: People, choice: dict[str, str], field: str
) -> None:
    status, told = await people.delete(**choice)
    assert (status, [error["field"] for error in told["errors"]]) == (422, [field])
    found = await people.site.platform.accounts.find("bob")
    assert found is not None
    assert found.state is AccountState.ACTIVE


async def test_everything_is_deleted_and_running_jobs_are_aborted_first(people: People) -> None:
    platform = people.site.platform
    people.site.world.behave = run_on
    bob = await platform.accounts.identity("bob")
    data = await add_dataset(platform, owner="bob", name="running")
    job = await platform.submit(JobRequest("toy", data), bob)
    await platform.supervisor.reconcile()
    assert (await platform.jobs.get(job.id)).phase is Phase.EXECUTING
    assert (await people.delete(owned="delete"))[0] == 204
    assert [await people.owner(kind) for kind in people.named] == [None] * 7
    await settle(platform, job)
    await platform.departures.clear("bob")
    assert await platform.departures.owned("bob") == {}
    assert not (platform.settings.home / "data" / data).exists()


async def test_jobs_go_on_unless_they_are_to_be_aborted(people: People) -> None:
    platform = people.site.platform
    people.site.world.behave = run_on
    bob = await platform.accounts.identity("bob")
    job = await platform.submit(JobRequest("toy", people.named["dataset"]), bob)
    await platform.supervisor.reconcile()
    assert (await people.delete(owned="transfer", to="adam"))[0] == 204
    found = await platform.jobs.get(job.id)
    assert (found.owner, found.phase, found.desired_state) == ("adam", Phase.EXECUTING, "run")
    adam = await platform.accounts.identity("adam")
    await platform.abort(job.id, adam)  # it is his now


async def test_what_others_use_stays(people: People) -> None:
    platform = people.site.platform
    await platform.sharing.change("model", people.named["model"], {"visibility": "public"}, OWNER)
    adam = await platform.accounts.identity("adam")
    await platform.deployments.create({"name": "of-adam", "model": people.named["model"]}, adam)
    assert (await people.delete(owned="delete"))[0] == 204
    assert await people.owner("model") == "bob"
    assert platform.deployments.get("of-adam")["owner"] == "adam"


async def test_two_administrators_cannot_remove_each_other_at_once(people: People) -> None:
    accounts = people.site.platform.accounts
    await accounts.change("adam", {"roles": ["admin"]}, OWNER)
    for remove in (
        lambda name: accounts.change(name, {"roles": ["user"]}, OWNER),
        lambda name: accounts.change(name, {"disabled": True}, OWNER),
        lambda name: accounts.delete(name, OWNER),
    ):
        done = await asyncio.gather(remove("eva"), remove("adam"), return_exceptions=True)
        assert sum(isinstance(one, Conflict) for one in done) == 1
        left = next(
            name for name, one in zip(("eva", "adam"), done, strict=True) if isinstance(one, Conflict)
        )
        other = {"eva": "adam", "adam": "eva"}[left]
        found = await accounts.find(other)
        if found is not None and found.state is not AccountState.DELETED:
            await accounts.change(other, {"roles": ["admin"], "disabled": False}, OWNER)
            await accounts.set_password_hash(other, "none")


async def test_the_page_says_what_is_owned_and_offers_the_choice(people: People) -> None:
    answer = await people.site.stranger.get("/people/bob", headers=people.site.browser)
    text = await answer.text()
    assert "1 dataset" in text
    for value in ("keep", "transfer", "delete"):
        assert f'value="{value}"' in text


async def test_a_message_about_a_job_that_was_given_away_is_not_sent(people: People) -> None:
    platform = people.site.platform
    await platform.preferences.put("bob", {"webhook": "https://example.org/bob", "about": "all"})
    bob = await platform.accounts.identity("bob")
    job = await settle(platform, await platform.submit(JobRequest("toy", people.named["dataset"]), bob))
    await platform.sharing.change("job", job.id, {"owner": "adam"}, OWNER)
    await platform.sender.deliver()
    [message] = [one for one in await platform.outbox.of("bob") if one.job == job.id]
    assert message.sent is None
    assert message.error == "the job belongs to somebody else now"
    assert (await people.delete())[0] == 204
    assert await platform.outbox.of("bob") == []
