"""A folder as one ZIP archive, sent while it is made."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterable
from urllib.parse import quote

from aiohttp import web

from dashboard.base.untrusted_folder import ConfinedFile, ConfinedFolder
from wire.streamed import StreamedAnswer
from wire.zipped import zipped

ZIP = "application/zip"


async def send_archive(
    request: web.Request, name: str, folder: ConfinedFolder, files: Iterable[ConfinedFile]
) -> web.StreamResponse:
    """Answer with files of a folder, below a folder of their own in the archive.

    Parameters
    ----------
    request : web.Request
        It is answered.
    name : str
        Of the archive.
    folder : ConfinedFolder
        Where the files are.
    files : iterable of ConfinedFile
        Which ones.

    Returns
    -------
    web.StreamResponse
        The archive.
    """
    file_name = quote(f"{name}.zip", safe="")
    response = StreamedAnswer(headers={"Content-Disposition": f"attachment; filename*=UTF-8''{file_name}"})
    response.content_type = ZIP
    await response.prepare(request)
    top = name.replace("/", "-")
    members = ((f"{top}/{one.path}", functools.partial(folder.open, one.path)) for one in files)
    pieces = zipped(members)
    while piece := await asyncio.to_thread(next, pieces, b""):
        await response.write(piece)
    await response.write_eof()
    return response
