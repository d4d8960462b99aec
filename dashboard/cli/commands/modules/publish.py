"""`huggins modules publish`: checks, builds and publishes a module on a platform."""

from __future__ import annotations

import asyncio
import io
import tarfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from catalog.image import is_image
from dashboard.base.errors import ServiceError
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.cli.api import Api, connect
from dashboard.cli.connection import Connection
from dashboard.cli.output import console, json_option, run_async, show_json
from dashboard.publishing.publications import ENDED, REJECTED, REVIEW
from dashboard.publishing.source.git import checked_address, is_git
from dashboard.publishing.source.tree import SourceTree

LOOK_EVERY_S = 1.0
FILE_LIMIT = 50 * 2**20


def platform_options(command: Any) -> Any:
    """Add the options that name a platform; by default that of ``connection.json`` or of `huggins login`."""
    server = click.option("--server", default="", help="Address of the platform.")
    token = click.option("--token", default="", help="API token with the scopes read and publish.")
    return server(token(command))


def platform(server: str, token: str) -> Connection | None:
    """Return the platform that options name, or None.

    Raises
    ------
    click.UsageError
        If only one of them is given.
    """
    if bool(server) != bool(token):
        raise click.UsageError("--server and --token belong together.")
    return Connection(server, token) if server else None


@click.command()
@click.argument("source", default=".")
@click.option("--ref", default="", help="Branch, tag or commit of a git repository.")
@click.option("--namespace", default="", help="Of somebody whose module you maintain; by default your own.")
@platform_options
@json_option
@run_async
async def publish(source: str, ref: str, namespace: str, server: str, token: str, as_json: bool) -> None:
    """Publish the module of SOURCE: a folder (by default the one here), a git repository, or an image.

    The platform checks it in containers, builds its image, pushes it to its registry, and offers it on the
    market as YOUR-NAME/MODULE. An image of a registry is not built; it carries its module's folder in
    /opt/module. A version never changes: raise huggins.version for the next one.
    """
    async with connect(platform(server, token)) as api:
        if is_git(source):
            found = await _repository(api, source, ref, namespace)
        elif not await asyncio.to_thread(Path(source).exists) and is_image(source):
            found = await api.post("/publications/image", {"image": source}, namespace=namespace)
        else:
            path = f"/publications?namespace={quote(namespace)}"
            found = await api.post_text(path, await _packed(Path(source)), "application/gzip")
        ended = await _followed(api, found["publication"]["id"], quiet=as_json)
    if as_json:
        show_json(ended)
    if ended["state"] == REJECTED:
        raise click.ClickException(f"not published: {ended['step']}: {ended['reason']}")
    if not as_json:
        waits = " It waits for a review." if ended["state"] == REVIEW else ""
        console.print(f"{ended['module']} {ended['version']} is published.{waits}", markup=False)


async def _repository(api: Api, url: str, ref: str, namespace: str) -> Any:
    try:
        checked_address(url)
    except ServiceError as error:
        raise click.ClickException(error.detail) from error
    return await api.post("/publications/repository", {"url": url, "ref": ref}, namespace=namespace)


async def _packed(folder: Path) -> bytes:
    if not await asyncio.to_thread((folder / "module.yaml").is_file):
        raise click.ClickException(f"{folder} holds no module.yaml: name the folder of a module.")
    return await asyncio.to_thread(_pack, folder.resolve())


def _pack(folder: Path) -> bytes:
    packed, confined = io.BytesIO(), ConfinedFolder(folder)
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path in SourceTree(folder).sizes:
            content = confined.read(path, FILE_LIMIT)
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.mode = 0o755 if (folder / path).stat().st_mode & 0o100 else 0o644
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


async def _followed(api: Api, identifier: str, *, quiet: bool) -> dict[str, Any]:
    """Return a publication when it has ended; its steps are printed as they begin."""
    told = ("", "")
    while True:
        found: dict[str, Any] = (await api.get(f"/publications/{identifier}"))["publication"]
        # A reason without an end says what is waited for.
        if (found["step"], found["reason"]) != told and not quiet and found["state"] not in ENDED:
            told = (found["step"], found["reason"])
            console.print(f"{told[0]} … {told[1]}".rstrip(), markup=False)
        if found["state"] in ENDED:
            return found
        await asyncio.sleep(LOOK_EVERY_S)
