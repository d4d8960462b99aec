"""Folders stay small, packages describe themselves, imports make no circles."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from ci.house import Tree, has_sections, needs_sections, strongly_connected
from tests.conftest import ROOT

MODULES_AT_MOST = 15
#: Share of the functions of three or more parameters, arrays or errors that have numpydoc sections.
DESCRIBED_AT_LEAST = 0.95
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


def test_functions_that_take_much_describe_it(tree: Tree) -> None:
    demanding = [(name, function) for name, function in tree.public_functions if needs_sections(function)]
    bare = [name for name, function in demanding if not has_sections(function)]
    assert len(bare) <= (1 - DESCRIBED_AT_LEAST) * len(demanding), bare


@pytest.mark.parametrize(
    ("definition", "needed"),
    [
        ("def f(a, b): pass", False),
        ("def f(self, a, b): pass", False),
        ("def f(a, *, b, c): pass", True),
        ("def f(a): raise ValueError(a)", True),
        ("def f(a: npt.NDArray[np.float64]): pass", True),
        ("def f() -> FloatArray: pass", True),
        ('def f(a, b, c):\n    """See `Protocol.f`."""', False),
        ("@group.command()\ndef f(a, b, c): pass", False),
    ],
)
def test_sections_are_owed_by_functions_with_arrays_errors_or_three_parameters(
    definition: str, needed: bool
) -> None:
    [function] = ast.parse(definition).body
    assert isinstance(function, ast.FunctionDef)
    assert needs_sections(function) is needed
