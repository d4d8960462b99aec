"""Label sets over HTTP: pages, events, queues, tables and versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset


@dataclass
class Labels:
    """A label set of two spectra, over HTTP."""

    site: Site
    path: str

    async def ask(self, method: str, path: str = "", status: int = 200, **sent: Any) -> Any:
        answer = await self.site.stranger.request(
            method, f"{self.path}{path}", headers=self.site.json, **sent
        )
        assert answer.status == status, await answer.text()
        return await answer.json() if answer.content_type.endswith("json") else await answer.text()

    async def page(self, path: str = "") -> str:
        answer = await self.site.stranger.get(f"{self.path}{path}", headers=self.site.browser)
        assert answer.status == 200
        return await answer.text()


@pytest.fixture
async def labels(site: Site) -> Labels:
    dataset = await add_dataset(site.platform)
    made = Labels(site, "/label-sets")
    body = {"name": "Be stars", "dataset": dataset, "classes": "single, double"}
    label_set = (await made.ask("POST", status=201, json=body))["label_set"]
    assert label_set["classes"] == ["single", "double"]
    made.path += f"/{label_set['id']}"
    return made


def event(key: str, row: int, label: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": "label", "row": row, "label": label, **more}


async def test_a_queue_is_labelled_and_becomes_a_version(labels: Labels) -> None:
    queue = (await labels.ask("POST", "/queues", 201, json={"kind": "dataset"}))["queue"]
    there = f"/queues/{queue['id']}"
    assert "label-data" in await labels.page(there)
    taken = await labels.ask("POST", f"{there}/take", json={"count": 5})
    assert [(item["row"], item["number"], item["name"]) for item in taken["items"]] == [
        (0, 0, "A"),
        (1, 1, "B"),
    ]
    sent = [
        event("a", 0, "single", queue=queue["id"], shown={"opinion": False}),
        event("b", 1, "wide", queue=queue["id"]),
    ]
    answer = await labels.ask("POST", "/events", json={"events": sent})
    assert answer["stored"] == ["a"]
    assert "'wide' is none of this label set" in answer["rejected"][0]["reason"]
    progress = await labels.ask("GET", f"{there}/progress")
    assert (progress["done"], progress["total"]) == (1, 2)
    own = await labels.ask("GET", f"{there}/own")
    assert {item["row"]: item["mine"] for item in own["items"]} == {
        0: {"key": "a", "kind": "label", "label": "single"},
        1: None,
    }
    version = (await labels.ask("POST", "/versions", 201, json={}))["version"]
    found = await labels.ask("GET", f"/versions/{version['number']}")
    assert [(one["name"], one["label"]) for one in found["labels"]] == [("A", "single")]
    assert "Be stars" in await labels.page()


async def test_a_set_without_disagreement_has_no_such_queue(labels: Labels) -> None:
    answer = await labels.ask("POST", "/queues", 409, json={"kind": "disagreement"})
    assert "nobody contradicts anybody" in answer["detail"]


async def test_tables_go_in_and_out(labels: Labels) -> None:
    table = {"csv": "id,label\nA,single\nB,double\n"}
    assert (await labels.ask("POST", "/import", json=table))["stored"] == 2
    assert await labels.ask("GET", "/export?dialect=id") == "id,label\r\nA,single\r\nB,double\r\n"
    assert "owner" in await labels.ask("GET", "/export?dialect=log")
    assert "<TD>double</TD>" in await labels.ask("GET", "/export?format=vot")
    assert (await labels.ask("GET", "/labels?state=agreed&label=double"))["total"] == 1
    assert len((await labels.ask("GET", "/events"))["events"]) == 2


async def test_classes_are_added_and_a_set_is_deleted(labels: Labels) -> None:
    changed = (await labels.ask("POST", json={"classes": ["other"]}))["label_set"]
    assert changed["classes"] == ["single", "double", "other"]
    await labels.ask("DELETE", status=204)
    await labels.ask("GET", status=404)
