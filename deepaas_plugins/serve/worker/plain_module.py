"""Calls of a DEEPaaS V2 object as upstream makes them: one at a time, files as `UploadedFile`."""

from __future__ import annotations

import functools
import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from deepaas_plugins.serve.formats.arguments import (
    InvalidArguments,
    Json,
    RawRequest,
    Upload,
    UploadedFile,
    make_schema,
    parse,
)
from deepaas_plugins.serve.worker.answer import JSON_CONTENT, JSON_TYPE, Answer, encode_json, failure
from deepaas_plugins.serve.worker.answer_content import answer_of
from deepaas_plugins.serve.worker.metadata import default_metadata

LOG = logging.getLogger("huggins.serve.worker")

#: Exceptions of a chain that a caller is told.
MOST_REASONS = 4
LONGEST_MESSAGE = 10_000  # characters of one

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def optional(target: Any, name: str) -> Any:
    """Call a method that a module may not have; None where it has not, or does not implement it."""
    try:
        return getattr(target, name)()
    except (NotImplementedError, AttributeError):
        return None


class PlainModule:
    """A DEEPaaS V2 object, ours or a third party's.

    Parameters
    ----------
    name
        Of its entry point.
    target
        The object.
    """

    def __init__(self, name: str, target: Any) -> None:
        self.name, self.target = name, target
        arguments = predict_arguments(target)
        self.accept = arguments.get("accept")
        self.predict_schema = make_schema(arguments)
        self.train_schema = make_schema(optional(target, "get_train_args") or {})
        self.response_schema = response_schema(target)

    def describe(self) -> Json:
        """Return what the HTTP process must know: headers that are arguments, and more."""
        fields = [*self.predict_schema.fields.items(), *self.train_schema.fields.items()]
        return {
            "headers": sorted(
                {"accept"}
                | {
                    (each.data_key or name).lower()
                    for name, each in fields
                    if each.metadata.get("location") == "headers"
                }
            ),
            "batches": False,
        }

    def metadata(self) -> Answer:
        """Answer with the module's metadata, what upstream says where it has none, or why it fails."""

        def told() -> Answer:
            found = optional(self.target, "get_metadata")
            if found is None:
                return Answer(body=encode_json(default_metadata(self.name)))
            return Answer(body=encode_json(dict(json.loads(json.dumps(found, default=str)))))

        return guarded(told)

    def isolate(self, spool: Path) -> None:
        """Do nothing: what a module of others needs is not known; its container is what isolates it."""

    def warm(self) -> None:
        """Let the module load what it needs."""
        optional(self.target, "warm")

    def train_arguments(self, request: RawRequest) -> Json:
        """Check the arguments of a training.

        Raises
        ------
        InvalidArguments
            They are wrong.
        NotImplementedError
            The module does not train.
        """
        if not hasattr(self.target, "train"):
            raise NotImplementedError(f"Not implemented by underlying model (loaded '{self.name}')")
        return parse(self.train_schema, request)

    def predict(self, requests: list[tuple[RawRequest, Path]]) -> list[Answer]:
        """Answer calls, each with a folder of its own for files."""
        return [guarded(functools.partial(self._predict, request, folder)) for request, folder in requests]

    def _predict(self, request: RawRequest, folder: Path) -> Answer:
        arguments = parse(self.predict_schema, request)
        accept = str(arguments.get("accept", JSON_TYPE))
        call = getattr(self.target, "predict", None)
        if call is None:
            return failure(501, f"Not implemented by underlying model (loaded '{self.name}')")
        return self._answer(call(**with_files(arguments, folder)), accept, folder)

    def _answer(self, content: Any, accept: str, folder: Path) -> Answer:
        if accept not in {JSON_TYPE, "*/*"}:
            return answer_of(content, accept, folder)
        if self.response_schema is not None:
            try:
                self.response_schema().load(content)
            except ValidationError as error:
                LOG.error("The answer of %s does not fit its own schema: %s", self.name, error.messages)  # noqa: TRY400 - no trace
                return failure(500, "ERROR validating model response, check server logs.")
        else:
            content = {"status": "OK", "predictions": content}
        return Answer(content_type=JSON_CONTENT, body=encode_json(content))


def predict_arguments(target: Any) -> Json:
    """Return the fields of ``predict``; upstream lets ``accept`` also take ``*/*`` and gives it a default.

    Where a module names no choices, which upstream takes for granted, ``accept`` stays as it is.
    """
    arguments = dict(optional(target, "get_predict_args") or {})
    accept = arguments.get("accept")
    if accept is not None and getattr(accept.validate, "choices", None):
        accept.validate.choices = [*accept.validate.choices, "*/*"]
        accept.load_default = accept.validate.choices[0]
    return arguments


def response_schema(target: Any) -> type[Schema] | None:
    """Return the module's response schema.

    Raises
    ------
    TypeError
        It is none.
    """
    schema = getattr(target, "schema", None)
    if schema is None:
        return None
    if isinstance(schema, dict):
        return Schema.from_dict(schema, name="ModelPredictionResponse")
    if isinstance(schema, type) and issubclass(schema, Schema):
        return schema
    raise TypeError(
        f"Model defined schema is invalid: {type(schema).__name__} is neither a dict nor a Schema"
    )


def with_files(arguments: Mapping[str, Any], folder: Path) -> Json:
    """Write uploads to files and put `UploadedFile` in their places."""
    upstream = sys.modules.get("deepaas.model.v2.wrapper")
    # A module may ask for the class that it imported from upstream.
    kind = upstream.UploadedFile if upstream is not None else UploadedFile
    number = 0

    def stored(value: Any) -> Any:
        nonlocal number
        if not isinstance(value, Upload):
            return value
        number += 1
        path = str(value.stored(folder, number))
        return kind(value.field, path, value.content_type, _base_name(value.filename))

    return {
        name: [stored(each) for each in value] if isinstance(value, list) else stored(value)
        for name, value in arguments.items()
    }


def _base_name(filename: str) -> str:
    """Return a caller's name for a file without folders (RFC 7578, section 4.2) and control characters."""
    name = _CONTROLS.sub("", re.split(r"[/\\]", filename)[-1])
    return "" if name in {".", ".."} else name


def guarded(call: Callable[[], Answer]) -> Answer:
    """Make an answer of whatever a call raises."""
    try:
        return call()
    except BaseException as error:  # noqa: BLE001 - whatever a module raises, SystemExit too: its caller is told
        return of_exception(error)


def of_exception(error: BaseException) -> Answer:
    """Word an exception as an answer.

    aiohttp's exceptions (upstream's guide recommends raising them) and ours have a status of their own;
    anything else is a fault of the module: 500, with the trace in the log.
    """
    if isinstance(error, InvalidArguments):
        return Answer(status=error.status, content_type=JSON_TYPE, body=json.dumps(error.messages).encode())
    if isinstance(error, NotImplementedError):
        return failure(501, text_of(error) or "The model does not implement this functionality.")
    status = getattr(error, "status", None)
    if isinstance(status, int) and 400 <= status < 600:
        text = str(getattr(error, "text", None) or "")
        reason = str(getattr(error, "reason", None) or "")
        plain = f"{status}: {reason}"
        return failure(status, shortened(text if text and text != plain else reason) or text_of(error))
    LOG.error("%s", "".join(traceback.format_exception(error)))
    return failure(500, "; while handling ".join(reasons_of(error)))


def reasons_of(error: BaseException) -> list[str]:
    """Return the sentence of an exception, and of those that were being handled when it was raised."""
    found: list[str] = []
    each: BaseException | None = error
    while each is not None and len(found) < MOST_REASONS:
        found.append(f"{type(each).__name__}: {text_of(each)}")
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return found


def text_of(error: BaseException) -> str:
    """Return the sentence of an exception; "" where it fails to make one."""
    try:
        return shortened(str(error))
    except Exception:  # noqa: BLE001 - code of a module; `format_exception` tells it in the log
        return ""


def shortened(text: str) -> str:
    """Return the beginning of a text: an array, or a whole body, is put into messages by mistake."""
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
