"""Commands that call third-party modules: quoted, with the files and arguments that they need."""

from __future__ import annotations

import ast
import shlex
from typing import Any

from dashboard.web.snippets.third_party_commands import argument_commands, third_party_commands

DESCRIPTION: dict[str, Any] = {
    "predict": [
        {"name": "data", "type": "file", "required": True},
        {"name": "it's", "type": "string", "required": True, "choices": ["a b&c", "d"]},
        {"name": "conf", "type": "number", "default": 0.5, "required": False},
    ]
}


def test_what_a_module_needs_is_in_the_commands_and_nothing_else() -> None:
    curl, python = argument_commands("detector", DESCRIPTION, "http://h", token=True)
    assert shlex.split(curl["text"])[1:] == [
        *("-H", "Authorization: Bearer $TOKEN", "-F", "data=@FILE"),
        "http://h/predict/detector?it%27s=a+b%26c",
    ]
    ast.parse(python["text"])
    assert """huggins.call("detector", {"it's": "a b&c"}, files={"data": "FILE"})""" in python["text"]


def test_a_module_that_is_not_described_has_a_server_all_the_same() -> None:
    [server] = third_party_commands("org/name", [], None, "http://h")
    assert "org/name" in server["text"]
    assert len(third_party_commands("org/name", [{"name": "x"}], None, "http://h")) == 3
