"""Archives that are made while they are sent."""

from __future__ import annotations

import io
import zipfile
from typing import IO

from wire.zipped import BLOCK, zipped


def gone() -> IO[bytes]:
    raise FileNotFoundError


def test_every_file_comes_back_and_those_that_are_gone_are_left_out() -> None:
    large = bytes(range(256)) * (3 * BLOCK // 256) + b"end"
    files = {"a/große.bin": large, "empty": b""}
    openers = [(name, lambda content=content: io.BytesIO(content)) for name, content in files.items()]
    pieces = list(zipped([*openers, ("gone", gone)]))
    assert max(map(len, pieces)) < BLOCK + 1000
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert archive.testzip() is None


def test_an_archive_of_nothing_is_an_archive() -> None:
    assert zipfile.ZipFile(io.BytesIO(b"".join(zipped([])))).namelist() == []
