"""In a real browser: tables and spectra go to a SAMP hub, and a selection comes back."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.showcase import Showcase
from tests.conftest import unavailable

pytestmark = pytest.mark.browser
PYVO = os.environ.get("HUGGINS_PYVO", "/var/lib/huggins/vo/bin/python")


@pytest.fixture
def hub() -> Iterator[subprocess.Popen[str]]:
    """Start a hub that lets pages in, with a program that takes tables."""
    if not Path(PYVO).exists():
        unavailable("pyvo")
    script = str(Path(__file__).with_name("samp_hub.py"))
    with subprocess.Popen([PYVO, script], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert _line(process, "ready")
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str], start: str) -> str:
    """Return the next line that begins so; others are the hub's own messages."""
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith(start))


def _received(process: subprocess.Popen[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_line(process, "{"))
    return told


def test_a_table_goes_to_other_programs_and_their_selection_comes_back(
    page: Page, showcase: Showcase, hub: subprocess.Popen[str]
) -> None:
    page.goto(f"/data/{showcase.dataset}")
    page.get_by_role("button", name="Send by SAMP").click()
    told = _received(hub)
    assert told["type"] == "table.load.votable"
    assert told["rows"] > 1
    rows = page.locator("#spectra tbody tr")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    expect(rows.nth(0)).to_have_attribute("data-highlighted", "")
    page.goto(f"/data/{showcase.dataset}/spectra/0")
    page.get_by_role("button", name="Send by SAMP").click()
    told = _received(hub)
    assert told["type"] == "spectrum.load.ssa-generic"
    assert told["rows"] > 100
