"""The answer to one call, as it crosses from a worker to the HTTP process."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

JSON_TYPE = "application/json"

#: What a Python web server makes of it (aiohttp's ``json_response``).
JSON_CONTENT = "application/json; charset=utf-8"


@dataclass
class Answer:
    """What is to be answered.

    Attributes
    ----------
    status
        HTTP status.
    content_type
        With its parameters.
    body
        The content, or b"" where `file` names it.
    file
        Path of a file to answer with.
    problem
        A sentence, where the HTTP process is to make a problem document of it.
    spectra
        How many spectra were in the call.
    more
        Further members of the problem document.
    """

    status: int = 200
    content_type: str = JSON_CONTENT
    body: bytes = b""
    file: str | None = None
    problem: str | None = None
    spectra: int = 1
    more: dict[str, Any] = field(default_factory=dict)

    def head(self) -> dict[str, Any]:
        """Return what goes into the frame's head; the body goes behind it."""
        head: dict[str, Any] = {
            "status": self.status,
            "type": self.content_type,
            "size": len(self.body),
            "spectra": self.spectra,
        }
        for name in ("file", "problem", "more"):
            if getattr(self, name):
                head[name] = getattr(self, name)
        return head


def failure(status: int, detail: str, spectra: int = 1, **more: Any) -> Answer:
    """Return an answer that the HTTP process writes as a problem document.

    Parameters
    ----------
    status : int
        The HTTP status.
    detail : str
        What is wrong, for a person.
    spectra : int
        Number of spectra of the request.
    **more : object
        Other members of the document.

    Returns
    -------
    Answer
        The answer.
    """
    return Answer(status=status, problem=detail or "no reason is given", spectra=spectra, more=more)


def encode_json(content: Any) -> bytes:
    """Encode as JSON proper: what is no number (NaN, infinity) becomes null."""
    try:
        return json.dumps(content, allow_nan=False).encode()
    except ValueError:
        return json.dumps(_finite(content), allow_nan=False).encode()


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
