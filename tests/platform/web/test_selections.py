"""Selections through HTTP: a new dataset with its address, and errors by field."""

from __future__ import annotations

from dashboard.auth.identity import OWNER
from tests.platform.web.conftest import Site
from tests.platform.world import settle, submit


async def test_a_selection_is_checked_by_field_before_anything_is_made(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform))
    wrong = {
        "rows": {"name": "x", "rows": ["1"]},
        "name": {"rows": [1]},
        "polygon": {"name": "x", "view": "v", "polygon": [[0, 0], [1, 1]]},
        "marks": {"name": "x", "view": "v", "marks": [-1]},
        "row": {"name": "x", "row": [1]},
    }
    before = await site.platform.data.store.search(identity=OWNER)
    for field, body in wrong.items():
        answer = await site.stranger.post(f"/jobs/{job.id}/selections", headers=site.json, json=body)
        told = await answer.json()
        assert answer.status == 422, field
        assert told["errors"][0]["field"].startswith(field)
    after = await site.platform.data.store.search(identity=OWNER)
    assert before.total == after.total


async def test_a_selection_of_no_job_is_not_found(site: Site) -> None:
    answer = await site.stranger.post(
        "/jobs/1aaaaaaaaaaaaa/selections", headers=site.json, json={"name": "x", "rows": [0]}
    )
    assert answer.status == 404
