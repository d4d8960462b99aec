"""What is public shows nothing of what is private beside it: a shared job of private data, and the like."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.auth.identity import OWNER, Role
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset, settle, submit

SECRET = "praseodymium"


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, accounts=None, url=database_url) as site:
        yield site


async def headers_of(site: Site, name: str) -> dict[str, str]:
    await site.platform.accounts.create(name, OWNER, roles=[Role.USER])
    await site.platform.accounts.set_password_hash(name, "none")
    token = await site.platform.sessions.open(name)
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


async def test_a_public_job_and_its_model_do_not_open_the_private_data(site: Site) -> None:
    platform, adam = site.platform, await headers_of(site, "adam")
    dataset = await add_dataset(platform, name=SECRET)
    job = await settle(platform, await submit(platform, dataset))
    model = await platform.models.of_job(job.id)
    assert model is not None
    await platform.sharing.change("job", job.id, {"visibility": "public"}, OWNER)
    await platform.sharing.change("model", model.id, {"visibility": "public"}, OWNER)
    for path in (f"/data/{dataset}", f"/data/{dataset}/files", f"/data/{dataset}/spectra/0/file"):
        assert (await site.stranger.get(path, headers=adam)).status == 404
    wanted = {"recipe": {"schema": 1, "steps": []}}
    for path in (f"/jobs/{job.id}/again", "/jobs", "/modules/toy/check"):
        body = wanted if path.endswith("again") else {**wanted, "module": "toy", "dataset": dataset}
        answer = await site.stranger.post(path, headers=adam, json=body)
        assert answer.status == 404, path
        assert SECRET not in await answer.text()
    chosen = {"name": "copy", "rows": [0]}
    answer = await site.stranger.post(f"/jobs/{job.id}/selections", headers=adam, json=chosen)
    assert answer.status in {404, 409, 422}
    assert (await (await site.stranger.get("/data", headers=adam)).json())["total"] == 0


async def test_a_public_model_does_not_show_private_predictions_and_deployments(site: Site) -> None:
    platform, adam = site.platform, await headers_of(site, "adam")
    dataset = await add_dataset(platform)
    job = await settle(platform, await submit(platform, dataset))
    model = await platform.models.of_job(job.id)
    assert model is not None
    await platform.sharing.change("model", model.id, {"visibility": "public"}, OWNER)
    asked = {"dataset": await add_dataset(platform, name=SECRET), "label": SECRET}
    made = await site.stranger.post(f"/models/{model.id}/predictions", headers=site.json, json=asked)
    assert made.status == 201
    await platform.deployments.create({"name": SECRET, "model": model.id, "access": "users"}, OWNER)
    for headers in (adam, {"Accept": "application/json"}):
        for path in (f"/models/{model.id}", "/models", "/", "/modules/toy", "/deployments"):
            text = await (await site.stranger.get(path, headers=headers)).text()
            assert SECRET not in text, path


async def test_a_deployment_that_is_private_is_called_by_nobody_else_but_with_its_token(site: Site) -> None:
    platform, adam = site.platform, await headers_of(site, "adam")
    job = await settle(platform, await submit(platform))
    model = await platform.models.of_job(job.id)
    assert model is not None
    for access in ("users", "tokens"):
        name = f"{SECRET}-{access}"
        await platform.deployments.create({"name": name, "model": model.id, "access": access}, OWNER)
        await platform.deployments.enable(name, enabled=False)
        token = (await platform.deployments.tokens.make(name, {"title": "a"}, OWNER))["secret"]
        one, unknown = f"/predict/{name}", "/predict/nothing"
        found = await site.stranger.post(one, headers=adam)
        none = await site.stranger.post(unknown, headers=adam)
        assert (found.status, none.status) == (404, 404)
        told = (await found.text()).replace(name, ""), (await none.text()).replace("nothing", "")
        assert told[0] == told[1]
        assert (await site.stranger.post(one)).status == (await site.stranger.post(unknown)).status == 401
        wrong = {"Authorization": f"Bearer {token[:-4]}aaaa"}
        answers = [(await site.stranger.post(path, headers=wrong)).status for path in (one, unknown)]
        assert answers == [401, 401]
        right = {"Authorization": f"Bearer {token}"}
        assert (await site.stranger.post(one, headers=right)).status == 503  # it is disabled
        assert (await site.stranger.post(unknown, headers=right)).status == 403
    await platform.sharing.change("deployment", f"{SECRET}-users", {"visibility": "public"}, OWNER)
    assert (await site.stranger.post(f"/predict/{SECRET}-users", headers=adam)).status == 503


async def test_what_everybody_may_call_has_a_page_for_who_may_not_see_more_of_it(site: Site) -> None:
    adam = await headers_of(site, "adam")
    job = await settle(site.platform, await submit(site.platform))
    model = await site.platform.models.of_job(job.id)
    assert model is not None
    await site.platform.deployments.create({"name": "open", "model": model.id, "access": "public"}, OWNER)
    for headers in (adam, {"Accept": "application/json"}):
        told = await (await site.stranger.get("/deployments/open", headers=headers)).json()
        assert told["deployment"]["predict"]
        assert "versions" not in told["deployment"]
        assert "tokens" not in told
