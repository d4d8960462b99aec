"""What all fuzzed documents share: cases made of a document, sent, and held against it.

How many cases each operation gets is ``HUGGINS_FUZZ_EXAMPLES`` (a few by default; run many manually).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = int(os.environ.get("HUGGINS_FUZZ_EXAMPLES", "10"))
TIMEOUT_S = 60.0
LONGEST_URL = 8000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
# Hypothesis sees the platform, which runs in another thread of the tests, use `random`, and warns.
OTHER_THREAD = "Do not use the `random` module inside strategies"
METHODS = ("get", "post", "put", "delete", "patch")
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
Operation = tuple[str, str]


@schemathesis.serializer("application/gzip")
def _as_it_is(_context: Any, value: Any) -> bytes:
    """Send what was generated for an archive: bytes, which are none."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield method and path of every operation of a document."""
    for path, entries in document["paths"].items():
        yield from ((method, path) for method in METHODS if method in entries)


def can_be_wrong(document: Mapping[str, Any], operation: Operation) -> bool:
    """Return whether data can break the document's rules: there is a body, or a query, with a schema."""
    method, path = operation
    entry = document["paths"][path][method]
    queries = [one for one in entry.get("parameters", ()) if one["in"] in ("query", "body", "formData")]
    return bool(queries) or "requestBody" in entry


def fuzz(
    schema: Any,
    operation: Operation,
    mode: GenerationMode,
    *,
    headers: Mapping[str, str] | None = None,
    known: Mapping[str, Sequence[str]] | None = None,
    seen: Callable[[Case, Response], None] = lambda _case, _answer: None,
) -> None:
    """Send cases of one operation and hold every answer against the document.

    Parameters
    ----------
    schema
        Schemathesis', with the base address set.
    headers
        Sent with every case, over what was generated.
    known
        Values that name something, by the variable of the path or the property of a body; half of the cases
        have them.
    seen
        Called with every case and its answer.
    """
    method, path = operation
    cases = _cases(schema[path][method.upper()], path, mode, known or {})

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,  # the same cases in each run
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(case=cases)
    def hold(case: Case) -> None:
        with requests.Session() as session:
            session.trust_env = False
            answer = case.call(
                session=session, headers=dict(headers or {}), timeout=TIMEOUT_S, allow_redirects=False
            )
        # A longer line is rejected by aiohttp's parser, before there is a request that our code could answer.
        assume(len(answer.request.url or "") < LONGEST_URL)
        case.validate_response(answer, checks=CHECKS)
        seen(case, answer)

    hold()


@st.composite
def _cases(
    draw: st.DrawFn, operation: Any, path: str, mode: GenerationMode, known: Mapping[str, Sequence[str]]
) -> Case:
    """Draw a case; in half of them the path, or what a body names, is there."""
    fixed = {name: draw(st.sampled_from(known[name])) for name in known if f"{{{name}}}" in path}
    sure = bool(fixed) and draw(st.booleans())
    case: Case = draw(operation.as_strategy(generation_mode=mode, path_parameters=fixed if sure else None))
    if isinstance(case.body, dict):
        for name in case.body.keys() & known.keys():
            if draw(st.booleans()):
                case.body[name] = draw(st.sampled_from(known[name]))
    return case


def loaded(document: Mapping[str, Any], address: str) -> Any:
    """Return the document as schemathesis' schema, asked at `address`."""
    schema = schemathesis.openapi.from_dict(dict(document))
    schema.config.update(base_url=address)
    return schema
