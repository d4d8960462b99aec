"""An answer is its own: files, in-memory files and generators, however many callers there are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.contract.deepaas.servers import OURS, Server, serving

CALLERS, CALLS = 8, 400
KINDS = [
    "same path", "gone", "unnamed", "text file", "bytes", "BytesIO", "StringIO", "generator", "asynchronous",
    "texts",
]  # fmt: skip


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(OURS, "answers", tmp_path_factory.mktemp("answers"), "--workers", "2") as server:
        yield server


def ask(server: Server, kind: str, text: str, session: requests.Session | None = None) -> requests.Response:
    parameters = {"kind": kind, "text": text}
    headers = {"Accept": "image/png"}
    return (session or requests.Session()).post(
        f"{server.model}predict/", params=parameters, headers=headers, timeout=60
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_is_an_answer(answering: Server, kind: str) -> None:
    answer = ask(answering, kind, "Hα and more")
    assert (answer.status_code, answer.content.decode()) == (200, "Hα and more")
    assert answer.headers["Content-Type"] == "image/png"


def test_an_answer_larger_than_what_is_held_in_memory_is_whole(answering: Server) -> None:
    answer = ask(answering, "large", "0123456789")
    assert (answer.status_code, answer.content) == (200, b"0123456789" * (6 * 2**20 // 10))
    assert not [path for path in answering.temporary.rglob("answer") if path.is_file()]


def test_nothing_is_an_empty_answer_and_what_is_no_file_is_named(answering: Server) -> None:
    assert (ask(answering, "none", "").status_code, ask(answering, "none", "").content) == (200, b"")
    assert "dict" in ask(answering, "dict", "").json()["detail"]
    assert "the picture could not be drawn" in ask(answering, "broken", "x").json()["detail"]
    assert ask(answering, "bytes", "well").content == b"well"


def test_no_caller_gets_the_answer_of_another(answering: Server) -> None:
    def caller(number: int) -> list[str]:
        foreign = []
        with requests.Session() as session:
            for call in range(CALLS):
                text = f"caller {number} call {call} " + "x" * (number * 100)
                answer = ask(answering, "same path", text, session)
                if (answer.status_code, answer.text) != (200, text):
                    foreign.append(f"{answer.status_code} {answer.text[:80]}")
        return foreign

    with ThreadPoolExecutor(CALLERS) as threads:
        assert [answer for found in threads.map(caller, range(CALLERS)) for answer in found] == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_field_in_which_no_file_was_chosen_is_no_file(tmp_path: Path, chunked: bool) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="data"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with serving(OURS, "rdf", tmp_path) as server:
        sent = iter([body]) if chunked else body
        answer = requests.post(f"{server.model}predict/", data=sent, headers=headers, timeout=60)
    assert answer.status_code == 422
    assert "Missing data for required field" in answer.text
