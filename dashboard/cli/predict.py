"""`huggins predict`: ask a deployed model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import click

from dashboard.cli.api import Api, ApiProblem, connect
from dashboard.cli.output import json_option, run_async, show_json, show_table

AT_ONCE = 4


@click.command()
@click.argument("deployment")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@json_option
@run_async
async def predict(deployment: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Send FILES with spectra to DEPLOYMENT and print the answers."""
    async with connect() as api:
        answers = await predict_files(api, deployment, files)
    if as_json:
        show_json(answers)
    else:
        show_answers(answers)
    if all("error" in answer or not answer["results"] for answer in answers):
        raise SystemExit(1)


async def predict_files(api: Api, deployment: str, files: tuple[Path, ...]) -> list[dict[str, Any]]:
    """Ask for each file, a few at once; one refused gives ``{"file", "error"}`` and harms no other."""
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(file: Path) -> dict[str, Any]:
        async with places:
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
    """Print one line a spectrum: its answer, how sure, or why there is none."""
    rows: list[tuple[Any, ...]] = []
    for answer in answers:
        name = Path(answer["file"]).name
        if "error" in answer:
            rows.append((name, "", "", answer["error"]))
        rows += [(name, *_said(result)) for result in answer.get("results", ())]
        rows += [(name, "", "", f"refused: {entry['reason']}") for entry in answer.get("rejected", ())]
    show_table(("file", "answer", "probability", "more"), rows, "No answer.")


def _said(result: dict[str, Any]) -> tuple[Any, Any, str]:
    shares = result.get("probabilities") or {}
    others = sorted(shares.items(), key=lambda item: -item[1])[1:3]
    label = result.get("label", result.get("value"))
    if label is None and "cell" in result:
        label = f"cell {result['cell']}"
    return label, shares.get(label), ", ".join(f"{name} {share:.2f}" for name, share in others)
