"""Checks what a person names on a command line: a folder, a git repository or an image."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from catalog.image import is_image
from dashboard.publishing.check.check import Wanted, check_folder
from dashboard.publishing.finding import Report
from dashboard.publishing.images import existing
from dashboard.publishing.images.module_image import discard
from dashboard.publishing.source import git

#: A user who runs the command reaches every address of the machine anyway.
EVERYWHERE = ("0.0.0.0/0", "::/0")


async def check_source(source: str, ref: str, wanted: Wanted) -> Report:
    """Check a module; what was fetched or built for it is removed.

    Parameters
    ----------
    source : str
        A folder that is there, the address of a git repository, or the name of an image.
    ref : str
        Branch, tag or commit of a repository.
    wanted : Wanted
        How much, and where.

    Returns
    -------
    Report
        What was found.

    Raises
    ------
    NotFound
        If there is no such folder, and the name is no other source.
    Invalid, Unavailable
        If it cannot be fetched, or the image carries no module.
    """
    folder = Path(source)
    if git.is_git(source):
        return await _fetched(source, ref, wanted)
    if not await asyncio.to_thread(folder.exists) and is_image(source):
        return await _fetched(source, None, wanted)
    report, built = await check_folder(folder, wanted)
    if built is not None:
        await discard(built)
    return report


async def _fetched(source: str, ref: str | None, wanted: Wanted) -> Report:
    """Check a repository; without a reference, an image."""
    place = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="huggins-source-"))
    image = None
    try:
        folder = place / "module"
        if ref is None:
            image = await existing.bring(source, folder, pull=False)
            wanted = replace(wanted, image=image)
        else:
            await git.fetch(source, ref, folder, EVERYWHERE)
        report, built = await check_folder(folder, wanted)
        report.source = source
        if built is not None and image is None:
            await discard(built)
        return report
    finally:
        if image is not None:
            await discard(image)
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
