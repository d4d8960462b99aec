"""The page that compares runs, and the spectra that changed sides: over reports that a job wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.auth.identity import OWNER
from dashboard.jobs.request import JobRequest
from launchers import LaunchSpec
from launchers.fake import Script
from spectra import Source
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import Container, add_dataset, settle, succeed
from tests.unit.dashboard.data.shelf import Shelf

#: Of each run: its true and predicted classes by spectrum; the last spectrum was rejected by the second.
TRUE = "AABBA"
FIRST, SECOND = "ABBAA", "AABA"


def trained(spec: LaunchSpec) -> Script:
    """Run to a good end, with a report that holds a confusion matrix."""
    container = Container.of(spec)
    said = FIRST if container.job["parameters"]["epochs"] == 1 else SECOND
    marks = np.array(["AB".index(true) * 2 + "AB".index(one) for true, one in zip(TRUE, said, strict=False)])
    counts = np.bincount(marks, minlength=4).reshape(2, 2).tolist()
    right = float(np.mean([true == one for true, one in zip(TRUE, said, strict=False)]))
    folder = "/job/in/data" if said == FIRST else "/elsewhere/in/data"  # where a node keeps them is its own
    shelf = Shelf(container.out)
    shelf.features([Source(f"{folder}/s{number}.csv", None, None) for number in range(len(said))])
    metrics = [{"name": "accuracy", "title": "Accuracy", "value": right, "better": "higher"}]
    matrix = {"classes": ["A", "B"], "counts": counts, "marks": "marks.npy", "split": "test"}
    shelf.report(
        {"id": "quality", "kind": "metrics", "title": "Quality", "data": {"values": metrics}},
        {"id": "confusion", "kind": "confusion-matrix", "title": "Confusion", "data": matrix},
        marks=marks,
    )
    script = succeed(spec)
    container.write("summary.json", {"metrics": {"accuracy": right}})
    return script


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, url=database_url, behave=trained) as site:
        yield site


async def run(site: Site, dataset: str, epochs: int, **more: Any) -> str:
    request = JobRequest("toy", dataset, label=f"{epochs} epochs", parameters={"epochs": epochs}, **more)
    return (await settle(site.platform, await site.platform.submit(request, OWNER))).id


async def two(site: Site) -> tuple[str, str]:
    dataset = await add_dataset(site.platform)
    return await run(site, dataset, 1), await run(site, dataset, 2)


async def compared(site: Site, *jobs: str, **query: str) -> Any:
    answer = await site.stranger.get("/compare", params={"jobs": ",".join(jobs), **query}, headers=site.json)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def page(site: Site, path: str) -> str:
    answer = await site.stranger.get(path, headers=site.browser)
    assert answer.status == 200
    return await answer.text()


async def test_two_runs_are_compared_by_what_differs(site: Site) -> None:
    first, second = await two(site)
    told = await compared(site, first, second)
    (accuracy,) = [row for row in told["metrics"] if row["name"] == "accuracy"]
    assert accuracy["values"] == [0.6, 0.75]
    assert accuracy["best"] == [1]
    assert [row["name"] for row in told["parameters"] if row["differs"]] == ["epochs"]
    assert [one["counts"] for one in told["matrices"]] == [[[0, -1], [0, 0]]]
    shown = await page(site, f"/compare?jobs={first},{second}")
    assert "1 epochs" in shown
    assert "did not predict equally many" in shown


async def test_a_cell_of_the_difference_opens_exactly_the_spectra_that_changed(site: Site) -> None:
    first, second = await two(site)
    address = f"/jobs/{first}/changes"
    answer = await site.stranger.get(address, params={"to": second}, headers=site.json)
    told = await answer.json()
    assert [(one["name"], one["before"], one["after"]) for one in told["changes"]] == [
        ("s1", "B", "A"),
    ]
    assert (told["total"], told["common"], told["only_first"], told["only_second"]) == (1, 4, 1, 0)
    cell = {"to": second, "true": "B", "predicted": "A"}
    answer = await site.stranger.get(address, params=cell, headers=site.json)
    assert (await answer.json())["changes"] == []
    shown = await page(site, f"{address}?to={second}")
    assert f'href="/jobs/{second}/rows/1"' in shown
    assert "1 spectrum that the runs predict differently" in shown


async def test_runs_that_are_gone_or_too_many_are_named_and_the_rest_is_compared(site: Site) -> None:
    first, second = await two(site)
    told = await compared(site, first, "gone", second, first, *(f"more{n}" for n in range(30)))
    assert [run["id"] for run in told["runs"]] == [first, second]
    assert told["absent"] == ["gone", *(f"more{n}" for n in range(17))]
    assert len(told["left_out"]) == 13
    assert "left out: deleted, or not yours to see" in await page(
        site, f"/compare?jobs={first},gone,{second}"
    )


@pytest.mark.parametrize("jobs", ["", "gone", ",,,"])
async def test_fewer_than_two_runs_lead_to_the_jobs(site: Site, jobs: str) -> None:
    assert "Choose two runs or more" in await page(site, f"/compare?jobs={jobs}")


async def test_a_run_that_failed_is_shown_with_its_reason(site: Site) -> None:
    first, _ = await two(site)

    def fail(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.begin()
        container.exit("error", "no convergence", 1)
        return Script(exit_code=1)

    site.world.behave = fail
    failed = await run(site, await add_dataset(site.platform), 3)
    shown = await page(site, f"/compare?jobs={first},{failed}")
    assert "no convergence" in shown
    answer = await site.stranger.get(f"/jobs/{first}/changes", params={"to": failed}, headers=site.json)
    assert answer.status == 404
    assert "has no confusion matrix" in (await answer.json())["detail"]


async def test_what_one_may_not_see_is_absent(site: Site) -> None:
    first, second = await two(site)
    token = await site.platform.sessions.open("somebody")
    headers = {**site.json, "Authorization": f"Bearer {token}"}
    answer = await site.stranger.get("/compare", params={"jobs": f"{first},{second}"}, headers=headers)
    told = await answer.json()
    assert (told["runs"], told["absent"]) == ([], [first, second])
    for one, other in ((first, second), (second, first)):
        answer = await site.stranger.get(f"/jobs/{one}/changes", params={"to": other}, headers=headers)
        assert answer.status == 404


@pytest.mark.parametrize(
    ("form", "expected"),
    [("csv", "accuracy,higher,0.6,0.75\n"), ("latex", r"Accuracy & 0.6 & \textbf{0.75} \\")],
)
async def test_the_metrics_are_a_table_to_take_along(site: Site, form: str, expected: str) -> None:
    first, second = await two(site)
    query = {"jobs": f"{first},{second}", "format": form}
    answer = await site.stranger.get("/compare/table", params=query, headers=site.json)
    assert answer.status == 200
    assert expected in await answer.text()
