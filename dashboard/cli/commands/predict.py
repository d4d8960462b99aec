"""`huggins predict`: predict files by a deployment, or a dataset by a model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import click

from dashboard.cli.api import Api, ApiProblem, connect
from dashboard.cli.commands.data import dataset_id
from dashboard.cli.commands.jobs import follow, show_job
from dashboard.cli.output import console, json_option, run_async, show_json, show_table

AT_ONCE = 4


@click.command()
@click.argument("target", metavar="DEPLOYMENT|DATASET")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", default="", help="Predict a whole dataset by this model (id or name), as a job.")
@click.option("--node", default="any", help="Node of the job.")
@click.option("--label", default="", help="Label of the job.")
@click.option("--follow", "following", is_flag=True, help="Wait until the job ends.")
@json_option
@run_async
async def predict(
    target: str, files: tuple[Path, ...], *, model: str, node: str, label: str, following: bool, as_json: bool
) -> None:
    """Send FILES with spectra to DEPLOYMENT and print the predictions; or predict a DATASET by a model.

    huggins predict be-stars spectrum.fits

    huggins predict my-spectra --model m-01… --follow
    """
    if model:
        if files:
            raise click.UsageError("--model predicts a dataset: give its name or id, and no files")
        await _predict_dataset(target, model, {"node": node, "label": label}, following, as_json)
        return
    if not files:
        raise click.UsageError("give files to send to the deployment, or --model to predict a dataset")
    async with connect() as api:
        answers = await predict_files(api, target, files)
    if as_json:
        show_json(answers)
    else:
        show_answers(answers)
    if all("error" in answer or not answer["results"] for answer in answers):
        raise SystemExit(1)


async def _predict_dataset(
    dataset: str, model: str, body: dict[str, Any], following: bool, as_json: bool
) -> None:
    async with connect() as api:
        body["dataset"] = await dataset_id(api, dataset)
        job = (await api.post(f"/models/{quote(await model_id(api, model))}/predictions", body))["job"]
        if following:
            job = await follow(api, job["id"], quiet=as_json)
    if as_json:
        show_json(job)
    else:
        show_job(job)
        if job["phase"] == "COMPLETED":
            console.print(f"huggins jobs download {job['id']} predictions.csv")
    if job["phase"] in ("ERROR", "ABORTED"):
        raise SystemExit(1)


async def model_id(api: Api, text: str) -> str:
    """Return the id of a model given by its id or name; of several with that name, of the newest.

    Raises
    ------
    click.ClickException
        If there is no such model.
    """
    for model in (await api.get("/models", q=text, size=200))["models"]:
        if text in (model["id"], model["name"]):
            return str(model["id"])
    raise click.ClickException(
        f"there is no model {text!r}: `huggins jobs show JOB` names the model of a job"
    )


async def predict_files(api: Api, deployment: str, files: tuple[Path, ...]) -> list[dict[str, Any]]:
    """Predict each file, a few concurrently.

    Returns
    -------
    list of dict
        For each file the answer and its name as ``file``; ``{"file", "error"}`` where the call failed.
    """
    slots = asyncio.Semaphore(AT_ONCE)

    async def ask(file: Path) -> dict[str, Any]:
        async with slots:
            form = aiohttp.FormData()
            with file.open("rb") as stream:
                form.add_field("data", stream, filename=file.name, content_type="application/octet-stream")
                try:
                    answer = await api.post_form(f"/predict/{deployment}", form)
                except ApiProblem as problem:
                    return {"file": str(file), "error": problem.message}
        return {"file": str(file), **answer.get("predictions", answer)}

    return list(await asyncio.gather(*(ask(file) for file in files)))


def show_answers(answers: list[dict[str, Any]]) -> None:
    """Print one line for each spectrum: its prediction and probability, or why it has none."""
    rows: list[tuple[Any, ...]] = []
    for answer in answers:
        name = Path(answer["file"]).name
        if "error" in answer:
            rows.append((name, "", "", answer["error"]))
        rows += [(name, *_said(result)) for result in answer.get("results", ())]
        rows += [(name, "", "", f"rejected: {entry['reason']}") for entry in answer.get("rejected", ())]
    show_table(("file", "answer", "probability", "more"), rows, "No predictions.")


def _said(result: dict[str, Any]) -> tuple[Any, Any, str]:
    shares = result.get("probabilities") or {}
    others = sorted(shares.items(), key=lambda item: -item[1])[1:3]
    label = result.get("label", result.get("value"))
    if label is None and "cell" in result:
        label = f"cell {result['cell']}"
    more = [f"{name} {share:.2f}" for name, share in others]
    domain = result.get("domain") or {}
    if domain.get("state", "inside") != "inside":
        more.append(f"{domain['state']} of the training domain: {domain.get('reason', '')}")
    return label, shares.get(label), ", ".join(more)
