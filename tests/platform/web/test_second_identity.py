"""A second identity walks every route and sees nothing of the first's."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import insert

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.errors import Denied, NotFound
from dashboard.jobs.request import JobRequest
from dashboard.web.app.application import all_endpoints
from dashboard.web.app.endpoints import Endpoint
from dashboard.web.app.session_cookie import COOKIE
from deploy.deferred.record import Prediction, PredictionState
from deploy.model.tables import deployment_predictions
from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset, settle, submit

SECRET = "zirconium"  # in every name that the first identity gave
#: Kinds of objects that the second identity must not find.
PRIVATE = {"job", "dataset", "model", "deployment", "node", "label_set", "learning_session", "source"}
SECOND = Identity("second", frozenset({Role.USER}))


@dataclass
class Walk:
    """What the first identity owns, and the second one's way to ask for it."""

    site: Site
    token: str
    named: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """Of the second identity's program."""
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    @property
    def browser(self) -> dict[str, str]:
        """Of the second identity's browser."""
        return {"Cookie": f"{COOKIE}={self.token}", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}

    @property
    def traces(self) -> set[str]:
        """Texts by which an object of the first identity is recognised."""
        return {SECRET, *(self.named[kind] for kind in PRIVATE)}

    def path(self, endpoint: Endpoint) -> str:
        """Return an endpoint's path with the objects of the first identity in it."""
        return re.sub(r"\{(\w+)(?::[^{}]*)?\}", lambda found: self.named[found[1]], endpoint.path)


async def _made(site: Site, path: str, **body: Any) -> Any:
    answer = await site.stranger.post(path, headers=site.json, json=body)
    assert answer.status in {200, 201, 202}, await answer.text()
    return await answer.json()


async def _prediction(site: Site) -> str:
    deployment, _ = site.platform.deployments.service.get(f"{SECRET}-one")
    prediction = Prediction(
        id="f" * 32,
        deployment=deployment.name,
        deployment_created=deployment.created,
        gateway="gone",
        folder="/nowhere",
        caller="user owner",
        state=PredictionState.QUEUED,
        reason=SECRET,
        request={},
        size=1,
        created=deployment.created,
    )
    row = {name: getattr(prediction, name) for name in deployment_predictions.columns.keys()}  # noqa: SIM118
    async with site.platform.database.write() as connection:
        await connection.execute(insert(deployment_predictions).values(row))
    return prediction.id


@pytest.fixture
async def walk(site: Site) -> Walk:
    platform = site.platform
    dataset = await add_dataset(platform, name=SECRET)
    job = await settle(platform, await submit(platform, dataset, label=SECRET))
    model = await platform.models.of_job(job.id)
    assert model is not None
    name = f"{SECRET}-one"
    await _made(site, "/deployments", name=name, model=model.id, access="tokens")
    token = await _made(site, f"/deployments/{name}/tokens", title=SECRET)
    await _made(site, "/nodes", name=f"{SECRET}-node", kind="process")
    await _made(site, "/projects", name=f"{SECRET}-project")
    await _made(site, "/settings/notifications", webhook=f"https://example.org/{SECRET}")
    labels = await _made(site, "/label-sets", name=SECRET, dataset=dataset, classes=["A", "B"])
    label_set = labels["label_set"]["id"]
    queue = await _made(site, f"/label-sets/{label_set}/queues", kind="dataset", name=SECRET)
    settings = {"targets": ["A"], "module": "toy", "batch": 1, "start": False}
    session = await _made(site, "/learning", name=SECRET, dataset=dataset, label_set=label_set, **settings)
    values = {"address": f"http://127.0.0.1:1/{SECRET}"}
    source = (await _made(site, "/sources", name=SECRET, kind="http-file", values=values))["source"]["id"]
    acquisition = (await _made(site, f"/sources/{source}/acquisitions"))["acquisition"]["id"]
    await platform.acquisitions.runner.ended(acquisition)
    named = {
        "learning_session": session["session"]["id"],
        "round": "1",
        "source": source,
        "acquisition": acquisition,
        "label_set": label_set,
        "queue": queue["queue"]["id"],
        "job": job.id,
        "dataset": dataset,
        "model": model.id,
        "deployment": name,
        "node": f"{SECRET}-node",
        "token": token["id"] if "id" in token else token["token"]["id"],
        "prediction": await _prediction(site),
        "module": "toy",
        "path": "A.csv",
        "number": "0",
        "label_version": "1",
        "view": "summary",
        "mark": "0",
        "row": "0",
        "tail": "models",
        "person": "owner",
        "project": f"{SECRET}-project",
        "provider": "sso",
        "way": "0" * 16,
        "announcement": "none",
        "running_job": "none",
        "publication": "none",
        "version": "1.0.0",
        "guide": "hpc",
        "picture": "dashboard.png",
        "file": "alerts.yml",
        "namespace": "somebody",
        "subject": "person",
        "name": "owner",
    }
    second = await platform.sessions.redeem(await platform.sessions.one_time_link(SECOND))
    return Walk(site, second, named)


ROUTES = all_endpoints()


async def _first_sees(walk: Walk) -> None:
    """Require that everything is still there for the first identity."""
    site, named = walk.site, walk.named
    for kind, path in (("job", "jobs"), ("dataset", "data"), ("model", "models")):
        answer = await site.stranger.get(f"/{path}/{named[kind]}", headers=site.json)
        assert answer.status == 200, kind
    assert (await site.stranger.get(f"/deployments/{named['deployment']}", headers=site.json)).status == 200
    assert (await site.stranger.get(f"/nodes/{named['node']}", headers=site.json)).status == 200


async def test_a_second_identity_sees_nothing_of_the_firsts_on_any_route(walk: Walk) -> None:
    client = walk.site.stranger
    for endpoint in ROUTES:
        if endpoint.path in {"/live", "/leave", "/enter", "/openapi.json", "/health"}:
            continue
        methods = ["GET", "POST"] if endpoint.method == "*" else [endpoint.method]
        path, about = walk.path(endpoint), f"{endpoint.method} {endpoint.path}"
        for method in methods:
            body = {"json": {}} if method in {"POST", "PUT"} else {}
            for headers in (walk.headers, walk.browser):
                answer = await client.request(method, path, headers=headers, allow_redirects=False, **body)
                text = (await answer.read()).decode(errors="replace")  # a picture is no text
                objects = PRIVATE & set(re.findall(r"\{(\w+)", endpoint.path))
                assert answer.status < 500, about
                if objects and not endpoint.path.endswith("predictions"):
                    assert answer.status in {401, 403, 404}, f"{about}: {answer.status} {text[:300]}"
                if answer.status < 400:
                    assert not [trace for trace in walk.traces if trace in text], about
    await _first_sees(walk)


async def test_the_services_check_single_objects_as_well(walk: Walk) -> None:
    platform, named = walk.site.platform, walk.named
    job, dataset, model, name = (named[kind] for kind in ("job", "dataset", "model", "deployment"))
    denied = (
        platform.jobs.get(job, SECOND),
        platform.jobs.request_abort(job, SECOND),
        platform.jobs.retry(job, SECOND),
        platform.jobs.resume(job, SECOND),
        platform.jobs.delete(job, SECOND),
        platform.again(job, {}, SECOND),
        platform.results(job, SECOND),
        platform.reports.views(job, SECOND),
        platform.data.get(dataset, SECOND),
        platform.data.delete(dataset, SECOND),
        platform.data.done(dataset, SECOND),
        platform.data.label(dataset, b"name,label\n", identity=SECOND),
        platform.models.get(model, SECOND),
        platform.models.delete(model, SECOND),
        platform.deployments.enable(name, enabled=False, identity=SECOND),
        platform.deployments.set(name, {}, SECOND),
        platform.deployments.versions.set_canary(name, {"share": 1}, SECOND),
        platform.deployments.versions.promote(name, {}, SECOND),
        platform.deployments.versions.roll_back(name, SECOND),
        platform.deployments.delete(name, SECOND),
        platform.deployments.log(name, 1, SECOND),
        platform.deployments.usage(name, 1, SECOND),
        platform.deployments.predictions(name, SECOND),
        platform.deployments.tokens.make(name, {"title": "mine"}, SECOND),
        platform.deployments.tokens.delete(name, named["token"], SECOND),
        platform.administration.change(named["node"], {}, SECOND),
        platform.administration.drain(named["node"], SECOND, drained=True),
        platform.administration.remove(named["node"], SECOND),
    )
    for asked in denied:
        with pytest.raises(NotFound):
            await asked
    for look in (platform.deployments.get, platform.deployments.tokens.list, platform.nodes.get):
        with pytest.raises(NotFound):
            look(named["node"] if look == platform.nodes.get else name, SECOND)
    assert await platform.data.find(dataset, SECOND) is None
    assert await platform.models.of_job(job, SECOND) is None
    with pytest.raises(Denied):
        await platform.administration.add({"name": "mine", "kind": "process"}, SECOND)
    await _first_sees(walk)


async def test_tokens_and_predictions_of_a_public_deployment_are_its_owners(walk: Walk) -> None:
    service, name = walk.site.platform.deployments, walk.named["deployment"]
    await service.service.change(name, lambda one: replace(one, visibility="public"))
    assert service.get(name, SECOND)["name"] == name
    assert service.tokens.list(name, SECOND) == []
    assert await service.predictions(name, SECOND) == []
    assert [token["title"] for token in service.tokens.list(name, OWNER)] == [SECRET]
    assert [one["id"] for one in await service.predictions(name, OWNER)] == [walk.named["prediction"]]
    with pytest.raises(Denied):
        await service.enable(name, enabled=False, identity=SECOND)
    page = await walk.site.stranger.get(f"/deployments/{name}", headers=walk.headers)
    shown = await page.json()
    assert (shown["tokens"], shown["predictions"]) == ([], [])


async def test_every_route_of_an_object_answers_as_if_it_did_not_exist(walk: Walk) -> None:
    client = walk.site.stranger
    for kind in ("job", "dataset", "model", "deployment"):
        folder = {"dataset": "data"}.get(kind, f"{kind}s")
        absent = "0" * len(walk.named[kind])
        own = await (await client.get(f"/{folder}/{walk.named[kind]}", headers=walk.headers)).json()
        none = await (await client.get(f"/{folder}/{absent}", headers=walk.headers)).json()
        for problem, name in ((own, walk.named[kind]), (none, absent)):
            problem.pop("id", None)
            problem.pop("instance", None)
            problem["detail"] = problem["detail"].replace(name, "")
        assert own == none


async def test_a_private_node_and_an_unknown_one_give_the_same_answer_everywhere(walk: Walk) -> None:
    client, named = walk.site.stranger, walk.named
    own = await add_dataset(walk.site.platform, owner="second")
    absent = "x" * len(named["node"])
    for method, path, body in (
        ("GET", "/nodes/NODE", None),
        ("POST", "/nodes/NODE", {"cpus": 2}),
        ("DELETE", "/nodes/NODE", None),
        ("POST", "/nodes/NODE/drain", {}),
        ("POST", "/nodes/NODE/resume", {}),
        ("POST", "/nodes/NODE/probe", {}),
        ("GET", "/live?topics=node:NODE", None),
        ("POST", "/jobs", {"module": "toy", "dataset": own, "node": "NODE"}),
        ("POST", "/modules/toy/check", {"dataset": own, "node": "NODE"}),
        ("POST", "/deployments", {"module": "toy", "node": "NODE"}),
        ("POST", "/deployments", {"module": "toy", "nodes": ["local", "NODE"]}),
    ):
        answers = []
        for node in (named["node"], absent):
            sent = None if body is None else json.loads(json.dumps(body).replace("NODE", node))
            answer = await client.request(method, path.replace("NODE", node), headers=walk.headers, json=sent)
            told = re.sub(r'"id": ?"\w+"', "", await answer.text()).replace(node, "NODE")
            answers.append((answer.status, told))
        assert answers[0] == answers[1], f"{method} {path} {body}"
        assert answers[0][0] in {403, 404}, f"{method} {path} {body}: {answers[0]}"
    await _first_sees(walk)


async def test_references_in_bodies_and_queries_are_checked(walk: Walk) -> None:
    client, named = walk.site.stranger, walk.named
    own = await add_dataset(walk.site.platform, owner="second")
    for path, body in (
        ("/jobs", {"module": "toy", "dataset": named["dataset"]}),
        ("/jobs", {"module": "toy", "dataset": own, "node": named["node"]}),
        ("/jobs", {"module": "toy", "dataset": own, "start": named["model"]}),
        ("/modules/toy/check", {"dataset": named["dataset"]}),
        ("/modules/toy/check", {"dataset": own, "start": named["model"]}),
        ("/deployments", {"model": named["model"]}),
        ("/deployments", {"job": named["job"]}),
        ("/deployments", {"module": "toy", "node": named["node"]}),
        ("/preview", {"dataset": named["dataset"]}),
    ):
        answer = await client.post(path, headers=walk.headers, json=body)
        assert answer.status == 404, f"{path} {body} {answer.status} {await answer.text()}"
    queries = "&".join(f"{name}={named['job']}" for name in ("parent", "again", "job"))
    queries += f"&start={named['model']}"
    answer = await client.get(f"/modules/toy/train?{queries}", headers=walk.headers)
    assert SECRET not in await answer.text()
    page = await client.get(f"/?dataset={named['dataset']}", headers=walk.headers)
    assert SECRET not in await page.text()


async def test_lists_of_a_second_identity_hold_its_own_alone(walk: Walk) -> None:
    platform = walk.site.platform
    own = await add_dataset(platform, owner="second")
    job = await platform.submit(_request(own), SECOND)
    assert [one.id for one in (await platform.jobs.list(identity=SECOND)).items] == [job.id]
    assert (await platform.jobs.list(identity=SECOND)).total == 1
    assert sum((await platform.jobs.counts(identity=SECOND)).values()) == 1
    assert [one.id for one in (await platform.data.store.search(identity=SECOND)).items] == [own]
    assert (await platform.models.list(identity=SECOND)).total == 0
    assert platform.deployments.list(SECOND) == []
    assert [node.name for node in platform.nodes.list(SECOND)] == ["local"]


async def test_a_second_identity_gets_no_live_event_of_the_firsts(walk: Walk) -> None:
    client, named, platform = walk.site.stranger, walk.named, walk.site.platform
    single = [f"{kind}:{named[kind]}" for kind in ("job", "dataset", "model", "deployment", "node")]
    for topic in (*single, "jobs:ended"):
        answer = await client.get(f"/live?topics={topic}", headers=walk.headers)
        assert answer.status == 404, topic
    topics = "jobs,datasets,models,deployments,nodes,modules"
    async with client.get(f"/live?topics={topics}", headers=walk.headers) as stream:
        assert stream.status == 200
        await stream.content.readuntil(b"\n\n")
        await settle(platform, await submit(platform, named["dataset"]))
        await platform.administration.drain(named["node"], OWNER, drained=True)
        await platform.deployments.enable(named["deployment"], enabled=False)
        own = await platform.submit(_request(await add_dataset(platform, owner="second")), SECOND)
        async with asyncio.timeout(10):
            while own.id not in (text := (await stream.content.readuntil(b"\n\n")).decode()):
                # Everybody sees the node of the file of settings.
                assert '"data":{}' in text or '"node":"local"' in text, text
        assert not [trace for trace in walk.traces if trace in text]


def _request(dataset: str) -> JobRequest:
    return JobRequest("toy", dataset)


async def test_the_walk_knows_every_variable_of_a_path(walk: Walk) -> None:
    assert {
        name for endpoint in ROUTES for name in re.findall(r"\{(\w+)", endpoint.path)
    } <= walk.named.keys()
