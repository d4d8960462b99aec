"""Folders stay small, packages describe themselves, imports make no circles."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ci.house import Tree, strongly_connected
from tests.conftest import ROOT

MODULES_AT_MOST = 15
LAYERED = ("dashboard", "deploy", "launchers", "deepaas_plugins")


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(ROOT)


def test_no_folder_has_more_modules_than_one_can_survey(tree: Tree) -> None:
    assert {name: n for name, n in tree.modules_per_folder.items() if n > MODULES_AT_MOST} == {}


def test_every_package_says_what_lives_there(tree: Tree) -> None:
    assert tree.undescribed_packages == []


def test_no_modules_import_each_other_in_a_circle(tree: Tree) -> None:
    assert tree.cycles == []


@pytest.mark.parametrize("room", LAYERED)
def test_the_layers_inside_a_room_are_a_contract(room: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [contract for contract in contracts if contract["type"] == "layers"]
    assert any(
        str(name).startswith(f"{room}.") or room in contract.get("containers", ())
        for contract in layers
        for line in contract["layers"]
        for name in (line if isinstance(line, list) else [line])
    )


def test_circles_are_found_under_type_checking_and_in_functions(tmp_path: Path) -> None:
    room = tmp_path / "spectra"
    room.mkdir()
    (room / "__init__.py").write_text('"""A room."""\n')
    (room / "a.py").write_text("if TYPE_CHECKING:\n    from spectra.b import B\n")
    (room / "b.py").write_text("def b():\n    from . import c\n")
    (room / "c.py").write_text("import spectra.a\n")
    (room / "d.py").write_text("from spectra import a\n")
    assert Tree(tmp_path).cycles == [["spectra.a", "spectra.b", "spectra.c"]]


def test_circles_that_share_a_module_are_one() -> None:
    graph = {"a": frozenset("b"), "b": frozenset("ac"), "c": frozenset("bd"), "d": frozenset()}
    assert strongly_connected(graph) == [["a", "b", "c"]]
