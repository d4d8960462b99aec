"""`huggins modules versions`, `deprecate`, `yank` and `release`."""

from __future__ import annotations

from urllib.parse import quote

import click

from dashboard.cli.api import connect
from dashboard.cli.commands.modules.publish import platform, platform_options
from dashboard.cli.output import console, json_option, run_async, show_json, show_table


def _address(module: str) -> str:
    return f"/modules/{quote(module, safe='')}/versions"


@click.command()
@click.argument("module")
@platform_options
@json_option
@run_async
async def versions(module: str, server: str, token: str, as_json: bool) -> None:
    """List the versions of MODULE (NAMESPACE/NAME) with their digests."""
    async with connect(platform(server, token)) as api:
        found = await api.get(_address(module))
    if as_json:
        show_json(found)
        return
    rows = [(one["version"], one["state"], one["image"], one["created"]) for one in found["versions"]]
    show_table(("version", "state", "image", "published"), rows, "No versions.")


async def _change(module: str, version: str, state: str, reason: str, server: str, token: str) -> None:
    async with connect(platform(server, token)) as api:
        address = f"{_address(module)}/{quote(version, safe='')}"
        await api.post(address, {"state": state, "reason": reason})
    console.print(f"{module} {version} is {state}.", markup=False)


@click.command()
@click.argument("module")
@click.argument("version")
@click.option("--reason", default="", help="Why, and what to use instead.")
@platform_options
@run_async
async def deprecate(module: str, version: str, reason: str, server: str, token: str) -> None:
    """Say that VERSION of MODULE works, but another is better."""
    await _change(module, version, "deprecated", reason, server, token)


@click.command()
@click.argument("module")
@click.argument("version")
@click.option("--reason", required=True, help="Why.")
@platform_options
@run_async
async def yank(module: str, version: str, reason: str, server: str, token: str) -> None:
    """Offer VERSION of MODULE no more; jobs and deployments of it run on."""
    await _change(module, version, "yanked", reason, server, token)


@click.command()
@click.argument("module")
@click.argument("version")
@platform_options
@run_async
async def release(module: str, version: str, server: str, token: str) -> None:
    """Offer VERSION of MODULE: one that waits for a review, or was yanked or deprecated."""
    await _change(module, version, "published", "", server, token)
