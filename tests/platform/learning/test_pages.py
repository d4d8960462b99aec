"""The pages of a session show what the API says."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard.auth.identity import OWNER
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.learning.test_sessions import SETTINGS, entry, select
from tests.platform.web.conftest import open_site
from tests.platform.world import Container, add_dataset

CANDIDATES = (
    "row,name,path,hdu,file_row,label,pool_row,target_probability\n0,A,A.csv,,,A,0,0.9\n1,B,B.csv,,,A,1,0.4\n"
)


def with_candidates(spec: LaunchSpec) -> Script:
    """Run a round that also writes its ranked list."""
    Container.of(spec).write("candidates/predictions.csv", CANDIDATES)
    return select(spec, entry("A.csv", "batch", label="A", probability=0.9))


async def test_a_session_is_made_followed_and_its_candidates_are_drawn(tmp_path: Path) -> None:
    async with open_site(tmp_path, behave=with_candidates) as site:
        platform = site.platform
        await platform.coordinator.stop()
        dataset = await add_dataset(platform)
        for letter in "AB":  # two points at least make a drawing
            file = platform.settings.home / "data" / dataset / "files" / f"{letter}.csv"
            file.write_text("wavelength,flux\n6562,1\n6563,2\n6564,1\n")
        body = {**SETTINGS, "name": "Be stars", "dataset": dataset, "classes": "A, B"}
        async with site.stranger.post("/learning", json=body, headers=site.json) as answer:
            session = (await answer.json())["session"]["id"]
            assert answer.status == 201
        for _ in range(4):
            await platform.coordinator.look()
            await platform.supervisor.reconcile()
        await platform.coordinator.look()
        [round_] = await platform.learning.store.rounds(session)
        async with site.stranger.get(f"/learning/{session}", headers=site.browser) as answer:
            page = await answer.text()
            assert answer.status == 200
        assert f"/queues/{round_.queue}" in page
        assert 'id="change-p-toy-epochs"' in page
        assert 'id="fork-p-toy-epochs"' in page
        async with site.stranger.get("/learning", headers=site.browser) as answer:
            assert answer.status == 200
        changes = {"parameters": {"epochs": 900}, "batch": 3}
        async with site.stranger.post(f"/learning/{session}", json=changes, headers=site.json) as answer:
            assert answer.status == 422
            assert [one["field"] for one in (await answer.json())["errors"]] == ["parameters.epochs"]
        changes = {"parameters": {"epochs": 90}, "balance": 1, "automatic": False}
        async with site.stranger.post(f"/learning/{session}", json=changes, headers=site.json) as answer:
            settings = (await answer.json())["session"]["settings"]
        assert (settings["parameters"], settings["balance"]) == ({"epochs": 90}, 1)
        assert round_.settings["parameters"] != {"epochs": 90}
        async with site.stranger.get(f"/learning/{session}/candidates", headers=site.browser) as answer:
            page = await answer.text()
        assert len(re.findall(r'<svg class="sparkline"', page)) == 2
        async with site.stranger.get(
            f"/learning/{session}/candidates?unlabelled=true", headers=site.json
        ) as answer:
            found = await answer.json()
        assert [one["number"] for one in found["candidates"]] == [0, 1]
        await platform.learning.close(session, OWNER)
