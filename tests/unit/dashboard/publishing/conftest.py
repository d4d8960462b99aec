"""A module as `huggins modules new` writes it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dashboard.publishing.check.check import Wanted, check_folder
from dashboard.publishing.finding import Report
from dashboard.publishing.scaffold.own_names import own_names
from dashboard.publishing.scaffold.scaffold import NewModule, write


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The folder of a new method."""
    return write(NewModule("wiggles"), tmp_path)


def files_of(folder: Path) -> Report:
    """Return what the check finds in the files of a module; nothing is run."""
    return asyncio.run(check_folder(folder, Wanted(run=False, taken=own_names())))[0]
