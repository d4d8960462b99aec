"""The same requests to upstream and to us, with the same third-party modules: the same answers."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.contract.deepaas.servers import OURS, UPSTREAM, Server, serving, wait_for

FILE = {"data": ("star.txt", b"blue", "text/plain")}
P, T = "/v2/models/colours/predict/", "/v2/models/colours/train/"
M = "/v2/models/measured/predict/"

#: Requests whose answers are the same to the byte of their JSON (or of their content).
SAME: dict[str, tuple[str, str, dict[str, Any]]] = {
    "versions": ("GET", "/", {}),
    "version": ("GET", "/v2/", {}),
    "models": ("GET", "/v2/models/", {}),
    "model": ("GET", "/v2/models/colours/", {}),
    "debug": ("GET", "/v2/debug/", {}),
    "slash added": ("GET", "/v2/models", {}),
    "user interface": ("GET", "/ui", {}),
    "defaults": ("POST", P, {"files": FILE}),
    "arguments in the query": (
        "POST",
        P,
        {"files": FILE, "params": {"number": 5, "ratio": "1e-3", "name": "b", "switch": "yes"}},
    ),
    "arguments in the form": ("POST", P, {"files": FILE, "data": {"number": "7", "switch": "off"}}),
    "query before form": ("POST", P, {"files": FILE, "data": {"number": "7"}, "params": {"number": 2}}),
    "a list in the query": ("POST", P, {"files": FILE, "params": {"flags": ["a", "b"]}}),
    "a list in the form": ("POST", P, {"files": FILE, "data": {"flags": ["a", "b"]}}),
    "a delimited list": ("POST", P, {"files": FILE, "params": {"parts": "1,2,3"}}),
    "an argument in a header": ("POST", P, {"files": FILE, "headers": {"key": "k"}}),
    "an unknown argument": ("POST", P, {"files": FILE, "params": {"nonsense": 1}}),
    "two files: the first": ("POST", P, {"files": [("data", ("a.txt", b"1")), ("data", ("b.txt", b"2"))]}),
    "a file without a type": ("POST", P, {"files": {"data": ("a.bin", b"\x00\xff")}}),
    "a name beyond ASCII": ("POST", P, {"files": {"data": ("å ü.txt", b"x")}}),
    "any type": ("POST", P, {"files": FILE, "headers": {"accept": "*/*"}}),
    "JSON": ("POST", P, {"files": FILE, "headers": {"accept": "application/json"}}),
    "text": ("POST", P, {"files": FILE, "headers": {"accept": "text/plain"}}),
    "an image": ("POST", P, {"files": FILE, "headers": {"accept": "image/png"}}),
    "a file": ("POST", P, {"files": FILE, "headers": {"accept": "application/zip"}}),
    "a type that it has not": ("POST", P, {"files": FILE, "headers": {"accept": "text/html"}}),
    "no file": ("POST", P, {}),
    "nothing right": (
        "POST",
        P,
        {"params": {"number": "x", "name": "c", "parts": "1,x", "switch": "perhaps"}},
    ),
    "out of range": ("POST", P, {"files": FILE, "params": {"number": 10}}),
    "a response schema": ("POST", M, {"params": {"value": 1.5}}),
    "arguments in a JSON body": ("POST", M, {"json": {"value": 2, "words": ["a"]}}),
    "arguments in a form": ("POST", M, {"data": {"value": "2", "words": ["a", "b"]}}),
    "null in a JSON body": ("POST", M, {"json": {"value": None}}),
    "a JSON body that is a list": ("POST", M, {"json": [1]}),
    "broken JSON": ("POST", M, {"data": "{", "headers": {"content-type": "application/json"}}),
    "an empty JSON body": ("POST", M, {"data": "", "headers": {"content-type": "application/json"}}),
    "a training without its argument": ("POST", T, {}),
    "a training with a wrong one": ("POST", T, {"params": {"epochs": "many"}}),
    "a list of no trainings": ("GET", "/v2/models/measured/train/", {}),
    "a module without metadata": ("GET", "/v2/models/bare/", {}),
    "a module without arguments": ("POST", "/v2/models/bare/predict/", {}),
}

#: Requests that both reject with the same status; our answer says more (see docs/deepaas-compatibility.md).
SAME_STATUS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "text where a file is wanted": ("POST", P, {"data": {"data": "x"}, "files": {"other": b"y"}}),
    "an unknown path": ("GET", "/nowhere", {}),
    "an unknown model": ("GET", "/v2/models/nobody/", {}),
    "an unknown training": ("GET", T + "f" * 32, {}),
    "an unknown training cancelled": ("DELETE", T + "f" * 32, {}),
    "a method that is none": ("PUT", P, {}),
    "an answer that breaks its schema": ("POST", M, {"params": {"value": 1, "broken": "true"}}),
    "a training that is not there": ("POST", "/v2/models/bare/train/", {}),
}

Pair = dict[str, Server]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Pair]]:
    """Both servers for every module."""
    with ExitStack() as stack:
        yield {
            module: {
                kind: stack.enter_context(serving(kind, module, tmp_path_factory.mktemp(f"{kind}-{module}")))
                for kind in (UPSTREAM, OURS)
            }
            for module in ("colours", "measured", "bare")
        }


def both(servers: dict[str, Pair], request: tuple[str, str, dict[str, Any]]) -> list[requests.Response]:
    method, path, arguments = request
    module = next((name for name in servers if f"/{name}/" in path), "colours")
    return [servers[module][kind].call(method, path, **arguments) for kind in (UPSTREAM, OURS)]


def content(response: requests.Response) -> Any:
    kind = response.headers.get("Content-Type", "").split(";")[0]
    return response.json() if kind == "application/json" else response.content


@pytest.mark.parametrize("name", SAME)
def test_the_answer_is_upstreams(servers: dict[str, Pair], name: str) -> None:
    theirs, ours = both(servers, SAME[name])
    assert ours.status_code == theirs.status_code, ours.text
    if ours.status_code >= 300 and ours.status_code < 400:
        assert ours.headers["Location"] == theirs.headers["Location"]
        return
    assert content(ours) == content(theirs)
    assert ours.headers.get("Content-Type") == theirs.headers.get("Content-Type")


@pytest.mark.parametrize("name", SAME_STATUS)
def test_the_rejection_is_upstreams_and_says_why(servers: dict[str, Pair], name: str) -> None:
    theirs, ours = both(servers, SAME_STATUS[name])
    assert ours.status_code == theirs.status_code
    assert ours.headers["Content-Type"] == "application/problem+json"
    assert ours.json()["status"] == ours.status_code
    assert ours.json()["detail"]


@pytest.mark.parametrize("module", ["colours", "measured"])
def test_the_swagger_document_is_upstreams(servers: dict[str, Pair], module: str) -> None:
    theirs, ours = (servers[module][kind].call("GET", "/swagger.json").json() for kind in (UPSTREAM, OURS))
    # The text at its head is upstream's advertisement, ours is our own.
    theirs["info"].pop("description")
    assert ours["info"].pop("description")
    assert ours["paths"] == theirs["paths"]
    assert ours == theirs


def test_the_user_interface_shows_the_document(servers: dict[str, Pair]) -> None:
    theirs, ours = (servers["colours"][kind].call("GET", "/api") for kind in (UPSTREAM, OURS))
    assert ours.text == theirs.text
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', ours.text):
        assert servers["colours"][OURS].call("GET", path).ok


def training(server: Server, **arguments: Any) -> list[Any]:
    """Train, wait for the end, and return the first and the last answer without what must differ."""
    first = server.call("POST", T, params=arguments).json()
    one = T + first["uuid"]
    last = wait_for(lambda: (state := server.call("GET", one).json())["status"] != "running" and state)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", first["date"])
    assert last["uuid"] == first["uuid"]
    listed = [each for each in server.call("GET", T).json() if each["uuid"] == first["uuid"]]
    assert listed == [last]
    result = last.get("result", {})
    for key in ("finish_date", "duration"):
        if result:
            assert re.search(r"\d\d:\d\d", result.pop(key))
    for state in (first, last):
        del state["uuid"], state["date"]
    return [first, last]


@pytest.mark.parametrize(
    "arguments", [{"epochs": 4}, {"epochs": 2, "rate": "0.5", "seconds": 0.2}, {"epochs": 1, "fail": "true"}]
)
def test_a_training_begins_and_ends_as_upstreams_does(
    servers: dict[str, Pair], arguments: dict[str, Any]
) -> None:
    theirs, ours = (training(servers["colours"][kind], **arguments) for kind in (UPSTREAM, OURS))
    assert ours == theirs


def is_done(server: Server, uuid: str) -> bool:
    return bool(server.call("GET", T + uuid).json()["status"] == "done")


def test_an_ended_training_that_is_deleted_is_gone(servers: dict[str, Pair]) -> None:
    for server in servers["colours"].values():
        uuid = server.call("POST", T, params={"epochs": 1}).json()["uuid"]
        wait_for(functools.partial(is_done, server, uuid))
        assert server.call("DELETE", T + uuid).json()["status"] == "done"
        assert server.call("GET", T + uuid).status_code == 404


@pytest.mark.parametrize("kind", [UPSTREAM, OURS])
def test_endpoints_can_be_switched_off_and_everything_moved(kind: str, tmp_path_factory: Any) -> None:
    options = ("--notrain-endpoint", "--base-path", "/deep")
    with_base = {"kind": kind, "module": "colours", "folder": tmp_path_factory.mktemp(f"off-{kind}")}
    # `Server` asks without the base path whether upstream is there.
    server = None
    try:
        server = _Based(*with_base.values(), *options)
        assert server.call("GET", f"/deep{T}").status_code == 402
        assert server.call("POST", f"/deep{P}", files=FILE).json()["status"] == "OK"
        assert server.call("GET", "/deep").json()["versions"][0]["links"][0]["href"] == "/deep/v2/"
        paths = server.call("GET", "/deep/swagger.json").json()["paths"]
        assert f"/deep{P}" in paths
    finally:
        if server is not None:
            server.stop()


class _Based(Server):
    """A server below ``/deep``."""

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return requests.get(f"{self.base}/deep/v2/models/colours/", timeout=5).ok
        except requests.ConnectionError:
            return False
