"""Deployments through HTTP: made, changed, called and counted."""

from __future__ import annotations

from typing import Any

from tests.platform.web.conftest import Site
from tests.platform.world import settle, submit


async def ask(site: Site, method: str, path: str, status: int = 200, **body: Any) -> Any:
    answer = await site.stranger.request(
        method, path, headers=site.json, json=body if method == "POST" else None
    )
    assert answer.status == status, await answer.text()
    return await answer.json() if status != 204 else None


async def deployed(site: Site, **intent: Any) -> str:
    """Deploy the model of a new job; return the job."""
    job = await settle(site.platform, await submit(site.platform))
    await ask(site, "POST", "/deployments", 201, name="toy", job=job.id, **intent)
    return job.id


async def test_a_deployment_is_listed_with_what_was_asked_of_it(site: Site) -> None:
    await deployed(site, scaling={"minimum": 0, "maximum": 2}, access="tokens")
    [one] = (await ask(site, "GET", "/deployments"))["deployments"]
    assert (one["name"], one["access"], one["scaling"]["maximum"], one["last_hour"]["requests"]) == (
        "toy",
        "tokens",
        2,
        0,
    )
    page = await (await site.stranger.get("/deployments/toy", headers=site.browser)).text()
    assert "Bearer $TOKEN" in page
    assert "<dd>tokens</dd>" in page


async def test_versions_are_tried_promoted_and_rolled_back(site: Site) -> None:
    await deployed(site)
    second = await settle(site.platform, await submit(site.platform))
    found = (await ask(site, "POST", "/deployments/toy/versions", 201, job=second.id, share=10))["deployment"]
    assert (found["stable"], found["canary"], found["share"], len(found["versions"])) == (1, 2, 10, 2)
    found = (await ask(site, "POST", "/deployments/toy/canary", share=40))["deployment"]
    assert found["share"] == 40
    found = (await ask(site, "POST", "/deployments/toy/promote"))["deployment"]
    assert (found["stable"], found["canary"], found["previous"]) == (2, None, 1)
    assert found["model"] == found["versions"][0]["model"]
    found = (await ask(site, "POST", "/deployments/toy/rollback"))["deployment"]
    assert found["stable"] == 1


async def test_a_model_of_any_version_is_not_deleted(site: Site) -> None:
    job = await deployed(site)
    model = (await ask(site, "GET", f"/jobs/{job}"))["model"]["id"]
    other = await settle(site.platform, await submit(site.platform))
    await ask(site, "POST", "/deployments/toy/versions", 201, job=other.id)
    assert "toy" in (await ask(site, "DELETE", f"/models/{model}", 409))["detail"]


async def test_what_is_wrong_is_named_by_its_field(site: Site) -> None:
    await deployed(site)
    for path, body, field in (
        ("/deployments/toy/settings", {"scaling": {"minimum": 5, "maximum": 2}}, "scaling"),
        ("/deployments/toy/settings", {"scaling": 5}, "scaling"),
        ("/deployments/toy/settings", {"access": "friends"}, "access"),
        ("/deployments/toy/settings", {"nodes": ["moon"]}, "node"),
        ("/deployments/toy/settings", {"colour": "red"}, "colour"),
        ("/deployments/toy/canary", {"share": 200, "version": 1}, "share"),
        ("/deployments/toy/canary", {"share": 20}, "version"),
        ("/deployments/toy/promote", {}, "version"),
        ("/deployments/toy/rollback", {}, "version"),
        ("/deployments/toy/versions", {"share": 5}, "model"),
        ("/deployments/toy/tokens", {"title": ""}, "title"),
        ("/deployments/toy/tokens", {"title": "x", "rate": 0}, "rate"),
        ("/deployments/toy/tokens", {"title": "x", "scope": "admin"}, "scope"),
    ):
        problem = await ask(site, "POST", path, 422, **body)
        assert [error["field"] for error in problem["errors"]] == [field], path
    await ask(site, "GET", "/deployments/toy/usage?hours=1000", 422)
    await ask(site, "POST", "/deployments/none/rollback", 404)


async def test_a_token_is_shown_once_and_can_be_revoked(site: Site) -> None:
    await deployed(site)
    made = (await ask(site, "POST", "/deployments/toy/tokens", 201, title="survey", days=3, quota=5))["token"]
    [shown] = (await ask(site, "GET", "/deployments/toy/tokens"))["tokens"]
    assert "secret" not in shown
    assert shown == {key: value for key, value in made.items() if key != "secret"}
    await ask(site, "DELETE", f"/deployments/toy/tokens/{made['id']}", 204)
    await ask(site, "DELETE", f"/deployments/toy/tokens/{made['id']}", 404)
    assert (await ask(site, "GET", "/deployments/toy/tokens"))["tokens"] == []


async def test_a_token_of_a_deployment_opens_nothing_else(site: Site) -> None:
    await deployed(site)
    made = (await ask(site, "POST", "/deployments/toy/tokens", 201, title="survey", scope="all"))["token"]
    bearer = {"Authorization": f"Bearer {made['secret']}", "Accept": "application/json"}
    for path in ("/jobs", "/deployments/toy", "/deployments/toy/tokens"):
        assert (await site.stranger.get(path, headers=bearer)).status == 401


async def test_a_stranger_may_neither_train_through_it_nor_call_what_is_closed(site: Site) -> None:
    await deployed(site)
    strange = {"Accept": "application/json"}
    train = await site.stranger.post("/deployments/toy/v2/models/toy/train/", headers=strange)
    assert (train.status, train.content_type) == (401, "application/problem+json")
    await ask(site, "POST", "/deployments/toy/settings", access="tokens")
    assert (await site.stranger.post("/predict/toy", headers=strange)).status == 401
    usage = await ask(site, "GET", "/deployments/toy/usage")
    assert (usage["total"]["requests"], usage["total"]["client_errors"]) == (2, 2)
