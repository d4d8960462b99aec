"""A ``multipart/form-data`` body as the fields of a request: from memory, or streamed to the spool."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, BinaryIO

from deepaas_plugins.serve.http.body import Body
from deepaas_plugins.serve.http.charsets import UTF8, decode
from deepaas_plugins.serve.http.multipart import Part, Splitter, split
from deepaas_plugins.serve.http.part_head import PartHead, charset_of
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from deepaas_plugins.serve.http.spool import SpooledFile

#: Texts that a request may have beside its files.
MOST_TEXTS = 100

#: The field that names the charset of the texts after it (RFC 7578, section 4.6).
CHARSET_FIELD = "_charset_"


class Form:
    """Collects the fields of one form, within the limits.

    Parameters
    ----------
    options
        The server's.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._charset = UTF8
        self._texts = 0
        self._files = 0
        self.body = Body()

    @property
    def most_parts(self) -> int:
        """Parts that are taken at most."""
        return self._options.maximum_files + MOST_TEXTS

    def take_text(self, size: int) -> None:
        """Count bytes of a text.

        Raises
        ------
        Problem
            413: the texts together are larger than a JSON body may be.
        """
        self._texts += size
        if self._texts > self._options.maximum_json:
            raise Problem(
                413,
                f"The texts of a form may have {self._options.maximum_json} bytes; send files with a name.",
            )

    def take_file(self) -> None:
        """Count a file.

        Raises
        ------
        Problem
            413: that is more than the request may have.
        """
        self._files += 1
        if self._files > self._options.maximum_files:
            raise Problem(
                413, f"The request has {self._files} files; at most {self._options.maximum_files} are taken."
            )

    def add_text(self, part: Part) -> None:
        """Add a text, or take the charset of those that follow.

        Raises
        ------
        Problem
            400, 415: see `charsets.decode`.
        """
        charset = charset_of(part.content_type) or self._charset
        text = decode(part.content, charset, f"The text of the field {part.name}")
        if part.name == CHARSET_FIELD and not self.body.form:
            self._charset = text.strip() or UTF8
            return
        self.body.form.append([part.name, text])

    def add(self, part: Part) -> None:
        """Add a field that is in memory; one of a browser's form in which no file was chosen is none.

        Raises
        ------
        Problem
            See `add_text`, `take_text` and `take_file`.
        """
        if part.filename is None:
            self.take_text(len(part.content))
            self.add_text(part)
        elif part.filename or part.content:
            self.take_file()
            self.body.add_file(part.name, part.filename, part.content_type, part.content)

    def add_spooled(self, head: PartHead, path: Path) -> None:
        """Add a file on disk; see `add` for one that was not chosen."""
        if head.filename or path.stat().st_size:
            kind = head.content_type
            self.body.form.append([head.name, {"filename": head.filename, "type": kind, "path": str(path)}])
            self.body.spooled = True
        else:
            self._files -= 1


def form_in_memory(content: bytes, boundary: bytes, options: Options) -> Body:
    """Return the fields of a form that is in memory.

    Parameters
    ----------
    content, boundary
        The body, and what parts it.
    options
        The server's.

    Raises
    ------
    Problem
        400 (broken), 413 (too much), 415 (packed, or in an unknown charset).
    """
    form = Form(options)
    for part in split(content, boundary, form.most_parts):
        form.add(part)
    return form.body


async def form_to_spool(
    chunks: AsyncIterator[bytes], boundary: bytes, options: Options, place: SpooledFile
) -> Body:
    """Return the fields of a form while it arrives; its files are written to the disk.

    Parameters
    ----------
    chunks
        The body.
    boundary
        What parts it.
    options
        The server's.
    place
        Where the files go.

    Raises
    ------
    Problem
        As `form_in_memory`; 503: the spool is full.
    """
    form = Form(options)
    splitter = Splitter(boundary, form.most_parts)
    with contextlib.ExitStack() as open_files:
        parts = _Parts(form, place, open_files)
        async for chunk in chunks:
            for event in splitter.feed(chunk):
                parts.take(event)
    splitter.close()
    return form.body


class _Parts:
    """Takes the events of a `Splitter`: texts into memory, files to the spool."""

    def __init__(self, form: Form, place: SpooledFile, open_files: contextlib.ExitStack) -> None:
        self._form, self._place, self._open_files = form, place, open_files
        self._head: PartHead | None = None
        self._text = bytearray()
        self._file: BinaryIO | None = None
        self._path: Path | None = None

    def take(self, event: PartHead | bytes | None) -> None:
        if isinstance(event, PartHead):
            self._begin(event)
        elif event is None:
            self._end()
        elif self._file is not None:
            self._place.take(len(event))
            self._file.write(event)
        else:
            self._form.take_text(len(event))
            self._text += event

    def _begin(self, head: PartHead) -> None:
        self._head = head
        self._text.clear()
        if head.filename is not None:
            self._form.take_file()
            self._path = self._place.new_file()
            self._file = self._open_files.enter_context(self._path.open("wb", buffering=0))

    def _end(self) -> None:
        if self._head is None:
            return
        if self._file is not None and self._path is not None:
            self._open_files.close()
            self._file = None
            self._form.add_spooled(self._head, self._path)
        else:
            head = self._head
            self._form.add_text(Part(head.name, head.filename, head.content_type, bytes(self._text)))
