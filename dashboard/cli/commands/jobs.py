"""`huggins jobs`: list, follow, abort and repeat jobs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from dashboard.cli.api import Api, connect
from dashboard.cli.output import (
    bars,
    console,
    json_option,
    run_async,
    show_fields,
    show_json,
    show_table,
)
from dashboard.cli.parameter import parameter_of
from wire.printable import printable

LOOK_EVERY_S = 0.3
ENDED = frozenset({"COMPLETED", "ERROR", "ABORTED", "ARCHIVED"})


@click.group()
def jobs() -> None:
    """List, follow, abort and repeat jobs."""


@jobs.command("list")
@click.option("--phase", default="", help="Only these phases, such as EXECUTING.")
@click.option("--module", default="", help="Only of this module.")
@click.option(
    "--where", multiple=True, help="Only where a value passes, such as 'metrics.macro_f1>=0.9' or tag=good."
)
@click.option("--sort", default="", help="Such as -metrics.macro_f1 (- for falling); else newest first.")
@json_option
@run_async
async def list_jobs(phase: str, module: str, where: tuple[str, ...], sort: str, as_json: bool) -> None:
    """List jobs, the newest first."""
    asked = {"phase": phase, "module": module, "where": where, "sort": sort}
    async with connect() as api:
        found = await api.get("/jobs", **{name: value for name, value in asked.items() if value})
    if as_json:
        show_json(found)
        return
    rows = [
        (j["id"], j["module"], j["label"], j["phase"], j.get("ran_on") or j["node"], j["reason"])
        for j in found["jobs"]
    ]
    show_table(
        ("id", "module", "label", "phase", "node", "reason"),
        rows,
        "No job matches." if any(asked.values()) else "No jobs yet: huggins train MODULE DATASET",
    )


@jobs.command("show")
@click.argument("job")
@json_option
@run_async
async def show(job: str, as_json: bool) -> None:
    """Show one job."""
    async with connect() as api:
        found = await api.get(f"/jobs/{job}")
    show_json(found) if as_json else show_job(found["job"])


@jobs.command("log")
@click.argument("job")
@run_async
async def log(job: str) -> None:
    """Print a job's log."""
    async with connect() as api:
        text = (await api.bytes(f"/jobs/{job}/log", format="text")).decode("utf-8", "replace")
        click.echo(printable(text), nl=False)


@jobs.command("follow")
@click.argument("job")
@json_option
@run_async
async def follow_job(job: str, as_json: bool) -> None:
    """Follow a job until it ends."""
    async with connect() as api:
        found = await follow(api, job, quiet=as_json)
    show_json(found) if as_json else show_job(found)


@jobs.command("abort")
@click.argument("job")
@run_async
async def abort(job: str) -> None:
    """Stop a job."""
    async with connect() as api:
        await api.post(f"/jobs/{job}/abort")
        show_job(await follow(api, job, quiet=True))


@jobs.command("retry")
@click.argument("job")
@json_option
@run_async
async def retry(job: str, as_json: bool) -> None:
    """Try a job that failed or was aborted once more, from the beginning."""
    await _post_action(job, "retry", as_json)


@jobs.command("resume")
@click.argument("job")
@json_option
@run_async
async def resume(job: str, as_json: bool) -> None:
    """Resume a failed or aborted job from its last checkpoint."""
    await _post_action(job, "resume", as_json)


async def _post_action(job: str, how: str, as_json: bool) -> None:
    async with connect() as api:
        found = (await api.post(f"/jobs/{job}/{how}"))["job"]
    show_json(found) if as_json else show_job(found)


@jobs.command("again")
@click.argument("job")
@click.option("--set", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter to change.")
@json_option
@run_async
async def again(job: str, parameters: tuple[str, ...], as_json: bool) -> None:
    """Run a job again, optionally with changed parameters."""
    changes = {"parameters": dict(map(parameter_of, parameters))} if parameters else {}
    async with connect() as api:
        found = (await api.post(f"/jobs/{job}/again", changes))["job"]
    show_json(found) if as_json else show_job(found)


@jobs.command("annotate")
@click.argument("job")
@click.option("--label", help="A short title.")
@click.option("--note", help="Markdown.")
@click.option("--tag", "added", multiple=True, help="A tag to add; may be repeated.")
@click.option("--untag", "removed", multiple=True, help="A tag to remove; may be repeated.")
@json_option
@run_async
async def annotate(job: str, as_json: bool, **written: Any) -> None:
    """Change the label, note and tags of a job."""
    changes = {name: value for name, value in written.items() if value}
    async with connect() as api:
        found = (await api.post(f"/jobs/{job}/annotation", changes))["job"]
    show_json(found) if as_json else show_job(found)


@jobs.command("usage")
@click.argument("job")
@json_option
@run_async
async def usage(job: str, as_json: bool) -> None:
    """Show what a job used of the processors and memory that it asked for."""
    async with connect() as api:
        found = (await api.get(f"/jobs/{job}/usage"))["usage"]
    if as_json:
        show_json(found)
        return
    asked, next_time = found["asked"], found["suggestion"]
    rows = [
        ("processors", f"{found['cpu_s']:.0f} s of {asked['cpus']:g} for {found['elapsed_s']:.0f} s"),
        ("memory", f"{found['memory_mb']:.0f} MB at most, of {asked['memory_mb']:g} MB"),
    ]
    shares = (found["cpu_share"], found["memory_share"])
    enough = (next_time.get("cpus"), next_time.get("memory_mb"))
    told = [
        (*row, "" if share is None else f"{share:.0%}", "" if less is None else f"{less:g}")
        for row, share, less in zip(rows, shares, enough, strict=True)
    ]
    shown = told if found["samples"] else []
    show_table(("of", "used", "share", "enough next time"), shown, "Nothing was measured (yet).")


@jobs.command("download")
@click.argument("job")
@click.argument("path")
@click.option(
    "--to", type=click.Path(path_type=Path), help="Target file; default: its name, in the current folder."
)
@run_async
async def download(job: str, path: str, to: Path | None) -> None:
    """Download one of a job's files, such as summary.json."""
    target = to or Path(Path(path).name)
    async with connect() as api:
        target.write_bytes(await api.bytes(f"/jobs/{job}/artefacts/{path}"))
    console.print(f"[green]✓[/green] {target}")


@jobs.command("dataset")
@click.argument("job")
@click.option("--name", default="", help="Name of the dataset; default: that of the job.")
@json_option
@run_async
async def dataset(job: str, name: str, as_json: bool) -> None:
    """Make a dataset of the spectra that a job made, or of those that it prepared."""
    async with connect() as api:
        made = (await api.post(f"/jobs/{job}/datasets", {"name": name}))["dataset"]
    show_json(made) if as_json else console.print(f"[green]✓[/green] {made['id']}  {printable(made['name'])}")


@jobs.command("delete")
@click.argument("job")
@click.confirmation_option(prompt="Delete this job and its files?")
@run_async
async def delete(job: str) -> None:
    """Delete a job and its files; models created from it are kept."""
    async with connect() as api:
        await api.delete(f"/jobs/{job}")


async def follow(api: Api, job: str, *, quiet: bool = False, title: str = "") -> dict[str, Any]:
    """Show a job's progress until the job has ended.

    Parameters
    ----------
    api : Api
        The connection to the platform.
    job : str
        The job's id.
    quiet : bool
        Whether to wait without showing anything.
    title : str
        What to call the job; empty: its module and id.

    Returns
    -------
    dict
        The ended job, as the API gives it.
    """
    with bars() as progress:
        task = progress.add_task(title or f"job {job}", total=None, visible=not quiet)
        while True:
            found: dict[str, Any] = (await api.get(f"/jobs/{job}"))["job"]
            _draw(progress, task, found, title or f"{found['module']} {job}")
            if found["phase"] in ENDED:
                return found
            await asyncio.sleep(LOOK_EVERY_S)


def _draw(progress: Progress, task: Any, job: dict[str, Any], title: str) -> None:
    now = job["progress"] or {}
    words = "done" if job["phase"] in ENDED else now.get("phase") or job["phase"].lower()
    total = now.get("total") or None
    step = total if job["phase"] == "COMPLETED" else now.get("step") or 0
    progress.update(task, description=f"{title}: {words}", total=total, completed=step)


def show_job(job: dict[str, Any]) -> None:
    """Print the main fields of a job, and its metrics after it has ended."""
    shown = {**job, "node": job.get("ran_on") or job.get("node")}  # where it ran, else what was requested
    fields = {
        key: shown[key] for key in ("id", "module", "label", "phase", "node", "reason") if shown.get(key)
    }
    fields |= {
        name: value for name, value in (job.get("metrics") or {}).items() if isinstance(value, int | float)
    }
    show_fields(fields)
