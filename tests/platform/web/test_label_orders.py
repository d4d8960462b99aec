"""Queues in an order that jobs found: cells together, disagreements, contradicted labels, likeness."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spectra import Batch, FeatureSetWriter, Source
from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset, only_attempt, settle, submit

Columns = dict[str, list[Any]]
PATHS = ["A.csv", "B.csv"]


async def job_of(site: Site, dataset: str, **columns: list[Any]) -> str:
    """Return a job of the dataset that wrote a table of predictions; without columns: none."""
    job = await settle(site.platform, await submit(site.platform, dataset))
    out = site.platform.jobs.out_folder(await only_attempt(site.platform, job))
    if columns:
        table = {"row": [0, 1], "name": ["A", "B"], "path": PATHS, **columns}
        pq.write_table(pa.table(table), out / "predictions.parquet")
    return job.id


async def ask(site: Site, path: str, status: int = 201, **body: Any) -> Any:
    answer = await site.stranger.post(path, headers=site.json, json=body)
    assert answer.status == status, await answer.text()
    return await answer.json()


async def label_set(site: Site, dataset: str, labels: str = "") -> str:
    body = {"name": "stars", "dataset": dataset, "classes": ["A", "B"]}
    made = (await ask(site, "/label-sets", **body))["label_set"]["id"]
    events = [
        {"key": f"k{row}", "kind": "label", "row": row, "label": label}
        for row, label in enumerate(labels)
        if label != "-"
    ]
    await ask(site, f"/label-sets/{made}/events", 200, events=events)
    return str(made)


async def rows_of(site: Site, made: Any) -> list[tuple[int, Any]]:
    taken = await ask(site, f"{made['url']}/take", 200, count=10)
    return [(item["row"], item["opinion"]) for item in taken["items"]]


async def test_spectra_of_a_cell_come_together_and_labelled_ones_not_at_all(site: Site) -> None:
    dataset = await add_dataset(site.platform)
    job = await job_of(site, dataset, cell_row=[1, 0], cell_column=[0, 4])
    where = f"/jobs/{job}/label-queues"
    made = await ask(site, where, by="similarity", label_set=await label_set(site, dataset))
    assert await rows_of(site, made) == [(1, None), (0, None)]
    assert made["queue"]["origin"] == {"kind": "similarity", "job": job}
    made = await ask(site, where, by="similarity", label_set=await label_set(site, dataset, "-B"))
    assert await rows_of(site, made) == [(0, None)]
    answer = await ask(site, where, 409, by="similarity", label_set=await label_set(site, dataset, "AB"))
    assert "labelled already" in answer["detail"]


async def test_two_models_disagree_and_one_contradicts_labels(site: Site) -> None:
    dataset = await add_dataset(site.platform)
    one = await job_of(site, dataset, label=["A", "B"], probability=[0.9, 0.6])
    two = await job_of(site, dataset, label=["B", "B"], probability=[0.8, 0.7])
    labels = await label_set(site, dataset, "BB")
    made = await ask(site, f"/jobs/{one}/label-queues", by="models", other=two, label_set=labels)
    models = [
        {"job": one, "label": "A", "probability": 0.9},
        {"job": two, "label": "B", "probability": 0.8},
    ]
    assert await rows_of(site, made) == [(0, {"label": None, "models": models})]
    answer = await ask(site, f"/jobs/{one}/label-queues", 409, by="models", other=one, label_set=labels)
    assert "no disagreement" in answer["detail"]
    made = await ask(site, f"/jobs/{one}/label-queues", by="errors", label_set=labels)
    assert await rows_of(site, made) == [(0, {"label": "A", "probabilities": {"A": 0.9}})]
    answer = await ask(site, f"/jobs/{two}/label-queues", 409, by="errors", label_set=labels)
    assert "contradicts no label" in answer["detail"]
    page = await site.stranger.get(f"/label-sets/{labels}", headers=site.browser)
    assert "New queue by a job" in await page.text()


async def test_the_spectra_most_like_a_row_are_found(site: Site) -> None:
    dataset = await add_dataset(site.platform)
    job = await job_of(site, dataset)
    out = site.platform.jobs.out_folder(await only_attempt(site.platform, await site.platform.jobs.get(job)))
    flux = np.array([[0, 1, 0, 2], [0, 2, 0, 3]], dtype=np.float32)
    with FeatureSetWriter(out / "features.parquet", wavelength=None) as writer:
        writer.write(Batch(flux, None, ["A", "B"], [None] * 2, [None] * 2, [Source(path) for path in PATHS]))
    labels = await label_set(site, dataset)
    made = await ask(site, f"/jobs/{job}/label-queues", by="likeness", row=0, count=1, label_set=labels)
    assert await rows_of(site, made) == [(1, None)]
    answer = await ask(site, f"/jobs/{job}/label-queues", 404, by="likeness", row=7, label_set=labels)
    assert "no row 7" in answer["detail"]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"by": "errors"}, 404, "no table of predictions"),
        ({"by": "models", "other": "gone"}, 404, "gone"),
        ({"by": "similarity"}, 404, "map"),
        ({"by": "likeness"}, 422, "row"),
        ({"by": "magic"}, 422, "by"),
    ],
)
async def test_what_a_job_cannot_order_is_said(site: Site, body: Any, status: int, told: str) -> None:
    dataset = await add_dataset(site.platform)
    answer = await ask(site, f"/jobs/{await job_of(site, dataset)}/label-queues", status, **body)
    assert told in str(answer)


async def test_a_model_of_other_classes_is_compared_with_nothing(site: Site) -> None:
    dataset = await add_dataset(site.platform)
    stars = await job_of(site, dataset, label=["A", "B"], probability=[0.9, 0.6])
    galaxies = await job_of(site, dataset, label=["Sa", "E0"], probability=[0.8, 0.7])
    labels = await label_set(site, dataset, "AB")
    where = f"/jobs/{galaxies}/label-queues"
    answer = await ask(site, where, 409, by="errors", label_set=labels)
    assert answer["detail"] == (
        "The model predicts E0, Sa; the label set stars has A, B: nothing can be compared."
    )
    answer = await ask(site, where, 409, by="models", other=stars, label_set=labels)
    assert f"the job {stars} has A, B" in answer["detail"]
