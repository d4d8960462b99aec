"""The pages that are looked at: for accessibility, and as pictures."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.showcase import Showcase

PAGES = {
    "market": "/",
    "market, nothing found": "/?q=nothing",
    "module": "/modules/rdf",
    "training form": "/modules/rdf/train?dataset={dataset}",
    "run with changes": "/modules/som/train?from={map}",
    "data": "/data",
    "dataset": "/data/{dataset}",
    "spectrum": "/data/{dataset}/spectra/3",
    "jobs": "/jobs",
    "forest": "/jobs/{forest}",
    "map": "/jobs/{map}",
    "failed job": "/jobs/{failed}",
    "parameters": "/jobs/{again}#job-parameters",
    "row": "/jobs/{forest}/rows/3",
    "models": "/models",
    "model": "/models/{model}",
    "deployments": "/deployments",
    "nodes": "/nodes",
    "node": "/nodes/local",
    "node of the page": "/nodes/drained-box",
    "new node": "/nodes/new",
    "settings": "/settings",
    "jobs, filtered": "/jobs?owner=me&module=rdf&sort=label&q=forest",
    "not found": "/nowhere",
    "guides": "/docs?q=token",
    "guide": "/docs/labelling",
    "API reference": "/docs/api",
    "search": "/find?q=forest",
    "leaderboards": "/leaderboards",
    "jobs with metrics": "/jobs?sort=-metrics.accuracy&columns=metrics.accuracy&where=metrics.accuracy%3E0",
    "comparison": "/compare?jobs={forest},{again}",
    "label sets": "/label-sets",
    "learning": "/learning",
    "sources": "/sources",
    "new source": "/sources/new",
    "administration": "/administration",
    "running": "/administration/running",
    "people": "/people",
    "quotas": "/administration/quotas",
    "storage": "/administration/storage",
    "audit log": "/audit",
}


def address(showcase: Showcase, path: str) -> str:
    assert showcase.platform
    jobs = {name: job.id for name, job in showcase.jobs.items()}
    model = showcase.do(showcase.platform.models.of_job(jobs["forest"]))
    assert model
    return showcase.address + path.format(dataset=showcase.dataset, model=model.id, **jobs)


def drawn(page: Page) -> None:
    """Scroll through the page and wait until every plot of it is drawn."""
    for frame in page.locator("[data-view]:visible").all():
        frame.scroll_into_view_if_needed()
        expect(frame.locator(".plot-wait")).to_have_count(0, timeout=60_000)
    expect(page.locator(".plot-wait:visible")).to_have_count(0, timeout=60_000)
