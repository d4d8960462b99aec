"""The platform's metrics: who reads them, what they hold, and that dashboard and alerts name nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from dashboard.auth.identity import OWNER, Scope
from dashboard.jobs.request import JobRequest
from tests.conftest import ROOT
from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset

MONITORING = ROOT / "docs" / "monitoring"
SAMPLE = re.compile(r"^(huggins_[a-z_]+)(?:\{(.*)\})? ([0-9.eE+-]+)$")
NAME = re.compile(r"\bhuggins_[a-z_]+")


async def scraped(site: Site, **headers: str) -> list[tuple[str, dict[str, str], float]]:
    answer = await site.stranger.get("/metrics", headers=headers or site.json)
    assert answer.status == 200, await answer.text()
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in (await answer.text()).splitlines() if line and not line.startswith("#")]
    found = []
    for line in lines:
        match = SAMPLE.fullmatch(line)
        assert match, line
        labels = dict(re.findall(r'([a-z]+)="([^"]*)"', match[2] or ""))
        found.append((match[1], labels, float(match[3])))
    return found


def value(samples: list[tuple[str, dict[str, str], float]], name: str, **labels: str) -> float:
    [found] = [number for one, of, number in samples if one == name and of == labels]
    return found


async def test_what_is_counted_is_true(site: Site) -> None:
    dataset = await add_dataset(site.platform, bytes=46)
    await site.platform.submit(JobRequest("toy", dataset), OWNER)
    await site.stranger.get("/nothing", headers=site.json)
    await site.stranger.post("/sign-in", json={"name": "x", "password": "y"}, headers=site.json)
    found = await scraped(site)
    assert value(found, "huggins_jobs", phase="QUEUED") == 1
    assert value(found, "huggins_datasets", state="ready") == 1
    assert value(found, "huggins_datasets_bytes") == 46
    assert value(found, "huggins_node_up", node="local") in {0, 1}
    assert value(found, "huggins_http_requests_total", method="GET", status="4xx") == 1
    assert value(found, "huggins_deeds_total", deed="sign-in failed") == 1
    assert 0 < value(found, "huggins_disk_free_bytes") <= value(found, "huggins_disk_bytes")
    assert value(found, "huggins_database_bytes") > 0
    assert value(found, "huggins_resident_memory_bytes") > 10_000_000


async def test_a_token_that_reads_is_enough_for_an_administrator_and_nobody_else_may(site: Site) -> None:
    _, secret = await site.platform.api_tokens.create(OWNER, "prometheus", [Scope.READ], None)
    await scraped(site, Authorization=f"Bearer {secret}")
    assert (await site.stranger.get("/metrics", headers={"Accept": "text/plain"})).status == 401


def _expressions(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["expr"]] if "expr" in value else []
        return own + [one for part in value.values() for one in _expressions(part)]
    return [one for part in value for one in _expressions(part)] if isinstance(value, list) else []


async def test_dashboard_and_alerts_name_metrics_that_there_are(site: Site) -> None:
    text = await (await site.stranger.get("/metrics", headers=site.json)).text()
    declared = set(re.findall(r"^# TYPE (huggins_\w+)", text, re.MULTILINE))
    dashboard = json.loads((MONITORING / "grafana.json").read_text("utf-8"))
    alerts = yaml.safe_load((MONITORING / "alerts.yml").read_text("utf-8"))
    for document in (dashboard, alerts):
        expressions = _expressions(document)
        assert len(expressions) > 5
        named = {name for one in expressions for name in NAME.findall(one)}
        assert {name.removesuffix("_bucket") for name in named} <= declared
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)


async def test_one_id_names_a_request_in_its_answer_its_error_and_its_job(site: Site) -> None:
    mine = {**site.json, "X-Request-Id": "abcdef-0123"}
    answer = await site.stranger.get("/jobs/nothing", headers=mine)
    assert (answer.headers["X-Request-Id"], (await answer.json())["id"]) == ("abcdef-0123",) * 2
    first, second = [
        (await site.stranger.get("/health", headers={"X-Request-Id": "no id\t"})).headers["X-Request-Id"]
        for _ in range(2)
    ]
    assert first != second
    dataset = await add_dataset(site.platform)
    made = await site.stranger.post("/jobs", json={"module": "toy", "dataset": dataset}, headers=mine)
    job = (await made.json())["job"]["id"]
    events = await site.platform.jobs.events(job)
    assert events[0].detail["request"] == "abcdef-0123"
