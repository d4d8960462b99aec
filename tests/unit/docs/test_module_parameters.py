"""Every parameter of every module is explained in its README, and in its own help."""

from __future__ import annotations

import pytest

from deepaas_plugins.describe import describe
from tests.conftest import ROOT

MODULES = sorted(folder.name for folder in (ROOT / "modules").iterdir() if folder.is_dir())


@pytest.mark.parametrize("module", MODULES)
def test_the_readme_names_every_parameter(module: str) -> None:
    text = (ROOT / "modules" / module / "README.md").read_text()
    names = [parameter["name"] for parameter in describe(module)["train"]]
    assert [name for name in names if f"`{name}`" not in text] == []


@pytest.mark.parametrize("module", MODULES)
def test_every_parameter_has_a_title_and_help(module: str) -> None:
    described = describe(module)
    parameters = [*described["train"], *described["predict"]]
    parameters += [parameter for step in described["steps"] for parameter in step["parameters"]]
    assert [p["name"] for p in parameters if not p["help"].strip() or not p["title"].strip()] == []
