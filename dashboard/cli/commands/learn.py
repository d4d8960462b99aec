"""`huggins learn`: sessions of active learning."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, TextIO

import click

from dashboard.cli.api import connect
from dashboard.cli.commands.data import dataset_id
from dashboard.cli.learning import Replay, round_ended, session_id
from dashboard.cli.output import json_option, run_async, show_fields, show_json, show_table
from dashboard.cli.parameter import parameter_of
from dashboard.learning.presets import PRESETS
from dashboard.learning.settings import REJECTIONS, STRATEGIES


@click.group()
def learn() -> None:
    """Active learning: sessions, rounds, candidates."""


@learn.command("list")
@json_option
@run_async
async def list_sessions(as_json: bool) -> None:
    """List the newest sessions."""
    async with connect() as api:
        found = await api.get("/learning")
    if as_json:
        show_json({"sessions": found["sessions"], "total": found["total"]})
        return
    rows = [
        (one["id"], one["name"], one["dataset_name"], ", ".join(one["settings"]["targets"]), one["state"])
        for one in found["sessions"]
    ]
    show_table(
        ("id", "name", "pool", "targets", "state"), rows, "No sessions yet: huggins learn new NAME DATASET"
    )


@learn.command("new")
@click.argument("name")
@click.argument("dataset")
@click.option("--class", "classes", multiple=True, metavar="CLASS", help="A class, in the order of keys.")
@click.option("--target", "targets", multiple=True, metavar="CLASS", help="A class that is searched for.")
@click.option("--label-set", default="", metavar="ID", help="Use this label set, and its labels.")
@click.option("--preset", type=click.Choice(sorted(PRESETS)), help="Start from published settings.")
@click.option("--module", default="", help="Module that trains; rdf without a preset.")
@click.option("--set", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of it.")
@click.option("--recipe", type=click.File(encoding="utf-8"), help="JSON file of a recipe for the pool.")
@click.option("--strategy", type=click.Choice(STRATEGIES), help="How batches are chosen.")
@click.option("--batch", type=int, help="Spectra of a batch.")
@click.option("--performance", type=int, help="Spectra of the sample that gives the precision.")
@click.option("--recall", type=int, help="Spectra of the sample that gives the recall.")
@click.option("--rejection", type=click.Choice(REJECTIONS), help="What is set aside.")
@click.option("--seed", type=int, help="Of every random choice.")
@click.option("--budget", type=int, help="Stop after so many labels.")
@click.option("--rounds", type=int, help="Stop after so many rounds.")
@click.option("--precision", type=float, help="Stop when the precision is surely at least this.")
@click.option("--manual", is_flag=True, help="Do not begin rounds by themselves.")
@click.option("--project", default="", help="A project whose members see it and may label.")
@json_option
@run_async
async def new(
    name: str,
    dataset: str,
    classes: tuple[str, ...],
    targets: tuple[str, ...],
    label_set: str,
    preset: str | None,
    module: str,
    parameters: tuple[str, ...],
    recipe: TextIO | None,
    budget: int | None,
    rounds: int | None,
    precision: float | None,
    manual: bool,
    project: str,
    as_json: bool,
    **settings: Any,
) -> None:
    """Create a session NAME whose pool is DATASET, and begin its first round."""
    known = PRESETS.get(preset or "", {})
    body: dict[str, Any] = {**known.get("settings", {"module": "rdf"}), "name": name}
    body["classes"] = list(classes or known.get("classes", ()))
    body |= {key: value for key, value in settings.items() if value is not None}
    body |= {"targets": list(targets)} if targets else {}
    body |= {"module": module, "parameters": {}} if module and module != body.get("module") else {}
    body["parameters"] = {**body.get("parameters", {}), **dict(map(parameter_of, parameters))}
    if label_set:
        body |= {"label_set": label_set, "classes": []}
    if recipe is not None:
        body["recipe"] = json.load(recipe)
    told = {"labels": budget, "rounds": rounds, "precision": precision}
    body["stop"] = {**body.get("stop", {}), **{key: one for key, one in told.items() if one is not None}}
    body |= {"automatic": not manual} | ({"project": project} if project else {})
    async with connect() as api:
        made = (await api.post("/learning", {**body, "dataset": await dataset_id(api, dataset)}))["session"]
    show_json(made) if as_json else _show(made)


@learn.command("show")
@click.argument("session")
@json_option
@run_async
async def show(session: str, as_json: bool) -> None:
    """Show a session with its rounds."""
    async with connect() as api:
        found = await api.get(f"/learning/{await session_id(api, session)}")
    if as_json:
        show_json({"session": found["session"], "rounds": found["rounds"]})
        return
    _show(found["session"])
    show_rounds(found["rounds"])


@learn.command("start")
@click.argument("session")
@click.option("--detach", "-d", is_flag=True, help="Do not wait until its spectra are selected.")
@json_option
@run_async
async def start(session: str, detach: bool, as_json: bool) -> None:
    """Begin the next round with the labels that there are."""
    async with connect() as api:
        begun = (await api.post(f"/learning/{await session_id(api, session)}/rounds"))["round"]
        if not detach:
            begun = await round_ended(api, begun["session"], begun["number"])
    show_json(begun) if as_json else show_rounds([begun])


@learn.command("restart")
@click.argument("session")
@click.argument("number", type=int)
@run_async
async def restart(session: str, number: int) -> None:
    """Run round NUMBER, which failed, once more."""
    async with connect() as api:
        show_rounds(
            [(await api.post(f"/learning/{await session_id(api, session)}/rounds/{number}/restart"))["round"]]
        )


@learn.command("fork")
@click.argument("session")
@click.argument("number", type=int)
@click.option("--name", default="", help="Of the new session.")
@click.option("--strategy", type=click.Choice(STRATEGIES), help="How batches are chosen.")
@click.option("--batch", type=int, help="Spectra of a batch.")
@click.option("--module", default="", help="Module that trains.")
@click.option("--set", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of it.")
@json_option
@run_async
async def fork(
    session: str,
    number: int,
    name: str,
    module: str,
    parameters: tuple[str, ...],
    as_json: bool,
    **settings: Any,
) -> None:
    """Go on from round NUMBER with other settings, as a session of its own."""
    body = {key: value for key, value in settings.items() if value is not None}
    body |= {"name": name} if name else {}
    body |= {"module": module} if module else {}
    body |= {"parameters": dict(map(parameter_of, parameters))} if parameters or module else {}
    async with connect() as api:
        made = (await api.post(f"/learning/{await session_id(api, session)}/rounds/{number}/fork", body))[
            "session"
        ]
    show_json(made) if as_json else _show(made)


@learn.command("close")
@click.argument("session")
@run_async
async def close(session: str) -> None:
    """Close a session: no round begins any more, nothing is lost."""
    async with connect() as api:
        _show((await api.post(f"/learning/{await session_id(api, session)}/close"))["session"])


@learn.command("reopen")
@click.argument("session")
@run_async
async def reopen(session: str) -> None:
    """Open a session that is closed or finished."""
    async with connect() as api:
        _show((await api.post(f"/learning/{await session_id(api, session)}/reopen"))["session"])


@learn.command("candidates")
@click.argument("session")
@click.option("--round", "number", type=int, default=0, help="Of this round; else of the last one.")
@click.option("--count", type=int, default=20, help="So many, at most.")
@click.option("--unlabelled", is_flag=True, help="Only those without a label.")
@json_option
@run_async
async def candidates(session: str, number: int, count: int, unlabelled: bool, as_json: bool) -> None:
    """List the most probable targets."""
    query: dict[str, str | int] = {"round": number, "unlabelled": str(unlabelled).lower()}
    async with connect() as api:
        found = await api.get(f"/learning/{await session_id(api, session)}/candidates", **query)
    shown = found["candidates"][:count]
    if as_json:
        show_json({"round": found["round"], "candidates": shown, "total": found["total"]})
        return
    rows = [
        (
            one["rank"],
            one["name"] or one["path"],
            one["label"],
            f"{one['probability']:.3f}",
            one["given"] or "",
        )
        for one in shown
    ]
    show_table(("rank", "spectrum", "class", "probability", "label"), rows, "No candidates yet.")


@learn.command("replay")
@click.argument("session")
@click.argument("labels", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--noise", type=float, default=0.0, help="Share of labels that are wrong.")
@click.option("--seed", type=int, default=0, help="Of the wrong labels.")
@click.option("--rounds", type=int, default=10, help="At most so many.")
@json_option
@run_async
async def replay(session: str, labels: Path, noise: float, seed: int, rounds: int, as_json: bool) -> None:
    """Answer in place of a person: LABELS is a CSV with name and label of every spectrum."""
    truth = _truth(labels)
    async with connect() as api:
        told = await Replay(api, await session_id(api, session), truth, noise=noise, seed=seed).run(rounds)
    if as_json:
        show_json({"rounds": told})
        return
    show_rounds(told)


def _truth(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = [line for line in csv.reader(stream) if len(line) > 1]
    first = [cell.strip().lower() for cell in lines[0]] if lines else []
    name, label = 0, 1
    if "label" in first:
        label = first.index("label")
        name = first.index("name") if "name" in first else int(label == 0)
        lines = lines[1:]
    found = {line[name].strip(): line[label].strip() for line in lines if len(line) > max(name, label)}
    found = {key: value for key, value in found.items() if value}
    if not found:
        raise click.ClickException(f"{path} has no lines name,label")
    return found


def show_rounds(rounds: list[dict[str, Any]]) -> None:
    """Print rounds as a table."""
    rows = []
    for one in rounds:
        figures = one.get("figures") or {}
        result = one.get("result") or {}
        answered = sum((figures.get("answered") or {}).values())
        entries = sum((figures.get("entries") or {}).values())
        rows.append(
            (
                one["number"],
                one["state"],
                sum((result.get("labelled") or {}).values()),
                f"{answered}/{entries}" if entries else "",
                _estimate(figures.get("precision")),
                _estimate(figures.get("recall")),
                one["reason"],
            )
        )
    show_table(
        ("round", "state", "trained on", "labelled", "precision", "recall", "why"), rows, "No rounds yet."
    )


def _estimate(told: dict[str, Any] | None) -> str:
    if not told or told["value"] is None:
        return ""
    return f"{told['value']:.3f} ({told['low']:.3f}-{told['high']:.3f})"


def _show(session: dict[str, Any]) -> None:
    settings = session["settings"]
    show_fields(
        {
            "id": session["id"],
            "name": session["name"],
            "pool": session["dataset_name"],
            "targets": ", ".join(settings["targets"]),
            "method": f"{settings['module']}, {settings['strategy']}",
            "state": session["state"] + (f": {session['reason']}" if session["reason"] else ""),
            "labels": session["label_set"],
        }
    )
