"""The list of dependencies and `pyproject.toml` say the same."""

from __future__ import annotations

import re
import tomllib

from tests.conftest import ROOT

NAME = re.compile(r"[A-Za-z0-9_.-]+")


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {match.group().lower() for line in lines if (match := NAME.match(line))}
    return names - {"huggins"}


def justified() -> dict[str, str]:
    text = (ROOT / "docs" / "decisions" / "dependencies.md").read_text()
    return {name.lower(): why for name, why in re.findall(r"^- `([^`]+)`: (.+)$", text, re.MULTILINE)}


def test_every_dependency_is_justified_and_nothing_else_is() -> None:
    assert justified().keys() == declared()


def test_every_dependency_has_an_upper_bound_or_a_floor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    assert [line for line in lines if not line.startswith("huggins") and ">=" not in line] == []
