"""`huggins deploy tokens`: tokens with which programs call a deployment, within limits."""

from __future__ import annotations

import click

from dashboard.cli.api import connect
from dashboard.cli.output import console, json_option, run_async, show_fields, show_json, show_table


@click.group("tokens")
def tokens() -> None:
    """Make, list and revoke tokens of a deployment."""


@tokens.command("list")
@click.argument("name")
@json_option
@run_async
async def list_tokens(name: str, as_json: bool) -> None:
    """List the tokens of a deployment, without their secrets."""
    async with connect() as api:
        found = await api.get(f"/deployments/{name}/tokens")
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"], one["title"], one["scope"], one["expires"], one["rate"], one["quota"])
        for one in found["tokens"]
    ]
    show_table(
        ("id", "title", "may", "expires", "a minute", "a day"),
        rows,
        f"No tokens yet: huggins deploy tokens make {name} --title …",
    )


@tokens.command("make")
@click.argument("name")
@click.option("--title", required=True, help="Its user or program.")
@click.option("--scope", type=click.Choice(["predict", "all"]), default="predict", help="all: training too.")
@click.option("--days", type=int, help="Days until it expires; by default never.")
@click.option("--rate", type=int, help="Most calls per minute.")
@click.option("--quota", type=int, help="Most calls per day.")
@json_option
@run_async
async def make(
    name: str, title: str, scope: str, days: int | None, rate: int | None, quota: int | None, as_json: bool
) -> None:
    """Make a token of a deployment; its secret is shown only now."""
    body = {"title": title, "scope": scope, "days": days, "rate": rate, "quota": quota}
    async with connect() as api:
        made = await api.post(
            f"/deployments/{name}/tokens", {key: value for key, value in body.items() if value is not None}
        )
    if as_json:
        show_json(made)
        return
    token = made["token"]
    show_fields({"id": token["id"], "title": token["title"], "expires": token["expires"] or "never"})
    console.print("\nCopy the token now; it is not stored and cannot be shown again:")
    click.echo(token["secret"])


@tokens.command("revoke")
@click.argument("name")
@click.argument("token")
@run_async
async def revoke(name: str, token: str) -> None:
    """Revoke a token by its id; calls with it are denied at once."""
    async with connect() as api:
        await api.delete(f"/deployments/{name}/tokens/{token}")
    console.print(f"[green]✓[/green] token {token} is revoked")
