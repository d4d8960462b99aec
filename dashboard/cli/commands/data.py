"""`huggins data`: upload spectra, list and label datasets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import click
from rich.markup import escape

from dashboard.cli.api import Api, ApiProblem, connect
from dashboard.cli.commands.inspect import show_file
from dashboard.cli.output import (
    bars,
    console,
    json_option,
    run_async,
    show_fields,
    show_json,
    show_table,
)
from wire.printable import printable

AT_ONCE = 4  # concurrent uploads
LOOK_EVERY_S = 0.3
SHOWN_REJECTED = 10


@click.group()
def data() -> None:
    """Upload spectra; list, label and delete datasets."""


@data.command("list")
@json_option
@run_async
async def list_datasets(as_json: bool) -> None:
    """List the datasets."""
    async with connect() as api:
        found = await api.get("/data")
    if as_json:
        show_json(found)
        return
    rows = [(d["id"], d["name"], d["state"], d["count"], d["rejected"]) for d in found["datasets"]]
    show_table(("id", "name", "state", "spectra", "rejected"), rows, "No data yet: huggins data add FOLDER")


@data.command("show")
@click.argument("dataset", metavar="DATASET|FILE")
@json_option
@run_async
async def show_dataset(dataset: str, as_json: bool) -> None:
    """Show a dataset, given by id or name, and its rejected files; or how a FILE here is read."""
    if Path(dataset).exists():
        await asyncio.to_thread(show_file, Path(dataset), as_json=as_json)
        return
    async with connect() as api:
        found = await api.get(f"/data/{await dataset_id(api, dataset)}")
    if as_json:
        show_json(found)
        return
    _show(found["dataset"], found.get("rejected", ()))


@data.command("add")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--name", default="", help="Name of the dataset; default: that of the folder.")
@click.option("--labels", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV of labels.")
@click.option(
    "--kind",
    type=click.Choice(["spectra", "features", "files"]),
    default="spectra",
    help="What the files are; files: of any sort, for modules that take them.",
)
@json_option
@run_async
async def add(paths: tuple[Path, ...], name: str, labels: Path | None, kind: str, as_json: bool) -> None:
    """Upload files, folders or archives of spectra as a new dataset."""
    async with connect() as api:
        found = await upload(api, paths, name or paths[0].resolve().name, labels, kind)
    if as_json:
        show_json(found)
        return
    _show(found["dataset"], found.get("rejected", ()))


@data.command("label")
@click.argument("dataset")
@click.argument("labels", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", default="", help="Title of the CSV's column with the class.")
@click.option("--keyword", default="", help="Take the classes from this keyword of the FITS headers; no CSV.")
@json_option
@run_async
async def label(dataset: str, labels: Path | None, column: str, keyword: str, as_json: bool) -> None:
    """Set the classes of the spectra of a dataset from a CSV, or from their FITS headers."""
    if (labels is None) != bool(keyword):
        raise click.UsageError("give either a CSV or --keyword")
    asked = urlencode({name: value for name, value in (("column", column), ("keyword", keyword)) if value})
    async with connect() as api:
        found = await api.post_text(
            f"/data/{await dataset_id(api, dataset)}/labels?{asked}",
            labels.read_bytes() if labels else b"",
            "text/csv",
        )
    show_json(found) if as_json else console.print(f"[green]✓[/green] {found['changed']} spectra labelled")


@data.command("synthetic")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--count", type=click.IntRange(1, 1_000_000), default=200, help="How many spectra.")
@click.option("--seed", type=int, default=0, help="The same seed gives the same spectra.")
def synthetic(folder: Path, count: int, seed: int) -> None:
    """Write SYNTHETIC Hα profiles (absorption, emission, double peak) with labels.csv into FOLDER."""
    from spectra.synthetic import write_folder  # noqa: PLC0415 - the other commands need no astronomy

    write_folder(folder, count, seed=seed)
    console.print(f"[green]✓[/green] {count} synthetic spectra in {folder}")


@data.command("subset")
@click.argument("dataset")
@click.option("--name", default="", help="Of the new dataset; default: that of the other one.")
@click.option("--words", default="", help="In the name or path of a spectrum.")
@click.option("--label", "label_", default="", help="Only of this class; - for those without one.")
@json_option
@run_async
async def subset(dataset: str, name: str, words: str, label_: str, as_json: bool) -> None:
    """Make a dataset of some spectra of another one; it refers to the same files."""
    async with connect() as api:
        where = f"/data/{await dataset_id(api, dataset)}/subsets"
        found = await api.post(where, {"name": name, "q": words, "label": label_})
    show_json(found) if as_json else _show(found["dataset"], ())


@data.command("split")
@click.argument("dataset")
@click.option("--name", default="", help="Of both parts; default: that of the dataset.")
@click.option(
    "--share", type=click.FloatRange(0.01, 0.99), default=0.2, help="Of the objects: the test part."
)
@click.option("--seed", type=click.IntRange(0), default=0, help="The same seed gives the same parts.")
@json_option
@run_async
async def split(dataset: str, name: str, share: float, seed: int, as_json: bool) -> None:
    """Divide a dataset into a training and a test part, so that no object is in both."""
    async with connect() as api:
        where = f"/data/{await dataset_id(api, dataset)}/splits"
        found = await api.post(where, {"name": name, "share": share, "seed": seed})
    if as_json:
        show_json(found)
        return
    for part in ("training", "test"):
        one = found[part]
        console.print(f"{part}: {one['count']} spectra in {escape(printable(one['name']))} ({one['id']})")


@data.command("union")
@click.argument("name")
@click.argument("datasets", nargs=-1, required=True)
@json_option
@run_async
async def union(name: str, datasets: tuple[str, ...], as_json: bool) -> None:
    """Make a dataset called NAME of all spectra of DATASETS; files that two have are taken once."""
    async with connect() as api:
        found = await api.post(
            "/unions", {"name": name, "datasets": [await dataset_id(api, one) for one in datasets]}
        )
    if as_json:
        show_json(found)
        return
    _show(found["dataset"], ())
    if found["left_out"]:
        console.print(f"{found['left_out']} spectra of files that were there already are left out")


@data.command("cache")
@click.argument("dataset")
@click.option("--pin", "what", flag_value="pin", help="Copy all files: they count for you.")
@click.option("--unpin", "what", flag_value="unpin", help="Give the copies to the cache.")
@click.option("--forget", "what", flag_value="forget", help="Drop what is cached.")
@json_option
@run_async
async def cache(dataset: str, what: str | None, as_json: bool) -> None:
    """Show what of a reference DATASET is here, copy its files, or let them go."""
    async with connect() as api:
        where = f"/data/{await dataset_id(api, dataset)}"
        if what == "pin":
            await api.post(f"{where}/pin")
        elif what:
            await api.delete(f"{where}/{'pin' if what == 'unpin' else 'cache'}")
        while True:
            found = (await api.get(f"{where}/cache"))["cache"]
            if found["holding"] != "pinning":
                break
            await asyncio.sleep(LOOK_EVERY_S)
    if as_json:
        show_json(found)
        return
    here = f"{found['cached']} cached, {found['pinned']} copied of {found['files']}"
    told = {"files": here, "not fetched": found["failed"], "last fetch": found["fetched"] or "–"}
    show_fields(told | ({"reason": found["reason"]} if found["reason"] else {}))


@data.command("delete")
@click.argument("dataset")
@click.confirmation_option(prompt="Delete this dataset and its files?")
@run_async
async def delete(dataset: str) -> None:
    """Delete a dataset and its files."""
    async with connect() as api:
        await api.delete(f"/data/{await dataset_id(api, dataset)}")


async def upload(
    api: Api, paths: tuple[Path, ...], name: str, labels: Path | None = None, kind: str = "spectra"
) -> dict[str, Any]:
    """Upload files and wait until they are indexed; return the response of `GET /data/{dataset}`.

    Parameters
    ----------
    api : Api
        The platform.
    paths : tuple of Path
        Files and folders.
    name : str
        Of the dataset.
    labels : Path, optional
        CSV of labels.
    kind : str
        What the dataset holds.

    Raises
    ------
    click.ClickException
        If there are no files, or none can be read.
    """
    files = list(_files(paths))
    if not files:
        raise click.ClickException(f"there is no file in {', '.join(map(str, paths))}")
    dataset = (await api.post("/data", {"name": name, "kind": kind}))["dataset"]["id"]
    places = asyncio.Semaphore(AT_ONCE)
    with bars() as progress:
        sending = progress.add_task(f"upload {name}", total=len(files))

        async def send(file: Path, relative: str) -> None:
            async with places:
                await api.put_file(f"/data/{dataset}/files/{quote(relative)}", file)
            progress.advance(sending)

        await asyncio.gather(*(send(file, relative) for file, relative in files))
        await api.post(f"/data/{dataset}/done")
        reading = progress.add_task("index the spectra", total=None)
        found = await _until_read(api, dataset)
        progress.update(reading, total=found["dataset"]["count"], completed=found["dataset"]["count"])
    if labels is not None:
        await api.post_text(f"/data/{dataset}/labels", labels.read_bytes(), "text/csv")
        found = await _found(api, dataset)
    return found


async def dataset_id(api: Api, text: str) -> str:
    """Return the id of a dataset given by id or name; the newest if several have the name.

    Raises
    ------
    click.ClickException
        If there is none.
    """
    found = (await api.get("/data", q=text, size=200))["datasets"]
    for dataset in found:
        if text in (dataset["id"], dataset["name"]):
            return str(dataset["id"])
    try:
        return str((await api.get(f"/data/{quote(text)}"))["dataset"]["id"])
    except ApiProblem as problem:
        raise click.ClickException(f"there is no dataset {text!r}: see `huggins data list`") from problem


async def _until_read(api: Api, dataset: str) -> dict[str, Any]:
    while True:
        found = await _found(api, dataset)
        if found["dataset"]["state"] == "error":
            raise ApiProblem(422, {"detail": found["dataset"]["reason"]})
        if found["dataset"]["state"] == "ready":
            return found
        await asyncio.sleep(LOOK_EVERY_S)


async def _found(api: Api, dataset: str) -> dict[str, Any]:
    found: dict[str, Any] = await api.get(f"/data/{dataset}")
    return found


def _files(paths: tuple[Path, ...]) -> list[tuple[Path, str]]:
    """Return each file with its path in the dataset; hidden files are skipped.

    A link out of a named folder is not followed: who made the folder would choose what is uploaded.
    """
    found, outside = [], []
    for path in paths:
        if path.is_file():
            found.append((path, path.name))
            continue
        root = path.resolve()
        for file in sorted(path.rglob("*")):
            relative = file.relative_to(path)
            if not file.is_file() or any(part.startswith(".") for part in relative.parts):
                continue
            if file.resolve().is_relative_to(root):
                found.append((file, relative.as_posix()))
            else:
                outside.append(file)
    if outside:
        told = f"{len(outside)} links lead out of their folder and were left out, such as {outside[0]}"
        click.echo(printable(told), err=True)
    return found


def _assumed(dataset: dict[str, Any], word: str) -> str:
    """Say how many spectra do not state their unit or frame; of older datasets it is not known."""
    found = dataset.get("assumed")
    return "not known" if found is None else f"{found.get(word, 0)} spectra"


def _show(dataset: dict[str, Any], rejected: Any) -> None:
    low, high = dataset.get("wavelength_min"), dataset.get("wavelength_max")
    show_fields(
        {
            "id": dataset["id"],
            "name": dataset["name"],
            "spectra": dataset["count"],
            "wavelength": f"{low:.1f}–{high:.1f} Å, vacuum" if low is not None and high is not None else "–",
            "classes": ", ".join(
                f"{label} {count}" for label, count in (dataset.get("classes") or {}).items()
            )
            or "–",
            "rejected": dataset["rejected"],
            "unit assumed": _assumed(dataset, "unit"),
            "frame assumed": _assumed(dataset, "frame"),
        }
    )
    for file in list(rejected)[:SHOWN_REJECTED]:
        console.print(f"  [red]{escape(printable(file['path']))}[/red] {escape(printable(file['reason']))}")
