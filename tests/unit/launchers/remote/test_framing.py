"""What goes over the connection to a cluster: neither end may lead the other astray."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from launchers.remote import framing
from launchers.remote.framing import place_below


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", ".", "a/./b", "a\0b"])
def test_a_path_out_of_its_folder_is_rejected(path: str) -> None:
    with pytest.raises(framing.Broken):
        framing.confined(path)


def test_a_message_comes_out_as_it_went_in() -> None:
    stream = io.BytesIO(framing.message({"a": "Hα"}) + b"rest")
    assert framing.read_message(stream) == {"a": "Hα"}
    assert stream.read() == b"rest"


@pytest.mark.parametrize("line", [b"", b"Welcome to the cluster!\n", b"-1\n", b"99999999999\n", b"12"])
def test_what_a_login_shell_prints_is_no_message(line: bytes) -> None:
    with pytest.raises(framing.Broken):
        framing.length(line)


def test_a_message_that_is_cut_off_is_told() -> None:
    with pytest.raises(framing.Broken, match="middle"):
        framing.read_message(io.BytesIO(framing.message({"a": 1})[:-1]))


def test_links_are_not_followed_when_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.txt").write_text("12")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    assert [(path, stat.st_size) for path, stat in framing.regular_files(folder)] == [("in/a.txt", 2)]


def test_a_file_that_became_shorter_keeps_the_stream_in_step(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    assert b"".join(framing.pieces(tmp_path / "a", 1, 4)) == b"23\0\0"


def test_nothing_is_written_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model").symlink_to("/etc")
    with pytest.raises(framing.Broken, match="link"):
        place_below(tmp_path / "out", "model/passwd")
    assert place_below(tmp_path / "out", "report/report.json") == tmp_path / "out" / "report" / "report.json"
