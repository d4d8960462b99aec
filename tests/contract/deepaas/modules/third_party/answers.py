"""A module that answers with files of every kind, each call under the same name."""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from marshmallow import fields, validate

FOLDER = Path(tempfile.gettempdir())


def get_metadata() -> dict[str, str]:
    return {"name": "answers"}


def get_predict_args() -> dict[str, fields.Field]:
    kinds = validate.OneOf(["application/json", "text/plain", "image/png"])
    return {
        "kind": fields.Str(required=True),
        "text": fields.Str(load_default=""),
        "accept": fields.Str(validate=kinds, metadata={"location": "headers"}),
    }


def predict(kind: str, text: str = "", accept: str = "") -> Any:
    content = text.encode()
    if kind == "same path":
        path = FOLDER / f"answer-{os.getpid()}.png"
        path.write_bytes(content)
        time.sleep(0.001)
        return path.open("rb")
    if kind == "gone":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.png"
            path.write_bytes(content)
            return path.open("rb")
    if kind == "unnamed":
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the runtime closes it
        file.write(content)
        file.seek(0)
        return file
    if kind == "text file":
        (FOLDER / "answer.txt").write_text(text)
        return (FOLDER / "answer.txt").open()
    if kind == "large":
        path = FOLDER / "large.png"
        path.write_bytes(content * (6 * 2**20 // len(content)))
        return path.open("rb")
    return {
        "bytes": lambda: content,
        "BytesIO": lambda: _moved(io.BytesIO(b"before" + content), 6),
        "StringIO": lambda: io.StringIO(text),
        "generator": lambda: _parts(content),
        "asynchronous": lambda: _later(content),
        "texts": lambda: iter(text),
        "none": lambda: None,
        "dict": lambda: {"a": 1},
        "broken": lambda: _broken(content),
    }[kind]()


def _moved(file: io.BytesIO, place: int) -> io.BytesIO:
    file.seek(place)
    return file


def _parts(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 3):
        yield content[start : start + 3]


def _broken(content: bytes) -> Iterator[bytes]:
    yield content
    raise RuntimeError("the picture could not be drawn")


async def _later(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 3):
        yield content[start : start + 3]
