"""`huggins share`: who sees an object, and whose it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import click

from dashboard.cli.api import Api, connect
from dashboard.cli.deployment import given
from dashboard.cli.output import json_option, run_async, show_fields, show_json

#: Kind of object, as it is typed, to where its addresses begin.
PLACES = {
    "dataset": "/data",
    "label-set": "/label-sets",
    "source": "/sources",
    "job": "/jobs",
    "session": "/learning",
    "model": "/models",
    "deployment": "/deployments",
    "module": "/modules",
    "node": "/nodes",
}


@click.command("share")
@click.argument("kind", type=click.Choice(tuple(PLACES)))
@click.argument("name")
@click.option("--private", "visibility", flag_value="private", help="For its owner and administrators.")
@click.option("--public", "visibility", flag_value="public", help="For everybody.")
@click.option("--project", default="", help="For the members of this project of yours.")
@click.option("--owner", default="", help="Give it to this account; you may lose sight of it.")
@json_option
@run_async
async def share(
    kind: str, name: str, visibility: str | None, project: str, owner: str, as_json: bool
) -> None:
    """Say who sees the object NAME (its id) of a KIND, or give it away; without an option: show it."""
    if visibility and project:
        raise click.UsageError("Give one of --private, --public and --project.")
    changes = given({"visibility": visibility or ("project" if project else ""), "project": project})
    changes |= given({"owner": owner})
    async with connect() as api:
        found = await _shared(api, kind, quote(name, safe=""), changes)
    if as_json:
        show_json(found)
        return
    show_fields({title: found.get(title) or "" for title in ("owner", "visibility", "project")})


async def _shared(api: Api, kind: str, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Change an object, if anything is to be changed; return whose it is and who sees it."""
    if kind == "module":  # of publishers; its state is on its page
        where = f"/modules/{name}"
        answer = await api.post(where, changes) if changes else (await api.get(where))["published"] or {}
        return dict(answer)
    where = f"{PLACES[kind]}/{name}/sharing"
    found = await (api.post(where, changes) if changes else api.get(where))
    return dict(found["sharing"])
