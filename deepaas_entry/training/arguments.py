"""The parameters of a job as the arguments that upstream would hand to ``train``."""

from __future__ import annotations

import collections
import mimetypes
import sys
from pathlib import Path
from typing import Any

#: Stands in a text for the path of the dataset's folder, or file, in the container.
DATASET = "{dataset}"


class InvalidArguments(ValueError):
    """The module does not take the arguments; `str()` says which and why."""


_UploadedFile = collections.namedtuple(
    "_UploadedFile", ("name", "filename", "content_type", "original_filename")
)


def load(fields: dict[str, Any], given: dict[str, Any], data: Path | None) -> dict[str, Any]:
    """Check and convert arguments by the module's own fields.

    Parameters
    ----------
    fields : dict
        What ``get_train_args`` gave.
    given : dict
        Parameters of the job by the names that requests have for them.
    data : Path or None
        The dataset in the container; `DATASET` in a text stands for it.

    Returns
    -------
    dict
        Keyword arguments of ``train``.

    Raises
    ------
    InvalidArguments
        With the messages by argument.
    """
    from marshmallow import Schema, ValidationError  # noqa: PLC0415 - the image's

    files = {name for name, field in fields.items() if _takes_files(field)}
    wire = {(getattr(field, "data_key", None) or name): name for name, field in fields.items()}
    filled = {}
    for name, value in given.items():
        told = _with_data(value, data)
        if wire.get(name) in files and told is not None:
            told = [_file(name, one) for one in told] if isinstance(told, list) else _file(name, told)
        # What is not given takes the module's own default; null is given where the module takes it.
        if told is not None or getattr(fields.get(wire.get(name, "")), "allow_none", False):
            filled[name] = told
    try:
        return dict(type("Arguments", (Schema,), dict(fields))().load(filled))
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {"arguments": error.messages}
        told = "; ".join(f"{name}: {_sentence(each)}" for name, each in messages.items())
        raise InvalidArguments(f"The module does not take its arguments: {told}") from None


def _sentence(messages: Any) -> str:
    return " ".join(str(each) for each in messages) if isinstance(messages, list) else str(messages)


def _takes_files(field: Any) -> bool:
    inner = getattr(field, "inner", None) or field
    return (getattr(inner, "metadata", None) or {}).get("type") == "file"


def _with_data(value: Any, data: Path | None) -> Any:
    if isinstance(value, list):
        return [_with_data(each, data) for each in value]
    if not isinstance(value, str) or DATASET not in value:
        return value
    if data is None:
        raise InvalidArguments(f"An argument names {DATASET}, but the job has no dataset.")
    return value.replace(DATASET, str(data))


def _file(name: str, text: str) -> Any:
    path = Path(text)
    if path.is_dir():
        files = sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
        if len(files) != 1:
            raise InvalidArguments(
                f"Argument {name} takes one file, and the dataset has {len(files)}: write {DATASET}/PATH."
            )
        path = files[0]
    if not path.is_file():
        raise InvalidArguments(f"Argument {name}: there is no file {text}.")
    upstream = sys.modules.get("deepaas.model.v2.wrapper")
    kind = getattr(upstream, "UploadedFile", None) or _UploadedFile
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return kind(name, str(path), content_type, path.name)
