"""`huggins labels`: label sets, their tables, versions and queues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dashboard.cli.api import Api, connect
from dashboard.cli.commands.data import dataset_id
from dashboard.cli.output import console, json_option, run_async, show_fields, show_json, show_table


@click.group()
def labels() -> None:
    """Label sets: list, make, show, import, export, versions."""


@labels.command("list")
@json_option
@run_async
async def list_sets(as_json: bool) -> None:
    """List the newest label sets."""
    async with connect() as api:
        found = await api.get("/label-sets")
    if as_json:
        show_json({"label_sets": found["label_sets"], "total": found["total"]})
        return
    rows = [
        (one["id"], one["name"], one["dataset_name"], ", ".join(one["classes"]), one["events"])
        for one in found["label_sets"]
    ]
    empty = "No label sets yet: huggins labels new NAME DATASET --class CLASS …"
    show_table(("id", "name", "dataset", "classes", "events"), rows, empty)


@labels.command("new")
@click.argument("name")
@click.argument("dataset")
@click.option(
    "--class", "classes", multiple=True, required=True, metavar="CLASS", help="A class, in the order of keys."
)
@click.option("--project", default="", help="A project of yours whose members label, too.")
@json_option
@run_async
async def new(name: str, dataset: str, classes: tuple[str, ...], project: str, as_json: bool) -> None:
    """Make a label set for a dataset."""
    async with connect() as api:
        body = {"name": name, "dataset": await dataset_id(api, dataset), "classes": list(classes)}
        body |= {"project": project} if project else {}
        made = (await api.post("/label-sets", body))["label_set"]
    show_json(made) if as_json else console.print(f"[green]✓[/green] label set {made['id']}")


@labels.command("show")
@click.argument("label_set")
@json_option
@run_async
async def show(label_set: str, as_json: bool) -> None:
    """Show a label set, given by id or name: counts, agreement, versions and queues."""
    async with connect() as api:
        found = await api.get(f"/label-sets/{await set_id(api, label_set)}")
    if as_json:
        show_json(found)
        return
    _show(found)


@labels.command("import")
@click.argument("label_set")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partial", is_flag=True, help="Use the lines that are right even if others are not.")
@json_option
@run_async
async def import_table(label_set: str, table: Path, partial: bool, as_json: bool) -> None:
    """Add the labels of a CSV: id,label; label,comment; or what export writes."""
    async with connect() as api:
        path = f"/label-sets/{await set_id(api, label_set)}/import{'?partial=true' if partial else ''}"
        found = await api.post_text(path, table.read_bytes(), "text/csv")
    if as_json:
        show_json(found)
        return
    console.print(
        f"[green]✓[/green] {found['stored']} labels are new, {found['known']} were there, "
        f"{found['rejected_count']} lines were not used"
    )


@labels.command("export")
@click.argument("label_set")
@click.option("--format", "form", type=click.Choice(["csv", "vot"]), default="csv", help="vot: VOTable.")
@click.option(
    "--dialect",
    type=click.Choice(["id", "comment", "all", "log"]),
    default="all",
    help="Columns of a CSV: id,label; label,comment; everything of each spectrum; every event.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; default: print.")
@run_async
async def export(label_set: str, form: str, dialect: str, out: Path | None) -> None:
    """Write the labels as CSV or VOTable."""
    async with connect() as api:
        path = f"/label-sets/{await set_id(api, label_set)}/export"
        written = await api.bytes(path, format=form, dialect=dialect)
    if out is None:
        click.echo(written.decode(), nl=False)
    else:
        out.write_bytes(written)
        console.print(f"[green]✓[/green] {out}")


@labels.command("version")
@click.argument("label_set")
@click.option("--note", default="", help="For people.")
@json_option
@run_async
async def version(label_set: str, note: str, as_json: bool) -> None:
    """Make a version of the labels as they are now, for huggins train --label-version."""
    async with connect() as api:
        path = f"/label-sets/{await set_id(api, label_set)}/versions"
        made = (await api.post(path, {"note": note}))["version"]
    show_json(made) if as_json else console.print(f"[green]✓[/green] version {made['number']}: {made['id']}")


async def set_id(api: Api, text: str) -> str:
    """Return the id of a label set given by id or name; the newest if several have the name.

    Parameters
    ----------
    api : Api
        The platform.
    text : str
        Id or name.

    Raises
    ------
    click.ClickException
        If there is none.
    """
    for one in (await api.get("/label-sets", q=text, size=200))["label_sets"]:
        if text in (one["id"], one["name"]):
            return str(one["id"])
    raise click.ClickException(f"there is no label set {text!r}: see `huggins labels list`")


def _show(found: dict[str, Any]) -> None:
    told, counts = found["label_set"], found["counts"]
    classes = ", ".join(f"{name} {counts['classes'].get(name, 0)}" for name in told["classes"])
    show_fields(
        {
            "label set": told["id"],
            "name": told["name"],
            "dataset": told["dataset_name"],
            "labels": classes,
            **{name: counts[name] for name in ("conflicting", "decided", "unsure", "skipped")},
        }
    )
    for one in found["agreement"]:
        kappa = "–" if one["kappa"] is None else f"{one['kappa']:.3f}"
        console.print(f"{one['first']}, {one['second']}: {one['both']} in common, κ {kappa}")
    rows = [(one["number"], one["id"], one["note"], one["sha256"][:12]) for one in found["versions"]]
    show_table(("version", "id", "note", "hash"), rows, "No versions yet: huggins labels version SET")
    queues = [
        (one["name"], one["origin"]["kind"], f"{one['progress']['done']}/{one['progress']['total']}")
        for one in found["queues"]
    ]
    show_table(("queue", "origin", "done"), queues, "No queues yet.")
