"""The spectra of the demonstration."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.cli.demo_data import find_data


def test_the_demo_makes_synthetic_spectra_where_there_are_no_real_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGINS_DATA", str(tmp_path / "none"))
    found = find_data(None, tmp_path / "work")
    assert "SYNTHETIC" in found.what
    assert len(list(found.folder.glob("*.fits"))) > 100
