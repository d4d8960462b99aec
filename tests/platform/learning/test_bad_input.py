"""What goes wrong in a session, by REST and on its pages: each is said, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from dashboard.auth.identity import Identity, Role
from dashboard.base.ownership import Visibility
from dashboard.database.tables import dataset_spectra
from dashboard.web.app.session_cookie import COOKIE
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.learning.test_sessions import SETTINGS, entry, forward
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import Container, add_dataset

OTHER = Identity("olga", frozenset({Role.USER}))
NOTE = "Nobody has labelled enough of the targets A yet."


def noted(spec: LaunchSpec) -> Script:
    """Run a round whose model lacks a target."""
    container = Container.of(spec)
    container.begin()
    container.model()
    chosen = [entry("A.csv", "batch"), entry("B.csv", "batch")]
    told = {"schema": 1, "trained": False, "classes": [], "entries": chosen, "notes": [NOTE]}
    container.write("selection.json", json.dumps(told))
    container.exit()
    return Script(exit_code=0)


@dataclass
class Loop:
    """A session whose first batch waits for labels, over HTTP."""

    site: Site
    dataset: str
    session: str
    labels: str
    queue: str
    token: str

    async def ask(self, method: str, path: str, status: int = 200, *, by: str = "", **body: Any) -> Any:
        headers = {**self.site.json, "Authorization": f"Bearer {by or self.site.token}"}
        async with self.site.stranger.request(method, path, headers=headers, json=body) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json() if answer.content_type.endswith("json") else None

    async def page(self, path: str, by: str = "") -> str:
        headers = {**self.site.browser, "Cookie": f"{COOKIE}={by or self.site.token}"}
        async with self.site.stranger.get(path, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def say(self, row: int, label: str, status: int = 200, *, by: str = "", queue: bool = True) -> Any:
        event = {"key": f"{by}{row}{label}", "kind": "label", "row": row, "label": label}
        event |= {"queue": self.queue} if queue else {}
        return await self.ask("POST", f"/label-sets/{self.labels}/events", status, by=by, events=[event])

    async def opened(self, visibility: Visibility) -> None:
        """Let others see the label set and the dataset."""
        await self.site.platform.labels.store.update(self.labels, {"visibility": visibility})


@pytest.fixture
async def loop(tmp_path: Path) -> AsyncIterator[Loop]:
    async with open_site(tmp_path, behave=noted) as site:
        await site.platform.coordinator.stop()
        dataset = await add_dataset(site.platform)
        token = await site.platform.sessions.redeem(await site.platform.sessions.one_time_link(OTHER))
        made = Loop(site, dataset, "", "", "", token)
        body = {**SETTINGS, "name": "Be stars", "dataset": dataset, "classes": ["A", "B"], "automatic": False}
        session = (await made.ask("POST", "/learning", 201, **body))["session"]
        await forward(site.platform)
        [round_] = (await made.ask("GET", f"/learning/{session['id']}"))["rounds"]
        made.session, made.labels, made.queue = session["id"], session["label_set"], round_["queue"]
        yield made


async def test_a_batch_larger_than_the_pool_is_said_at_its_field(loop: Loop) -> None:
    body = {**SETTINGS, "name": "x", "dataset": loop.dataset, "classes": ["A", "B"], "batch": 3}
    answer = await loop.ask("POST", "/learning", 422, **body)
    assert [one["field"] for one in answer["errors"]] == ["batch"]
    assert "The pool has 2 spectra only." in answer["detail"]


async def test_files_of_any_kind_are_no_pool(loop: Loop) -> None:
    files = await add_dataset(loop.site.platform, kind="files")
    body = {**SETTINGS, "name": "x", "dataset": files, "classes": ["A", "B"]}
    answer = await loop.ask("POST", "/learning", 422, **body)
    assert [one["field"] for one in answer["errors"]] == ["dataset"]


async def test_a_target_that_nobody_labelled_is_told_on_the_page(loop: Loop) -> None:
    assert NOTE in await loop.page(f"/learning/{loop.session}")


async def test_contradicting_labels_are_shown_and_both_stay(loop: Loop) -> None:
    await loop.say(0, "A")
    await loop.site.platform.labels.store.update(loop.labels, {"owner": OTHER.user})
    await loop.say(0, "B", by=loop.token)
    await loop.site.platform.labels.store.update(loop.labels, {"owner": "owner"})
    [one] = (await loop.ask("GET", f"/label-sets/{loop.labels}/labels"))["labels"]
    assert (one["state"], sorted(one["labels"].values())) == ("conflicting", ["A", "B"])
    assert "1 disagreement" in await loop.page(f"/label-sets/{loop.labels}")
    assert "1 conflicting" in await loop.page(f"/learning/{loop.session}")


async def test_somebody_without_rights_sees_no_set_or_may_not_label_in_it(loop: Loop) -> None:
    await loop.say(0, "A", 404, by=loop.token)
    await loop.opened(Visibility.PUBLIC)
    answer = await loop.say(0, "A", 403, by=loop.token)
    assert "label" in answer["detail"]
    page = await loop.page(f"/label-sets/{loop.labels}/queues/{loop.queue}", by=loop.token)
    assert '"allowed": false' in page
    assert (await loop.ask("GET", f"/label-sets/{loop.labels}/events"))["events"] == []


async def test_a_label_of_a_spectrum_that_left_the_pool_is_kept_where_its_queue_knows_it(loop: Loop) -> None:
    async with loop.site.platform.database.write() as connection:
        await connection.execute(delete(dataset_spectra).where(dataset_spectra.c.number == 1))
    answer = await loop.say(1, "A", queue=False)
    assert "has no spectrum 1 any more" in answer["rejected"][0]["reason"]
    assert (await loop.say(1, "B"))["stored"] == ["1B"]
    taken = await loop.ask("POST", f"/label-sets/{loop.labels}/queues/{loop.queue}/take", count=5)
    assert [one["number"] for one in taken["items"]] == [0]
    text = await loop.page(f"/label-sets/{loop.labels}/export?dialect=all")
    assert "B.csv" in text


async def test_a_closed_session_takes_labels_that_were_on_their_way(loop: Loop) -> None:
    await loop.ask("POST", f"/learning/{loop.session}/close")
    assert (await loop.say(0, "A"))["stored"] == ["0A"]
    answer = await loop.ask("POST", f"/learning/{loop.session}/rounds", 409)
    assert "open it again" in answer["detail"]
    assert "Open again" in await loop.page(f"/learning/{loop.session}")


async def test_a_session_whose_dataset_was_deleted_keeps_everything_but_begins_nothing(loop: Loop) -> None:
    await loop.say(0, "A")
    await loop.ask("DELETE", f"/data/{loop.dataset}", 204)
    answer = await loop.ask("POST", f"/learning/{loop.session}/rounds", 409)
    assert "was deleted" in answer["detail"]
    assert "The pool was deleted" in await loop.page(f"/learning/{loop.session}")
    assert "The dataset was deleted" in await loop.page(f"/label-sets/{loop.labels}")
    answer = await loop.ask("POST", f"/label-sets/{loop.labels}/queues", 409, rows=[0])
    assert "was deleted" in answer["detail"]
    assert len((await loop.ask("GET", f"/label-sets/{loop.labels}/events"))["events"]) == 1
