"""What takes too long is one rejection; what comes after it is read."""

from __future__ import annotations

import math
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from spectra import UnreadableSpectrum
from spectra.reading import entry, formats
from spectra.reading.deadline import Deadline, TooSlow
from spectra.reading.limits import Limits
from spectra.reading.walk import iter_spectra

CSV = "wavelength,flux\n6480,1\n6500,2\n6770,1\n"


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_work_that_takes_too_long_is_given_up_and_quick_work_is_not() -> None:
    with pytest.raises(TooSlow), Deadline(0.3):
        spin(20)
    with Deadline(5.0):
        spin(0.01)
    with Deadline(math.inf):
        spin(0.01)


def test_a_library_that_swallows_everything_is_interrupted_again() -> None:
    began = time.monotonic()

    def stubborn() -> None:
        for _ in range(3):
            try:
                spin(20)
            except BaseException:  # noqa: BLE001 - as hostile code would
                continue
        spin(20)

    with pytest.raises(TooSlow), Deadline(0.2):
        stubborn()
    assert time.monotonic() - began < 10


def test_nothing_is_raised_after_the_deadline_was_left() -> None:
    for _ in range(10):
        try:
            with Deadline(0.2):
                spin(0.2)
        except TooSlow:
            pass
        spin(0.3)


@pytest.mark.parametrize("archive", [False, True])
def test_a_slow_file_or_member_is_one_rejection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: bool
) -> None:
    recognise = formats.recognise

    def slow(content):
        if content.name.endswith("slow.csv"):
            spin(60)
        return recognise(content)

    monkeypatch.setattr(entry, "recognise", slow)
    for name in ("a.csv", "slow.csv", "z.csv"):
        (tmp_path / name).write_text(CSV)
    source = tmp_path
    if archive:
        source = tmp_path / "all.zip"
        with zipfile.ZipFile(source, "w") as file:
            for name in ("a.csv", "slow.csv", "z.csv"):
                file.write(tmp_path / name, name)
    rejected: list[UnreadableSpectrum] = []
    found = list(iter_spectra(source, rejected=rejected.append, limits=Limits(seconds=2.0)))
    assert [item.meta.name for item in found] == ["a", "z"]
    assert [error.reason for error in rejected] == ["reading it takes longer than 2 s"]


def test_the_kernel_ends_a_process_that_does_not_come_back() -> None:
    text = """
from spectra.reading import deadline
deadline._ALARM_AFTER_S = 0.5
deadline.alarm()
import re
with deadline.Deadline(0.2):
    re.match(r"(a+)+$", "a" * 60 + "b")
"""
    ended = subprocess.run([sys.executable, "-c", text], check=False, timeout=60)
    assert ended.returncode == -14
